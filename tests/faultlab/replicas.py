"""Several bots on one PostgreSQL, of which one dies, one stands still past its lease, and whose server is lost.

Slack has a socket to each and brings each event to one of them. Judged as any storm is, on a copy of the tables.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from bot.place import Postgres
from sandbox.stage import Program, Stage, free_port
from tests.faultlab import checker
from tests.faultlab.checker import Findings
from tests.faultlab.storm import LATE, Crowd, faulty, stage_in, unfinished, verdict
from tests.faultlab.verdict import Verdict
from tests.helpers import until
from tests.postgres import Server, programs, serving

WORKS = "SELECT split_part(holder, '-', 1)::int FROM evobot_lease WHERE name = 'works' AND until > clock_timestamp()"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
CALM_SECONDS = 240.0


@dataclass
class Fleet:
    """`seconds` is how long a lease is; the program's own length when it is 0."""

    stage: Stage
    server: Server
    place: Postgres
    bots: list[Program]
    seconds: float
    took: list[float] = field(default_factory=list)  # seconds until another one worked

    async def start(self, bot: Program) -> None:
        since = bot.log.stat().st_size if bot.log.exists() else 0
        await bot.start(*(("tests.faultlab.hasty", str(self.seconds)) if self.seconds else ()))
        await bot.until("signed in to Evo Voice", since)
        await bot.until("connected to Slack", since)

    def worker(self) -> Program | None:
        """Who has the term; None while nobody has, or nobody can be asked."""
        with suppress(psycopg.Error), psycopg.connect(self.place.url) as there:
            pids = [pid for (pid,) in there.execute(WORKS)]
            return next((bot for bot in self.bots if bot.pid in pids), None)
        return None

    async def one_works(self, instead_of: Program | None = None) -> Program:
        def works() -> Program | None:
            found = self.worker()
            return found if found is not instead_of else None

        found = await until(works, "one of them to work", seconds=CALM_SECONDS)
        assert found is not None
        return found

    async def kill(self) -> None:
        """The one that works, with no last words; it comes back later."""
        victim, began = await self.one_works(), time.monotonic()
        await victim.end(signal.SIGKILL)
        await self.one_works(instead_of=victim)
        self.took.append(time.monotonic() - began)
        await self.start(victim)

    async def stand_still(self) -> None:
        """The one that works, until another one has taken over; then it goes on."""
        victim, began = await self.one_works(), time.monotonic()
        victim.signal(signal.SIGSTOP)
        await self.one_works(instead_of=victim)
        self.took.append(time.monotonic() - began)
        await asyncio.sleep(1.0)
        victim.signal(signal.SIGCONT)

    async def lose_the_server(self) -> None:
        await asyncio.to_thread(self.server.stop, "immediate")
        await asyncio.sleep(1.0)
        await asyncio.to_thread(self.server.start)
        await self.one_works()

    async def hand_over(self) -> None:
        """An orderly end of the one that works."""
        victim = await self.one_works()
        task = asyncio.create_task(victim.end())
        began = time.monotonic()
        await self.one_works(instead_of=victim)
        self.took.append(time.monotonic() - began)
        await task
        await self.start(victim)


@asynccontextmanager
async def fleet_in(folder: Path, how_many: int, seconds: float, settings: str) -> AsyncIterator[Fleet]:
    with serving(settings) as server:
        place = server.empty()
        stage = stage_in(folder, "socket", EVOBOT_DATABASE=place.url)
        stage.start_bot = _nothing  # type: ignore[method-assign] # they are started here
        async with stage:
            environment = stage.bot._environment
            bots = [
                Program(
                    f"bot{number}", folder, "bot", "run", environment=environment | {"EVOBOT_PORT": str(free_port())}
                )
                for number in range(1, how_many + 1)
            ]
            fleet = Fleet(stage, server, place, bots, seconds)
            try:
                for bot in bots:
                    await fleet.start(bot)
                yield fleet
            finally:
                await asyncio.gather(*(bot.end(signal.SIGKILL) for bot in bots if bot.running))


async def _nothing(*, ready: bool = True) -> None:
    """In the place of starting the one bot."""


