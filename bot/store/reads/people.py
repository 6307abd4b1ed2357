"""Who people are, what they are asked in forms, and what must be forgotten about them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence

from bot.audit import subject_of
from bot.model import FORGOTTEN, ItemKey, KeptForm, Kind, Member, Person, SessionKey, TeamId, ThreadKey, UserId
from bot.numbers import identity_of
from bot.store.reads.asking import POST_WAITS
from bot.store.reads.items import ItemReads
from bot.store.reads.sessions import SessionReads
from bot.store.rows import PERSON_COLUMNS, to_person
from bot.texts import FORGOTTEN_PERSON

HASH_DIGITS = 32
FINISHED = "('delivered', 'refused', 'withdrawn', 'kept')"
OVER = "life IN ('ended', 'failed')"


class PeopleReads(SessionReads, ItemReads):
    """Each method is one statement."""

    # People

    def person(self, team: TeamId, user: UserId) -> Person:
        """What somebody has settled; whoever has not settled anything is as everybody is at first."""
        sql = f"SELECT {PERSON_COLUMNS} FROM person WHERE team = ? AND user = ?"
        return self._one(to_person, sql, team, user) or Person(team, user)

    # Drafts

    def draft(self, token: str) -> KeptForm | None:
        """What was filled in before the question was shown."""
        return self._one(
            lambda row: KeptForm(UserId(row[0]), dict(json.loads(row[1])), row[2], bool(row[3])),
            "SELECT user, body, kept_at, used FROM draft WHERE token = ?",
            token,
        )

    def has_drafts(self, before: float) -> bool:
        """Is there any that was kept before then?"""
        return self._exists("SELECT 1 FROM draft WHERE kept_at < ?", before)

    def asked_before(self, before: float, limit: int) -> list[ItemKey]:
        """What has been waiting for a yes since before then, the oldest first."""
        return self._all(
            lambda row: ItemKey(row[0]),
            "SELECT key FROM item WHERE state = 'asked' AND asked_at < ? ORDER BY asked_at LIMIT ?",
            before,
            limit,
        )

    # Privacy

    def hashed(self, identity: str) -> str:
        """A number or an address as it can be known again, and not be read: keyed, the key is this file's own."""
        return self.hasher()(identity)

    def hasher(self) -> Callable[[str], str]:
        """What makes such hashes, for whoever has no file at hand. It may be called from any thread."""
        key: bytes = self._connection.execute("SELECT value FROM secret WHERE name = 'hash'").fetchone()[0]
        return lambda identity: hmac.new(key, identity.casefold().encode(), hashlib.sha256).hexdigest()[:HASH_DIGITS]

    def is_forgotten(self, identity: str, asked_at: float) -> bool:
        """Was everything about somebody (a hash) deleted at that moment, or after it?"""
        return self._exists("SELECT 1 FROM forgotten WHERE identity = ? AND at >= ?", identity, asked_at)

    def without_forgotten(self, key: SessionKey, members: Sequence[Member]) -> tuple[Member, ...]:
        """As Evo Voice names them, save for those of whom everything was deleted since they came into the session."""
        if not self._exists("SELECT 1 FROM forgotten WHERE identity > '' LIMIT 1"):
            return tuple(members)
        began = self.session(key).created_at
        return tuple(self._without(key, began, member) for member in members)

    def _without(self, key: SessionKey, began: float, member: Member) -> Member:
        for identity in (self.hashed(identity_of(named)) for named in (member.identity, member.name) if named):
            if self.is_forgotten(identity, began) and not self._invited_since(key, identity):
                return Member(f"{FORGOTTEN}{identity}", FORGOTTEN_PERSON, member.role)
        return member

    def _invited_since(self, key: SessionKey, identity: str) -> bool:
        since = self._one(lambda row: float(row[0]), "SELECT at FROM forgotten WHERE identity = ?", identity) or 0.0
        invited = (item for item in self.items_of(key, Kind.INVITE) if item.asked_at > since)
        return any(identity in subject_of(item.kind, item.body, self.hashed) for item in invited)

    def over_with_words(self, before: float, after: SessionKey, limit: int) -> list[SessionKey]:
        """Sessions that were over at that moment and of which words are still here, from a key on."""
        return self._all(
            lambda row: SessionKey(row[0]),
            f"SELECT key FROM session WHERE {OVER} AND wordless = 0 AND key > ? AND coalesce(ended_at, active_at) < ? "
            "ORDER BY key LIMIT ?",
            after,
            before,
            limit,
        )

    def long_over(self, before: float, limit: int, skip: int = 0) -> list[SessionKey]:
        """Sessions that were over at that moment, the oldest first."""
        return self._all(
            lambda row: SessionKey(row[0]),
            f"SELECT key FROM session WHERE {OVER} AND coalesce(ended_at, active_at) < ? "
            "ORDER BY coalesce(ended_at, active_at) LIMIT ? OFFSET ?",
            before,
            limit,
            skip,
        )

    def has_unfinished(self, session: SessionKey) -> bool:
        """Is anything of it still to be done or shown, or does it ask a person?"""
        item = f"SELECT 1 FROM item WHERE session = ? AND state NOT IN {FINISHED}"
        post = f"SELECT 1 FROM post WHERE session = ? AND {POST_WAITS}"
        return self._exists(item, session) or self._exists(post, session)

    def is_past(self, thread: ThreadKey) -> bool:
        """Did it show a session that was deleted in its time?"""
        sql = "SELECT 1 FROM past WHERE team = ? AND channel = ? AND thread_ts = ?"
        return self._exists(sql, thread.team, thread.channel, thread.ts)
