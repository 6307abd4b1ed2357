"""Does it cost more when the file has grown? Look-up of a thread, and a reply stored, in files of several sizes."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from benchmarks.contenders import CACHE
from benchmarks.figures import Part, Spread, Table, Target
from benchmarks.names import CHANNEL, TEAM, USER, thread_ts
from benchmarks.sizes import Size
from benchmarks.town import build
from bot.bridge.entries import add_reply
from bot.bridge.threads import place_of
from bot.model import ChannelId, Said, Session, State, TeamId, ThreadKey, Ts, UserId
from bot.store import Store, Tx, open_store

CALLERS = 64
MILLION = 1e6
KEPT = 1_000_000  # files from here on are made once and kept
MANY = 10_000_000
OPEN = 500


async def measure(size: Size, folder: Path) -> Part:
    files = {links: _file(links, folder) for links in size.stores}
    sizes = {links: path.stat().st_size / MILLION for links, path in files.items()}
    looked: dict[int, list[float]] = {links: [] for links in size.stores}
    stored: dict[int, list[float]] = {links: [] for links in size.stores}
    with ExitStack() as stack:
        stores = {links: _opened(stack, path) for links, path in files.items()}
        for links, store in stores.items():
            _look_up(store, links, size.lookups)  # what is looked up often is in memory, as it would be
        for n in range(size.rounds):
            for links in random.sample(list(stores), len(stores)):
                looked[links].append(_look_up(stores[links], links, size.lookups))
                stored[links].append(await _enqueue(stores[links], n, size.enqueued))
    for path in files.values():
        _as_it_was(path)
    return _part(size, sizes, looked, stored)


def _file(links: int, folder: Path) -> Path:
    """Big ones take minutes to make."""
    if links < KEPT:
        path = folder / f"{links}.db"
        build(path, links, OPEN)
        return path
    CACHE.mkdir(exist_ok=True)
    path = CACHE / f"{links}.db"
    if not path.exists():
        unfinished = CACHE / f"{links}.unfinished.db"
        for rest in CACHE.glob(f"{unfinished.name}*"):
            rest.unlink()
        build(unfinished, links, OPEN)
        unfinished.rename(path)
    return path


def _as_it_was(path: Path) -> None:
    """The next run finds no replies in it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM item")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _opened(stack: ExitStack, path: Path) -> Store:
    store = open_store(path)
    stack.callback(store.close)
    return store


def _look_up(store: Store, links: int, times: int) -> float:
    """Microseconds a look-up: which session is this thread, and where do replies in it go?"""
    threads = [_thread(random.randrange(links)) for _ in range(times)]
    began = time.perf_counter()
    for thread in threads:
        place_of(store.read, thread)
    return (time.perf_counter() - began) / times * MILLION


async def _enqueue(store: Store, n: int, times: int) -> float:
    """Microseconds a reply, each durably stored before its caller goes on, 64 callers at a time."""
    sessions = [place_of(store.read, _thread(k)).session for k in range(OPEN)]
    known = [session for session in sessions if session is not None]
    stamp = time.time()
    began = time.perf_counter()
    await asyncio.gather(*(_caller(store, known, stamp + n, range(at, times, CALLERS)) for at in range(CALLERS)))
    return (time.perf_counter() - began) / times * MILLION


async def _caller(store: Store, sessions: list[Session], stamp: float, numbers: range) -> None:
    for number in numbers:
        which = number % len(sessions)
        ts = Ts(f"{int(stamp)}.{number:06d}")
        said = Said(_thread(which), ts, UserId(USER), f"No. {number}: the parcel left this morning.")
        await store.write(partial(_add, said, sessions[which], stamp))


def _add(said: Said, session: Session, now: float, tx: Tx) -> None:
    add_reply(tx, said, session, State.PENDING, now)


def _thread(number: int) -> ThreadKey:
    return ThreadKey(TeamId(TEAM), ChannelId(CHANNEL), Ts(thread_ts(number)))


def _part(
    size: Size, sizes: dict[int, float], looked: dict[int, list[float]], stored: dict[int, list[float]]
) -> Part:  # fmt: skip
    rows: list[tuple[str, list[Spread | str | None]]] = [
        (
            f"{links:,} links",
            [Spread.of(looked[links]), Spread.of(stored[links]), f"{sizes[links]:,.0f}"],
        )
        for links in size.stores
    ]
    few, many = size.stores[0], size.stores[-1]
    table = Table("The file", ("look-up, µs", "reply stored, µs", "MB"), rows)
    return Part(
        [table],
        [
            Target(f"look-up among {many:,} links over {few:,}", Spread.of(looked[many]).over(Spread.of(looked[few])),
                   most=1.7),
        ],
        [] if many >= MANY else [f"{MANY:,} links: ARGS=--full"],
    )  # fmt: skip