async def calm(fleet: Fleet) -> None:
    """Until everything is finished that finishes by itself."""
    stage = fleet.stage

    async def delivered() -> bool:
        return await stage.slack.pending() == 0

    async def heard() -> bool:
        said = sum(effect.kind == "heard" for effect in await stage.evo.effects())
        with psycopg.connect(fleet.place.url) as there:
            return there.execute("SELECT count(*) FROM line WHERE item IS NULL").fetchall()[0][0] >= said

    def finished() -> bool:
        with suppress(psycopg.Error), psycopg.connect(fleet.place.url) as there:
            return all(there.execute(sql).fetchall()[0][0] == 0 for sql in unfinished())  # type: ignore[call-overload]  # psycopg wants a literal
        return False

    await until(delivered, "Slack to have delivered everything", seconds=CALM_SECONDS)
    with suppress(AssertionError):  # what never finishes is for the checker to name
        await until(finished, "everything to be finished", seconds=CALM_SECONDS)
        await until(heard, "the last lines", seconds=30)
        await until(finished, "the last lines to be posted", seconds=60)


def copy_of(place: Postgres, path: Path) -> Path:
    """The tables as a file, as the checker reads them."""
    with psycopg.connect(place.url) as there, sqlite3.connect(path) as file:
        for (table,) in there.execute(TABLES).fetchall():
            asked = there.execute(f"SELECT * FROM {table}")  # type: ignore[call-overload]  # psycopg wants a literal
            columns = [f'"{column.name}"' for column in asked.description or ()]
            file.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
            rows = [
                [str(each) if not isinstance(each, int | float | bytes | str | None) else each for each in row]
                for row in asked
            ]
            file.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)
    return path


async def judged(fleet: Fleet, crowd: Crowd) -> Findings:
    stage = fleet.stage
    await stage.evo.clear_faults()
    await asyncio.sleep(LATE)  # what is late has happened
    await calm(fleet)
    codes = await asyncio.gather(*(bot.end() for bot in fleet.bots))
    assert codes == [0] * len(codes), codes
    stage.database = copy_of(fleet.place, stage.database)
    return checker.check(await checker.history(stage, crowd.names))


async def suffered(folder: Path, seed: int, events: int, rounds: int, seconds: float) -> tuple[Findings, list[float]]:
    """People write while one bot after another has to give up its work."""
    chance = random.Random(seed)  # noqa: S311 - the same dice every time
    durable = "-c shared_buffers=16MB" if not seconds else FAST_BUT_DURABLE
    async with fleet_in(folder, 3, seconds, durable) as fleet:
        stage = fleet.stage
        await stage.slack.limits("off")
        crowd = Crowd(stage, chance)
        await crowd.open(1 if seconds else 6)
        await stage.slack.delivery_faults(duplicates=2)
        if not seconds:
            await faulty(stage)

        async def torment() -> None:
            harms = (fleet.kill, fleet.stand_still, fleet.lose_the_server, fleet.hand_over)
            for _ in range(rounds):
                for harm in harms[:2] if seconds else harms:
                    await asyncio.sleep(chance.uniform(0.2, 0.6 if seconds else 3.0))
                    await harm()

        suffering = asyncio.create_task(torment())
        while crowd.events < events or not suffering.done():
            await crowd.act()
            await asyncio.sleep(chance.uniform(0, 0.1 if seconds else 0.2))
        await suffering
        found = await judged(fleet, crowd)
        found.seen["events"] += crowd.events
        return found, fleet.took


FAST_BUT_DURABLE = "-c shared_buffers=16MB -c autovacuum=off"


def replicas(folder: Path, long: bool) -> Verdict:
    """Three bots on one PostgreSQL, killed, stopped and woken; at length without their server, too."""
    if programs() is None and not long:
        pytest.skip("there is no PostgreSQL on this machine")
    rounds, events, seconds = (5, 1500, 0.0) if long else (1, 30, 1.0)
    found, took = asyncio.run(suffered(folder, 7, events, rounds, seconds))
    return verdict(
        "Of three bots, whichever dies or stands still, nothing is lost, doubled or out of order",
        f"{found.seen['events']:,} events each brought three times, {len(took)} changes of who works",
        found,
        f"another one works after {max(took):.1f} s at most, {found.asked_share:.1%} ended as a question",
    )


EXPERIMENTS = [replicas]
