"""A channel that another organization can see shows no sessions, unless the policy opens it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.courier.channels import BELIEVED_SECONDS
from bot.model import ChannelId, Phone, Session, State
from bot.policy import Action, PlaceKind, Policy, Role, Rule, Where, Who
from bot.store import Store
from bot.texts import SHARED
from sandbox.slack.seeds import ANNA, BEN, SUPPORT
from tests.faultlab.core import core
from tests.faultlab.virtual import VirtualLoop, run
from tests.helpers import chat, until
from tests.world import World, playing

JOE = "+15035550123"
MEMBERS = Who(frozenset({Role.MEMBERS}))
OPENED = Rule("partners see it", True, MEMBERS, frozenset(Action), Where(frozenset({PlaceKind.SHARED})))


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    async with playing(store) as world:
        world.start()
        yield world


async def chatting(world: World) -> Session:
    session = await world.opened(chat(phones=(Phone(JOE, "US"),)))
    await until(lambda: any("was invited" in text for text in world.thread(session)), "the invitation")
    return session


def share(world: World, shared: bool = True) -> None:
    world.slack.world.channels[SUPPORT].is_ext_shared = shared
    world.poster.channel_changed(ChannelId(SUPPORT))


def letters(world: World) -> list[str]:
    """What Anna was told in her own messages with the app."""
    rooms = [room for room in world.slack.world.channels.values() if room.id.startswith("D") and ANNA in room.members]
    return [str(message["text"]) for room in rooms for message in world.slack.messages(room.id)]


async def test_what_is_said_stays_out_of_a_shared_channel_and_stands_there_when_it_is_ours_again(world: World) -> None:
    session = await chatting(world)
    before = world.thread(session)
    share(world)
    for n in range(3):
        world.evo.hear(session.evo_id or "", JOE, f"secret {n}")
    told = SHARED.format(name=session.name)
    await until(lambda: letters(world) == [told], "who opened it is told, once")
    assert world.thread(session) == before
    share(world, shared=False)
    said = [f"+1 503 •••• 0123: secret {n}" for n in range(3)]
    await until(lambda: world.thread(session)[-3:] == said, "everything in its order")
    assert letters(world) == [told]


async def test_a_reply_in_a_shared_channel_is_not_sent_and_its_author_reads_why(world: World) -> None:
    session = await chatting(world)
    share(world)
    item = await world.item_when(await world.say(session, "Our price is 500", by=BEN), State.REFUSED)
    why = (
        "No rule of this workspace's policy allows you to write to sessions in a channel that is shared with "
        "another organization."
    )
    assert (item.reason, world.sent(session)) == (why, [])
    await until(lambda: any(why in text for text in world.thread(session)), "the reason under it")


async def test_what_a_policy_opens_is_open(store: Store) -> None:
    async with playing(store) as world:
        world.house = replace(world.house, policy=Policy(rules=(*world.house.policy.rules, OPENED)))
        world.slack.world.channels[SUPPORT].is_ext_shared = True
        world.start()
        session = await chatting(world)
        world.evo.hear(session.evo_id or "", JOE, "hello")
        await until(lambda: "+1 503 •••• 0123: hello" in world.thread(session), "the words")
        await world.say(session, "Hi Joe", by=BEN)
        await until(lambda: world.sent(session) == ["Ben: Hi Joe"], "the reply")


async def test_a_channel_that_was_shared_while_nobody_said_so_is_noticed_in_minutes(world: World) -> None:
    """The event was lost: each message's own envelope says it, too, and Slack is asked every five minutes."""
    session = await chatting(world)
    world.slack.world.channels[SUPPORT].is_ext_shared = True
    assert session.thread is not None
    event = {"type": "message", "channel": SUPPORT, "user": BEN, "text": "x", "thread_ts": session.thread.ts}
    ts = await world.slack.say(BEN, SUPPORT, "x", session.thread.ts)
    await world.threads({"team_id": session.team, "is_ext_shared_channel": True, "event": {**event, "ts": ts}})
    await until(lambda: "shared with another" in "".join(world.thread(session)), "the refusal")
    assert (world.sent(session), BELIEVED_SECONDS) == ([], 300)


def test_while_slack_does_not_say_whether_a_channel_is_shared_nothing_new_stands_there(tmp_path: Path) -> None:
    """Somebody said that it is, and Slack does not answer the question; once it does, what waited stands there."""

    async def main(loop: VirtualLoop) -> tuple[bool, list[str]]:
        async with core(loop, tmp_path) as world:
            session = await chatting(world)
            before = world.thread(session)
            world.slack.faults.order("conversations.info", "error", error="internal_error", times=-1)
            world.poster.channel_changed(ChannelId(SUPPORT))
            world.evo.hear(session.evo_id or "", JOE, "secret")
            await asyncio.sleep(60)
            kept = world.thread(session) == before and bool(world.store.read.foreign_lines(session.key))
            world.slack.faults.clear()
            await asyncio.sleep(120)
            return kept, world.thread(session)[len(before) :]

    assert run(main) == (True, ["+1 503 •••• 0123: secret"])


async def test_what_became_of_a_reply_does_not_wait_behind_what_is_kept_back(world: World) -> None:
    session = await chatting(world)
    share(world)
    world.evo.hear(session.evo_id or "", JOE, "secret")
    await until(lambda: letters(world), "who opened it is told")
    await world.item_when(await world.say(session, "Our price is 500", by=BEN), State.REFUSED)
    await until(lambda: any("Not sent" in text for text in world.thread(session)), "the reason under it")
    assert not any("secret" in text for text in world.thread(session))
