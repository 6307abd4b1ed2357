"""What is counted, blocked and stopped: budgets, frozen beginnings of numbers, opt-outs, the stop of everything.

Numbers and their beginnings come and stay as keyed hashes (`Reads.hashed`). Who decides is bot/bridge/safeguards.py.
"""

from __future__ import annotations

import sqlite3

from bot.model import ItemKey, OptOut, SessionKey, Stop, UserId


class SafeguardReads:
    """Questions. Each method is one statement."""

    _connection: sqlite3.Connection

    def stop(self) -> Stop | None:
        """Is everything stopped?"""
        row = self._connection.execute(
            "SELECT at, who, why FROM stopped WHERE one = 1 AND over_at IS NULL"
        ).fetchone()  # fmt: skip
        return None if row is None else Stop(*row)

    def stopped_since(self, moment: float) -> bool:
        """Has everything been stopped since then, for however short a time?"""
        return self._is_there("SELECT 1 FROM stopped WHERE one = 1 AND at >= ?", moment)

    def spent_by(self, user: UserId, since: float) -> list[float]:
        """When somebody reached an outside phone, oldest first."""
        return self._moments("SELECT at FROM spent WHERE user = ? AND at > ? ORDER BY at", user, since)

    def spent_by_all(self, since: float) -> list[float]:
        """When anybody reached an outside phone, oldest first."""
        return self._moments("SELECT at FROM spent WHERE at > ? ORDER BY at", since)

    def spent_on(self, number: str, since: float) -> list[float]:
        """When this number was reached, oldest first."""
        return self._moments("SELECT at FROM spent WHERE number = ? AND at > ? ORDER BY at", number, since)

    def spent_near(self, prefix: str, since: float) -> set[str]:
        """Which numbers that begin so were reached."""
        rows = self._connection.execute("SELECT number FROM spent WHERE prefix = ? AND at > ?", (prefix, since))
        return {str(row[0]) for row in rows}

    def is_spent(self, item: ItemKey, number: str, asked_at: float) -> bool:
        """Is this very wish counted already?"""
        return self._is_there(
            "SELECT 1 FROM spent WHERE item = ? AND number = ? AND asked_at = ?", item, number, asked_at
        )

    def is_frozen(self, prefix: str) -> bool:
        return self._is_there("SELECT 1 FROM frozen WHERE prefix = ?", prefix)

    def frozen(self) -> list[str]:
        """The beginnings that are frozen, as people may see them."""
        rows = self._connection.execute("SELECT shown FROM frozen WHERE prefix >= '' ORDER BY prefix")
        return [str(row[0]) for row in rows]

    def opted_out(self, number: str) -> OptOut | None:
        row = self._connection.execute(
            "SELECT shown, word, session, at FROM opted_out WHERE number = ?", (number,)
        ).fetchone()
        return None if row is None else OptOut(*row)

    def _moments(self, sql: str, *values: object) -> list[float]:
        return [float(row[0]) for row in self._connection.execute(sql, values)]

    def _is_there(self, sql: str, *values: object) -> bool:
        return self._connection.execute(sql, values).fetchone() is not None


class SafeguardChanges(SafeguardReads):
    """Changes, inside a transaction. Each returns whether it made a difference."""

    def spend(
        self, item: ItemKey, number: str, prefix: str, user: UserId, asked_at: float, now: float
    ) -> bool:  # fmt: skip
        """A number is about to be reached. The same wish costs once, however often a machine tries."""
        return self._does(
            "INSERT INTO spent (item, number, asked_at, at, user, prefix) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            item,
            number,
            asked_at,
            now,
            user,
            prefix,
        )

    def freeze(self, prefix: str, shown: str, now: float) -> bool:
        return self._does(
            "INSERT INTO frozen (prefix, shown, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", prefix, shown, now
        )

    def thaw(self, prefix: str) -> bool:
        """What was counted until now is not held against this beginning any more."""
        if not self._does("DELETE FROM frozen WHERE prefix = ?", prefix):
            return False
        self._does("UPDATE spent SET prefix = '' WHERE prefix = ?", prefix)
        return True

    def begin_stop(self, stop: Stop) -> bool:
        """False when it is stopped already: then it stays as it was said first."""
        if self.stop() is not None:
            return False
        return self._does(
            "INSERT INTO stopped (one, at, who, why) VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET "
            "at = excluded.at, who = excluded.who, why = excluded.why, over_at = NULL",
            stop.at,
            stop.who,
            stop.why,
        )

    def end_stop(self, now: float) -> bool:
        return self._does("UPDATE stopped SET over_at = ? WHERE one = 1 AND over_at IS NULL", now)

    def opt_out(self, number: str, shown: str, word: str, session: SessionKey | None, now: float) -> bool:
        return self._does(
            "INSERT INTO opted_out (number, shown, word, session, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            number,
            shown,
            word,
            session,
            now,
        )

    def opt_in(self, number: str) -> bool:
        return self._does("DELETE FROM opted_out WHERE number = ?", number)

    def _does(self, sql: str, *values: object) -> bool:
        return bool(self._connection.execute(sql, values).rowcount)
