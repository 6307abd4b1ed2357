"""What is PostgreSQL's own: its answers, its plans, and the ways in which it can be lost."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from bot.audit import verify
from bot.bridge import Bridge
from bot.model import Deed, Kind, State
from bot.place import Postgres, read_place
from bot.store import Away, Forgotten, InUse, Reads, Store, Unavailable, Unusable, open_store
from bot.store.aside import reading, write_aside
from bot.store.backup import backup
from bot.store.postgres import opening
from bot.store.postgres.link import Link
from bot.store.postgres.opening import BOT_LOCK
from tests.bot.store.test_plans import BOUNDED, QUESTIONS
from tests.helpers import ANA, TestClock, house, opened, until
from tests.postgres import Server


@pytest.fixture
def place(postgres: Server) -> Postgres:
    return postgres.fresh()


@pytest.fixture
def store(place: Postgres) -> Iterator[Store]:
    opened = open_store(place)
    yield opened
    opened.close()


_TYPES = """
    CASE c.type WHEN 'INTEGER' THEN 'bigint' WHEN 'REAL' THEN 'double precision' WHEN 'BLOB' THEN 'bytea'
    ELSE 'text' END
"""
_COLUMNS_OF_A_FILE = f"""
    SELECT m.name, c.name, {_TYPES}, max(c."notnull", c.pk > 0)
    FROM sqlite_master m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> '_sqlite_migrations'
"""
_INDEXES_OF_A_FILE = (
    "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name <> '_sqlite_migrations'"
)
_COLUMNS = """
    SELECT table_name, column_name, data_type, (is_nullable = 'NO')::int FROM information_schema.columns
    WHERE table_schema = current_schema
"""


_OTHERS_THERE = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class Noting(Link):
    """Notes what it is asked."""

    asked: list[tuple[str, Any]]

    def say(self, text: str, values: Any = (), *, prepare: bool = True) -> Any:
        self.asked.append((text, values))
        return super().say(text, values, prepare=prepare)


def test_every_question_can_be_asked_and_is_answered_by_an_index(place: Postgres) -> None:
    link = Noting(place)
    link.asked = []
    link.connect()
    whole = {}
    Link.say(link, "SET enable_seqscan = off")
    for name, arguments in QUESTIONS.items():
        link.asked.clear()
        with suppress(Forgotten, KeyError):  # there is no such row; the question was asked all the same
            getattr(Reads(link), name)(*arguments)  # type: ignore[arg-type]  # whatever each of them takes
        plans = [row[0] for text, values in link.asked for row in Link.say(link, f"EXPLAIN {text}", values)]
        assert plans, name
        if scans := re.findall(r"Seq Scan on (\w+)", "\n".join(plans)):
            whole[name] = scans
    link.close()
    assert {name for name in whole if name not in BOUNDED} == set()


def test_who_must_be_alone_is_and_otherwise_a_second_bot_is_welcome(
    place: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "JOIN_SECONDS", 0)
    alone = Link(place, "evobot, alone")
    alone.connect()
    alone.say(f"SELECT pg_advisory_lock({BOT_LOCK})")
    with pytest.raises(InUse, match=r"Another program \(evobot, alone\) has this database for itself\."):
        open_store(place)
    alone.close()
    stores = [open_store(place), open_store(place)]
    assert [store.read.letters_kept() for store in stores] == [0, 0]
    for store in stores:
        store.close()


async def test_tables_are_changed_only_while_no_bot_of_an_older_version_runs(
    store: Store, place: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "JOIN_SECONDS", 0)
    with steps(place, "DELETE FROM evobot_steps WHERE name = 'm002_installations'"):  # so it is for a newer program
        with pytest.raises(InUse, match=r"a bot of an older one \(evobot .*\) runs .* Nothing was changed\. Stop all"):
            open_store(place)
        await store.write(lambda tx: tx.keep_draft("V1", ANA, {}, now=10.0))


async def test_a_bot_that_finds_newer_tables_takes_nothing_any_more_and_ends(store: Store, place: Postgres) -> None:
    """They can come while its machine is away from the server's network."""
    with steps(place, "INSERT INTO evobot_steps VALUES ('m999_future', 1.0)") as there:
        there.execute(f"SELECT pg_terminate_backend(pid) FROM {_OTHERS_THERE}")
        with pytest.raises(Unavailable):
            await store.write(lambda tx: tx.keep_draft("V1", ANA, {}, now=10.0))
    assert re.search(r"was written by a newer evobot \(m999_future\)\. Use that one\.$", str(store.damage))


