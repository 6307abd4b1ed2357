"""Backup and restore. A copy is a whole database in one file; putting it back never leaves half of one.

A restore writes everything beside the database first. The rename to `<database>.restoring-<time>` decides: before it
the old database counts, after it the new one, and whoever opens the database next finishes what was interrupted.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.model import Actor
from bot.place import Place, Postgres
from bot.store.check import check_here
from bot.store.errors import Corrupt, Foreign, Unusable
from bot.store.file import FileLock, real_path
from bot.store.health import primary_code
from bot.store.restored import COPY, mark_restored, newest
from bot.store.steps import APPLICATION_ID, missing, take_missing, unknown

log = logging.getLogger(__name__)

BUSY_MS = 5000
COMPANIONS = ("-wal", "-shm", "-journal")
RESTORING, BEFORE, UPGRADING = ".restoring-", ".before-restore-", ".before-upgrade-"
SPARE = 4 << 20  # bytes
STEPS = 20_000  # of SQLite's machine between two looks: some milliseconds
FINISH = "Mend that; then the next start of the bot finishes it."


Tell = Callable[[int, int], None]  # bytes so far, bytes in all or a little less


class Exists(Exception):
    """There is a file of this name already. Backups are never written over."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What is in a copy."""

    size: int
    sessions: int
    messages: int  # replies and lines
    newest: float  # when it last learned something; 0 for never


def backup(database: Place, target: Path, tell: Tell | None = None) -> Copy:
    """Copies the database into a new file of one owner, also while a bot runs on it.

    Raises Unusable (Foreign, Corrupt) when there is nothing good to copy, Exists, or OSError when the disk says no.
    """
    database = real_path(_file(database, "pg_dump -Fc"))
    if os.path.lexists(target):
        raise Exists(f"{target} exists already and was left as it is. Choose another name.")
    with _part_of(target) as part, _room_for(f"{database} cannot be copied to {target}"):
        _copy(database, part, tell, live=True)
        with _opened(part) as connection:
            connection.execute(f"PRAGMA user_version = {COPY}")
        copy = _examined(part)
        _durable(part)
        _name_without_replacing(part, target)
    _durable(target.parent)
    return copy


def restore(
    database: Place, source: Path, now: float, by: Actor | None = None, tell: Tell | None = None
) -> tuple[Copy, Path | None]:
    """Puts a copy in the place of the database. Returns what is in it, and where that which was there before is kept.
    `by`: who does it, for the record.

    Raises Unusable (InUse, Foreign, Corrupt) when it must not be done; then, and whenever this is interrupted, either
    the old database is there or the new one. `source` is left as it is.
    """
    database = real_path(_file(database, "pg_restore"))
    if not database.parent.is_dir():
        raise Unusable(f"The folder of the database does not exist: {database.parent}")
    lock = FileLock(database)
    lock.take()
    try:
        finish_restore(database)
        if database.exists() and source.exists() and database.samefile(source):
            raise Unusable(f"{source} is the database itself. Name a backup.")
        return _replaced(database, source, now, by, tell)
    finally:
        lock.release()


def finish_restore(database: Path) -> Path | None:
    """What an interrupted restore had decided is carried out. To be called under the lock, before the file is opened.

    The old log must go before the new database comes, or SQLite would apply it there.
    """
    for ready in sorted(database.parent.glob(f"{database.name}{RESTORING}*")):
        kept = database.with_name(database.name + BEFORE + ready.name.removeprefix(database.name + RESTORING))
        if database.exists():
            database.rename(kept)
        for companion in COMPANIONS:
            with contextlib.suppress(FileNotFoundError):
                _beside(database, companion).rename(_beside(kept, companion))
        _durable(database.parent)
        ready.rename(database)
        _durable(database.parent)
        return kept if kept.exists() else None
    return None


@contextmanager
def kept_as_it_was(database: Path) -> Iterator[Path]:
    """Makes a backup beside the database before its tables are changed, and keeps it if they were.

    To be used under the lock. Raises Unusable when there is no room for that, before anything is changed.
    """
    _check_room(database)
    copy = database.with_name(f"{database.name}{UPGRADING}{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")
    with _opened(database) as connection:
        before = missing(connection)
    backup(database, copy)
    log.warning("the database is brought up to date (%s). As it was, it is kept as %s", ", ".join(before), copy)
    try:
        yield copy
    except BaseException:
        with _opened(database) as connection:
            if missing(connection) == before:
                copy.unlink()  # or a start that fails again and again would fill the disk
        raise


def _check_room(database: Path) -> None:
    """A copy is as large as the file and its log, and so may be what a step writes anew."""
    needed = 2 * sum(each.stat().st_size for each in (database, _beside(database, "-wal")) if each.exists()) + SPARE
    free = shutil.disk_usage(database.parent).free
    if free < needed:
        raise Unusable(
            f"{database} is of an older evobot and was left as it was: before it is brought up to date it is copied, "
            f"and the disk has {free / 1e6:,.0f} MB left of the {needed / 1e6:,.0f} MB that this takes. Make room."
        )


