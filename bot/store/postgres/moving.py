"""From a file to PostgreSQL: all of it, in one transaction there, and compared before it counts.

The file is marked as moved just before the commit. Interrupted before that, nothing has happened; between the two, the
next try finds out which it was. So it may be repeated as often as one likes, and no bot starts on the file meanwhile.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bot.place import Postgres
from bot.store.backup import finish_restore, kept_as_it_was
from bot.store.errors import Unusable
from bot.store.file import FileLock, explained, open_writer, prepare, real_path
from bot.store.postgres.link import WORK_SECONDS, Link, connected, translated_error
from bot.store.postgres.opening import check_server, explaining, only_bot
from bot.store.postgres.schema import WRITE_LOCK, take_missing
from bot.store.steps import MOVED
from bot.texts import NEEDS_FILES

PAGE = 5000
_OURS = """
    SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '~_sqlite%'
    ESCAPE '~' ORDER BY rowid
"""
_BORN_WITH = {"audit_from", "secret"}  # what an empty store has, too
_SEQUENCES = """
    SELECT table_name FROM information_schema.columns
    WHERE table_schema = current_schema AND column_name = 'key' AND is_identity = 'YES'
"""
Tell = Callable[[str], None]  # how far it is


@dataclass(frozen=True, slots=True)
class Moved:
    """How many rows of how many tables; `before`: that had happened at an earlier try."""

    rows: int
    tables: int
    before: bool


def move(source: Path, target: Postgres, tell: Tell) -> Moved:
    """Raises Unusable (InUse, Foreign, Corrupt) when it must not be done; then the file is as it was."""
    source = real_path(source)
    lock = FileLock(source)
    if not source.is_file():
        raise Unusable(f"There is no database at {source}.")
    lock.take()
    try:
        finish_restore(source)
        prepare(source, kept_as_it_was, moved=True)
        with explained(source), closing(open_writer(source)) as file, closing(Link(target, "evobot, moving")) as link:
            if file.execute("SELECT 1 FROM installation LIMIT 1").fetchone():
                raise Unusable(NEEDS_FILES.format(source))
            return _moved(file, link, tell)
    finally:
        lock.release()


def _moved(file: sqlite3.Connection, link: Link, tell: Tell) -> Moved:
    with explaining(link.place):
        link.be_patient(WORK_SECONDS)
        link.connect()
        check_server(link)
        only_bot(link)
        take_missing(link)
    tables = [name for (name,) in file.execute(_OURS)]
    with closing(connected(link.place, "evobot, moving")) as there, there.cursor() as cursor:
        there.autocommit = False
        try:
            return _copied(file, there, cursor, tables, tell)
        except psycopg.Error as error:
            raise Unusable(f"{link.place} did not take it: {translated_error(error)}. Say it once more.") from None


def _copied(
    file: sqlite3.Connection, there: psycopg.Connection[Any], cursor: psycopg.Cursor[Any], tables: list[str], tell: Tell
) -> Moved:
    cursor.execute("SET LOCAL lock_timeout = 0")
    cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    cursor.execute(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
    file.execute("BEGIN IMMEDIATE")  # verbs of the console write beside whoever has the file
    counts = {table: int(file.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table in tables}
    if _is_there(file, cursor):
        _mark(file)
        return Moved(sum(counts.values()), len(tables), before=True)
    _check_empty(cursor, tables)
    for table in tables:
        _copy(file, cursor, table, counts[table], tell)
    _go_on_counting(file, cursor)
    for table in tables:
        tell(f"Comparing {table}: {counts[table]:,} rows")
        _compare(file, there, table, counts[table])
    _mark(file)
    there.commit()
    return Moved(sum(counts.values()), len(tables), before=False)


def _is_there(file: sqlite3.Connection, cursor: psycopg.Cursor[Any]) -> bool:
    """Each database has a key by chance of its own; where it is the same, an earlier try was committed."""
    own = file.execute("SELECT value FROM secret WHERE name = 'hash'").fetchone()
    its = cursor.execute("SELECT value FROM secret WHERE name = 'hash'").fetchone()
    return own is not None and its is not None and bytes(own[0]) == bytes(its[0])


def _check_empty(cursor: psycopg.Cursor[Any], tables: Iterable[str]) -> None:
    for table in tables:
        if table not in _BORN_WITH and cursor.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
            raise Unusable(f"The target is not empty: there is something in its table {table}. Nothing was moved.")
    for table in _BORN_WITH:
        cursor.execute(f"DELETE FROM {table}")


def _copy(file: sqlite3.Connection, cursor: psycopg.Cursor[Any], table: str, count: int, tell: Tell) -> None:
    columns = _columns(file, table)
    names = ", ".join(f'"{name}"' for name in columns)
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        copy.set_types([_type(kind) for kind in columns.values()])
        for n, row in enumerate(_rows(file, table, names), 1):
            copy.write_row(row)
            if not n % PAGE:
                tell(f"Moving {table}: {n:,} of {count:,} rows")


def _compare(file: sqlite3.Connection, there: psycopg.Connection[Any], table: str, count: int) -> None:
    """As many rows, and the same ones, as the server gives them back."""
    names = ", ".join(f'"{name}"' for name in _columns(file, table))
    with there.cursor(f"compared_{table}") as rows:
        rows.itersize = PAGE
        rows.execute(f"SELECT {names} FROM {table}")
        found = _sum(rows)
    if found != _sum(_rows(file, table, names)):
        raise Unusable(f"Not all {count} rows of {table} arrived as they were. Nothing was moved.")


def _sum(rows: Iterable[tuple[Any, ...]]) -> tuple[int, int]:
    """How many, and a hash that does not depend on their order."""
    count, total = 0, 0
    for row in rows:
        count += 1
        total += int.from_bytes(hashlib.sha256(repr(tuple(row)).encode()).digest())
    return count, total % (1 << 256)


def _rows(file: sqlite3.Connection, table: str, names: str) -> Iterator[tuple[Any, ...]]:
    for row in file.execute(f"SELECT {names} FROM {table}"):
        yield tuple(value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row)


def _columns(file: sqlite3.Connection, table: str) -> dict[str, str]:
    return {row[1]: row[2] for row in file.execute(f"PRAGMA table_info({table})")}


def _type(kind: str) -> str:
    return {"INTEGER": "int8", "REAL": "float8", "BLOB": "bytea"}.get(kind, "text")


def _go_on_counting(file: sqlite3.Connection, cursor: psycopg.Cursor[Any]) -> None:
    """No key that was given out is given out again."""
    given = dict(file.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
    for (table,) in cursor.execute(_SEQUENCES).fetchall():
        highest = file.execute(f"SELECT coalesce(max(key), 0) FROM {table}").fetchone()[0]
        last = max(given.get(table, 0), highest)
        if last:
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'key'), %s)", (table, last))
    if "audit" in given:
        cursor.execute(
            "INSERT INTO keys_given AS known VALUES ('audit', %s) "
            "ON CONFLICT (name) DO UPDATE SET seq = greatest(known.seq, excluded.seq)", (given["audit"],)
        )  # fmt: skip


def _mark(file: sqlite3.Connection) -> None:
    """From now on nobody writes there any more; until now nobody could."""
    file.execute(f"PRAGMA user_version = {MOVED}")
    file.execute("COMMIT")
