# ruff: noqa: E501 - what is said stands here as it is
"""May somebody do something, and why: what is said of people as Slack knows them, down to what is left of budgets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

import pytest

from bot.bridge import House
from bot.bridge.safeguards import hashed, hashed_beginning
from bot.inquiry import Books, NotAsked, NotReachable, find, inquire, read_action, read_whom
from bot.model import ChannelId, ItemKey, Phone, Profile, Stop, TeamId, UserId
from bot.policy import Action, Policy, read
from bot.policy.explaining import Asked, Explanation
from bot.rights import Rights
from bot.store import Store, Tx
from sandbox.slack.seeds import ANNA, BEN, CARLA, GONE, GUEST, OTHER_BOT_USER, SHARED, STRANGER, SUPPORT, TEAM
from tests.helpers import TestClock, house
from tests.world import World, playing

LEE = Phone("+15035550123", "US")
POLICY = """\
[[allow]]
name = "the desk"
who = ["@desk"]
what = ["create", "invite", "phone", "number", "reply"]

[[allow]]
name = "who opened it"
who = ["creator", "owners"]
what = ["end"]

[[deny]]
name = "no phones of Canada"
who = ["everyone"]
what = ["phone"]
regions = ["CA"]

[admins]
who = ["ben@workshop.example"]
"""
OURS = read(POLICY, "policy.toml")
REACHES = "To reach outside phones: allowed by the rule “the desk” (policy.toml, line 1)"
SAYS_YES = "Before it leaves, they must say yes to number, country and cost, within 5 minutes"
ALL_LEFT = (
    "Budgets left: 5 of 5 for them in a minute, 20 of 20 for them in a day, 100 of 100 for everybody in a day, "
    "3 of 3 for this number in a day"
)


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    async with playing(store, clock=TestClock()) as world:
        yield world


def ours(policy: Policy = OURS) -> House:
    return replace(house(confirm=True), policy=policy)


async def answered(world: World, user: str, asked: Asked, home: House | None = None) -> Explanation:
    home = home or ours()
    rights = Rights(world.workspace, home.policy, TeamId(TEAM))
    return await inquire(rights, home, UserId(user), asked, Books(world.store.read, world.clock.now()))


ANNA_IS = f"Anna ({ANNA}): a full member, owner or administrator of this Slack workspace, in @desk"
BEN_IS = f"Ben ({BEN}): a full member, administrator of the policy, in @desk"
CARLA_IS = f"Carla Conti ({CARLA}): a full member, not in @desk"


@pytest.mark.parametrize(
    ("user", "asked", "lines"),
    [
        (ANNA, Asked(Action.INVITE, LEE), (ANNA_IS, REACHES, "+15035550123: nothing stands against this number", ALL_LEFT, SAYS_YES, "So: allowed.")),
        (BEN, Asked(Action.INVITE), (BEN_IS, "To invite people: allowed by the rule “the desk” (policy.toml, line 1)", "So: allowed.")),
        (
            ANNA,
            Asked(Action.CALL, LEE, ChannelId(SUPPORT)),
            (
                ANNA_IS,
                f"Where: {SUPPORT}, a public channel",
                "To start calls: allowed by the rule “the desk” (policy.toml, line 1)",
                REACHES,
                "+15035550123: nothing stands against this number",
                ALL_LEFT,
                SAYS_YES,
                "So: allowed.",
            ),
        ),
        (
            ANNA,
            Asked(Action.INVITE, Phone("+16135550123", "CA")),
            (
                ANNA_IS,
                ("To reach outside phones: refused by the rule “no phones of Canada” (policy.toml, line 11). They are told: "
                "The rule “no phones of Canada” forbids you to reach outside phones."),
                ("+16135550123: refused. +16135550123 belongs to Canada, where phones are not allowed. An administrator can "
                "allow them by adding CA to EVOBOT_PHONE_REGIONS."),
                ALL_LEFT,
                "So: refused.",
            ),
        ),
        (
            CARLA,
            Asked(Action.REPLY),
            (
                CARLA_IS,
                "A session that they opened",
                ("To write to sessions: refused, no rule allows it. They are told: No rule of this workspace's policy allows "
                "you to write to sessions."),
                "So: refused.",
            ),
        ),
        (
            CARLA,
            Asked(Action.END, own=False),
            (
                CARLA_IS,
                "A session that somebody else opened",
                ("To end sessions: refused, no rule allows it. They are told: You may end sessions only where you opened the "
                "session yourself: the rule “who opened it”."),
                "So: refused.",
            ),
        ),
        (
            ANNA,
            Asked(Action.REPLY, None, ChannelId(SHARED)),
            (
                ANNA_IS,
                f"Where: {SHARED}, shared with another organization",
                "A session that they opened",
                ("To write to sessions: refused, no rule allows it. They are told: No rule of this workspace's policy allows "
                "you to write to sessions in a channel that is shared with another organization."),
                "So: refused.",
            ),
        ),
        (BEN, Asked(Action.NUMBER, LEE), (BEN_IS, "To use this number as sender: allowed by the rule “the desk” (policy.toml, line 1)", "So: allowed.")),
    ],
)  # fmt: skip
async def test_it_is_said_who_that_is_and_which_rule_decides(
    world: World, user: str, asked: Asked, lines: tuple[str, ...]
) -> None:
    explanation = await answered(world, user, asked)
    assert explanation == Explanation(lines[-1] == "So: allowed.", lines)


@pytest.mark.parametrize(
    ("user", "kind"),
    [
        (GUEST, "a guest"),
        (STRANGER, "somebody of another organization"),
        (OTHER_BOT_USER, "a bot"),
        (GONE, "deactivated"),
    ],
)
async def test_whoever_is_no_full_member_is_called_what_they_are(world: World, user: str, kind: str) -> None:
    explanation = await answered(world, user, Asked(Action.SEE))
    assert f"({user}): {kind}, not in @desk" in explanation.lines[0]
    assert not explanation.allowed


async def test_an_invitation_is_nobodys_own_as_when_it_happens() -> None:
    """`own` changes nothing where the bot does not ask whose session it is."""
    assert Asked(Action.INVITE, own=False).wishes == Asked(Action.INVITE).wishes
    assert Asked(Action.END, own=False).wishes != Asked(Action.END).wishes


async def test_what_is_used_of_a_budget_is_not_left(world: World) -> None:
    now, prefix = world.clock.now(), hashed_beginning(world.store.read, LEE.e164[1:9])
    for n, (phone, user) in enumerate([(LEE, ANNA), (LEE, BEN), (LEE, BEN)], start=1):
        number = hashed(world.store.read, phone)
        await world.store.write(
            partial(Tx.spend, item=ItemKey(n), number=number, prefix=prefix, user=UserId(user), asked_at=0.0, now=now)
        )
    explanation = await answered(world, ANNA, Asked(Action.INVITE, LEE))
    assert not explanation.allowed
    assert explanation.lines[2:] == (
        "+15035550123: refused. +1 503 •••• 0123 has been reached 3 times within 24 hours, which is the limit. Try again in 24 hours.",
        (
            "Budgets left: 4 of 5 for them in a minute, 19 of 20 for them in a day, 97 of 100 for everybody in a day, "
            "0 of 3 for this number in a day"
        ),
        "So: refused.",
    )


async def test_everything_is_refused_while_everything_is_stopped(world: World) -> None:
    await world.store.write(lambda tx: tx.begin_stop(Stop(world.clock.now(), BEN, "fraud")))
    explanation = await answered(world, ANNA, Asked(Action.INVITE, LEE))
    assert not explanation.allowed
    assert explanation.lines[2].startswith("+15035550123: refused. ")
    assert "(fraud)" in explanation.lines[2]


async def test_who_has_opted_out_is_not_reached(world: World) -> None:
    number = hashed(world.store.read, LEE)
    await world.store.write(lambda tx: tx.opt_out(number, "+1503•••0123", "STOP", None, world.clock.now()))
    explanation = await answered(world, ANNA, Asked(Action.CHAT, LEE))
    assert not explanation.allowed
    assert "STOP" in explanation.lines[3]


async def test_a_second_person_is_announced(world: World) -> None:
    policy = replace(OURS, phones=replace(OURS.phones, second_person=True, confirm_seconds=90.0))
    explanation = await answered(world, ANNA, Asked(Action.INVITE, LEE), ours(policy))
    assert "Before it leaves, somebody else must say yes, within 1.5 minutes" in explanation.lines


async def test_without_a_database_nothing_is_said_of_budgets(world: World) -> None:
    rights = Rights(world.workspace, OURS, TeamId(TEAM))
    explanation = await inquire(rights, ours(), UserId(ANNA), Asked(Action.INVITE, LEE), None)
    assert explanation.lines[1:] == (
        REACHES,
        "+15035550123: nothing stands against this number",
        SAYS_YES,
        "So: allowed.",
    )


# Who is meant


@pytest.mark.parametrize("typed", [ANNA, "anna@workshop.example", "Anna@Workshop.example", "@anna", "@Anna"])
async def test_a_person_is_found_by_id_address_and_name(world: World, typed: str) -> None:
    assert (await find(world.workspace, typed)).user == ANNA


NOBODY = "Slack knows nobody called “{}”. Give an id (U012AB3CD), an e-mail address or a @name."
NOT_SO = "“{}” is nobody: give an id (U012AB3CD), an e-mail address or a @name."


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("U0NOBODY", NOBODY.format("U0NOBODY")),
        ("nobody@workshop.example", NOBODY.format("nobody@workshop.example")),
        ("@nobody", NOBODY.format("@nobody")),
        ("anna", NOT_SO.format("anna")),
        ("@", NOT_SO.format("@")),
        ("", NOT_SO.format("")),
        ("anna@", "“anna@” is not an e-mail address."),
    ],
)
async def test_who_is_not_found_is_told(world: World, typed: str, why: str) -> None:
    with pytest.raises(NotAsked) as caught:
        await find(world.workspace, typed)
    assert str(caught.value) == why


async def test_a_name_of_several_is_not_guessed(world: World) -> None:
    people = world.slack.world.people
    people[CARLA] = replace(people[CARLA], shown="Ben")
    with pytest.raises(NotAsked) as caught:
        await find(world.workspace, "@ben")
    assert str(caught.value) == f"Several people are called “@ben”: {BEN} (Ben) and {CARLA} (Ben). Give the id."


async def test_everybody_is_looked_through_page_by_page(world: World) -> None:
    people = world.slack.world.people
    for n in range(450):
        people[f"U9{n:06}"] = replace(people[CARLA], id=f"U9{n:06}", name=f"c{n}")
    people["U8LAST0001"] = replace(people[CARLA], id="U8LAST0001", name="last")
    assert await find(world.workspace, "@last") == Profile(UserId("U8LAST0001"), TeamId(TEAM), "Carla Conti", None)


def test_an_action_is_read() -> None:
    assert read_action(" Invite ") is Action.INVITE
    for typed, why in (
        ("create", "“create” is call, chat and fax. Ask about one of them."),
        ("snd", "“snd” is no action. Did you mean “end”? "),
    ):
        with pytest.raises(NotAsked) as caught:
            read_action(typed)
        assert str(caught.value).startswith(why)


def test_whom_it_is_about_is_read() -> None:
    assert read_whom("503 555 0123", Action.INVITE, "US") == LEE
    assert read_whom("joe@example.com", Action.INVITE, "US") is None
    assert read_whom("", Action.NUMBER, "US") is None
    with pytest.raises(NotReachable):
        read_whom("911", Action.CALL, "US")
    with pytest.raises(NotAsked):
        read_whom("mine", Action.NUMBER, "US")
