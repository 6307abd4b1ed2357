from __future__ import annotations

import pytest

from bot import texts
from bot.model import Ts
from bot.views import invite, link, new_session, notices
from bot.views.about import About
from tests.handlers.world import CARD, World, body, message_shortcut, shortcut


async def test_new_session_opens_an_empty_form(world: World) -> None:
    assert body(await world.interact(shortcut("new_session"))) == {}
    assert world.opened() == [new_session.form(None, author="Ana")]


@pytest.mark.parametrize(("ts", "thread"), [("1700000005.0001", CARD), (CARD, CARD), (CARD, "")])
async def test_any_message_of_the_thread_leads_to_its_session(world: World, ts: str, thread: str) -> None:
    session = await world.active_session()
    assert body(await world.interact(message_shortcut("invite_to_session", ts, thread))) == {}
    about, begun = About(session.channel, session.thread_ts, session.key), invite.Begun(hint=invite.NOTHING_FOUND)
    assert world.opened() == [invite.form(about, session, begun)]


@pytest.mark.parametrize("thread", ["", CARD])
async def test_a_thread_can_be_linked_from_any_message_in_it(world: World, thread: str) -> None:
    session = await world.active_session()
    assert body(await world.interact(message_shortcut("link_thread", "1700000005.000100", thread))) == {}
    about, now = About(session.channel, Ts(thread or "1700000005.000100")), session if thread else None
    assert world.opened() == [link.form(about, link.Begun(), now, "https://slack.com/")]


async def test_a_session_that_is_over_takes_nobody(world: World) -> None:
    await world.active_session(life="ended")
    await world.interact(message_shortcut("invite_to_session", CARD))
    assert world.opened()[0] == notices.notice_view(texts.ALREADY_OVER)


@pytest.mark.parametrize(
    "payload",
    [
        shortcut("new_session", "UGUEST"),
        message_shortcut("invite_to_session", CARD, user="UGUEST"),
        message_shortcut("link_thread", CARD, user="UGUEST"),
    ],
)
async def test_a_guest_is_told_why_not(world: World, payload: dict) -> None:
    await world.active_session()
    await world.interact(payload)
    told = "Guests of this workspace may not use sessions. Ask a full member to do it for you."
    assert world.opened()[0] == notices.notice_view(told)


async def test_a_message_shortcut_that_came_too_late_says_so(world: World) -> None:
    world.slack.faults["views.open"] = "expired_trigger_id"
    assert body(await world.interact(message_shortcut("invite_to_session", CARD))) == {}
    assert await world.hints() == [texts.TOO_SLOW_CLICK]


async def test_a_global_shortcut_that_came_too_late_has_no_place_to_say_so(world: World) -> None:
    world.slack.faults["views.open"] = "expired_trigger_id"
    assert body(await world.interact(shortcut("new_session"))) == {}
    assert await world.hints() == []
