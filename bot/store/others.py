"""Several bots on one database: which of them works, and what they tell each other.

Every one of them takes what people say and do, and stores it. One at a time carries it out: it has the term, which is
a lease in the database with a growing number. Whatever it changes is checked against that number in the same
transaction; whatever it asks of a far side, against its own clock. A file has one bot, whose term never ends.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from bot.store.errors import Unavailable

if TYPE_CHECKING:
    from bot.store import Store

LEASE_SECONDS = 15.0  # so long after the last sign of life somebody else may take over
BEAT_SECONDS = 4.0  # between two signs of life: two may be lost
REQUEST_SECONDS = 20.0  # in which a request ends that has left before its lease was over: none takes longer than 15

TAKEN_OVER = "another bot may have taken over"
DEAF = "deaf"  # nobody has told it: so long nothing was heard, and whatever others told meanwhile is lost


class Superseded(Unavailable):
    """Another bot has the term: nothing was changed, and whatever is under way here must end."""


class Term(Protocol):
    """The time in which one bot carries out what is stored."""

    store: Store
    """Takes changes in this term only; raises Superseded afterwards."""
    over: asyncio.Event
    """Set when the term ends, whatever the reason."""
    doubt_seconds: float
    """For so long from now something may still happen that another bot has begun."""

    def lasts(self) -> bool:
        """May something be asked of a far side? By this machine's own clock, without asking anybody."""

    def end(self) -> None:
        """Everything is finished: the next one need not wait."""


class Others(Protocol):
    """The other bots on this database."""

    possible: bool

    def listen(self, heard: Callable[[str], None]) -> None:
        """Calls it on this loop: with what another one tells, with "" when something may have been stored, and with
        DEAF when it listens from now on.
        """

    def tell(self, words: str) -> None:
        """To all others, without a word of anybody's. May be lost."""

    async def term(self, store: Store, stopping: asyncio.Event) -> Term | None:
        """Waits for its turn; None when the program is to stop before."""

    async def first(self, store: Store, name: str) -> bool:
        """Is it us who do this, and nobody else within ten seconds? For what leaves no name in the store at once."""

    async def not_done(self, store: Store, name: str) -> None:
        """It was us, and it failed: whoever comes next is the first."""

    def close(self) -> None:
        """After the last change. A term that has not ended is given up."""


class Alone:
    """Of a file: costs nothing."""

    possible = False

    def listen(self, heard: Callable[[str], None]) -> None:
        """There is nobody."""

    def tell(self, words: str) -> None:
        """There is nobody."""

    async def term(self, store: Store, stopping: asyncio.Event) -> Term | None:
        return None if stopping.is_set() else Always(store, stopping)

    async def first(self, store: Store, name: str) -> bool:  # noqa: ARG002 - there is nobody else
        return True

    async def not_done(self, store: Store, name: str) -> None:
        """Whoever comes next is the first anyhow."""

    def close(self) -> None:
        """There is nothing."""


class Always:
    """A term that ends with the program."""

    doubt_seconds = 0.0

    def __init__(self, store: Store, stopping: asyncio.Event) -> None:
        self.store = store
        self.over = stopping

    def lasts(self) -> bool:
        return True

    def end(self) -> None:
        """Nobody waits for it."""


def own_name() -> str:
    """Of this life of this process: what a lease and a notification bear."""
    return f"{os.getpid()}-{secrets.token_hex(8)}"
