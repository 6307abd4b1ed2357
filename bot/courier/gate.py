"""Whether Evo Voice may be called at all just now: one place for patience, for the whole account."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.clock import Clock
from bot.evo import EvoError, NotSent, Throttled, Unauthorized

log = logging.getLogger(__name__)

AT_ONCE = 16
FIRST_WAIT = 0.5
LONGEST_WAIT = 60.0
SIGNED_OUT_WAIT = 60.0


class Gate:
    """While Evo Voice cannot be reached, one caller at a time tries, with growing pauses; the others wait."""

    def __init__(self, clock: Clock, stopping: asyncio.Event) -> None:
        self._clock = clock
        self._stopping = stopping
        self._failures = 0
        self._opens_at = 0.0
        self._probe = asyncio.Lock()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.trouble: str | None = None  # for health: what is wrong, in a word

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[bool]:
        """Enters when a call may be made; False when the program is stopping instead.

        What the call raises tells the gate how things are.
        """
        async with self._turn():
            await self._patience()
            if self._stopping.is_set():
                yield False
                return
            try:
                yield True
            except EvoError as error:
                self._learn(error)
                raise
            self._well()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        async with self._slots:
            if not self._failures:
                yield
                return
            async with self._probe:
                yield

    async def _patience(self) -> None:
        while (left := self._opens_at - self._clock.now()) > 0 and not self._stopping.is_set():
            await self._clock.wait(self._stopping, left)

    def _learn(self, error: EvoError) -> None:
        wait = self._wait_after(error)
        if wait is None:
            self._well()  # it answered, whatever it said
            return
        if self.trouble is None:
            log.warning("Evo Voice: %s; what is to be sent waits here in order", type(error).__name__)
        self.trouble = type(error).__name__
        self._opens_at = max(self._opens_at, self._clock.now() + wait)

    def _wait_after(self, error: EvoError) -> float | None:
        if not isinstance(error, NotSent | Throttled | Unauthorized):
            return None
        self._failures += 1
        if isinstance(error, Unauthorized):
            return SIGNED_OUT_WAIT
        if isinstance(error, Throttled) and error.retry_after:
            return error.retry_after
        ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(self._failures - 1, 10))
        return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - spreads callers, guards nothing

    def _well(self) -> None:
        if self.trouble is not None:
            log.warning("Evo Voice answers again")
        self._failures = 0
        self.trouble = None
