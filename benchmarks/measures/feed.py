"""What listening costs: questions to Evo Voice in a minute. Counted in virtual time, so the count is exact.

Whether the date of a session moves when something is said is not documented, so both sorts of Evo Voice are listened
to: one whose dates stand still, where nothing can be learned, and one whose dates move, once the bot has found that out
from what people say in one of the sessions.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.figures import Part, Spread, Table, Target
from benchmarks.names import LOGIN, session_id
from benchmarks.processes import NotMeasured, StandIn
from benchmarks.sizes import Size
from benchmarks.town import build
from bot.bridge import Bridge, House, Own
from bot.evo import connect
from bot.feed import SLOWEST, Feed
from bot.freshness import ENOUGH
from bot.hearing import Hearing
from bot.model import UserId
from bot.phones import PhoneRules
from bot.policy import default_policy
from bot.settings import Settings
from bot.store import Store, open_store

BUSY = 10
MINUTE = 60.0
DAY = 86400.0
SILENCE = 25 * MINUTE  # after which the session that was learned from is as quiet as the others
APART = 4.0  # seconds between two lines
SENDERS = ("joe@example.com", "+12025550123")  # what is learned of one says nothing of the other


class Leaping:
    """A clock in which every wait is over at once, until `end`; `meanwhile` is what the others do."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._began = self._now = self._end = time.time()
        self._stopping = stopping
        self._meanwhile: Callable[[float], Awaitable[None]] = _nothing

    def goes_on(self, seconds: float, meanwhile: Callable[[float], Awaitable[None]]) -> None:
        self._began, self._end, self._meanwhile = self._now, self._now + seconds, meanwhile
        self._stopping.clear()

    def now(self) -> float:
        return self._now

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        if not event.is_set():
            self._now += seconds
        if self._now >= self._end:
            self._stopping.set()
        await self._meanwhile(self._now - self._began)


async def _nothing(_: float) -> None:
    await asyncio.sleep(0)


class Listener:
    """The feed, and Evo Voice, which counts what it is asked."""

    def __init__(self, store: Store, feed: Feed, clock: Leaping, evo: StandIn) -> None:
        self.store = store
        self._feed = feed
        self._clock = clock
        self._evo = evo

    async def listen(self, seconds: float, meanwhile: Callable[[float], Awaitable[None]] = _nothing) -> float:
        """For so long. Returns the questions that Evo Voice was asked in a minute."""
        before = await self._asked()
        self._clock.goes_on(seconds, meanwhile)
        await self._feed.run()
        return (await self._asked() - before) / (seconds / MINUTE)

    async def say(self, number: int, sender: str, words: str) -> None:
        """Somebody else, in the session of this number."""
        await self._evo.ask("said", {"session": session_id(number), "sender": sender, "words": words})

    async def learn(self) -> None:
        """People talk in the first session. Raises NotMeasured when nothing has been learned from that."""
        spoken = 0

        async def talk(elapsed: float) -> None:
            nonlocal spoken
            if elapsed >= (spoken + 1) * APART:
                await self.say(0, SENDERS[spoken % 2], f"word {spoken}")
                spoken += 1

        await self.listen(SLOWEST + (2 * ENOUGH + 5) * APART, talk)
        proofs = [found.proofs for found in self.store.read.evidence().values()]
        if proofs != [ENOUGH] * len(SENDERS):
            raise NotMeasured(f"of {spoken} lines that moved a date, these were noticed: {proofs}")

    async def _asked(self) -> int:
        asked = (await self._evo.ask("asked"))["asked"]
        return sum(count for what, count in asked.items() if what != "sign in")


async def measure(size: Size, folder: Path) -> Part:
    quiet, busy = f"{size.idle} sessions, silent for a day", f"{BUSY} sessions, a word a moment ago"
    told = await _idle_by_dates(folder / "idle-dates", size)
    rows: list[tuple[str, list[Spread | str | None]]] = [
        (f"{quiet}; dates stand still, or are not known yet", [Spread.of([await _idle(folder / "idle", size)])]),
        (f"{quiet}; dates move, as it has learned", [Spread.of([told])]),
        (f"{busy}; dates stand still, or are not known yet", [Spread.of([await _busy(folder / "busy")])]),
        (f"{busy}; dates move, as it has learned", [Spread.of([await _busy_by_dates(folder / "busy-dates")])]),
    ]
    name = f"questions a minute for {size.idle} idle sessions, once it is known that dates move"
    target = Target(name, Spread.of([told]), most=30)
    return Part([Table("Listening", ("questions to Evo Voice a minute",), rows)], [target])


async def _idle(folder: Path, size: Size) -> float:
    async with _listener(folder, size.idle, quiet=DAY) as listener:
        return await listener.listen(size.minutes * MINUTE)


async def _idle_by_dates(folder: Path, size: Size) -> float:
    async with _listener(folder, size.idle, quiet=DAY, moving=True) as listener:
        await listener.learn()
        await listener.listen(SILENCE)
        return await listener.listen(size.minutes * MINUTE)


async def _busy(folder: Path) -> float:
    async with _listener(folder, BUSY, quiet=0.0) as listener:
        return await listener.listen(MINUTE)


async def _busy_by_dates(folder: Path) -> float:
    async with _listener(folder, BUSY, quiet=0.0, moving=True) as listener:
        await listener.learn()
        for number in range(BUSY):
            await listener.say(number, SENDERS[0], "a word")
        return await listener.listen(MINUTE)


@asynccontextmanager
async def _listener(folder: Path, sessions: int, *, quiet: float, moving: bool = False) -> AsyncIterator[Listener]:
    build(_new(folder) / "evobot.db", sessions, sessions, quiet=quiet)
    stopping = asyncio.Event()
    clock = Leaping(stopping)
    poll = float(Settings.model_fields["evobot_poll_seconds"].default)
    async with StandIn("evo", "evo", folder) as evo:
        await evo.ask("moving", moving)
        store = open_store(folder / "evobot.db", clock)
        client = connect(evo.address, LOGIN, "correct-horse")
        try:
            hearing = Hearing(client, Bridge(store, clock, _house(), lambda: None), Own(frozenset({LOGIN})))
            yield Listener(store, Feed(store, hearing, clock, stopping, poll_seconds=poll), clock, evo)
        finally:
            await client.aclose()
            store.close()


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _house() -> House:
    policy = default_policy()
    rules = PhoneRules(policy.phones.regions, policy.phones.kinds)
    return House(bot=UserId("U0BOT"), phones=rules, confirm_phones=True, region="US", policy=policy)
