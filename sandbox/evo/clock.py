"""Time inside the stand-in: the system's, plus what a test has added."""

import asyncio
import time
from collections.abc import Callable


class Clock:
    """Counts whole microseconds since 1970 (UTC); only ever moves forward. `system` counts nanoseconds."""

    def __init__(self, ahead: int = 0, system: Callable[[], int] = time.time_ns) -> None:
        self.ahead = ahead
        self._system = system
        self._last = 0
        self._advanced = asyncio.Event()

    def now(self) -> int:
        """The present moment; no two calls get the same one, so dates tell the order of effects."""
        self._last = max(self._last + 1, self._system() // 1000 + self.ahead)
        return self._last

    def advance(self, seconds: float) -> None:
        """Let `seconds` (not negative) pass at once; whoever sleeps that long wakes."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self.ahead += int(seconds * 1_000_000)
        self._advanced.set()
        self._advanced = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait until `seconds` have passed here, by waiting or by `advance`."""
        due = self.now() + int(seconds * 1_000_000)
        while (left := (due - self.now()) / 1_000_000) > 0:
            try:
                await asyncio.wait_for(self._advanced.wait(), left)
            except TimeoutError:
                continue
