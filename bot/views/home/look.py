"""Which of their sessions somebody looks at. It travels in the Home's metadata: nobody else need remember it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from bot.model import Life, SessionType

MOST_PAGES = 10_000


class Which(StrEnum):
    """Which sessions, by how they live."""

    ACTIVE = "active"
    ENDED = "ended"
    ALL = "all"

    @property
    def lives(self) -> tuple[Life, ...]:
        return _LIVES[self]


_LIVES = {
    Which.ACTIVE: (Life.OPENING, Life.ACTIVE),
    Which.ENDED: (Life.ENDED, Life.FAILED),
    Which.ALL: tuple(Life),
}


@dataclass(frozen=True, slots=True)
class Look:
    """`type` None: every type. Pages count from 0."""

    which: Which = Which.ACTIVE
    type: SessionType | None = None
    page: int = 0


def pack(look: Look) -> str:
    return json.dumps({"which": look.which, "type": look.type, "page": look.page})


def unpack(metadata: str) -> Look:
    """What does not read as a look, as of another version of this program, is everybody's first one."""
    try:
        body = json.loads(metadata)
        type_ = SessionType(body["type"]) if body["type"] else None
        return Look(Which(body["which"]), type_, min(max(0, int(body["page"])), MOST_PAGES))
    except (KeyError, TypeError, ValueError):
        return Look()
