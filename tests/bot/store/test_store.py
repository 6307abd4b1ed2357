"""The rules that the store itself keeps, be it a file or a PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
import traceback
from typing import Any

import pytest

from bot.bridge import Bridge
from bot.model import Actor, ChannelId, KeptForm, Kind, SlackName, State, TeamId, ThreadKey, Ts
from bot.place import Place
from bot.store import Store, Tx, open_store
from tests.helpers import ANA, CHANNEL, TEAM, THREAD, TestClock, chat, house, opened


@pytest.fixture
def store(each_store: Store) -> Store:
    return each_store


@pytest.fixture
def bridge(store: Store) -> Bridge:
    return Bridge(store, TestClock(), house(), lambda: None)


async def test_a_thread_is_found_by_team_channel_and_ts_together(store: Store, bridge: Bridge) -> None:
    key = await opened(store, bridge)
    found = store.read.session_in(THREAD)
    elsewhere = [
        ThreadKey(TeamId("T0OTHER"), CHANNEL, THREAD.ts),
        ThreadKey(TEAM, ChannelId("C0OTHER"), THREAD.ts),
        ThreadKey(TEAM, CHANNEL, Ts("1700000000.000101")),
    ]
    assert found is not None
    assert found.key == key
    assert [store.read.session_in(thread) for thread in elsewhere] == [None, None, None]


async def test_several_threads_may_show_one_session(store: Store, bridge: Bridge) -> None:
    key = await opened(store, bridge)
    second = ThreadKey(TEAM, ChannelId("C0SUPPORT"), Ts("1700000009.000100"))
    await store.write(lambda tx: tx.add_link(second, key))
    assert sorted(store.read.threads_of(key), key=str) == sorted([THREAD, second], key=str)


async def test_a_thread_has_one_active_session(store: Store, bridge: Bridge) -> None:
    await opened(store, bridge)
    other = await opened(store, bridge, chat("Other"), n=2)

    def force(tx: Tx) -> None:
        tx._connection.execute(
            "INSERT INTO link (team, channel, thread_ts, session) VALUES (?, ?, ?, ?)",
            (TEAM, CHANNEL, THREAD.ts, other),
        )

    with pytest.raises(sqlite3.IntegrityError):
        await store.write(force)


async def test_the_same_gesture_twice_is_one_item(store: Store, bridge: Bridge) -> None:
    key = await opened(store, bridge)

    def add(tx: Tx) -> Any:
        return tx.add_item(
            session=key, kind=Kind.SAY, state=State.PENDING, slack_name=SlackName("T/C/1/0"), channel=CHANNEL,
            author=ANA, position="1", body={}, now=0.0,
        )  # fmt: skip

    assert [await store.write(add) is not None, await store.write(add) is not None] == [True, False]


async def test_what_has_left_is_finished_before_an_older_message_that_came_late(store: Store, bridge: Bridge) -> None:
    key = await opened(store, bridge)

    def add(tx: Tx, ts: str) -> Any:
        return tx.add_item(
            session=key, kind=Kind.SAY, state=State.PENDING, slack_name=SlackName(f"T/C/{ts}"), channel=CHANNEL,
            author=ANA, position=ts, body={}, now=0.0,
        )  # fmt: skip

    newer = await store.write(lambda tx: add(tx, "1700000002.000100"))
    await store.write(lambda tx: tx.move_item(tx.item(newer), State.UNKNOWN))
    await store.write(lambda tx: add(tx, "1700000001.000100"))
    head = store.read.head_of_lane(key)
    assert head is not None
    assert head.key == newer


async def test_done_means_two_names(store: Store, bridge: Bridge) -> None:
    key = await opened(store, bridge)
    item = store.read.items_of(key, Kind.OPEN)[0]
    with pytest.raises(sqlite3.IntegrityError):
        await store.write(lambda tx: tx.change_item(item.key, evo_name=None))


async def test_an_item_that_has_moved_on_is_not_moved_again(store: Store, bridge: Bridge) -> None:
    key = await bridge.open(chat(), Actor(TEAM, ANA), CHANNEL, SlackName("T/view/V1/0"))
    item = store.read.items_of(key, Kind.OPEN)[0]
    first = await store.write(lambda tx: tx.move_item(item, State.SENDING))
    second = await store.write(lambda tx: tx.move_item(item, State.SENDING))
    assert (first is not None, second) == (True, None)


async def test_a_draft_is_kept_until_it_is_used_and_then_only_that_it_was(store: Store) -> None:
    await store.write(lambda tx: tx.keep_draft("a", ANA, {"name": "ü", "n": 1}, now=10.0))
    assert store.read.draft("a") == KeptForm(ANA, {"name": "ü", "n": 1}, 10.0, used=False)
    await store.write(lambda tx: tx.use_draft("a"))
    assert store.read.draft("a") == KeptForm(ANA, {}, 10.0, used=True)
    assert store.read.draft("b") is None


async def test_drafts_that_are_not_waited_for_are_forgotten(store: Store) -> None:
    for token, now in (("a", 10.0), ("b", 20.0)):
        await store.write(lambda tx, token=token, now=now: tx.keep_draft(token, ANA, {}, now))
    assert (store.read.has_drafts(10.0), store.read.has_drafts(10.1)) == (False, True)
    await store.write(lambda tx: tx.delete_drafts(20.0))
    assert (store.read.draft("a"), store.read.draft("b")) == (None, KeptForm(ANA, {}, 20.0, used=False))


async def test_the_version_is_another_one_after_each_commit_and_only_then(store: Store) -> None:
    before = store.version
    assert store.version == before
    await store.write(lambda tx: tx.keep_draft("V1", ANA, {}, now=10.0))
    assert store.version != before


async def test_one_callers_mistake_does_not_undo_the_others(store: Store) -> None:
    """The first, one in the middle and the last one of a commit."""

    def mistaken(tx: Tx) -> None:
        tx.keep_draft("undone", ANA, {}, now=10.0)
        tx.keep_draft("undone", ANA, {}, now=10.0)

    works = [mistaken, lambda tx: tx.keep_draft("a", ANA, {}, now=10.0), mistaken,
             lambda tx: tx.keep_draft("b", ANA, {}, now=10.0), mistaken]  # fmt: skip
    outcomes = await asyncio.gather(*(store.write(work) for work in works), return_exceptions=True)
    mistake = sqlite3.IntegrityError
    assert [type(each) for each in outcomes] == [mistake, type(None), mistake, type(None), mistake]
    assert [store.read.draft(token) is not None for token in ("a", "b", "undone")] == [True, True, False]


async def test_a_mistake_is_told_without_the_words_of_a_row(store: Store) -> None:
    await store.write(lambda tx: tx.keep_draft("kanari", ANA, {}, now=10.0))
    with pytest.raises(sqlite3.IntegrityError) as told:
        await store.write(lambda tx: tx.keep_draft("kanari", ANA, {}, now=10.0), one_statement=True)
    assert "kanari" not in "".join(traceback.format_exception(told.value)).replace('keep_draft("kanari"', "")


async def test_what_waits_when_it_is_closed_is_stored(place: Place) -> None:
    store = open_store(place)
    writing = [asyncio.ensure_future(store.write(lambda tx, n=n: tx.keep_draft(f"{n}", ANA, {}, 1.0), many_rows=n == 1))
               for n in range(3)]  # fmt: skip
    await asyncio.sleep(0)
    store.close()
    await asyncio.gather(*writing)
    again = open_store(place)
    assert [again.read.draft(f"{n}") is not None for n in range(3)] == [True] * 3
    again.close()


async def test_whatever_people_type_is_kept(store: Store, bridge: Bridge) -> None:
    """A NUL, which PostgreSQL cannot keep, may become a sign that says so."""
    key = await opened(store, bridge)
    typed = "Zoë\u202e 👋 ' \" \\ % ? $1 :name \0 {}"
    await store.write(lambda tx: tx.change_session(key, name=typed))
    assert store.read.session(key).name.replace("\ufffd", "\0") == typed
