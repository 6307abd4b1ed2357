"""What people answer about an item, by a button or at the console: one set of rules. Functions of an open transaction.

Single use: what has moved on since is left alone. Whoever sits at the console looks after the bot, so they may take
back what somebody else asked for; but what reaches an outside phone, and may cost money, only its author sets going
again.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from bot.audit import operator_in
from bot.bridge import questions
from bot.bridge.house import House
from bot.bridge.safeguards import LEAVES, SENDS
from bot.model import Actor, Answer, Answered, Deed, EvoName, Item, Kind, Life, SessionKey, State
from bot.states import BEGINS, become
from bot.store import Tx
from bot.texts import TAKEN_BACK_AT_CONSOLE

AT_CONSOLE: Final = "at the console"


def answer(tx: Tx, item: Item, said: Answer, by: Actor, house: House, now: float, position: str) -> Answered:
    """`position`: the end of the session's lane."""
    if said in SENDS and item.kind in LEAVES and tx.stop():
        return Answered.STOPPED
    if said in {Answer.YES, Answer.NO}:
        return questions.answer(tx, item, said, by, house, now, position)
    if said in {Answer.UNDO, Answer.SEND, Answer.KEEP}:
        return _about_note(tx, item, said, by, now, position)
    return _about_trouble(tx, item, said, by, questions.again(item, house), now, position)


def _about_trouble(tx: Tx, item: Item, said: Answer, by: Actor, again: State, now: float, position: str) -> Answered:
    if item.state not in {State.NEEDS_PERSON, State.REFUSED} or (item.gone and said is Answer.AGAIN):
        return Answered.TOO_LATE  # what it said is not kept any more: it cannot be said again
    if said is Answer.AGAIN and item.author != by.user and questions.phones_of(item):
        return Answered.NOT_YOURS
    settled = partial(become, tx, item, by=by, deed=Deed.SETTLED, more=_told(said, by))
    if said is Answer.ARRIVED and item.state is State.NEEDS_PERSON and item.kind is not Kind.OPEN:
        settled(State.DELIVERED, evo_name=EvoName(f"seen:{item.key}"), reason="")
    elif said is Answer.AGAIN:
        fresh: dict[str, Any] = {"not_before": 0, "resent": 0, "reason": "", "approved_by": None}
        settled(again, position=item.position if item.kind in BEGINS else position, asked_at=now, **fresh)
    else:
        settled(State.WITHDRAWN)
    return Answered.TAKEN


def _about_note(tx: Tx, item: Item, said: Answer, by: Actor, now: float, position: str) -> Answered:
    """Whether words stay inside is for who wrote them."""
    if item.author != by.user:
        return Answered.NOT_YOURS
    if item.gone and said is Answer.SEND:
        return Answered.TOO_LATE
    settled = partial(become, tx, item, by=by, deed=Deed.SETTLED, more=said)
    match said, item.state:
        case Answer.UNDO, State.PENDING if item.unknown_at is None:
            become(tx, item, State.WITHDRAWN, by=by, deed=Deed.UNDONE)
        case Answer.SEND, State.KEPT if tx.session(item.session).life in {Life.OPENING, Life.ACTIVE}:
            settled(State.PENDING, position=position, asked_at=now)
        case Answer.KEEP, State.REFUSED:
            settled(State.KEPT)
        case Answer.KEEP, State.KEPT:
            pass
        case _:
            return Answered.TOO_LATE
    return Answered.TAKEN


# At the console


def retry_at_console(tx: Tx, item: Item, by: Actor, now: float) -> Answered:
    """Sends once more what failed or waits for a person, as its button would for somebody who did not ask for it."""
    if item.kind in LEAVES and tx.stop():
        return Answered.STOPPED
    return _about_trouble(tx, item, Answer.AGAIN, by, State.PENDING, now, _last(tx, item.session, now))


def withdraw_at_console(tx: Tx, item: Item, by: Actor, now: float) -> Answered:
    """It is neither sent nor asked about any more. What has left, or may have, cannot be called back."""
    match item.state:
        case State.NEEDS_PERSON | State.REFUSED:
            return _about_trouble(tx, item, Answer.LEAVE, by, item.state, now, item.position)
        case State.ASKED:
            questions.decline(tx, item, by, now, TAKEN_BACK_AT_CONSOLE)
        case State.PENDING if item.unknown_at is None:
            reason = TAKEN_BACK_AT_CONSOLE
            become(tx, item, State.WITHDRAWN, by=by, deed=Deed.UNDONE, more=AT_CONSOLE, reason=reason)
        case _:
            return Answered.TOO_LATE
    return Answered.TAKEN


def _told(said: Answer, by: Actor) -> str:
    return f"{said}, {AT_CONSOLE}" if operator_in(by.user) is not None else said


def _last(tx: Tx, session: SessionKey, now: float) -> str:
    """The end of a session's lane."""
    return max(f"{now:.6f}", tx.last_position(session))
