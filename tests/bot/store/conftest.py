from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.place import Place
from bot.store import Store, open_store


@pytest.fixture(params=["file", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where a store may be: whatever is promised of a store holds in both."""
    if request.param == "file":
        return tmp_path / "evobot.db"
    found: Place = request.getfixturevalue("postgres").fresh()
    return found


@pytest.fixture
def each_store(place: Place) -> Iterator[Store]:
    """A real store, of each kind in turn."""
    opened = open_store(place)
    yield opened
    opened.close()
