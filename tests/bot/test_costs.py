"""What each thing costs, as exact counts: time depends on the machine, these do not.

A number here may become smaller without a word. One that grows needs a reason.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from bot.bridge import Bridge
from bot.model import Mode, Said, Session, State, Ts
from bot.store import Store
from sandbox.slack.seeds import BEN, SUPPORT, TEAM
from tests.helpers import JOE, THREAD, TestClock, house, opened, until
from tests.world import World, playing

PAGE = 4096


class Statements:
    """What the file is asked and told, in SQLite's own words."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.written: list[str] = []

    def counted(self) -> dict[str, int]:
        """How many questions outside a transaction, how many statements in it, how many commits."""
        commits = sum(statement == "COMMIT" for statement in self.written)
        return {"read": len(self.read), "written": len(self.written), "commits": commits}


@contextmanager
def watching(store: Store) -> Iterator[Statements]:
    seen = Statements()
    reader, writer = store._reader, store._writer._connection
    reader.set_trace_callback(seen.read.append)
    writer.set_trace_callback(seen.written.append)
    try:
        yield seen
    finally:
        reader.set_trace_callback(None)
        writer.set_trace_callback(None)


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    async with playing(store, feeding=False) as there:
        yield there


@pytest.fixture
async def session(world: World) -> Session:
    """An open chat of which everything is known and shown: nothing is under way."""
    world.start()
    session = await world.opened()
    await world.item_when(await world.say(session, "the first"), State.DELIVERED)
    await at_rest(world)
    return session


async def at_rest(world: World) -> None:
    """Nothing is to be sent, posted, drawn anew or marked."""

    def still() -> bool:
        read = world.store.read
        return not (read.lanes() or read.channels_with_posts() or read.unmarked(1))

    await until(still, "everything is done")


def event_of(session: Session, ts: str, text: str = "Any news?") -> dict[str, Any]:
    event = {"type": "message", "channel": SUPPORT, "user": BEN, "ts": ts, "thread_ts": session.thread_ts, "text": text}
    return {"team_id": TEAM, "event": event}


def asked(world: World) -> tuple[Counter[str], Counter[str]]:
    """Requests so far: to Evo Voice by operation, to Slack by method."""
    evo = Counter(entry.operation or entry.path for entry in world.evo.journal())
    slack = Counter(str(entry["method"]) for entry in world.slack.journal.entries("api"))
    return evo, slack


@asynccontextmanager
async def busy_disk(store: Store) -> AsyncIterator[None]:
    """Inside, nothing is committed."""
    began, over = threading.Event(), threading.Event()

    def work(_: object) -> None:
        began.set()
        over.wait()

    busy = asyncio.ensure_future(store.write(work, many_rows=True))
    await until(began.is_set, "the disk is busy")
    try:
        yield
    finally:
        over.set()
        await busy


# Statements


async def test_a_reply_costs_one_question_six_statements_and_a_commit(world: World, session: Session) -> None:
    await world.stop()
    with watching(world.store) as seen:
        await world.threads(event_of(session, "1900000000.000100"))
        await world.threads._door.drain()
    # Read: what the thread shows. Written: BEGIN, SAVEPOINT, is everything stopped, the item, when the session was
    # active last, RELEASE, COMMIT.
    assert seen.counted() == {"read": 1, "written": 7, "commits": 1}


async def test_a_reply_that_comes_twice_writes_nothing_more(world: World, session: Session) -> None:
    await world.stop()
    await world.threads(event_of(session, "1900000000.000100"))
    await world.threads._door.drain()
    with watching(world.store) as seen:
        await world.threads(event_of(session, "1900000000.000100"))
        await world.threads._door.drain()
    # The item is there: no change of the session follows.
    assert seen.counted() == {"read": 1, "written": 6, "commits": 1}


async def test_a_long_reply_is_looked_at_once_more_for_its_parts(world: World, session: Session) -> None:
    await world.stop()
    with watching(world.store) as seen:
        await world.threads(event_of(session, "1900000000.000100", "Any news? " * 20))
        await world.threads._door.drain()
    # The item, its session again, and how that was opened.
    assert seen.counted() == {"read": 4, "written": 7, "commits": 1}


