"""What outside phones may cost: counted where an item becomes `sending`, so exact whatever happens around it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.model import (
    Actor,
    Answer,
    Invitee,
    Item,
    Kind,
    Life,
    NewSessionRequest,
    Phone,
    Session,
    SessionType,
    SlackName,
    State,
    TeamId,
    UserId,
)
from bot.policy import Budgets
from sandbox.slack.seeds import ANNA, BEN, TEAM
from tests.faultlab.core import core
from tests.faultlab.lanes import open_sessions
from tests.faultlab.virtual import VirtualLoop, run, until
from tests.helpers import chat
from tests.world import World, a_house

MUCH = 10_000
LEE = Phone("+15035550123", "US")
DONE = {State.DELIVERED, State.REFUSED, State.NEEDS_PERSON}


def budgets(**most: int) -> Budgets:
    """No limit but these."""
    all_of_them = ("user_minute", "user_day", "workspace_day", "number_day", "prefix_hour")
    return Budgets(**{**dict.fromkeys(all_of_them, MUCH), **most})


def numbers(n: int, *, alike: bool = False) -> list[Phone]:
    """So many mobile numbers, each of another beginning, or all of one."""
    if alike:
        return [Phone(f"+1503555{1000 + k}", "US") for k in range(n)]
    return [Phone(f"+1503{200 + k}0123", "US") for k in range(n)]


async def invite(world: World, session: Session, phones: Sequence[Phone], by: str = ANNA, n: int = 1) -> None:
    name = SlackName(f"{TEAM}/view/I{session.key}x{n}")
    people = [Invitee(phone=phone) for phone in phones]
    await world.bridge.invite(session.key, people, Actor(TeamId(TEAM), UserId(by)), name, confirmed=True)


async def settled(world: World, *sessions: Session) -> list[Item]:
    """All invitations, each of which has come to something."""

    def items() -> list[Item]:
        return [item for session in sessions for item in world.invitations(session.key)]

    await until(lambda: items() and all(item.state in DONE for item in items()), "every invitation", 600)
    return items()


def reached(world: World) -> list[str]:
    return [str(effect.detail["identity"]) for effect in world.evo.effects(kind="invited")]


async def to_ben(world: World) -> list[str]:
    """What stands in Ben's own messages with the app."""
    direct, _ = world.slack.world.open_direct([BEN])
    await until(lambda: world.slack.messages(direct.id), "the message to Ben", 60)
    return [str(message["text"]) for message in world.slack.messages(direct.id)]


def play(tmp_path: Path, most: Budgets, scene: Any, **more: Any) -> Any:
    async def main(loop: VirtualLoop) -> Any:
        async with core(loop, tmp_path, feeding=False, house=a_house(budgets=most, **more)) as world:
            return await scene(world, loop)

    return run(main)


@pytest.mark.parametrize(
    ("most", "told"),
    [
        ({"user_minute": 3}, "You have reached 3 outside phones within a minute, which is the limit. Try again in "),
        (
            {"user_day": 3},
            "You have reached 3 outside phones within 24 hours, which is the limit. Try again in 24 hours.",
        ),
        (
            {"workspace_day": 3},
            "This workspace has reached 3 outside phones within 24 hours, which is the limit. Try again in 24 hours.",
        ),
        ({"user_day": 0}, "No outside phone may be reached: the limit is none within 24 hours."),
    ],
)
def test_a_limit_holds_and_says_which_how_many_and_until_when(tmp_path: Path, most: dict[str, int], told: str) -> None:
    async def scene(world: World, _: VirtualLoop) -> tuple[int, set[str]]:
        (session,) = await open_sessions(world, 1)
        await invite(world, session, numbers(5))
        items = await settled(world, session)
        return len(reached(world)), {item.reason for item in items if item.state is State.REFUSED}

    came, reasons = play(tmp_path, budgets(**most), scene)
    assert (came, len(reasons), [reason for reason in reasons if not reason.startswith(told)]) == (
        min(most.values()),
        1,
        [],
    )


