"""Where the database is: a file, or a PostgreSQL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

URL = re.compile(r"postgres(ql)?://")
_PASSWORD = re.compile(r"//([^:@/?]*):.*@")  # to the last @: one that was not quoted may hold any sign


@dataclass(frozen=True, slots=True)
class Postgres:
    """As libpq takes it: with options, several hosts, and a password in it or in PGPASSFILE. Never shows a password."""

    url: str = field(repr=False)

    def __str__(self) -> str:
        return _PASSWORD.sub(r"//\1@", self.url).partition("?")[0]


Place = Path | Postgres


def read_place(text: str) -> Place:
    """What a setting says."""
    return Postgres(text) if URL.match(text) else Path(text)
