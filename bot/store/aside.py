"""For programs beside the bot: they read the database, or write one transaction into it, while the bot runs or not."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from bot.place import Place, Postgres
from bot.store import disk
from bot.store.check import check_here, check_ours
from bot.store.errors import Foreign, Unusable
from bot.store.file import explained, open_reader, open_writer, real_path
from bot.store.health import Health
from bot.store.search import Search
from bot.store.steps import APPLICATION_ID, missing, unknown
from bot.store.tx import Tx

T = TypeVar("T")
PATIENCE_MS = 10_000  # the bot writes in short steps: whoever waits so long waits for something else


@contextlib.contextmanager
def reading(place: Place) -> Iterator[Search]:
    """Questions to the database, all answered as of one moment. Raises Unusable when there is none, or none of ours."""
    if isinstance(place, Postgres):
        aside = _postgres()
        with aside.reading(place) as search:
            yield search
        return
    reader = open_reader(_there(place), Health())
    try:
        reader.execute("BEGIN")
        yield Search(reader)
    finally:
        reader.close()


def examined(path: Path) -> list[str]:
    """Whether a file is ours, whole and in a safe place, looked at beside whoever uses it: nothing of it is changed.

    Returns the steps of the schema that the next start will take. Raises Unusable.
    """
    path = real_path(path)
    with explained(path):
        disk.check_place(path)
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            check_ours(connection, path)
            check_here(connection, path)
            return missing(connection)


def write_aside(place: Place, work: Callable[[Tx], T]) -> T:
    """Runs `work` in one transaction; the bot sees it a moment later. Raises Unusable: then nothing has changed."""
    if isinstance(place, Postgres):
        aside = _postgres()
        written: T = aside.write_aside(place, work)
        return written
    path = _there(place)
    with explained(path), contextlib.closing(open_writer(path)) as connection:
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(Tx(connection))
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        return result


def empty_log(place: Place) -> bool:
    """Brings the log into the file and cuts it to nothing, so that what was deleted is in neither. False: not now."""
    if isinstance(place, Postgres):
        aside = _postgres()
        aside.vacuum(place)
        return True
    path = _there(place)
    with explained(path), contextlib.closing(open_writer(path)) as connection:
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        busy: int = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return not busy


def _postgres() -> ModuleType:
    from bot.store.postgres import needed  # noqa: PLC0415 - only now

    with needed():
        from bot.store.postgres import aside  # noqa: PLC0415 - likewise
    return aside


def _there(path: Path) -> Path:
    """Only a look at whose file it is: all else is examined when the bot opens it, and must not be while it runs."""
    path = real_path(path)
    if not path.is_file():
        raise Unusable(f"There is no database at {path}.")
    with explained(path), contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise Unusable(f"{path} is not a database of evobot.")
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'session'").fetchone():
            raise Unusable(f"{path} has never been used by evobot.")
        check_here(connection, path)
        if newer := unknown(connection):
            raise Foreign(f"{path} was written by a newer evobot ({newer[0]}). Use that one.")
        if missing(connection):
            raise Unusable(f"{path} was last used by an older evobot. Start this one, which brings it up to date.")
    return path
