"""Questions before money is spent: who may say yes, how long, and what follows. Functions of an open transaction.

What is carried out is what is kept here, never what a click says. A yes is good once, and only while the question is
fresh; it comes from who asked, or from somebody else where this house wants a second person.
"""

from __future__ import annotations

from bot.bridge.house import House
from bot.model import Actor, Answer, Answered, Deed, Item, Kind, Life, NewSessionRequest, Phone, SessionKey, State
from bot.packing import unpack_invitee, unpack_request
from bot.states import BEGINS, become
from bot.store import Tx
from bot.texts import DECLINED, NOBODY_CAME, NOT_ANSWERED

MOVING = frozenset({State.PENDING, State.SENDING, State.UNKNOWN, State.DELIVERED})


def phones_of(item: Item) -> tuple[Phone, ...]:
    """The outside phones that an item reaches."""
    if item.kind is Kind.INVITE:
        phone = unpack_invitee(item.body).phone
        return (phone,) if phone else ()
    return unpack_request(item.body).dialled if item.kind is Kind.OPEN else ()


def is_stale(asked_at: float, house: House, now: float) -> bool:
    return now - asked_at > house.policy.phones.confirm_seconds


def against_yes(item: Item, by: Actor, house: House, now: float) -> Answered | None:
    """What stands against a yes of this person to what waits for one; None when it counts."""
    if item.state is not State.ASKED:
        return Answered.TOO_LATE
    own = item.author == by.user
    if own is house.second_person:
        return Answered.COLLEAGUE if own else Answered.NOT_YOURS
    return Answered.EXPIRED if is_stale(item.asked_at, house, now) else None


def answer(tx: Tx, item: Item, said: Answer, by: Actor, house: House, now: float, position: str) -> Answered:
    """A yes or a no to what waits for one. `position`: the end of the session's lane."""
    if said is Answer.NO:
        return _no(tx, item, by, house, now)
    against = against_yes(item, by, house, now)
    if against is Answered.EXPIRED:
        expire(tx, item, now)
    if against is not None:
        return against
    approved = {"approved_by": by.user} if house.second_person else {}
    place = item.position if item.kind in BEGINS else position
    deed = Deed.APPROVED if approved else Deed.CONFIRMED
    become(tx, item, State.PENDING, by=by, deed=deed, position=place, asked_at=now, **approved)
    _release(tx, item.session, now)
    return Answered.TAKEN


def _no(tx: Tx, item: Item, by: Actor, house: House, now: float) -> Answered:
    own = item.author == by.user
    if not own and not house.second_person:
        return Answered.NOT_YOURS
    if item.state is not State.ASKED:
        return Answered.TOO_LATE
    decline(tx, item, by, now, "" if own else DECLINED)
    return Answered.TAKEN


def decline(tx: Tx, item: Item, by: Actor, now: float, reason: str) -> None:
    """What waits for a yes is not wanted any more."""
    become(tx, item, State.WITHDRAWN, by=by, deed=Deed.DECLINED, reason=reason)
    _release(tx, item.session, now)


def expire(tx: Tx, item: Item, now: float) -> None:
    """Nobody has said yes in time: nothing is sent, and a late yes changes nothing."""
    if item.state is State.ASKED and item.kind is not Kind.SAY:
        become(tx, item, State.REFUSED, deed=Deed.EXPIRED, reason=NOT_ANSWERED)
    _release(tx, item.session, now)


def again(item: Item, house: House) -> State:
    """What becomes of an item that a person wants once more: what costs and was never said yes to is asked about."""
    never = not item.attempts  # nor has any request of it left that we know of
    asks = house.second_person or (house.asks_first and never)
    return State.ASKED if asks and phones_of(item) else State.PENDING


# Words that wait for the people they are for


def _release(tx: Tx, session: SessionKey, now: float) -> None:
    """Words that were to go with invitations go once all of these are settled, if anybody is there to read them."""
    invitations = tx.items_of(session, Kind.INVITE)
    if any(item.state is State.ASKED for item in invitations):
        return
    anybody = any(item.state in MOVING for item in invitations) or _has_others(tx, session)
    for words in tx.items_of(session, Kind.SAY):
        if words.state is State.ASKED and anybody:
            become(tx, words, State.PENDING, position=_after(tx, session, words), asked_at=now)
        elif words.state is State.ASKED:
            become(tx, words, State.REFUSED, reason=NOBODY_CAME)


def _after(tx: Tx, session: SessionKey, words: Item) -> str:
    return max(words.position, tx.last_position(session))


def _has_others(tx: Tx, session: SessionKey) -> bool:
    """Was it opened with anybody besides those who were to be invited by phone?"""
    openings = tx.items_of(session, Kind.OPEN)
    there = tx.session(session)
    if there.life is Life.ACTIVE and len(there.members) > 1:
        return True
    return any(_with_others(unpack_request(item.body)) for item in openings)


def _with_others(request: NewSessionRequest) -> bool:
    return bool(request.emails or request.with_address or request.dialled)
