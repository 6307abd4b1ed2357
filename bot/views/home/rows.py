"""Sessions and what waits for a person, as rows of the Home."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from bot.model import Item, Kind, Life, Session, SessionKey, State, ThreadKey
from bot.text import shorten
from bot.views import Blocks
from bot.views.blocks import BUTTON, Block, actions, name, one_line, option, plain, section
from bot.views.card import failure, opening_buttons
from bot.views.results import ASKING, Asking, excerpt, result
from bot.views.sessions import ICONS, line, thread_url
from bot.views.state import read_key

ROW = "home_row"  # action ids
OPEN = "home_open"
NAME = 80
BEGINS = frozenset({Kind.OPEN, Kind.LINK})
MINUTE = 60.0

OPEN_THREAD = "Open thread"
WAITS = "A number in it waits for a yes. Nothing was sent yet."


class Chosen(StrEnum):
    """What the menu of a row offers."""

    INVITE = "invite"
    END = "end"
    FOLLOW_UP = "followup"


LABELS = {Chosen.INVITE: "Invite", Chosen.END: "End session", Chosen.FOLLOW_UP: "New follow-up"}
OFFERED = {
    Life.OPENING: (Chosen.END,),
    Life.ACTIVE: (Chosen.INVITE, Chosen.END),
    Life.ENDED: (Chosen.FOLLOW_UP,),
    Life.FAILED: (),
}


def own_row(session: Session, slack_url: str) -> Blocks:
    """One of their own: what it is, the way to its thread, and what can be done with it."""
    elements = [*_open(session, session.thread, slack_url), *_menu(session)]
    return [section(_line(session)), *_named(actions(elements), f"mine-{session.key}")]


def other_row(session: Session, slack_url: str) -> Block:
    """Somebody else's."""
    row = section(f"{_line(session)} · <#{session.channel}>")
    for way in _open(session, session.thread, slack_url):
        row["accessory"] = way
    return row


def need_row(item: Item, session: Session, slack_url: str, asking: Asking = ASKING) -> Blocks:
    """Something that waits for a person, with the same buttons as in its thread, and the way there."""
    buttons = [_aloud(each, session) for each in answers(item, session, asking)]
    thread = ThreadKey(session.team, item.channel, item.thread_ts) if item.thread_ts else session.thread
    elements = [*buttons, *_open(session, thread, slack_url)]
    return [section(_need(item, session, asking)), *_named(actions(elements), f"need-{item.key}")]


def answers(item: Item, session: Session, asking: Asking = ASKING) -> list[Block]:
    """The buttons by which a person settles an item. None: there is nothing to be decided any more."""
    if item.kind in BEGINS:
        waits = session.life is Life.FAILED or item.state is State.ASKED
        return opening_buttons(item, asking) if waits else []
    return [
        one for block in result(item, session, asking).blocks if block["type"] == "actions" for one in block["elements"]
    ]


def pack_row(chosen: Chosen, session: SessionKey) -> str:
    """The value of an option."""
    return f"{chosen}/{session}"


def unpack_row(value: str) -> tuple[Chosen, SessionKey]:
    """What was chosen, for which session. Raises ValueError when this was no option of ours."""
    chosen, _, session = value.partition("/")
    return Chosen(chosen), SessionKey(read_key(session))


def _line(session: Session) -> str:
    """Without its id, which leads nowhere from here. By the minute, which is all that is shown: what changes by seconds
    only need not be drawn anew.
    """
    return line(replace(session, evo_id=None, active_at=session.active_at // MINUTE * MINUTE))


def _need(item: Item, session: Session, asking: Asking) -> str:
    head = f"{ICONS[session.type]} {session.type} *{name(session.name, NAME) or '–'}*"
    if item.kind in BEGINS:
        why = WAITS if item.state is State.ASKED else failure(item)
        return f"{head}\n{why}"
    text = result(item, session, asking).text
    said = f"\n“{excerpt(item)}”" if item.kind is Kind.SAY and item.state is State.REFUSED and item.ts else ""
    return f"{head}\n{text}{said}"


def _open(session: Session, thread: ThreadKey | None, slack_url: str) -> list[Block]:
    """No thread, no way there: the card is not posted yet."""
    if thread is None:
        return []
    made: Block = {"type": "button", "text": plain(OPEN_THREAD, BUTTON), "action_id": OPEN}
    return [_aloud({**made, "url": thread_url(slack_url, thread)}, session)]


def _aloud(button: Block, session: Session) -> Block:
    """Read out, “Try again” says nothing: it stands there more than once."""
    label = f"{button['text']['text']}: {one_line(session.name)}"
    return {**button, "accessibility_label": shorten(label, BUTTON)}


def _menu(session: Session) -> list[Block]:
    offered = OFFERED[session.life]
    options = [option(LABELS[chosen], pack_row(chosen, session.key)) for chosen in offered]
    return [{"type": "overflow", "action_id": ROW, "options": options}] if options else []


def _named(blocks: Blocks, block_id: str) -> Blocks:
    """A block that keeps its name keeps the focus of who stands on it when the Home is drawn anew."""
    return [{**block, "block_id": block_id} for block in blocks]
