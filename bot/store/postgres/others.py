"""Who works, of several bots on one PostgreSQL: a lease there, kept alive by a thread with a connection of its own.

Only the server's clock says when a lease is over, and only this machine's monotonic clock whether ours may be relied
on: it counts from before the question was asked, and goes on while the process stands still.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import select
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg

from bot.place import Postgres
from bot.store.others import BEAT_SECONDS, DEAF, LEASE_SECONDS, REQUEST_SECONDS, Superseded, Term
from bot.store.postgres.link import Link, connected
from bot.store.postgres.schema import CHANNEL, WRITE_LOCK

if TYPE_CHECKING:
    from bot.store import Store

log = logging.getLogger(__name__)

ANSWER_SECONDS = 3.0  # a server that takes longer is asked again on another connection
LOOK_SECONDS = 1.0  # between two looks whether the lease is over, of whoever waits for it
AGAIN_SECONDS = 0.5
CLAIM_SECONDS = 10.0  # a command that somebody began and has not finished by then is begun anew: Slack is long gone
WORKS = "works"
_FREE = "SELECT NOT EXISTS (SELECT 1 FROM evobot_lease WHERE name = %s AND until > clock_timestamp())"
_WAS = "SELECT holder, until > clock_timestamp() FROM evobot_lease WHERE name = %s"
_TAKE = """
    INSERT INTO evobot_lease VALUES (%s, %s, 1, clock_timestamp() + make_interval(secs => %s))
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = evobot_lease.fence + 1, until = excluded.until
    RETURNING fence
"""
_RENEW = """
    UPDATE evobot_lease SET until = clock_timestamp() + make_interval(secs => %s)
    WHERE name = %s AND holder = %s AND fence = %s
"""
_GIVE_UP = """
    UPDATE evobot_lease SET holder = '', until = clock_timestamp() WHERE name = %s AND holder = %s AND fence = %s
"""
_HELD = "SELECT 1 FROM evobot_lease WHERE name = $1 AND holder = $2 AND fence = $3"
_FIRST = """
    INSERT INTO evobot_lease VALUES ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = evobot_lease.fence + 1, until = excluded.until
    WHERE evobot_lease.until < clock_timestamp()
