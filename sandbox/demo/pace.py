"""How fast the play goes: at once, or so that one can watch, with pauses and single steps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from enum import StrEnum

BEAT = 1.2  # seconds


class Going(StrEnum):
    """What the play is at."""

    WAITING = "waiting"
    PLAYING = "playing"
    PAUSED = "paused"
    DONE = "done"


class Pace:
    """Between two gestures the play takes a `beat` here. With `seconds` of 0 it never waits, and cannot be paused."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.going = Going.WAITING if seconds else Going.PLAYING
        self.changed: Callable[[], None] = lambda: None  # called after every change
        self._steps = 0
        self._moved = asyncio.Event()

    async def started(self) -> None:
        """Waits for the start."""
        while self.going is Going.WAITING:
            await self._move()

    async def beat(self, share: float = 1.0) -> None:
        """Waits a part of a beat, or several; while paused, until the play goes on or one step is asked for."""
        until = time.monotonic() + share * self.seconds
        while self.seconds:
            if self._steps:
                self._steps -= 1
                return
            left = until - time.monotonic()
            if self.going is not Going.PAUSED and left <= 0:
                return
            await self._move(None if self.going is Going.PAUSED else left)

    # From the page

    def start(self) -> None:
        """Begins; nothing happens to a play that has begun."""
        self._go(Going.WAITING, Going.PLAYING)

    def pause(self) -> None:
        """Stops before the next gesture."""
        if self.seconds:
            self._go(Going.PLAYING, Going.PAUSED)

    def resume(self) -> None:
        """Goes on."""
        self._go(Going.PAUSED, Going.PLAYING)

    def next(self) -> None:
        """One step: the next gesture, now. However often it is asked for meanwhile, it is one."""
        if self.going in {Going.PLAYING, Going.PAUSED} and self.seconds:
            self._steps = 1
            self._wake()

    def skip(self) -> None:
        """No more waiting, to the end."""
        if self.going is not Going.DONE:
            self.seconds, self.going = 0.0, Going.PLAYING
            self._wake()

    def finish(self) -> None:
        """The play is over; what comes afterwards keeps its beats."""
        self.going = Going.DONE
        self._wake()

    def _go(self, before: Going, after: Going) -> None:
        if self.going is before:
            self.going = after
            self._wake()

    def _wake(self) -> None:
        self.changed()
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def _move(self, seconds: float | None = None) -> None:
        """Until something has been asked for, but not longer."""
        try:
            async with asyncio.timeout(seconds):
                await self._moved.wait()
        except TimeoutError:
            pass
