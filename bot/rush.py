"""Acks come first: while Slack waits for many of them, whatever can wait a moment stands back."""

from __future__ import annotations

import asyncio
from typing import Final

from bot.clock import Clock

MANY: Final = 8  # acks that are pending at once; fewer do not feel what else goes on
SETTLE_SECONDS: Final = 0.05  # after a rush: between two batches of one burst nothing is pending for a moment
LONGEST_SECONDS: Final = 2.0  # nobody stands back longer than that, however many acks are pending


class Rush:
    """`with rush:` around what somebody waits for an ack of; `await rush.over()` before anything that can wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.times = 0  # how many rushes there were
        self._pending = 0
        self._last = float("-inf")  # when as many as make a rush were last seen
        self._turn = asyncio.Lock()
        self._never = asyncio.Event()

    def __enter__(self) -> None:
        self._pending += 1
        self._look()

    def __exit__(self, *_: object) -> None:
        self._look()
        self._pending -= 1

    async def over(self) -> None:
        """Returns at once as a rule; in a rush when it is over, or has kept this caller waiting long enough.

        Those who have waited go on one after another, each behind whatever has come in meanwhile.
        """
        until = self._clock.now() + LONGEST_SECONDS
        async with self._turn:
            while self.is_on and (left := until - self._clock.now()) > 0:
                await self._clock.wait(self._never, min(left, SETTLE_SECONDS))

    @property
    def is_on(self) -> bool:
        return self._pending >= MANY or 0 <= self._clock.now() - self._last < SETTLE_SECONDS

    def _look(self) -> None:
        if self._pending >= MANY:
            now = self._clock.now()
            self.times += not 0 <= now - self._last < SETTLE_SECONDS
            self._last = now
