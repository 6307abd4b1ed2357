"""handlers.preflight: the author alone is told when a reply needs several parts."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model import Actor, Kind, Member, SessionKey, TeamId, UserId
from bot.store.rows import pack_members
from handlers.preflight import hint_of_parts
from tests.handlers.world import ANA, CARD, CHANNEL, TEAM, World, event

PHONE, USER = Member("+15035550123", "Mrs Lee"), Member("joe@acme.com", "Joe")
PARTY = "a" * 150 + " :tada:"
TOLD = "This goes out as 3 text parts to each phone, because of “🎉”; without it it would be 1."


async def said(world: World, text: str, *members: Member) -> list[str]:
    """Says it in a room with these members; what its author is told."""
    session = await world.active_session()
    await come_in(world, session.key, members or (USER, PHONE))
    await world.thread(event(text))
    return await world.hints()


async def come_in(world: World, key: SessionKey, members: tuple[Member, ...]) -> None:
    def work(tx: Any) -> None:
        tx.change_session(key, members=pack_members(members))

    await world.store.write(work)


async def test_one_emoji_that_makes_three_parts_is_said_in_the_thread(world: World) -> None:
    assert await said(world, PARTY) == [TOLD]
    (call,) = world.slack.asked("chat.postEphemeral")
    assert (call["channel"], call["user"], call["thread_ts"]) == (CHANNEL, "U1", CARD)


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "hello :tada:",
        "a" * 300,
        f"note: {PARTY}",
        f"// {PARTY}",
    ],
)
async def test_what_is_short_or_stays_inside_is_passed_over(world: World, text: str) -> None:
    assert await said(world, text) == []


async def test_where_there_is_no_phone_nothing_is_said(world: World) -> None:
    assert await said(world, PARTY, USER) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a" * 454, []),
        ("a" * 455, ["This goes out as 4 text parts to each phone."]),  # with "Ana: " in front
        ("*" + "a" * 450 + "* &amp;", []),
        ("a" * 450 + " <@U3>", ["This goes out as 4 text parts to each phone."]),  # who is called Max
        ("a" * 448 + " <@U3>", []),
    ],
)
async def test_it_is_counted_as_it_will_leave(world: World, text: str, told: list[str]) -> None:
    assert await said(world, text) == told


async def test_it_is_said_once_however_often_slack_brings_the_message(world: World) -> None:
    assert await said(world, PARTY) == [TOLD]
    await world.thread(event(PARTY))
    assert await world.hints() == [TOLD]


async def test_who_is_sent_under_another_name_is_counted_with_that(world: World) -> None:
    """Slack's name would be a part less."""
    await world.door.bridge.settle(Actor(TeamId(TEAM), UserId(ANA)), evo_name="Ana Maria Ruiz")
    assert await said(world, "a" * 445) == ["This goes out as 4 text parts to each phone."]


async def test_a_slack_that_does_not_say_who_it_is_spoils_nothing(world: World) -> None:
    session = await world.active_session()
    await come_in(world, session.key, (PHONE,))
    await world.thread(event("a" * 455))
    await world.door.drain()
    world.slack.faults["users.info"] = "internal_error"
    world.door.workspace._profiles.clear()
    (item,) = world.items(Kind.SAY)
    assert await hint_of_parts(world.door, item.slack_name) is None
