"""Buttons on a card and under an item. Anybody in the channel can press them, outsiders too: everybody is checked."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.model import Answered, SessionKey
from bot.views import card, hints, missed, notices
from bot.views.results import ACTION, OVER, unpack_answer
from bot.views.state import read_key
from handlers.door import Door
from handlers.modals import correct, invite
from handlers.opening import open_modal
from handlers.payloads import Click, click
from handlers.telling import tell_presser

SENTENCES = {
    Answered.TAKEN: None,
    Answered.NOT_YOURS: notices.NOT_YOURS,
    Answered.TOO_LATE: notices.TOO_LATE,
}


def register(app: AsyncApp, door: Door) -> None:
    @app.action(card.INVITE)
    async def invite_button(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        pressed = click(body)
        await tell_presser(door, client, pressed, await _open_invite(door, pressed, client))
        await ack()

    @app.action(card.END)
    async def end_button(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        pressed = click(body)
        await tell_presser(door, client, pressed, await _end(door, pressed))
        await ack()

    @app.action(hints.CORRECT)
    async def correct_button(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        pressed = click(body)
        await tell_presser(door, client, pressed, await correct.open_for(door, client, pressed))
        await ack()

    @app.action(re.compile(f"^{ACTION}"))
    async def item_answer(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        pressed = click(body)
        await tell_presser(door, client, pressed, await _answer(door, pressed))
        await ack()

    @app.action(re.compile(f"^{missed.ACTION}"))
    async def missed_answer(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        pressed = click(body)
        await tell_presser(door, client, pressed, await _answer_missed(door, pressed))
        await ack()


async def _answer_missed(door: Door, pressed: Click) -> str | None:
    first, count, answer = missed.unpack_missed(pressed.action_id, pressed.value)
    if why := await door.refusal(pressed.by.user):
        return why
    return SENTENCES[await door.bridge.answer_missed(first, count, answer, pressed.by)]


async def _open_invite(door: Door, pressed: Click, client: AsyncWebClient) -> str | None:
    session = door.read.session(SessionKey(read_key(pressed.value)))
    if session.life in OVER:
        return notices.OVER
    if why := await door.refusal(pressed.by.user):
        return why
    return (
        None if await open_modal(client, pressed.trigger, invite.for_session(door, session)) else notices.TOO_SLOW_CLICK
    )


async def _end(door: Door, pressed: Click) -> str | None:
    session = door.read.session(SessionKey(read_key(pressed.value)))
    if session.life in OVER:
        return notices.OVER
    if why := await door.refusal(pressed.by.user):
        return why
    await door.bridge.end(session.key, pressed.by, pressed.name)
    return None


async def _answer(door: Door, pressed: Click) -> str | None:
    item, answer = unpack_answer(pressed.action_id, pressed.value)
    if why := await door.refusal(pressed.by.user):
        return why
    return SENTENCES[await door.bridge.answer(item, answer, pressed.by)]