"""
_LAST = "DELETE FROM evobot_lease WHERE name = $1 AND holder = $2"
_TIDY = "DELETE FROM evobot_lease WHERE name <> $1 AND until < clock_timestamp() - interval '1 minute'"


class PostgresTerm:
    """Held until another bot takes it, which it can when our signs of life have not come for LEASE_SECONDS."""

    def __init__(self, holder: str, fence: int, sure_until: float, doubt_seconds: float) -> None:
        self.holder = holder
        self.fence = fence
        self.sure_until = sure_until  # monotonic
        self.doubt_seconds = doubt_seconds
        self.over = asyncio.Event()
        self.is_given_up = False
        self.store: Store
        self._loop: asyncio.AbstractEventLoop
        self._poke: Callable[[], None]

    def begin(self, store: Store, loop: asyncio.AbstractEventLoop, poke: Callable[[], None]) -> None:
        """On the loop of those who work in it."""
        self.store, self._loop, self._poke = store.fenced(self.check), loop, poke

    def check(self, link: Link) -> None:
        """In the transaction that changes something. Nobody can take over before that has ended. Raises Superseded."""
        if not link.say(_HELD, (WORKS, self.holder, self.fence)):
            self.lost()
            raise Superseded("another bot has taken over")

    def lasts(self) -> bool:
        return not self.over.is_set() and time.monotonic() < self.sure_until

    def lost(self) -> None:
        """From whatever thread."""
        with contextlib.suppress(RuntimeError, AttributeError):  # there is nobody to tell, any more or yet
            self._loop.call_soon_threadsafe(self.over.set)

    def end(self) -> None:
        self.over.set()
        self.is_given_up = True
        self._poke()


class PostgresOthers:
    """The thread begins with the first who listens or waits for a term."""

    possible = True

    def __init__(self, place: Postgres, name: str, me: str) -> None:
        self._place = place
        self._name = name
        self._me = me
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heard: Callable[[str], None] = lambda _: None
        self._wanted: asyncio.Future[PostgresTerm] | None = None
        self._term: PostgresTerm | None = None
        self._words: deque[str] = deque()
        self._next = 0.0  # when the lease is next renewed, or asked for
        self._rung = False  # one call for however many changes
        self._closing = False
        self._ear, self._bell = os.pipe()
        os.set_blocking(self._bell, False)
        self._thread = threading.Thread(target=self._run, name="store-others", daemon=True)

    # On the loop

    def listen(self, heard: Callable[[str], None]) -> None:
        self._heard = heard
        self._begin()

    def tell(self, words: str) -> None:
        self._words.append(words)
        self._poke()

    async def term(self, store: Store, stopping: asyncio.Event) -> Term | None:
        self._begin()
        loop = asyncio.get_running_loop()
        wanted = self._wanted = loop.create_future()
        self._poke()
        stop = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({wanted, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
            self._wanted = None
        if not wanted.done():
            wanted.cancel()
            return None
        term: PostgresTerm = wanted.result()
        term.begin(store, loop, self._poke)
        return term

    async def first(self, store: Store, name: str) -> bool:
        def work(link: Link) -> bool:
            link.say(_TIDY, (WORKS,))
            return bool(link.say(_FIRST, (name, self._me, CLAIM_SECONDS)).rowcount)

        return await store.write_as_said(work)

    async def not_done(self, store: Store, name: str) -> None:
        await store.write_as_said(lambda link: link.say(_LAST, (name, self._me)))

    def close(self) -> None:
        self._closing = True
        self._ring()
        if self._thread.ident is not None:
            self._thread.join()
        os.close(self._bell)
        os.close(self._ear)

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        if self._thread.ident is None:
            self._thread.start()

    def _poke(self) -> None:
        if not self._closing:
            self._ring()

    def _ring(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._bell, b".")

    # In the thread

    def _run(self) -> None:
        while not self._closing:
            try:
                with contextlib.closing(connected(self._place, self._name)) as there:
                    there.patience = ANSWER_SECONDS  # type: ignore[attr-defined]  # a field of ours on psycopg's connection
                    self._attend(there)
            except (psycopg.Error, psycopg.errors._WaitTimeout, sqlite3.Error, OSError) as error:  # noqa: SLF001 - no other name
                log.info("the other bots cannot be heard just now: %s", type(error).__name__)
                self._sleep(None, AGAIN_SECONDS)

    def _attend(self, there: psycopg.Connection[Any]) -> None:
        there.add_notify_handler(self._noticed)
        there.execute(f"LISTEN {CHANNEL}")
        self._next = 0.0
        self._tell_loop(DEAF)
        while not self._closing:
            self._turn(there)
            while self._words:
                there.execute("SELECT pg_notify(%s, %s)", (CHANNEL, f"{self._me} {self._words[0]}"))
                self._words.popleft()
            self._sleep(there, max(0.0, min(self._next - time.monotonic(), BEAT_SECONDS)))
        if self._term is not None:
            self._give_up(there, self._term)

    def _turn(self, there: psycopg.Connection[Any]) -> None:
        now, term = time.monotonic(), self._term
        if term is not None and term.is_given_up:
            self._give_up(there, term)
        elif term is not None and now >= self._next:
            self._next = now + BEAT_SECONDS
            self._renew(there, term)
        elif term is None and now >= self._next:
            self._next = now + LOOK_SECONDS
            if self._wanted is not None:
                self._claim(there)

    def _renew(self, there: psycopg.Connection[Any], term: PostgresTerm) -> None:
        asked = time.monotonic()
        done = there.execute(_RENEW, (LEASE_SECONDS, WORKS, term.holder, term.fence)).rowcount
        if done:
            term.sure_until = asked + LEASE_SECONDS
            return
        self._term = None
        self._next = 0.0
        log.warning("another bot has taken over: this one was not heard of for %.0f seconds", LEASE_SECONDS)
        term.lost()

    def _claim(self, there: psycopg.Connection[Any]) -> None:
        """Nobody writes while the holder changes: whoever checks the lease in a transaction has it until that ends."""
        if not there.execute(_FREE, (WORKS,)).fetchall()[0][0]:
            return
        asked = time.monotonic()
        try:
            with there.transaction():
                there.execute(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
                was = there.execute(_WAS, (WORKS,)).fetchone()
                if was is not None and was[1]:
                    return
                fence = there.execute(_TAKE, (WORKS, self._me, LEASE_SECONDS)).fetchall()[0][0]
        except psycopg.errors.LockNotAvailable:
            return
        died = was is not None and bool(was[0])
        term = PostgresTerm(self._me, fence, asked + LEASE_SECONDS, REQUEST_SECONDS if died else 0.0)
        self._term, self._next = term, asked + BEAT_SECONDS
        self._give(term)

    def _give(self, term: PostgresTerm) -> None:
        def give() -> None:
            wanted = self._wanted
            if wanted is not None and not wanted.done():
                wanted.set_result(term)
            else:
                term.is_given_up = True  # nobody wants it any more
                self._poke()

        if not self._on_loop(give):
            term.is_given_up = True

    def _give_up(self, there: psycopg.Connection[Any], term: PostgresTerm) -> None:
        there.execute(_GIVE_UP, (WORKS, term.holder, term.fence))
        there.execute("SELECT pg_notify(%s, %s)", (CHANNEL, f"{self._me} free"))
        self._term = None

    # Hearing

    def _noticed(self, note: psycopg.Notify) -> None:
        sender, _, words = note.payload.partition(" ")
        if sender == self._me:
            return
        if words == "free":
            self._next = 0.0 if self._term is None else self._next
        elif words or not self._rung:
            self._rung = not words
            self._tell_loop(words)

    def _tell_loop(self, words: str) -> None:
        def tell() -> None:
            if not words:
                self._rung = False
            self._heard(words)

        self._on_loop(tell)

    def _on_loop(self, work: Callable[[], None]) -> bool:
        """False when there is none any more."""
        try:
            self._loop.call_soon_threadsafe(work)  # type: ignore[union-attr]  # None is caught below
        except (RuntimeError, AttributeError):
            return False
        return True

    def _sleep(self, there: psycopg.Connection[Any] | None, seconds: float) -> None:
        """Until somebody here or there says something, or the time has passed."""
        ears = [self._ear] if there is None else [self._ear, there.fileno()]
        looks = select.poll()  # select() breaks at the thousandth connection of the process
        for each in ears:
            looks.register(each, select.POLLIN)
        heard = [each for each, _ in looks.poll(math.ceil(seconds * 1000))]
        if self._ear in heard:
            os.read(self._ear, 4096)
        if there is not None and there.fileno() in heard:
            there.pgconn.consume_input()
            while (note := there.pgconn.notifies()) is not None:
                words = note.extra.decode(errors="replace")
                self._noticed(psycopg.Notify(note.relname.decode(), words, note.be_pid))
