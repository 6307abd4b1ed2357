"""Is a text anywhere in the bytes of a database?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def found_in(database: Path, canaries: Iterable[str]) -> dict[str, list[str]]:
    """Which of these texts stand in which files: the database, its log, the log's index, whatever lies beside."""
    files = sorted(database.parent.glob(database.name + "*"))
    there = {file.name: file.read_bytes() for file in files}
    return {
        text: names for text in canaries if (names := [name for name, data in there.items() if text.encode() in data])
    }
