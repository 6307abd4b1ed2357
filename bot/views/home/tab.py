"""The Home itself: who you are here, what needs you, your sessions, those around you, how it goes.

No more than some 60 blocks, of the 100 that Slack takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import Item, Person, Profile, Session, SessionType
from bot.views import Blocks, View
from bot.views.blocks import Block, actions, button, context, header, name, option, paragraph, section, select
from bot.views.home.look import Look, Which, pack
from bot.views.home.office import Office, office
from bot.views.home.rows import need_row, other_row, own_row
from bot.views.me import SENT_AS, UNKNOWN, sent_name
from bot.views.notices import health
from bot.views.results import ASKING, Asking

SETTINGS = "home_settings"  # action ids
NEW = "home_new:"
FIND = "home_find"
TIPS = "home_tips"
WHICH = "home_which"
TYPE = "home_type"
PAGE = "home_page:"

ANY = "any"  # as no value of an option may be empty
GREETING = 60

HELLO = "Hello {name}"
NEEDS = "Needs you"
NOTHING_NEEDED = "Nothing waits for you."
MORE_NEEDS = "… and {n} more. Each stands in its thread, too."
MINE = "My sessions"
NONE = {
    Which.ACTIVE: "None is active now. The buttons above open one, and so does `/session` in any channel.",
    Which.ENDED: "None has ended yet.",
    Which.ALL: "None yet. The buttons above open one, and so does `/session` in any channel.",
}
NONE_OF_TYPE = "None of this type. “All types” shows the others."
NO_MORE = "There are no more. “Back” shows the newer ones."
AROUND = "In my channels"
NONE_AROUND = "Nobody else has an active session in a channel that you can see."
NEWS = {SessionType.CHAT: "New chat", SessionType.VOICE: "New call", SessionType.FAX: "New fax"}
WHICHES = {Which.ACTIVE: "Active", Which.ENDED: "Ended", Which.ALL: "Active and ended"}
STEPS = (
    "*Three steps to begin with*\n"
    "1. *New chat* above, or `/session` in a channel, opens a session. Its card comes into that channel.\n"
    "2. Reply in the card's thread: it goes to everybody in the session, as you. `note:` before it keeps it internal.\n"
    "3. *Invite* on the card brings in more people, by e-mail address or phone number."
)


@dataclass(frozen=True, slots=True)
class Home:
    """What somebody's Home shows. `needs` are the first of what waits for them, `mine` is one page.

    `office`: for administrators.
    """

    profile: Profile
    person: Person
    look: Look
    troubles: Sequence[str] = ()
    needs: Sequence[tuple[Item, Session]] = ()
    more_needs: int = 0
    mine: Sequence[Session] = ()
    more: bool = False
    around: Sequence[Session] = ()
    slack_url: str = ""
    asking: Asking = ASKING
    office: Office | None = None


def draw(home: Home) -> View:
    blocks = [*_top(home), *_tips(home), *_needs(home), *_mine(home), *_around(home), *_office(home)]
    return {"type": "home", "private_metadata": pack(home.look), "blocks": blocks}


def closed(text: str) -> View:
    """For who may not use sessions: that, and nothing else."""
    return {"type": "home", "blocks": [paragraph(text)]}


def new_type(action_id: str) -> SessionType:
    """Which kind of session a button opens. Raises ValueError when this was no button of ours."""
    return SessionType(action_id.removeprefix(NEW))


def unpack_page(value: str) -> int:
    """Raises ValueError for what is no page."""
    return int(value)


def _top(home: Home) -> Blocks:
    sent_as = sent_name(home.person, home.profile)
    who = section(SENT_AS.format(name=name(sent_as)) if sent_as else UNKNOWN)
    who["accessory"] = button("Change", SETTINGS, "who")
    return [
        header(HELLO.format(name=home.profile.name[:GREETING])),
        who,
        context(health(home.troubles)),
        *_named("home_begin", actions(_beginnings())),
    ]


def _beginnings() -> list[Block]:
    new = [button(text, f"{NEW}{type_}", type_) for type_, text in NEWS.items()]
    new[0]["style"] = "primary"
    return [*new, button("Find", FIND, "find"), button("Settings", SETTINGS, "all")]


def _tips(home: Home) -> Blocks:
    if home.person.tips_seen:
        return []
    return [section(STEPS), *_named("home_tips", actions([button("Got it", TIPS, "seen")]))]


def _needs(home: Home) -> Blocks:
    rows = [block for item, session in home.needs for block in need_row(item, session, home.slack_url, home.asking)]
    more = [context(MORE_NEEDS.format(n=home.more_needs))] if home.more_needs else []
    return [_divider(), header(NEEDS), *(rows or [context(NOTHING_NEEDED)]), *more]


def _mine(home: Home) -> Blocks:
    rows = [block for session in home.mine for block in own_row(session, home.slack_url)]
    filters = _named("home_filter", actions(_filters(home.look)))
    turning = _named("home_pages", actions(_pages(home)))
    return [_divider(), header(MINE), *filters, *(rows or [context(_nothing(home.look))]), *turning]


def _around(home: Home) -> Blocks:
    rows = [other_row(session, home.slack_url) for session in home.around]
    return [_divider(), header(AROUND), *(rows or [context(NONE_AROUND)])]


def _office(home: Home) -> Blocks:
    return [_divider(), *office(home.office)] if home.office else []


def _filters(look: Look) -> list[Block]:
    whiches = [option(text, which) for which, text in WHICHES.items()]
    types = [option("All types", ANY), *(option(type_, type_) for type_ in SessionType)]
    return [
        select(WHICH, "Which of my sessions", whiches, look.which),
        select(TYPE, "Type of my sessions", types, look.type or ANY),
    ]


def _pages(home: Home) -> list[Block]:
    page = home.look.page
    back = [button("Back", f"{PAGE}back", str(page - 1))] if page else []
    return [*back, *([button("More", f"{PAGE}more", str(page + 1))] if home.more else [])]


def _nothing(look: Look) -> str:
    if look.page:
        return NO_MORE
    return NONE_OF_TYPE if look.type else NONE[look.which]


def _divider() -> Block:
    return {"type": "divider"}


def _named(block_id: str, blocks: Blocks) -> Blocks:
    """Under a name of its own a menu keeps what was chosen in it, and whoever stands on it stays there."""
    return [{**block, "block_id": block_id} for block in blocks]
