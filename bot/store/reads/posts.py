"""What stands in Slack or is to, and who sees it there."""

from __future__ import annotations

from bot.model import ChannelId, ItemKey, Post, PostKey, PostKind, SessionKey, TeamId, ThreadKey, Ts
from bot.store.reads.asking import POST_WAITS, Asking
from bot.store.rows import POST_COLUMNS, to_post

# After a restore a card says what our file has forgotten, until it has been read: it is not drawn anew before.
TO_BE_BELIEVED = (
    "(kind <> 'card' OR NOT EXISTS (SELECT 1 FROM recovery WHERE recovery.session = post.session AND thread_read = 0))"
)


class PostReads(Asking):
    """Each method is one statement."""

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
