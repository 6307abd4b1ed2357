"""What a message in a thread becomes."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bot.bridge import Bridge, NotYet
from bot.bridge.verbs import FETCH_SECONDS
from bot.model import File, Item, Kind, PostState, Said, SessionKey, State, ThreadKey, Ts
from bot.store import Store, Unavailable
from tests.helpers import CHANNEL, JOE, TEAM, THREAD, TestClock, house, opened

TS = Ts("1700000100.000200")


@pytest.fixture
def bridge(store: Store) -> Bridge:
    return Bridge(store, TestClock(), house(), lambda: None)


def said(text: str, ts: str = TS, **changes: Any) -> Said:
    return dataclasses.replace(Said(THREAD, Ts(ts), JOE, text), **changes)


def replies(store: Store, session: SessionKey) -> list[Item]:
    return store.read.items_of(session, Kind.SAY)


async def test_a_reply_is_on_its_way_when_relay_returns(store: Store, bridge: Bridge) -> None:
    session = await opened(store, bridge)
    await bridge.relay(said("hello", files=(File("a.pdf"),)))
    (item,) = replies(store, session)
    assert (item.state, item.author, item.ts, item.thread_ts, item.channel, item.position, item.body) == (
        State.PENDING, JOE, TS, THREAD.ts, CHANNEL, TS, {"text": "hello", "files": [dataclasses.asdict(File("a.pdf"))]},
    )  # fmt: skip


async def test_each_delivery_of_a_message_is_the_same_message(store: Store, bridge: Bridge) -> None:
    """A retry, a second socket and the app_mention twin all carry the same channel and ts."""
    session = await opened(store, bridge)
    for _ in range(3):
        await bridge.relay(said("hello"))
    assert len(replies(store, session)) == 1


async def test_the_same_ts_in_another_channel_is_another_message(store: Store, bridge: Bridge) -> None:
    session = await opened(store, bridge)
    second = ThreadKey(TEAM, type(CHANNEL)("C0SUPPORT"), THREAD.ts)
    await store.write(lambda tx: tx.add_link(second, session))
    await bridge.relay(said("hello"))
    await bridge.relay(said("hello", thread=second))
    assert len(replies(store, session)) == 2


async def test_a_note_is_kept_and_marked_and_never_on_its_way(store: Store, bridge: Bridge) -> None:
    session = await opened(store, bridge)
    await bridge.relay(said("note: he is angry"))
    (item,) = replies(store, session)
    assert (item.state, item.mark.value, store.read.lanes()) == (State.KEPT, "lock", [])


async def test_the_author_is_told_that_the_session_has_ended(store: Store, bridge: Bridge) -> None:
    session = await opened(store, bridge)
    await store.write(lambda tx: tx.change_session(session, life="ended"))
    await bridge.relay(said("are you there?"))
    (item,) = replies(store, session)
    (post,) = store.read.posts_of_item(item.key)
    assert (item.state, item.mark.value, "has ended" in item.reason, post.thread_ts) == (
        State.REFUSED, "x", True, THREAD.ts,
    )  # fmt: skip


async def test_a_message_under_a_card_that_is_not_recorded_yet_is_not_acknowledged(
    store: Store, bridge: Bridge
) -> None:
    """Slack may show the card, and people may answer under it, before its answer has reached us."""
    key = await opened(store, bridge)
    card = store.read.card_of(key)
    assert card is not None
    await store.write(lambda tx: tx.change_post(card, state=PostState.SENDING, sending_at=1_700_000_000.0))
    stranger = said("hello", thread=ThreadKey(TEAM, CHANNEL, Ts("1700000050.000100")))
    with pytest.raises(NotYet):
        await bridge.relay(stranger)
    await store.write(lambda tx: tx.change_post(card, state=PostState.DONE, ts="1700000050.000100"))
    assert await bridge.relay(stranger) is None


async def test_a_card_that_never_comes_does_not_keep_a_channel_waiting(store: Store) -> None:
    clock = TestClock()
    bridge = Bridge(store, clock, house(), lambda: None)
    card = store.read.card_of(await opened(store, bridge))
    assert card is not None
    await store.write(lambda tx: tx.change_post(card, state=PostState.SENDING, sending_at=clock.now()))
    clock.advance(61)
    assert await bridge.relay(said("hello", thread=ThreadKey(TEAM, CHANNEL, Ts("1700000050.000100")))) is None


async def test_an_idle_lane_waits_a_moment_for_an_earlier_message(store: Store) -> None:
    clock = TestClock()
    bridge = Bridge(store, clock, house(straggler=0.3), lambda: None)
    session = await opened(store, bridge)
    await bridge.relay(said("second", ts="1700000100.000300"))
    await bridge.relay(said("first", ts="1700000100.000200"))
    head = store.read.head_of_lane(session)
    assert head is not None
    assert head.body["text"] == "first"
    assert [item.not_before - clock.now() for item in replies(store, session)] == [-clock.now(), pytest.approx(0.3)]


async def test_after_a_refusal_nothing_newer_overtakes_what_is_being_fetched(store: Store, bridge: Bridge) -> None:
    """The older message was sent back to Slack, and is read in its thread as soon as the disk takes something again."""
    session = await opened(store, bridge)
    await store._writer.run(lambda connection: connection.execute("PRAGMA query_only = 1").fetchall())
    with pytest.raises(Unavailable):
        await bridge.relay(said("older"))
    store._writer._connection.execute("PRAGMA query_only = 0")
    await bridge.relay(said("newer", "1700000101.000200"))
    await bridge.relay(said("older"))
    now = TestClock().now()
    assert [(item.body["text"], item.not_before - now) for item in replies(store, session)] == [
        ("older", FETCH_SECONDS),
        ("newer", FETCH_SECONDS),
    ]
