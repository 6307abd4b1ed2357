"""Socket Mode: envelopes a second, CPU of each, a burst. The client is the same aiohttp one on both sides."""

from __future__ import annotations

import random
import sys
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import contenders
from benchmarks.contenders import BOLT, BOT, NODE, Contender, Town
from benchmarks.figures import Part, Spread, Table, Target, percentile
from benchmarks.load import Plan, Tally
from benchmarks.machine import cpu_seconds
from benchmarks.processes import StandIn, checked, until
from benchmarks.sizes import Size

OUTSTANDING = 64
MILLION = 1e6


@dataclass(slots=True)
class Guest:
    """Somebody on a socket, and the Slack that it is connected to."""

    who: Contender
    slack: StandIn
    rate: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    burst_half: list[float] = field(default_factory=list)
    burst_slow: list[float] = field(default_factory=list)

    async def drive(self, count: int, rate: float | None = None) -> Tally:
        plan: Plan = self.who.plan(count, rate, OUTSTANDING)
        return checked(Tally.unpacked(await self.slack.ask("drive", asdict(plan))), plan)

    async def sample(self, size: Size) -> None:
        before = cpu_seconds(self.who.child.pid)
        tally = await self.drive(size.envelopes)
        await self.who.through()
        self.rate.append(tally.good / tally.seconds)
        self.cpu.append((cpu_seconds(self.who.child.pid) - before) / tally.good * MILLION)
        burst = await self.drive(size.burst, 0)
        await self.who.through()
        self.burst_half.append(percentile(burst.latencies, 50))
        self.burst_slow.append(percentile(burst.latencies, 99))


async def measure(size: Size, folder: Path) -> Part:
    part = Part()
    async with AsyncExitStack() as stack:
        guests = [await _arrived(stack, name, size, folder) for name in (BOLT, BOT)]
        if isinstance(modules := await contenders.node_modules(install=False), Path):
            guests.append(await _arrived(stack, NODE, size, folder, modules))
        for guest in guests:
            await guest.drive(OUTSTANDING)
        for _ in range(size.rounds):
            for guest in random.sample(guests, len(guests)):
                await guest.sample(size)
    part.tables.append(_table(guests, size))
    theirs, ours = guests[:2]
    ratio = Spread.of(ours.rate).over(Spread.of(theirs.rate))
    part.targets.append(Target(f"Socket Mode, acks/s: stored over {BOLT}", ratio, least=0.9))
    return part


async def _arrived(
    stack: AsyncExitStack, name: str, size: Size, folder: Path, modules: Path = Path()
) -> Guest:  # fmt: skip
    slack = await stack.enter_async_context(StandIn("slack", f"slack-of-{name.replace(' ', '-')}", folder))
    who = _who(name, slack.address, size, folder, modules)
    stack.push_async_callback(who.child.end)
    await who.child.start()

    async def is_there() -> bool:
        told = await slack.ask("asked")
        read = name != BOT or told["asked"].get("conversations.replies", 0) >= size.open
        return bool(told["connected"] and read)

    await until(is_there, f"{name} is connected")
    return Guest(who, slack)


def _who(name: str, slack: str, size: Size, folder: Path, modules: Path) -> Contender:
    if name == BOT:
        town = Town(size.links, size.open)
        return contenders.bot(folder, slack, contenders.nobody(), town, socket=True)
    given = contenders.towards(slack)
    if name == NODE:
        return Contender(name, folder, lambda _: contenders.node_command(), {**given, "NODE_PATH": str(modules)},
                         threads=1000)  # fmt: skip
    command = [sys.executable, "-m", "benchmarks.servers.bolt_async"]
    return Contender(name, folder, lambda _: command, given, threads=1000)


def _table(guests: list[Guest], size: Size) -> Table:
    theirs = Spread.of(guests[0].rate)
    rows: list[tuple[str, list[Spread | str | None]]] = [
        (
            guest.who.name,
            [
                Spread.of(guest.rate),
                Spread.of(guest.rate).over(theirs),
                Spread.of(guest.cpu),
                Spread.of(guest.burst_half),
                Spread.of(guest.burst_slow),
            ],
        )
        for guest in guests
    ]
    columns = ("acks/s", f"of {BOLT}", "CPU µs/event", f"burst of {size.burst}: p50, ms", "p99")
    return Table("Socket Mode, 64 envelopes under way", columns, rows)
