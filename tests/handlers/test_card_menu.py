"""The ⋯ menu of a card opens what it names."""

from __future__ import annotations

from typing import Any

import pytest

from bot import texts
from bot.model import ChannelId, Ts
from bot.views import link, move, remove, transcript
from bot.views.about import About, Choice
from bot.views.menu import More, pack_more
from handlers.modals.link import look_at
from tests.handlers.world import CARD, World, body, press

CHANNEL = ChannelId("C1")


def choose(what: More, key: int, **more: Any) -> dict[str, Any]:
    chosen = press("session_more", "", **more)
    (used,) = chosen["actions"]
    option = {"text": {"type": "plain_text", "text": "x"}, "value": pack_more(what, key)}
    chosen["actions"] = [{**used, "type": "overflow", "selected_option": option}]
    return chosen


async def test_each_entry_opens_its_modal(world: World) -> None:
    session = await world.active_session()
    for what in (More.TRANSCRIPT, More.REMOVE, More.LINK, More.MOVE):
        assert body(await world.interact(choose(what, session.key))) == {}
    begun = link.Begun(Choice("e1", "Boiler"), look_at(world.door, session, None))
    assert world.opened() == [
        transcript.page(session, []),
        remove.form(About(CHANNEL, session=session.key), session, [], remove.Begun()),
        link.form(About(CHANNEL), begun, None, "https://slack.com/"),
        move.form(About(CHANNEL, Ts(CARD), session.key), session, move.Begun()),
    ]


@pytest.mark.parametrize("what", [More.TRANSCRIPT, More.REMOVE, More.LINK, More.MOVE])
async def test_a_guest_is_told_why_not(world: World, what: More) -> None:
    session = await world.active_session()
    await world.interact(choose(what, session.key, user="UGUEST"))
    assert world.opened() == []
    assert await world.hints() == ["Guests of this workspace may not use sessions. Ask a full member to do it for you."]


async def test_from_what_is_over_nobody_can_be_removed(world: World) -> None:
    session = await world.active_session(life="ended")
    await world.interact(choose(More.REMOVE, session.key))
    assert await world.hints() == [texts.ALREADY_OVER]


async def test_too_late_is_said(world: World) -> None:
    session = await world.active_session()
    world.slack.faults["views.open"] = "expired_trigger_id"
    await world.interact(choose(More.MOVE, session.key))
    assert await world.hints() == [texts.TOO_SLOW_CLICK]
