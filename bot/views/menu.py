"""The ⋯ menu of a card: what can be chosen in it, and what was."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from bot.model import SessionKey
from bot.views.blocks import Block, option
from bot.views.state import read_key

ACTION = "session_more"


class More(StrEnum):
    """What the menu offers. Slack takes five at most, so no card has all of them."""

    TRANSCRIPT = "transcript"
    REMOVE = "remove"
    LINK = "link"
    MOVE = "move"
    FOLLOW_UP = "followup"
    REVEAL = "reveal"


LABELS = {
    More.TRANSCRIPT: "Show transcript",
    More.REMOVE: "Remove member",
    More.LINK: "Link another thread",
    More.MOVE: "Move",
    More.FOLLOW_UP: "New follow-up",
    More.REVEAL: "Reveal numbers",
}


def menu(session: SessionKey, offered: Sequence[More]) -> Block:
    options = [option(LABELS[what], pack_more(what, session)) for what in offered]
    return {"type": "overflow", "action_id": ACTION, "options": options}


def pack_more(what: More, session: SessionKey) -> str:
    """The value of an option."""
    return f"{what}/{session}"


def unpack_more(value: str) -> tuple[More, SessionKey]:
    """What was chosen, for which session. Raises ValueError when this was no option of ours."""
    what, _, session = value.partition("/")
    return More(what), SessionKey(read_key(session))
