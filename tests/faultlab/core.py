"""The core of the bot in virtual time: real store, real stand-ins, an hour in a second."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.faultlab.virtual import LoopClock, VirtualLoop
from tests.helpers import store_in
from tests.world import World, playing


@asynccontextmanager
async def core(loop: VirtualLoop, folder: Path, **wishes: Any) -> AsyncIterator[World]:
    """A started world whose clocks are all the loop's. `wishes` are fields of World."""
    store = store_in(folder / "evobot.db")
    loop.watch(store)
    try:
        clock = LoopClock(loop)
        async with playing(store, clock, sides=clock.now, **wishes) as world:
            world.start()
            yield world
            if world.running:
                await world.stop()
    finally:
        store.close()
