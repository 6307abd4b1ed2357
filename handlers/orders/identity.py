"""Who somebody is at Evo Voice: found by their e-mail address, or as they say themselves."""

from __future__ import annotations

from bot.grammar import EvoAddress
from bot.model import Contact, Email, Profile
from bot.texts import DIRECTORY_AWAY, NO_SUCH_USER
from bot.views import Message, me
from bot.views.blocks import code
from handlers.door import Door
from handlers.orders.order import Order, Unclear


async def show(door: Door, order: Order) -> Message:
    person = door.read.person(order.by.team, order.by.user)
    profile = await door.profile(order.by.user)
    return me.settings(person, profile, await matched(door, profile))


async def matched(door: Door, profile: Profile | None) -> Contact | None:
    """The user of Evo Voice whom a person's e-mail address names, as far as the directory shows addresses."""
    if profile is None or not profile.email:
        return None
    wanted = profile.email.casefold()
    found = [one for one in await door.directory.search(wanted) if _is(one, wanted)]
    return found[0] if len(found) == 1 else None


async def link(door: Door, order: Order, typed: EvoAddress | Email) -> Message:
    """What they write is sent under that user's name from now on."""
    user = await meant(door, typed)
    await door.bridge.settle(order.by, evo_address=user.address, evo_name=user.label)
    return await show(door, order)


async def meant(door: Door, typed: EvoAddress | Email) -> Contact:
    """The user of Evo Voice whom somebody names. Raises Unclear when there is none."""
    wanted = (typed.address if isinstance(typed, Email) else str(typed)).casefold()
    found = [one for one in await door.directory.search(wanted) if _is(one, wanted)]
    if not found:
        raise Unclear(DIRECTORY_AWAY if door.directory.away else NO_SUCH_USER.format(typed=code(wanted)))
    return found[0]


async def unlink(door: Door, order: Order) -> Message:
    await door.bridge.settle(order.by, evo_address=None, evo_name=None)
    return await show(door, order)


def _is(contact: Contact, wanted: str) -> bool:
    address = contact.address.casefold()
    return wanted in {address, address.removeprefix("user:")}
