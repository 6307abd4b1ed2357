"""The store: which thread is which session, and what is still to do. SQLite, durable, one process."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bot.store.errors import Corrupt, Foreign, InUse, StoreError, Unavailable, Unusable
from bot.store.file import FileLock, open_reader, open_writer, prepare
from bot.store.reads import Reads
from bot.store.tx import Tx
from bot.store.writer import Writer

__all__ = [
    "Corrupt",
    "Foreign",
    "InUse",
    "Reads",
    "Store",
    "StoreError",
    "Tx",
    "Unavailable",
    "Unusable",
    "open_store",
]

T = TypeVar("T")


class Store:
    """Reads on the loop, writes through one thread. `read` sees what is committed."""

    def __init__(self, reader: sqlite3.Connection, writer: Writer, lock: FileLock) -> None:
        self.read = Reads(reader)
        self._reader = reader
        self._writer = writer
        self._lock = lock

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Runs `work` in one transaction. When this returns, the change is on the disk.

        Raises Unavailable when the file did not take it: then nothing has changed.
        """
        return await self._writer.run(lambda connection: work(Tx(connection)))

    def close(self) -> None:
        self._writer.stop()
        self._reader.close()
        self._lock.release()


def open_store(path: Path) -> Store:
    """Takes the lock, checks and migrates the file, starts the writer.

    Raises Unusable (InUse, Foreign, Corrupt) with a sentence for the operator.
    """
    lock = FileLock(path)
    if not path.parent.is_dir():
        raise Unusable(f"The folder of the database does not exist: {path.parent}")
    lock.take()
    try:
        prepare(path)
        writer = Writer(open_writer(path))
        reader = open_reader(path)
    except BaseException:
        lock.release()
        raise
    writer.start()
    return Store(reader, writer, lock)