async def test_what_is_nobodys_thread_costs_three_questions_and_no_commit(world: World, session: Session) -> None:
    await world.stop()
    elsewhere = event_of(session, "1900000000.000100")
    elsewhere["event"] |= {"thread_ts": "1600000000.000100"}
    with watching(world.store) as seen:
        await world.threads(elsewhere)
        await world.threads._door.drain()
    # What the thread shows, was it one of a deleted session, and is a card on its way.
    assert seen.counted() == {"read": 3, "written": 0, "commits": 0}


async def test_who_comes_while_the_disk_is_busy_shares_one_commit(world: World, session: Session) -> None:
    await world.stop()
    with watching(world.store) as seen:
        async with busy_disk(world.store):
            events = (event_of(session, f"1900000000.{n:06d}") for n in range(100))
            taking = [asyncio.ensure_future(world.threads(event)) for event in events]
            await until(lambda: world.store.waiting == len(taking), "all of them wait")
        await asyncio.gather(*taking)
    # One for what kept the disk busy, one for all hundred.
    assert seen.counted()["commits"] == 2


async def test_a_reply_is_delivered_and_shown_in_three_more_commits(world: World, session: Session) -> None:
    with watching(world.store) as seen:
        await world.item_when(await world.say(session, "the next"), State.DELIVERED)
        await at_rest(world)
    # Each with BEGIN, SAVEPOINT, RELEASE and COMMIT. Seven to store it, as above. It leaves: the head of the lane (two
    # questions), its session, the stop, who was invited, the move, the item anew, what shows it. It has arrived: the
    # item, the move, the item anew, its session, the audit's head and next row, the threads, what shows it. The sign.
    assert (len(seen.written), seen.counted()["commits"]) == (7 + 12 + 12 + 5, 4)


async def test_signs_that_wait_together_are_recorded_in_one_commit(world: World, session: Session) -> None:
    await world.stop()
    for n in range(5):
        await world.say(session, f"note: {n}")
    with watching(world.store) as seen:
        world.start()
        await at_rest(world)
    recorded = [n for n, statement in enumerate(seen.written) if statement.startswith("UPDATE item SET shown")]
    assert len(recorded) == 5
    assert "COMMIT" not in seen.written[recorded[0] : recorded[-1]]


# Requests


async def test_a_reply_costs_one_request_on_each_side(world: World, session: Session) -> None:
    evo, slack = asked(world)
    await world.item_when(await world.say(session, "the next"), State.DELIVERED)
    await at_rest(world)
    now = asked(world)
    assert (now[0] - evo, now[1] - slack) == ({"SendMessage": 1}, {"reactions.add": 1})


async def test_a_card_that_changes_costs_one_call_however_often_it_changed(world: World, session: Session) -> None:
    assert session.thread is not None
    evo, slack = asked(world)
    for mode in (Mode.MENTION, Mode.NOTES, Mode.RELAY, Mode.MENTION):
        await world.bridge.set_mode(session.thread, mode)
    await at_rest(world)
    now = asked(world)
    assert (now[0] - evo, now[1] - slack) == ({}, {"chat.update": 1})


# Bytes


@pytest.fixture
def bridge(store: Store) -> Bridge:
    return Bridge(store, TestClock(), house(), wake=lambda: None)


def pages(store: Store) -> int:
    return int(store._reader.execute("PRAGMA page_count").fetchone()[0])


async def test_a_reply_takes_360_bytes_of_the_file(store: Store, bridge: Bridge) -> None:
    """The row and its places in the indexes, for words of sixty characters."""
    await opened(store, bridge)
    words = "The parcel left this morning and should be there by Friday.."
    before = pages(store)
    for n in range(1000):
        await bridge.relay(Said(THREAD, Ts(f"1700000100.{n:06d}"), JOE, words))
    assert (pages(store) - before) * PAGE // 1000 == 360


async def test_an_opened_session_takes_1460_bytes_of_the_file(store: Store, bridge: Bridge) -> None:
    """Session, link, card, opening and what the audit says of it, and all their places in indexes."""
    before = pages(store)
    for n in range(2, 302):
        await opened(store, bridge, n=n)
    assert (pages(store) - before) * PAGE // 300 == 1460
