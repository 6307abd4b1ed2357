"""How a lane makes sure that what is in doubt is really absent, and what people see of its waiting."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.courier.errands import Arrived, Errand, Impossible, Lost, Ready
from bot.courier.lanes import Watch
from bot.model import Item, Kind, Life, Session, State
from bot.texts import BROKEN, ENDED, NO_LOOK
from tests.faultlab.core import core
from tests.faultlab.lanes import REAL, open_sessions
from tests.faultlab.virtual import VirtualLoop, run, until


def test_a_gap_begins_the_watch_anew() -> None:
    watch = Watch()
    for began in (100.0, 102.0, 110.0):
        watch.looked(began, began + 1, gap=15)
    assert watch.since == 101.0
    watch.looked(130.0, 131.0, gap=15)
    assert watch.since == 131.0


def test_absent_means_missing_in_two_looks_after_the_settling_time(tmp_path: Path) -> None:
    async def main(loop: VirtualLoop) -> int:
        async with core(loop, tmp_path, settle=60.0, poll=2.0, feeding=False) as world:
            (session,) = await open_sessions(world, 1)
            world.evo.fault("cut_before", "SendMessage")
            await world.say(session, "hello")
            await until(lambda: world.sent(session), "it to be sent once more", 300)
            looks = [entry.at for entry in world.evo.journal(operation="GetChatTranscript")]
            again = world.evo.journal(operation="SendMessage")[1].at
            return len([at for at in looks if looks[0] + 59_000_000 < at < again])

    assert run(main) == 2


def test_the_settling_time_begins_when_somebody_can_look(tmp_path: Path) -> None:
    """It takes effect after two minutes; until shortly before, nobody could look."""

    async def main(loop: VirtualLoop) -> int:
        async with core(loop, tmp_path, settle=60.0, poll=2.0) as world:
            (session,) = await open_sessions(world, 1)
            world.evo.fault("late", "SendMessage", seconds=120)
            world.evo.fault("500", "GetChatTranscript", times=None)
            name = await world.say(session, "hello")
            await asyncio.sleep(100)
            world.evo.clear_faults()
            await until(lambda: _state(world, name) is State.DELIVERED, "it to be found", 300)
            await asyncio.sleep(120)
            return len(world.sent(session))

    assert run(main) == 1


def test_the_settling_time_begins_anew_after_an_outage(tmp_path: Path) -> None:
    """A look that waits until the outage is over has seen nothing of what was queued over there meanwhile."""

    async def main(loop: VirtualLoop) -> int:
        async with core(loop, tmp_path, settle=60.0, poll=2.0) as world:
            (session,) = await open_sessions(world, 1)
            world.evo.fault("late", "SendMessage", seconds=120)
            name = await world.say(session, "hello")
            await until(lambda: _state(world, name) is State.UNKNOWN, "the doubt")
            await asyncio.sleep(20)
            world.evo.fault("503", times=None)
            await asyncio.sleep(60)
            world.evo.clear_faults()
            await until(lambda: _state(world, name) is State.DELIVERED, "it to be found", 300)
            await asyncio.sleep(120)
            return len(world.sent(session))

    assert run(main) == 1


def test_each_doubt_has_a_settling_time_of_its_own(tmp_path: Path) -> None:
    """The second begins when the first is found, and somebody has been looking all the while."""

    async def main(loop: VirtualLoop) -> list[str]:
        async with core(loop, tmp_path, settle=60.0, poll=2.0) as world:
            (session,) = await open_sessions(world, 1)
            world.evo.fault("late", "SendMessage", times=2, seconds=50)
            names = [await world.say(session, text) for text in ("one", "two")]
            await until(lambda: _state(world, names[1]) is State.DELIVERED, "both to be found", 300)
            await asyncio.sleep(120)
            return world.sent(session)

    assert run(main) == ["Ben: one", "Ben: two"]


def test_a_doubt_is_settled_although_every_fifth_look_fails(tmp_path: Path) -> None:
    async def main(loop: VirtualLoop) -> float:
        async with core(loop, tmp_path, **REAL) as world:
            (session,) = await open_sessions(world, 1)
            world.evo.fault("cut_before", "SendMessage")
            world.evo.fault("503", "*", times=None, probability=0.2)
            name, asked = await world.say(session, "hello"), world.clock.now()
            await until(lambda: world.sent(session), "it to be sent once more", 1200)
            item = world.store.read.item_named(name)
            assert item is not None
            return (item.sending_at or 0) - asked

    assert 60 <= run(main) < 600


def test_a_doubt_that_nobody_can_look_into_for_an_hour_is_a_persons(tmp_path: Path) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with core(loop, tmp_path, **REAL) as world:
            (session,) = await open_sessions(world, 1)
            world.evo.fault("cut_before", "SendMessage")
            world.evo.fault("500", "GetChatTranscript", times=None)
            name = await world.say(session, "hello")
            asked = world.clock.now()
            await until(lambda: _state(world, name) is State.NEEDS_PERSON, "the question", 4000)
            item = world.store.read.item_named(name)
            assert item is not None
            assert (item.reason, world.clock.now() - asked >= 3600, world.posts("SendMessage")) == (NO_LOOK, True, 1)

    run(main)


def test_a_file_that_cannot_be_read_for_a_moment_ends_nothing(tmp_path: Path) -> None:
    """Neither the lanes, nor the poster, nor the feed."""

    async def main(loop: VirtualLoop) -> None:
        async with core(loop, tmp_path, **REAL) as world:
            (session,) = await open_sessions(world, 1)
            going = [task for task in world.running if not task.done()]
            world.store._reader.set_progress_handler(lambda: 1, 1)  # SQLite gives each answer up
            await asyncio.sleep(30)
            world.store._reader.set_progress_handler(None, 1)
            await world.say(session, "hello")
            world.evo.hear(session.evo_id or "", "joe@example.com", "hi")
            await until(lambda: world.sent(session) and "Joe Park: hi" in world.thread(session), "both", 120)
            assert [task.get_name() for task in going if task.done()] == []

    run(main)


def test_what_waits_shows_that_it_does(tmp_path: Path) -> None:
    """The second one as well, though the first has not left yet."""

    async def main(loop: VirtualLoop) -> None:
        async with core(loop, tmp_path, **REAL) as world:
            (session,) = await open_sessions(world, 1)
            world.evo.fault("503", times=None)
            await until(lambda: world.gate.trouble, "the trouble to be known")
            names = [await world.say(session, text) for text in ("one", "two")]
            await until(lambda: all(world.reactions(name) for name in names), "the signs", 30)
            assert {mark for name in names for mark in world.reactions(name)} == {"hourglass_flowing_sand"}
            world.evo.clear_faults()
            await until(lambda: len(world.sent(session)) == 2, "both", 120)

    run(main)


def test_nothing_leaves_into_a_session_that_has_ended_while_it_waited_for_its_turn(tmp_path: Path) -> None:
    """It has been put into words, and waits at the gate."""

    async def main(loop: VirtualLoop) -> tuple[str | None, list[str]]:
        async with core(loop, tmp_path, **REAL) as world:
            (session,) = await open_sessions(world, 1)
            world.evo.fault("503", times=None)
            await until(lambda: world.gate.trouble, "the trouble to be known")
            name = await world.say(session, "hello")
            await until(lambda: world.reactions(name), "the sign that it waits", 30)
            await world.store.write(lambda tx: tx.change_session(session.key, life=Life.ENDED))
            world.evo.clear_faults()
            await until(lambda: _state(world, name) not in {State.PENDING, State.SENDING}, "what became of it", 300)
            item = world.store.read.item_named(name)
            return item and item.reason, world.sent(session)

    assert run(main) == (ENDED, [])


class Slip:
    """An errand with a mistake of ours in it, before its request or after it."""

    repeatable = True

    def __init__(self, errand: Errand, *, before: bool) -> None:
        self._errand, self._before = errand, before

    async def prepare(self, item: Item, session: Session) -> Ready | Impossible | Arrived:
        ready = await self._errand.prepare(item, session)
        assert isinstance(ready, Ready)
        if self._before:
            raise LookupError

        async def send() -> Arrived | Lost:
            await ready.send()
            raise LookupError

        return Ready(send, ready.sent_text)

    async def find(self, item: Item, session: Session) -> Arrived | None:
        return await self._errand.find(item, session)


@pytest.mark.parametrize(
    ("before", "becomes"), [(False, (State.DELIVERED, "", 1, 1)), (True, (State.NEEDS_PERSON, BROKEN, 3, 0))]
)
def test_a_mistake_of_ours_is_a_doubt_after_the_request_and_before_it_soon_a_persons(
    tmp_path: Path, before: bool, becomes: tuple[State, str, int, int]
) -> None:
    async def main(loop: VirtualLoop) -> tuple[State, str, int, int]:
        async with core(loop, tmp_path, **REAL) as world:
            (session,) = await open_sessions(world, 1)
            errands = world.courier._errands
            errands[Kind.SAY] = Slip(errands[Kind.SAY], before=before)
            name = await world.say(session, "hello")
            over = {State.DELIVERED, State.NEEDS_PERSON}
            await until(lambda: _state(world, name) in over or world.posts("SendMessage") > 1, "what became of it", 300)
            item = world.store.read.item_named(name)
            assert item is not None
            return item.state, item.reason, item.attempts, world.posts("SendMessage")

    assert run(main) == becomes


def _state(world: object, name: object) -> State | None:
    item = world.store.read.item_named(name)  # type: ignore[attr-defined]  # a World
    return item.state if item else None
