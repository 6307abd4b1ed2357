"""New sessions: at once when everything was said, else by the form."""

from __future__ import annotations

from bot.bridge.following import follow
from bot.grammar import FollowUp, Incomplete, New, Parsed
from bot.model import ChannelId, Kind, NewSessionRequest, Session, SessionType, ThreadKey
from bot.policy import refusal
from bot.views import Message, hints, notices
from bot.views.blocks import name
from bot.views.new_session import Typed, typed
from bot.views.results import OVER
from handlers.door import Door
from handlers.orders.finding import session_meant
from handlers.orders.order import Order, Unclear
from handlers.session_form import FirstLook

STILL_ALIVE = "“{name}” has not ended yet, so nothing can follow it. `end` ends it. Nothing was done."
FORM = "Nothing was done yet: the form asks for what is missing."


async def new(door: Door, order: Order, parsed: Parsed) -> Message | None:
    """By the form, which begins with what was typed."""
    match parsed:
        case New():
            return await by_form(door, order, typed(parsed))
        case Incomplete(New() as command, problems):
            return await by_form(door, order, typed(command, problems))
    raise AssertionError("only a new session is opened here")


async def by_form(door: Door, order: Order, begun: Typed) -> Message | None:
    """Where nobody can look at a form, a button opens it."""
    if order.form is None:
        return hints.by_button(FORM, order.words)
    profile = await door.profile(order.by.user)
    # Who cannot be checked now is checked when the form is submitted.
    if profile is not None and (why := refusal(profile, door.home)):
        raise Unclear(why)
    look = FirstLook(order.channel if order.cards else None, begun, profile.name if profile else "")
    return None if await order.form(look) else hints.said(notices.TOO_SLOW)


async def follow_up(door: Door, order: Order, command: FollowUp) -> Message | None:
    """The same people, in the same thread, with the one that has ended as its parent."""
    session = await session_meant(door, order, command.session)
    if session.life not in OVER:
        raise Unclear(STILL_ALIVE.format(name=name(session.name)))
    request = following(door, session)
    if request.type is not SessionType.CHAT or request.dialled:
        raise Unclear(ONLY_BY_FORM)
    await door.bridge.open(request, order.by, home_of(order, session), order.name, confirmed=False)
    return None


ONLY_BY_FORM = (
    "A call or a fax dials a number, so a form asks first: use *New follow-up* on the card. Nothing was done."
)


def following(door: Door, session: Session) -> NewSessionRequest:
    openings = door.read.items_of(session.key, Kind.OPEN)
    return follow(session, openings[0] if openings else None, door.house.region, door.house.login)


def home_of(order: Order, session: Session) -> ChannelId | ThreadKey:
    return order.thread or session.thread or session.channel
