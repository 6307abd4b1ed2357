"""What people asked for and what becomes of it, and what was heard."""

from __future__ import annotations

import json

from bot.model import Item, ItemKey, Kind, Line, LineName, Post, Session, SessionKey, SlackName, ThreadKey, UserId
from bot.store.reads.asking import COMPARED, IN_LANE, Asking, Forgotten
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

ITEM_WIDTH = len(ITEM_COLUMNS.split(","))


class ItemReads(Asking):
    """Each method is one statement."""

    # Items

    def item(self, key: ItemKey) -> Item:
        """Raises Forgotten for a key that was never given out."""
        found = self._one(to_item, f"SELECT {ITEM_COLUMNS} FROM item WHERE key = ?", key)
        if found is None:
            raise Forgotten(key)
        return found

    def item_named(self, name: SlackName) -> Item | None:
        return self._one(to_item, f"SELECT {ITEM_COLUMNS} FROM item WHERE slack_name = ?", name)

    def is_asked_under(self, name: SlackName) -> bool:
        """Did the gesture of this name ask for anything?"""
        below = ("SELECT 1 FROM item WHERE slack_name >= ? AND slack_name < ?", f"{name}/", f"{name}0")
        return self.item_named(name) is not None or self.is_carried_out(name) or self._exists(*below)

    def is_carried_out(self, name: SlackName) -> bool:
        """Was this a command that left no item?"""
        return self._exists("SELECT 1 FROM carried_out WHERE name = ?", name)

    def last_used(self, user: UserId) -> SessionKey | None:
        """The session that somebody last asked something of."""
        sql = "SELECT session FROM item WHERE author = ? ORDER BY key DESC LIMIT 1"
        return self._one(lambda row: SessionKey(row[0]), sql, user)

    def waiting_for(self, author: UserId, limit: int) -> list[tuple[Item, Session]]:
        """What somebody has asked for and may have to decide about, newest first.

        Nobody can do anything about somebody who could not be invited or removed by a rule, or whose session is over.
        """
        return self._all(
            lambda row: (to_item(row[:ITEM_WIDTH]), to_session(row[ITEM_WIDTH:])),
            f"SELECT {columns(ITEM_COLUMNS, 'item')}, {columns(SESSION_COLUMNS, 'session')} FROM item "
            "JOIN session ON session.key = item.session WHERE item.author = ? "
            "AND item.state IN ('asked', 'needs_person', 'refused') AND (item.state <> 'refused' "
            "OR item.kind NOT IN ('invite', 'kick') OR (attempts > 0 AND session.life IN ('opening', 'active'))) "
            "ORDER BY item.key DESC LIMIT ?",
            author,
            limit,
        )

    def items_asked_about(self, post: Post) -> list[Item]:
        """The missed replies that one question is about, in the order in which they were stored."""
        keys = json.loads(post.text) if post.text else [post.item]
        marks = ", ".join("?" for _ in keys)
        return self._all(to_item, f"SELECT {ITEM_COLUMNS} FROM item WHERE key IN ({marks}) ORDER BY key", *keys)

    def open_question(self, item: Item) -> Post | None:
        """The last post in this thread that asks about replies missed for the same reason, if nobody has answered."""
        return self._one(
            to_post,
            f"SELECT {columns(POST_COLUMNS, 'post')} FROM post JOIN item ON item.key = post.item WHERE "
            "post.session = ? AND post.kind = 'result' AND post.thread_ts = ? AND post.item <> ? "
            "AND item.state = 'needs_person' AND item.unknown_at IS NULL AND item.reason = ? "
            "ORDER BY post.key DESC LIMIT 1",
            item.session,
            item.thread_ts,
            item.key,
            item.reason,
        )

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
            f"AND (session.evo_id IS NOT NULL OR item.kind = 'open') AND {COMPARED}",
        )

    def waiting_for_opening(self, session: SessionKey) -> list[Item]:
        """What was asked of a session before it was there."""
        return self._all(
            to_item,
            f"SELECT {ITEM_COLUMNS} FROM item WHERE session = ? AND state IN ('asked', 'pending', 'unknown') "
            "AND kind <> 'open' ORDER BY position, key",
            session,
        )

    def pending(self, *kinds: Kind) -> list[Item]:
        """What of these kinds is to be sent when its turn comes, whether its session was ever opened or not."""
        marks = ", ".join("?" for _ in kinds)
        return self._all(
            to_item,
            f"SELECT {ITEM_COLUMNS} FROM item WHERE {IN_LANE} AND state = 'pending' AND kind IN ({marks}) "
            "ORDER BY session, position, key",
            *kinds,
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

    def is_under_way(self, session: SessionKey) -> bool:
        """Is there anything in the session's lane?"""
        return self._exists(f"SELECT 1 FROM item WHERE session = ? AND {IN_LANE}", session)

    def delivered(self, session: SessionKey) -> list[Item]:
        """What people in Slack have said in a session, in the order in which it left."""
        return self._all(
            to_item,
            f"SELECT {ITEM_COLUMNS} FROM item WHERE session = ? AND kind = 'say' AND state = 'delivered' "
            "AND (sent_text IS NOT NULL OR gone <> '') ORDER BY sending_at, position, key",
            session,
        )

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
            "ORDER BY state = 'needs_person', sending_at, position, key",
            session,
        )

    def echo_of(self, item: ItemKey) -> LineName | None:
        """The transcript line in which our words came back."""
        return self._one(lambda row: LineName(row[0]), "SELECT name FROM line WHERE item = ?", item)

    def seen_at(self, item: ItemKey) -> float | None:
        """When our words were seen in the transcript."""
        return self._one(lambda row: float(row[0]), "SELECT heard_at FROM line WHERE item = ?", item)

    def last_in(self, thread: ThreadKey, session: SessionKey, limit: int) -> list[Item]:
        """A session's newest items that were asked for in this thread, newest first."""
        return self._all(
            to_item,
            f"SELECT {ITEM_COLUMNS} FROM item WHERE session = ? AND channel = ? AND thread_ts = ? "
            "ORDER BY key DESC LIMIT ?",
            session,
            thread.channel,
            thread.ts,
            limit,
        )

    def last_asked_by(self, user: UserId, limit: int) -> list[Item]:
        """What somebody asked for last, newest first."""
        sql = f"SELECT {ITEM_COLUMNS} FROM item WHERE author = ? ORDER BY key DESC LIMIT ?"
        return self._all(to_item, sql, user, limit)

    def unmarked(self, limit: int) -> list[Item]:
        """Messages whose reaction does not show their state."""
        return self._all(
            to_item,
            f"SELECT {ITEM_COLUMNS} FROM item WHERE mark <> shown OR edited <> edited_shown ORDER BY key LIMIT ?",
            limit,
        )

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

    def foreign_lines(self, session: SessionKey) -> list[Line]:
        """What other people have said in a session, oldest first."""
        return self._all(
            to_line, f"SELECT {LINE_COLUMNS} FROM line WHERE session = ? AND item IS NULL ORDER BY date", session
        )
