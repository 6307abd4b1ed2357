"""The session, the thread and the channel that somebody means, among those that they may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from bot.evo import is_safe_id
from bot.grammar import Channel, ChannelName, Here, How, Permalink, SessionRef, Thread, read_permalink
from bot.model import ChannelId, EvoSessionId, Session, ThreadKey
from bot.text import fold
from bot.texts import AMBIGUOUS, NO_LAST, UNKNOWN_SESSION, WHICH_CHANNEL, WHICH_THREAD
from bot.views import Message, hints
from bot.views import sessions as views
from bot.views.blocks import name
from handlers import seeing
from handlers.door import Door
from handlers.orders.order import Order, Several, Unclear

SEARCHED = 5000  # the newest sessions, searched by name
LISTED = 10


async def session_meant(door: Door, order: Order, meant: SessionRef | None) -> Session:
    """Raises Unclear when there is no such session, more than one, or none that this person may see."""
    if meant is None or meant.how is How.THIS:
        if order.session is None:
            raise Unclear(not_linked(order))
        return order.session
    found = await visible(door, order, _candidates(door, order, meant))
    if len(found) == 1:
        return found[0]
    typed = name(meant.text, 60)
    if not found:
        raise Unclear(NO_LAST if meant.how is How.LAST else UNKNOWN_SESSION.format(typed=typed))
    raise Several(AMBIGUOUS.format(n=len(found), typed=typed, listed=views.listed(found[:LISTED])))


def not_linked(order: Order) -> Message:
    """With ways out, where there is a thread."""
    return hints.not_linked(order.thread.ts if order.thread else None)


def _candidates(door: Door, order: Order, meant: SessionRef) -> Sequence[Session]:
    match meant.how:
        case How.LAST:
            key = door.read.last_used(order.by.user)
            return [] if key is None else [door.read.session(key)]
        case How.ID:
            return _by_id(door, meant.text)
        case How.LINK:
            return _by_link(door, order, meant.text)
    return named(door.read.newest_sessions(SEARCHED), meant.text)


def _by_id(door: Door, typed: str) -> Sequence[Session]:
    found = door.read.sessions_with_id(typed, LISTED + 1)
    return [one for one in found if one.evo_id == typed] or found


def _by_link(door: Door, order: Order, url: str) -> Sequence[Session]:
    link = read_permalink(url)
    if link is not None:
        there = door.read.session_in(ThreadKey(order.by.team, link.channel, link.root))
        return [there] if there else []
    last = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    return _by_id(door, last) if is_safe_id(last) else []


def named(sessions: Iterable[Session], typed: str) -> list[Session]:
    """Those that are called so; else those whose name holds all the words."""
    wanted, words = fold(typed).casefold(), typed.casefold().split()
    known = list(sessions)
    exact = [one for one in known if fold(one.name).casefold() == wanted]
    return exact or [one for one in known if all(word in one.name.casefold() for word in words)]


async def visible(door: Door, order: Order, sessions: Sequence[Session]) -> list[Session]:
    """Those that who asks may see, where they ask."""
    return await seeing.visible(door, order.by.user, order.channel, sessions)


async def thread_meant(door: Door, order: Order, meant: Thread | None, *, new: bool = False) -> ThreadKey:
    """Raises Unclear when it is no thread that this person can see."""
    if meant is None or isinstance(meant, Here):
        if order.thread is None:
            raise Unclear(WHICH_THREAD)
        return order.thread
    return await thread_linked(door, order, meant, new=new)


async def thread_linked(door: Door, order: Order, link: Permalink, *, new: bool = False) -> ThreadKey:
    """`new`: something is to come into it. Raises Unclear when that cannot be."""
    against = seeing.against_new if new else seeing.against_link
    if why := await against(door, link, order.by.user):
        raise Unclear(why)
    return ThreadKey(order.by.team, link.channel, link.root)


async def channel_meant(door: Door, order: Order, meant: Channel | ChannelName | Here) -> ChannelId:
    """Raises Unclear for a channel that is only a name, that this person cannot see, or where the bot is not."""
    if isinstance(meant, Here):
        return order.channel
    if isinstance(meant, ChannelName):
        raise Unclear(WHICH_CHANNEL.format(name=name(meant.name)))
    if why := await seeing.against_channel(door, meant.id, order.by.user):
        raise Unclear(why)
    return meant.id


def evo_id_meant(meant: SessionRef | None) -> EvoSessionId | None:
    """The id of a session that we may never have heard of; None when what was typed is no id."""
    if meant is None:
        return None
    typed = urlsplit(meant.text).path.rstrip("/").rpartition("/")[2] if meant.how is How.LINK else meant.text
    return EvoSessionId(typed) if meant.how in {How.ID, How.LINK} and is_safe_id(typed) else None
