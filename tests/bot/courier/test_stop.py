"""Everything is stopped: nothing leaves from the commit on, all can see it, and nothing goes out by itself after."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.audit import operator
from bot.bridge import stopping
from bot.bridge.safeguards import blocked
from bot.evo import NotSent
from bot.model import (
    Actor,
    Answer,
    Answered,
    Invitee,
    Kind,
    Life,
    NewSessionRequest,
    Phone,
    SessionType,
    SlackName,
    State,
    TeamId,
    UserId,
)
from bot.store.aside import write_aside
from bot.texts import STOPPED_REPLY
from sandbox.slack.seeds import ANNA, BEN, TEAM
from tests.faultlab.core import core
from tests.faultlab.lanes import REAL, open_sessions
from tests.faultlab.virtual import VirtualLoop, run, until
from tests.helpers import chat
from tests.world import World, a_house

BOSS = Actor(TeamId(TEAM), UserId(ANNA))
LEE = Phone("+15035550123", "US")
HELD = "Everything that leaves to Evo Voice was stopped by an administrator (a wrong list)."


def play(tmp_path: Path, scene: Any, **wishes: Any) -> Any:
    async def main(loop: VirtualLoop) -> Any:
        async with core(loop, tmp_path, **{"feeding": False, **wishes}) as world:
            return await scene(world)

    return run(main)


async def stop(world: World) -> None:
    assert await world.bridge.stop_everything(BOSS, "a wrong list")


def states(world: World, *kinds: Kind) -> list[State]:
    keys = [session.key for session in world.store.read.newest_sessions(100)]
    return [item.state for key in sorted(keys) for item in world.store.read.items_of(key, *kinds)]


def test_what_waits_when_it_begins_does_not_leave_then_nor_after(tmp_path: Path) -> None:
    async def scene(world: World) -> tuple[list[State], list[State], int]:
        (session,) = await open_sessions(world, 1)
        before = len(world.evo.effects())
        await world.stop()  # so that nothing is quicker than we are
        await world.say(session, "hello")
        await world.bridge.invite(session.key, [Invitee(phone=LEE)], BOSS, SlackName("x/view/1"), confirmed=True)
        await world.open(n=2)
        await stop(world)
        held = states(world, Kind.OPEN, Kind.SAY, Kind.INVITE)
        world.start()
        await asyncio.sleep(120)
        assert await world.bridge.go_on(BOSS)
        await asyncio.sleep(600)
        return held, states(world, Kind.OPEN, Kind.SAY, Kind.INVITE), len(world.evo.effects()) - before

    held, after, effects = play(tmp_path, scene)
    assert (held, after, effects) == ([State.DELIVERED, *[State.NEEDS_PERSON] * 3], held, 0)


def test_each_is_sent_once_when_a_person_says_so_after_the_all_clear(tmp_path: Path) -> None:
    async def scene(world: World) -> tuple[list[Answered], list[str]]:
        (session,) = await open_sessions(world, 1)
        await stop(world)
        name = await world.say(session, "hello")
        item = await world.item_when(name, State.NEEDS_PERSON)
        answers = [await world.bridge.answer(item.key, Answer.AGAIN, BOSS)]
        await world.bridge.go_on(BOSS)
        answers += [await world.bridge.answer(item.key, Answer.AGAIN, BOSS) for _ in range(2)]
        await world.item_when(name, State.DELIVERED)
        return answers, world.sent(session)

    assert play(tmp_path, scene) == ([Answered.STOPPED, Answered.TAKEN, Answered.TOO_LATE], ["Ben: hello"])


def test_a_question_cannot_be_answered_with_yes_meanwhile_but_with_no(tmp_path: Path) -> None:
    async def scene(world: World) -> tuple[list[Answered], int]:
        (session,) = await open_sessions(world, 1)
        await world.bridge.invite(session.key, [Invitee(phone=LEE)], BOSS, SlackName("x/view/1"))
        (item,) = world.invitations(session.key)
        await stop(world)
        answers = [await world.bridge.answer(item.key, answer, BOSS) for answer in (Answer.YES, Answer.NO)]
        await asyncio.sleep(60)
        return answers, world.posts("InviteChatMember")

    came = play(tmp_path, scene, house=a_house(confirm=True))
    assert came == ([Answered.STOPPED, Answered.TAKEN], 0)


@pytest.mark.parametrize("over_soon", [False, True])
@pytest.mark.parametrize(
    ("fault", "state", "requests"), [("cut_after", State.DELIVERED, 1), ("cut_before", State.NEEDS_PERSON, 1)]
)
def test_what_is_in_doubt_is_looked_for_and_not_repeated(
    tmp_path: Path, fault: str, state: State, requests: int, over_soon: bool
) -> None:
    """Not after an all-clear either that came before it was proven absent."""

    async def scene(world: World) -> tuple[State, int]:
        (session,) = await open_sessions(world, 1)
        world.evo.fault(fault, "SendMessage")
        world.evo.fault("500", "GetChatTranscript", times=None)  # nobody can look yet
        name = await world.say(session, "hello")
        await world.item_when(name, State.UNKNOWN)
        await stop(world)
        if over_soon:
            await world.bridge.go_on(BOSS)
        world.evo.clear_faults()
        await asyncio.sleep(300)
        item = world.store.read.item_named(name)
        assert item is not None
        return item.state, world.posts("SendMessage")

    assert play(tmp_path, scene, **REAL) == (state, requests)


@pytest.mark.parametrize("over_soon", [False, True])
def test_what_was_on_its_way_and_surely_did_not_arrive_is_not_tried_again(tmp_path: Path, over_soon: bool) -> None:
    async def scene(world: World) -> tuple[State, int]:
        (session,) = await open_sessions(world, 1)
        world.evo.fault("slow", "SendMessage", seconds=5)
        name = await world.say(session, "hello")
        item = await world.item_when(name, State.SENDING)
        await stop(world)
        if over_soon:
            await world.bridge.go_on(BOSS)
        await world.courier._failed(item, NotSent("nobody there"))
        await asyncio.sleep(60)
        return world.store.read.item(item.key).state, world.posts("SendMessage")

    assert play(tmp_path, scene) == (State.NEEDS_PERSON, 1)


def test_what_takes_away_can_still_be_done_and_what_brings_back_waits(tmp_path: Path) -> None:
    async def scene(world: World) -> list[State]:
        call = await world.opened(replace(chat(), type=SessionType.VOICE))
        joe = next(member for member in call.members if member.identity == "joe@example.com")
        await stop(world)
        await world.bridge.hold(call.key, BOSS, SlackName("x/1"))
        await world.bridge.hold(call.key, BOSS, SlackName("x/2"), resume=True)
        await world.bridge.remove(call.key, joe, BOSS, SlackName("x/3"))
        await world.bridge.end(call.key, BOSS, SlackName("x/4"))
        await asyncio.sleep(60)
        return states(world, Kind.HOLD) + states(world, Kind.RESUME) + states(world, Kind.KICK, Kind.END)

    assert play(tmp_path, scene) == [State.DELIVERED, State.NEEDS_PERSON, State.DELIVERED, State.DELIVERED]


@pytest.mark.parametrize("killed", [False, True])
def test_it_holds_over_a_restart_and_a_kill(tmp_path: Path, killed: bool) -> None:
    async def scene(world: World) -> tuple[State, int]:
        (session,) = await open_sessions(world, 1)
        await stop(world)
        await (world.die() if killed else world.stop())
        world.start()
        name = await world.say(session, "hello")
        await asyncio.sleep(60)
        item = world.store.read.item_named(name)
        assert item is not None
        return item.state, world.posts("SendMessage")

    assert play(tmp_path, scene) == (State.NEEDS_PERSON, 0)


def test_the_console_stops_a_running_bot_and_lets_it_go_on(tmp_path: Path) -> None:
    async def scene(world: World) -> tuple[list[str], list[str], list[str]]:
        (session,) = await open_sessions(world, 1)
        now, file = world.clock.now(), tmp_path / "evobot.db"
        assert write_aside(file, lambda tx: stopping.stop_everything(tx, operator("ada"), "a wrong list", now))
        stopped = blocked(world.store.read)
        await world.item_when(await world.say(session, "one"), State.NEEDS_PERSON)
        assert write_aside(file, lambda tx: stopping.go_on(tx, operator("ada"), now + 1))
        await world.item_when(await world.say(session, "two"), State.DELIVERED)
        return stopped, blocked(world.store.read), world.sent(session)

    stopped = ["everything that leaves to Evo Voice is stopped by an administrator (a wrong list)"]
    assert play(tmp_path, scene) == (stopped, [], ["Ben: two"])


def test_cards_and_threads_say_when_it_begins_and_when_it_ends(tmp_path: Path) -> None:
    async def scene(world: World) -> tuple[bool, bool, list[str]]:
        (session,) = await open_sessions(world, 1)
        await stop(world)
        banner = "⛔ Everything that leaves to Evo Voice is stopped (a wrong list)."
        await until(lambda: banner in world.card(session), "the banner", 60)
        during = banner in world.card(session)
        await world.bridge.go_on(BOSS)
        await until(lambda: banner not in world.card(session), "it to go", 60)
        await until(lambda: len(world.thread(session)) == 2, "two lines", 60)
        return during, banner in world.card(session), world.thread(session)

    during, after, lines = play(tmp_path, scene)
    assert (during, after, [line.partition(".")[0] for line in lines]) == (
        True, False,
        [
            "An administrator stopped everything that leaves to Evo Voice (a wrong list)",
            "Everything goes on: what is written from now on is sent",
        ],
    )  # fmt: skip


def test_replies_meanwhile_stand_in_one_question_and_their_authors_are_told(tmp_path: Path) -> None:
    async def scene(world: World) -> tuple[list[str], list[str]]:
        (session,) = await open_sessions(world, 1)
        await stop(world)
        assert session.thread is not None
        for text in ("one", "two"):
            await world.write(text, session.thread)
        await until(lambda: any("two" in text for text in world.thread(session)), "the question", 60)
        await world.threads._door.drain()
        return world.thread(session)[1:], [str(told["text"]) for told in world.slack.ephemerals(BEN)]

    question = f"{HELD} Meanwhile 2 replies were written here. Nothing of this has been sent:"
    asked, told = play(tmp_path, scene)
    assert asked == [f"{question}\n• <@{BEN}> “one”\n• <@{BEN}> “two”"]
    assert told == [STOPPED_REPLY] * 2


def test_a_number_that_was_held_back_is_asked_about_once_more_before_it_is_reached(tmp_path: Path) -> None:
    """A yes of before the stop may be days old."""

    async def scene(world: World) -> tuple[list[State], int]:
        (session,) = await open_sessions(world, 1)
        await world.stop()
        await world.bridge.invite(session.key, [Invitee(phone=LEE)], BOSS, SlackName("x/view/1"), confirmed=True)
        await stop(world)
        await world.bridge.go_on(BOSS)
        (item,) = world.invitations(session.key)
        assert await world.bridge.answer(item.key, Answer.AGAIN, BOSS) is Answered.TAKEN
        world.start()
        await asyncio.sleep(60)
        return [one.state for one in world.invitations(session.key)], world.posts("InviteChatMember")

    assert play(tmp_path, scene, house=a_house(confirm=True)) == ([State.ASKED], 0)


@pytest.mark.parametrize("first", [True, False])
def test_a_reply_of_which_nobody_can_tell_is_asked_about_by_itself(tmp_path: Path, first: bool) -> None:
    """Among those that surely were not sent it would be lost sight of."""

    async def scene(world: World) -> list[str]:
        (session,) = await open_sessions(world, 1)
        world.evo.fault("cut_before", "SendMessage")
        world.evo.fault("500", "GetChatTranscript", times=None)
        name = await world.say(session, "in doubt")
        await world.item_when(name, State.UNKNOWN)
        held = [] if first else [await world.say(session, text) for text in ("one", "two")]
        await stop(world)
        world.evo.clear_faults()
        await world.item_when(name, State.NEEDS_PERSON)
        held += [await world.say(session, text) for text in ("one", "two")] if first else []
        for each in held:
            await world.item_when(each, State.NEEDS_PERSON)
        await asyncio.sleep(60)
        return world.thread(session)

    there = play(tmp_path, scene, **REAL)
    assert [text for text in there if "I cannot tell whether this reached the session: “Ben: in doubt”" in text]
    assert [text for text in there if "“one”" in text and "“two”" in text and "2 replies were written" in text]


def test_stopping_twice_is_stopping_once_and_going_on_twice_is_going_on_once(tmp_path: Path) -> None:
    async def scene(world: World) -> list[bool]:
        again = [await world.bridge.stop_everything(BOSS, why) for why in ("first", "second")]
        return [*again, await world.bridge.go_on(BOSS), await world.bridge.go_on(BOSS)]

    assert play(tmp_path, scene) == [True, False, True, False]


@pytest.mark.parametrize("word", ["STOP", "unsubscribe"])
def test_a_phone_that_wants_nothing_more_is_sent_nothing_more_until_it_says_start(tmp_path: Path, word: str) -> None:
    async def scene(world: World) -> tuple[list[State], list[str]]:
        session, other = await open_sessions(world, 2)
        for there, n in ((session, 1), (other, 2)):
            name = SlackName(f"x/view/{n}")
            await world.bridge.invite(there.key, [Invitee(phone=LEE)], BOSS, name, confirmed=True)
            await until(lambda there=there: world.invitations(there.key)[-1].state is State.DELIVERED, "Lee")
        world.evo.hear(session.evo_id or "", LEE.e164, word)
        await until(lambda: world.store.read.opted_out(world.store.read.hashed(LEE.e164)), "it to be heard", 60)
        came = [(await world.item_when(await world.say(other, "hello"), State.REFUSED, State.DELIVERED)).state]
        third = await world.opened(n=3)
        name = SlackName("x/view/3")
        await world.bridge.invite(third.key, [Invitee(phone=LEE)], BOSS, name, confirmed=True)
        fax = await world.open(NewSessionRequest(SessionType.FAX, "Contract", to=LEE), n=4)
        await until(lambda: world.store.read.session(fax).life is Life.FAILED, "the fax", 60)
        came += [world.invitations(third.key)[0].state, world.store.read.items_of(fax, Kind.OPEN)[0].state]
        world.evo.hear(session.evo_id or "", LEE.e164, "Start")
        await until(lambda: not world.store.read.opted_out(world.store.read.hashed(LEE.e164)), "it to be heard", 60)
        came += [(await world.item_when(await world.say(other, "hi"), State.REFUSED, State.DELIVERED)).state]
        return came, world.sent(other)

    came, sent = play(tmp_path, scene, feeding=True)
    assert (came, sent) == ([State.REFUSED] * 3 + [State.DELIVERED], ["Ben: hi"])
