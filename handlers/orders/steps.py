"""What happens to a session: words for it, a hold, its end."""

from __future__ import annotations

from bot.grammar import End, Hold, NoteTo, Resume, Send
from bot.model import SessionType
from bot.policy import Action, Wish
from bot.texts import ONLY_CALLS, TAKES_NO_TEXT
from bot.views import Message, again
from bot.views.blocks import sentence
from handlers.door import Door
from handlers.orders.finding import session_meant
from handlers.orders.order import Order, Unclear
from handlers.orders.people import LONGEST, UNDER_WAY, living, of_session, permitted, unless_here

SENT = "On its way to “{name}”. Its thread shows what became of it."
NOTED = "Noted in the thread of “{name}”. It stays in Slack."


async def send(door: Door, order: Order, command: Send) -> Message | None:
    session = await living(door, order, command.session)
    if session.type is not SessionType.CHAT:
        raise Unclear(TAKES_NO_TEXT.format(how=order.before(door.house.called)))
    await permitted(door, order, [of_session(order, Action.REPLY, session)], session)
    _unless_stopped(door, order)
    if order.show is None:  # a message: Slack repeats it until it is heard, and nobody types it anew
        await door.bridge.say(session.key, command.text, order.by, order.name, order.position)
    elif already := await door.bridge.say_new(session.key, command.text, order.by, order.name):
        raise Unclear(again.said_before(already, door.bridge.now()))
    return unless_here(order, session, SENT)


async def note(door: Door, order: Order, command: NoteTo) -> Message | None:
    session = await session_meant(door, order, command.session)
    await permitted(door, order, [Wish(Action.SEE)], session)
    await door.bridge.note(session.key, command.text, order.by, order.name, order.position)
    return unless_here(order, session, NOTED)


async def hold(door: Door, order: Order, command: Hold | Resume) -> Message | None:
    session = await living(door, order, command.session)
    if session.type is not SessionType.VOICE:
        raise Unclear(ONLY_CALLS)
    await permitted(door, order, [of_session(order, Action.HOLD, session)], session)
    again = isinstance(command, Resume)
    if again:
        _unless_stopped(door, order)
    await door.bridge.hold(session.key, order.by, order.name, resume=again, position=order.position)
    return unless_here(order, session, UNDER_WAY)


async def end(door: Door, order: Order, command: End) -> Message | None:
    session = await living(door, order, command.session)
    await permitted(door, order, [of_session(order, Action.END, session)], session)
    await door.bridge.end(session.key, order.by, order.name, position=order.position)
    return unless_here(order, session, UNDER_WAY)


def _unless_stopped(door: Door, order: Order) -> None:
    """Raises Unclear while nothing leaves."""
    if why := door.bridge.against_phones(order.by.user, ()):
        raise Unclear(sentence(why, LONGEST))
