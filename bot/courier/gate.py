"""Whether Evo Voice may be called at all just now: one place for patience, for the whole account.

Every request passes here: those that only read wait in `reading`, those with an effect in `passage`. While Evo Voice
is away, nobody passes; the gate itself asks a harmless question from time to time and opens when it is answered.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from bot.clock import Clock
from bot.evo import EvoError, EvoVoice, NotSent, Throttled, Unauthorized, Unsure
from bot.trace import apart

log = logging.getLogger(__name__)

AT_ONCE = 32  # requests of either sort; the client has room for more
FIRST_WAIT = 2.0
LONGEST_WAIT = 30.0  # so late the end of an outage may be noticed
SIGNED_OUT_WAIT = 60.0
HICCUP = 15.0  # seconds; a shorter outage is none: an unreliable server is looked at all the same
SERVER_ERROR = 500
REQUEST_TIMEOUT = 408

Question = Callable[[], Awaitable[object]]


class Gate:
    """Open, or closed while Evo Voice is away.

    After an outage, and after a request with an effect whose answer was lost, such requests leave one at a time until
    one of them is answered: so an outage leaves few doubts, not one a lane.
    """

    def __init__(self, clock: Clock, stopping: asyncio.Event) -> None:
        self.trouble: str | None = None  # what is wrong, in words that people read behind “Evo Voice:”
        self.refused = False  # it is our login that is not accepted
        self.well_since = 0.0  # the end of the last outage worth the name
        self._clock = clock
        self._stopping = stopping
        self._questions: Sequence[Question] = ()
        self._opens_at = 0.0  # nobody asks anything before
        self._away_since = 0.0
        self._failures = 0  # of questions, one after the other
        self._setbacks = 0  # requests with an effect that came to nothing certain, one after the other
        self._next_trial = 0.0
        self._trial = asyncio.Lock()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._readers = asyncio.Semaphore(AT_ONCE)
        self._closed = False
        self._asking: asyncio.Task[None] | None = None  # runs while the gate is closed

    def guard(self, evo: EvoVoice) -> None:
        """Whatever this client reads passes here; while the gate is closed, it is asked whether anybody is there."""
        evo.patience = self.reading
        self._questions = (evo.knock, evo.knock_elsewhere)  # in turn: one may be broken for good

    async def close(self) -> None:
        """Asks no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Enters when a question may be asked. Raises NotSent when the program stops first."""
        async with self._readers:
            await self._opened()
            if self._closed:
                raise NotSent("the program is stopping")
            try:
                yield
            except EvoError as error:
                self._learn(error)
                raise

    @asynccontextmanager
    async def passage(self, within: float | None = None) -> AsyncIterator[bool]:
        """Enters when a request with an effect may be made; False when there is none to be had in so many seconds,
        or before the program stops.

        What the call raises tells the gate how things are.
        """
        async with AsyncExitStack() as held:
            if not await self._turn(held, within):
                yield False
                return
            try:
                yield True
            except EvoError as error:
                self._learn(error)
                self._weigh(error)
                raise

    def answered(self) -> None:
        """A request with an effect got through: the others may leave together again."""
        self._setbacks = 0

    # Waiting

    async def _turn(self, held: AsyncExitStack, within: float | None) -> bool:
        try:
            async with asyncio.timeout(within):
                await held.enter_async_context(self._slots)
                await self._opened()
                await self._await_trial(held)
        except TimeoutError:
            return False
        return not self._stopping.is_set()

    async def _await_trial(self, held: AsyncExitStack) -> None:
        """After a setback only one goes; when it was answered, those behind it go together."""
        while self._setbacks and not self._stopping.is_set():
            await self._trial.acquire()
            if self._setbacks:
                held.callback(self._trial.release)
                await self._until(self._next_trial)
                await self._opened()
                return
            self._trial.release()

    async def _opened(self) -> None:
        """Returns when it is open or the program stops."""
        while self._closed and self._asking is not None and not self._stopping.is_set():
            stopping = asyncio.create_task(self._stopping.wait())
            try:
                await asyncio.wait({self._asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopping.cancel()

    async def _until(self, moment: float) -> None:
        while (left := moment - self._clock.now()) > 0 and not self._stopping.is_set():
            await self._clock.wait(self._stopping, left)

    # Learning

    def _learn(self, error: EvoError) -> None:
        """Trouble of the whole account closes the gate; a doubt makes it ask first."""
        if is_silence(error):
            self._close(error, 0)
        elif is_away(error):
            self._close(error, self._pause(error, max(self._failures, self._setbacks) + 1))

    def _weigh(self, error: EvoError) -> None:
        """A definite answer ends the one-at-a-time; whatever is none begins or prolongs it."""
        now = self._clock.now()
        if not is_away(error):
            self.answered()
        elif now >= self._next_trial:  # those that were under way together are one setback
            self._next_trial = now + spread(self._setbacks)
            self._setbacks += 1

    def _close(self, error: EvoError, wait: float) -> None:
        if wait:
            self._tell(error)
        self._opens_at = max(self._opens_at, self._clock.now() + wait)
        if not self._closed:
            self._closed = True
            self._asking = asyncio.create_task(self._ask_until_answered(), name="gate", context=apart())

    def _pause(self, error: EvoError, times: int) -> float:
        if isinstance(error, Unauthorized):
            return SIGNED_OUT_WAIT
        if isinstance(error, Throttled) and error.retry_after:
            return error.retry_after
        return spread(times)

    async def _ask_until_answered(self) -> None:
        while not self._stopping.is_set():
            if (left := self._opens_at - self._clock.now()) > 0:
                await self._clock.wait(self._stopping, left)
            elif (error := await self._ask()) is not None:
                self._failures += 1
                self._tell(error)
                self._opens_at = max(self._opens_at, self._clock.now() + self._pause(error, self._failures))
            elif self._opens_at <= self._clock.now():
                self._well()
                return

    async def _ask(self) -> EvoError | None:
        """None when it was answered, whatever was said."""
        try:
            if self._questions:
                await self._questions[self._failures % len(self._questions)]()
        except EvoError as error:
            return error if is_away(error) else None
        except Exception:
            log.exception("the question whether Evo Voice is there broke on our side")
        return None

    def _tell(self, error: EvoError) -> None:
        if self.trouble is None:
            log.warning("Evo Voice: %s; what is to be sent waits here in order", _in_words(error))
            self._away_since = self._clock.now()
        self.trouble, self.refused = _in_words(error), isinstance(error, Unauthorized)

    def _well(self) -> None:
        if self.trouble is not None:
            log.warning("Evo Voice answers again")
            if self._clock.now() - self._away_since > HICCUP:
                self.well_since = self._clock.now()
            self._setbacks = max(self._setbacks, 1)  # the first request after an outage goes alone
        self._failures = 0
        self._closed = False
        self.trouble, self.refused = None, False


def _in_words(error: EvoError) -> str:
    match error:
        case NotSent():
            return "it is not reached"
        case Throttled():
            return "it takes no more requests for a while"
        case Unauthorized():
            return "it does not accept the bot's login"
        case Unsure(status=int(status)):
            return f"it answers with HTTP {status}"
    return "it does not answer"


def is_silence(error: EvoError) -> bool:
    """No answer, or one of somebody who stands before Evo Voice and did not get one."""
    if not isinstance(error, Unsure):
        return False
    return error.status is None or error.status == REQUEST_TIMEOUT or error.status >= SERVER_ERROR


def is_away(error: EvoError) -> bool:
    """Nobody there who would do anything for us just now."""
    return isinstance(error, NotSent | Throttled | Unauthorized) or is_silence(error)


def spread(times: int) -> float:
    """Seconds to wait after so many failures: none after none, then growing, and never the same for two."""
    ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(times - 1, 10)) if times else 0.0
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - spreads callers, guards nothing
