"""A database as it looks after a while: so many threads linked to sessions, the first of them still open."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from benchmarks.names import CHANNEL, FIRST_THREAD, PER_SECOND, TEAM, USER
from bot.store import open_store

OVER = 3 * 86400.0  # seconds ago the closed ones ended: nobody reads their threads any more, nothing is deleted yet
QUIET = 86400.0  # seconds ago the last word fell in the open ones

_NUMBERS = "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < :last) "
_TS = f"printf('%d.%06d', {FIRST_THREAD} + n / {PER_SECOND}, n % {PER_SECOND})"
_SESSIONS = f"""
    INSERT INTO session (key, asked_as, evo_id, team, channel, thread_ts, type, name, created_by, created_at, life,
                         call_state, active_at, ended_at)
    {_NUMBERS}
    SELECT n + 1, printf('bench/%08d', n), printf('session%08d', n), :team, :channel, {_TS}, 'Chat',
           printf('Customer %d', n), :user, :active, iif(n < :open, 'active', 'ended'), 'Connected', :active,
           iif(n < :open, NULL, :ended)
    FROM n
"""
_LINKS = f"""
    INSERT INTO link (team, channel, thread_ts, session, role, mode, read_to)
    {_NUMBERS}
    SELECT :team, :channel, {_TS}, n + 1, 'target', 'relay', NULL FROM n
"""


def build(path: Path, links: int, still_open: int, *, quiet: float = QUIET) -> None:
    """Makes the file. The threads are those of `thread_ts`, the sessions those of `session_id`, 0 to `links`.

    `quiet`: for so many seconds nobody has said anything in the open ones.
    """
    open_store(path).close()
    now = time.time()
    values = {
        "last": links - 1, "open": still_open, "team": TEAM, "channel": CHANNEL, "user": USER, "active": now - quiet,
        "ended": now - OVER,
    }  # fmt: skip
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = 0")
        connection.execute("PRAGMA cache_size = -262144")
        for statement in (_SESSIONS, _LINKS):
            connection.execute(statement, values)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
