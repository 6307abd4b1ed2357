"""Buttons in hints: the form that a message could not open, a session for a thread that shows none."""

from __future__ import annotations

from functools import partial
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot import texts
from bot.grammar import parse
from bot.model import ThreadKey, Ts
from bot.policy import Action
from bot.views import hints
from bot.views.about import About
from bot.views.link import Begun
from handlers import orders
from handlers.door import Door
from handlers.modals import link
from handlers.opening import Opener
from handlers.orders import Order
from handlers.payloads import Click, click
from handlers.session_form import open_form
from handlers.telling import tell_presser


def register(app: AsyncApp, door: Door) -> None:
    @app.action(hints.FORM)
    async def form_button(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        pressed = click(body)
        parsed = parse(pressed.value, region=door.house.region, in_thread=pressed.thread is not None)
        told = await orders.run(door, order_of(door, pressed, client), parsed)
        if told is not None:
            door.show(pressed.channel, pressed.by.user, told, pressed.thread)
        await ack()

    @app.action(hints.LINK)
    async def link_button(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        pressed = click(body)
        await tell_presser(door, client, pressed, await _link(door, pressed, client))
        await ack()


async def _link(door: Door, pressed: Click, client: AsyncWebClient) -> str | None:
    if why := await door.surely_against(pressed.by.user, Action.LINK, pressed.channel):
        return why
    about = About(pressed.channel, Ts(pressed.value))
    opened = await link.open_form(door, Opener(client, pressed.trigger), pressed.by, about, Begun())
    return None if opened else texts.TOO_SLOW_CLICK


def order_of(door: Door, pressed: Click, client: AsyncWebClient) -> Order:
    """A gesture that can open a form, in the thread in which its button stands."""
    thread = ThreadKey(pressed.by.team, pressed.channel, pressed.thread) if pressed.thread else None
    return Order(
        by=pressed.by,
        channel=pressed.channel,
        name=pressed.name,
        thread=thread,
        session=door.read.session_in(thread) if thread else None,
        words=pressed.value,
        form=partial(open_form, door, client, pressed.trigger),
        show=Opener(client, pressed.trigger),
        at_once=False,
    )