@contextmanager
def steps(place: Postgres, change: LiteralString) -> Iterator[psycopg.Connection[Any]]:
    """The tables as an evobot of another version has them."""
    with closing(psycopg.connect(place.url, autocommit=True)) as there:
        before = there.execute("SELECT name, taken_at FROM evobot_steps").fetchall()
        there.execute(change)
        try:
            yield there
        finally:
            there.execute("DELETE FROM evobot_steps")
            there.cursor().executemany("INSERT INTO evobot_steps VALUES (%s, %s)", before)


def test_the_console_works_beside_a_bot(store: Store, place: Postgres) -> None:
    write_aside(place, lambda tx: tx.keep_draft("V1", ANA, {}, now=10.0))
    with reading(place) as read:
        assert read.draft("V1") == store.read.draft("V1") is not None


def test_what_only_a_file_can_do_is_said(store: Store, place: Postgres, tmp_path: Any) -> None:
    with pytest.raises(Unusable, match=r"use `pg_dump -Fc`, as docs/OPERATING\.md says\. Nothing was done"):
        backup(place, tmp_path / "copy")


def test_no_password_is_shown() -> None:
    place = Postgres("postgresql://ana:kanari@db.example/evobot?password=kanari2&sslmode=require")
    assert (str(place), repr(place)) == ("postgresql://ana@db.example/evobot", "Postgres()")
    for odd in ("kan?ari", "kan/ari", "kan@ari", "kan:ari"):  # libpq takes some of them unquoted
        assert str(Postgres(f"postgresql://ana:{odd}@db.example/evobot")) == "postgresql://ana@db.example/evobot"


async def test_of_several_servers_the_one_that_takes_changes_is_used(postgres: Server, place: Postgres) -> None:
    several = read_place(f"{place.url},/nowhere&target_session_attrs=read-write".replace("host=", "host=/nobody,", 1))
    assert isinstance(several, Postgres)
    store = open_store(several)
    await store.write(lambda tx: tx.keep_draft("V1", ANA, {}, now=10.0))
    store.close()


@pytest.mark.parametrize("asked", ["", "&target_session_attrs=any"])
def test_a_server_that_takes_no_changes_is_refused_in_a_sentence(postgres: Server, asked: str) -> None:
    place = postgres.empty()
    with closing(psycopg.connect(place.url, autocommit=True)) as there:
        name = there.info.dbname
        there.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")  # type: ignore[arg-type]  # a name of ours in it
    with pytest.raises(Away, match=r"is a server that takes no changes, .*\. Name the one that does"):
        open_store(Postgres(place.url + asked))


async def test_a_server_that_takes_no_changes_any_more_is_left(store: Store) -> None:
    """What was written meanwhile was not acknowledged."""
    link: Any = store._writer._connection
    link.say("SET default_transaction_read_only = on")  # so it is when another server has taken over from it
    with pytest.raises(Unavailable):
        await store.write(lambda tx: tx.keep_draft("V1", ANA, {}, now=10.0))
    await store.write(lambda tx: tx.keep_draft("V2", ANA, {}, now=10.0))
    assert [store.read.draft(token) is not None for token in ("V1", "V2")] == [False, True]


