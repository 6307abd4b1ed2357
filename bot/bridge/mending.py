"""What can be wrong between sessions and the threads that show them, and how it is mended. Functions of the store.

Each fault is found by looking, and looked for once more in the transaction that mends it: a bot that runs beside may
have been quicker. Nothing here sends anything; what is to stand in Slack becomes a post, which the bot posts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.bridge import threads
from bot.model import (
    Actor,
    ChannelId,
    Deed,
    Life,
    Link,
    Post,
    PostKind,
    PostState,
    Role,
    Session,
    SessionKey,
    ThreadKey,
    Ts,
)
from bot.store import Reads, Tx

LIVES = frozenset({Life.OPENING, Life.ACTIVE})
TRIED = 4  # how often Slack has not taken a post before that is called trouble


class Fault(StrEnum):
    """What is wrong. Those that the file shows come first; the others only Slack can tell."""

    NO_CARD = "no card"  # a live session without a thread, and without a card on its way
    NO_LINK = "its home is not linked"
    NO_CARD_HERE = "no card in this thread"
    TARGETS = "replies go to two sessions"
    NOT_TAKEN = "Slack does not take what belongs here"
    GONE = "the thread is gone"
    STANDS = "a post stands in Slack and is not known to"
    OUT_OF_REACH = "the bot cannot see the channel"


NEXT: Mapping[Fault, str] = {
    Fault.NO_CARD: "a card is posted in its channel",
    Fault.NO_CARD_HERE: "a card is posted in the thread",
    Fault.TARGETS: "replies go to the newest of them, the others stay shown",
    Fault.GONE: "the link goes; a session without another thread gets a new card in its channel",
    Fault.STANDS: "it is remembered, and not posted again",
}
BY_HAND: Mapping[Fault, str] = {
    # Colleagues may be talking there among themselves by now: only a person may send that to a customer.
    Fault.NO_LINK: "if nobody wants it so, say in the thread “@Evo link” with the session's id",
    Fault.NOT_TAKEN: "the bot goes on trying; `evobot doctor` says whether a scope or a channel is missing",
    Fault.OUT_OF_REACH: "invite the bot to the channel, or unarchive it; or move the session: @Evo move to:#channel",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong. `post`, `ts`: which post stands where, for STANDS."""

    fault: Fault
    session: SessionKey
    thread: ThreadKey | None = None
    post: Post | None = None
    ts: Ts | None = None


# Found in the file


def found(read: Reads, session: Session, links: list[Link]) -> Iterator[Trouble]:
    """What the file shows to be wrong with one session. `links`: its own."""
    here = [link for link in links if link.role is not Role.MOVED]
    cards, key = read.cards_of(session.key), session.key
    waits = any(card.state in {PostState.PENDING, PostState.SENDING} for card in cards)
    if session.life in LIVES and session.thread is None and not here and not waits:
        yield Trouble(Fault.NO_CARD, key)
    if session.life in LIVES and session.thread and all(link.thread != session.thread for link in links):
        yield from () if read.was_unlinked(key, session.thread) else (Trouble(Fault.NO_LINK, key, session.thread),)
    placed = {(card.channel, card.thread_ts or card.ts) for card in cards}
    for link in here:
        if session.life in LIVES and (link.thread.channel, link.thread.ts) not in placed:
            yield Trouble(Fault.NO_CARD_HERE, key, link.thread)
        if link.role is Role.TARGET and len(_targets(read, link.thread)) > 1:
            yield Trouble(Fault.TARGETS, key, link.thread)
        if read.is_refused_in(key, link.thread, TRIED):
            yield Trouble(Fault.NOT_TAKEN, key, link.thread)


def _targets(read: Reads, thread: ThreadKey) -> list[Link]:
    return [link for link in read.links_in(thread) if link.role is Role.TARGET]


def by_session(links: list[Link]) -> Mapping[SessionKey, list[Link]]:
    """Links in the order in which they came, by the session that they show."""
    sorted_: dict[SessionKey, list[Link]] = defaultdict(list)
    for link in links:
        sorted_[link.session].append(link)
    return sorted_


# Mended


def mend(tx: Tx, trouble: Trouble, by: Actor, now: float) -> bool:
    """False when it is not so any more, or only a person can mend it."""
    session = tx.session(trouble.session)
    if not _still(tx, session, trouble):
        return False
    match trouble.fault:
        case Fault.NO_CARD:
            _new_card(tx, session)
        case Fault.NO_CARD_HERE if trouble.thread:
            threads.add_card(tx, session, trouble.thread)
        case Fault.TARGETS if trouble.thread:
            for link in _targets(tx, trouble.thread)[1:]:
                tx.change_link(link.thread, link.session, role=Role.SHOWN)
            tx.redraw_cards_in(trouble.thread)
        case Fault.GONE if trouble.thread:
            _leave_gone(tx, session, trouble.thread)
        case Fault.STANDS if trouble.post and trouble.ts:
            threads.stands(tx, trouble.post, trouble.ts, shown=0)
        case _:
            return False
    tx.audit(Deed.MENDED, now, by=by, session=session.key, detail=trouble.fault)
    return True


def _still(tx: Tx, session: Session, trouble: Trouble) -> bool:
    match trouble.fault:
        case Fault.GONE:
            return any(
                link.thread == trouble.thread and link.role is not Role.MOVED for link in tx.links_of(session.key)
            )
        case Fault.STANDS:
            return trouble.post is not None and tx.post(trouble.post.key).ts is None
        case fault:
            again = found(tx, session, tx.links_of(session.key))
            return any((each.fault, each.thread) == (fault, trouble.thread) for each in again)


def _new_card(tx: Tx, session: Session) -> None:
    """As a session that moves to another channel gets one."""
    number = sum(1 for card in tx.cards_of(session.key) if card.name.startswith(f"card/{session.key}/to/"))
    tx.add_post(
        name=f"card/{session.key}/to/{number}",
        session=session.key,
        kind=PostKind.CARD,
        team=session.team,
        channel=ChannelId(session.channel),
    )


def _leave_gone(tx: Tx, session: Session, thread: ThreadKey) -> None:
    """Nobody can be told in it. What else shows the session becomes its home; else it gets a new one."""
    tx.drop_link(thread, session.key)
    if session.thread == thread:
        others = tx.threads_of(session.key)
        home = others[0] if others else None
        tx.change_session(session.key, thread_ts=home and home.ts, channel=home.channel if home else session.channel)
        if home is None and session.life in LIVES:
            _new_card(tx, tx.session(session.key))
    tx.redraw_card(session.key)
    tx.redraw_cards_in(thread)
