"""The courier between a real store and real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.store import Store
from tests.world import World, playing


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    async with playing(store) as world:
        world.start()
        yield world
