"""What a restore has left to compare."""

from __future__ import annotations

from bot.model import ChannelId, Item, Session, SessionKey, ThreadKey, Ts
from bot.store.reads.asking import Asking
from bot.store.rows import ITEM_COLUMNS, SESSION_COLUMNS, columns, to_item, to_session


class RecoveryReads(Asking):
    """Each method is one statement."""

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
