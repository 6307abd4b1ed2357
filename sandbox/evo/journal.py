"""Every request that came, also those that were cut."""

import json
import re
import sqlite3
from collections import OrderedDict

from sandbox.changes import Changes
from sandbox.evo.clock import Clock
from sandbox.evo.records import JournalEntry
from sandbox.evo.store import Store
from sandbox.evo.wire import Call

_LONGEST = 65_536
_NEWEST = 1000  # entries: so many keep their answers, and are told to one who watches
_PASSWORD = re.compile(r'("?password"?\s*[:=]\s*)("[^"]*"|[^&\s,}]*)', re.IGNORECASE)
_TOKEN = re.compile(r'("sessionId"\s*:\s*)"[^"]*"')


class Journal:
    """Entries are written on arrival and completed when something is known."""

    def __init__(self, store: Store, clock: Clock, changes: Changes) -> None:
        self._store = store
        self._clock = clock
        self._changes = changes
        self._first = changes.revision
        self._touched: OrderedDict[int, int] = OrderedDict()  # number → revision, the latest last

    def open(self, call: Call, operation: str | None, login: str | None) -> int:
        """Write down an arrival; the entry's number."""
        number = self._store.insert(
            "journal",
            at=self._clock.now(),
            method=call.method,
            path=call.path,
            query=_hidden(call.query_text),
            operation=operation,
            login=login,
            body=_hidden(_text(call.body)),
            agent=call.headers.get("User-Agent", ""),
        )
        self._store.update("journal", ("n", number - _NEWEST), answer=None)
        self._touch(number)
        return number

    def complete(self, number: int, **columns: float | str | None) -> None:
        """Fill in status, did, fault, note or seconds. An entry wiped meanwhile stays wiped."""
        self._store.update("journal", ("n", number), **columns)
        self._touch(number)

    def answered(self, number: int, body: bytes) -> None:
        """Fill in the answer; what opens a sign-in is hidden."""
        row = self._store.one("SELECT operation FROM journal WHERE n = ?", number)
        secret = row is not None and row["operation"] == "Authenticate"
        text = _hidden(_text(body))
        self.complete(number, answer=_TOKEN.sub(r'\1"***"', text) if secret else text)

    def read(self, after: int = 0, operation: str | None = None) -> list[JournalEntry]:
        """Entries with a higher number than `after`, of one operation if wanted, oldest first."""
        rows = self._store.all(
            "SELECT * FROM journal WHERE n > ?1 AND (?2 IS NULL OR operation = ?2) ORDER BY n", after, operation
        )
        return [_entry(row) for row in rows]

    def news(self, after: int, revision: int) -> list[JournalEntry]:
        """The newest entries, oldest first: with a higher number than `after`, or changed since `revision`.

        Whoever asks with a revision from before a restart gets them all: what changed last is not known any more.
        """
        after = 0 if 0 <= revision < self._first else after
        changed = json.dumps(self._changed_since(revision))
        rows = self._store.all(
            "SELECT * FROM journal WHERE n > ?1 OR n IN (SELECT value FROM json_each(?2)) ORDER BY n DESC LIMIT ?3",
            after,
            changed,
            _NEWEST,
        )
        return [_entry(row) for row in reversed(rows)]

    def _touch(self, number: int) -> None:
        """After the write, so that its revision is one nobody has been told yet."""
        self._touched[number] = self._changes.revision
        self._touched.move_to_end(number)
        if len(self._touched) > _NEWEST:
            self._touched.popitem(last=False)

    def _changed_since(self, revision: int) -> list[int]:
        found = []
        for number, touched in reversed(self._touched.items()):
            if touched <= revision:
                break
            found.append(number)
        return found


def _entry(row: sqlite3.Row) -> JournalEntry:
    return JournalEntry(**{"number" if name == "n" else name: row[name] for name in row.keys()})  # noqa: SIM118  a Row iterates values


def _text(body: bytes) -> str:
    return body[:_LONGEST].decode("utf-8", "replace")


def _hidden(text: str) -> str:
    return _PASSWORD.sub(r"\1***", text)
