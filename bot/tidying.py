"""Takes away what has been kept long enough: words, sessions, records, hashes, forms that nobody decided about.

In steps so small that nobody who writes waits for one. What is unfinished, or asks a person, is left alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from bot.clock import Clock
from bot.model import Gone, SessionKey
from bot.policy import Retention
from bot.policy.model import DAY
from bot.store import Store, StoreError, Tx
from bot.store.tx import DRAFT_SECONDS

log = logging.getLogger(__name__)

HOUR, MINUTE = 3600.0, 60.0
ROWS = 100  # in one step
SESSIONS = 200  # looked up at a time


class Tidying:
    """Looks at start and every hour; every minute when words are not kept at all."""

    def __init__(self, store: Store, kept: Retention, clock: Clock, stopping: asyncio.Event) -> None:
        self._store = store
        self._kept = kept
        self._clock = clock
        self._stopping = stopping
        self._to_empty = False  # something was deleted that may still stand in the log

    async def run(self) -> None:
        """Until told to stop."""
        while not self._stopping.is_set():
            try:
                await self.tidy()
            except StoreError as error:
                log.error("what has been kept long enough cannot be deleted: %s", error)
            except Exception:
                log.exception("deleting what has been kept long enough broke on my side")
            await self._clock.wait(self._stopping, HOUR if self._kept.words and not self._to_empty else MINUTE)

    async def tidy(self) -> None:
        """Once. Raises StoreError: what is left is done the next time."""
        now = self._clock.now()
        words = await self._words(now - self._kept.words * DAY)
        sessions = await self._sessions(now - self._kept.sessions * DAY)
        rest = await self._all(lambda tx: tx.delete_hashes(now - self._kept.hashes * DAY, ROWS))
        rest += await self._all(lambda tx: tx.prune_audit(now - self._kept.audit * DAY))
        rest += await self._all(lambda tx: tx.delete_drafts(now - DRAFT_SECONDS))
        rest += await self._all(lambda tx: tx.delete_letters(now - self._kept.words * DAY))
        if words or sessions:
            log.info("deleted as the policy says: the words of %s sessions, and %s sessions whole", words, sessions)
        if words or sessions or rest or self._to_empty:
            self._to_empty = not await self._store.empty_log()

    async def _words(self, before: float) -> int:
        """Of how many sessions words were deleted."""
        why, count, last = f"{Gone.AGED} {self._kept.words:g}", 0, SessionKey(0)
        while keys := self._store.read.over_with_words(before, last, SESSIONS):
            for key in keys:
                count += bool(await self._all(partial(Tx.blank_words, session=key, why=why, limit=ROWS)))
            last = keys[-1]
        return count

    async def _sessions(self, before: float) -> int:
        """How many went whole. Those that something still holds are passed over."""
        count = held = 0
        while keys := self._store.read.long_over(before, SESSIONS, held):
            gone = [key for key in keys if not self._store.read.has_unfinished(key)]
            for key in gone:
                await self._store.write(partial(Tx.part_with, session=key), many_rows=True)
                await self._all(partial(Tx.delete_session, session=key, limit=ROWS))
            count, held = count + len(gone), held + len(keys) - len(gone)
            if self._stopping.is_set():
                break
        return count

    async def _all(self, step: Callable[[Tx], int]) -> int:
        """Repeats a step until nothing is left for it. Returns how many rows it took away."""
        total = 0
        while not self._stopping.is_set() and (count := await self._store.write(step, many_rows=True)):
            total += count
        return total
