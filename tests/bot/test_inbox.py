"""What comes in a rush: on the disk before it is acknowledged, taken in its order afterwards, and never lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bot import inbox as inbox_room
from bot.bridge import NotYet
from bot.inbox import LATE_SECONDS, TRIES, Inbox
from bot.intake import Door
from bot.model import Kind, Session, State
from bot.rush import MANY, Rush
from bot.store import Store, open_store
from sandbox.slack.seeds import BEN, BOT_USER, SUPPORT, TEAM
from tests.bot.store.canary import found_in
from tests.helpers import TestClock, until
from tests.world import World, playing


def message(text: str) -> dict[str, Any]:
    return {"type": "event_callback", "event": {"type": "message", "text": text}}


class Way:
    """Which messages usually go: what came this way, and what happens to some of them."""

    def __init__(self) -> None:
        self.came: list[str] = []
        self.late: list[str] = []
        self.happens: dict[str, Exception] = {}
        self.slow: dict[str, asyncio.Event] = {}

    async def __call__(self, payload: Mapping[str, Any], /, *, late: bool = False) -> None:
        text = payload["event"]["text"]
        self.came.append(text)
        if late:
            self.late.append(text)
        if text in self.happens:
            raise self.happens[text]
        if text in self.slow:
            await self.slow[text].wait()


class Place:
    """A door with an inbox behind it, and a rush that is on or not."""

    def __init__(self, store: Store, clock: TestClock) -> None:
        self.store, self.clock = store, clock
        self.way, self.rush, self.stopping = Way(), Rush(clock), asyncio.Event()
        self.inbox = Inbox(store, self.way, lambda _: True, clock, self.rush, self.stopping)
        self.door = Door(self.way, rush=self.rush, inbox=self.inbox)
        self._running: asyncio.Task[None] | None = None
        self._rushing = ExitStack()

    def rushes(self) -> None:
        for _ in range(MANY):
            self._rushing.enter_context(self.rush)

    def calms(self) -> None:
        self._rushing.close()
        self.clock.advance(1)

    def runs(self) -> None:
        self._running = asyncio.create_task(self.inbox.run())

    async def stops(self) -> None:
        self.stopping.set()
        self.inbox.wake()
        if self._running is not None:
            await self._running

    def letters(self) -> list[str]:
        return [json.loads(letter.body)["event"]["text"] for letter in self.store.read.letters(1000)]

    async def empties(self) -> None:
        await until(lambda: not self.letters(), "the inbox is empty")


@pytest.fixture
async def place(store: Store) -> AsyncIterator[Place]:
    there = Place(store, TestClock())
    yield there
    await there.stops()


# Kept, and taken later


async def test_in_a_rush_a_message_is_acknowledged_when_it_is_on_the_disk_and_taken_when_the_rush_is_over(
    place: Place,
) -> None:
    place.rushes()
    assert await place.door.event(message("one")) is True
    assert (place.letters(), place.way.came) == (["one"], [])
    place.calms()
    place.runs()
    await place.empties()
    assert place.way.came == ["one"]


async def test_outside_a_rush_nothing_is_kept(place: Place) -> None:
    assert await place.door.event(message("one")) is True
    assert (place.letters(), place.way.came) == ([], ["one"])


async def test_as_long_as_something_is_kept_nothing_overtakes_it(place: Place) -> None:
    place.rushes()
    texts = [str(n) for n in range(200)]
    for text in texts[:100]:
        await place.door.event(message(text))
    place.calms()
    place.runs()
    for text in texts[100:]:
        await place.door.event(message(text))
    await place.empties()
    assert place.way.came == texts


async def test_what_is_kept_while_the_inbox_begins_is_not_overtaken_either(place: Place) -> None:
    place.rushes()
    await asyncio.gather(place.inbox._begun(), place.door.event(message("one")))
    place.calms()
    await place.door.event(message("two"))
    assert (place.letters(), place.way.came) == (["one", "two"], [])


async def test_a_rush_without_an_end_is_no_reason_to_leave_anything_lying(place: Place) -> None:
    place.rushes()
    await place.door.event(message("one"))
    place.runs()
    await place.empties()
    assert place.way.came == ["one"]


async def test_a_slow_one_does_not_hold_up_the_others(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_room, "ROUND_SECONDS", 0.01)
    monkeypatch.setattr(inbox_room, "AT_ONCE", 2)
    place.way.slow["slow"] = asyncio.Event()
    place.rushes()
    for text in ("slow", "one", "two", "three"):
        await place.door.event(message(text))
    place.calms()
    place.runs()
    await until(lambda: place.letters() == ["slow"], "the others are taken")
    place.way.slow["slow"].set()
    await place.empties()
    assert place.way.came == ["slow", "one", "two", "three"]


async def test_what_the_disk_does_not_take_is_not_acknowledged(place: Place) -> None:
    place.rushes()
    connection = place.store._writer._connection
    connection.execute("PRAGMA query_only = 1")
    assert await place.door.event(message("one")) is False
    connection.execute("PRAGMA query_only = 0")
    assert await place.door.event(message("one")) is True
    assert place.letters() == ["one"]


async def test_an_inbox_that_is_full_keeps_no_more(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_room, "MOST", 2)
    place.rushes()
    for text in ("one", "two", "three"):
        await place.door.event(message(text))
    assert (place.letters(), place.way.came) == (["one", "two"], ["three"])


# What goes wrong


async def test_what_was_kept_when_the_program_ended_is_taken_at_the_next_start(tmp_path: Path) -> None:
    clock = TestClock()
    before = Place(open_store(tmp_path / "evobot.db"), clock)
    before.rushes()
    await before.door.event(message("old"))
    clock.advance(LATE_SECONDS + 1)
    await before.door.event(message("new"))
    before.store.close()
    after = Place(open_store(tmp_path / "evobot.db"), clock)
    after.runs()
    await after.empties()
    await after.stops()
    after.store.close()
    assert (after.way.came, after.way.late) == (["old", "new"], ["old"])


async def test_what_cannot_be_taken_yet_stays_and_is_tried_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_room, "PAUSE_SECONDS", 0.0)
    place.way.happens["one"] = NotYet()
    place.rushes()
    for text in ("one", "two"):
        await place.door.event(message(text))
    place.calms()
    place.runs()
    await until(lambda: place.way.came.count("one") > TRIES + 1, "it is tried often")
    place.way.happens.clear()
    await place.empties()
    assert place.way.came.count("two") == 1


async def test_what_breaks_our_own_code_is_set_aside_told_and_tried_again_at_the_next_start(
    place: Place, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_room, "PAUSE_SECONDS", 0.0)
    place.way.happens["bad"] = ValueError("customer's words")
    place.rushes()
    for text in ("bad", "good"):
        await place.door.event(message(text))
    place.calms()
    place.runs()
    await place.empties()
    assert (place.way.came.count("bad"), place.way.came.count("good")) == (TRIES, 1)
    assert (place.store.read.letters_aside(), "customer" in caplog.text) == (1, False)
    await place.stops()
    again = Place(place.store, place.clock)
    again.runs()
    await until(lambda: again.way.came and not place.store.read.letters_kept(), "it is tried again")
    await again.stops()
    assert (again.way.came, place.store.read.letters_aside()) == (["bad"], 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
async def test_json_may_come_in_any_of_its_encodings(place: Place, encoding: str) -> None:
    place.rushes()
    for text in ("plain", "Gruß 👋"):
        body = json.dumps(message(text), ensure_ascii=False).encode(encoding)
        assert await place.door.event(json.loads(body), body) is True
    assert place.letters() == ["plain", "Gruß 👋"]


async def test_what_nobody_can_read_is_set_aside_and_the_others_go_on(place: Place) -> None:
    place.rushes()
    await place.store.write(lambda tx: tx.keep_letter("\ufeff{", place.clock.now()))
    await place.door.event(message("good"))
    place.calms()
    place.runs()
    await until(lambda: not place.store.read.letters_kept(), "the inbox is empty")
    assert (place.way.came, place.store.read.letters_aside()) == (["good"], 1)


# The real way


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    async with playing(store, feeding=False) as there:
        yield there


def said(session: Session, text: str, ts: str = "1900000000.000100", **more: Any) -> dict[str, Any]:
    event = {"type": "message", "channel": SUPPORT, "user": BEN, "ts": ts, "thread_ts": session.thread_ts, "text": text}
    return {"type": "event_callback", "team_id": TEAM, "event": event | more}


def changed(session: Session, before: str, now: str, ts: str = "1900000000.000100") -> dict[str, Any]:
    old = said(session, before, ts)["event"]
    event = {
        "type": "message", "subtype": "message_changed", "channel": SUPPORT, "ts": "1900000001.000100",
        "message": old | {"text": now}, "previous_message": old,
    }  # fmt: skip
    return {"type": "event_callback", "team_id": TEAM, "event": event}


async def test_only_what_people_say_and_change_in_threads_of_sessions_may_wait(world: World) -> None:
    session = await _open(world)
    elsewhere = {"thread_ts": "1600000000.000100"}
    waits = {
        "a reply": said(session, "hello"),
        "an edit": changed(session, "hello", "hello!"),
        "our own post": said(session, "hello", user=BOT_USER),
        "a post of nobody": said(session, "hello", user=None),
        "another thread": said(session, "hello", **elsewhere),
        "no thread": said(session, "hello", thread_ts=None),
        "a shared channel": said(session, "hello") | {"is_ext_shared_channel": True},
        "half an emoji": said(session, "hello", thread_ts="\ud83d"),
        "no event": {"type": "event_callback", "event": None},
    }
    found = {name: world.threads.may_wait(payload) for name, payload in waits.items()}
    assert found == {name: name in {"a reply", "an edit"} for name in waits}


async def test_an_edit_of_what_is_still_kept_finds_it(world: World) -> None:
    session = await _open(world)
    clock, stopping = TestClock(), asyncio.Event()
    rush = Rush(clock)
    inbox = Inbox(world.store, world.threads, world.threads.may_wait, clock, rush, stopping)
    door = Door(world.threads, rush=rush, inbox=inbox)
    with ExitStack() as rushing:
        for _ in range(MANY):
            rushing.enter_context(rush)
        assert await door.event(said(session, "frist")) is True
        assert await door.event(changed(session, "frist", "first")) is True
    clock.advance(1)
    running = asyncio.create_task(inbox.run())
    await until(lambda: not world.store.read.letters(1), "the inbox is empty")
    stopping.set()
    inbox.wake()
    await running
    replies = [item for item in world.store.read.items_of(session.key, Kind.SAY) if item.state is State.PENDING]
    assert [item.body["text"] for item in replies] == ["first"]


async def _open(world: World) -> Session:
    """Nothing leaves any more: what is said stays to be looked at."""
    world.start()
    session = await world.opened()
    await world.stop()
    return session


# Words


async def test_letters_set_aside_go_with_the_words_and_with_whoever_is_forgotten(place: Place) -> None:
    place.rushes()
    for text in ("call +14155550101", "Gruß an Zoë", "nothing of hers"):
        await place.door.event(message(text))
    keys = [letter.key for letter in place.store.read.letters(10)]
    await place.store.write(lambda tx: tx.letters_taken([], keys))

    def forget(tx: Any) -> int:
        tx.look_for(lambda text: "Zoë" in text)
        return int(tx.delete_letters_speaking())

    assert await place.store.write(forget) == 1
    assert await place.store.write(lambda tx: tx.delete_letters(place.clock.now() + 1)) == 2
    await place.store.empty_log()
    path = Path(place.store.read._connection.execute("PRAGMA database_list").fetchone()[2])
    assert found_in(path, ["4155550101", "nothing of hers"]) == {}
