"""The nouns of the policy: who may do what where, what it may cost, how long it is kept. Standard library only.

A rule allows or forbids some actions to some people in some places. One that forbids always wins; what no rule allows
is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.model import ChannelId, Profile, UserId

DAY = 86400.0


class Action(StrEnum):
    """What can be allowed or forbidden."""

    SEE = "see"  # which sessions there are, who is in them, what was said
    REPLY = "reply"  # write to a session
    CHAT = "chat"  # open one of each type
    CALL = "call"
    FAX = "fax"
    INVITE = "invite"  # somebody by e-mail or from Slack
    PHONE = "phone"  # invite, call or text an outside phone
    NUMBER = "number"  # use one of our own numbers as sender
    REMOVE = "remove"  # take somebody out
    HOLD = "hold"  # put a call on hold, resume it
    LINK = "link"  # link, unlink, move, change what replies are
    END = "end"
    SETTLE = "settle"  # decide what became of something of which nobody can tell
    REVEAL = "reveal"  # see whole numbers where they are masked
    APPROVE = "approve"  # be the second person for an outside phone
    ADMIN = "admin"  # policy, audit, stopping everything, lifting what was blocked


CREATE = frozenset({Action.CHAT, Action.CALL, Action.FAX})
COSTLY = frozenset({Action.CALL, Action.FAX, Action.PHONE, Action.APPROVE, Action.ADMIN})  # rights are read anew


class PlaceKind(StrEnum):
    """What kind of conversation something happens in."""

    PUBLIC = "public"
    PRIVATE = "private"
    DIRECT = "dm"  # between two people, and where no channel is involved: the app's Home
    GROUP = "group-dm"
    SHARED = "shared"  # with another organization (Slack Connect), whatever it is besides


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is to happen, or whose eyes it would be for."""

    channel: ChannelId
    kind: PlaceKind | None  # None: Slack will never say


class Role(StrEnum):
    """Kinds of people that rules speak of."""

    MEMBERS = "members"  # full members of the home workspace
    OWNERS = "owners"  # owners and administrators of the Slack workspace
    ADMINS = "admins"  # the policy's own list
    CREATOR = "creator"  # who opened the session, or brought it into Slack
    GUESTS = "guests"
    PARTNERS = "partners"  # people of other organizations in shared channels
    BOTS = "bots"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Who:
    """Of whom a rule speaks."""

    roles: frozenset[Role] = frozenset()
    users: frozenset[str] = frozenset()  # ids
    emails: frozenset[str] = frozenset()  # in lower case
    groups: frozenset[str] = frozenset()  # user groups: ids, or handles without @


@dataclass(frozen=True, slots=True)
class Where:
    """Of which places a rule speaks; empty: of all but shared ones when it allows, of all when it forbids."""

    kinds: frozenset[PlaceKind] = frozenset()
    channels: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.kinds or self.channels)


@dataclass(frozen=True, slots=True)
class Rule:
    """One table of the file."""

    name: str
    allows: bool
    who: Who
    what: frozenset[Action]
    where: Where = Where()
    regions: frozenset[str] = frozenset()  # for phones: only numbers of these; empty: of any that are open
    numbers: frozenset[str] = frozenset()  # for senders: only these, E.164; empty: any
    line: int = 0  # where it stands in the file; 0: it is one of the defaults


class LineType(StrEnum):
    """Kinds of telephone numbers that can be opened besides mobile ones."""

    FIXED = "fixed"
    VOIP = "voip"
    TOLL_FREE = "toll-free"
    UAN = "uan"


@dataclass(frozen=True, slots=True)
class Phones:
    """Which outside phones, and how sure somebody must be."""

    regions: frozenset[str] = frozenset()  # ISO 3166; besides EVOBOT_PHONE_REGIONS
    kinds: frozenset[LineType] = frozenset()  # opened besides mobile ones
    second_person: bool = False  # somebody else than who asks must say yes
    confirm_seconds: float = 300.0  # in which a question can be answered


@dataclass(frozen=True, slots=True)
class Budgets:
    """How many outside phones may be reached: invited, called, texted first or faxed. 0 forbids it."""

    user_minute: int = 5
    user_day: int = 20
    workspace_day: int = 100
    number_day: int = 3
    prefix_hour: int = 5  # so many different numbers alike in their first digits freeze them
    prefix_digits: int = 8


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days each kind of thing is kept. 0: no longer than it is needed."""

    words: float = 30.0  # what was said, counted from the end of the session
    sessions: float = 400.0  # which thread was which session
    audit: float = 400.0
    hashes: float = 90.0  # of what was counted for budgets and of what was carried out


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole file."""

    rules: tuple[Rule, ...] = ()
    admins: Who = Who()
    phones: Phones = Phones()
    budgets: Budgets = Budgets()
    retention: Retention = Retention()
    source: str = ""  # the file it was read from; "": the defaults

    def hears(self, bot: str) -> bool:
        """May what another bot writes be a reply? Whether it is allowed there is decided as for everybody."""
        who = (rule.who for rule in self.rules if rule.allows and Action.REPLY in rule.what)
        return any(bot in each.users or Role.BOTS in each.roles for each in who)

    @property
    def looks_at_places(self) -> bool:
        """Is it said of places who may see what is in sessions there?"""
        return any(rule.where and Action.SEE in rule.what for rule in self.rules)

    def opens(self, channel: ChannelId) -> bool:
        """May what is said in sessions be shown in this channel, although another organization sees it?"""
        where = (rule.where for rule in self.rules if rule.allows and Action.SEE in rule.what)
        return any(PlaceKind.SHARED in each.kinds or channel in each.channels for each in where)

    @property
    def groups(self) -> frozenset[str]:
        """Every user group that it speaks of."""
        return self.admins.groups.union(*(rule.who.groups for rule in self.rules))


@dataclass(frozen=True, slots=True)
class Subject:
    """A person, as far as rules ask. A group that maps to None could not be looked up: in doubt it counts against."""

    profile: Profile
    home: bool  # of the home workspace, and not a stranger
    groups: Mapping[str, bool | None] = field(default_factory=dict)

    @property
    def user(self) -> UserId:
        return self.profile.user


@dataclass(frozen=True, slots=True)
class Wish:
    """One action that somebody wants."""

    action: Action
    place: Place | None = None  # None: it is not about a channel
    own: bool = True  # their own session, or none yet
    region: str = ""  # of the phone
    number: str = ""  # of ours, E.164


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policy says, the rule that decided (its name, and its line in the file or 0), and a sentence."""

    allowed: bool
    rule: str = ""
    line: int = 0
    why: str = ""

    @property
    def by(self) -> str:
        """What has decided, in words. Plain text."""
        return f"by the rule “{self.rule}”" if self.rule else "no rule allows it"
