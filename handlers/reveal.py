"""Reveal numbers: what is masked where everybody reads it, for the person who asks, and noted before it is shown."""

from __future__ import annotations

from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.model import Kind, SessionKey
from bot.policy import Action
from bot.views.menu import ACTION, More, unpack_more
from bot.views.reveal import revealed
from handlers.door import Door
from handlers.payloads import Click, click


def register(app: AsyncApp, door: Door) -> None:
    @app.action(ACTION, matchers=[_is_reveal])
    async def reveal_numbers(ack: AsyncAck, body: dict[str, Any]) -> None:
        pressed = click(body)
        _, session = unpack_more(pressed.value)
        if why := await door.against_in(pressed.by.user, Action.REVEAL, door.read.session(session)):
            door.tell(pressed.channel, pressed.by.user, why, pressed.thread)
        else:
            await _reveal(door, pressed, session)
        await ack()


async def _is_reveal(body: dict[str, Any]) -> bool:
    return click(body).value.startswith(f"{More.REVEAL}/")


async def _reveal(door: Door, pressed: Click, session: SessionKey) -> None:
    there = await door.bridge.reveal(session, pressed.by)
    openings = door.read.items_of(session, Kind.OPEN)
    message = revealed(there, openings[-1] if openings else None)
    door.show(pressed.channel, pressed.by.user, message, pressed.thread)
