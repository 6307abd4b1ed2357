"""What is PostgreSQL's own: its answers, its plans, and the ways in which it can be lost."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from bot.place import Postgres
from bot.store import Forgotten, InUse, Reads, Store, Unavailable, Unusable, open_store
from bot.store.aside import reading, write_aside
from bot.store.backup import backup
from bot.store.postgres.link import Link
from tests.bot.store.test_plans import BOUNDED, QUESTIONS
from tests.helpers import ANA, until
from tests.postgres import Server


@pytest.fixture
def place(postgres: Server) -> Postgres:
    return postgres.fresh()


@pytest.fixture
def store(place: Postgres) -> Iterator[Store]:
    opened = open_store(place)
    yield opened
    opened.close()


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
            getattr(Reads(link), name)(*arguments)  # type: ignore[arg-type]
        plans = [row[0] for text, values in link.asked for row in Link.say(link, f"EXPLAIN {text}", values)]
        assert plans, name
        if scans := re.findall(r"Seq Scan on (\w+)", "\n".join(plans)):
            whole[name] = scans
    link.close()
    assert {name for name in whole if name not in BOUNDED} == set()


def test_a_second_bot_is_sent_away_and_the_console_works_beside_the_first(store: Store, place: Postgres) -> None:
    with pytest.raises(InUse, match=r"Another evobot \(evobot \d+ on "):
        open_store(place)
    write_aside(place, lambda tx: tx.keep_draft("V1", ANA, {}, now=10.0))
    with reading(place) as read:
        assert read.draft("V1") == store.read.draft("V1") is not None


def test_what_only_a_file_can_do_is_said(store: Store, place: Postgres, tmp_path: Any) -> None:
    with pytest.raises(Unusable, match=r"use `pg_dump -Fc`, as OPERATING\.md says\. Nothing was done"):
        backup(place, tmp_path / "copy")


def test_no_password_is_shown() -> None:
    place = Postgres("postgresql://ana:kanari@db.example/evobot?password=kanari2&sslmode=require")
    assert (str(place), repr(place)) == ("postgresql://ana@db.example/evobot", "Postgres()")


def test_where_no_server_is_the_operator_is_told_so_in_a_sentence(postgres: Server) -> None:
    with pytest.raises(Unusable, match=r"^postgresql://ana@/nothing cannot be used: .*"):
        open_store(Postgres(f"postgresql://ana:kanari@/nothing?host={postgres.folder}"))


async def test_who_loses_the_server_has_changed_nothing_and_goes_on_by_itself(
    store: Store, postgres: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    await store.write(lambda tx: tx.keep_draft("before", ANA, {}, now=10.0))
    postgres.stop("immediate")
    with pytest.raises(Unavailable):
        await store.write(lambda tx: tx.keep_draft("lost", ANA, {}, now=10.0))
    with pytest.raises(Unavailable):
        store.read.draft("before")
    assert (store.trouble is not None, store.refusals, store.damage) == (True, 1, None)
    postgres.start()
    await until(lambda: store.trouble is None, "it takes changes again")
    await store.write(lambda tx: tx.keep_draft("after", ANA, {}, now=10.0))
    await until(lambda: _known(store) == [True, False, True], "it is read again")


def _known(store: Store) -> list[bool]:
    try:
        return [store.read.draft(token) is not None for token in ("before", "lost", "after")]
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
    other.say("SET idle_in_transaction_session_timeout = 300")
    other.say_both("BEGIN; SELECT pg_advisory_xact_lock(1163284290)")
    await store.write(lambda tx: tx.keep_draft("V1", ANA, {}, now=10.0))
    assert store.read.draft("V1") is not None
    other.close()
