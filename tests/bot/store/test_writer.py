"""Many callers, one fsync; each is told after its own change is on the disk."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from bot.store import Unavailable
from bot.store.writer import Writer
from tests.helpers import until


def open_plain(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("CREATE TABLE IF NOT EXISTS t (x INTEGER PRIMARY KEY, y BLOB) STRICT")
    return connection


def put(x: int, size: int = 1) -> object:
    return lambda connection: connection.execute("INSERT INTO t VALUES (?, zeroblob(?))", (x, size)).lastrowid


def rows(path: Path) -> list[int]:
    connection = sqlite3.connect(path)
    found = [row[0] for row in connection.execute("SELECT x FROM t ORDER BY x")]
    connection.close()
    return found


async def test_what_was_answered_is_seen_by_everybody(tmp_path: Path) -> None:
    writer = Writer(open_plain(tmp_path / "a.db"))
    writer.start()
    answers = await asyncio.gather(*(writer.run(put(n)) for n in range(1, 301)))
    seen = rows(tmp_path / "a.db")
    writer.stop()
    assert answers == seen == list(range(1, 301))


async def test_callers_who_wait_together_share_a_commit(tmp_path: Path) -> None:
    connection = open_plain(tmp_path / "a.db")
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    writer = Writer(connection)
    waiting = [asyncio.ensure_future(writer.run(put(n))) for n in range(1, 101)]
    await asyncio.sleep(0)
    writer.start()
    await asyncio.gather(*waiting)
    writer.stop()
    assert statements.count("COMMIT") == 1


async def test_one_callers_mistake_does_not_undo_the_others(tmp_path: Path) -> None:
    writer = Writer(open_plain(tmp_path / "a.db"))
    waiting = [asyncio.ensure_future(writer.run(put(x))) for x in (1, 1, 2)]
    await asyncio.sleep(0)
    writer.start()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    writer.stop()
    assert [type(outcome) for outcome in outcomes] == [int, sqlite3.IntegrityError, int]
    assert rows(tmp_path / "a.db") == [1, 2]


async def test_a_full_disk_is_said_to_everybody_in_the_commit_and_nothing_is_kept(tmp_path: Path) -> None:
    connection = open_plain(tmp_path / "a.db")
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    writer = Writer(connection)
    waiting = [asyncio.ensure_future(writer.run(put(x, 100_000 if x == 2 else 1))) for x in (1, 2, 3)]
    await asyncio.sleep(0)
    writer.start()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    assert rows(tmp_path / "a.db") == []
    connection.execute("PRAGMA max_page_count = 100000")
    assert await writer.run(put(4)) == 4
    writer.stop()


async def test_a_lock_held_by_another_is_said_and_the_next_write_succeeds(tmp_path: Path) -> None:
    connection = open_plain(tmp_path / "a.db")
    connection.execute("PRAGMA busy_timeout = 20")
    writer = Writer(connection)
    writer.start()
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        await writer.run(put(1))
    other.execute("COMMIT")
    other.close()
    assert await writer.run(put(1)) == 1
    writer.stop()


async def test_a_caller_who_gave_up_does_not_disturb_the_rest(tmp_path: Path) -> None:
    writer = Writer(open_plain(tmp_path / "a.db"))
    first = asyncio.ensure_future(writer.run(put(1)))
    second = asyncio.ensure_future(writer.run(put(2)))
    await asyncio.sleep(0)
    first.cancel()
    writer.start()
    assert await second == 2
    writer.stop()
    assert rows(tmp_path / "a.db") == [1, 2]


async def test_who_comes_while_another_holds_the_file_waits_no_longer_than_the_first(tmp_path: Path) -> None:
    connection = open_plain(tmp_path / "a.db")
    tries: list[str] = []
    connection.execute("PRAGMA busy_timeout = 300")
    connection.set_trace_callback(lambda sql: tries.append(sql) if sql.startswith("BEGIN") else None)
    writer = Writer(connection)
    writer.start()
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    first = asyncio.ensure_future(writer.run(put(1)))
    await until(lambda: len(tries) == 2, "the first to wait, after it was tried at once")
    outcomes = await asyncio.gather(first, *(writer.run(put(n)) for n in (2, 3)), return_exceptions=True)
    other.close()
    writer.stop()
    assert ([type(outcome) for outcome in outcomes], len(tries)) == ([Unavailable] * 3, 2)


async def test_damage_is_not_one_callers_mistake_and_stays(tmp_path: Path) -> None:
    def damaged(connection: sqlite3.Connection) -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    writer = Writer(open_plain(tmp_path / "a.db"))
    waiting = [asyncio.ensure_future(writer.run(work)) for work in (put(1), damaged, put(2))]
    await asyncio.sleep(0)
    writer.start()
    outcomes = [*await asyncio.gather(*waiting, return_exceptions=True)]
    outcomes += await asyncio.gather(writer.run(put(3)), return_exceptions=True)
    writer.stop()
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 4
    assert rows(tmp_path / "a.db") == []


async def test_the_log_is_emptied_between_commits_and_nobody_elses_work_is_lost(tmp_path: Path) -> None:
    writer = Writer(open_plain(tmp_path / "a.db"))
    waiting = [asyncio.ensure_future(writer.run(put(1))), asyncio.ensure_future(writer.empty_log())]
    waiting.append(asyncio.ensure_future(writer.run(put(2))))
    await asyncio.sleep(0)
    writer.start()
    assert await asyncio.gather(*waiting) == [1, True, 2]
    assert (tmp_path / "a.db-wal").stat().st_size == 0
    writer.stop()
    assert rows(tmp_path / "a.db") == [1, 2]


async def test_the_log_is_not_emptied_under_a_reader_and_nobody_waits_for_it(tmp_path: Path) -> None:
    writer = Writer(open_plain(tmp_path / "a.db"))
    writer.start()
    await writer.run(put(1))
    reader = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT x FROM t").fetchone()
    await writer.run(put(2))
    assert await writer.empty_log() is False
    reader.close()
    assert await writer.empty_log() is True
    writer.stop()


async def test_work_on_many_rows_does_not_hold_up_the_loop_and_keeps_its_place(tmp_path: Path) -> None:
    began, may_end = threading.Event(), threading.Event()

    def long(connection: sqlite3.Connection) -> list[int]:
        began.set()
        may_end.wait()
        return [row[0] for row in connection.execute("SELECT x FROM t")]

    writer = Writer(open_plain(tmp_path / "a.db"))
    writer.start()
    first = asyncio.ensure_future(writer.run(put(1)))
    second = asyncio.ensure_future(writer.run(long, many_rows=True))
    third = asyncio.ensure_future(writer.run(put(2)))
    await until(began.is_set, "the long one to begin")  # the loop is free: it asks
    may_end.set()
    assert await asyncio.gather(first, second, third) == [1, [1], 2]
    writer.stop()


async def test_what_waits_when_it_is_stopped_is_finished(tmp_path: Path) -> None:
    writer = Writer(open_plain(tmp_path / "a.db"))
    writer.start()
    waiting = [asyncio.ensure_future(writer.run(put(x))) for x in (1, 2, 3)]
    await asyncio.sleep(0)
    writer.stop()
    assert (await asyncio.gather(*waiting), rows(tmp_path / "a.db")) == ([1, 2, 3], [1, 2, 3])
