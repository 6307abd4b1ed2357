"""The file itself: may we use it, who else does, and with which settings is it opened."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from bot.store.check import check, damaged
from bot.store.errors import Corrupt, InUse, Unusable
from bot.store.health import Health, is_busy, primary_code
from bot.store.restored import COPY, mark_restored
from bot.store.steps import APPLICATION_ID, missing, take_missing

BUSY_MS = 1000  # of Slack's three seconds: who presses a button may have to be looked up first
# Look-ups among a million threads take as long with four times as much: the system keeps the file in memory, too, and
# for everybody. Writes touch the same few pages again and again.
READER_CACHE_KIB, WRITER_CACHE_KIB = 4096, 2048
LOG_BYTES = 8 << 20  # what stays of the log after somebody has read for long; usually it has half of this
Keeping = Callable[[Path], contextlib.AbstractContextManager[object]]  # given the database, keeps it as it was
NAMING_SECONDS = 0.05  # in which whoever has just taken the lock writes who they are

# Durable means durable: in WAL mode anything less than FULL may roll back the last commits at power loss.
WRITER_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "secure_delete": 1,
    "trusted_schema": 0,
    "busy_timeout": BUSY_MS,
    "cache_size": -WRITER_CACHE_KIB,
    "journal_size_limit": LOG_BYTES,
}


class FileLock:
    """One evobot per file. The lock is the operating system's, so a killed process leaves none behind.

    However the file is spelled, and by whatever links it is reached, it has one lock.
    """

    def __init__(self, database: Path) -> None:
        real = real_path(database)
        self.path = real.with_name(real.name + ".lock-owner")
        self._handle: int | None = None

    def take(self) -> None:
        """Raises InUse, naming the owner, when another process holds it; Unusable when there can be none."""
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise Unusable(f"Cannot write {self.path}: {error.strerror}.") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = _owner(handle)
            os.close(handle)
            if not isinstance(error, BlockingIOError):
                raise Unusable(f"Cannot lock {self.path}: {error.strerror}.") from error
            raise InUse(f"Another evobot (process {owner}) runs on this database. Stop it first.") from error
        name = f"{os.getpid()} on {os.uname().nodename}\n".encode()
        with contextlib.suppress(OSError):  # the disk is full: it is locked without a name in it, too
            os.pwrite(handle, name, 0)
            os.ftruncate(handle, len(name))
        self._handle = handle

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _owner(handle: int) -> str:
    time.sleep(NAMING_SECONDS)
    return os.pread(handle, 200, 0).decode(errors="replace").strip() or "unknown"


def real_path(path: Path) -> Path:
    """The one spelling of a file that may have several."""
    return Path(os.path.realpath(path))


def prepare(path: Path, kept: Keeping = contextlib.nullcontext, *, moved: bool = False) -> None:
    """Makes a new store, or checks and migrates the one that is there, within `kept` when that changes its tables.

    Raises Foreign, Corrupt or Unusable. A file that cannot be trusted is left as it is: an empty one in its
    place would forget what was sent. `moved`: although it has perhaps gone to PostgreSQL.
    """
    with explained(path):
        check(path, moved=moved)
        _make_private(path)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            _set_pragmas(connection)
            with kept(path) if missing(connection) else contextlib.nullcontext():
                _migrate(connection)
            if connection.execute("PRAGMA user_version").fetchone()[0] == COPY:
                mark_restored(connection, time.time())  # a backup that was put in place by hand


def open_writer(path: Path) -> sqlite3.Connection:
    """The one connection that writes. Used by the writer's thread alone. Raises Unusable."""
    with explained(path):
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        _set_pragmas(connection)
        connection.execute("SELECT count(*) FROM sqlite_master")  # from now on its companions are there
        return connection


class Reader(sqlite3.Connection):
    """Reads each answer whole: one left half read would keep the log from being used anew.

    Raises Corrupt or Unavailable where SQLite would say it in its own words.
    """

    health: Health

    def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:
        try:
            return cast("sqlite3.Cursor", Answer(super().execute(sql, values).fetchall()))
        except sqlite3.DatabaseError as error:
            if primary_code(error) <= sqlite3.SQLITE_ERROR:
                raise  # a mistake in our own words
            raise self.health.judge(error) from error

    def version(self) -> int:
        """Another number whenever somebody else has committed something."""
        return int(self.execute("PRAGMA data_version").fetchone()[0])


class Answer(list[Any]):
    """As much of a cursor as anybody uses."""

    def fetchone(self) -> Any:
        return self[0] if self else None

    def fetchall(self) -> list[Any]:
        return self


def open_reader(path: Path, health: Health) -> Reader:
    """For reads on the event loop. Cannot write or checkpoint: only one connection ever does. Raises Unusable."""
    with explained(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            factory=Reader,
        )
        connection.health = health
        for pragma in ("query_only = 1", f"busy_timeout = {BUSY_MS}", f"cache_size = -{READER_CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}")
        connection.row_factory = sqlite3.Row
        return connection


def _make_private(path: Path) -> None:
    """Messages of customers are in it."""
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)


def _set_pragmas(connection: sqlite3.Connection) -> None:
    for name, value in WRITER_PRAGMAS.items():
        connection.execute(f"PRAGMA {name} = {value}")
    for name, value in WRITER_PRAGMAS.items():
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != value:
            raise Unusable(f"SQLite would not set {name} to {value}; it says {found}. Is this a network disk?")


def _migrate(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        # Before any table: killed between the two, it would not be known as ours any more.
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    take_missing(connection)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """What cannot be used is told to the operator in one sentence."""
    try:
        yield
    except OSError as error:
        raise Unusable(f"{path} cannot be opened: {error.strerror}.") from error
    except sqlite3.DatabaseError as error:
        raise _as_unusable(error, path) from error


def _as_unusable(error: sqlite3.DatabaseError, path: Path) -> Unusable:
    if is_busy(error):
        return InUse(f"Another program holds {path}.")
    if isinstance(error, sqlite3.OperationalError):
        perhaps = " Is the disk full?" if primary_code(error) == sqlite3.SQLITE_IOERR else ""
        return Unusable(f"{path} cannot be used: {error}.{perhaps}")
    return Corrupt(damaged(path))
