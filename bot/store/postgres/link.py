"""A connection to PostgreSQL that is spoken to as one of SQLite is: the same words, rows and errors.

So there is one `Reads`, one `Tx` and one writer. No word of a row gets into an error: PostgreSQL tells values in its
details, and they are left out.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg import pq
from psycopg.abc import PQGen
from psycopg.adapt import Dumper
from psycopg.types.numeric import Int8Dumper

from bot.place import Postgres
from bot.store.file import Answer
from bot.store.postgres.dialect import translated

RV = TypeVar("RV")
BUSY_MS = 2500  # for whoever holds a row or the right to write: longer than anybody may stand still with it
IDLE_MS = 1500  # a program that stands still in the middle of a transaction loses it, and others go on
CONNECT_SECONDS = 3
QUIET_SECONDS = 10  # then the server asks whether a machine is there that has died without a word
READ_SECONDS = 2.0  # the loop stands still meanwhile
WORK_SECONDS = 60.0  # in a thread
MOST_PREPARED = 1000
ONLY_READS = "session is read-only"  # as libpq says it of a server that it was told not to be content with
WAITS = (0.1, 0.2, 0.5, 1.0)  # seconds between two attempts to connect

_BUSY = {"55P03", "40001", "40P01"}  # lock not available, and whom the server chose to go first
_ONLY_READS = "25006"  # of a server that has become a standby, or was told to take no changes
_DAMAGED = {"XX001", "XX002"}
_SETTINGS = f"""
    SET lock_timeout = {BUSY_MS};
    SET idle_in_transaction_session_timeout = {IDLE_MS};
    SET default_transaction_isolation = 'read committed';
    SET client_min_messages = 'warning';
    SET tcp_keepalives_idle = {QUIET_SECONDS}; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local')
"""


class Lost(sqlite3.OperationalError):
    """The server is not there. Whether a COMMIT that was under way has happened, nobody knows."""


class Said(Answer):
    """As much of a cursor as anybody uses. `status`: what the server calls that which it has done."""

    rowcount = 0
    status = ""


class _Connection(psycopg.Connection[tuple[Any, ...]]):
    """One whose answers have an end: a server that stands still must not stop the loop for ever."""

    patience = READ_SECONDS

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        return super().wait(gen, interval, self.patience if timeout is None else timeout)


class _Text(Dumper):
    """Without its type, so that the server takes that of the column. A NUL, which it cannot keep, is shown as such."""

    def dump(self, obj: str) -> bytes:
        return obj.encode() if "\0" not in obj else obj.replace("\0", "\ufffd").encode()


class _Whole(Int8Dumper):
    def dump(self, obj: int) -> bytes:
        return b"%d" % obj


def connected(
    place: Postgres, name: str = "evobot", *, needs: str = "read-write"
) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection of its own, each statement a transaction. `needs`: as libpq calls it.

    Raises Lost, and what SQLite says of what is wrong for good.
    """
    try:
        asked = psycopg.conninfo.conninfo_to_dict(place.url)
    except psycopg.ProgrammingError:
        unreadable = "its address is not one that libpq can read"  # which repeats it, with its password
        raise sqlite3.ProgrammingError(unreadable) from None
    defaults: dict[str, Any] = {
        "application_name": name,
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": CONNECT_SECONDS * 1000,
        "keepalives_idle": QUIET_SECONDS,
        "target_session_attrs": needs,
        "client_encoding": "UTF8",
    }
    try:
        there = _Connection.connect(place.url, autocommit=True, **{k: v for k, v in defaults.items() if k not in asked})
        there.patience = WORK_SECONDS
        there.execute(_SETTINGS)
    except psycopg.Error as error:
        raise translated_error(error) from None
    there.prepare_threshold = 0
    there.prepared_max = MOST_PREPARED
    for kind, dumper in ((str, _Text), (int, _Whole), (bool, _Whole)):
        there.adapters.register_dumper(kind, dumper)
    return there


