"""Questions to the store, named by what is asked. Usable on the loop and inside a transaction alike."""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from bot.audit import Anchor, Record, reached, subject_of, unlinked_from
from bot.model import (
    FORGOTTEN,
    ChannelId,
    Deed,
    Evidence,
    EvoSessionId,
    Item,
    ItemKey,
    KeptForm,
    Kind,
    Letter,
    Life,
    Line,
    LineName,
    Link,
    Member,
    Mode,
    Person,
    Post,
    PostKey,
    PostKind,
    Role,
    Session,
    SessionKey,
    SessionType,
    SlackName,
    State,
    TeamId,
    ThreadKey,
    Ts,
    UserId,
    Voice,
)
from bot.numbers import identity_of
from bot.store.register import RegisterReads
from bot.store.rows import (
    AUDIT_COLUMNS,
    ITEM_COLUMNS,
    LINE_COLUMNS,
    LINK_COLUMNS,
    PERSON_COLUMNS,
    POST_COLUMNS,
    SESSION_COLUMNS,
    columns,
    to_anchor,
    to_item,
    to_line,
    to_link,
    to_person,
    to_post,
    to_record,
    to_session,
    to_shown,
)
from bot.store.safeguards import SafeguardReads
from bot.texts import FORGOTTEN_PERSON

T = TypeVar("T")
IN_LANE = "state IN ('pending', 'sending', 'unknown')"
COMPARED = "NOT EXISTS (SELECT 1 FROM recovery WHERE recovery.session = session.key AND recovery.thread_read = 0)"
# After a restore a card says what our file has forgotten, until it has been read: it is not drawn anew before.
TO_BE_BELIEVED = (
    "(kind <> 'card' OR NOT EXISTS (SELECT 1 FROM recovery WHERE recovery.session = post.session AND thread_read = 0))"
)
BEFORE_ALL = -(1 << 63)  # what was put in by somebody else may have any key
DAY = 86400.0
HASH_DIGITS = 32
ITEM_WIDTH = len(ITEM_COLUMNS.split(","))
POST_WAITS = "state IN ('pending', 'sending')"
FINISHED = "('delivered', 'refused', 'withdrawn', 'kept')"
OVER = "life IN ('ended', 'failed')"
LINKED = "SELECT 1 FROM link WHERE team = ? AND channel = ? AND thread_ts = ? LIMIT 1"
SHOWN = (
    f"SELECT link.role, link.mode, {columns(SESSION_COLUMNS, 'session')} FROM link "
    "JOIN session ON session.key = link.session WHERE link.team = ? AND link.channel = ? AND link.thread_ts = ?"
)


def _target_and_newest_first(shown: tuple[Role, Mode, Session]) -> tuple[bool, int]:
    return shown[0] is not Role.TARGET, -shown[2].key


class Forgotten(KeyError):
    """A key that this file never gave out: it is of a life that a restore has undone."""


