from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.handlers.world import World, world_in


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with world_in(tmp_path) as made:
        yield made


@pytest.fixture
async def trusting_world(tmp_path: Path) -> AsyncIterator[World]:
    """A house that does not ask before it uses a number."""
    async with world_in(tmp_path, confirm_phones=False) as made:
        yield made
