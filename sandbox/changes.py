"""When to look again: a count of whatever could have changed, and the wait for more."""

from __future__ import annotations

import asyncio
import contextlib


class Changes:
    """`revision` only grows. `first` had better be larger than any before a restart, such as the time."""

    def __init__(self, first: int = 0) -> None:
        self.revision = first
        self._moved = asyncio.Event()
        self._waiting = 0
        self._closed = False

    def bump(self) -> None:
        """Something could be other than it was: whoever waits wakes."""
        self.revision += 1
        self._wake()

    async def later(self, revision: int, seconds: float) -> None:
        """Wait for another revision than this one, at most `seconds`. What changes at once wakes once."""
        self._waiting += 1
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._moved_from(revision)
        finally:
            self._waiting -= 1

    def open(self) -> None:
        """From now on there is something to wait for."""
        self._closed = False

    async def close(self) -> None:
        """Nobody waits any more: returns when all have gone on, and further ones go on at once."""
        self._closed = True
        self._wake()
        while self._waiting:  # noqa: ASYNC110 - a turn or two of the loop
            await asyncio.sleep(0)

    async def _moved_from(self, revision: int) -> None:
        if self.revision != revision:
            return
        while self.revision == revision and not self._closed:
            await self._moved.wait()
        await asyncio.sleep(0)  # whatever else is due in this turn of the loop belongs to the same answer

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()
