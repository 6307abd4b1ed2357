"""On to Evo Voice: how long a reply takes at a hundred a second, and how fast a backlog goes."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks import contenders
from benchmarks.contenders import BOT_DELIVERING, Contender, Town
from benchmarks.figures import Part, Spread, Table, Target, percentile
from benchmarks.load import Tally
from benchmarks.machine import cpu_seconds
from benchmarks.processes import NotMeasured, StandIn, load, until
from benchmarks.sizes import Size

PACE = 100.0
MILLION = 1e6


async def measure(size: Size, folder: Path) -> Part:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(StandIn("slack", "slack", folder))
        evo = await stack.enter_async_context(StandIn("evo", "evo", folder))
        town = Town(size.links, size.open)
        bot = contenders.bot(folder, slack.address, evo.address, town, name=BOT_DELIVERING)
        stack.push_async_callback(bot.child.end)
        await bot.start()
        await until(lambda: _arrived(evo), "the first reply arrives")
        paced = [await _paced(bot, evo, size) for _ in range(size.rounds)]
        backlogs = [await _backlog(bot, evo, size) for _ in range(size.rounds)]
        if (doubled := (await evo.ask("asked"))["doubled"]) != 0:
            raise NotMeasured(f"{doubled} replies arrived twice")
    return _part(paced, backlogs, size)


async def _arrived(evo: StandIn) -> int:
    return int((await evo.ask("asked"))["arrived"])


async def _paced(bot: Contender, evo: StandIn, size: Size) -> tuple[float, float, float]:
    """Medians in milliseconds: until the ack, until Evo Voice has it, and its p99."""
    tally = await load(bot.plan(int(PACE * size.paced), PACE))
    took = await _took(evo, tally)
    return percentile(tally.latencies, 50), percentile(took, 50), percentile(took, 99)


async def _took(evo: StandIn, tally: Tally) -> list[float]:
    """Milliseconds from when each event was due until its words were at Evo Voice."""
    first = min(tally.due)

    async def all_there() -> dict[str, float] | None:
        told: dict[str, float] = await evo.ask(f"arrived?first={first}")
        return told if len(told) >= len(tally.due) else None

    told = await until(all_there, "all replies arrive")
    return [(told[str(number)] - due) * 1000 for number, due in tally.due.items()]


async def _backlog(bot: Contender, evo: StandIn, size: Size) -> tuple[float, float]:
    """Replies a second, and CPU microseconds each, from the burst to the last arrival."""
    before, cpu, began = await _arrived(evo), cpu_seconds(bot.child.pid), time.monotonic()
    tally = await load(bot.plan(size.backlog, 0, 100))
    began = min(tally.due.values(), default=began)

    async def over() -> bool:
        return await _arrived(evo) >= before + size.backlog

    await until(over, "the backlog is delivered")
    last = max((await evo.ask(f"arrived?first={min(tally.due)}")).values())
    spent = cpu_seconds(bot.child.pid) - cpu
    return size.backlog / (last - began), spent / size.backlog * MILLION


def _part(paced: list[tuple[float, float, float]], backlogs: list[tuple[float, float]], size: Size) -> Part:
    acks, halves, slow = (Spread.of(column) for column in zip(*paced, strict=True))
    rates, cpu = (Spread.of(column) for column in zip(*backlogs, strict=True))
    columns = ("ack p50, ms", "at Evo Voice p50", "p99", f"backlog of {size.backlog}: replies/s", "CPU µs/reply")
    table = Table(
        "Delivery, at 100 replies/s and from a backlog", columns, [("the bot", [acks, halves, slow, rates, cpu])]
    )
    target = Target("reply at Evo Voice p50 over ack p50, at 100/s", halves.over(acks), most=1.5)
    return Part([table], [target])
