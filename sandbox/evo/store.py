"""One SQLite file that holds everything; a restart over the same file goes on where it stopped."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.changes import Changes

_SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, created INTEGER NOT NULL,
    modified INTEGER NOT NULL, completed INTEGER, info TEXT NOT NULL, hidden TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS members (
    n INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, identity TEXT NOT NULL, info TEXT NOT NULL,
    gone INTEGER);
CREATE INDEX IF NOT EXISTS members_session ON members (session);
CREATE INDEX IF NOT EXISTS members_identity ON members (identity);
CREATE TABLE IF NOT EXISTS logs (
    n INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, at INTEGER NOT NULL, message TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS logs_session ON logs (session);
CREATE TABLE IF NOT EXISTS messages (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, session TEXT, at INTEGER NOT NULL,
    account TEXT NOT NULL, customer TEXT, endpoint TEXT NOT NULL, endpoint_name TEXT NOT NULL, direction TEXT NOT NULL,
    other TEXT, sender TEXT NOT NULL, sender_name TEXT NOT NULL, sender_endpoint TEXT, body TEXT NOT NULL,
    media_uri TEXT, media_type TEXT);
CREATE INDEX IF NOT EXISTS messages_session ON messages (session);
CREATE TABLE IF NOT EXISTS sign_ins (
    id TEXT PRIMARY KEY, permanent_id TEXT NOT NULL, permanent INTEGER NOT NULL, email TEXT NOT NULL,
    until INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS files (id TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS devices (
    n INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL, type TEXT, token TEXT);
CREATE TABLE IF NOT EXISTS effects (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, session TEXT, request INTEGER,
    detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS effects_session ON effects (session);
CREATE TABLE IF NOT EXISTS journal (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    query TEXT NOT NULL, operation TEXT, login TEXT, body TEXT NOT NULL, agent TEXT NOT NULL, status INTEGER,
    did INTEGER, fault TEXT, note TEXT, answer TEXT, seconds REAL);
"""

_TABLES = ("sessions", "members", "logs", "messages", "sign_ins", "files", "devices", "effects", "journal")


class Store:
    """SQL for everybody; single-threaded, as the loop that uses it. Every write is told to `changes`."""

    def __init__(self, path: str | Path, changes: Changes) -> None:
        self._changes = changes
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; nothing works afterwards."""
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what happens inside, or, when it raises, none of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def insert(self, table: str, **columns: object) -> int:
        """Add a row, give its number."""
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        cursor = self._db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(columns.values()))
        self._changes.bump()
        return cursor.lastrowid or 0

    def update(self, table: str, key: tuple[str, object], **columns: object) -> int:
        """Set columns where `key` (column, value) holds; how many rows that were."""
        sets = ", ".join(f"{name} = ?" for name in columns)
        return self.run(f"UPDATE {table} SET {sets} WHERE {key[0]} = ?", *columns.values(), key[1])

    def run(self, sql: str, *values: object) -> int:
        """Any writing statement; how many rows it touched."""
        count = self._db.execute(sql, values).rowcount
        self._changes.bump()
        return count

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """Every row of a query."""
        return self._db.execute(sql, values).fetchall()

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row of a query."""
        row: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
        return row

    def note(self, name: str) -> Any:
        """A kept JSON value, or None."""
        row = self.one("SELECT value FROM notes WHERE name = ?", name)
        return None if row is None else json.loads(row["value"])

    def keep(self, name: str, value: object) -> None:
        """Keep a JSON value under `name`."""
        self.run("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)", name, json.dumps(value))

    def new_id(self, now: int) -> str:
        """An id never given before in this file, in the look of a MongoDB one (24 hex characters)."""
        number = (self.note("ids") or 0) + 1
        self.keep("ids", number)
        return f"{now // 1_000_000:08x}5eed5eed{number:08x}"

    def wipe(self) -> None:
        """Empty every table; seeds, clock and id counter stay."""
        with self.transaction():
            for table in _TABLES:
                self.run(f"DELETE FROM {table}")
