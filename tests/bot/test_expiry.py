"""The end of questions that nobody has answered in time, by a clock that jumps."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from bot.bridge import Bridge
from bot.expiry import Expiry
from bot.model import Actor, Answer, Answered, Invitee, Kind, Phone, SlackName, State
from bot.store import Store
from bot.texts import NOT_ANSWERED
from tests.helpers import ANA, TEAM, TestClock, house, opened, until

PHONE = Phone("+15035550123", "US")
ASKER = Actor(TEAM, ANA)


async def test_a_question_ends_by_itself_after_five_minutes(store: Store) -> None:
    clock, stopping = TestClock(), asyncio.Event()
    bridge = Bridge(store, clock, house(confirm=True), lambda: None)
    session = await opened(store, bridge)
    await bridge.invite(session, [Invitee(phone=PHONE)], ASKER, SlackName("T/asked"))
    (asked,) = store.read.items_of(session, Kind.INVITE)
    before = clock.now()
    running = asyncio.create_task(Expiry(bridge, clock, stopping).run())
    await until(lambda: store.read.item(asked.key).state is State.REFUSED, "the end of the question")
    stopping.set()
    await running
    after = store.read.item(asked.key)
    assert (asked.state, after.reason, clock.now() - before > 300) == (State.ASKED, NOT_ANSWERED, True)
    assert await bridge.answer(asked.key, Answer.YES, ASKER) is Answered.TOO_LATE


async def test_forms_that_nobody_said_yes_to_are_deleted(store: Store) -> None:
    clock, stopping = TestClock(), asyncio.Event()
    bridge = Bridge(store, clock, house(confirm=True), lambda: None)
    await store.write(lambda tx: tx.keep_draft("token", ANA, {"words": "x"}, clock.now()))
    running = asyncio.create_task(Expiry(bridge, clock, stopping).run())
    await until(lambda: store.read.draft("token") is None, "the form to be gone")
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert await bridge.confirm("token", ASKER) is Answered.EXPIRED
