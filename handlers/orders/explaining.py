"""Why? What became of what was asked for, and why, told to who may see it where it was asked."""

from __future__ import annotations

from collections.abc import Sequence

from bot.grammar import Permalink, Why
from bot.model import Item, ItemKey, ThreadKey, name_of_message
from bot.policy import Action
from bot.texts import NOTHING_OF_IT, NOTHING_OF_YOURS
from bot.views import Message, hints
from bot.views import why as views
from bot.views.privacy import for_everybody
from handlers import seeing
from handlers.door import Door
from handlers.orders.finding import visible
from handlers.orders.order import Order, Unclear

LOOKED_THROUGH = 200  # items, the newest


async def why(door: Door, order: Order, command: Why) -> Message:
    """Without a reference: what waits or has failed in this thread, or of what this person has asked for."""
    if command.about is not None:
        return explained(door, [await _meant(door, order, command.about)])
    if order.session is not None and order.in_thread is not None:
        return explained(door, _worth_telling(door.read.last_in(order.in_thread, order.session.key, LOOKED_THROUGH)))
    items = _worth_telling(door.read.last_asked_by(order.by.user, LOOKED_THROUGH))
    return explained(door, items) if items else hints.said(NOTHING_OF_YOURS)


def explained(door: Door, items: Sequence[Item]) -> Message:
    """For one person; its numbers are masked wherever it stands."""
    accounts = [views.account(door.read, item.key, door.bridge.now()) for item in items[: views.MOST]]
    return for_everybody(views.message(accounts))


def _worth_telling(items: Sequence[Item]) -> list[Item]:
    """What is not done, newest first; where all is, what came last."""
    return [item for item in items if views.is_open(item)] or list(items[:1])


async def _meant(door: Door, order: Order, about: Permalink | ItemKey) -> Item:
    """Raises Unclear alike for what is not there and for what this person may not see."""
    item = await _linked(door, order, about) if isinstance(about, Permalink) else _numbered(door, about)
    if item is None:
        raise Unclear(NOTHING_OF_IT)
    session = door.read.session(item.session)
    if not await visible(door, order, [session]):
        raise Unclear(NOTHING_OF_IT)
    if against := await door.against_in(order.by.user, Action.SEE, session):
        raise Unclear(against)
    return item


def _numbered(door: Door, key: ItemKey) -> Item | None:
    try:
        return door.read.item(key)
    except KeyError:
        return None


async def _linked(door: Door, order: Order, link: Permalink) -> Item | None:
    """Raises Unclear for a link to where this person cannot read."""
    if against := await seeing.against_link(door, link, order.by.user):
        raise Unclear(against)
    named = door.read.item_named(name_of_message(order.by.team, link.channel, link.ts))
    return named or _asked_by(door, ThreadKey(order.by.team, link.channel, link.root), link)


def _asked_by(door: Door, thread: ThreadKey, link: Permalink) -> Item | None:
    """What a message asked for by a command: the name of each item of it is longer than the message's."""
    session = door.read.session_in(thread)
    found = door.read.last_in(thread, session.key, LOOKED_THROUGH) if session else []
    begins = f"{name_of_message(thread.team, link.channel, link.ts)}/"
    return next((item for item in found if item.slack_name.startswith(begins)), None)
