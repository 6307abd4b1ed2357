"""The one state machine: how an item goes from one state to the next, and what people see of it.

asked → pending → sending → delivered | refused | unknown
unknown → delivered (found) | pending (proven absent, once, never an invitation) | needs_person
needs_person → delivered (a person saw it) | pending (a person says again) | withdrawn
"""

from __future__ import annotations

import hashlib
from typing import Any

from bot.audit import of_move
from bot.model import (
    MAY_BECOME,
    Actor,
    Deed,
    EvoName,
    File,
    Item,
    Kind,
    Life,
    Mark,
    PostKind,
    SlackName,
    State,
    ThreadKey,
    mark_of,
)
from bot.packing import unpack_files
from bot.store import Tx
from bot.texts import HELD_BACK
from bot.views.missed import LISTED

NEVER_OPENED = "The session was never opened."
IN_TROUBLE = frozenset({State.REFUSED, State.NEEDS_PERSON})
BEGINS = frozenset({Kind.OPEN, Kind.LINK})  # the card shows what came of them
QUIET = frozenset({Kind.SAY, Kind.END, Kind.HOLD, Kind.RESUME})  # nothing is said of them while all goes well


def become(
    tx: Tx, item: Item, state: State, *, by: Actor | None = None, deed: Deed | None = None, more: str = "",
    **changes: Any,
) -> Item | None:  # fmt: skip
    """Moves an item, lets Slack show it, and the audit tell of it. None when it has moved on since it was read: nothing
    is done then.

    `by`, `deed`: who has decided so, and what that is called; without them it came about by itself. `more`: what the
    audit says beside the kind, in our own words.
    """
    if state not in MAY_BECOME[item.state]:
        raise AssertionError(f"{item.kind} {item.key} cannot go from {item.state} to {state}")
    if state is State.DELIVERED:
        changes.setdefault("evo_name", EvoName(f"item:{item.key}"))
    attempts = changes.get("attempts", item.attempts)
    moved = tx.move_item(item, state, mark=mark_of(state, attempts) if item.ts else "", **changes)
    if moved is not None:
        what = deed or of_move(item.state, state)
        if what:
            tx.audit_item(what, moved, tx.clock.now(), by=by, more=more)
        show(tx, moved)
        if item.state in IN_TROUBLE:
            tx.redraw_card(item.session)  # it counts trouble
    return moved


def show(tx: Tx, item: Item) -> None:
    """What stands in Slack about this item is drawn anew; trouble with a reply gets a post of its own."""
    if item.kind in BEGINS:
        _show_opening(tx, item)
    elif item.state is State.NEEDS_PERSON and item.kind is Kind.SAY and item.ts and item.reason.startswith(HELD_BACK):
        ask_about(tx, item)
    elif item.state in IN_TROUBLE and item.kind in QUIET:
        add_result(tx, item)
    elif item.kind is Kind.SAY and item.state is State.DELIVERED:
        _mirror(tx, item)
        if any(map(_was_left, unpack_files(item.body))):
            add_result(tx, item)  # the words went, a file did not
    tx.redraw_item(item.key)
    if item.kind is not Kind.SAY or item.state in IN_TROUBLE:
        tx.redraw_card(item.session)


def add_result(tx: Tx, item: Item) -> None:
    """The post in the thread that tells what became of an item."""
    session = tx.session(item.session)
    tx.add_post(
        name=f"item/{_opaque(item.slack_name)}",
        session=session.key,
        kind=PostKind.RESULT,
        item=item.key,
        team=session.team,
        channel=item.channel,
        thread_ts=item.thread_ts,
    )


def ask_about(tx: Tx, item: Item) -> None:
    """Somebody must decide on a reply that was missed or held back: one question about all of them, not one each.

    What may have arrived is another question, and has a post of its own.
    """
    question = tx.open_question(item) if item.unknown_at is None else None
    asked = tx.items_asked_about(question) if question else []
    if question is None or len(asked) >= LISTED:
        add_result(tx, item)
    else:
        tx.ask_about_more(question, asked, item.key)
    tx.redraw_card(item.session)


def add_mirror(tx: Tx, item: Item, thread: ThreadKey) -> None:
    """What was said elsewhere stands in this thread, too, and is never relayed from there."""
    tx.add_post(
        name=f"mirror/{_opaque(item.slack_name)}/{thread.channel}/{thread.ts}",
        session=item.session,
        kind=PostKind.MIRROR,
        item=item.key,
        team=thread.team,
        channel=thread.channel,
        thread_ts=thread.ts,
    )


def _mirror(tx: Tx, item: Item) -> None:
    """To every thread of the session in which the words do not stand already."""
    if item.gone:
        return
    for thread in tx.threads_of(item.session):
        if item.ts is None or (thread.channel, thread.ts) != (item.channel, item.thread_ts):
            add_mirror(tx, item, thread)


def _was_left(file: File) -> bool:
    return not file.address


def _opaque(name: SlackName) -> str:
    """The same in each life of the bot, even after a restore; whoever reads it in Slack learns nothing."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _show_opening(tx: Tx, item: Item) -> None:
    """What was asked of a session that is not there waits visibly, or is refused when nobody wants it any more."""
    session = tx.session(item.session)
    if item.state in IN_TROUBLE or item.state is State.WITHDRAWN:
        tx.change_session(session.key, life=Life.FAILED)
        for waiting in tx.waiting_for_opening(session.key):
            if waiting.state is State.UNKNOWN:  # after a restore: nobody can look for it any more
                become(tx, waiting, State.NEEDS_PERSON)
            elif item.state is State.WITHDRAWN:
                become(tx, waiting, State.REFUSED, reason=NEVER_OPENED)
            elif waiting.ts is not None:
                tx.change_item(waiting.key, mark=Mark.WAITING)
    elif item.state in {State.PENDING, State.ASKED} and session.life is Life.FAILED:
        tx.change_session(session.key, life=Life.OPENING)
