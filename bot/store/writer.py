"""One thread that writes, many callers, one fsync for all who wait.

A caller is told after its own change is on the disk. That is what "ack means stored" stands on.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from bot.store.errors import Unavailable

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]

MOST_IN_ONE_COMMIT = 256


class Writer:
    """Runs pieces of work in order, each all or nothing, as many to a commit as are waiting."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: queue.SimpleQueue[tuple[Work, asyncio.Future[Any]] | None] = queue.SimpleQueue()
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

    def _run(self) -> None:
        running = True
        while running:
            batch, running = self._next_batch()
            if batch:
                _tell(self._commit(batch))
        self._connection.close()

    def _next_batch(self) -> tuple[list[tuple[Work, asyncio.Future[Any]]], bool]:
        batch = []
        entry = self._waiting.get()
        while entry is not None:
            batch.append(entry)
            if len(batch) == MOST_IN_ONE_COMMIT or self._waiting.empty():
                return batch, True
            entry = self._waiting.get()
        return batch, False

    def _commit(self, batch: list[tuple[Work, asyncio.Future[Any]]]) -> list[Outcome]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = [(future, *_attempt(self._connection, work)) for work, future in batch]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            return [(future, None, _unavailable(error)) for _, future in batch]
        return outcomes

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
    except sqlite3.OperationalError:
        raise  # the disk, not the caller: the whole batch fails
    except Exception as error:  # noqa: BLE001 - handed to the caller, who raised it
        connection.execute("ROLLBACK TO piece")
        connection.execute("RELEASE piece")
        return None, error
    connection.execute("RELEASE piece")
    return result, None


def _unavailable(error: sqlite3.Error) -> Unavailable:
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
