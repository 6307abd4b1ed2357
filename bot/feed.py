"""The Evo door: asks Evo Voice what is new, oftener where people talk. The API has no push for servers.

Once it is known that a session's date moves with each line (bot/freshness.py), transcripts are read where it has moved,
and now and then where it has not. Then many quiet sessions are asked for their dates at once, and oftener than before.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.clock import Clock
from bot.evo import BadId, EvoError, Refused, Unsure
from bot.freshness import Dates, its_turn, voices
from bot.hearing import BATCH, Hearing
from bot.model import Session, SessionKey
from bot.rush import Rush
from bot.store import Store, StoreError

log = logging.getLogger(__name__)

SLOWEST = 60.0  # seconds between two looks at a session in which nothing is said
QUIETING = 20.0  # a session silent for n seconds is looked at every n / QUIETING seconds
AT_ONCE = 4  # transcripts being read at the same time
LONGEST_PAUSE = 60.0
QUICKEST = 10.0  # seconds between two looks at the dates of quiet sessions
APART = 3.0  # seconds for each request that such a look takes: at most twenty a minute, for up to 1,000 sessions
REST = 7.5  # seconds for each quiet session until all have been read although their dates stand still: eight a minute
SHORTEST_REST, LONGEST_REST = 300.0, 3600.0
UNMOVED = 5.0  # a lively session whose date stands still is read this much less often than it is looked at


class Turns(NamedTuple):
    """Whose turn it is."""

    quiet: Sequence[Session]  # told by their dates
    lively: Sequence[Session]  # so are these
    unsure: Sequence[Session]  # only reading tells


class Feed:
    """Polls states and transcripts of the open sessions that have a thread."""

    def __init__(
        self,
        store: Store,
        hearing: Hearing,
        clock: Clock,
        stopping: asyncio.Event,
        *,
        poll_seconds: float,
        heard: asyncio.Event | None = None,
        rush: Rush | None = None,
    ) -> None:
        """`heard` is set when everything has been read once. In a `rush` of acks nothing more is read."""
        self._store = store
        self._hearing = hearing
        self._clock = clock
        self._stopping = stopping
        self._poll = poll_seconds
        self._heard = heard or asyncio.Event()
        self._rush = rush or Rush(clock)
        self._dates = Dates(store.read.evidence())
        self._looked: dict[SessionKey, float] = {}  # when a date was last asked for
        self._glanced = 0.0  # when all quiet ones were last asked for theirs
        self._rest = LONGEST_REST  # of a transcript whose date stands still
        self._read: dict[SessionKey, float] = {}  # when a transcript was last read, or could not be
        self._refusals: dict[SessionKey, int] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._failures = 0

    async def run(self) -> None:
        """Until told to stop."""
        while not self._stopping.is_set():
            try:
                await self._round()
                self._heard.set()
                self._failures = 0
            except (EvoError, StoreError) as error:
                self._failures += 1
                log.info("the feed could not read: %s", type(error).__name__)
            except Exception:
                self._failures += 1
                log.exception("the feed broke on our side")
            await self._clock.wait(self._stopping, self._pause())

    def _pause(self) -> float:
        return min(LONGEST_PAUSE, self._poll * 2.0 ** min(self._failures, 10))

    async def _round(self) -> None:
        now = self._clock.now()
        sessions = self._store.read.open_sessions()
        self._read = {session.key: self._read.get(session.key, 0.0) for session in sessions}
        self._looked = {session.key: self._looked.get(session.key, 0.0) for session in sessions}
        self._dates.keep(self._read.keys())
        told = [session for session in sessions if self._is_told_by_date(session, now)]
        self._rest = rest(len(told))
        turns = self._turns(sessions, told, now)
        if any(turns):
            listening = map(self._listen, turns.unsure)
            _raise_first(await asyncio.gather(self._glance(turns, now), *listening, return_exceptions=True))

    async def _glance(self, turns: Turns, now: float) -> None:
        """Looks at all of these; then reads those that are told by their dates, where there may be something new."""
        told = [*turns.quiet, *turns.lively]
        looked = await self._look([*told, *turns.unsure])
        self._looked |= dict.fromkeys([session.key for session in told], now)
        self._glanced = now if turns.quiet else self._glanced
        reads = [session for session in told if self._is_to_read(session, now, looked=looked)]
        _raise_first(await asyncio.gather(*map(self._listen, reads), return_exceptions=True))

    async def _look(self, sessions: Sequence[Session]) -> bool:
        """False when their states cannot be read just now."""
        claims, now = self._dates.claims(), self._clock.now()
        try:
            dates = await self._hearing.look(sessions)
        except Unsure as error:
            log.warning("the sessions' states cannot be read: %s", error)
            return False
        if found := self._dates.seen([session.key for session in sessions], dates, claims, now):
            await self._store.write(lambda tx: tx.keep_evidence(found))
        return True

    async def _listen(self, session: Session) -> None:
        """A session whose transcript cannot be read is tried more and more seldom; the others do not wait for it."""
        async with self._slots:
            await self._rush.over()
            known = self._dates.known(session.key)
            try:
                news = await self._hearing.listen(session)
            except (Refused, BadId, Unsure) as error:
                self._put_off(session.key, error)
                return
        self._dates.has_read(session.key, known, news)
        self._refusals.pop(session.key, None)
        self._read[session.key] = self._clock.now()

    # Where dates tell

    def _is_told_by_date(self, session: Session, now: float) -> bool:
        """A transcript that could not be read goes by the clock until it can."""
        key = session.key
        if key in self._refusals or not self._dates.knows(key):
            return False
        return self._dates.believed(voices(self._hearing.others(session)), now)

    def _turns(self, sessions: Sequence[Session], told: Sequence[Session], now: float) -> Turns:
        """Lively ones have a pace of their own; the quiet ones are looked at together: a request is for many."""
        keys, wait = {session.key for session in told}, glance(len(told), self._poll)
        quiet = [session for session in told if self._interval(session, now) >= wait]
        lively = [session for session in told if self._interval(session, now) < wait]
        return Turns(
            quiet if now - self._glanced >= wait else [],
            [each for each in lively if now - self._looked[each.key] >= self._interval(each, now)],
            [each for each in sessions if each.key not in keys and self._is_due(each, now)],
        )

    def _is_to_read(self, session: Session, now: float, *, looked: bool) -> bool:
        """Where the date has moved, and now and then all the same. Without dates, by the clock."""
        if not looked or not self._dates.knows(session.key):
            return self._is_due(session, now)
        if self._dates.has_moved(session.key):
            return True
        pace, last = self._interval(session, now), self._read[session.key]
        if pace >= SLOWEST:
            return its_turn(session.key, last, now, self._rest)
        return now - last >= UNMOVED * pace

    # Where only reading tells

    def _is_due(self, session: Session, now: float) -> bool:
        """Asked anew each time: whoever writes in a quiet thread does not wait for the answer as long as before."""
        times = self._refusals.get(session.key, 0)
        wait = self._interval(session, now)
        if times:
            wait = max(wait, min(SLOWEST, self._poll * 2.0 ** min(times, 10)))
        return now - self._read[session.key] >= wait

    def _interval(self, session: Session, now: float) -> float:
        return interval(now - session.active_at, self._poll)

    def _put_off(self, key: SessionKey, error: EvoError) -> None:
        times = self._refusals[key] = self._refusals.get(key, 0) + 1
        if times == 1:
            log.warning("the transcript of session %s cannot be read: %s", key, type(error).__name__)
        self._read[key] = self._clock.now()


def _raise_first(outcomes: Iterable[BaseException | None]) -> None:
    for outcome in outcomes:
        if outcome is not None:
            raise outcome


def rest(sessions: int) -> float:
    """Seconds in which the transcripts of so many sessions are read although their dates stand still."""
    return min(max(sessions * REST, SHORTEST_REST), LONGEST_REST)


def glance(sessions: int, poll: float) -> float:
    """Seconds between two looks at the dates of so many sessions."""
    requests = -(-sessions // BATCH)
    return min(max(requests * APART, QUICKEST, poll), max(SLOWEST, poll))


def interval(silent: float, poll: float) -> float:
    """Seconds until the next look at a session that has been silent for so long."""
    return min(max(silent / QUIETING, poll), max(SLOWEST, poll))
