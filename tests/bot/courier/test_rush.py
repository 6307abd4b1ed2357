"""While many acks are pending nothing new leaves to either side; they cannot hold it up for good."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from bot.model import Session, State
from bot.rush import LONGEST_SECONDS, MANY
from tests.helpers import until
from tests.world import World


async def quiet(world: World) -> Session:
    session = await world.opened()
    name = await world.say(session, "the first")
    await world.item_when(name, State.DELIVERED)
    await until(lambda: world.reactions(name) == ["white_check_mark"], "the sign", 60)
    return session


def done(world: World) -> tuple[int, int, int]:
    """Messages sent, transcripts read, reactions set."""
    reactions = [entry for entry in world.slack.journal.entries("api") if entry["method"] == "reactions.add"]
    return world.posts("SendMessage"), world.posts("GetChatTranscript"), len(reactions)


async def test_replies_signs_and_transcripts_wait_while_many_acks_are_pending(world: World) -> None:
    session = await quiet(world)
    with ExitStack() as acks:
        for _ in range(MANY):
            acks.enter_context(world.rush)
        await asyncio.sleep(0.2)  # what had begun before is finished
        before = done(world)
        name = await world.say(session, "the second")
        await asyncio.sleep(LONGEST_SECONDS - 0.5)
        assert done(world) == before
    await world.item_when(name, State.DELIVERED)
    assert done(world)[0] == before[0] + 1


async def test_acks_without_end_hold_nothing_up_for_good(world: World) -> None:
    session = await quiet(world)
    with ExitStack() as acks:
        for _ in range(MANY):
            acks.enter_context(world.rush)
        began = world.clock.now()
        name = await world.say(session, "the second")
        await world.item_when(name, State.DELIVERED)
        assert world.clock.now() - began < 3 * LONGEST_SECONDS
        await until(lambda: world.reactions(name) == ["white_check_mark"], "the sign", 60)
