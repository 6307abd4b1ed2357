"""How a question is asked, and what several of them say."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
IN_LANE = "state IN ('pending', 'sending', 'unknown')"
COMPARED = "NOT EXISTS (SELECT 1 FROM recovery WHERE recovery.session = session.key AND recovery.thread_read = 0)"
POST_WAITS = "state IN ('pending', 'sending')"


class Forgotten(KeyError):
    """A key that this file never gave out: it is of a life that a restore has undone."""


class Asking:
    """What all questions have in common."""

    _connection: sqlite3.Connection

    def _one(self, make: Callable[[sqlite3.Row], T], sql: str, *values: object) -> T | None:
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else make(row)

    def _all(self, make: Callable[[sqlite3.Row], T], sql: str, *values: object) -> list[T]:
        return [make(row) for row in self._connection.execute(sql, values)]

    def _exists(self, sql: str, *values: object) -> bool:
        return self._connection.execute(sql, values).fetchone() is not None
