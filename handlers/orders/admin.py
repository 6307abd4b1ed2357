"""What is for administrators: the rules, what happened, stopping everything, lifting what stands against a number."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from bot.grammar import Admin, AdminTopic
from bot.people import read_people
from bot.policy import Action
from bot.text import mentions, to_plain
from bot.texts import (
    GOES_ON_NEWS,
    LIFT_WHAT,
    LIFTED,
    NOT_LIFTED,
    NOT_STOPPED,
    STOPPED_ALREADY,
    STOPPED_NEWS,
)
from bot.views import Message, hints
from handlers.door import Door
from handlers.orders.order import Order

_BEGINNING = re.compile(r"\+[\d ().-]{2,20}")

Carry = Callable[[Door, Order, str], Awaitable[str | Message]]


async def admin(door: Door, order: Order, command: Admin) -> Message:
    if command.topic is None:
        raise AssertionError("a complete command has a topic")
    if why := await door.against(order.by.user, Action.ADMIN):
        return hints.said(why)
    told = await _CARRY[command.topic](door, order, command.text)
    return hints.said(told) if isinstance(told, str) else told


async def _panic(door: Door, order: Order, why: str) -> str:
    plain = to_plain(why, await door.workspace.names(mentions(why)))
    return STOPPED_NEWS if await door.bridge.stop_everything(order.by, plain) else STOPPED_ALREADY


async def _resume(door: Door, order: Order, _text: str) -> str:
    return GOES_ON_NEWS if await door.bridge.go_on(order.by) else NOT_STOPPED


async def _lift(door: Door, order: Order, text: str) -> str:
    digits = digits_in(text, door.house.region)
    if not digits:
        return LIFT_WHAT
    lifted = await door.bridge.lift(digits, order.by)
    return LIFTED.format(what=" and ".join(lifted)) if lifted else NOT_LIFTED


def digits_in(text: str, region: str) -> str:
    """Of a number, or of a beginning of one that was frozen; empty when it is neither."""
    phones = read_people(text, region).phones
    if len(phones) == 1:
        return phones[0].e164.removeprefix("+")
    return re.sub(r"\D", "", text) if _BEGINNING.fullmatch(text.strip()) else ""


async def _not_yet(_door: Door, _order: Order, _text: str) -> str:
    return "I cannot do that yet."


_CARRY: Final[Mapping[AdminTopic, Carry]] = {
    AdminTopic.POLICY: _not_yet,
    AdminTopic.AUDIT: _not_yet,
    AdminTopic.PANIC: _panic,
    AdminTopic.RESUME: _resume,
    AdminTopic.LIFT: _lift,
}
