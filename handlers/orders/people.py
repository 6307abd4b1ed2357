"""Bringing people in, and taking them out."""

from __future__ import annotations

from collections.abc import Sequence

from bot.grammar import EvoAddress, Handle, Invite, Kick, Who
from bot.model import Email, Invitee, Member, Phone, Session, UserId
from bot.numbers import masked
from bot.policy import Action, Wish, wishes
from bot.texts import ALREADY_OVER, CANNOT_CHECK, NO_EMAIL_MEMBER, NO_MEMBER, NO_SUCH_HANDLE, NOT_BY_ID, SEVERAL_MEMBERS
from bot.views import Message, hints
from bot.views.blocks import name, sentence
from bot.views.results import OVER
from handlers.door import Door
from handlers.orders.finding import session_meant
from handlers.orders.order import Order, Unclear

PEOPLE = 20
NOBODY_INVITED = "Nobody was invited."
UNDER_WAY = "Under way for “{name}”. Its thread shows what becomes of it."
LONGEST = 900  # characters of what stands against an invitation


async def invite(door: Door, order: Order, command: Invite) -> Message | None:
    session = await living(door, order, command.session)
    await permitted(door, order, wishes.of_invitations(list(map(_invitee, command.people)), command.caller_id), session)
    phones = [who for who in command.people if isinstance(who, Phone)]
    if why := door.bridge.against_phones(order.by.user, phones):
        raise Unclear(sentence(f"{why} {NOBODY_INVITED}", LONGEST))
    invitees = [*map(_invitee, command.people), *(Invitee(typed=bad.text, why=bad.why) for bad in command.unreadable)]
    await door.bridge.invite(
        session.key,
        invitees,
        order.by,
        order.name,
        caller_id=command.caller_id,
        position=order.position,
        doubt=order.doubt,
    )
    return unless_here(order, session, UNDER_WAY)


async def kick(door: Door, order: Order, command: Kick) -> Message | None:
    session = await living(door, order, command.session)
    if command.who is None:
        raise AssertionError("a complete command names somebody")
    await permitted(door, order, [of_session(order, Action.REMOVE, session)], session)
    member = await member_meant(door, session, command.who)
    await door.bridge.remove(session.key, member, order.by, order.name, position=order.position)
    return unless_here(order, session, UNDER_WAY)


def unless_here(order: Order, session: Session, text: str) -> Message | None:
    """Where the thread itself shows it, nobody need be told."""
    here = order.session is not None and order.session.key == session.key
    return None if here else hints.said(text.format(name=name(session.name)))


def of_session(order: Order, action: Action, session: Session) -> Wish:
    """An action on one session, which may be somebody else's."""
    return Wish(action, own=session.created_by == order.by.user)


async def permitted(door: Door, order: Order, needed: Sequence[Wish], session: Session) -> None:
    """Raises Unclear when it surely is not. Who cannot be checked now is checked when it leaves."""
    why = await door.against_all(order.by.user, needed, session.channel)
    if why and why != CANNOT_CHECK:
        raise Unclear(why)


async def living(door: Door, order: Order, meant: object) -> Session:
    """The session that is meant. Raises Unclear when it is over."""
    session = await session_meant(door, order, meant)  # type: ignore[arg-type]  # every command's attribute is one
    if session.life in OVER:
        raise Unclear(ALREADY_OVER)
    return session


def _invitee(who: Who) -> Invitee:
    match who:
        case Phone() | Email():
            return Invitee.of(who)
        case EvoAddress():
            return Invitee(typed=str(who), why=NOT_BY_ID.format(address=who))
        case Handle(typed):
            return Invitee(typed=f"@{typed}", why=NO_SUCH_HANDLE.format(name=typed))
    return Invitee.of(UserId(who))


async def member_meant(door: Door, session: Session, who: Who) -> Member:
    """Raises Unclear when nobody in the session is this, or several are."""
    names = await _names(door, who)
    found = [one for one in session.members if names & {one.identity.casefold(), one.name.casefold()}]
    # Whoever asks knows the number that they typed; those of the others are masked, as on the card.
    there = (masked(one.name or one.identity) for one in session.members[:PEOPLE])
    shown, members = _shown(who), ", ".join(name(one, 60) for one in there)
    if not found:
        raise Unclear(NO_MEMBER.format(who=shown, members=members or "nobody that I know of"))
    if len(found) > 1:
        raise Unclear(SEVERAL_MEMBERS.format(who=shown, members=members))
    return found[0]


async def _names(door: Door, who: Who) -> set[str]:
    """What a member can be called by whom this names, in lower case."""
    match who:
        case Phone(e164):
            return {e164, e164.removeprefix("+")}
        case Email(address):
            return {address.casefold()}
        case EvoAddress(_, ident):
            return {str(who).casefold(), ident.casefold()}
        case Handle(typed):
            return {typed.casefold()}
    profile = await door.profile(UserId(who))
    if profile is None or not profile.email:
        raise Unclear(NO_EMAIL_MEMBER.format(user=who))
    return {profile.email.casefold()}


def _shown(who: Who) -> str:
    match who:
        case Phone(e164):
            return e164
        case Email(address):
            return name(address, 120)
        case EvoAddress():
            return name(str(who), 120)
        case Handle(typed):
            return name(f"@{typed}", 80)
    return f"<@{who}>"
