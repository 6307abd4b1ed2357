"""What has to be allowed for something to leave: a session that is to be opened, and each kind of item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.model import Answer, Email, Invitee, Item, Kind, NewSessionRequest, Phone, Session, SessionType, UserId
from bot.packing import unpack_invitee, unpack_phone, unpack_request
from bot.policy.model import Action, Wish

OPENS: Final = {SessionType.CHAT: Action.CHAT, SessionType.VOICE: Action.CALL, SessionType.FAX: Action.FAX}
_STEPS: Final = {
    Kind.LINK: Action.LINK,
    Kind.SAY: Action.REPLY,
    Kind.KICK: Action.REMOVE,
    Kind.HOLD: Action.HOLD,
    Kind.RESUME: Action.HOLD,
    Kind.END: Action.END,
}
_WORDS: Final = frozenset({Answer.KEEP, Answer.UNDO, Answer.SEND})  # about what their author wrote


def of_request(request: NewSessionRequest) -> list[Wish]:
    """To open a session, with everybody and every number in it."""
    phones = (*request.dialled, *request.phones)
    ends = (request.to_address, request.destination, request.from_address)
    people = [Wish(Action.INVITE)] if request.emails or any(isinstance(end, Email) for end in ends) else []
    return [Wish(OPENS[request.type]), *people, *map(_phone, phones), *_sender(request.from_number)]


def of_invitations(people: Sequence[Invitee], caller_id: Phone | None) -> list[Wish]:
    """To invite people into a session that is there. Whom nobody could read needs nothing."""
    phones = [_phone(who.phone) for who in people if who.phone]
    others = [Wish(Action.INVITE)] if any(who.email or who.slack_user for who in people) else []
    return [*others, *phones, *_sender(caller_id)]


def of_item(item: Item, session: Session, user: UserId | None = None) -> list[Wish]:
    """For an item to leave. `user`: who wants that, when it is not its author."""
    if item.kind is Kind.OPEN:
        return of_request(unpack_request(item.body))
    if item.kind is Kind.INVITE:
        return of_invitations([unpack_invitee(item.body)], unpack_phone(item.body.get("caller_id")))
    return [Wish(_STEPS[item.kind], own=session.created_by == (user or item.author))]


def of_answer(item: Item, session: Session, answer: Answer, user: UserId) -> list[Wish]:
    """To answer a question about an item. To take back one's own takes no more than to see it."""
    if answer in {Answer.YES, Answer.NO} and user != item.author:
        return [Wish(Action.APPROVE)]
    if answer in {Answer.YES, Answer.AGAIN}:
        return of_item(item, session, user)
    if answer in {Answer.ARRIVED, Answer.LEAVE}:
        return [Wish(Action.SETTLE)]
    return [Wish(Action.REPLY)] if answer in _WORDS else [Wish(Action.SEE)]


def _phone(phone: Phone) -> Wish:
    return Wish(Action.PHONE, region=phone.region)


def _sender(number: Phone | None) -> list[Wish]:
    return [Wish(Action.NUMBER, number=number.e164)] if number else []
