"""Changes on PostgreSQL: one program writes at a time, as on a file.

Every transaction begins with the right to write (an advisory lock, until it ends), so transactions come one after the
other whoever makes them: the audit's chain, budgets and "is it there already?" are as right as on a file, and no piece
of work is ever done twice. Many share a commit, so this costs little. Whoever has the right and stands still loses it.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from bot.store.errors import Unavailable, Unusable
from bot.store.health import Health
from bot.store.postgres.aside import vacuum
from bot.store.postgres.link import BUSY_MS, READ_SECONDS, WORK_SECONDS, Link, Lost
from bot.store.postgres.opening import join_again
from bot.store.postgres.schema import CHANNEL, WRITE_LOCK
from bot.store.writer import Entry, Writer, outcome_of

OUTCOME_SECONDS = 10.0  # in which the server must say whether a commit has happened
_TRY = f"SELECT pg_try_advisory_xact_lock({WRITE_LOCK}), pg_current_xact_id()::text; SAVEPOINT piece"
_WAIT = f"SELECT pg_advisory_xact_lock({WRITE_LOCK}) IS NOT NULL, pg_current_xact_id()::text; SAVEPOINT piece"
_NEXT = "RELEASE piece; SAVEPOINT piece"
_TIMELINE = "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"


class PostgresWriter(Writer):
    """As `Writer`, and connects anew. On the loop nobody is waited for; in the thread the server and other programs."""

    most_in_one_commit = 64  # the loop puts them together, and each statement is a round trip

    def __init__(
        self, link: Link, health: Health, check: Callable[[], None] = lambda: None, *, name: str = "somebody"
    ) -> None:
        """`name`: others are told by it that something has been stored, in the same breath."""
        self._link = link
        self._opening = f"BEGIN; NOTIFY {CHANNEL}, '{name}'; "
        self._may_wait = False
        self._piece_is_used = False
        self._transaction = ""
        self._timeline = link.say(_TIMELINE)[0][0]
        super().__init__(link, health, check)  # type: ignore[arg-type]  # it speaks as sqlite3 does

    def _patience_so_far(self) -> int:
        return BUSY_MS

    def _set_patience(self, milliseconds: int) -> None:
        self._may_wait = milliseconds > 0
        self._link.be_patient(WORK_SECONDS if self._may_wait else READ_SECONDS)

    def _open_transaction(self, *, touch: bool) -> None:  # noqa: ARG002 - a transaction with a name is written anyway
        self._piece_is_used = False
        try:
            has_it, self._transaction = self._begun()
        except Lost:
            if not self._may_wait:
                raise _busy("the server is not there") from None  # nothing has begun: the thread connects anew
            has_it, self._transaction = self._begun()
        if not has_it:
            raise _busy("another program writes just now")

    def _begun(self) -> tuple[Any, ...]:
        if not self._may_wait:
            return self._link.say_all(self._opening + _TRY)
        self._connect()
        return self._link.say_all(self._opening + _WAIT)

    def _attempt(self, entry: Entry) -> tuple[Any, BaseException | None]:
        """A statement that fails takes its whole transaction with it, so each piece has a savepoint. The first one came
        with the transaction, the last one goes with it: alone, a piece costs no round trip for it.
        """
        if self._piece_is_used:
            self._link.say_all(_NEXT)
        self._piece_is_used = True
        result, error = outcome_of(self._connection, entry.work)
        if error is not None:
            self._link.say("ROLLBACK TO piece", prepare=False)
        return result, error

    def _close_transaction(self) -> None:
        self._link.be_patient(OUTCOME_SECONDS)
        try:
            said = self._link.say("COMMIT")
        except Lost:
            if not self._has_happened():
                raise
            return
        if said.status != "COMMIT":
            raise sqlite3.OperationalError("the server has rolled this back")

    def _has_happened(self) -> bool:
        """Did the commit happen whose answer was lost? False, too, when another server has taken over meanwhile."""
        until = time.monotonic() + OUTCOME_SECONDS
        while time.monotonic() < until:
            try:
                timeline = self._timeline
                self._connect()
                if self._timeline != timeline:
                    return False
                status = self._link.say("SELECT pg_xact_status($1::xid8)", (self._transaction,))[0][0]
            except sqlite3.OperationalError:
                time.sleep(0.1)
                continue
            if status != "in progress":
                return bool(status == "committed")
            time.sleep(0.02)
        return False

    def _connect(self) -> None:
        if not self._link.is_connected:
            self._link.connect()
            join_again(self._link)
            self._timeline = self._link.say(_TIMELINE)[0][0]

    async def empty_log(self) -> bool:
        """What was deleted is in no table any more. What the server keeps of its own log is its operator's."""
        try:
            await asyncio.to_thread(vacuum, self._link.place)
        except Unusable as error:
            raise Unavailable(str(error)) from error
        return True


def _busy(words: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error