async def test_what_reads_goes_to_another_server_when_what_writes_does(
    postgres: Server, place: Postgres, tmp_path: Path
) -> None:
    """The one before may live on and know nothing new any more."""
    first = tmp_path / "first"
    first.symlink_to(postgres.folder)  # by another name, another server
    store = open_store(Postgres(place.url.replace("host=", f"host={first},")))
    reading: Any = store.read._connection
    before = reading._link.say("SELECT pg_backend_pid()")
    first.unlink()
    store._writer._connection.close()  # type: ignore[attr-defined]  # it is lost
    await store.write(lambda tx: tx.keep_draft("V1", ANA, {}, now=10.0))
    await until(lambda: _known(store, "V1") == [True], "it is read again")
    assert reading._link.say("SELECT pg_backend_pid()") != before
    store.close()


def test_a_pooler_that_shares_connections_among_transactions_is_refused(place: Postgres) -> None:
    link = Link(place)
    link.connect()
    with pytest.raises(Unusable, match=r"is a pooler that shares connections .* Name the server itself"):
        opening.check_unshared(link, link)  # so it is behind one: two names for the same connection
    link.close()


def test_an_address_that_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(Unusable) as told:
        open_store(Postgres("postgresql://ana:kanari@[db/evobot"))
    assert "its address is not one that libpq can read" in str(told.value)
    assert "kanari" not in "".join(traceback.format_exception(told.value)).replace("ana:kanari@[db", "", 1)


def test_where_no_server_is_the_operator_is_told_so_in_a_sentence(postgres: Server) -> None:
    """And `evobot run` ends as something that may be started again: the server may only be slower than the bot."""
    with pytest.raises(Away, match=r"^postgresql://ana@/nothing cannot be used: .*"):
        open_store(Postgres(f"postgresql://ana:kanari@/nothing?host={postgres.folder}"))


async def test_what_was_put_back_from_a_dump_is_not_believed(postgres: Server, store: Store, place: Postgres) -> None:
    """With PostgreSQL's own programs, as docs/OPERATING.md says. Nobody need tell the bot."""
    bridge = Bridge(store, TestClock(), house(), lambda: None)
    session = await opened(store, bridge)
    (opening,) = store.read.items_of(session, Kind.OPEN)
    await store.write(lambda tx: tx.change_item(opening.key, state="pending"))
    copy = postgres.empty()
    dump = postgres.run("pg_dump", "-Fc", "-d", place.url)
    postgres.run("pg_restore", "--no-owner", "-d", copy.url, given=dump)
    for doubts in (1, 1):  # once, however often it is opened
        lost = open_store(copy)
        assert (lost.read.item(opening.key).state, lost.read.doubt() is not None) == (State.UNKNOWN, True)
        told = [record.what for record in lost.read.audited()]
        assert told.count(Deed.RESTORED) == doubts
        assert verify(lost.read.audited(), lost.read.audit_start(), last_key=lost.read.audit_keys_given()) is None
        lost.close()
    again = open_store(copy)
    new = await opened(again, Bridge(again, TestClock(), house(), lambda: None), n=2)
    again.close()
    assert new > 10**12
    assert store.read.item(opening.key).state is State.PENDING


def test_the_tables_are_those_of_a_file(place: Postgres, tmp_path: Path) -> None:
    """Columns with their types, what may be missing, keys and indexes, by name."""
    open_store(tmp_path / "evobot.db").close()
    with closing(sqlite3.connect(tmp_path / "evobot.db")) as file:
        theirs = set(file.execute(_COLUMNS_OF_A_FILE))
        indexes = {row[0] for row in file.execute(_INDEXES_OF_A_FILE)}
    with closing(psycopg.connect(place.url)) as there:
        ours = set(there.execute(_COLUMNS))
        named = {row[0] for row in there.execute("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema")}
    assert {row for row in ours if row[0] not in {"evobot_steps", "evobot_lease", "keys_given", "made_as"}} == theirs
    assert {name for name in named if not re.search("_(pkey|key)$", name)} == indexes


