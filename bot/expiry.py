"""The end of questions that nobody has answered in time: their threads say so, and a late yes changes nothing."""

from __future__ import annotations

import asyncio
import logging

from bot.bridge import Bridge
from bot.clock import Clock
from bot.store import StoreError

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0


class Expiry:
    """Looks once a second, which costs two look-ups in an index. Nothing depends on it: a late click asks by itself."""

    def __init__(self, bridge: Bridge, clock: Clock, stopping: asyncio.Event) -> None:
        self._bridge = bridge
        self._clock = clock
        self._stopping = stopping

    async def run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._bridge.expire()
            except StoreError as error:
                log.error("cannot end questions that nobody has answered: %s", error)
            await self._clock.wait(self._stopping, LOOK_SECONDS)
