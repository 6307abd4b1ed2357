"""What is kept how long: words, sessions, hashes, forms. Nothing that is unfinished goes, and what goes is gone."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bot.bridge import Bridge
from bot.bridge.threads import place_of
from bot.courier.drawing import drawer
from bot.model import (
    Actor,
    Answer,
    Answered,
    Heard,
    History,
    Kind,
    LineName,
    Member,
    Observed,
    PostKind,
    Said,
    SessionKey,
    SlackName,
    State,
    ThreadKey,
    Ts,
)  # fmt: skip
from bot.policy import Retention
from bot.store import Forgotten, Store, Tx
from bot.texts import SESSION_DELETED
from bot.tidying import HOUR, ROWS, Tidying
from bot.views.transcript import delivered, heard
from tests.bot.bridge.test_hear import OWN
from tests.bot.store.canary import found_in
from tests.helpers import ANA, CHANNEL, TEAM, THREAD, TestClock, chat, house, opened, relayed

DAY = 86400.0
ADDRESS = "kanari@example.com"
WORDS = (
    "kanari-first", "kanari-reply", "kanari-note", "kanari-late", "kanari-heard", "kanari-sender", "kanari-media",
    "kanari-edit", "kanari-file", "kanari-reason", "kanari-joined", "kanari-direct", "kanari-sent",
)  # fmt: skip


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def bridge(store: Store, clock: TestClock) -> Bridge:
    return Bridge(store, clock, house(), lambda: None)


def tidying(store: Store, clock: TestClock, **kept: float) -> Tidying:
    return Tidying(store, Retention(**kept), clock, asyncio.Event())


def file_of(store: Store) -> Path:
    return Path(store.read._connection.execute("PRAGMA database_list").fetchone()["file"])


async def all_is_done(store: Store) -> None:
    """Everything left the house, and everything stands in Slack."""

    def work(tx: Tx) -> None:
        tx._connection.execute(
            "UPDATE item SET state = 'delivered', evo_name = coalesce(evo_name, 'x:' || key), sending_at = asked_at, "
            "sent_text = coalesce(sent_text, 'Ana: kanari-sent') WHERE state = 'pending'"
        )
        tx._connection.execute("UPDATE post SET state = 'done', ts = key, shown = wanted")

    await store.write(work)


async def a_past_session(store: Store, bridge: Bridge, clock: TestClock, n: int = 1) -> SessionKey:
    """It has ended just now, with words of every kind in it."""
    thread = THREAD if n == 1 else ThreadKey(TEAM, CHANNEL, Ts(f"17000000{n:02}.000100"))
    key = await opened(store, bridge, chat(first_message="kanari-first"), n)
    for at, text in ((1, "kanari-reply"), (2, "🔒 kanari-note")):
        await bridge.relay(Said(thread, Ts(f"17000001{n:02}.00000{at}"), ANA, text))
    await bridge.edited(Said(thread, Ts(f"17000001{n:02}.000001"), ANA, "kanari-edit"))
    said = Heard(
        "kanari-sender", "kanari-heard", "https://evo.example/kanari-media", "image/png", "2023-11-14T22:00:00"
    )
    await bridge.hear(store.read.session(key), [said], OWN)
    await bridge.observe(key, Observed(f"evo-{n}", ended=False, call_state="", members=(Member(ADDRESS, "a"),)))
    joined = (Member(ADDRESS, "a"), Member("b", "kanari-joined"))
    await bridge.observe(key, Observed(f"evo-{n}", ended=False, call_state="", members=joined))
    await bridge.observe(key, Observed(f"evo-{n}", ended=True, call_state="", members=joined[:1]))
    await bridge.relay(Said(thread, Ts(f"17000001{n:02}.000003"), ANA, "kanari-late"))
    await all_is_done(store)

    def more(tx: Tx) -> None:
        tx.add_post(
            name=f"direct/{n}", session=key, kind=PostKind.DIRECT, text="kanari-direct", team=TEAM, channel=CHANNEL
        )
        tx._connection.execute("UPDATE post SET state = 'stuck' WHERE kind = 'direct'")
        tx._connection.execute("UPDATE post SET drawn = 'kanari-hash' WHERE kind <> 'card'")
        tx._connection.execute("UPDATE item SET reason = 'kanari-reason' WHERE kind = 'say'")
        for item in tx.items_of(key, Kind.SAY):
            tx.change_item(
                item.key,
                body='{"text":"kanari-reply kanari-note kanari-late","files":[{"name":"kanari-file"}],'
                '"edited":"kanari-edit"}',
                sent_text="Ana: kanari-sent",
            )

    await store.write(more)
    return key


async def test_words_are_deleted_from_every_file_when_their_time_is_over(
    store: Store, bridge: Bridge, clock: TestClock
) -> None:
    """With the bot's own connections open: not in the database, not in its log, not in the log's index."""
    await a_past_session(store, bridge, clock)
    assert sorted(found_in(file_of(store), (*WORDS, "kanari-hash"))) == sorted((*WORDS, "kanari-hash"))
    clock.advance(30 * DAY - 1)
    await tidying(store, clock).tidy()
    assert len(found_in(file_of(store), WORDS)) == len(WORDS)
    clock.advance(2)
    await tidying(store, clock).tidy()
    assert found_in(file_of(store), (*WORDS, "kanari-hash")) == {}


async def test_who_and_when_stay_until_the_session_goes(store: Store, bridge: Bridge, clock: TestClock) -> None:
    key = await a_past_session(store, bridge, clock)
    names = store.read.known_lines(key)
    clock.advance(31 * DAY)
    await tidying(store, clock).tidy()
    assert store.read.known_lines(key) == names
    assert place_of(store.read, THREAD).session == store.read.session(key)
    clock.advance(370 * DAY)
    await tidying(store, clock).tidy()
    with pytest.raises(Forgotten):
        store.read.session(key)
    tables = ("session", "link", "item", "line", "post")
    counts = {name: store.read._connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}
    assert counts == dict.fromkeys(tables, 0)
    assert found_in(file_of(store), [ADDRESS, "Broken boiler", "kanari"]) == {}


async def test_in_a_thread_of_long_ago_nothing_is_sent_and_who_writes_is_told(
    store: Store, bridge: Bridge, clock: TestClock
) -> None:
    await a_past_session(store, bridge, clock)
    clock.advance(401 * DAY)
    await tidying(store, clock).tidy()
    told = await relayed(bridge, Said(THREAD, Ts("1740000000.000001"), ANA, "Are you still there?"))
    assert told == SESSION_DELETED
    assert store.read.lanes() == []


@pytest.mark.parametrize("state", [State.ASKED, State.PENDING, State.SENDING, State.UNKNOWN, State.NEEDS_PERSON])
async def test_what_is_unfinished_or_asks_a_person_is_left_alone(
    store: Store, bridge: Bridge, clock: TestClock, state: State
) -> None:
    key = await a_past_session(store, bridge, clock)
    item = store.read.items_of(key, Kind.SAY)[-1]
    await store.write(lambda tx: tx.change_item(item.key, state=state, reason="why"))
    before = store.read.item(item.key)
    clock.advance(500 * DAY)
    await tidying(store, clock).tidy()
    assert store.read.item(item.key) == before
    assert [each.gone for each in store.read.items_of(key, Kind.SAY) if each.key != item.key] == ["aged 30"] * 3
    await store.write(lambda tx: tx.change_item(item.key, state="withdrawn"))
    await tidying(store, clock).tidy()
    with pytest.raises(Forgotten):
        store.read.session(key)


async def test_what_does_not_stand_in_slack_yet_is_kept_until_it_does(
    store: Store, bridge: Bridge, clock: TestClock
) -> None:
    key = await a_past_session(store, bridge, clock)
    await store.write(lambda tx: tx._connection.execute("UPDATE post SET state = 'pending' WHERE kind = 'line'"))
    clock.advance(401 * DAY)
    await tidying(store, clock).tidy()
    assert [line.text for line in store.read.foreign_lines(key)] == ["kanari-heard"]
    await all_is_done(store)
    await tidying(store, clock, sessions=1000).tidy()
    assert [line.gone for line in store.read.foreign_lines(key)] == ["aged 30"]


async def test_words_that_are_said_after_they_were_deleted_are_deleted_too(
    store: Store, bridge: Bridge, clock: TestClock
) -> None:
    key = await a_past_session(store, bridge, clock)
    clock.advance(31 * DAY)
    await tidying(store, clock).tidy()
    await bridge.note(key, "kanari-again", Actor(TEAM, ANA), SlackName("again"))
    await all_is_done(store)
    await tidying(store, clock).tidy()
    assert found_in(file_of(store), ["kanari-again"]) == {}


async def test_without_a_time_words_go_as_soon_as_the_session_is_over(
    store: Store, bridge: Bridge, clock: TestClock
) -> None:
    key = await a_past_session(store, bridge, clock)
    clock.advance(1)
    await tidying(store, clock, words=0).tidy()
    assert found_in(file_of(store), WORDS) == {}
    assert heard(store.read.foreign_lines(key)[0], None).words == "The words were deleted when the session was over."


async def test_what_is_drawn_anew_says_that_its_words_are_gone(store: Store, bridge: Bridge, clock: TestClock) -> None:
    key = await a_past_session(store, bridge, clock)
    clock.advance(31 * DAY)
    await tidying(store, clock).tidy()
    draw, posts = drawer(store.read, house()), store.read._connection.execute("SELECT key, kind FROM post").fetchall()
    drawn = {kind: draw(store.read.post(post)) for post, kind in map(tuple, posts) if kind != "file"}
    gone = "The words were deleted after 30 days."
    assert drawn["line"].text == f"Somebody: {gone}"
    assert {"card", "line", "notice", "result"} <= set(drawn)
    item = store.read.delivered(key)[0]
    assert (delivered(item).words, item.gone) == (gone, "aged 30")


async def test_a_thread_that_is_linked_later_is_told_once_that_the_words_are_gone(
    store: Store, bridge: Bridge, clock: TestClock
) -> None:
    key = await a_past_session(store, bridge, clock)
    clock.advance(31 * DAY)
    await tidying(store, clock).tidy()
    other = ThreadKey(TEAM, CHANNEL, Ts("1720000000.000100"))
    await bridge.link(key, other, Actor(TEAM, ANA), SlackName("link"), history=History.ALL)
    sql = "SELECT kind, text FROM post WHERE thread_ts = ? ORDER BY key"
    posts = [tuple(row) for row in store.read._connection.execute(sql, (other.ts,))]
    assert posts == [("card", ""), ("notice", "The words were deleted after 30 days.")]


async def test_what_cannot_be_said_any_more_is_not_sent_again(store: Store, bridge: Bridge, clock: TestClock) -> None:
    key = await a_past_session(store, bridge, clock)
    clock.advance(31 * DAY)
    await tidying(store, clock).tidy()
    late = next(item for item in store.read.items_of(key, Kind.SAY) if item.state is State.REFUSED)
    assert await bridge.answer(late.key, Answer.AGAIN, Actor(TEAM, ANA)) is Answered.TOO_LATE
    await bridge.edited(Said(THREAD, late.ts or Ts(""), ANA, "kanari-edited"))
    assert store.read.item(late.key) == late


async def test_hashes_and_forms_go_after_their_time(store: Store, bridge: Bridge, clock: TestClock) -> None:
    now = clock.now()

    def work(tx: Tx) -> None:
        tx._connection.execute("INSERT INTO spent VALUES (1, 'kanari-hash', 0, ?, 'U', 'p')", (now,))
        tx.carried_out(SlackName("kanari-command"), now)
        tx.keep_draft("V", ANA, {"text": "kanari-draft"}, now)

    await store.write(work)
    canaries = ("kanari-hash", "kanari-command", "kanari-draft")
    for days, left in ((0.9, canaries), (2, canaries[:2]), (89, canaries[:2]), (91, ())):
        clock._now = now + days * DAY
        await tidying(store, clock).tidy()
        assert tuple(found_in(file_of(store), canaries)) == left, days


async def test_no_step_changes_many_rows(store: Store, bridge: Bridge, clock: TestClock) -> None:
    """Whoever writes waits for a step at most."""
    key = await opened(store, bridge)

    def fill(tx: Tx) -> None:
        for n in range(3 * ROWS):
            tx.add_line(LineName(f"line-{n}"), key, Heard("Joe", "kanari", None, None, ""), None, clock.now())
            tx.add_post(
                name=f"p-{n}", session=key, kind=PostKind.NOTICE, line=LineName(f"line-{n}"), text="kanari",
                team=TEAM, channel=CHANNEL, thread_ts=THREAD.ts,
            )  # fmt: skip
        tx.change_session(key, life="ended", ended_at=clock.now())

    await store.write(fill)
    await all_is_done(store)
    clock.advance(401 * DAY)
    steps = await _steps(store, tidying(store, clock))
    assert len(steps) > 7
    assert max(steps) <= 3 * ROWS + 1
    assert found_in(file_of(store), ["kanari"]) == {}


async def _steps(store: Store, part: Tidying) -> list[int]:
    """How many rows each transaction changed."""
    found: list[int] = []
    write = store.write

    async def counted(work: Any, **how: Any) -> Any:
        def counting(tx: Tx) -> Any:
            before = tx._connection.total_changes
            result = work(tx)
            found.append(tx._connection.total_changes - before)
            return result

        return await write(counting, **how)

    store.write = counted  # type: ignore[method-assign]  # the same, counted
    await part.tidy()
    return found


async def test_the_log_is_emptied_later_when_somebody_reads_in_it(
    store: Store, bridge: Bridge, clock: TestClock
) -> None:
    await a_past_session(store, bridge, clock)
    clock.advance(31 * DAY)
    part = tidying(store, clock)
    reader = sqlite3.connect(file_of(store), isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM item").fetchone()
    await part.tidy()
    assert found_in(file_of(store), WORDS) != {}
    reader.close()
    await part.tidy()
    assert found_in(file_of(store), WORDS) == {}


async def test_it_runs_at_start_and_every_hour(store: Store, bridge: Bridge, clock: TestClock) -> None:
    await a_past_session(store, bridge, clock)
    stopping, looked = asyncio.Event(), []

    class Watched(TestClock):
        async def wait(self, event: asyncio.Event, seconds: float) -> None:
            looked.append((seconds, bool(found_in(file_of(store), WORDS))))
            if len(looked) == 3:
                stopping.set()
            await super().wait(event, seconds)

    watched = Watched(clock.now() + 30 * DAY - HOUR - 1)
    await Tidying(store, Retention(), watched, stopping).run()
    assert looked == [(HOUR, True), (HOUR, True), (HOUR, False)]