class Reads(SafeguardReads, RegisterReads):
    """Each method is one statement. Rows in, `bot.model` objects out."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    # Sessions and threads

    def session(self, key: SessionKey) -> Session:
        """Raises Forgotten for a key that was never given out."""
        found = self._one(to_session, f"SELECT {SESSION_COLUMNS} FROM session WHERE key = ?", key)
        if found is None:
            raise Forgotten(key)
        return found

    def session_asked_as(self, name: SlackName) -> Session | None:
        """The session that this very gesture has already asked for."""
        return self._one(to_session, f"SELECT {SESSION_COLUMNS} FROM session WHERE asked_as = ?", name)

    def session_of(self, evo_id: EvoSessionId) -> Session | None:
        """The session that bears this Evo name."""
        return self._one(to_session, f"SELECT {SESSION_COLUMNS} FROM session WHERE evo_id = ?", evo_id)

    def session_in(self, thread: ThreadKey) -> Session | None:
        """The session to which replies in a thread go."""
        return self._one(
            to_session,
            f"SELECT {columns(SESSION_COLUMNS, 'session')} FROM link JOIN session ON session.key = link.session "
            "WHERE link.team = ? AND link.channel = ? AND link.thread_ts = ? AND link.role = 'target'",
            thread.team,
            thread.channel,
            thread.ts,
        )

    def shown_in(self, thread: ThreadKey) -> list[tuple[Role, Mode, Session]]:
        """What a thread shows or has shown, the one that replies go to first. The look-up of the hot path."""
        found = self._all(to_shown, SHOWN, thread.team, thread.channel, thread.ts)
        return sorted(found, key=_target_and_newest_first) if len(found) > 1 else found

    def is_linked(self, thread: ThreadKey) -> bool:
        """Does it show a session, or has it shown one?"""
        return self._exists(LINKED, thread.team, thread.channel, thread.ts)

    def letters(self, limit: int) -> list[Letter]:
        """What came in a rush and is still to be looked at, oldest first."""
        sql = "SELECT key, body, came_at FROM letter WHERE aside = 0 ORDER BY key LIMIT ?"
        return self._all(lambda row: Letter(*row), sql, limit)

    def letters_kept(self) -> int:
        """How many of these there are."""
        return int(self._connection.execute("SELECT count(*) FROM letter WHERE aside = 0").fetchone()[0])

    def letters_aside(self) -> int:
        """How many have broken our own code each time they were looked at."""
        return int(self._connection.execute("SELECT count(*) FROM letter WHERE aside = 1").fetchone()[0])

    def links_in(self, thread: ThreadKey) -> list[Link]:
        """What a thread shows, the one that replies go to first."""
        return self._all(
            to_link,
            f"SELECT {LINK_COLUMNS} FROM link WHERE team = ? AND channel = ? AND thread_ts = ? "
            "ORDER BY role <> 'target', session DESC",
            thread.team,
            thread.channel,
            thread.ts,
        )

    def links_of(self, key: SessionKey) -> list[Link]:
        """Every thread that shows this session, or has shown it before it moved."""
        return self._all(to_link, f"SELECT {LINK_COLUMNS} FROM link WHERE session = ?", key)

    def threads_of(self, key: SessionKey) -> list[ThreadKey]:
        """Every thread that shows this session."""
        return self._all(
            lambda row: ThreadKey(TeamId(row[0]), ChannelId(row[1]), Ts(row[2])),
            "SELECT team, channel, thread_ts FROM link WHERE session = ? AND role <> 'moved'",
            key,
        )

    def threads_to_read(self, now: float) -> list[tuple[SessionKey, ThreadKey, float]]:
        """Threads in which people may have written what we have not seen, and up to when each has been read whole.

        Newest life first. Those of sessions that ended within a day are among them, until they have been read since.
        """
        return self._all(
            lambda row: (SessionKey(row[0]), ThreadKey(TeamId(row[1]), ChannelId(row[2]), Ts(row[3])), float(row[4])),
            "SELECT session.key, link.team, link.channel, link.thread_ts, coalesce(CAST(read_to AS REAL), created_at) "
            "FROM session CROSS JOIN link ON link.session = session.key AND link.role = 'target' WHERE session.key IN ("
            "SELECT key FROM session WHERE life = 'active' UNION ALL SELECT key FROM session WHERE ended_at > ?) "
            "AND (life = 'active' OR coalesce(CAST(read_to AS REAL), created_at) < ended_at) "
            f"AND {COMPARED} ORDER BY active_at DESC",
            now - DAY,
        )

    def open_sessions(self) -> list[Session]:
        """Sessions that live at Evo Voice and have a thread to show them in: what the feed looks after."""
        return self._all(
            to_session,
            f"SELECT {SESSION_COLUMNS} FROM session WHERE life = 'active' "
            f"AND EXISTS (SELECT 1 FROM link WHERE link.session = session.key AND link.role <> 'moved') AND {COMPARED}",
        )

    def evidence(self) -> dict[Voice, Evidence]:
        """Whether dates of sessions move with what is said."""
        rows = self._connection.execute("SELECT voice, proofs, refuted_at FROM evidence WHERE voice >= ''")
        return {Voice(voice): Evidence(proofs, refuted_at) for voice, proofs, refuted_at in rows}

    def sessions_to_join(self, user: UserId, channel: ChannelId, limit: int) -> list[Session]:
        """Sessions that Evo Voice knows, newest life first: this channel's newest, and this person's, if not long over.

        The names of the others are not for everybody: their channels may be private.
        """
        return self._all(
            to_session,
            f"SELECT {SESSION_COLUMNS} FROM session WHERE evo_id IS NOT NULL AND key IN ("
            "SELECT key FROM (SELECT key FROM session WHERE channel = ?1 ORDER BY key DESC LIMIT ?3) AS here UNION ALL "
            "SELECT key FROM session WHERE life = 'active' AND created_by = ?2 UNION ALL "
            "SELECT key FROM (SELECT key, created_by FROM session WHERE ended_at IS NOT NULL "
            "ORDER BY ended_at DESC LIMIT ?3) AS over WHERE created_by = ?2) ORDER BY active_at DESC",
            channel,
            user,
            limit,
        )

    def sessions_with_id(self, prefix: str, limit: int) -> list[Session]:
        """Those whose Evo name is this, or begins like it. Ids are ASCII."""
        return self._all(
            to_session,
            f"SELECT {SESSION_COLUMNS} FROM session WHERE evo_id >= ? AND evo_id < ? ORDER BY evo_id LIMIT ?",
            prefix,
            f"{prefix}\x7f",
            limit,
        )

    def newest_sessions(self, limit: int) -> list[Session]:
        """What was opened or linked last, newest first."""
        return self._all(to_session, f"SELECT {SESSION_COLUMNS} FROM session ORDER BY key DESC LIMIT ?", limit)

    def sessions_by(self, user: UserId, limit: int) -> list[Session]:
        """What somebody has opened or linked, newest first."""
        return self._all(
            to_session,
            f"SELECT {SESSION_COLUMNS} FROM session WHERE created_by = ? ORDER BY key DESC LIMIT ?",
            user,
            limit,
        )

    def sessions_of(
        self, user: UserId, lives: Sequence[Life], type_: SessionType | None, limit: int, skip: int = 0
    ) -> list[Session]:
        """What somebody has opened or linked, of these lives and of this type or any; newest word first."""
        return self._all(
            to_session,
            f"SELECT {SESSION_COLUMNS} FROM session WHERE key IN (SELECT key FROM session WHERE created_by = ? "
            f"AND life IN ({', '.join('?' for _ in lives)}) AND type = coalesce(?, type) "
            "ORDER BY active_at DESC, key DESC LIMIT ? OFFSET ?) ORDER BY active_at DESC, key DESC",
            user,
            *lives,
            type_,
            limit,
            skip,
        )

    def living_sessions_of_others(self, user: UserId, limit: int) -> list[Session]:
        """Active sessions that somebody else has opened or linked; newest word first."""
        return self._all(
            to_session,
            f"SELECT {SESSION_COLUMNS} FROM session WHERE key IN (SELECT key FROM session WHERE life = 'active' "
            "AND created_by <> ? ORDER BY active_at DESC LIMIT ?) ORDER BY active_at DESC, key DESC",
            user,
            limit,
        )

    def sessions_in_channel(self, team: TeamId, channel: ChannelId, limit: int) -> list[Session]:
        """What a channel's threads show, newest first."""
        return self._all(
            to_session,
            f"SELECT {SESSION_COLUMNS} FROM session WHERE key IN (SELECT session FROM link WHERE team = ? "
            "AND channel = ? AND role <> 'moved') ORDER BY key DESC LIMIT ?",
            team,
            channel,
            limit,
        )

    def is_refused_in(self, session: SessionKey, thread: ThreadKey, tries: int) -> bool:
        """Is there a post for this thread that Slack has not taken so many times?"""
        return self._exists(
            "SELECT 1 FROM post WHERE session = ? AND kind IN ('card', 'line', 'file', 'result', 'notice', 'mirror') "
            "AND channel = ? AND thread_ts = ? AND state IN ('pending', 'sending', 'stuck') AND attempts >= ?",
            session,
            thread.channel,
            thread.ts,
            tries,
        )

    def card_on_its_way(self, team: TeamId, channel: ChannelId, since: float) -> bool:
        """Does Slack perhaps show a card, posted after `since`, whose thread we cannot name yet?"""
        return self._exists(
            "SELECT 1 FROM post WHERE team = ? AND channel = ? AND kind = 'card' AND ts IS NULL AND thread_ts IS NULL "
            "AND state IN ('pending', 'sending') AND sending_at > ?",
            team,
            channel,
            since,
        )

    def newest_post(self, session: SessionKey, thread_ts: Ts) -> Ts | None:
        """The last of our posts that surely stands in a thread."""
        return self._one(
            lambda row: None if row[0] is None else Ts(row[0]),
            "SELECT max(ts) FROM post WHERE session = ? AND thread_ts = ? AND state = 'done'",
            session,
            thread_ts,
        )

    def missed_lines(self, since: float) -> int:
        """How many lines of other people were first heard since then, although they had been said before."""
        started = datetime.fromtimestamp(since, UTC).isoformat()
        row = self._connection.execute(
            "SELECT count(*) FROM line WHERE session IN (SELECT key FROM session WHERE life = 'active' UNION ALL "
            "SELECT key FROM session WHERE ended_at >= ?1) AND heard_at >= ?1 AND date < ?2 AND item IS NULL",
            (since, started),
        ).fetchone()
        return int(row[0])

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
        """The card that the session was opened with, or the first one that a thread got."""
        return self._one(
            to_post,
            f"SELECT {POST_COLUMNS} FROM post WHERE session = ? AND kind = ? ORDER BY key LIMIT 1",
            session,
            PostKind.CARD,
        )

    def cards_of(self, session: SessionKey) -> list[Post]:
        """One for each thread that shows it, or has shown it."""
        return self._all(
            to_post,
            f"SELECT {POST_COLUMNS} FROM post WHERE session = ? AND kind = ? ORDER BY key",
            session,
            PostKind.CARD,
        )

    def card_at(self, thread: ThreadKey, ts: Ts) -> Post | None:
        """The card that this message is, or was: at the head of a thread, or within it."""
        return self._one(
            to_post,
            f"SELECT {POST_COLUMNS} FROM post WHERE session IN "
            "(SELECT session FROM link WHERE team = ?1 AND channel = ?2 AND thread_ts IN (?3, ?4)) "
            "AND kind = 'card' AND channel = ?2 AND ts = ?4",
            thread.team,
            thread.channel,
            thread.ts,
            ts,
        )

    def channels_with_posts(self) -> list[ChannelId]:
        """Channels in which something of ours is missing or out of date."""
        return self._all(
            lambda row: ChannelId(row[0]),
            "SELECT DISTINCT channel FROM post WHERE state IN ('pending', 'sending') "
            "UNION SELECT DISTINCT channel FROM post WHERE state = 'done' AND wanted <> shown",
        )

    def next_posts(self, channel: ChannelId, now: float, limit: int) -> list[Post]:
        """What to post or redraw in a channel now: what is next in each thread, oldest first, then redraws.

        A post that belongs under a card waits until the card stands; a thread whose first post must wait, waits
        as a whole.
        """
        return self._all(
            to_post,
            f"SELECT {POST_COLUMNS} FROM post WHERE not_before <= ?2 AND key IN ("
            f"SELECT min(key) FROM post WHERE channel = ?1 AND {POST_WAITS} AND thread_ts IS NOT NULL "
            "GROUP BY thread_ts UNION ALL "
            f"SELECT key FROM post WHERE channel = ?1 AND {POST_WAITS} AND thread_ts IS NULL "
            "AND kind IN ('card', 'direct') UNION ALL "
            # Where others see the channel, what became of somebody's own reply need not wait for what is kept back.
            f"SELECT key FROM post WHERE channel = ?1 AND {POST_WAITS} AND kind = 'result' "
            "AND EXISTS (SELECT 1 FROM channel WHERE channel.team = post.team AND channel.channel = ?1 AND shared = 1) "
            "UNION "
            f"SELECT key FROM post WHERE channel = ?1 AND state = 'done' AND wanted <> shown AND {TO_BE_BELIEVED}) "
            "ORDER BY state = 'done', key LIMIT ?3",
            channel,
            now,
            limit,
        )

    def posts_beside(self, post: Post) -> list[Post]:
        """This post and those that stand in the same message of a thread, in their order."""
        return self._all(
            to_post,
            f"SELECT {POST_COLUMNS} FROM post WHERE session IN (SELECT session FROM link WHERE team = ? "
            "AND channel = ? AND thread_ts = ?) AND channel = ? AND ts = ? ORDER BY key",
            post.team,
            post.channel,
            post.thread_ts,
            post.channel,
            post.ts,
        )

    def posts_behind(self, post: Post, limit: int) -> list[Post]:
        """This post and those that wait for the same thread after it, in their order."""
        return self._all(
            to_post,
            f"SELECT {POST_COLUMNS} FROM post WHERE channel = ? AND {POST_WAITS} AND thread_ts = ? AND key >= ? "
            "ORDER BY key LIMIT ?",
            post.channel,
            post.thread_ts,
            post.key,
            limit,
        )

    # Channels

    def is_private(self, team: TeamId, channel: ChannelId) -> bool:
        """Is it for its members only? Nobody knows counts as no."""
        return self._exists("SELECT 1 FROM channel WHERE team = ? AND channel = ? AND private = 1", team, channel)

    def teams_in(self, channel: ChannelId) -> list[TeamId]:
        """Of a channel that shows sessions, the workspaces in which it does."""
        sql = "SELECT DISTINCT team FROM link WHERE channel = ?"
        return self._all(lambda row: TeamId(row[0]), sql, channel)

    def is_shared(self, team: TeamId, channel: ChannelId) -> bool:
        """Does another organization see what is said there? Nobody knows counts as no: Slack is asked before a post."""
        return self._exists("SELECT 1 FROM channel WHERE team = ? AND channel = ? AND shared = 1", team, channel)

    def channel_checked(self, team: TeamId, channel: ChannelId) -> float | None:
        """When Slack last said so."""
        sql = "SELECT checked_at FROM channel WHERE team = ? AND channel = ?"
        return self._one(lambda row: float(row[0]), sql, team, channel)

    def channels_to_ask(self, before: float, limit: int) -> list[tuple[TeamId, ChannelId]]:
        """Channels that show sessions which are not over, and about which Slack has not been asked since `before`."""
        return self._all(
            lambda row: (TeamId(row[0]), ChannelId(row[1])),
            "SELECT team, channel FROM channel WHERE checked_at < ? AND EXISTS (SELECT 1 FROM session "
            "CROSS JOIN link ON link.session = session.key AND link.channel = channel.channel "
            "WHERE session.life = 'active') LIMIT ?",
            before,
            limit,
        )

    # People

    def person(self, team: TeamId, user: UserId) -> Person:
        """What somebody has settled; whoever has not settled anything is as everybody is at first."""
        sql = f"SELECT {PERSON_COLUMNS} FROM person WHERE team = ? AND user = ?"
        return self._one(to_person, sql, team, user) or Person(team, user)

    # After a restore

    def doubt(self) -> float | None:
        """When this file was last put back from a backup; None for never."""
        return self._one(lambda row: float(row[0]), "SELECT at FROM restored WHERE at > 0 ORDER BY at DESC LIMIT 1")

    def unlooked_since(self) -> float | None:
        """Since when Slack has not been looked through for what a restore has undone; None when it has been."""
        sql = "SELECT known_until FROM restored WHERE looked = 0 ORDER BY known_until LIMIT 1"
        return self._one(lambda row: float(row[0]), sql)

    def to_compare(self) -> list[Session]:
        """Sessions whose threads are still to be read before anything else is done about them."""
        return self._all(
            to_session,
            f"SELECT {columns(SESSION_COLUMNS, 'session')} FROM recovery CROSS JOIN session "
            "ON session.key = recovery.session WHERE recovery.thread_read = 0 ORDER BY session.key",
        )

    def read_to(self, thread: ThreadKey) -> Ts | None:
        """Up to where a thread has been read whole."""
        return self._one(
            lambda row: None if row[0] is None else Ts(row[0]),
            "SELECT max(read_to) FROM link WHERE team = ? AND channel = ? AND thread_ts = ? AND role <> 'moved'",
            thread.team,
            thread.channel,
            thread.ts,
        )

    def is_recovering(self, session: SessionKey, *, unread: bool = False) -> bool:
        """Has nobody looked at it since a restore? `unread`: not even at its thread."""
        limit = 0 if unread else 1
        return self._exists("SELECT 1 FROM recovery WHERE session = ? AND thread_read <= ?", session, limit)

    def unspoken(self, session: SessionKey) -> list[Item]:
        """What may have left in a life that is forgotten, and of which nobody knows in which words."""
        return self._all(
            to_item,
            f"SELECT {ITEM_COLUMNS} FROM item WHERE session = ? AND state IN ('sending', 'unknown') "
            "AND kind IN ('say', 'open') AND sent_text IS NULL AND resent = 1 ORDER BY position, key",
            session,
        )

    def standing(self, name: str) -> Ts | None:
        """Where a post of this name stands already."""
        return self._one(lambda row: Ts(row[0]), "SELECT ts FROM standing WHERE name = ?", name)

    def home_channels(self) -> set[ChannelId]:
        """Where sessions have their cards."""
        return set(self._all(lambda row: ChannelId(row[0]), "SELECT DISTINCT channel FROM session"))

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

    # The audit

    def audited(self, after: int = BEFORE_ALL) -> list[Record]:
        """Every row behind this one, oldest first."""
        return self._all(to_record, f"SELECT {AUDIT_COLUMNS} FROM audit WHERE key > ? ORDER BY key", after)

    def last_audit(self, limit: int) -> list[Record]:
        """The newest rows, oldest first."""
        sql = f"SELECT {AUDIT_COLUMNS} FROM audit ORDER BY key DESC LIMIT ?"
        return self._all(to_record, sql, limit)[::-1]

    def last_audit_of(self, session: SessionKey, limit: int) -> list[Record]:
        """A session's newest rows, oldest first."""
        sql = f"SELECT {AUDIT_COLUMNS} FROM audit WHERE session = ? ORDER BY key DESC LIMIT ?"
        return self._all(to_record, sql, session, limit)[::-1]

    def was_unlinked(self, session: SessionKey, thread: ThreadKey) -> bool:
        """Has a person said that replies in this thread shall stay in Slack? As long as that is recorded."""
        return self._exists(
            "SELECT 1 FROM audit WHERE session = ? AND what = ? AND detail = ?",
            session,
            Deed.UNLINKED,
            unlinked_from(thread),
        )

    def audited_of(self, item: Item) -> list[Record]:
        """What happened to one item, oldest first."""
        sql = f"SELECT {AUDIT_COLUMNS} FROM audit WHERE session = ? AND item = ? ORDER BY key"
        return self._all(to_record, sql, item.session, item.key)

    def about(self, record: Record) -> list[str]:
        """Whom a row is about, as far as the file still knows them; else the hashes and the users that it names."""
        subjects = record.subject.split()
        item = None
        if subjects and record.item is not None:
            item = self._one(to_item, f"SELECT {ITEM_COLUMNS} FROM item WHERE key = ?", record.item)
        known = {self.hashed(each): each for each in reached(item.kind, item.body)} if item else {}
        return [known.get(subject, subject) for subject in subjects]

    def audit_start(self) -> Anchor:
        """What the first row follows."""
        sql = "SELECT key, CAST(hash AS BLOB) FROM audit_from WHERE one = 1"
        return self._one(to_anchor, sql) or Anchor(0, "")

    def audit_head(self) -> Anchor:
        """The last row: whoever notes its hash can tell later that nothing up to there was changed."""
        sql = "SELECT key, CAST(hash AS BLOB) FROM audit WHERE key = (SELECT max(key) FROM audit)"
        return self._one(to_anchor, sql) or self.audit_start()

    def audit_keys_given(self) -> int:
        """The highest key that a row of the audit was ever given."""
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
        return int(row[0]) if row else 0

    # Figures: for whoever looks at how much there is of what is not done; what is done is not counted

    def unfinished(self) -> dict[State, tuple[int, float]]:
        """How many items wait for what, and when the oldest of them was asked for."""
        found = self._all(
            lambda row: (State(row[0]), (int(row[1]), float(row[2]))),
            f"SELECT state, count(*), min(asked_at) FROM item WHERE {IN_LANE} GROUP BY state UNION ALL "
            "SELECT state, count(*), min(asked_at) FROM item WHERE state = 'asked' GROUP BY state UNION ALL "
            "SELECT state, count(*), min(asked_at) FROM item WHERE state = 'needs_person' GROUP BY state",
        )
        return dict(found)

    def waits_since(self) -> float | None:
        """When the oldest was asked for that waits for us alone: not for somebody who must open its session first."""
        row = self._connection.execute(
            "SELECT min(item.asked_at) FROM item JOIN session ON session.key = item.session "
            f"WHERE item.{IN_LANE} AND (session.evo_id IS NOT NULL OR item.kind = 'open')"
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def posts_waiting(self) -> int:
        """How many are not in Slack yet."""
        return int(self._connection.execute(f"SELECT count(*) FROM post WHERE {POST_WAITS}").fetchone()[0])

    def sessions_active(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM session WHERE life = 'active'").fetchone()[0])

    # Plumbing

    def _one(self, make: Callable[[sqlite3.Row], T], sql: str, *values: object) -> T | None:
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else make(row)

    def _all(self, make: Callable[[sqlite3.Row], T], sql: str, *values: object) -> list[T]:
        return [make(row) for row in self._connection.execute(sql, values)]

    def _exists(self, sql: str, *values: object) -> bool:
        return self._connection.execute(sql, values).fetchone() is not None
