"""Hours in seconds: an event loop whose clock jumps to the next timer whenever nobody has anything to do.

Everything else is real: sockets on loopback, both stand-ins, the SQLite file and its writer's thread. What real time
passes meanwhile counts as well, unless the whole machine stands still.
"""

from __future__ import annotations

import asyncio
import select
import selectors
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from bot.store import Store
from sandbox.steady import SteadyLoop

T = TypeVar("T")
GRACE = 0.0003  # real seconds in which what is on its way through loopback arrives


class VirtualLoop(SteadyLoop):
    """While one of `busy` says yes, real time passes instead, because a thread is at work."""

    def __init__(self) -> None:
        self.skipped = 0.0
        self.grace = GRACE
        self.busy: list[Callable[[], bool]] = []
        super().__init__(_Selector)

    def time(self) -> float:
        return super().time() + self.skipped

    def jump(self, seconds: float) -> None:
        self.skipped += seconds

    def watch(self, store: Store) -> None:
        """Time stands while the store writes."""
        writing: set[asyncio.Future[Any]] = set()
        run = store._writer.run

        async def watched(work: Callable[[Any], Any], **how: Any) -> Any:
            under_way = asyncio.ensure_future(run(work, **how))
            writing.add(under_way)
            under_way.add_done_callback(writing.discard)
            return await asyncio.shield(under_way)

        store._writer.run = watched  # type: ignore[assignment, method-assign]  # the same, only counted
        self.busy.append(lambda: bool(writing))


class _Selector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]  # whichever this system has
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        self._loop.count()
        found = self._select(timeout)
        self._loop.count()
        return found

    def _select(self, timeout: float | None) -> Any:
        found = super().select(0)
        if found or timeout == 0:
            return found
        while any(busy() for busy in self._loop.busy):
            if found := super().select(0.002):
                return found
            self._loop.count()
        found = self._lately()
        if not found and timeout is not None:
            self._loop.jump(timeout)
        return found if timeout is not None or found else super().select(0.05)

    def _lately(self) -> Any:
        """Waits for a moment, asleep: the selector's own shortest wait, a millisecond, would be most of every jump."""
        select.select([self.fileno()], [], [], self._loop.grace)
        return super().select(0)


class LoopClock:
    """The clock of all over a virtual loop: the system's time when it was made, and the loop's from then on."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.began = time.time() - loop.time()

    def now(self) -> float:
        return self.began + self._loop.time()

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return


def run(main: Callable[[VirtualLoop], Coroutine[Any, Any, T]]) -> T:
    """Runs a coroutine to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, VirtualLoop)
        return runner.run(main(loop))


async def until(condition: Callable[[], Any | Awaitable[Any]], what: str, seconds: float = 7200.0) -> Any:
    """Polls in virtual time; fails with `what` when it does not come to hold."""
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + seconds, 0.05
    while True:
        value = condition()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        if loop.time() > deadline:
            raise AssertionError(f"not in time: {what}")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 2.0)
