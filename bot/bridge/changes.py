"""Messages that are changed or deleted in Slack after they were taken. Functions of an open transaction.

What has not left yet is changed or withdrawn. What has left cannot be called back: Evo Voice knows no edit and no
delete of a message (API operations SendMessage, GetChatTranscript), so people are told, and a correction is offered.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto

from bot.bridge.entries import EDITED_AT
from bot.bridge.rules import Note, Place, Relay, TooLate, decide
from bot.bridge.taking import take_words
from bot.bridge.threads import add_card, notice, place_of
from bot.model import Gone, Item, Kind, Mode, Post, Said, SessionKey, State, ThreadKey, UserId
from bot.states import become
from bot.store import Tx
from bot.store.rows import pack

REMOVED = "{who} removed a message here that had been sent already. The other side still has it."
REMOVED_IN_DOUBT = "{who} removed a message here that may have been sent already."
SOMEBODY = "Somebody"


class Edited(Enum):
    """What came of an edit."""

    NOTHING = auto()  # nobody need be told
    SENT_BEFORE = auto()  # the other side has, or may have, the first version
    STILL_A_NOTE = auto()  # it would be sent if it were new
    NOW_A_NOTE = auto()  # it was on its way, and is not any more
    WITHDRAWN = auto()  # it is a command now, and those count only when they are new


def edit(tx: Tx, item: Item, said: Said, place: Place, bot: UserId) -> Edited:
    """The message says something else now."""
    if item.kind is not Kind.SAY or item.gone:
        return Edited.NOTHING
    if said.edited and said.edited < str(item.body.get(EDITED_AT, "")):
        return Edited.NOTHING  # brought once more, or late, after a later change: that holds
    if said.edited:
        item = replace(item, body={**item.body, EDITED_AT: said.edited})
    if said.text == item.body.get("typed", item.body.get("text")):
        tx.change_item(item.key, body=pack(item.body))
        return Edited.NOTHING
    decision = decide(said, place, bot)
    if has_left(item):
        tx.change_item(item.key, edited=1)
        tx.reword(item, {**item.body, "edited": decision.text if isinstance(decision, Relay) else ""})
        return Edited.SENT_BEFORE
    if item.state is State.WITHDRAWN:
        return Edited.NOTHING
    text = decision.text if isinstance(decision, Relay) else said.text
    _reword(tx, item, text, said.text)
    if item.state is State.KEPT:
        return Edited.STILL_A_NOTE if isinstance(decision, Relay) else Edited.NOTHING
    if isinstance(decision, Relay | TooLate):
        return Edited.NOTHING
    become(tx, tx.item(item.key), State.KEPT if isinstance(decision, Note) else State.WITHDRAWN)
    return Edited.NOW_A_NOTE if isinstance(decision, Note) else Edited.WITHDRAWN


def mode_was(tx: Tx, session: SessionKey, thread: ThreadKey, mode: Mode, bot: UserId) -> None:
    """It turns out what replies in a thread are: whatever has not left and is no reply under that stays inside."""
    tx.change_link(thread, session, mode=mode)
    place = place_of(tx, thread)
    for item in tx.items_of(session, Kind.SAY):
        if item.state is not State.PENDING or has_left(item) or item.thread_ts != thread.ts:
            continue
        typed = str(item.body.get("typed", item.body.get("text", "")))
        said = Said(thread, item.ts or thread.ts, item.author, typed)
        if item.ts is not None and isinstance(decide(said, place, bot), Note):
            become(tx, item, State.KEPT)


def delete(tx: Tx, item: Item, thread: ThreadKey) -> None:
    """The message is gone from Slack, and so are its words from here."""
    if item.kind is not Kind.SAY or item.gone:
        return
    if item.state not in {State.KEPT, State.WITHDRAWN}:
        _take_back(tx, item, thread)
    take_words(tx, tx.item(item.key), Gone.REMOVED)


def _take_back(tx: Tx, item: Item, thread: ThreadKey) -> None:
    if has_left(item):
        text = REMOVED if item.state is State.DELIVERED else REMOVED_IN_DOUBT
        notice(tx, tx.session(item.session), thread, text.format(who=author_of(item)), f"removed/{item.key}")
    else:
        become(tx, item, State.WITHDRAWN)


def card_deleted(tx: Tx, card: Post) -> None:
    """The thread lives on without it: it gets another card, once, and replies in it still work."""
    ts = card.thread_ts or card.ts
    cards = tx.cards_of(card.session)
    replaced = any(each.key > card.key and (each.channel, each.thread_ts) == (card.channel, ts) for each in cards)
    if ts is not None and not replaced:
        add_card(tx, tx.session(card.session), ThreadKey(card.team, card.channel, ts))


def has_left(item: Item) -> bool:
    """Has the other side got it, or may it have?"""
    return item.state in {State.SENDING, State.UNKNOWN, State.DELIVERED} or item.unknown_at is not None


def author_of(item: Item) -> str:
    """The name under which it was sent."""
    name, colon, _ = (item.sent_text or "").partition(": ")
    return name if colon else SOMEBODY


def _reword(tx: Tx, item: Item, text: str, typed: str) -> None:
    body = {**item.body, "text": text}
    if text != typed:
        body["typed"] = typed
    else:
        body.pop("typed", None)
    tx.reword(item, body)