def test_one_number_is_reached_three_times_a_day_whoever_asks(tmp_path: Path) -> None:
    async def scene(world: World, _: VirtualLoop) -> tuple[Counter[State], set[str]]:
        sessions = await open_sessions(world, 5)
        for n, session in enumerate(sessions):
            await invite(world, session, [LEE], by=BEN if n % 2 else ANNA)
        items = await settled(world, *sessions)
        return Counter(item.state for item in items), {item.reason for item in items if item.state is State.REFUSED}

    states, reasons = play(tmp_path, budgets(number_day=3), scene)
    assert states == {State.DELIVERED: 3, State.REFUSED: 2}
    assert reasons == {
        "+1 503 •••• 0123 has been reached 3 times within 24 hours, which is the limit. Try again in 24 hours."
    }


def test_what_is_over_the_limit_can_be_tried_again_and_is_free_when_it_was_said(tmp_path: Path) -> None:
    async def scene(world: World, _: VirtualLoop) -> tuple[list[State], int]:
        (session,) = await open_sessions(world, 1)
        await invite(world, session, numbers(2))
        refused = next(item for item in await settled(world, session) if item.state is State.REFUSED)
        seconds = int(refused.reason.split("again in ")[1].split()[0])
        anna, states = Actor(TeamId(TEAM), UserId(ANNA)), []
        for wait in (seconds - 2, 2.5):
            await asyncio.sleep(wait)
            await world.bridge.answer(refused.key, Answer.AGAIN, anna)
            await settled(world, session)
            states.append(world.store.read.item(refused.key).state)
        return states, len(reached(world))

    assert play(tmp_path, budgets(user_minute=1), scene) == ([State.REFUSED, State.DELIVERED], 2)


def test_fifty_lanes_at_once_reach_exactly_as_many_as_they_may(tmp_path: Path) -> None:
    async def scene(world: World, _: VirtualLoop) -> tuple[int, Counter[State]]:
        sessions = await open_sessions(world, 50)
        phones = numbers(50)
        await asyncio.gather(*(invite(world, there, [phone]) for there, phone in zip(sessions, phones, strict=True)))
        return len(reached(world)), Counter(item.state for item in await settled(world, *sessions))

    _, states = play(tmp_path, budgets(user_day=20), scene)
    assert states == {State.DELIVERED: 20, State.REFUSED: 30}


@pytest.mark.parametrize("killed", [False, True])
def test_a_restart_or_a_kill_gives_nobody_anything_back(tmp_path: Path, killed: bool) -> None:
    """Whoever was killed in the middle does not know whether they were reached, and has paid for it."""

    async def scene(world: World, _: VirtualLoop) -> tuple[int, int]:
        sessions = await open_sessions(world, 8)
        for session, phone in zip(sessions, numbers(8), strict=True):
            await invite(world, session, [phone])
            await asyncio.sleep(0.01)
            await (world.die() if killed else world.stop())
            world.start()
        refused = [item for item in await settled(world, *sessions) if item.state is State.REFUSED]
        return len(world.store.read.spent_by(UserId(ANNA), 0)), len(refused)

    assert play(tmp_path, budgets(user_day=3), scene) == (3, 5)


def test_a_machines_own_retry_costs_nothing_and_a_persons_is_a_new_wish(tmp_path: Path) -> None:
    async def scene(world: World, _: VirtualLoop) -> tuple[list[float], list[float]]:
        (session,) = await open_sessions(world, 1)
        world.evo.fault("503", "InviteChatMember", times=2)  # before anything has happened over there
        world.evo.fault("429", "InviteChatMember", times=2)
        await invite(world, session, [LEE])
        (item,) = await settled(world, session)
        once = world.store.read.spent_by(UserId(ANNA), 0)
        if item.state is not State.DELIVERED:
            await world.bridge.answer(item.key, Answer.AGAIN, Actor(TeamId(TEAM), UserId(ANNA)))
            await settled(world, session)
        return once, world.store.read.spent_by(UserId(ANNA), 0)

    once, twice = play(tmp_path, budgets(), scene)
    assert (len(once), len(twice)) == (1, 2)


