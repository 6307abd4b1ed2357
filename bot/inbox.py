"""What came in a rush: written down as it came, acknowledged, and taken when the rush is over.

Slack waits three seconds for an ack. What a message costs to decide about it can wait a moment, its ack cannot: so in a
rush a message in a thread that shows a session is only kept, and goes its usual way right afterwards, in the order in
which it came. As long as anything is kept, whatever comes goes the same way: nothing overtakes.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from bot.bridge import NotYet
from bot.clock import Clock
from bot.model import Letter
from bot.outline import outline
from bot.rush import Rush
from bot.store import Store, StoreError

log = logging.getLogger(__name__)

AT_ONCE = 64  # letters that are taken together: they share commits
MOST = 50_000  # letters; Slack keeps, for a while, what is not taken
TRIES = 3  # by which a letter has broken our own code for good
ROUND_SECONDS = 1.0  # what takes longer goes on beside the next ones
PAUSE_SECONDS = 0.5  # before what cannot be taken just now is tried again
LATE_SECONDS = 60.0  # what has been kept longer has been through a stop of ours


def nothing_waits(_: Mapping[str, Any]) -> bool:
    """Where other bots take messages as well: they do not know what is kept here, and newer ones would overtake it."""
    return False


async def nothing(over: asyncio.Event) -> None:
    """Where the inbox runs from the start."""
    await over.wait()


class Way(Protocol):
    """Which a message usually goes. `late`: it was written a while ago; then what is old is not sent without asking."""

    async def __call__(self, payload: Mapping[str, Any], /, *, late: bool = False) -> None: ...


class Inbox:
    """`may_wait` says of which messages it is enough to write them down."""

    def __init__(
        self,
        store: Store,
        take: Way,
        may_wait: Callable[[Mapping[str, Any]], bool],
        clock: Clock,
        rush: Rush,
        stopping: asyncio.Event,
    ) -> None:
        self._store = store
        self._take = take
        self._may_wait = may_wait
        self._clock = clock
        self._rush = rush
        self._stopping = stopping
        self._kept = store.read.letters_kept()
        self._filled = asyncio.Event()
        self._taking: dict[int, asyncio.Task[bool]] = {}
        self._broke: Counter[int] = Counter()

    def wants(self, payload: Mapping[str, Any]) -> bool:
        """Is it to be kept first?"""
        return (self._kept > 0 or self._rush.is_on) and self._kept < MOST and self._may_wait(payload)

    async def keep(self, payload: Mapping[str, Any], body: bytes | None) -> None:
        """When this returns, it is on the disk. `body`: the same as JSON, where there is that. Raises Unavailable."""
        text, now = _as_text(payload, body), self._clock.now()
        self._kept += 1
        try:
            await self._store.write(lambda tx: tx.keep_letter(text, now), one_statement=True)
        except BaseException:
            self._kept -= 1
            raise
        self._filled.set()

    def wake(self) -> None:
        """There may be something to do."""
        self._filled.set()

    async def run(self, over: asyncio.Event | None = None) -> None:
        """Until told to stop, or `over`. What is left is taken at the next start, and what broke something is tried
        again then.
        """
        stopping, begun = over or self._stopping, False
        if over is not None:
            self._kept = self._store.read.letters_kept()  # another bot may have taken some
        while not stopping.is_set():
            self._filled.clear()
            took = 0
            try:
                begun = begun or await self._begun()
                await self._rush.over()
                took = await self._round()
            except StoreError as error:
                log.error("what came in a rush cannot be taken: %s", error)
            if not took:
                await self._clock.wait(stopping if self._kept else self._filled, PAUSE_SECONDS)
        await asyncio.gather(*self._taking.values(), return_exceptions=True)

    async def _begun(self) -> bool:
        again = await self._store.write(lambda tx: tx.try_letters_again())
        self._kept += again  # in one line it would be what it was before the wait, and forget what came in it
        return True

    async def _round(self) -> int:
        """Returns how many letters are done with."""
        for letter, payload in self._next():
            if letter.key not in self._taking:
                self._taking[letter.key] = asyncio.create_task(self._try(letter, payload))
        if not self._taking:
            return 0
        await asyncio.wait(self._taking.values(), timeout=ROUND_SECONDS)
        over = {key: self._taking.pop(key) for key in [key for key, task in self._taking.items() if task.done()]}
        done = [key for key, task in over.items() if task.result()]
        broken = [key for key in over if self._broke[key] >= TRIES]
        if done or broken:
            await self._store.write(lambda tx: tx.letters_taken(done, broken))
            self._kept -= len(done) + len(broken)
        return len(done)

    def _next(self) -> list[tuple[Letter, Mapping[str, Any] | None]]:
        """Those that may go together. What changes a message goes alone: the message must have gone its way before."""
        found = [(letter, _payload_of(letter)) for letter in self._store.read.letters(AT_ONCE)]
        until = next((n for n, (_, payload) in enumerate(found) if _changes(payload)), len(found))
        return found[: max(until, 1)] if until or not self._taking else []

    async def _try(self, letter: Letter, payload: Mapping[str, Any] | None) -> bool:
        if payload is None:
            self._broke[letter.key] = TRIES
            log.error("letter %s cannot be read", letter.key)
            return False
        late = self._clock.now() - letter.came_at > LATE_SECONDS
        try:
            await self._take(payload, late=late)
        except (NotYet, StoreError):
            return False
        except Exception as error:  # noqa: BLE001 - whatever it is, the letter is kept
            self._broke[letter.key] += 1
            log.error("letter %s broke the thread door: %s", letter.key, outline(error))
            return False
        return True


def _as_text(payload: Mapping[str, Any], body: bytes | None) -> str:
    """As it came, where that is what it usually is: JSON may come in other encodings, and with a mark before it."""
    if body is not None and body.isascii() and b"\0" not in body:
        return body.decode()
    return json.dumps(payload)


def _payload_of(letter: Letter) -> Mapping[str, Any] | None:
    """None when nobody can read it: the bot must go on."""
    try:
        payload = json.loads(letter.body)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def _changes(payload: Mapping[str, Any] | None) -> bool:
    event = payload and payload.get("event")
    return isinstance(event, dict) and event.get("subtype") in ("message_changed", "message_deleted")
