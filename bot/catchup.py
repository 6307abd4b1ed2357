"""What was said in Slack while nobody listened: read from the threads at start, before anything newer leaves, after
each lost connection, and every hour.

Slack repeats an event it could not deliver at once, after a minute and after five, then not at all. What is missing
would come too late or never, and newer messages would overtake it. Up to where a thread has been read is on the disk:
a newer message that was stored in the meantime says nothing about those before it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.clock import Clock
from bot.model import State, ThreadKey, Ts, name_of_message
from bot.store import Store, StoreError
from bot.workspace import SlackAway, SlackError, SlackRefused, Workspace

log = logging.getLogger(__name__)

OVERLAP_SECONDS = 10.0  # what Slack may show a little later than newer messages; knowing a message makes this free
HOLD_SECONDS = 10.0  # how long sending waits for this
HOUR = 3600.0
AT_ONCE = 4
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
HEAR_SECONDS = 120.0  # the other side's first round takes no longer, or is not waited for


class CatchUp:
    """`missed` takes a message as the Events API would have brought it, and says whether it was new."""

    def __init__(
        self,
        store: Store,
        workspace: Workspace,
        missed: Callable[[Mapping[str, Any]], Awaitable[bool]],
        clock: Clock,
        stopping: asyncio.Event,
    ) -> None:
        self._store = store
        self._workspace = workspace
        self._missed = missed
        self._clock = clock
        self._stopping = stopping
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._poked = asyncio.Event()
        self._started = clock.now()
        self.done_once = asyncio.Event()  # what was missed before the start is known
        self.heard = asyncio.Event()  # somebody else says that the other side's transcripts have been read, too

    def poke(self) -> None:
        """The connection to Slack was gone for a while."""
        self._poked.set()

    async def keep(self) -> None:
        """Reads at start, whenever poked, and every hour, until told to stop."""
        telling: asyncio.Task[None] | None = None
        try:
            while not self._stopping.is_set():
                self._poked.clear()
                try:
                    found = await self.run()
                except StoreError as error:
                    log.error("cannot read which threads I may have missed something in: %s", error)
                    await self._clock.wait(self._stopping, FIRST_WAIT)
                    continue
                self.done_once.set()
                if telling is None:
                    telling = asyncio.create_task(self._tell_at_start(found))
                elif found:
                    _tell(0, found)
                await self._clock.wait(self._poked, HOUR)
        finally:
            if telling is not None:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)

    async def run(self) -> Counter[State]:
        """Reads the threads that people may have written in, those with the newest life first.

        Returns what was new, by what became of it.
        """
        threads = self._store.read.threads_to_read(self._clock.now())
        found = await asyncio.gather(*(self._thread(thread, since) for _, thread, since in threads))
        return sum(found, Counter())

    async def _thread(self, thread: ThreadKey, since: float) -> Counter[State]:
        """Tries until the thread has been read, or Slack says that it never can be. What has been read is kept."""
        reading = _Reading(thread, since - OVERLAP_SECONDS)
        wait = FIRST_WAIT
        while not self._stopping.is_set():
            try:
                async with self._slots:
                    more = await self._page(reading)
                wait = FIRST_WAIT
                if not more:
                    break
            except SlackRefused as error:
                log.warning("a thread cannot be read for what I missed: %s", error.code)
                break
            except (SlackError, StoreError) as error:
                patience = error.retry_after if isinstance(error, SlackAway) else None
                await self._clock.wait(self._stopping, patience or wait)
                wait = min(wait * 2, LONGEST_WAIT)
        return reading.found

    async def _page(self, reading: _Reading) -> bool:
        """One page; True when there is more. A page that could not be stored is read again."""
        thread = reading.thread
        messages, cursor = await self._workspace.page(thread.channel, thread.ts, reading.since, reading.cursor)
        messages.sort(key=lambda message: str(message["ts"]))
        for message in messages:
            if message["ts"] != thread.ts and await self._take(thread, message):
                reading.found[self._state(thread, message)] += 1
        if messages:
            newest = Ts(messages[-1]["ts"])
            await self._store.write(lambda tx: tx.thread_read(thread, newest))
        reading.cursor = cursor or ""
        return cursor is not None

    async def _take(self, thread: ThreadKey, message: Mapping[str, Any]) -> bool:
        """Raises StoreError: then it is not known yet. What breaks us is left alone: it would break us each time."""
        try:
            return await self._missed(_as_event(thread, message))
        except StoreError:
            raise
        except Exception:
            log.exception("what was missed in a thread broke on my side")
            return False

    def _state(self, thread: ThreadKey, message: Mapping[str, Any]) -> State:
        item = self._store.read.item_named(name_of_message(thread.team, thread.channel, Ts(message["ts"])))
        return item.state if item else State.KEPT

    async def _tell_at_start(self, found: Counter[State]) -> None:
        """One line, once both sides have been read."""
        await self._clock.wait(self.heard, HEAR_SECONDS)
        _tell(self._store.read.missed_lines(self._started), found)


@dataclass(slots=True)
class _Reading:
    """How far a thread has been read."""

    thread: ThreadKey
    since: float
    cursor: str = ""
    found: Counter[State] = field(default_factory=Counter)


def _tell(lines: int, found: Counter[State]) -> None:
    """In: what the other side said. Out: what goes to it by itself."""
    decide, kept = found[State.NEEDS_PERSON], found[State.KEPT]
    out = found.total() - decide - kept
    notes = f", {kept} kept as notes" if kept else ""
    log.info("caught up: %s in, %s out, %s to decide%s", lines, out, decide, notes)


def _as_event(thread: ThreadKey, message: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "event_callback",
        "team_id": thread.team,
        "event": {**message, "type": "message", "channel": thread.channel},
    }
