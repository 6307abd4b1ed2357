"""Every request that came, also those that were cut."""

import re
import sqlite3

from sandbox.evo.clock import Clock
from sandbox.evo.records import JournalEntry
from sandbox.evo.store import Store
from sandbox.evo.wire import Call

_LONGEST = 65_536
_PASSWORD = re.compile(r'("?password"?\s*[:=]\s*)("[^"]*"|[^&\s,}]*)', re.IGNORECASE)


class Journal:
    """Entries are written on arrival and completed when something is known."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def open(self, call: Call, operation: str | None, login: str | None) -> int:
        """Write down an arrival; the entry's number."""
        return self._store.insert(
            "journal",
            at=self._clock.now(),
            method=call.method,
            path=call.path,
            query=_hidden(call.query_text),
            operation=operation,
            login=login,
            body=_hidden(call.body[:_LONGEST].decode("utf-8", "replace")),
            agent=call.headers.get("User-Agent", ""),
        )

    def complete(self, number: int, **columns: int | str | None) -> None:
        """Fill in status, did, fault or note. An entry wiped meanwhile stays wiped."""
        self._store.update("journal", ("n", number), **columns)

    def read(self, after: int = 0, operation: str | None = None) -> list[JournalEntry]:
        """Entries with a higher number than `after`, of one operation if wanted, oldest first."""
        rows = self._store.all(
            "SELECT * FROM journal WHERE n > ?1 AND (?2 IS NULL OR operation = ?2) ORDER BY n", after, operation
        )
        return [_entry(row) for row in rows]


def _entry(row: sqlite3.Row) -> JournalEntry:
    return JournalEntry(**{"number" if name == "n" else name: row[name] for name in row.keys()})  # noqa: SIM118  a Row iterates values


def _hidden(text: str) -> str:
    return _PASSWORD.sub(r"\1***", text)
