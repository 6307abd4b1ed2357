"""Parts of the program that live and end together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

STOP_SECONDS = 17.0  # in which requests that are under way may finish: none takes longer than 15


async def together(stop: Callable[[], None], *parts: Awaitable[None], seconds: float = STOP_SECONDS) -> None:
    """Runs parts until all have ended; the end or failure of one stops the others."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop()
        outcomes = await finish(tasks, seconds)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
            raise outcome


async def finish(tasks: Sequence[asyncio.Future[None]], seconds: float) -> list[BaseException | None]:
    """Waits for what is under way; what takes too long, or is itself told to hurry, is cancelled."""
    try:
        await asyncio.wait(tasks, timeout=seconds)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    return outcomes