def _file(place: Place, instead: str) -> Path:
    if isinstance(place, Postgres):
        raise Unusable(f"{place} is a PostgreSQL: use `{instead}`, as docs/OPERATING.md says. Nothing was done.")
    return place


def _replaced(
    database: Path, source: Path, now: float, by: Actor | None, tell: Tell | None
) -> tuple[Copy, Path | None]:
    with _part_of(database) as part, _room_for(f"{source} cannot be put in the place of {database}"):
        _copy(source, part, tell)
        with _opened(part) as connection:
            take_missing(connection)
            copy = _examined(part)
            mark_restored(connection, now, by)
        _examined(part)
        _durable(part)
        time = f"{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S-%f}"
        part.rename(database.with_name(f"{database.name}{RESTORING}{time}"))
    try:
        _durable(database.parent)
        return copy, finish_restore(database)
    except OSError as error:
        raise Unusable(f"{database} is about to become {source}, but the disk fails ({error}). {FINISH}") from error


def _copy(source: Path, target: Path, tell: Tell | None, *, live: bool = False) -> None:
    """One consistent state, though others may be writing. Neither creates nor changes anything but `target`."""
    if not source.is_file():
        raise Unusable(f"There is no database {source}.")
    try:
        with _reading(source, live=live) as connection:
            _check_ours(connection, source)
            check_here(connection, source)
            if not live:
                _check_length(connection, source)
            connection.set_progress_handler(_looking(source, target, tell), STEPS)
            connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.OperationalError:
        raise  # of the disk, or of whoever holds it
    except sqlite3.DatabaseError as error:
        raise Corrupt(_damaged(source)) from error


def _looking(source: Path, target: Path, tell: Tell | None) -> Callable[[], int]:
    """SQLite calls it again and again: so Python hears of Ctrl-C meanwhile, too, and stops it."""

    def look() -> int:
        if tell:
            tell(target.stat().st_size, source.stat().st_size)
        return 0

    return look


def _check_length(connection: sqlite3.Connection, path: Path) -> None:
    """What lacks less than a page, as after a transfer that broke off, is whole to SQLite. Raises Corrupt."""
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    if path.stat().st_size % size:
        raise Corrupt(_damaged(path))


def _check_ours(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise Foreign(f"{path} is not an evobot database.")
    if newer := unknown(connection):
        raise Foreign(f"{path} was written by a newer evobot ({newer[0]}). Use that one.")


def _examined(path: Path) -> Copy:
    """Looks through every page. Raises Corrupt, Foreign."""
    try:
        with _reading(path) as connection:
            _check_ours(connection, path)
            if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                raise Corrupt(_damaged(path))
            replies = "SELECT count(*) FROM item WHERE kind = 'say'"
            lines = "SELECT count(*) FROM line WHERE item IS NULL"
            sessions, said, heard = (
                int(connection.execute(sql).fetchone()[0]) for sql in ("SELECT count(*) FROM session", replies, lines)
            )
            return Copy(path.stat().st_size, sessions, said + heard, newest(connection))
    except sqlite3.DatabaseError as error:
        raise Corrupt(_damaged(path)) from error


@contextmanager
def _room_for(what: str) -> Iterator[None]:
    """Whatever fails within has changed nothing. Raises Unusable in the place of SQLite's words."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if primary_code(error) == sqlite3.SQLITE_INTERRUPT:
            raise KeyboardInterrupt from None
        then = " Make room on that disk." if primary_code(error) == sqlite3.SQLITE_FULL else ""
        raise Unusable(f"{what}: {error}. Nothing was changed.{then}") from error


def _damaged(path: Path) -> str:
    return f"{path} is damaged or no database at all. It was left as it is."


# Files


@contextmanager
def _reading(path: Path, *, live: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection that can neither write nor checkpoint. A copy without a log may stand where nobody may write."""
    alone = "" if live or _beside(path, "-wal").exists() else "&immutable=1"
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{alone}", uri=True)) as connection:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        yield connection


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """For the last touches to a copy: no log stays beside it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


@contextmanager
def _part_of(path: Path) -> Iterator[Path]:
    """A file beside `path` that has no name to be found by yet; what an interrupted work left of it goes."""
    part = path.with_name(f".{path.name}.part")
    _clear(part)
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield part
    finally:
        _clear(part)


def _clear(part: Path) -> None:
    """With its companions: the log of another life would be applied to what comes under its name."""
    for each in (part, *(_beside(part, companion) for companion in COMPANIONS)):
        each.unlink(missing_ok=True)


def _name_without_replacing(part: Path, target: Path) -> None:
    try:
        os.link(part, target)
    except FileExistsError:
        raise Exists(f"{target} exists already and was left as it is. Choose another name.") from None
    except OSError:  # a disk without hard links
        os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        part.replace(target)


def _durable(path: Path) -> None:
    """The file, or the names in a folder, are on the disk when this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _beside(path: Path, companion: str) -> Path:
    return path.with_name(path.name + companion)