def test_a_machines_own_retry_passes_a_limit_that_the_wish_has_used_up(tmp_path: Path) -> None:
    async def scene(world: World, _: VirtualLoop) -> tuple[list[State], int]:
        (session,) = await open_sessions(world, 1)
        world.evo.fault("429", "InviteChatMember", times=2)
        await invite(world, session, [LEE])
        return [item.state for item in await settled(world, session)], world.posts("InviteChatMember")

    assert play(tmp_path, budgets(user_day=1, number_day=1), scene) == ([State.DELIVERED], 3)


def test_an_opening_towards_several_numbers_is_all_or_nothing(tmp_path: Path) -> None:
    async def scene(world: World, _: VirtualLoop) -> tuple[Life, str, int, int]:
        (session,) = await open_sessions(world, 1)
        await invite(world, session, [LEE])
        await settled(world, session)
        first, second = numbers(2)
        fax = NewSessionRequest(SessionType.FAX, "Contract", to_address=first, destination=second)
        key = await world.open(fax, n=99)
        await until(lambda: world.store.read.session(key).life is not Life.OPENING, "an end of it", 60)
        reason = world.store.read.items_of(key, Kind.OPEN)[0].reason
        spent = world.store.read.spent_by(UserId(ANNA), 0)
        return world.store.read.session(key).life, reason, len(spent), world.posts("NewSession")

    life, reason, spent, openings = play(tmp_path, budgets(user_day=2), scene)
    assert (life, spent, openings) == (Life.FAILED, 1, 1)
    assert reason.startswith("You have reached 1 outside phone within 24 hours, and 2 more would pass the limit of 2.")


def test_numbers_that_are_alike_are_frozen_for_everybody_and_the_administrators_are_told(tmp_path: Path) -> None:
    async def scene(world: World, _: VirtualLoop) -> tuple[Any, ...]:
        first, second = await open_sessions(world, 2)
        phones = numbers(7, alike=True)
        await invite(world, first, phones[:5])
        await settled(world, first)
        await invite(world, second, phones[5:6], by=BEN)
        items = await settled(world, first, second)
        told = await to_ben(world)
        return reached(world), [item.reason for item in items if item.state is State.REFUSED], told

    came, reasons, told = play(tmp_path, budgets(prefix_hour=5), scene, admins=frozenset({BEN}))
    frozen = "Too many different numbers that begin with +15035••• were to be reached within an hour."
    assert (len(came), [reason.startswith(frozen) for reason in reasons]) == (4, [True, True])
    assert [text[:66] for text in told] == ["5 different numbers that begin with +15035••• were to be reached w"]


def test_a_freeze_is_in_the_log_when_the_policy_names_nobody_to_tell(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(world: World, _: VirtualLoop) -> None:
        (session,) = await open_sessions(world, 1)
        await invite(world, session, numbers(2, alike=True))
        await settled(world, session)

    with caplog.at_level(logging.WARNING, "bot.courier.lanes"):
        play(tmp_path, budgets(prefix_hour=2), scene)
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "numbers that are alike are frozen; the policy names no administrator who could be told"
    ]


def test_what_was_lifted_begins_anew(tmp_path: Path) -> None:
    """The numbers that led to the freeze are not held against the next one."""

    async def scene(world: World, _: VirtualLoop) -> tuple[list[str], int]:
        (session,) = await open_sessions(world, 1)
        phones = numbers(4, alike=True)
        await invite(world, session, phones[:3])
        await settled(world, session)
        lifted = await world.bridge.lift(phones[3].e164[1:], Actor(TeamId(TEAM), UserId(BEN)))
        await invite(world, session, phones[3:], n=2)
        await settled(world, session)
        return lifted, len(reached(world))

    assert play(tmp_path, budgets(prefix_hour=3), scene) == (["the freeze of the numbers that begin like it"], 3)


def test_an_invitation_by_e_mail_costs_nothing(tmp_path: Path) -> None:
    async def scene(world: World, _: VirtualLoop) -> Life:
        session = await world.opened(chat())
        return session.life

    assert play(tmp_path, budgets(user_day=0), scene) is Life.ACTIVE
