from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A real store in a real file."""
    opened = open_store(tmp_path / "evobot.db")
    yield opened
    opened.close()
