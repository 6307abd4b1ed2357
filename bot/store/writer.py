"""One thread that writes, many callers, one fsync for all who wait.

A caller is told after its own change is on the disk. That is what "ack means stored" stands on.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from bot.store.errors import Unavailable, Unusable
from bot.store.health import DAMAGE, Health, is_busy, primary_code
from bot.store.steps import APPLICATION_ID

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
Entry = tuple[Work, "asyncio.Future[Any]"]
Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]

MOST_IN_ONE_COMMIT = 256
ASK_AGAIN_SECONDS = 1.0


def empty_log(connection: sqlite3.Connection) -> bool:
    """Brings the log into the file and cuts it to nothing, so that what was deleted is in neither.

    Not within a transaction, and without waiting for readers: false when one of them needs the log just now.
    """
    patience = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        connection.execute(f"PRAGMA busy_timeout = {patience}")


class Writer:
    """Runs pieces of work in order, each all or nothing, as many to a commit as are waiting.

    `check` raises Unusable when what has been committed would be lost with this process.
    """

    def __init__(
        self, connection: sqlite3.Connection, health: Health | None = None, check: Callable[[], None] = lambda: None
    ) -> None:
        self._connection = connection
        self._health = health or Health()
        self._check = check
        self._waiting: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finishes what is waiting, then closes the connection."""
        self._waiting.put(None)
        self._thread.join()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of `work`, once committed. Raises what it raised, or Unavailable when the disk said no."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put((work, future))
        return await asyncio.shield(future)

    async def empty_log(self) -> bool:
        """After what is waiting, see `empty_log`. Raises Unavailable when the disk said no."""
        return await self.run(empty_log)

    def _run(self) -> None:
        running = True
        while running:
            batch, running = self._next_batch()
            if batch:
                _tell(self._commit(batch))
        self._connection.close()

    def _next_batch(self) -> tuple[list[Entry], bool]:
        batch = []
        entry = self._next()
        while entry is not None:
            batch.append(entry)
            if len(batch) == MOST_IN_ONE_COMMIT or self._waiting.empty():
                return batch, True
            entry = self._waiting.get()
        return batch, False

    def _next(self) -> Entry | None:
        """While the disk takes nothing it is asked again now and then, for perhaps nobody writes before it does."""
        while self._health.trouble and not self._health.damage:
            try:
                return self._waiting.get(timeout=ASK_AGAIN_SECONDS)
            except queue.Empty:
                _tell(self._commit([]))
        return self._waiting.get()

    def _commit(self, batch: Sequence[Entry]) -> list[Outcome]:
        """An empty batch writes something that changes nothing."""
        try:
            outcomes = self._write([entry for entry in batch if entry[0] is not empty_log])
            self._check()
        except (sqlite3.Error, Unusable) as error:
            self._roll_back()
            return self._refuse(batch, error)
        self._health.took()
        return outcomes + [(future, *self._emptied()) for work, future in batch if work is empty_log]

    def _write(self, batch: Sequence[Entry]) -> list[Outcome]:
        if self._health.damage:
            raise self._health.damage
        self._connection.execute("BEGIN IMMEDIATE")
        if not batch:
            self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        outcomes = [(future, *_attempt(self._connection, work)) for work, future in batch]
        self._connection.execute("COMMIT")
        return outcomes

    def _emptied(self) -> tuple[bool | None, BaseException | None]:
        """What has been committed before stays so, whatever becomes of this."""
        try:
            return empty_log(self._connection), None
        except sqlite3.Error as error:
            return None, _unavailable(error)

    def _refuse(self, batch: Sequence[Entry], error: sqlite3.Error | Unusable) -> list[Outcome]:
        """Who came while we waited for another program in vain has waited long enough, too."""
        if isinstance(error, Unusable):
            self._health.damage = error
        else:
            self._health.judge(error)
            batch = [*batch, *self._drained()] if is_busy(error) else batch
        self._health.refused(error)
        return [(future, None, _unavailable(error)) for _, future in batch]

    def _drained(self) -> list[Entry]:
        found = []
        while not self._waiting.empty():
            entry = self._waiting.get()
            if entry is None:
                self._waiting.put(None)
                break
            found.append(entry)
        return found

    def _roll_back(self) -> None:
        """After "disk full" SQLite has often rolled back by itself; a disk that is gone cannot even do this."""
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _attempt(connection: sqlite3.Connection, work: Work) -> tuple[Any, BaseException | None]:
    """One caller's mistake must not undo the others' work: each runs in a savepoint of its own."""
    connection.execute("SAVEPOINT piece")
    try:
        result = work(connection)
    except Exception as error:
        if _is_the_disks(error):
            raise  # not the caller's: the whole batch fails
        connection.execute("ROLLBACK TO piece")
        connection.execute("RELEASE piece")
        return None, error
    connection.execute("RELEASE piece")
    return result, None


def _is_the_disks(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) or (
        isinstance(error, sqlite3.Error) and primary_code(error) in DAMAGE
    )


def _unavailable(error: Exception) -> Unavailable:
    """One for each who waits: an exception that is raised in two places mixes up their traces."""
    failure = Unavailable(f"The database did not take this: {error}")
    failure.__cause__ = error
    return failure


def _tell(outcomes: list[Outcome]) -> None:
    """One hop to the loop for the whole batch: a hop per caller costs more than the insert."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome[0].get_loop(), []).append(outcome)
    for loop, mine in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, mine)
        except RuntimeError:
            continue  # the loop is gone, and with it everybody who waited


def _settle(outcomes: list[Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
