"""Of several bots on one PostgreSQL one works; whoever has been taken over for changes nothing and sends nothing."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.place import Postgres
from bot.store import Store, Unavailable, open_store
from bot.store.others import DEAF, REQUEST_SECONDS, Superseded, Term
from tests.helpers import ANA, until
from tests.postgres import Server


@pytest.fixture
def place(postgres: Server) -> Postgres:
    return postgres.fresh()


@pytest.fixture
def two(place: Postgres) -> Iterator[tuple[Store, Store]]:
    stores = open_store(place), open_store(place)
    yield stores
    for store in stores:
        store.close()


async def begun(store: Store) -> Term:
    term = await store.others.term(store, asyncio.Event())
    assert term is not None
    return term


async def keep(store: Store, token: str) -> None:
    await store.write(lambda tx: tx.keep_draft(token, ANA, {}, now=10.0))


def kept(store: Store, *tokens: str) -> list[bool]:
    return [store.read.draft(token) is not None for token in tokens]


async def test_one_works_and_the_next_one_does_when_it_ends(two: tuple[Store, Store]) -> None:
    one, other = two
    term = await begun(one)
    waiting = asyncio.create_task(begun(other))
    await keep(term.store, "V1")
    await keep(other, "V2")  # whoever waits takes what people say all the same
    assert (kept(one, "V1", "V2"), waiting.done(), term.lasts()) == ([True, True], False, True)
    term.end()
    after = await waiting
    with pytest.raises(Superseded):
        await keep(term.store, "V3")
    await keep(after.store, "V4")
    assert (kept(one, "V3", "V4"), term.lasts(), after.lasts(), after.doubt_seconds) == ([False, True], False, True, 0)


async def test_who_was_not_heard_of_is_taken_over_for_and_changes_nothing(
    two: tuple[Store, Store], place: Postgres, postgres: Server
) -> None:
    one, other = two
    term = await begun(one)
    waiting = asyncio.create_task(begun(other))
    # So it is after a process has stood still for longer than a lease.
    postgres.say("UPDATE evobot_lease SET until = now() - interval '1 s'; NOTIFY evobot, 'test free'", _name(place))
    after = await waiting
    outcomes = await asyncio.gather(keep(term.store, "old"), keep(after.store, "new"), return_exceptions=True)
    assert [type(each) for each in outcomes] == [Superseded, type(None)]
    await until(term.over.is_set, "it to know")
    assert (kept(other, "old", "new"), term.lasts(), after.doubt_seconds) == ([False, True], False, REQUEST_SECONDS)


async def test_a_term_outlives_a_restart_of_the_server(two: tuple[Store, Store], postgres: Server) -> None:
    """Well within the lease: what is prepared and listened to on a connection is so on the next one."""
    one, other = two
    heard: list[str] = []
    other.others.listen(heard.append)
    term = await begun(one)
    await until(lambda: heard == [DEAF], "the other one to listen")
    await keep(term.store, "V1")
    await until(lambda: heard == [DEAF, ""], "the other one to hear of it")
    postgres.stop("immediate")
    postgres.start()
    await until(lambda: DEAF in heard[1:], "the other one to listen again")
    await keep(term.store, "V2")
    await until(lambda: heard[-1] == "", "the other one to hear of that, too")
    await until(lambda: _read_again(one) == [True, True], "it is read again")
    assert (term.lasts(), term.over.is_set()) == (True, False)


async def test_whose_lease_is_over_sends_nothing_though_nobody_has_taken_it(two: tuple[Store, Store]) -> None:
    term = await begun(two[0])
    term.sure_until = 0.0  # type: ignore[attr-defined] # as long ago
    assert not term.lasts()


async def test_the_others_hear_what_is_stored_and_what_is_told_and_nobody_hears_themselves(
    two: tuple[Store, Store],
) -> None:
    heard: tuple[list[str], list[str]] = [], []
    for store, ears in zip(two, heard, strict=True):
        store.others.listen(ears.append)
    await until(lambda: heard == ([DEAF], [DEAF]), "both to listen")
    await keep(two[0], "V1")
    await until(lambda: heard[1] == [DEAF, ""], "the other one to hear of it")
    two[0].others.tell("changed C1")
    await until(lambda: heard[1] == [DEAF, "", "changed C1"], "the other one to be told")
    assert heard[0] == [DEAF]


async def test_a_process_with_more_than_a_thousand_open_files_is_heard(two: tuple[Store, Store]) -> None:
    """As many connections a flood may bring; who were not heard of any more would never deliver anything again."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 4096), before[1]))
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        term = await begun(two[0])
        waiting = asyncio.create_task(begun(two[1]))
        term.end()
        assert (await waiting).lasts()
    finally:
        for each in files:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_one_of_them_carries_a_command_out(two: tuple[Store, Store]) -> None:
    asked = [store.others.first(store, name) for name in ("command 1", "command 2") for store in two]
    assert await asyncio.gather(*asked) == [True, False, True, False]


async def test_a_file_has_one_bot_which_always_works(tmp_path: Path) -> None:
    store = open_store(tmp_path / "evobot.db")
    term = await begun(store)
    assert (term.store is store, term.lasts(), store.others.possible) == (True, True, False)
    assert [await store.others.first(store, "command") for _ in range(2)] == [True, True]
    store.close()


def _read_again(store: Store) -> list[bool]:
    with suppress(Unavailable):
        return kept(store, "V1", "V2")
    return []


def _name(place: Postgres) -> str:
    return place.url.partition("@/")[2].partition("?")[0]
