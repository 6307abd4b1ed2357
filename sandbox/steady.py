"""Two seconds are two seconds of work: an event loop whose clock stands still while the machine does.

A machine that others use freezes now and then, and everybody on it at once: a request, its answer and the patience of
whoever waits for it. Then the patience is over and the answer is there. With this loop it is the answer that counts.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

T = TypeVar("T")
STEP = 0.02  # seconds: how long is waited without a look at the clock
MOST = 0.03  # seconds: what a step, or what is done between two waits, may count for


class SteadyLoop(asyncio.SelectorEventLoop):
    """As asyncio's own; what took longer than MOST at a time is not counted."""

    def __init__(self, selector: Callable[[Self], selectors.BaseSelector] | None = None) -> None:
        self._counted = self._looked = time.monotonic()
        super().__init__((selector or _Selector)(self))

    def time(self) -> float:
        return self._counted + min(time.monotonic() - self._looked, MOST)

    def count(self) -> float:
        """The time, of which nothing that passes from now on is a part."""
        now = time.monotonic()
        self._counted += min(now - self._looked, MOST)
        self._looked = now
        return self.time()


class _Selector(selectors.DefaultSelector):  # whichever this system has
    def __init__(self, loop: SteadyLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        until = self._loop.count() + (timeout if timeout is not None else float("inf"))
        left = until - self._loop.time()
        while True:
            found = super().select(min(max(left, 0.0), STEP))
            left = until - self._loop.count()
            if found or left <= 0:
                return found


def run(main: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run."""
    with asyncio.Runner(loop_factory=SteadyLoop) as runner:
        return runner.run(main)


def now() -> float:
    """The running loop's time, in seconds since sometime."""
    return asyncio.get_running_loop().time()
