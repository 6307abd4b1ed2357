"""Was the same asked for a moment ago, a session or words for one? Where Slack hears no answer, people ask again.

Whoever was told that a form or a command failed gives it anew, and what they gave first may be on the disk all the
same. That is another gesture, by its name; so it is known by who wants what, and they are asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.bridge.drafts import NewDraft
from bot.model import Actor, Item, Kind, Life, Session, SessionKey, SlackName, State
from bot.packing import pack_request
from bot.store import Reads
from bot.store.rows import pack

AGAIN_SECONDS = 600.0  # after that somebody wants another session
SAID_AGAIN_SECONDS = 120.0  # words are said twice more easily
NEWEST = 20  # of somebody's sessions, or items, that are compared
NOTHING_CAME = frozenset({State.REFUSED, State.WITHDRAWN, State.KEPT})  # a note was never to be sent


def asked_before(read: Reads, draft: NewDraft, by: Actor, now: float) -> Session | None:
    """The newest session that the same person has asked for in the same words by another gesture, and that lives."""
    if read.session_asked_as(draft.name) is not None:
        return None  # the same gesture
    wanted = pack(pack_request(draft.request))
    for session in read.sessions_by(by.user, NEWEST):
        fresh = abs(now - session.created_at) < AGAIN_SECONDS and session.life in {Life.OPENING, Life.ACTIVE}
        if fresh and any(
            pack(item.body) == wanted
            for item in read.items_of(session.key, Kind.OPEN)
            if item.state not in NOTHING_CAME
        ):
            return session
    return None


def said_before(
    read: Reads, session: SessionKey, words: Mapping[str, object], by: Actor, name: SlackName, now: float
) -> Item | None:
    """The newest words for a session that are the same, of the same person, by another gesture of this kind."""
    if read.item_named(name) is not None:
        return None  # the same gesture
    for item in read.last_asked_by(by.user, NEWEST):
        same = (item.session, item.kind, item.body) == (session, Kind.SAY, words)
        if same and abs(now - item.asked_at) < SAID_AGAIN_SECONDS and item.state not in NOTHING_CAME:
            return item
    return None
