"""Which threads show which sessions: link, unlink, move, switch, and what replies are."""

from __future__ import annotations

from bot.grammar import Link, Move, Permalink, SetMode, Switch, Unlink
from bot.model import ChannelId, EvoSessionId, History, Mode, Role, Session, SessionKey, ThreadKey
from bot.policy import Action
from bot.texts import ALREADY_THERE, NOT_HERE_YET, NOT_IN_IT
from bot.views import Message, hints
from bot.views.blocks import name
from handlers.door import Door
from handlers.orders.finding import (
    channel_meant,
    evo_id_meant,
    not_linked,
    session_meant,
    thread_linked,
    thread_meant,
)
from handlers.orders.order import Order, Unclear

MODES = {
    Mode.RELAY: "Replies in this thread go to the session. Start with `note:` or `//` to keep one internal.",
    Mode.MENTION: "Only replies that begin with {bot} go to the session. Everything else stays in Slack.",
    Mode.NOTES: "Replies in this thread stay in Slack. `{bot} send …` sends one.",
}
LINKED = "“{name}” is linked to this thread. Replies here go to it."
LINKING = "I am looking for that session at Evo Voice. A card in the thread says what came of it."
UNLINKED = "This thread is no longer linked. Replies here stay in Slack."
MOVED = "“{name}” goes on there."
SWITCHED = "Replies in this thread go to “{name}” from now on."


async def link(door: Door, order: Order, command: Link) -> Message:
    thread = await thread_meant(door, order, command.thread, new=True)
    history = command.history or History.NONE
    session = await _to_link(door, order, command)
    await _may_link(door, order, thread.channel, session if isinstance(session, Session) else None)
    await door.bridge.link(
        session.key if isinstance(session, Session) else session, thread, order.by, order.name, history=history
    )
    return hints.said(LINKED.format(name=name(session.name)) if isinstance(session, Session) else LINKING)


async def _may_link(door: Door, order: Order, channel: ChannelId, session: Session | None) -> None:
    """Whose eyes the thread is for matters, not where somebody says so. Raises Unclear when they may not."""
    if why := await door.against(order.by.user, Action.LINK, channel, session):
        raise Unclear(why)


async def _to_link(door: Door, order: Order, command: Link) -> Session | EvoSessionId:
    """A session that is known and may be seen; else what looks like the id of one that only Evo Voice knows."""
    try:
        return await session_meant(door, order, command.session)
    except Unclear:
        evo_id = evo_id_meant(command.session)
        if evo_id is None or door.read.session_of(evo_id) is not None:
            raise
        return evo_id


async def unlink(door: Door, order: Order, command: Unlink) -> Message:
    thread = await thread_meant(door, order, command.thread)
    await _may_link(door, order, thread.channel, door.read.session_in(thread))
    if not await door.bridge.unlink(thread, order.by):
        raise Unclear(not_linked(order))
    return hints.said(UNLINKED)


async def move(door: Door, order: Order, command: Move) -> Message:
    session = await session_meant(door, order, command.session)
    leaving = order.thread if order.session and order.session.key == session.key else session.thread
    if leaving is None:
        raise Unclear(NOT_HERE_YET)
    to = await _destination(door, order, command)
    if to in {leaving, leaving.channel}:
        raise Unclear(ALREADY_THERE)
    for channel in {leaving.channel, to.channel if isinstance(to, ThreadKey) else to}:
        await _may_link(door, order, channel, session)
    profile = await door.profile(order.by.user)
    await door.bridge.move(session.key, to, profile.name if profile else "Somebody", leaving, order.by)
    return hints.said(MOVED.format(name=name(session.name)))


async def _destination(door: Door, order: Order, command: Move) -> ChannelId | ThreadKey:
    if isinstance(command.to, Permalink):
        return await thread_linked(door, order, command.to, new=True)
    if command.to is None:
        raise AssertionError("a complete command says where to")
    return await channel_meant(door, order, command.to)


async def switch(door: Door, order: Order, command: Switch) -> Message:
    thread = await thread_meant(door, order, command.thread)
    session = await session_meant(door, order, command.session)
    if not _is_shown(door, thread, session.key):
        raise Unclear(NOT_IN_IT.format(name=name(session.name), how=order.before(door.house.called)))
    await _may_link(door, order, thread.channel, session)
    await door.bridge.link(session.key, thread, order.by, order.name)
    return hints.said(SWITCHED.format(name=name(session.name)))


def _is_shown(door: Door, thread: ThreadKey, session: SessionKey) -> bool:
    return any(link.session == session and link.role is not Role.MOVED for link in door.read.links_in(thread))


async def set_mode(door: Door, order: Order, command: SetMode) -> Message:
    if command.mode is None:
        raise AssertionError("a complete command says which mode")
    thread = await thread_meant(door, order, command.thread)
    await _may_link(door, order, thread.channel, door.read.session_in(thread))
    if not await door.bridge.set_mode(thread, command.mode, order.by):
        raise Unclear(not_linked(order))
    return hints.said(MODES[command.mode].format(bot=door.house.called))
