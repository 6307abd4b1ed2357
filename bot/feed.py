"""The Evo door: asks Evo Voice what is new, oftener where people talk. The API has no push for servers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from bot.clock import Clock
from bot.evo import BadId, EvoError, Refused, Unsure
from bot.hearing import Hearing
from bot.model import Session, SessionKey
from bot.rush import Rush
from bot.store import Store, StoreError

log = logging.getLogger(__name__)

SLOWEST = 60.0  # seconds between two looks at a session in which nothing is said
QUIETING = 20.0  # a session silent for n seconds is looked at every n / QUIETING seconds
AT_ONCE = 4  # transcripts being read at the same time
LONGEST_PAUSE = 60.0


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
        self._looked: dict[SessionKey, float] = {}
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
        self._looked = {session.key: self._looked.get(session.key, 0.0) for session in sessions}
        due = [session for session in sessions if self._is_due(session, now)]
        if not due:
            return
        outcomes = await asyncio.gather(self._look(due), *map(self._listen, due), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _look(self, due: Sequence[Session]) -> None:
        try:
            await self._hearing.look(due)
        except Unsure as error:
            log.warning("the sessions' states cannot be read: %s", error)

    async def _listen(self, session: Session) -> None:
        """A session whose transcript cannot be read is tried more and more seldom; the others do not wait for it."""
        async with self._slots:
            await self._rush.over()
            try:
                await self._hearing.listen(session)
            except (Refused, BadId, Unsure) as error:
                self._put_off(session.key, error)
                return
        self._refusals.pop(session.key, None)
        self._looked[session.key] = self._clock.now()

    def _is_due(self, session: Session, now: float) -> bool:
        """Asked anew each time: whoever writes in a quiet thread does not wait for the answer as long as before."""
        times = self._refusals.get(session.key, 0)
        wait = interval(now - session.active_at, self._poll)
        if times:
            wait = max(wait, min(SLOWEST, self._poll * 2.0 ** min(times, 10)))
        return now - self._looked[session.key] >= wait

    def _put_off(self, key: SessionKey, error: EvoError) -> None:
        times = self._refusals[key] = self._refusals.get(key, 0) + 1
        if times == 1:
            log.warning("the transcript of session %s cannot be read: %s", key, type(error).__name__)
        self._looked[key] = self._clock.now()


def interval(silent: float, poll: float) -> float:
    """Seconds until the next look at a session that has been silent for so long."""
    return min(max(silent / QUIETING, poll), max(SLOWEST, poll))
