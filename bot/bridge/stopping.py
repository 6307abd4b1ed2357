"""Stopping everything that leaves to Evo Voice, and going on. Functions of an open transaction.

A request that is under way when that happens cannot be taken back. Nothing that was held back goes out by itself.
"""

from __future__ import annotations

from bot.audit import operator_in
from bot.bridge.safeguards import LEAVES, held
from bot.bridge.threads import notice_everywhere
from bot.model import Actor, Deed, State, Stop
from bot.states import become
from bot.store import Tx
from bot.text import clean, shorten
from bot.texts import STOP_BEGINS, STOP_ENDS
from bot.views.blocks import one_line

WHY = 200  # characters


def stop_everything(tx: Tx, by: Actor, why: str, now: float) -> bool:
    """False when everything is stopped already."""
    stop = Stop(now, by.user if operator_in(by.user) is None else "", shorten(one_line(clean(why)), WHY))
    if not tx.begin_stop(stop):
        return False
    tx.audit(Deed.STOPPED, now, by=by)
    _hold_back(tx, stop)
    _tell(tx, STOP_BEGINS.format(why=f" ({stop.why})" if stop.why else ""), f"stopped/{stop.at:.6f}")
    return True


def go_on(tx: Tx, by: Actor, now: float) -> bool:
    """False when nothing was stopped. What was asked for meanwhile waits for a person as well."""
    stop = tx.stop()
    if stop is None or not tx.end_stop(now):
        return False
    tx.audit(Deed.RESUMED, now, by=by)
    _hold_back(tx, stop)
    _tell(tx, STOP_ENDS, f"resumed/{stop.at:.6f}")
    return True


def _hold_back(tx: Tx, stop: Stop) -> None:
    for item in tx.pending(*LEAVES):
        become(tx, item, State.NEEDS_PERSON, reason=held(stop))


def _tell(tx: Tx, text: str, what: str) -> None:
    for session in tx.open_sessions():
        notice_everywhere(tx, session, text, what)
        tx.redraw_card(session.key)
