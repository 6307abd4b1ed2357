"""The same store on PostgreSQL: for several machines. Nothing here is imported where the database is a file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bot.store.errors import Unusable

MISSING = "PostgreSQL needs the package psycopg. Say: .venv/bin/pip install -r requirements-postgres.txt"


@contextlib.contextmanager
def needed() -> Iterator[None]:
    """For the imports within. Raises Unusable where psycopg is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "psycopg":
            raise
        raise Unusable(MISSING) from None
