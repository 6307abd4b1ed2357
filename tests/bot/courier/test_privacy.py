"""Whole numbers stand in private channels only, and nobody is told twice what stands there already."""

from __future__ import annotations

from typing import Any

import pytest

from bot.courier.channels import ASK_AGAIN_SECONDS, BELIEVED_SECONDS, LOOK_SECONDS, Channels
from bot.courier.drawing import drawer
from bot.model import (
    Actor,
    ChannelId,
    Phone,
    Post,
    PostKey,
    PostKind,
    PostState,
    Session,
    SessionKey,
    SlackName,
    TeamId,
    Ts,
    UserId,
)
from bot.policy import PlaceKind
from bot.store import Store
from bot.workspace import SlackRefused
from sandbox.slack.seeds import ANNA, PRIVATE, SUPPORT, TEAM
from tests.helpers import TestClock, chat, house, until
from tests.world import World

LEE = "+15035550123"


async def opened_in(world: World, channel: str, n: int = 1) -> Session:
    """With a phone in it, which has said something and has a name of its own number."""
    by = Actor(TeamId(TEAM), UserId(ANNA))
    request = chat(f"Boiler {n}", phones=(Phone(LEE, "US"),))
    key = await world.bridge.open(request, by, ChannelId(channel), SlackName(f"{TEAM}/view/P{n}/0"))
    session = await world.session_when(key, lambda it: it.thread_ts and LEE in {one.identity for one in it.members})
    world.evo.hear(session.evo_id or "", LEE, f"Call {LEE}")
    return session


def standing(world: World, session: Session) -> list[str]:
    messages = world.slack.messages(session.channel, session.thread_ts)
    return [str(message["text"]) for message in messages]


async def shown(world: World, session: Session) -> list[str]:
    await until(lambda: any("Call " in text for text in standing(world, session)), "what was said")
    await until(lambda: not _stale(world, session), "everything to be drawn")
    return standing(world, session)


def _stale(world: World, session: Session) -> bool:
    sql = "SELECT 1 FROM post WHERE session = ? AND (state <> 'done' OR wanted <> shown)"
    return world.store.read._connection.execute(sql, (session.key,)).fetchone() is not None


async def test_in_a_public_channel_numbers_are_masked_and_customers_words_are_theirs(world: World) -> None:
    texts = await shown(world, await opened_in(world, SUPPORT))
    assert [text for text in texts if LEE in text] == [f"+1 503 •••• 0123: Call {LEE}"]
    assert "+1 503 •••• 0123" in texts[0]


async def test_in_a_private_channel_numbers_are_whole(world: World) -> None:
    texts = await shown(world, await opened_in(world, PRIVATE))
    assert all("••••" not in text for text in texts)
    assert LEE in texts[0]


async def test_a_channel_that_becomes_private_is_noticed_in_minutes_and_drawn_anew(world: World) -> None:
    session = await opened_in(world, SUPPORT)
    await shown(world, session)
    world.slack.world.channels[SUPPORT].kind = world.slack.world.channels[PRIVATE].kind
    assert "••••" in world.card(session)
    await world.clock.wait(world.stopping, BELIEVED_SECONDS + LOOK_SECONDS)
    await until(lambda: LEE in world.card(session), "the whole number on the card")


async def test_a_card_that_would_look_the_same_is_not_sent_again(world: World) -> None:
    session = await opened_in(world, SUPPORT)
    await shown(world, session)
    calls = _updates(world)
    for _ in range(3):
        await world.store.write(lambda tx: tx.redraw_card(session.key))
        world.wake()
        await until(lambda: not _stale(world, session), "the card to be looked at")
    assert _updates(world) == calls
    await world.store.write(lambda tx: tx.change_session(session.key, name="Another name"))
    await world.store.write(lambda tx: tx.redraw_card(session.key))
    world.wake()
    await until(lambda: "Another name" in world.card(session), "the new name")
    assert _updates(world) == calls + 1


async def test_after_a_lost_answer_nobody_knows_what_stands_there(world: World) -> None:
    """It is sent again, though it would be what stood there before."""
    session = await opened_in(world, SUPPORT)
    await shown(world, session)
    world.slack.faults.order("chat.update", "cut_after", times=1)
    for name in ("Another name", session.name):
        await world.store.write(lambda tx, name=name: tx.change_session(session.key, name=name))
        await world.store.write(lambda tx: tx.redraw_card(session.key))
        world.wake()
        if name != session.name:
            await until(lambda: _card(world, session).drawn == "", "the doubt")
    await until(lambda: not _stale(world, session), "the card to be drawn")
    assert session.name in world.card(session)


def _updates(world: World) -> int:
    return len(world.slack.journal.calls("chat.update"))


def _card(world: World, session: Session) -> Post:
    (card,) = world.store.read.cards_of(session.key)
    return card


# Whose eyes a channel is for


class Asked:
    """A workspace that is asked one thing only, and may not know."""

    def __init__(self) -> None:
        self.private: bool | None = True
        self.asked = 0

    async def kind_of(self, _: ChannelId) -> PlaceKind:
        self.asked += 1
        if self.private is None:
            raise SlackRefused("missing_scope")
        return PlaceKind.PRIVATE if self.private else PlaceKind.PUBLIC


@pytest.fixture
def asked() -> Asked:
    return Asked()


def channels(store: Store, asked: Any, clock: TestClock) -> Channels:
    return Channels(store, asked, clock)


async def test_a_channel_is_asked_about_once_in_five_minutes(store: Store, asked: Asked) -> None:
    clock = TestClock()
    there = channels(store, asked, clock)
    for seconds in (0, 1, BELIEVED_SECONDS - 2, 2):
        clock.advance(seconds)
        await there.ask(TeamId("T1"), ChannelId("C1"))
    assert (asked.asked, store.read.is_private(TeamId("T1"), ChannelId("C1"))) == (2, True)


async def test_who_cannot_be_asked_about_is_public_unless_known(store: Store, asked: Asked) -> None:
    clock = TestClock()
    there = channels(store, asked, clock)
    await there.ask(TeamId("T1"), ChannelId("C1"))
    clock.advance(BELIEVED_SECONDS)
    asked.private = None
    for channel in ("C1", "C2", "C1", "C2"):
        await there.ask(TeamId("T1"), ChannelId(channel))
    assert [store.read.is_private(TeamId("T1"), ChannelId(channel)) for channel in ("C1", "C2")] == [True, False]
    assert asked.asked == 3
    clock.advance(ASK_AGAIN_SECONDS)
    await there.ask(TeamId("T1"), ChannelId("C2"))
    assert asked.asked == 4


def test_drawing_takes_an_unknown_channel_for_a_public_one(store: Store) -> None:
    post = Post(
        PostKey(1), "n", SessionKey(1), PostKind.NOTICE, None, None, f"{LEE} joined.", TeamId("T1"), ChannelId("C9"),
        Ts("1.1"), None, PostState.PENDING, 1, 0, 0, 0, None,
    )  # fmt: skip
    assert drawer(store.read, house())(post).text == "+1 503 •••• 0123 joined."
