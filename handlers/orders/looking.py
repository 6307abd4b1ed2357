"""What there is: sessions in lists, one session, who I am here, how the bot is."""

from __future__ import annotations

from collections.abc import Sequence

from bot.grammar import Find, List, Me, Scope, Show, Status
from bot.model import Life, Phone, Session, SessionType
from bot.policy import Action
from bot.views import Message, hints, notices
from bot.views import sessions as views
from bot.views.privacy import for_everybody
from handlers.door import Door
from handlers.orders import identity
from handlers.orders.finding import SEARCHED, named, session_meant, visible
from handlers.orders.order import Order, Unclear
from handlers.seeing import allowed

ROWS = 10
LIVES = {Life.ACTIVE: (Life.OPENING, Life.ACTIVE), Life.ENDED: (Life.ENDED, Life.FAILED)}
TITLES = {Scope.MINE: "Your sessions", Scope.CHANNEL: "Sessions in this channel", Scope.ALL: "Sessions you can see"}


async def list_(door: Door, order: Order, command: List) -> Message:
    scope = command.scope or (Scope.MINE if command.life or command.type else Scope.CHANNEL)
    found = await _in_scope(door, order, scope)
    fit = [one for one in found if _fits(one, command.life, command.type)]
    none = views.NONE_SUCH if found else views.NONE
    shown = _newest(fit)[:ROWS]
    return for_everybody(views.listing(TITLES[scope], shown, len(fit), door.house.slack_url, none=none))


async def _in_scope(door: Door, order: Order, scope: Scope) -> Sequence[Session]:
    match scope:
        case Scope.MINE:
            return await allowed(door, order.by.user, door.read.sessions_by(order.by.user, SEARCHED))
        case Scope.CHANNEL:
            return door.read.sessions_in_channel(order.by.team, order.channel, SEARCHED)
        case Scope.ALL:
            return await visible(door, order, door.read.newest_sessions(SEARCHED))


def _fits(session: Session, life: Life | None, type_: SessionType | None) -> bool:
    return (life is None or session.life in LIVES[life]) and type_ in {None, session.type}


def _newest(sessions: Sequence[Session]) -> list[Session]:
    return sorted(sessions, key=lambda one: one.active_at, reverse=True)


async def find(door: Door, order: Order, command: Find) -> Message:
    known = door.read.newest_sessions(SEARCHED)
    found = _with_number(known, command.query) if isinstance(command.query, Phone) else _with(known, command.query)
    seen = _newest(await visible(door, order, found))
    found_none = views.NONE_FOUND
    return for_everybody(views.listing("Found", seen[:ROWS], len(seen), door.house.slack_url, none=found_none))


def _with(sessions: Sequence[Session], typed: str) -> list[Session]:
    """By name, by a member, by whom it started with, by the beginning of the id."""
    words = typed.casefold().split()
    return named(sessions, typed) or [one for one in sessions if all(word in _text(one) for word in words)]


def _text(session: Session) -> str:
    people = (f"{one.name} {one.identity}" for one in session.members)
    return " ".join([session.name, session.with_label or "", session.evo_id or "", *people]).casefold()


def _with_number(sessions: Sequence[Session], phone: Phone) -> list[Session]:
    digits = phone.e164.removeprefix("+")
    return [one for one in sessions if any(digits in member.identity for member in one.members)]


async def show(door: Door, order: Order, command: Show) -> Message:
    session = await session_meant(door, order, command.session)
    if why := await door.against_in(order.by.user, Action.SEE, session):
        raise Unclear(why)
    thread = order.thread if order.session and order.session.key == session.key else None
    # Whole numbers stand only where they stand on its own card as well: elsewhere one has to ask for them.
    whole = all(door.read.is_private(order.by.team, channel) for channel in (order.channel, session.channel))
    return door.draw.card(session, thread, whole=whole)


async def me(door: Door, order: Order, command: Me) -> Message:
    if command.link:
        return await identity.link(door, order, command.link)
    if command.unlink:
        return await identity.unlink(door, order)
    if command.notify:
        await door.bridge.settle(order.by, notify=command.notify == "all")
    return await identity.show(door, order)


async def status(door: Door, _order: Order, _command: Status) -> Message:
    return hints.said(notices.health(door.troubles()))
