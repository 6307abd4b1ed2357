"""What listening costs: questions to Evo Voice in a minute. Counted in virtual time, so the count is exact."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from benchmarks.figures import Part, Spread, Table, Target
from benchmarks.names import LOGIN
from benchmarks.processes import StandIn
from benchmarks.sizes import Size
from benchmarks.town import build
from bot.bridge import Bridge, House, Own
from bot.evo import connect
from bot.feed import Feed
from bot.hearing import Hearing
from bot.model import UserId
from bot.phones import PhoneRules
from bot.policy import default_policy
from bot.settings import Settings
from bot.store import open_store

BUSY = 10
MINUTE = 60.0
DAY = 86400.0


class Leaping:
    """A clock in which every wait is over at once, until `end`."""

    def __init__(self, seconds: float, stopping: asyncio.Event) -> None:
        self._now = time.time()
        self._end = self._now + seconds
        self._stopping = stopping

    def now(self) -> float:
        return self._now

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        if not event.is_set():
            self._now += seconds
        if self._now >= self._end:
            self._stopping.set()
        await asyncio.sleep(0)


async def measure(size: Size, folder: Path) -> Part:
    idle = await _questions_a_minute(_new(folder / "idle"), size.idle, DAY, size.minutes)
    busy = await _questions_a_minute(_new(folder / "busy"), BUSY, 0.0, 1)
    rows: list[tuple[str, list[Spread | str | None]]] = [
        (f"{size.idle} sessions, silent for a day", [Spread.of([idle])]),
        (f"{BUSY} sessions, a word a moment ago", [Spread.of([busy])]),
    ]
    target = Target(f"questions a minute for {size.idle} idle sessions", Spread.of([idle]), most=30)
    return Part([Table("Listening", ("questions to Evo Voice a minute",), rows)], [target])


async def _questions_a_minute(folder: Path, sessions: int, quiet: float, minutes: int) -> float:
    build(folder / "evobot.db", sessions, sessions, quiet=quiet)
    async with StandIn("evo", "evo", folder) as evo:
        await _listen(folder / "evobot.db", evo.address, minutes * MINUTE)
        asked = (await evo.ask("asked"))["asked"]
    return float(sum(count for what, count in asked.items() if what != "sign in")) / minutes


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _listen(database: Path, evo: str, seconds: float) -> None:
    stopping = asyncio.Event()
    clock = Leaping(seconds, stopping)
    store = open_store(database, clock)
    client = connect(evo, LOGIN, "correct-horse")
    poll = float(Settings.model_fields["evobot_poll_seconds"].default)
    try:
        hearing = Hearing(client, Bridge(store, clock, _house(), lambda: None), Own(frozenset({LOGIN})))
        await Feed(store, hearing, clock, stopping, poll_seconds=poll).run()
    finally:
        await client.aclose()
        store.close()


def _house() -> House:
    policy = default_policy()
    rules = PhoneRules(policy.phones.regions, policy.phones.kinds)
    return House(bot=UserId("U0BOT"), phones=rules, confirm_phones=True, region="US", policy=policy)
