"""The register of installations, where one bot serves several workspaces. It stands in the main database alone."""

from __future__ import annotations

import sqlite3
from typing import Any

from bot.model import EvoLogin, Installation, TeamId

_COLUMNS = (
    "id, enterprise, name, bot_user, token, refresh_token, expires_at, installed_by, installed_at, removed_at, "
    "purge_at, evo_url, evo_username, evo_password, evo_account"
)
_LOGIN = 11  # the column with which the login begins


class RegisterReads:
    """Questions. Each method is one statement."""

    _connection: sqlite3.Connection

    def installations(self) -> list[Installation]:
        """All of them, those that are to be purged among them."""
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM installation WHERE id >= '' ORDER BY id")
        return [_to_installation(tuple(row)) for row in rows]

    def installation(self, ident: TeamId) -> Installation | None:
        row = self._connection.execute(f"SELECT {_COLUMNS} FROM installation WHERE id = ?", (ident,)).fetchone()
        return None if row is None else _to_installation(tuple(row))


class RegisterChanges(RegisterReads):
    """Changes. True when there was something to change."""

    def install(self, new: Installation) -> None:
        """Installed for the first time or again. Who was connected before is so again: the login is kept."""
        columns = _COLUMNS.split(", ")[:_LOGIN]
        values = [getattr(new, name) for name in columns]
        changed = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
        self._connection.execute(
            f"INSERT INTO installation ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "
            f"ON CONFLICT (id) DO UPDATE SET {changed}",
            values,
        )

    def renew_token(self, ident: TeamId, spent: str, token: str, refresh_token: str, expires_at: float) -> bool:
        """`spent`: the refresh token that was given for it; of an installation of before nothing is kept."""
        return self._registers(
            "UPDATE installation SET token = ?, refresh_token = ?, expires_at = ? WHERE id = ? AND refresh_token = ?",
            token, refresh_token, expires_at, ident, spent,
        )  # fmt: skip

    def uninstall(self, ident: TeamId, token: str, now: float, purge_at: float) -> bool:
        """Its tokens go at once, everything else at `purge_at`, or before if it was to; unless it is installed again.

        `token`: that which is no good any more; where another one has taken its place, nothing happens.
        """
        return self._registers(
            "UPDATE installation SET token = NULL, refresh_token = NULL, expires_at = NULL, removed_at = ?, "
            "purge_at = CASE WHEN purge_at < ? THEN purge_at ELSE ? END WHERE id = ? AND token = ?",
            now, purge_at, purge_at, ident, token,
        )  # fmt: skip

    def connect_evo(self, ident: TeamId, login: EvoLogin | None) -> bool:
        """None takes the login away."""
        values = (login.url, login.username, login.password, login.account) if login else (None, None, None, None)
        return self._registers(
            "UPDATE installation SET evo_url = ?, evo_username = ?, evo_password = ?, evo_account = ? WHERE id = ?",
            *values, ident,
        )  # fmt: skip

    def purge_from(self, ident: TeamId, now: float) -> bool:
        """From now on nothing is taken for it, and everything it has is to go."""
        return self._registers("UPDATE installation SET purge_at = ? WHERE id = ?", now, ident)

    def forget_installation(self, ident: TeamId) -> None:
        """Its database is gone already. Who has been installed again meanwhile stays."""
        self._registers("DELETE FROM installation WHERE id = ? AND purge_at IS NOT NULL", ident)

    def spend_state(self, state: str, until: float, now: float) -> bool:
        """False when somebody has come back with it before. `until`: when nobody believes it any more."""
        self._registers("DELETE FROM oauth_spent WHERE until < ?", now)
        return self._registers(
            "INSERT INTO oauth_spent (state, until) VALUES (?, ?) ON CONFLICT DO NOTHING", state, until
        )

    def _registers(self, sql: str, *values: object) -> bool:
        return self._connection.execute(sql, values).rowcount > 0


def _to_installation(row: tuple[Any, ...]) -> Installation:
    login = EvoLogin(*row[_LOGIN:]) if row[_LOGIN + 1] else None
    return Installation(**dict(zip(_COLUMNS.split(", ")[:_LOGIN], row, strict=False)), login=login)
