"""Rights as Slack tells them: groups, kinds of channels, what is costly anew, and what was lost in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.model import Actor, ChannelId, Invitee, Kind, Phone, Profile, SlackName, State, TeamId, UserId
from bot.policy import Action, Policy, Role, Rule, Who, Wish, default_policy
from bot.rights import BELIEVED_SECONDS, COSTLY_SECONDS, Rights, is_home
from bot.store import Store
from bot.workspace import SlackError
from sandbox.slack.seeds import ANNA, BEN, CARLA, DESK, SHARED, SUPPORT, TEAM
from tests.faultlab.core import core
from tests.faultlab.virtual import VirtualLoop, run
from tests.helpers import TestClock, until
from tests.world import World, a_house, playing

LEE = Phone("+15035550123", "US")
MEMBERS = Who(frozenset({Role.MEMBERS}))


def group(action: Action, name: str, *, allows: bool = True) -> Rule:
    return Rule(f"{name} {action}", allows, Who(groups=frozenset({name})), frozenset({action}))


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    async with playing(store, clock=TestClock()) as world:
        yield world


def rights(world: World, *rules: Rule) -> Rights:
    return Rights(world.workspace, Policy(rules=rules), TeamId(TEAM))


async def test_a_group_is_known_by_its_handle_and_by_its_id(world: World) -> None:
    for name in ("desk", "DESK", DESK, DESK.lower()):
        asked = rights(world, group(Action.REPLY, name))
        assert (await asked.verdict(UserId(ANNA), Wish(Action.REPLY))).allowed
        assert not (await asked.verdict(UserId(CARLA), Wish(Action.REPLY))).allowed


@pytest.mark.parametrize("name", ["former", "nobody", "S0NOTHERE1"])
async def test_a_group_that_slack_does_not_know_allows_nobody_and_forbids_everybody(world: World, name: str) -> None:
    everybody = Rule("everybody", True, MEMBERS, frozenset({Action.REPLY}))
    allowing = rights(world, group(Action.REPLY, name))
    forbidding = rights(world, everybody, group(Action.REPLY, name, allows=False))
    assert not (await allowing.verdict(UserId(ANNA), Wish(Action.REPLY))).allowed
    assert not (await forbidding.verdict(UserId(ANNA), Wish(Action.REPLY))).allowed


async def test_while_slack_is_away_nobody_knows_who_is_in_a_group(world: World) -> None:
    """Then what is to leave waits, as it does for anything else that Slack does not say."""
    world.slack.faults.order("usergroups.list", "error", error="internal_error", times=10)
    with pytest.raises(SlackError):
        await rights(world, group(Action.REPLY, "desk")).verdict(UserId(ANNA), Wish(Action.REPLY))


async def test_where_slack_will_not_speak_of_groups_nothing_is_allowed_by_them(world: World) -> None:
    world.slack.faults.order("usergroups.list", "error", error="missing_scope", times=10)
    verdict = await rights(world, group(Action.REPLY, "desk")).verdict(UserId(ANNA), Wish(Action.REPLY))
    assert (verdict.allowed, verdict.why) == (
        False,
        "The rule “desk reply” depends on a user group, and Slack did not say who is in it.",
    )


@pytest.mark.parametrize(
    ("action", "seconds", "still"),
    [
        (Action.REPLY, BELIEVED_SECONDS - 1, True),
        (Action.REPLY, BELIEVED_SECONDS, False),
        (Action.PHONE, COSTLY_SECONDS - 1, True),
        (Action.PHONE, COSTLY_SECONDS, False),
    ],
)
async def test_what_costs_money_is_asked_anew_and_the_rest_is_believed_for_minutes(
    world: World, action: Action, seconds: float, still: bool
) -> None:
    asked, clock = rights(world, group(action, "desk")), world.clock
    assert isinstance(clock, TestClock)
    assert (await asked.verdict(UserId(ANNA), Wish(action))).allowed
    await world.slack.group(DESK, users=[BEN])
    clock.advance(seconds)
    assert (await asked.verdict(UserId(ANNA), Wish(action))).allowed is still


@pytest.mark.parametrize(
    ("channel", "may"), [(SUPPORT, True), (SHARED, False), ("C0NOWHERE1", True), ("D0ANNA0009", True)]
)
async def test_a_channel_counts_as_what_slack_says_it_is(world: World, channel: str, may: bool) -> None:
    """Where Slack shows us nothing, nothing will be posted."""
    asked = Rights(world.workspace, default_policy(), TeamId(TEAM))
    assert (await asked.verdict(UserId(ANNA), Wish(Action.REPLY), ChannelId(channel))).allowed is may


@pytest.mark.parametrize(
    ("team", "stranger", "home"),
    [(TEAM, False, True), (None, False, True), (None, True, False), (TEAM, True, False), ("T0OTHER", False, False)],
)
def test_who_is_of_this_workspace(team: str | None, stranger: bool, home: bool) -> None:
    whose = None if team is None else TeamId(team)
    assert is_home(Profile(UserId("U1"), whose, "Ana", None, stranger=stranger), TeamId(TEAM)) is home


async def test_a_right_that_is_lost_between_the_click_and_its_turn_is_lost(store: Store) -> None:
    only_desk = Policy(rules=(*default_policy().rules[:1], group(Action.PHONE, "desk")))
    clock = TestClock()
    async with playing(store, clock=clock) as world:
        world.house = replace(world.house, policy=only_desk)
        world.start()
        session = await world.opened()
        await world.stop()
        await world.bridge.invite(
            session.key, [Invitee(phone=LEE)], Actor(TeamId(TEAM), UserId(ANNA)), SlackName("T/view/V9"), confirmed=True
        )
        await world.slack.group(DESK, users=[BEN])
        clock.advance(COSTLY_SECONDS)
        world.start()
        (item,) = await until(
            lambda: [one for one in world.invitations(session.key) if one.state is State.REFUSED], "the refusal"
        )
        assert (item.reason, world.posts("InviteChatMember")) == (
            "No rule of this workspace's policy allows you to reach outside phones here.",
            0,
        )


def test_who_waited_behind_another_opening_is_asked_about_anew(tmp_path: Path) -> None:
    """Evo Voice is away for minutes, and meanwhile the right is lost. The first is in doubt, the second waits for Evo
    Voice, the third for the second.
    """
    others = Rule("others", True, MEMBERS, frozenset({Action.INVITE}))
    only_desk = Policy(rules=(others, group(Action.CHAT, "desk")))

    async def main(loop: VirtualLoop) -> tuple[list[State], int]:
        async with core(loop, tmp_path, feeding=False, house=replace(a_house(), policy=only_desk)) as world:
            world.evo.fault("503", times=None)
            keys = [await world.open(n=n) for n in (1, 2, 3)]
            await asyncio.sleep(30)
            await world.slack.group(DESK, users=[BEN])
            await asyncio.sleep(400)
            world.evo.clear_faults()
            await asyncio.sleep(120)
            items = [world.store.read.items_of(key, Kind.OPEN)[0] for key in keys]
            return [item.state for item in items], len(world.evo.effects())

    assert run(main) == ([State.REFUSED] * 3, 0)
