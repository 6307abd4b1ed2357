"""What was said in Slack while nobody listened: read from the threads at start, before anything newer leaves, after
each lost connection, and every hour.

Slack repeats an event it could not deliver at once, after a minute and after five, then not at all. What is missing
would come too late or never, and newer messages would overtake it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.clock import Clock
from bot.model import Session, ThreadKey
from bot.store import Store, StoreError
from bot.workspace import SlackAway, SlackError, SlackRefused, Workspace

log = logging.getLogger(__name__)

OVERLAP_SECONDS = (
    600.0  # an event may have been lost although a later one was stored; knowing a message makes this free
)
HOLD_SECONDS = 10.0  # how long sending waits for this
HOUR = 3600.0
AT_ONCE = 4
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0


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
        self._read_at: dict[ThreadKey, float] = {}
        self.done_once = asyncio.Event()  # what was missed before the start is known

    def poke(self) -> None:
        """The connection to Slack was gone for a while."""
        self._poked.set()

    async def keep(self) -> None:
        """Reads at start, whenever poked, and every hour, until told to stop."""
        while not self._stopping.is_set():
            self._poked.clear()
            await self.run()
            self.done_once.set()
            await self._clock.wait(self._poked, HOUR)

    async def run(self) -> None:
        """Reads the threads of all open sessions, those with the newest life first."""
        sessions = sorted(self._store.read.open_sessions(), key=lambda session: -session.active_at)
        threads = [(session, thread) for session in sessions for thread in self._store.read.threads_of(session.key)]
        found = await asyncio.gather(*(self._thread(session, thread) for session, thread in threads))
        if any(found):
            log.info("caught up: %s messages had been written while I was away", sum(found))

    async def _thread(self, session: Session, thread: ThreadKey) -> int:
        """Tries until the thread has been read, or Slack says that it never can be."""
        wait = FIRST_WAIT
        while not self._stopping.is_set():
            try:
                async with self._slots:
                    now, since = self._clock.now(), self._since(session, thread)
                    messages = await self._workspace.replies(thread.channel, thread.ts, since)
                self._read_at[thread] = now
                return sum([await self._take(thread, message) for message in messages])
            except SlackRefused as error:
                log.warning("a thread cannot be read for what I missed: %s", error.code)
                return 0
            except SlackError as error:
                patience = error.retry_after if isinstance(error, SlackAway) else None
                await self._clock.wait(self._stopping, patience or wait)
                wait = min(wait * 2, LONGEST_WAIT)
        return 0

    async def _take(self, thread: ThreadKey, message: Mapping[str, Any]) -> bool:
        try:
            return await self._missed(_as_event(thread, message))
        except StoreError as error:
            log.error("what was missed in a thread could not be stored: %s", error)
        except Exception:
            log.exception("what was missed in a thread broke on my side")
        return False

    def _since(self, session: Session, thread: ThreadKey) -> float:
        if thread in self._read_at:
            return self._read_at[thread] - OVERLAP_SECONDS
        newest = self._store.read.newest_message(session.key, thread)
        return max(session.created_at, float(newest) - OVERLAP_SECONDS) if newest else session.created_at


def _as_event(thread: ThreadKey, message: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "event_callback",
        "team_id": thread.team,
        "event": {**message, "type": "message", "channel": thread.channel},
    }
