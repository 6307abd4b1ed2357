"""May we use this PostgreSQL, and who else does?"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from bot.place import Postgres
from bot.store.errors import Away, InUse, Unavailable, Unusable
from bot.store.health import Health
from bot.store.postgres.link import ONLY_READS, WAITS, Link, Lost, Said
from bot.store.postgres.restored import mark_if_put_back
from bot.store.postgres.schema import WRITE_LOCK, is_complete, take_missing

T = TypeVar("T")
OLDEST = 130000  # of servers: one that can say what became of a transaction
BOT_LOCK = WRITE_LOCK + 1  # those who run share it; whoever must be alone has it for itself
JOIN_SECONDS = 5.0  # in which another bot that starts at this moment has made the tables
AGAIN_SECONDS = 0.05  # in which a connection that was lost may be there again

TAKES_NO_CHANGES = (
    "is a server that takes no changes, such as a standby. Name the one that does, or all of them: "
    "postgresql://one,other/…"
)
SHARED = (
    "is a pooler that shares connections among transactions (PgBouncer's `transaction` mode). The bot would hear "
    "nothing of other bots and lose its locks. Name the server itself, or a pool in `session` mode."
)
_PROCESS = "SELECT pg_backend_pid()"
# An advisory lock is one database's; the view shows those of all.
OWNERS = f"""
    SELECT application_name FROM pg_locks AS held JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND objid = {BOT_LOCK} AND granted
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY backend_start
"""


class NoLock:
    """In the place of a file's lock: the server lets go by itself."""

    def release(self) -> None:
        """Has happened when the connection was closed."""


