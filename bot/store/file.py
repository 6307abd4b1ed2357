"""The file itself: may we use it, who else does, and with which settings is it opened."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
from pathlib import Path

from sqlite_utils import Database

from bot.store.errors import Corrupt, Foreign, InUse, Unusable
from bot.store.migrations import APPLICATION_ID, migrations

BUSY_MS = 1500  # below Slack's three seconds, so that "locked" is still an answer in time
CACHE_KIB = 16_384

# Durable means durable: in WAL mode anything less than FULL may roll back the last commits at power loss.
WRITER_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "secure_delete": 1,
    "trusted_schema": 0,
    "busy_timeout": BUSY_MS,
    "cache_size": -CACHE_KIB,
}


class FileLock:
    """One evobot per file. The lock is the operating system's, so a killed process leaves none behind."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock-owner")
        self._handle: int | None = None

    def take(self) -> None:
        """Raises InUse, naming the owner, when another process holds it; Unusable when the folder cannot be used."""
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Unusable(f"Cannot write in {self._path.parent}: {error.strerror}.") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(handle, 200, 0).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            raise InUse(f"Another evobot (process {owner}) runs on this database. Stop it first.") from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()} on {os.uname().nodename}\n".encode(), 0)
        self._handle = handle

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def prepare(path: Path) -> None:
    """Makes a new store, or checks and migrates the one that is there.

    Raises Foreign, Corrupt or Unusable. A file that cannot be trusted is left as it is: an empty one in its
    place would forget what was sent.
    """
    try:
        _check_access(path)
        connection = sqlite3.connect(path, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise Unusable(f"{path} cannot be opened: {error}") from error
    try:
        _check_ours(connection, path)
        _set_pragmas(connection)
        _migrate(connection, path)
    except sqlite3.DatabaseError as error:
        raise _as_unusable(error, path) from error
    finally:
        connection.close()


def open_writer(path: Path) -> sqlite3.Connection:
    """The one connection that writes. Used by the writer's thread alone."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    _set_pragmas(connection)
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """For reads on the event loop. Cannot write or checkpoint: only one connection ever does."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA query_only = 1")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.row_factory = sqlite3.Row
    return connection


def _check_access(path: Path) -> None:
    if not path.parent.is_dir():
        raise Unusable(f"The folder of the database does not exist: {path.parent}")
    if path.exists() and not path.is_file():
        raise Unusable(f"{path} is not a file. Name one with EVOBOT_DATABASE.")
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)  # messages of customers are in it


def _check_ours(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise Corrupt(_damaged(path))
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        return  # new
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise Foreign(f"{path} is not an evobot database. Choose another file with EVOBOT_DATABASE.")


def _set_pragmas(connection: sqlite3.Connection) -> None:
    for name, value in WRITER_PRAGMAS.items():
        connection.execute(f"PRAGMA {name} = {value}")
    for name, value in WRITER_PRAGMAS.items():
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != value:
            raise Unusable(f"SQLite would not set {name} to {value}; it says {found}. Is this a network disk?")


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    database = Database(connection)
    known = {migration.name for migration in migrations.pending(database)}
    newer = [step.name for step in migrations.applied(database) if step.name not in known | _all_steps()]
    if newer:
        raise Foreign(f"{path} was written by a newer evobot ({newer[0]}). Use that one.")
    migrations.apply(database)


def _all_steps() -> set[str]:
    empty = Database(memory=True)
    try:
        return {migration.name for migration in migrations.pending(empty)}
    finally:
        empty.close()


def _as_unusable(error: sqlite3.DatabaseError, path: Path) -> Unusable:
    if "locked" in str(error):
        return InUse(f"Another program holds {path}.")
    if isinstance(error, sqlite3.OperationalError):
        return Unusable(f"{path} cannot be used: {error}")
    return Corrupt(_damaged(path))


def _damaged(path: Path) -> str:
    return f"{path} is damaged or no database at all. It was left as it is; restore a backup, or choose another file."
