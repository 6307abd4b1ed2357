"""What a typed command for a new session names, found: the person or team, the customer, the parent, the place.

What is not found stands under its field, and nothing of it is sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import replace
from typing import Final

from bot.grammar import Channel, Here, New
from bot.model import Contact, Customer, EvoSessionId, Session, ThreadKey
from bot.scopes import CHANNELS
from bot.text import fold
from bot.views import new_session
from bot.views.new_session import UNDER_MORE, Typed
from bot.views.new_session.reading import GONE, NO_SUCH_SESSION, NOT_VISIBLE
from handlers.door import Door
from handlers.orders.finding import evo_id_meant, session_meant
from handlers.orders.order import Order, Several, Unclear
from handlers.seeing import sees

SEVERAL = "{n} customers are called that. Choose one, or type its id."
SEVERAL_SESSIONS = "Several sessions match that. Choose one here, or paste its id."
NOT_SEEN = "You cannot see that channel, or I am not in it. Choose another."
NOT_OPEN_YET = "That session is not open at Evo Voice yet. Try again in a moment."


class NotFound(Exception):
    """`why` is a plain sentence for the person."""

    def __init__(self, why: str) -> None:
        super().__init__("a choice was not found")
        self.why = why


AT_HAND: Final = frozenset({new_session.PARENT, new_session.WHERE})  # for these Evo Voice is not asked

Choose = Callable[[Door, Order, New], Awaitable[str | list[str]]]


async def chosen(door: Door, order: Order, new: New, begun: Typed, only: Collection[str] = ()) -> Typed:
    """The form with ids where words were, and what stands against them. `only` some fields, or all."""
    held, said = dict(begun.held), dict(begun.said)
    for name, choose in _named(order, new):
        if only and name not in only:
            continue
        try:
            held[name] = await choose(door, order, new)
        except NotFound as wrong:
            said[name] = f"{said[name]} {wrong.why}" if name in said else wrong.why
            if name == new_session.WHERE:
                held.pop(name)  # what somebody cannot see is not offered to them either
    return replace(begun, held=held, said=said, more=begun.more or bool((held.keys() | said.keys()) & UNDER_MORE))


def _named(order: Order, new: New) -> Iterator[tuple[str, Choose]]:
    if new.with_address:
        yield new_session.WITH, _contact
    if new.customer:
        yield new_session.CUSTOMER, _customer
    if new.parent:
        yield new_session.PARENT, _parent
    if isinstance(new.card, Channel) and new.card.id != order.channel:
        yield new_session.WHERE, _channel


def home_of(door: Door, order: Order, new: New) -> ThreadKey | None:
    """The thread that the card belongs into; None for a channel."""
    if isinstance(new.card, Here):
        return order.in_thread
    free = order.in_thread is not None and not door.read.links_in(order.in_thread)
    return order.in_thread if free and new.card is None else None


async def _contact(door: Door, _order: Order, new: New) -> str | list[str]:
    wanted = str(new.with_address)
    found = [one for one in await door.directory.search(wanted) if _is(one, wanted)]
    if not found and not door.directory.away:
        raise NotFound(GONE)
    return [found[0].address, found[0].label] if found else wanted


def _is(contact: Contact, wanted: str) -> bool:
    return contact.address.casefold() == wanted.casefold()


async def _customer(door: Door, _order: Order, new: New) -> str | list[str]:
    """By id, or by a name that only one has. Where they cannot be listed, what was typed is an id."""
    found = await door.directory.customers(new.customer)
    exact = [one for one in found if one.id == new.customer] or [one for one in found if _is_called(one, new.customer)]
    match exact or found:
        case [one]:
            return [one.id, one.label]
        case []:
            if door.directory.lists_customers:
                raise NotFound(NOT_VISIBLE)
            return new.customer
        case several:
            raise NotFound(SEVERAL.format(n=len(several)))


def _is_called(customer: Customer, typed: str) -> bool:
    return fold(customer.label).casefold() == fold(typed).casefold()


async def _parent(door: Door, order: Order, new: New) -> str | list[str]:
    """A session that is known here and may be seen; else what looks like the id of one that only Evo Voice knows."""
    try:
        session = await session_meant(door, order, new.parent)
    except Several:
        raise NotFound(SEVERAL_SESSIONS) from None
    except Unclear:
        return _unknown_parent(door, new)
    return _as_choice(session)


def _as_choice(session: Session) -> list[str]:
    if session.evo_id is None:
        raise NotFound(NOT_OPEN_YET)
    return [session.evo_id, session.name]


def _unknown_parent(door: Door, new: New) -> str:
    evo_id = evo_id_meant(new.parent)
    if evo_id is None or door.read.sessions_with_id(EvoSessionId(evo_id), 1):
        raise NotFound(NO_SUCH_SESSION)
    return evo_id


async def _channel(door: Door, order: Order, new: New) -> str | list[str]:
    if not isinstance(new.card, Channel) or not await sees(door, new.card.id, order.by.user):
        raise NotFound(door.workspace.scopes.because(NOT_SEEN, *CHANNELS))
    return str(new.card.id)
