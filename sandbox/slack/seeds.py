"""The workspace a stand-in starts with. Every id below can be used in a test by its name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TEAM = "T0WORKSHOP"
PARTNER_TEAM = "T0PARTNERS"
APP = "A0BRIDGE01"
BOT_USER = "U0BRIDGE01"
BOT = "B0BRIDGE01"

ANNA = "U0ANNA0001"
BEN = "U0BEN00001"
CARLA = "U0CARLA001"
"""A full member whose e-mail address is not visible to the app."""
GUEST = "U0GUEST001"
STRANGER = "U0STRANGER"
"""A person of the partner's workspace, met in the shared channel only."""
GONE = "U0GONE0001"
"""Deactivated."""
OTHER_BOT_USER = "U0OTHERBOT"
OTHER_BOT = "B0OTHERBOT"

SUPPORT = "C0SUPPORT1"
"""Public, the bot is in it."""
RANDOM = "C0RANDOM01"
"""Public, the bot is not in it."""
PRIVATE = "C0PRIVATE1"
"""Private, the bot is in it."""
SECRET = "C0SECRET01"  # noqa: S105 - a channel's id
"""Private, the bot is not in it and so cannot see it."""
ARCHIVED = "C0ARCHIVE1"
SHARED = "C0SHARED01"
"""Slack Connect, shared with the partner's workspace."""
DM = "D0ANNA0001"
"""The bot's direct messages with Anna."""

DESK = "S0DESK0001"
"""The user group @desk: Anna and Ben."""
FORMER = "S0FORMER01"
"""The user group @former: disabled, so nobody sees it any more."""


class Kind(StrEnum):
    """What a conversation is; fixes the scopes and the event names it goes with."""

    PUBLIC = "public_channel"
    PRIVATE = "private_channel"
    IM = "im"
    MPIM = "mpim"


@dataclass(frozen=True, slots=True)
class Person:
    """A user to begin with; `email` None means the app cannot see one. `shown` is the display name they chose."""

    id: str
    name: str
    real_name: str
    email: str | None = None
    team_id: str = TEAM
    is_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False
    bot_id: str | None = None
    is_admin: bool = False
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """A conversation to begin with."""

    id: str
    name: str
    kind: Kind = Kind.PUBLIC
    members: tuple[str, ...] = ()
    is_archived: bool = False
    is_ext_shared: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A user group; a disabled one is kept by Slack and shown to nobody."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...] = ()
    disabled: bool = False


PEOPLE = (
    Person(BOT_USER, "bridge", "Bridge", bot_id=BOT),
    Person(ANNA, "anna", "Anna Arnold", "anna@workshop.example", is_admin=True, shown="Anna"),
    Person(BEN, "ben", "Ben Berger", "ben@workshop.example", shown="Ben"),
    Person(CARLA, "carla", "Carla Conti"),
    Person(GUEST, "guest", "Gus Guest", "gus@agency.example", is_restricted=True, shown="Gus"),
    Person(STRANGER, "stranger", "Sam Stranger", team_id=PARTNER_TEAM, is_stranger=True),
    Person(GONE, "gone", "Gina Gone", "gina@workshop.example", deleted=True),
    Person(OTHER_BOT_USER, "otherbot", "Other Bot", bot_id=OTHER_BOT),
)

ROOMS = (
    Room(SUPPORT, "support", members=(BOT_USER, ANNA, BEN, CARLA, GUEST, OTHER_BOT_USER)),
    Room(RANDOM, "random", members=(ANNA, BEN)),
    Room(PRIVATE, "quiet", Kind.PRIVATE, members=(BOT_USER, ANNA, BEN)),
    Room(SECRET, "secret", Kind.PRIVATE, members=(ANNA, BEN)),
    Room(ARCHIVED, "old-times", members=(BOT_USER, ANNA), is_archived=True),
    Room(SHARED, "with-partner", members=(BOT_USER, ANNA, STRANGER), is_ext_shared=True),
    Room(DM, "", Kind.IM, members=(BOT_USER, ANNA)),
)

GROUPS = (
    Group(DESK, "desk", "Front desk", (ANNA, BEN)),
    Group(FORMER, "former", "Who was here", (GONE,), disabled=True),
)


@dataclass(frozen=True, slots=True)
class Seed:
    """Everything there is when the stand-in starts."""

    team_id: str = TEAM
    team_name: str = "Workshop"
    team_domain: str = "workshop"
    enterprise_id: str | None = None
    is_enterprise_install: bool = False  # the app is the organization's, not the workspace's
    app_id: str = APP
    bot_user: str = BOT_USER
    bot_id: str = BOT
    people: tuple[Person, ...] = PEOPLE
    rooms: tuple[Room, ...] = ROOMS
    groups: tuple[Group, ...] = GROUPS
    custom_emoji: tuple[str, ...] = ()