async def test_who_loses_the_server_has_changed_nothing_and_goes_on_by_itself(
    store: Store, postgres: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    await store.write(lambda tx: tx.keep_draft("before", ANA, {}, now=10.0))
    postgres.stop("immediate")
    with pytest.raises(Unavailable):
        store.read.draft("before")
    assert (store.trouble is not None, store.refusals, store.damage) == (True, 1, None)
    with pytest.raises(Unavailable):
        await store.write(lambda tx: tx.keep_draft("lost", ANA, {}, now=10.0))
    assert (store.trouble is not None, store.refusals, store.damage) == (True, 2, None)
    postgres.start()
    await until(lambda: store.trouble is None, "it takes changes again")
    await store.write(lambda tx: tx.keep_draft("after", ANA, {}, now=10.0))
    await until(lambda: _known(store) == [True, False, True], "it is read again")


async def test_a_server_that_was_restarted_between_two_changes_costs_neither(store: Store, postgres: Server) -> None:
    await store.write(lambda tx: tx.keep_draft("before", ANA, {}, now=10.0))
    postgres.stop("fast")
    postgres.start()
    await store.write(lambda tx: tx.keep_draft("after", ANA, {}, now=10.0))
    assert store.refusals == 0
    await until(lambda: _known(store) == [True, False, True], "it is read again")


async def test_a_question_whose_connection_is_lost_twice_is_not_answered_in_other_words(store: Store) -> None:
    """What the loop's parts do not know would end the program."""
    link: Any = store._reader._link
    execute = link.execute

    def cut(sql: str, values: Any = ()) -> Any:
        link._there.pgconn.finish()
        return execute(sql, values)

    link.execute = cut
    with pytest.raises(Unavailable):
        store.read.draft("V1")
    link.execute = execute
    await until(lambda: _known(store) == [False, False, False], "it is read again")


def _known(store: Store, *tokens: str) -> list[bool]:
    try:
        return [store.read.draft(token) is not None for token in tokens or ("before", "lost", "after")]
    except Unavailable:
        return []


@pytest.mark.parametrize("happened", [True, False])
async def test_a_commit_whose_answer_is_lost_counts_if_it_happened(
    store: Store, place: Postgres, happened: bool
) -> None:
    """The connection is cut after the COMMIT, or just before it."""
    link: Any = store._writer._connection
    say = link.say

    def cut(text: str, values: Any = (), *, prepare: bool = True) -> Any:
        if text == "COMMIT":
            link.say = say
            if happened:
                say(text)
            link._there.pgconn.finish()
        return say(text, values, prepare=prepare)

    link.say = cut
    outcome = await asyncio.gather(
        store.write(lambda tx: tx.keep_draft("V1", ANA, {}, now=10.0)), return_exceptions=True
    )
    assert [type(each) for each in outcome] == [type(None) if happened else Unavailable]
    assert (store.read.draft("V1") is not None) is happened


async def test_whoever_stands_still_in_the_middle_of_a_change_does_not_stop_the_others(
    store: Store, place: Postgres
) -> None:
    other = Link(place)
    other.connect()
    other.say_all("BEGIN; SELECT pg_advisory_xact_lock(1163284290)")
    await store.write(lambda tx: tx.keep_draft("V1", ANA, {}, now=10.0))
    assert store.read.draft("V1") is not None
    other.close()


async def test_one_writes_at_a_time_and_the_loop_waits_for_nobody(
    store: Store, place: Postgres, postgres: Server
) -> None:
    other = Link(place)
    other.connect()
    other.say_all("BEGIN; SELECT pg_advisory_xact_lock(1163284290)")
    writing = asyncio.ensure_future(store.write(lambda tx: tx.keep_draft("V1", ANA, {}, now=10.0)))
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory'"
    await until(lambda: other.say(waiting), "it waits")
    assert (writing.done(), store.read.draft("V1")) == (False, None)
    other.say("COMMIT")
    await writing
    assert store.read.draft("V1") is not None
    other.close()
