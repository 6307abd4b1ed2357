"""Is the file ours, whole, and in a safe place? Nothing is written here: what turns out not to be stays as it is."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from bot.store import disk
from bot.store.errors import Corrupt, Foreign, Unusable
from bot.store.steps import APPLICATION_ID, MOVED, unknown

PAGE = 512  # the smallest of SQLite's page sizes; all others are multiples


def check(path: Path, *, moved: bool = False) -> None:
    """Raises Foreign, Corrupt, Unusable, or what SQLite and the system say when it cannot be read."""
    _check_access(path)
    disk.check_place(path)
    disk.check_companions(path)
    if disk.size_of(path):
        _examine(path, moved=moved)


def _check_access(path: Path) -> None:
    if not path.parent.is_dir():
        raise Unusable(f"The folder of the database does not exist: {path.parent}")
    if path.exists() and not path.is_file():
        raise Unusable(f"{path} is not a file. Name one with EVOBOT_DATABASE.")
    if path.exists():
        os.close(os.open(path, os.O_RDWR))  # SQLite would open what is read-only, and fail at the first write


def _examine(path: Path, *, moved: bool) -> None:
    disk.read_through(path)
    index = disk.index_of(path)
    known = disk.LogIndex.read(path)
    remembered = index.read_bytes() if known else b""
    if not disk.size_of(disk.log_of(path)) and disk.size_of(path) % PAGE:
        raise Corrupt(damaged(path))  # cut off; SQLite would take zeros for what is missing
    with contextlib.closing(_open_to_examine(path)) as connection:
        check_ours(connection, path)
        if not moved:
            check_here(connection, path)
        lost = known is not None and known.lost_in(path, disk.LogIndex.read(path))
    if lost:
        index.write_bytes(remembered)  # SQLite has written a new one; who starts again is to be told the same
        raise Corrupt(
            f"{disk.log_of(path)} is damaged: messages that had been stored are missing. It was left as it is; "
            f"restore a backup, or delete {index.name} to go on without them."
        )


def _open_to_examine(path: Path) -> sqlite3.Connection:
    """Closing a connection that may write would bring the log into the file, be it damaged or not."""
    if disk.size_of(path.with_name(path.name + "-journal")):
        how = "mode=rw"  # killed while it was made: only who may write can undo that
    elif disk.size_of(disk.log_of(path)):
        how = "mode=ro"
    else:
        how = "immutable=1"  # makes no companions
    return sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, isolation_level=None)


def check_ours(connection: sqlite3.Connection, path: Path) -> None:
    """Raises Foreign or Corrupt."""
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise Corrupt(damaged(path))
    used = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    if owner != APPLICATION_ID and (owner or used):
        raise Foreign(f"{path} is not an evobot database. Choose another file with EVOBOT_DATABASE.")
    if newer := unknown(connection):
        raise Foreign(f"{path} was written by a newer evobot ({newer[0]}). Use that one.")


def check_here(connection: sqlite3.Connection, path: Path) -> None:
    """Raises Unusable when what is in the file is on PostgreSQL by now."""
    if connection.execute("PRAGMA user_version").fetchone()[0] == MOVED:
        raise Unusable(
            f"{path} was moved to PostgreSQL, and is no longer written to. Set EVOBOT_DATABASE to where it went; "
            "`evobot migrate --to`, said once more, makes sure that it arrived."
        )


def damaged(path: Path) -> str:
    return f"{path} is damaged or no database at all. It was left as it is; restore a backup, or choose another file."
