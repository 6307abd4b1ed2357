"""Questions to the store, named by what is asked. Usable on the loop and inside a transaction alike."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from bot.model import (
    ChannelId,
    EvoSessionId,
    Item,
    ItemKey,
    Kind,
    Line,
    LineName,
    Post,
    PostKey,
    PostKind,
    Session,
    SessionKey,
    SlackName,
    TeamId,
    ThreadKey,
    Ts,
)
from bot.store.rows import (
    ITEM_COLUMNS,
    LINE_COLUMNS,
    POST_COLUMNS,
    SESSION_COLUMNS,
    columns,
    to_item,
    to_line,
    to_post,
    to_session,
)

T = TypeVar("T")
IN_LANE = "state IN ('pending', 'sending', 'unknown')"
POST_DUE = "(state IN ('pending', 'sending') OR (state = 'done' AND wanted <> shown))"


class Reads:
    """Each method is one statement. Rows in, `bot.model` objects out."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    # Sessions and threads

    def session(self, key: SessionKey) -> Session:
        """Raises KeyError for a key that was never given out."""
        found = self._one(to_session, f"SELECT {SESSION_COLUMNS} FROM session WHERE key = ?", key)
        if found is None:
            raise KeyError(key)
        return found

    def session_asked_as(self, name: SlackName) -> Session | None:
        """The session that this very gesture has already asked for."""
        return self._one(to_session, f"SELECT {SESSION_COLUMNS} FROM session WHERE asked_as = ?", name)

    def session_of(self, evo_id: EvoSessionId) -> Session | None:
        """The session that bears this Evo name."""
        return self._one(to_session, f"SELECT {SESSION_COLUMNS} FROM session WHERE evo_id = ?", evo_id)

    def session_in(self, thread: ThreadKey) -> Session | None:
        """The active session of a thread. The look-up of the hot path."""
        return self._one(
            to_session,
            f"SELECT {columns(SESSION_COLUMNS, 'session')} FROM link JOIN session ON session.key = link.session "
            "WHERE link.team = ? AND link.channel = ? AND link.thread_ts = ? AND link.active = 1",
            thread.team,
            thread.channel,
            thread.ts,
        )

    def threads_of(self, key: SessionKey) -> list[ThreadKey]:
        """Every thread that shows this session."""
        return self._all(
            lambda row: ThreadKey(TeamId(row[0]), ChannelId(row[1]), Ts(row[2])),
            "SELECT team, channel, thread_ts FROM link WHERE session = ? AND active = 1",
            key,
        )

    def open_sessions(self) -> list[Session]:
        """Sessions that live at Evo Voice and have a thread to show them in: what the feed looks after."""
        return self._all(
            to_session,
            f"SELECT {SESSION_COLUMNS} FROM session WHERE life = 'active' "
            "AND EXISTS (SELECT 1 FROM link WHERE link.session = session.key AND link.active = 1)",
        )

    def card_on_its_way(self, team: TeamId, channel: ChannelId, since: float) -> bool:
        """Does Slack perhaps show a card, posted after `since`, whose thread we cannot name yet?"""
        return self._exists(
            "SELECT 1 FROM post WHERE team = ? AND channel = ? AND kind = 'card' AND ts IS NULL "
            "AND state IN ('pending', 'sending') AND sending_at > ?",
            team,
            channel,
            since,
        )

    def newest_message(self, session: SessionKey, thread: ThreadKey) -> Ts | None:
        """The last message of a thread that we know of."""
        return self._one(
            lambda row: Ts(row[0]),
            "SELECT ts FROM item WHERE session = ? AND channel = ? AND thread_ts = ? AND ts IS NOT NULL "
            "ORDER BY ts DESC LIMIT 1",
            session,
            thread.channel,
            thread.ts,
        )

    # Items

    def item(self, key: ItemKey) -> Item:
        """Raises KeyError for a key that was never given out."""
        found = self._one(to_item, f"SELECT {ITEM_COLUMNS} FROM item WHERE key = ?", key)
        if found is None:
            raise KeyError(key)
        return found

    def item_named(self, name: SlackName) -> Item | None:
        return self._one(to_item, f"SELECT {ITEM_COLUMNS} FROM item WHERE slack_name = ?", name)

    def items_of(self, session: SessionKey, *kinds: Kind) -> list[Item]:
        """A session's items of these kinds, oldest first."""
        marks = ", ".join("?" for _ in kinds)
        return self._all(
            to_item,
            f"SELECT {ITEM_COLUMNS} FROM item WHERE session = ? AND kind IN ({marks}) ORDER BY position, key",
            session,
            *kinds,
        )

    def lanes(self) -> list[SessionKey]:
        """Sessions with something on its way to Evo Voice. What waits for a session that was never opened is not."""
        return self._all(
            lambda row: SessionKey(row[0]),
            f"SELECT DISTINCT item.session FROM item JOIN session ON session.key = item.session WHERE item.{IN_LANE} "
            "AND (session.evo_id IS NOT NULL OR item.kind = 'open')",
        )

    def waiting_for_opening(self, session: SessionKey) -> list[Item]:
        """What was asked of a session before it was there."""
        return self._all(
            to_item,
            f"SELECT {ITEM_COLUMNS} FROM item WHERE session = ? AND state IN ('asked', 'pending') "
            "AND kind <> 'open' ORDER BY position, key",
            session,
        )

    def last_position(self, session: SessionKey) -> str:
        """The end of a session's lane."""
        row = self._connection.execute(
            f"SELECT max(position) FROM item WHERE session = ? AND {IN_LANE}", (session,)
        ).fetchone()
        return row[0] or ""

    def twins_in_doubt(self, opening: ItemKey, session: Session) -> bool:
        """Is another session of this name and type being opened, with an outcome that nobody knows?"""
        return self._exists(
            "SELECT 1 FROM item JOIN session ON session.key = item.session WHERE item.kind = 'open' "
            "AND item.state IN ('sending', 'unknown') AND item.key <> ? AND session.name = ? AND session.type = ?",
            opening,
            session.name,
            session.type,
        )

    def head_of_lane(self, session: SessionKey) -> Item | None:
        """What must be finished first: nothing overtakes within a session.

        Whatever has left the house goes before what has not, even when Slack brought an older message late.
        """
        first = "ORDER BY position, key LIMIT 1"
        left = f"SELECT {ITEM_COLUMNS} FROM item WHERE session = ? AND state IN ('sending', 'unknown') {first}"
        waiting = f"SELECT {ITEM_COLUMNS} FROM item WHERE session = ? AND {IN_LANE} {first}"
        return self._one(to_item, left, session) or self._one(to_item, waiting, session)

    def awaiting_echo(self, session: SessionKey) -> list[Item]:
        """Our own words that have left and have not been seen in the transcript yet, in the order in which they left.

        What was proven absent comes last: the same words, typed again, are the likelier ones to show up.
        """
        return self._all(
            to_item,
            f"SELECT {ITEM_COLUMNS} FROM item WHERE session = ? AND kind = 'say' AND sent_text IS NOT NULL "
            "AND (state IN ('sending', 'unknown', 'delivered') "
            "OR (state IN ('pending', 'needs_person') AND unknown_at IS NOT NULL)) "
            "AND NOT EXISTS (SELECT 1 FROM line WHERE line.item = item.key) "
            "ORDER BY state = 'needs_person', sending_at, key",
            session,
        )

    def echo_of(self, item: ItemKey) -> LineName | None:
        """The transcript line in which our words came back."""
        return self._one(lambda row: LineName(row[0]), "SELECT name FROM line WHERE item = ?", item)

    def unmarked(self, limit: int) -> list[Item]:
        """Messages whose reaction does not show their state."""
        return self._all(to_item, f"SELECT {ITEM_COLUMNS} FROM item WHERE mark <> shown ORDER BY key LIMIT ?", limit)

    def count_items(self, session: SessionKey) -> dict[str, int]:
        """How many replies stand in which state."""
        rows = self._connection.execute(
            "SELECT state, count(*) FROM item WHERE session = ? AND kind = 'say' GROUP BY state", (session,)
        )
        return {row[0]: row[1] for row in rows}

    # Lines

    def line(self, name: LineName) -> Line | None:
        return self._one(to_line, f"SELECT {LINE_COLUMNS} FROM line WHERE name = ?", name)

    def known_lines(self, session: SessionKey) -> set[LineName]:
        return set(self._all(lambda row: LineName(row[0]), "SELECT name FROM line WHERE session = ?", session))

    # Posts

    def post(self, key: PostKey) -> Post:
        """Raises KeyError for a key that was never given out."""
        found = self._one(to_post, f"SELECT {POST_COLUMNS} FROM post WHERE key = ?", key)
        if found is None:
            raise KeyError(key)
        return found

    def posts_of_item(self, item: ItemKey) -> list[Post]:
        return self._all(to_post, f"SELECT {POST_COLUMNS} FROM post WHERE item = ?", item)

    def card_of(self, session: SessionKey) -> Post | None:
        return self._one(
            to_post, f"SELECT {POST_COLUMNS} FROM post WHERE session = ? AND kind = ?", session, PostKind.CARD
        )

    def channels_with_posts(self) -> list[ChannelId]:
        """Channels in which something of ours is missing or out of date."""
        return self._all(
            lambda row: ChannelId(row[0]),
            "SELECT DISTINCT channel FROM post WHERE state IN ('pending', 'sending') "
            "UNION SELECT DISTINCT channel FROM post WHERE state = 'done' AND wanted <> shown",
        )

    def next_posts(self, channel: ChannelId, now: float, limit: int) -> list[Post]:
        """What to post or redraw in a channel now: new things in their order, then redraws.

        A post that belongs under a card waits until the card stands; a thread whose first post must wait, waits
        as a whole.
        """
        return self._all(
            to_post,
            f"SELECT {POST_COLUMNS} FROM post WHERE channel = ?1 AND {POST_DUE} AND not_before <= ?2 "
            "AND (thread_ts IS NOT NULL OR kind IN ('card', 'direct')) "
            "AND (state = 'done' OR thread_ts IS NULL OR NOT EXISTS (SELECT 1 FROM post AS earlier "
            "WHERE earlier.channel = ?1 AND earlier.state IN ('pending', 'sending') "
            "AND earlier.thread_ts = post.thread_ts AND earlier.key < post.key AND earlier.not_before > ?2)) "
            "ORDER BY state = 'done', key LIMIT ?3",
            channel,
            now,
            limit,
        )

    # Drafts

    def draft(self, view: str) -> dict[str, Any] | None:
        """What was filled in before the question was shown."""
        return self._one(lambda row: dict(json.loads(row[0])), "SELECT body FROM draft WHERE view = ?", view)

    # Plumbing

    def _one(self, make: Callable[[sqlite3.Row], T], sql: str, *values: object) -> T | None:
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else make(row)

    def _all(self, make: Callable[[sqlite3.Row], T], sql: str, *values: object) -> list[T]:
        return [make(row) for row in self._connection.execute(sql, values)]

    def _exists(self, sql: str, *values: object) -> bool:
        return self._connection.execute(sql, values).fetchone() is not None