class PostgresReader:
    """Reads each answer whole, on the loop. What is lost is connected again by a thread. Raises Unavailable.

    `writing`: when that goes to another server, so does this: the one before may know nothing new any more.
    """

    def __init__(self, link: Link, health: Health, writing: Link) -> None:
        self._link = link
        self._writing = writing
        self._moves = writing.moves
        self._health = health
        self._there = threading.Event()
        self._there.set()
        self._closed = False

    def execute(self, sql: str, values: Any = (), /) -> Said:
        return self._asked(lambda: self._link.execute(sql, values))

    def version(self) -> int:
        """Another number whenever somebody has committed something, be it in another database of this server."""
        return self._asked(self._link.version)

    def close(self) -> None:
        self._closed = True
        self._link.close()

    def _asked(self, ask: Callable[[], T]) -> T:
        if not self._there.is_set():
            raise Unavailable("The database did not give this: the server is not there")
        if self._moves != self._writing.moves:
            self._moves = self._writing.moves
            self._link.close()
        try:
            return ask()
        except Lost as error:
            self._connect_again()
            if not self._there.wait(AGAIN_SECONDS):
                self._health.refused(error)  # whoever could not be looked up was sent away
                raise _not_given(error) from error
            return self._asked_again(ask)
        except sqlite3.OperationalError as error:
            raise _not_given(error) from error

    def _asked_again(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except sqlite3.OperationalError as error:
            raise _not_given(error) from error

    def _connect_again(self) -> None:
        self._there.clear()
        threading.Thread(target=self._connecting, name="store-reader", daemon=True).start()

    def _connecting(self) -> None:
        while not self._closed:
            try:
                self._link.connect()
            except sqlite3.Error:
                time.sleep(WAITS[0])
                continue
            self._health.took()
            self._there.set()
            return


def _not_given(error: Exception) -> Unavailable:
    return Unavailable(f"The database did not give this: {error}")


def open_links(place: Postgres, health: Health) -> tuple[Link, PostgresReader]:
    """One connection that writes and one that reads. The tables are as this program needs them.

    Raises Unusable (InUse, Foreign).
    """
    name = f"evobot {os.getpid()} on {os.uname().nodename}"[:63]
    writing, reading = Link(place, name), Link(place, f"{name}, reading"[:63])
    try:
        with explaining(place):
            writing.connect()
            check_server(writing)
            check_takes_changes(writing)
            reading.connect()
            check_unshared(writing, reading)
            join(writing)
            mark_if_put_back(writing, time.time())
    except BaseException:
        writing.close()
        reading.close()
        raise
    return writing, PostgresReader(reading, health, writing)


@contextlib.contextmanager
def explaining(place: Postgres) -> Iterator[None]:
    """What cannot be used is told to the operator in one sentence."""
    try:
        yield
    except Lost as error:
        why = TAKES_NO_CHANGES if str(error).endswith(ONLY_READS) else f"cannot be used: {error}."
        raise Away(f"{place} {why}") from None
    except sqlite3.Error as error:
        raise Unusable(f"{place} cannot be used: {error}.") from None


def check_server(link: Link) -> None:
    sql = "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')"
    version, encoding = link.say(sql)[0]
    if version < OLDEST:
        raise Unusable(f"{link.place} is PostgreSQL {version // 10000}. Use 13 or newer.")
    if encoding != "UTF8":
        raise Unusable(f"{link.place} keeps texts in {encoding}. Make its database with ENCODING 'UTF8'.")


def check_takes_changes(link: Link) -> None:
    """The address may say that any server will do. Raises Lost."""
    if link.say("SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'")[0][0]:
        raise Lost(ONLY_READS)


def check_unshared(one: Link, other: Link) -> None:
    """A pooler that gives each transaction whichever connection is free loses locks, notifications and settings."""
    is_at = one.say(_PROCESS)[0][0]
    other.say("BEGIN", prepare=False)
    try:
        processes = other.say(_PROCESS)[0][0], one.say(_PROCESS)[0][0]
    finally:
        other.say("ROLLBACK", prepare=False)
    if processes[0] == is_at or processes[1] != is_at:
        raise Unusable(f"{one.place} {SHARED}")


def only_bot(link: Link) -> None:
    """As long as this connection is there, nobody becomes one. Raises InUse while somebody is."""
    if not link.say(f"SELECT pg_try_advisory_lock({BOT_LOCK})")[0][0]:
        raise InUse(f"Another evobot ({_owner(link)}) runs on this database. Stop it first.")


def join(link: Link) -> None:
    """As one of the bots, whose tables are as this program needs them. They are changed only while no other bot runs.

    Raises InUse, Foreign.
    """
    until = time.monotonic() + JOIN_SECONDS
    while not (_is_one_of_the_bots(link) or _is_first_of_the_bots(link)):
        if time.monotonic() >= until:
            raise InUse(_why_not(link))
        time.sleep(AGAIN_SECONDS)


def join_again(link: Link) -> None:
    """After the connection was lost: tables may have become newer ones meanwhile. Raises Foreign, Lost."""
    if not _is_one_of_the_bots(link):
        link.close()
        raise Lost("another program has the database for itself")


def _is_one_of_the_bots(link: Link) -> bool:
    """As long as this connection is there, nobody may be alone. False, too, when a table is missing. Raises Foreign."""
    if not link.say(f"SELECT pg_try_advisory_lock_shared({BOT_LOCK})")[0][0]:
        return False
    if is_complete(link):
        return True
    link.say(f"SELECT pg_advisory_unlock_shared({BOT_LOCK})")
    return False


def _is_first_of_the_bots(link: Link) -> bool:
    """Changes the tables when nobody else runs; a bot of an older version could not go on with them."""
    if not link.say(f"SELECT pg_try_advisory_lock({BOT_LOCK})")[0][0]:
        return False
    take_missing(link)
    link.say(f"SELECT pg_advisory_lock_shared({BOT_LOCK}), pg_advisory_unlock({BOT_LOCK})")
    return True


def _why_not(link: Link) -> str:
    if is_complete(link):
        return f"Another program ({_owner(link)}) has this database for itself. Wait for its end."
    return (
        f"This version changes the tables, and a bot of an older one ({_owner(link)}) runs on this database. "
        "Nothing was changed. Stop all bots, then start this one."
    )


def _owner(link: Link) -> str:
    return next((row[0] for row in link.say(OWNERS)), "unknown")
