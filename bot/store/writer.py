"""Many callers, one transaction, one fsync for all who wait.

Changes are put together on the loop, where the questions are asked, too; what takes its time, the disk, is waited for
in a thread. A caller is told after its own change is on the disk. That is what "ack means stored" stands on.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from bot.store.errors import Unavailable, Unusable
from bot.store.health import DAMAGE, Health, is_busy, primary_code
from bot.store.steps import APPLICATION_ID

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]

MOST_IN_ONE_COMMIT = 256
ASK_AGAIN_SECONDS = 1.0


@dataclass(slots=True)
class Entry:
    """A piece of work and who waits for it."""

    work: Work
    future: asyncio.Future[Any]
    many_rows: bool = False
    one_statement: bool = False


def empty_log(connection: sqlite3.Connection) -> bool:
    """Brings the log into the file and cuts it to nothing, so that what was deleted is in neither.

    Not within a transaction, and without waiting for readers: false when one of them needs the log just now.
    """
    return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]


class Writer:
    """Runs pieces of work in order, each all or nothing, as many to a commit as are waiting.

    The connection belongs to the loop while changes are put together, and to the thread until they are committed. Only
    in the thread another program that holds the file is waited for, as long as the connection was set to.
    `check` raises Unusable when what has been committed would be lost with this process.
    """

    most_in_one_commit = MOST_IN_ONE_COMMIT

    def __init__(
        self, connection: sqlite3.Connection, health: Health | None = None, check: Callable[[], None] = lambda: None
    ) -> None:
        self._connection = connection
        self._patience = self._patience_so_far()  # milliseconds
        self._set_patience(0)
        self._health = health or Health()
        self._check = check
        self._waiting: deque[Entry] = deque()
        self._under_way = False  # a turn has been asked for, or the thread has the connection
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)

    @property
    def waiting(self) -> int:
        """How many pieces of work nobody has begun."""
        return len(self._waiting)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finishes what is waiting, then closes the connection."""
        self._jobs.put(None)
        self._thread.join()
        while batch := self._next_batch():
            _settle(self._commit(batch))
        self._connection.close()

    async def run(
        self, work: Callable[[sqlite3.Connection], T], *, many_rows: bool = False, one_statement: bool = False
    ) -> T:
        """The result of `work`, once committed. Raises what it raised, or Unavailable when the disk said no.

        Work on `many_rows` is done in the thread from beginning to end, so that the loop goes on meanwhile. Work of
        `one_statement` is all or nothing by itself.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append(Entry(work, future, many_rows, one_statement))
        if not self._under_way:
            self._under_way = True
            loop.call_soon(self._turn, loop)  # after whoever is ready now: they share a commit
        return await future

    async def empty_log(self) -> bool:
        """After what is waiting, see `empty_log`. Raises Unavailable when the disk said no."""
        return await self.run(empty_log)

    # On the loop

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        batch = self._next_batch()
        if batch:
            self._begin(batch, loop)
            return
        self._under_way = False
        if self._is_in_trouble():
            loop.call_later(ASK_AGAIN_SECONDS, self._ask_again, loop)

    def _begin(self, batch: Sequence[Entry], loop: asyncio.AbstractEventLoop) -> None:
        """All that the disk need not be waited for."""
        if batch[0].many_rows:
            self._hand_over(partial(self._commit, batch), loop)
            return
        try:
            outcomes = self._put_together(batch)
        except (sqlite3.Error, Unusable) as error:
            self._roll_back()
            if isinstance(error, sqlite3.Error) and is_busy(error):
                self._hand_over(partial(self._commit, batch), loop)  # another program writes just now
            else:
                loop.call_soon(self._told, self._refuse(batch, error), loop)
            return
        self._hand_over(partial(self._finish, batch, outcomes), loop)

    def _hand_over(self, finish: Callable[[], list[Outcome]], loop: asyncio.AbstractEventLoop) -> None:
        """To the thread, which says what came of it."""

        def job() -> None:
            outcomes = finish()
            try:
                loop.call_soon_threadsafe(self._told, outcomes, loop)
            except RuntimeError:
                self._under_way = False  # the loop is gone, and with it everybody who waited

        self._jobs.put(job)

    def _told(self, outcomes: Sequence[Outcome], loop: asyncio.AbstractEventLoop) -> None:
        """The next ones are begun before those who have waited go on: the disk works while they do."""
        _settle(outcomes)
        self._turn(loop)

    def _is_in_trouble(self) -> bool:
        return self._health.trouble is not None and self._health.damage is None

    def _ask_again(self, loop: asyncio.AbstractEventLoop) -> None:
        """While the disk takes nothing it is asked now and then, for perhaps nobody writes before it does."""
        if self._is_in_trouble() and not self._under_way:
            self._under_way = True
            self._hand_over(partial(self._commit, []), loop)

    def _next_batch(self) -> list[Entry]:
        """What fits into one commit. Work on many rows has one for itself."""
        batch: list[Entry] = []
        while self._waiting and len(batch) < self.most_in_one_commit:
            if batch and self._waiting[0].many_rows:
                break
            batch.append(self._waiting.popleft())
            if batch[0].many_rows:
                break
        return batch

    # In the thread

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _commit(self, batch: Sequence[Entry]) -> list[Outcome]:
        """From beginning to end, and with patience. An empty batch writes something that changes nothing."""
        self._set_patience(self._patience)
        try:
            outcomes = self._put_together(batch)
        except (sqlite3.Error, Unusable) as error:
            self._roll_back()
            return self._refuse(batch, error)
        finally:
            self._set_patience(0)
        return self._finish(batch, outcomes)

    def _finish(self, batch: Sequence[Entry], outcomes: list[Outcome]) -> list[Outcome]:
        try:
            self._close_transaction()
        except (sqlite3.Error, Unusable) as error:
            self._roll_back()
            return self._refuse(batch, error)
        self._health.committed(len(batch))
        return outcomes + [(entry.future, *self._emptied()) for entry in batch if entry.work is empty_log]

    # Either

    def _put_together(self, batch: Sequence[Entry]) -> list[Outcome]:
        if self._health.damage:
            raise self._health.damage
        self._open_transaction(touch=not batch)
        self._check()
        return [(entry.future, *self._attempt(entry)) for entry in batch if entry.work is not empty_log]

    def _attempt(self, entry: Entry) -> tuple[Any, BaseException | None]:
        """One caller's mistake must not undo the others' work: what could be half done runs in a savepoint."""
        if entry.one_statement:
            return outcome_of(self._connection, entry.work)
        self._connection.execute("SAVEPOINT piece")
        result, error = outcome_of(self._connection, entry.work)
        if error is not None:
            self._connection.execute("ROLLBACK TO piece")
        self._connection.execute("RELEASE piece")
        return result, error

    # What is said otherwise to another kind of database

    def _patience_so_far(self) -> int:
        return int(self._connection.execute("PRAGMA busy_timeout").fetchone()[0])

    def _set_patience(self, milliseconds: int) -> None:
        """How long another program that writes is waited for."""
        self._connection.execute(f"PRAGMA busy_timeout = {milliseconds}")

    def _open_transaction(self, *, touch: bool) -> None:
        """`touch`: nothing will be written in it, and the disk is to be asked all the same."""
        self._connection.execute("BEGIN IMMEDIATE")
        if touch:
            self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")

    def _close_transaction(self) -> None:
        self._connection.execute("COMMIT")

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
        return [(entry.future, None, _unavailable(error)) for entry in batch]

    def _drained(self) -> list[Entry]:
        found = []
        while self._waiting:
            found.append(self._waiting.popleft())
        return found

    def _roll_back(self) -> None:
        """After "disk full" SQLite has often rolled back by itself; a disk that is gone cannot even do this."""
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def outcome_of(connection: sqlite3.Connection, work: Work) -> tuple[Any, BaseException | None]:
    """What came of a piece of work. Raises what is not its own mistake: then the whole batch fails."""
    try:
        return work(connection), None
    except Exception as error:
        if _is_the_disks(error):
            raise
        return None, error


def _is_the_disks(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) or (
        isinstance(error, sqlite3.Error) and primary_code(error) in DAMAGE
    )


def _unavailable(error: Exception) -> Unavailable:
    """One for each who waits: an exception that is raised in two places mixes up their traces."""
    failure = Unavailable(f"The database did not take this: {error}")
    failure.__cause__ = error
    return failure


def _settle(outcomes: Sequence[Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done() or future.get_loop().is_closed():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
