"""All of a file is on PostgreSQL, or none of it; and no bot starts on both."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.__main__ import main
from bot.audit import verify
from bot.bridge import Bridge
from bot.model import Kind, SlackName, State
from bot.place import Postgres
from bot.store import InUse, Store, Unusable, aside, open_store
from bot.store.aside import reading, write_aside
from bot.store.backup import backup
from bot.store.postgres import moving
from bot.store.postgres.moving import Moved, move
from tests.helpers import ANA, CHANNEL, TestClock, chat, house, opened
from tests.postgres import Server

ROWS = 200  # replies
SPOIL = """
    CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.reason = ''; RETURN NEW; END $$
"""


@pytest.fixture
def place(postgres: Server) -> Postgres:
    return postgres.fresh()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """With a session, replies, and words that PostgreSQL does not take as they are."""
    path = tmp_path / "evobot.db"
    store = open_store(path)
    asyncio.run(_fill(store))
    store.close()
    return path


async def _fill(store: Store) -> None:
    key = await opened(store, Bridge(store, TestClock(), house(), lambda: None), chat())

    def add(tx: Any) -> None:
        for n in range(ROWS):
            tx.add_item(
                session=key, kind=Kind.SAY, state=State.PENDING, slack_name=SlackName(f"T/C/{n}"), channel=CHANNEL,
                author=ANA, position=f"{n}", body={"text": "Grüße, 👋"}, now=0.1 + n, reason="a\0b",
            )  # fmt: skip

    await store.write(add)


def everything(place: Path | Postgres) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of ours."""
    with closing(sqlite3.connect(place) if isinstance(place, Path) else psycopg.connect(place.url)) as there:
        tables = {
            table: [tuple(row) for row in there.execute(f"SELECT * FROM {table}").fetchall()]  # type: ignore[call-overload]  # a table's name in it
            for table in ("session", "item", "post", "link", "line", "audit", "audit_from", "secret", "spent")
        }
    return {table: sorted(rows, key=repr) for table, rows in tables.items()}


def moved(file: Path, place: Postgres) -> Moved:
    return move(file, place, lambda *_: None)


def test_every_row_arrives_and_what_follows_has_keys_of_its_own(file: Path, place: Postgres) -> None:
    before = everything(file)
    done = moved(file, place)
    after = everything(place)
    assert (done.before, done.rows >= ROWS) == (False, True)
    assert repr(after).replace("\ufffd", "\\x00") == repr(before)
    with reading(place) as read:
        assert verify(read.audited(), read.audit_start(), last_key=read.audit_keys_given()) is None
    highest = max(row[0] for row in before["session"])
    store = open_store(place)
    assert asyncio.run(opened(store, Bridge(store, TestClock(), house(), lambda: None), n=2)) == highest + 1
    store.close()


def test_no_bot_and_no_verb_works_on_the_file_any_more(file: Path, place: Postgres, tmp_path: Path) -> None:
    moved(file, place)
    for use in (open_store, lambda it: write_aside(it, lambda _: None), lambda it: backup(it, tmp_path / "copy")):
        with pytest.raises(Unusable, match="was moved to PostgreSQL, and is no longer written to"):
            use(file)


@pytest.mark.parametrize("point", ["_go_on_counting", "_compare", "_mark"])
def test_where_it_is_interrupted_nothing_is_lost_and_it_can_be_said_again(
    file: Path, place: Postgres, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At last after the file was marked, and before the commit."""
    before = everything(file)
    real = getattr(moving, point)

    def interrupted(*given: Any) -> None:
        real(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(moving, point, interrupted)
        with pytest.raises(KeyboardInterrupt):
            moved(file, place)
    assert everything(place)["session"] == []
    assert moved(file, place).before is False
    assert repr(everything(place)).replace("\ufffd", "\\x00") == repr(before)
    assert moved(file, place).before is True


def test_what_the_console_says_meanwhile_is_refused_and_not_lost(
    file: Path, place: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The move has the file for itself from the first row that it counts to its mark."""
    mark, said = moving._mark, list[str]()

    def last(sqlite: sqlite3.Connection) -> None:
        try:
            write_aside(file, lambda tx: tx.keep_draft("V1", ANA, {}, now=10.0))
        except InUse as error:
            said.append(str(error))
        mark(sqlite)

    monkeypatch.setattr(moving, "_mark", last)
    monkeypatch.setattr(aside, "PATIENCE_MS", 0)
    assert moved(file, place).before is False
    assert said == [f"Another program holds {file}."]


def test_what_does_not_arrive_as_it_was_is_not_believed(file: Path, place: Postgres) -> None:
    with psycopg.connect(place.url) as there:
        there.execute(SPOIL)
        there.execute("CREATE TRIGGER spoil BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION spoil()")
    try:
        with pytest.raises(Unusable, match=r"^Not all \d+ rows of item arrived as they were. Nothing was moved.$"):
            moved(file, place)
    finally:
        with psycopg.connect(place.url) as there:
            there.execute("DROP FUNCTION spoil CASCADE")
    open_store(file).close()
    assert everything(place)["session"] == []


def test_a_target_with_something_in_it_and_a_file_in_use_are_refused(file: Path, place: Postgres) -> None:
    write_aside(place, lambda tx: tx.keep_draft("V1", ANA, {}, now=10.0))
    with pytest.raises(Unusable, match=r"^The target is not empty: .* table draft. Nothing was moved.$"):
        moved(file, place)
    running = open_store(file)
    with pytest.raises(InUse):
        moved(file, place)
    running.close()


def test_the_console_says_what_it_did_and_takes_no_password(
    file: Path, place: Postgres, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVOBOT_DATABASE", str(file))
    assert main(["migrate", "--to", place.url.replace("evobot@", "evobot:kanari@")]) == 2
    assert "Nothing was moved" in capsys.readouterr().err
    assert main(["migrate", "--to", place.url]) == 0
    assert capsys.readouterr().out.endswith("Now set EVOBOT_DATABASE to that PostgreSQL, and start the bot.\n")
    assert main(["migrate", "--to", place.url]) == 0
    assert " had been moved to " in capsys.readouterr().out
    monkeypatch.setenv("EVOBOT_DATABASE", place.url)
    assert main(["queue", "list"]) == 0
