"""Which sessions there are, and which threads show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.model import (
    ChannelId,
    Evidence,
    EvoSessionId,
    Letter,
    Life,
    Link,
    Mode,
    Role,
    Session,
    SessionKey,
    SessionType,
    SlackName,
    TeamId,
    ThreadKey,
    Ts,
    UserId,
    Voice,
)
from bot.store.reads.asking import COMPARED, Asking, Forgotten
from bot.store.rows import LINK_COLUMNS, SESSION_COLUMNS, columns, to_link, to_session, to_shown

DAY = 86400.0
LINKED = "SELECT 1 FROM link WHERE team = ? AND channel = ? AND thread_ts = ? LIMIT 1"
SHOWN = (
    f"SELECT link.role, link.mode, {columns(SESSION_COLUMNS, 'session')} FROM link "
    "JOIN session ON session.key = link.session WHERE link.team = ? AND link.channel = ? AND link.thread_ts = ?"
)


def _target_and_newest_first(shown: tuple[Role, Mode, Session]) -> tuple[bool, int]:
    return shown[0] is not Role.TARGET, -shown[2].key


class SessionReads(Asking):
    """Each method is one statement."""

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
