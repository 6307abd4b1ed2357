"""The courier between a real store and real servers, in virtual time: what waits, waits no longer than it must."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

from tests.faultlab.core import core
from tests.faultlab.virtual import VirtualLoop
from tests.world import World


def pytest_asyncio_loop_factories(
    config: object, item: object
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"virtual": VirtualLoop}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    async with core(loop, tmp_path) as world:
        yield world
