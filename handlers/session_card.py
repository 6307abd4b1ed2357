"""Buttons on a card and under an item. Anybody in the channel can press them, outsiders too: everybody is checked."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot import texts
from bot.model import Answer, Answered, Item, ItemKey, Role, SessionKey, ThreadKey
from bot.policy import Action
from bot.views import card, hints, missed
from bot.views.blocks import name
from bot.views.results import ACTION, OVER, WHY, unpack_answer
from bot.views.state import read_key
from handlers import confirming
from handlers.door import Door
from handlers.modals import correct, invite
from handlers.opening import open_modal
from handlers.orders import explaining
from handlers.orders.threads import MODES, SWITCHED
from handlers.payloads import Click, click
from handlers.seeing import may_invite
from handlers.telling import tell_presser

NOT_TO_THIS = "Replies in this thread do not go to this session, so nothing was changed."
NOT_HERE = "This thread does not show that session any more, so nothing was changed."
SENTENCES = {
    Answered.TAKEN: None,
    Answered.NOT_YOURS: texts.NOT_YOURS,
    Answered.EXPIRED: texts.QUESTION_OVER,
    Answered.COLLEAGUE: texts.COLLEAGUE,
    Answered.CHANGED: texts.QUESTION_CHANGED,
    Answered.TOO_LATE: texts.TOO_LATE,
    Answered.STOPPED: texts.STOPPED_CLICK,
}


Press = Callable[[Door, Click, AsyncWebClient], Awaitable[str | None]]


def register(app: AsyncApp, door: Door) -> None:
    presses: dict[str | re.Pattern[str], Press] = {
        card.INVITE: _open_invite,
        card.END: _end,
        hints.CORRECT: correct.open_for,
        card.MODE: _set_mode,
        card.SWITCH: _switch,
        re.compile(f"^(?:{card.HOLD}|{card.RESUME})$"): _hold,
        re.compile(f"^{ACTION}"): _answer,
        WHY: _why,
        re.compile(f"^{missed.ACTION}"): _answer_missed,
    }
    for action_id, press in presses.items():
        app.action(action_id)(_listener(door, press))


def _listener(door: Door, press: Press) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        pressed = click(body)
        await tell_presser(door, client, pressed, await press(door, pressed, client))
        await ack()

    return listener


async def _answer_missed(door: Door, pressed: Click, _client: AsyncWebClient) -> str | None:
    first, count, answer = missed.unpack_missed(pressed.action_id, pressed.value)
    if why := await _against_answer(door, pressed, first, answer):
        return why
    return SENTENCES[await door.bridge.answer_missed(first, count, answer, pressed.by)]


async def _open_invite(door: Door, pressed: Click, client: AsyncWebClient) -> str | None:
    session = door.read.session(SessionKey(read_key(pressed.value)))
    if session.life in OVER:
        return texts.ALREADY_OVER
    if why := await may_invite(door, pressed.by.user, session):
        return why
    return (
        None if await open_modal(client, pressed.trigger, invite.for_session(door, session)) else texts.TOO_SLOW_CLICK
    )


async def _end(door: Door, pressed: Click, _client: AsyncWebClient) -> str | None:
    session = door.read.session(SessionKey(read_key(pressed.value)))
    if session.life in OVER:
        return texts.ALREADY_OVER
    if why := await door.against_in(pressed.by.user, Action.END, session):
        return why
    await door.bridge.end(session.key, pressed.by, pressed.name)
    return None


async def _hold(door: Door, pressed: Click, _client: AsyncWebClient) -> str | None:
    session = door.read.session(SessionKey(read_key(pressed.value)))
    if session.life in OVER:
        return texts.ALREADY_OVER
    if why := await door.against_in(pressed.by.user, Action.HOLD, session):
        return why
    await door.bridge.hold(session.key, pressed.by, pressed.name, resume=pressed.action_id == card.RESUME)
    return None


async def _set_mode(door: Door, pressed: Click, _client: AsyncWebClient) -> str | None:
    mode, session = card.unpack_mode(pressed.value)
    thread = _thread_of(pressed)
    there = door.read.session_in(thread)
    if why := await door.against(pressed.by.user, Action.LINK, thread.channel, there):
        return why
    if there is None or there.key != session:
        return NOT_TO_THIS
    await door.bridge.set_mode(thread, mode, pressed.by)
    return MODES[mode].format(bot=door.house.called)


async def _switch(door: Door, pressed: Click, _client: AsyncWebClient) -> str | None:
    session = door.read.session(SessionKey(read_key(pressed.value)))
    if session.life in OVER:
        return texts.ALREADY_OVER
    thread = _thread_of(pressed)
    if why := await door.against(pressed.by.user, Action.LINK, thread.channel, session):
        return why
    if not any(link.session == session.key and link.role is not Role.MOVED for link in door.read.links_in(thread)):
        return NOT_HERE
    await door.bridge.link(session.key, thread, pressed.by, pressed.name)
    return SWITCHED.format(name=name(session.name))


async def _why(door: Door, pressed: Click, _client: AsyncWebClient) -> str | None:
    """Told beside the message, to who asks and nobody else."""
    item = door.read.item(ItemKey(read_key(pressed.value)))
    session = door.read.session(item.session)
    if why := await door.against_in(pressed.by.user, Action.SEE, session):
        return why
    if pressed.view:
        return explaining.explained(door, [item]).text
    door.show(pressed.channel, pressed.by.user, explaining.explained(door, [item]), pressed.thread)
    return None


def _thread_of(pressed: Click) -> ThreadKey:
    """The thread in which a card stands, or which stands under it."""
    ts = pressed.thread or pressed.message
    if ts is None:
        raise ValueError("no card stands in a view")
    return ThreadKey(pressed.by.team, pressed.channel, ts)


async def _answer(door: Door, pressed: Click, client: AsyncWebClient) -> str | None:
    item, answer = unpack_answer(pressed.action_id, pressed.value)
    if why := await _against_answer(door, pressed, item, answer):
        return why
    if answer is Answer.YES:
        return await _check(door, pressed, client, door.read.item(item))
    return SENTENCES[await door.bridge.answer(item, answer, pressed.by)]


async def _check(door: Door, pressed: Click, client: AsyncWebClient, item: Item) -> str | None:
    """Before a yes, the numbers are shown whole to who says it, and to nobody else."""
    asked = await confirming.about_item(door, pressed.by, item)
    if isinstance(asked, str):
        return asked
    return None if await open_modal(client, pressed.trigger, asked) else texts.TOO_SLOW_CLICK


async def _against_answer(door: Door, pressed: Click, key: ItemKey, answer: Answer) -> str | None:
    return await confirming.against_answer(door, pressed.by, door.read.item(key), answer)
