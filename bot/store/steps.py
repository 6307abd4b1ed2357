"""Which steps of `bot/store/migrations.py` a file has been through.

Read in plain SQL: sqlite-utils, and what it brings along, is needed to take a step, and most starts take none.
"""

from __future__ import annotations

import sqlite3
from typing import Final

APPLICATION_ID: Final = 0x45564F42  # "EVOB": tells our file from anybody else's
MOVED: Final = 2  # user_version of a file that has gone to PostgreSQL, or was about to
STEPS: Final = ("m001_sessions_items_posts", "m002_installations")  # all there are, in their order

_NOTED = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlite_migrations'"
_TAKEN = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'evobot' ORDER BY rowid"


def unknown(connection: sqlite3.Connection) -> list[str]:
    """Steps that a newer evobot has taken; writes nothing."""
    return [name for name in _taken(connection) if name not in STEPS]


def missing(connection: sqlite3.Connection) -> list[str]:
    """Steps that this file has not been through; none for one that has been through no step at all. Writes nothing."""
    taken = _taken(connection)
    return [name for name in STEPS if name not in taken] if taken else []


def take_missing(connection: sqlite3.Connection) -> None:
    """Each step in a transaction of its own. Raises what SQLite says; that step is then not taken."""
    if set(STEPS) <= set(_taken(connection)):
        return
    from bot.store.migrations import take_missing as take  # noqa: PLC0415 - only now is sqlite-utils needed

    take(connection)


def _taken(connection: sqlite3.Connection) -> list[str]:
    noted = connection.execute(_NOTED).fetchone() is not None
    return [name for (name,) in connection.execute(_TAKEN)] if noted else []