class Link:
    """Connects when asked to. While it is not connected, everything raises Lost.

    `moves`: how often that led to another server, where the address names several.
    """

    def __init__(
        self, place: Postgres, name: str = "evobot", *, patience: float = READ_SECONDS, needs: str = "read-write"
    ) -> None:
        self.place = place
        self.name = name
        self._patience = patience
        self._needs = needs
        self._there: psycopg.Connection[tuple[Any, ...]] | None = None
        self._cursor: psycopg.RawCursor[tuple[Any, ...]] | None = None
        self._failed = 0
        self._not_before = 0.0
        self._at: tuple[Any, ...] = ()
        self.moves = 0

    def connect(self) -> None:
        """Raises Lost; at once when the last attempt was a moment ago."""
        if self.is_connected:
            return
        if time.monotonic() < self._not_before:
            raise Lost("the server is not there")
        try:
            there = connected(self.place, self.name, needs=self._needs)
        except sqlite3.Error:
            self._not_before = time.monotonic() + WAITS[min(self._failed, len(WAITS) - 1)]
            self._failed += 1
            raise
        there.patience = self._patience  # type: ignore[attr-defined]  # a field of ours on psycopg's connection
        self._failed = 0
        at = (there.info.host, there.info.hostaddr, there.info.port)
        self.moves += self._at not in {(), at}
        self._at = at
        self._cursor = psycopg.RawCursor(there)
        self._there = there

    @property
    def is_connected(self) -> bool:
        return self._there is not None and not self._there.closed

    def version(self) -> int:
        """Another number whenever somebody has begun or committed something on this server."""
        return zlib.crc32(self.say("SELECT pg_current_snapshot()::text")[0][0].encode())

    @property
    def in_transaction(self) -> bool:
        return self._there is not None and self._there.info.transaction_status != pq.TransactionStatus.IDLE

    def execute(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Said:
        """Raises what SQLite would."""
        text, names = translated(sql)
        if isinstance(values, Mapping):
            values = [values[name] for name in names]
        return self.say(text, values)

    def say(self, text: str, values: Any = (), *, prepare: bool = True) -> Said:
        """In PostgreSQL's own words."""
        if self._cursor is None:
            raise Lost("the server is not there")
        cursor = self._cursor
        try:
            cursor.execute(text, values or None, prepare=prepare)
            said = Said(cursor.fetchall()) if _has_rows(cursor) else Said()
        except (psycopg.Error, psycopg.errors._WaitTimeout) as error:  # noqa: SLF001 - it has no other name
            raise self._judged(error) from None
        said.rowcount, said.status = cursor.rowcount, cursor.statusmessage or ""
        return said

    def say_all(self, text: str) -> tuple[Any, ...]:
        """Several statements in one breath. Returns the last row that one of them gives; empty when none does."""
        if self._cursor is None:
            raise Lost("the server is not there")
        row: tuple[Any, ...] = ()
        try:
            self._cursor.execute(text, prepare=False)
            while True:
                row = self._cursor.fetchall()[-1] if _has_rows(self._cursor) else row
                if not self._cursor.nextset():
                    return row
        except (psycopg.Error, psycopg.errors._WaitTimeout) as error:  # noqa: SLF001 - it has no other name
            raise self._judged(error) from None

    def be_patient(self, seconds: float) -> None:
        """How long an answer is waited for."""
        self._patience = seconds
        if self._there is not None:
            self._there.patience = seconds  # type: ignore[attr-defined]  # a field of ours on psycopg's connection

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        text, _ = translated(sql)
        for row in rows:
            self.say(text, row)

    def close(self) -> None:
        if self._there is not None:
            self._there.close()
        self._there = self._cursor = None

    def _judged(self, error: Exception) -> sqlite3.Error:
        """A connection that has failed, or from which an answer may still come, is used no more."""
        if isinstance(error, psycopg.errors._WaitTimeout) or not self.is_connected:  # noqa: SLF001 - as above
            self.close()
            return Lost("the server does not answer, or has ended the connection")
        if getattr(error, "sqlstate", None) == _ONLY_READS:
            self.close()
            return Lost(ONLY_READS)
        return translated_error(error)


def _has_rows(cursor: psycopg.RawCursor[Any]) -> bool:
    """As `cursor.description`, which describes each column, would say: in a third of the time of a question."""
    return cursor.pgresult is not None and cursor.pgresult.status == pq.ExecStatus.TUPLES_OK


def translated_error(error: Exception) -> sqlite3.Error:
    """The same as SQLite would say it, without the words of any row."""
    state = getattr(error, "sqlstate", None) or ""
    words = getattr(getattr(error, "diag", None), "message_primary", None) or str(error).partition("\n")[0]
    if state in _BUSY:
        return _coded(sqlite3.OperationalError(words), sqlite3.SQLITE_BUSY)
    if state in _DAMAGED:
        return _coded(sqlite3.DatabaseError(words), sqlite3.SQLITE_CORRUPT)
    if isinstance(error, psycopg.IntegrityError):
        return sqlite3.IntegrityError(words)
    if isinstance(error, psycopg.DataError):
        return sqlite3.DataError(words)
    if isinstance(error, psycopg.ProgrammingError):
        return sqlite3.ProgrammingError(words)
    return sqlite3.OperationalError(words) if state else Lost(words)


def _coded(error: sqlite3.Error, code: int) -> sqlite3.Error:
    error.sqlite_errorcode = code
    return error
