"""/session: acts at once, opens the form, or helps. Slack does not allow it in threads; a mention does the same."""

from __future__ import annotations

from functools import partial
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot import texts
from bot.grammar import parse
from bot.model import ChannelId
from bot.store import Unavailable
from bot.views import Message, hints
from handlers import orders
from handlers.door import Door
from handlers.opening import Opener
from handlers.orders import Order
from handlers.orders.carrying import OFFERED
from handlers.payloads import command_actor, command_channel, command_name
from handlers.session_form import open_form

COMMAND = "/session"


def register(app: AsyncApp, door: Door) -> None:
    @app.command(COMMAND)
    async def session(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        told = await _answer(door, body, client)
        if told is None:
            await ack()
        else:
            await ack(text=told.text, blocks=told.blocks or None, response_type="ephemeral")


async def _answer(door: Door, body: dict[str, Any], client: AsyncWebClient) -> Message | None:
    """What the person is told; None when a form says it all."""
    words = str(body.get("text") or "")
    parsed = parse(words, region=door.house.region, in_thread=False, offered=OFFERED)
    order = Order(
        by=command_actor(body),
        channel=ChannelId(body["channel_id"]),
        name=command_name(body),
        cards=command_channel(body) is not None,
        words=words,
        form=partial(open_form, door, client, body["trigger_id"]),
        show=Opener(client, body["trigger_id"]),
    )
    try:
        return await orders.run(door, order, parsed)
    except Unavailable:
        return hints.said(texts.NOT_STORED)
