"""Whoever does not answer takes no longer than their time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from bot.doctor.finding import Finding, broken

SECONDS = 10.0  # for each far side as a whole


async def in_time(what: str, looks: AsyncIterator[Finding], seconds: float = SECONDS) -> list[Finding]:
    """What was found until the time was over; that it is over is a finding, too."""
    found: list[Finding] = []
    try:
        async with asyncio.timeout(seconds):
            async for finding in looks:
                found.append(finding)  # noqa: PERF401 - what was found before the end of the time stays
    except TimeoutError:
        then = "Check the network between here and there, and try again."
        found.append(broken(what, f"did not answer everything within {seconds:g} seconds.", then))
    return found
