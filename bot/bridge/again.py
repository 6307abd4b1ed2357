"""Was the same session asked for a moment ago? Slack does not repeat what it has heard no answer to: people do.

Whoever was told that a form or a command failed gives it anew, and what they gave first may be on the disk all the
same. That is another gesture, by its name; so it is known by who wants what, and they are asked.
"""

from __future__ import annotations

from bot.bridge.drafts import NewDraft
from bot.model import Actor, Kind, Life, Session, State
from bot.packing import pack_request
from bot.store import Reads
from bot.store.rows import pack

AGAIN_SECONDS = 600.0  # after that somebody wants another one
NEWEST = 20  # of somebody's sessions that are compared
NOTHING_CAME = frozenset({State.REFUSED, State.WITHDRAWN})


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
