"""The store: which thread is which session, and what is still to do. Durable; in a file, or on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from bot.clock import Clock, SystemClock
from bot.model import Kind, State
from bot.place import Place, Postgres
from bot.store.backup import finish_restore, kept_as_it_was
from bot.store.disk import Belongings, index_of, log_of
from bot.store.errors import Away, Corrupt, Foreign, InUse, StoreError, Unavailable, Unusable
from bot.store.file import FileLock, Reader, open_reader, open_writer, prepare, real_path
from bot.store.health import Health
from bot.store.others import Alone, Others, own_name
from bot.store.reads import Forgotten, Reads
from bot.store.tx import Tx
from bot.store.writer import Writer

__all__ = [
    "Away",
    "Corrupt",
    "Foreign",
    "Forgotten",
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
    """Reads and changes are made on the loop, committed in a thread. `read` sees what is committed.

    `stays` raises Unusable when the file is not where it was any more. Cheap.
    """

    def __init__(
        self, reader: Reader, writer: Writer, tx: Tx, lock: FileLock, health: Health, others: Others | None = None,
        stays: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._stays = stays
        self.read = Reads(reader)
        self.others = others or Alone()
        self._reader = reader
        self._writer = writer
        self._lock = lock
        self._health = health
        self._tx = tx
        self._told: Callable[[Kind, State], None] | None = None

    def tell(self, came: Callable[[Kind, State], None]) -> None:
        """From now on whoever counts hears what has come into which state, once that is on the disk."""
        self._told = came

    @property
    def trouble(self) -> str | None:
        """Why the file takes nothing just now; None while it does."""
        self._look()
        return self._health.trouble

    @property
    def refusals(self) -> int:
        """How often the file took nothing; when it has grown, somebody may have been sent away."""
        return self._health.refusals

    @property
    def committed(self) -> tuple[int, int]:
        """How often something was committed since the start, and how many changes that were."""
        return self._health.commits, self._health.changes

    @property
    def damage(self) -> Unusable | None:
        """Why the program must end: what is said now would be lost or is built on sand."""
        self._look()
        return self._health.damage

    @property
    def version(self) -> int:
        """Another number whenever something has been committed since. Cheap; says nothing of what it was."""
        return self._reader.version()

    @property
    def waiting(self) -> int:
        """How many changes wait for the disk."""
        return self._writer.waiting

    async def write(self, work: Callable[[Tx], T], *, many_rows: bool = False, one_statement: bool = False) -> T:
        """Runs `work` in one transaction. When this returns, the change is on the disk.

        Raises Unavailable when the file did not take it: then nothing has changed. Work on `many_rows` does not hold up
        the loop; work of `one_statement` costs a third less.
        """
        return await self._run(lambda _: work(self._tx), many_rows=many_rows, one_statement=one_statement)

    async def write_as_said(self, work: Callable[[Any], T]) -> T:
        """The same in the database's own words, for what is the same in no other kind of database."""
        return await self._writer.run(work)

    def _look(self) -> None:
        """Who writes notices a file that is gone; where nobody writes, whoever asks how things are does."""
        if self._health.damage is None:
            try:
                self._stays()
            except Unusable as error:
                self._health.lost(error)

    async def _run(self, work: Callable[[Any], T], *, many_rows: bool, one_statement: bool) -> T:
        tell, came = self._told, list[tuple[Kind, State]]()
        if tell is None:
            return await self._writer.run(work, many_rows=many_rows, one_statement=one_statement)

        def noted(connection: Any) -> T:
            came.clear()  # where it is tried again
            self._tx.came = came
            return work(connection)

        done = await self._writer.run(noted, many_rows=many_rows, one_statement=one_statement)
        for each in came:
            tell(*each)
        return done

    def fenced(self, check: Callable[[Any], None]) -> Store:
        """The same store, for somebody whose changes are checked first, each in its own transaction."""
        store = _Fenced(self._reader, self._writer, self._tx, self._lock, self._health, self.others, check)
        store._told = self._told  # noqa: SLF001 - our own kind
        return store

    async def empty_log(self) -> bool:
        """What was deleted is in the log no longer, either. False: not now, somebody reads. Raises Unavailable."""
        return await self._writer.empty_log()

    def close(self) -> None:
        """Who closes last brings the log into the file, and only the writer can."""
        self._reader.close()
        self._writer.stop()
        self.others.close()
        self._lock.release()


class _Fenced(Store):
    def __init__(
        self, reader: Reader, writer: Writer, tx: Tx, lock: FileLock, health: Health, others: Others,
        check: Callable[[Any], None],
    ) -> None:  # fmt: skip
        super().__init__(reader, writer, tx, lock, health, others)
        self._check = check

    async def write(self, work: Callable[[Tx], T], *, many_rows: bool = False, one_statement: bool = False) -> T:
        def checked(connection: Any) -> T:
            self._check(connection)
            return work(self._tx)

        return await self._run(checked, many_rows=many_rows, one_statement=one_statement)


def open_store(place: Place, clock: Clock | None = None) -> Store:
    """Takes the lock, checks and migrates the database, starts the writer.

    Raises Unusable (InUse, Foreign, Corrupt) with a sentence for the operator.
    """
    if isinstance(place, Postgres):
        return _open_postgres(place, clock or SystemClock())
    return _open_file(place, clock or SystemClock())


def _open_postgres(place: Postgres, clock: Clock) -> Store:
    from bot.store.postgres import needed  # noqa: PLC0415 - only now

    with needed():
        from bot.store.postgres.opening import NoLock, open_links  # noqa: PLC0415 - likewise
        from bot.store.postgres.others import PostgresOthers  # noqa: PLC0415 - likewise
        from bot.store.postgres.writer import PostgresWriter  # noqa: PLC0415 - likewise

    health, me = Health(), own_name()
    link, reader = open_links(place, health)
    writer = PostgresWriter(link, health, name=me)
    writer.start()
    others = PostgresOthers(place, f"{link.name}, listening"[:63], me)
    return Store(reader, writer, Tx(link, clock), NoLock(), health, others)  # type: ignore[arg-type]  # it speaks as sqlite3 does


def _open_file(path: Path, clock: Clock) -> Store:
    if not path.parent.is_dir():
        raise Unusable(f"The folder of the database does not exist: {path.parent}")
    path = real_path(path)
    lock = FileLock(path)
    lock.take()
    try:
        finish_restore(path)
        prepare(path, kept_as_it_was)
        health = Health()
        connection, reader = open_writer(path), open_reader(path, health)
    except BaseException:
        lock.release()
        raise
    ours = Belongings([path, log_of(path), index_of(path), lock.path])
    writer = Writer(connection, health, ours.check)
    writer.start()
    return Store(reader, writer, Tx(connection, clock), lock, health, stays=ours.check)
