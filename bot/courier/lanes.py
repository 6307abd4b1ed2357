"""One lane a session: its items one after another, in Slack's order, each finished before the next leaves.

Lanes live in memory and are rebuilt from the table at start; a lane that dies with the process is the same lane
after it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.bridge.safeguards import LEAVES, Against, Safeguards, held
from bot.clock import Clock
from bot.counts import Counts
from bot.courier.errands import Ambiguous, Arrived, Errand, Impossible, Lost, Ready
from bot.courier.gate import Gate
from bot.courier.outcomes import SIMPLY_AGAIN, Done, Later, Maybe, No, outcome_of
from bot.evo import EvoError
from bot.hearing import Hearing
from bot.model import EvoName, Item, Kind, Life, Mark, Session, SessionKey, State
from bot.rush import Rush
from bot.states import become
from bot.store import Reads, Store, StoreError, Tx
from bot.texts import BROKEN, NO_LOOK, NO_TELLING, NO_TRACE, STOPPED, WAITED
from bot.trace import about
from bot.workspace import SlackError

log = logging.getLogger(__name__)

FALLBACK_SECONDS = 1.0  # a lost wake-up costs this much
STALE_SECONDS = 3600.0  # what waited longer is not sent without asking: a late text can be worse than none
LOOKS = 2  # reads that must both miss it before something counts as absent
LONGEST_LOOK = 15.0  # seconds between two tries to read what cannot be read
RECHECK_SECONDS = 60.0  # after such a wait who asked is checked once more
SIGN_SECONDS = 5.0  # what waits longer shows that it does
POISON = 3  # attempts that broke our own code
SLACK_WAIT = 2.0
LONGEST_HOLD = 60.0  # that anybody can wish for before a reply leaves


@dataclass
class Watch:
    """Since when somebody has been looking, without a gap."""

    since: float = 0.0
    last: float = float("-inf")

    def looked(self, began: float, ended: float, *, gap: float) -> None:
        if began - self.last > gap:
            self.since = ended
        self.last = ended


class Courier:
    """Carries items to Evo Voice and writes down what came of them. In a `rush` of acks nothing new leaves.

    `doubt_seconds`: in which something may still arrive that a bot before this one has sent.
    """

    def __init__(
        self,
        store: Store,
        hearing: Hearing,
        errands: dict[Kind, Errand],
        clock: Clock,
        gate: Gate,
        stopping: asyncio.Event,
        *,
        safeguards: Safeguards,
        settle_seconds: float,
        look_seconds: float,
        rush: Rush | None = None,
        doubt_seconds: float = 0.0,
        counts: Counts | None = None,
    ) -> None:
        self._store = store
        self._safeguards = safeguards
        self._hearing = hearing
        self._errands = errands
        self._clock = clock
        self._gate = gate
        self._stopping = stopping
        self._settle = settle_seconds
        self._look = look_seconds
        self._rush = rush or Rush(clock)
        self._counts = counts or Counts()
        self._doubts_from = clock.now() + doubt_seconds
        self._awake = asyncio.Event()
        self._lanes: dict[SessionKey, asyncio.Task[None]] = {}
        self._watches: dict[tuple[SessionKey, Kind], Watch] = {}
        self._opening = asyncio.Lock()  # one creation at a time: a lost answer leaves one candidate

    def wake(self) -> None:
        """There may be something to do."""
        self._awake.set()

    async def run(self) -> None:
        """Until told to stop. What is in the middle of a request is finished first."""
        while not self._stopping.is_set():
            self._awake.clear()
            try:
                self._start_lanes()
            except StoreError as error:
                log.error("cannot read what is to be done: %s", error)
            await self._clock.wait(self._awake, FALLBACK_SECONDS)
        await asyncio.gather(*self._lanes.values(), return_exceptions=True)

    def _start_lanes(self) -> None:
        for key in self._store.read.lanes():
            if key not in self._lanes:
                task = asyncio.create_task(self._lane(key), name=f"lane-{key}")
                self._lanes[key] = task
                task.add_done_callback(partial(_forget, self._lanes, key))

    async def _lane(self, key: SessionKey) -> None:
        while not self._stopping.is_set():
            await self._rush.over()
            try:
                item = self._store.read.head_of_lane(key)
                if item is None:
                    return
                session = self._store.read.session(key)
            except StoreError as error:
                log.error("cannot read what is to be done in a session: %s", error)
                await self._pause(FALLBACK_SECONDS)
                continue
            if item.kind is not Kind.OPEN and session.evo_id is None:
                return  # not opened: a person decides on the card
            try:
                await self._step(item, session)
            except StoreError as error:
                log.error("cannot record what came of ref %s: %s", item.key, error)
                await self._pause(FALLBACK_SECONDS)
            except Exception:
                log.exception("ref %s (%s) broke on our side", item.key, item.kind)
                await self._broke(item)

    async def _step(self, item: Item, session: Session) -> None:
        about(item.slack_name)
        wait = item.not_before - self._clock.now()
        if item.state is State.UNKNOWN:
            await self._read_back(item, session)
        elif item.state is State.SENDING and (left := self._doubts_from - self._clock.now()) > 0:
            await self._pause(left)  # whoever has begun it may be in the middle of it
        elif item.state is State.SENDING:
            await self._in_doubt(item)  # it was leaving when the last process died: it may have arrived
        elif wait > LONGEST_HOLD:  # the clock has been set back since: who wrote it still has the time they were told
            later = self._clock.now() + LONGEST_HOLD
            await self._store.write(lambda tx: tx.change_item(item.key, not_before=later))
        elif wait > 0:
            await self._pause(wait)
        elif self._is_stale(item):
            await self._move(item, State.NEEDS_PERSON, reason=WAITED)
        else:
            await self._send(item, session)

    # Sending

    async def _send(self, item: Item, session: Session) -> None:
        if against := self._safeguards.before(self._store.read, item, session):
            await self._store.write(lambda tx: _instead(tx, item, against))
            self._counts.refused(against.by)
            return
        since = self._clock.now()
        ready = await self._prepared(item, session)
        if ready is None:
            return
        if item.kind is not Kind.OPEN:
            await self._attempt(item, session, ready, since)
            return
        async with self._opening:
            await self._attempt(item, session, ready, since)

    async def _prepared(self, item: Item, session: Session) -> Ready | None:
        """What may leave; None when nothing does, and that is written down."""
        try:
            ready = await self._errands[item.kind].prepare(item, session)
        except SlackError:
            await self._pause(SLACK_WAIT)  # nobody can say who asked: nothing leaves
            return None
        if isinstance(ready, Impossible):
            await self._move(item, State.REFUSED, reason=ready.reason, more=ready.by)
            self._counts.refused(ready.against)
        elif isinstance(ready, Arrived):
            await self._arrived(item, ready)
        else:
            return ready
        return None

    async def _attempt(self, item: Item, session: Session, prepared: Ready, since: float) -> None:
        """The mark is on the disk before the request leaves: whoever finds it after a crash has a doubt, and asks.

        `since`: when it was prepared; what has waited long since then is prepared anew.
        """
        going: Item | None = None
        waiting = asyncio.create_task(self._show_waiting(item.session))
        try:
            async with self._gate.passage(within=item.asked_at + STALE_SECONDS - self._clock.now()) as may_go:
                waiting.cancel()
                waited_long = self._clock.now() - since > RECHECK_SECONDS
                ready = await self._prepared(item, session) if may_go and waited_long else prepared
                going = await self._mark(item, ready) if may_go and ready else None
                if going is None or ready is None:
                    return
                arrived = await ready.send()
                self._gate.answered()
        except EvoError as error:
            await self._failed(going or item, error)
        else:
            if isinstance(arrived, Lost):
                await self._move(going, State.REFUSED, reason=arrived.reason)
            else:
                await self._arrived(going, arrived)
        finally:
            waiting.cancel()

    async def _show_waiting(self, session: SessionKey) -> None:
        """Until cancelled: messages that wait carry the sign of it, those that come meanwhile as well."""

        def work(tx: Tx) -> None:
            for item in _unmarked(tx, session):
                tx.change_item(item.key, mark=Mark.WAITING)

        while not self._stopping.is_set():
            await self._clock.wait(self._stopping, SIGN_SECONDS)
            with suppress(StoreError):
                if _unmarked(self._store.read, session):
                    await self._store.write(work)

    async def _mark(self, item: Item, ready: Ready) -> Item | None:
        """None when it must not leave after all: much may have happened while it waited for its turn.

        What it costs is counted in the same transaction, so it is exact whatever happens next.
        """
        now = self._clock.now()
        against: Against | None = None

        def work(tx: Tx) -> Item | None:
            nonlocal against
            head, session = tx.head_of_lane(item.session), tx.session(item.session)
            if head is None or head.key != item.key or session.life is Life.ENDED or self._is_stale(head):
                return None
            if head.body != item.body:
                return None  # its author has changed it meanwhile: it is put into words once more
            if against := self._safeguards.at_last(tx, head, session, now):
                _instead(tx, head, against)
                return None
            changes: dict[str, Any] = {"attempts": head.attempts + 1, "sending_at": now, "sent_text": ready.sent_text}
            return become(tx, head, State.SENDING, **changes)

        going = await self._store.write(work)
        if against is not None:
            self._counts.refused(against.by)
            if against.alarm:
                log.warning("ref %s (%s): %s", item.key, item.kind, against.alarm)
        return going

    def _is_stale(self, item: Item) -> bool:
        return self._clock.now() - item.asked_at > STALE_SECONDS

    async def _failed(self, item: Item, error: EvoError) -> None:
        match outcome_of(error, item.kind):
            case Later():
                log.info("ref %s (%s): did not get there (%s), leaves again", item.key, item.kind, type(error).__name__)
                await self._again(item)
            case No(reason):
                await self._move(item, State.REFUSED, reason=reason)
            case Done():
                await self._arrived(item, Arrived(EvoName(f"ended:{item.key}")))
            case Maybe():
                log.warning("ref %s (%s): outcome unknown (%s)", item.key, item.kind, type(error).__name__)
                await self._in_doubt(item)

    async def _arrived(self, item: Item, arrived: Arrived) -> None:
        def work(tx: Tx) -> None:
            if arrived.session:
                tx.change_session(item.session, **arrived.session)
            now = tx.item(item.key)
            if now.state is item.state:
                become(tx, now, State.DELIVERED, evo_name=arrived.evo_name, reason=arrived.reason)

        await self._store.write(work)
        log.info("ref %s (%s): delivered", item.key, item.kind)
        if item.kind is Kind.END:
            await self._ended(self._store.read.session(item.session))

    async def _ended(self, session: Session) -> None:
        """When its last words cannot be read now, the feed closes it as soon as they can."""
        try:
            await self._hearing.ended(session)
        except EvoError as error:
            log.info("session %s is over, its last words are still to be read: %s", session.key, type(error).__name__)

    # Doubt

    async def _in_doubt(self, item: Item) -> None:
        """Some things can simply be said again; anything else must be looked for."""
        if item.kind in SIMPLY_AGAIN:
            await self._again(item)
            return

        def work(tx: Tx) -> None:
            line = tx.echo_of(item.key)
            if line is None:
                become(tx, item, State.UNKNOWN, unknown_at=self._clock.now())
            else:
                become(tx, item, State.DELIVERED, evo_name=EvoName(f"line:{line}"))

        await self._store.write(work)

    async def _read_back(self, item: Item, session: Session) -> None:
        """Looks until it is found, or until it has been absent twice after the settling time.

        Time in which nobody could look does not count: what is queued over there may take effect once it is back. So
        the settling time begins with the first look that succeeds, and again after a gap or an outage.
        """
        absences, failures = 0, 0
        patience = self._clock.now() + STALE_SECONDS
        watch = self._watches.setdefault((item.session, item.kind), Watch())  # one look looks for all that is in doubt
        while not self._stopping.is_set() and self._store.read.item(item.key).state is State.UNKNOWN:
            started = self._clock.now()
            try:
                async with asyncio.timeout(patience - started):
                    found = await self._find(item, session)
            except Ambiguous:
                await self._move(item, State.NEEDS_PERSON, reason=item.reason or NO_TELLING)
                return
            except (EvoError, SlackError, TimeoutError):
                if self._clock.now() >= patience:
                    await self._move(item, State.NEEDS_PERSON, reason=item.reason or NO_LOOK)
                    return
                await self._pause(min(LONGEST_LOOK, max(self._look, FALLBACK_SECONDS) * 2**failures))
                failures = min(failures + 1, 10)
                continue
            if found is not None:
                await self._arrived(item, found)
                return
            failures = 0
            watch.looked(started, self._clock.now(), gap=max(3 * self._look, min(LONGEST_LOOK, self._settle)))
            since = max(watch.since, self._gate.well_since, item.unknown_at or 0)
            absences = absences + 1 if self._clock.now() - since >= self._settle else 0
            if absences >= LOOKS:
                await self._absent(item)
                return
            await self._pause(self._look)

    async def _find(self, item: Item, session: Session) -> Arrived | None:
        errand = self._errands[item.kind]
        if item.kind is not Kind.OPEN:
            return await errand.find(item, session)
        async with self._opening:  # nobody else's creation is under way while we look for ours
            return await errand.find(item, session)

    async def _absent(self, item: Item) -> None:
        if self._errands[item.kind].repeatable and not item.resent:
            log.warning("ref %s (%s): proven absent", item.key, item.kind)
            await self._again(item, resent=1)
        else:
            await self._move(item, State.NEEDS_PERSON, reason=item.reason or NO_TRACE)

    async def _again(self, item: Item, **changes: Any) -> None:
        """The machine tries once more, unless everything has been stopped since it left: then a person decides."""

        def work(tx: Tx) -> None:
            waiting = become(tx, item, State.PENDING, **changes)
            if waiting and item.kind in LEAVES and tx.stopped_since(item.sending_at or 0):
                stop = tx.stop()
                become(tx, waiting, State.NEEDS_PERSON, reason=held(stop) if stop else STOPPED.format(why=""))

        await self._store.write(work)

    # Plumbing

    async def _move(self, item: Item, state: State, **changes: Any) -> Item | None:
        if state in {State.REFUSED, State.NEEDS_PERSON}:
            log.info("ref %s (%s): %s", item.key, item.kind, state)  # why, is in Slack: it may be somebody's words
        return await self._store.write(lambda tx: become(tx, item, state, **changes))

    async def _pause(self, seconds: float) -> None:
        await self._clock.wait(self._stopping, max(seconds, 0.01))

    async def _broke(self, item: Item) -> None:
        """Our own mistake must not stop the lane for ever, and must not be tried for ever either."""
        now = self._store.read.item(item.key)
        attempts = now.attempts + 1
        if now.state is State.SENDING:
            await self._in_doubt(now)
        elif now.state is State.PENDING and attempts >= POISON:
            await self._move(now, State.NEEDS_PERSON, reason=BROKEN, attempts=attempts)
        elif now.state is State.PENDING:
            later = self._clock.now() + 2.0**attempts
            await self._store.write(lambda tx: tx.change_item(now.key, attempts=attempts, not_before=later))
        else:
            await self._pause(FALLBACK_SECONDS)


def _instead(tx: Tx, item: Item, against: Against) -> None:
    """What a person wanted and a safeguard refuses can be tried again: things change."""
    tried: dict[str, Any] = {"attempts": item.attempts + 1} if against.state is State.REFUSED else {}
    become(tx, item, against.state, reason=against.reason, **tried)


def _unmarked(read: Reads, session: SessionKey) -> list[Item]:
    """Messages that wait and do not show it."""
    waiting = read.waiting_for_opening(session)
    return [item for item in waiting if item.state is State.PENDING and item.ts and item.mark is Mark.NONE]


def _forget(lanes: dict[SessionKey, asyncio.Task[None]], key: SessionKey, _: asyncio.Task[None]) -> None:
    lanes.pop(key, None)
