"""New sessions that begin at something which stands in Slack: a message, or a session that is over."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot import texts
from bot.model import Session, SessionKey
from bot.policy import Action
from bot.richtext import words_of
from bot.text import Names, mentions, to_plain
from bot.views import notices
from bot.views.new_session.from_message import begun_by_message, fits
from bot.views.results import FOLLOW_UP, OVER
from bot.views.state import read_key
from bot.workspace import SlackError
from handlers.door import Door
from handlers.opening import open_modal
from handlers.order_buttons import order_of
from handlers.orders.opening import form_after, thread_of
from handlers.payloads import Click, actor, click, shortcut_thread
from handlers.seeing import may_open
from handlers.session_form import FirstLook, open_form
from handlers.telling import tell_presser

FROM_MESSAGE = "session_from_message"
DIRECT = ("D",)  # how ids of conversations between two people begin
BETWEEN_PEOPLE = ("directmessage", "mpdm-")  # how Slack calls the channels of such conversations
NAMES_SECONDS = 1.0
NO_NAMES = Names({}, {}, {})


def register(app: AsyncApp, door: Door) -> None:
    @app.message_shortcut(FROM_MESSAGE)
    async def start_from_message(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        if not await _start(door, body, client):
            door.tell(shortcut_thread(body).channel, actor(body).user, texts.TOO_SLOW_CLICK)
        await ack()

    @app.action(FOLLOW_UP)
    async def follow_up_button(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        pressed = click(body)
        await tell_presser(door, client, pressed, await _pressed(door, client, pressed))
        await ack()


# From a message


async def _start(door: Door, body: dict[str, Any], client: AsyncWebClient) -> bool:
    show = partial(open_modal, client, body["trigger_id"])
    if _is_between_people(body["channel"]):
        return await show(notices.notice_view(texts.NOT_IN_MESSAGES)) is not None
    by = actor(body)
    why, profile, text = await asyncio.gather(
        may_open(door, by.user), door.profile(by.user), _plain(door, words_of(body["message"]))
    )
    if why:
        return await show(notices.notice_view(why)) is not None
    begun = begun_by_message(words_of(body["message"]), text, door.house.region, door.house.bot)
    thread = shortcut_thread(body)
    author = door.called(by, profile)
    look = FirstLook(thread.channel, begun, author, thread, text if fits(text) else "")
    return await open_form(door, client, body["trigger_id"], look)


def _is_between_people(channel: Mapping[str, Any]) -> bool:
    return str(channel["id"]).startswith(DIRECT) or str(channel.get("name", "")).startswith(BETWEEN_PEOPLE)


async def _plain(door: Door, text: str) -> str:
    """With names for whom it mentions, as far as Slack tells them in time."""
    try:
        async with asyncio.timeout(NAMES_SECONDS):
            names = await door.workspace.names(mentions(text))
    except (SlackError, TimeoutError):
        names = NO_NAMES
    return to_plain(text, names).strip()


# After another one


async def _pressed(door: Door, client: AsyncWebClient, pressed: Click) -> str | None:
    return await follow_up(door, client, pressed, door.read.session(SessionKey(read_key(pressed.value))))


async def follow_up(door: Door, client: AsyncWebClient, pressed: Click, session: Session) -> str | None:
    """The form, for the thread in which the session ended. Returns what its presser is told instead."""
    if session.life not in OVER:
        return texts.STILL_ALIVE
    if why := await may_open(door, pressed.by.user, session.type):
        return why
    if why := await door.against_in(pressed.by.user, Action.SEE, session):
        return why
    thread = thread_of(door, order_of(door, pressed, client), session)
    begun = await form_after(door, pressed.by, session)
    where = thread.channel if thread else session.channel
    look = FirstLook(where, begun, door.signature(pressed.by.user), thread)
    return None if await open_form(door, client, pressed.trigger, look) else texts.TOO_SLOW_CLICK
