"""Over HTTP: requests a second, CPU of each, latency, a burst, memory. Everybody in every round, in another order."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks import contenders, second
from benchmarks.contenders import BOLT, BOT, BOT_DELIVERING, FLOOR, NODE, Contender, Town
from benchmarks.figures import Part, Spread, Table, Target, percentile
from benchmarks.machine import cpu_seconds, resident_mb
from benchmarks.processes import StandIn, load, until
from benchmarks.sizes import Size

PACE = 100.0  # events a second
BURST_CONNECTIONS = 100
FIRST_GUESS = 300  # requests of the first try, from which the size of a sample is reckoned
MILLION = 1e6
SEEN_TWICE = frozenset({FLOOR, BOLT, NODE, BOT})
ENOUGH = 3  # times as many requests as will be answered, for a rate that is guessed

Settled = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Scores:
    """One contender's figures, a value a round."""

    rate: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # microseconds a request
    half: list[float] = field(default_factory=list)  # p50 at PACE, milliseconds
    slow: list[float] = field(default_factory=list)  # p99 at PACE
    burst_half: list[float] = field(default_factory=list)
    burst_slow: list[float] = field(default_factory=list)
    second: list[float] = field(default_factory=list)  # rate as another generator sees it
    at_rest: float = 0.0  # megabytes
    after: float = 0.0


async def measure(size: Size, folder: Path) -> Part:
    async with _everybody(size, folder) as (there, settled, part):
        scores = {each.name: Scores(at_rest=resident_mb(each.child.pid)) for each in there}
        counts = {each.name: await _count_for(each, size) for each in there}
        for _ in range(size.rounds):
            for each in random.sample(there, len(there)):
                await settled()
                with _alone(each, there):
                    await _round(each, counts[each.name], scores[each.name], size)
                    if second.is_there() and each.name in SEEN_TWICE:
                        scores[each.name].second.append(await _second(each, scores[each.name], size, folder))
        await settled()
        await _memory(there, scores, size)
        part.tables += [_speed(scores), _latency(scores, size), _memories(there, scores)]
        part.targets += _targets(scores, size)
    return part


# What is there


@asynccontextmanager
async def _everybody(size: Size, folder: Path) -> AsyncIterator[tuple[list[Contender], Settled, Part]]:
    part, town = Part(), Town(size.links, size.open)
    modules = await contenders.node_modules(install=size.name != "short")
    async with AsyncExitStack() as stack:
        slack, ours = [await stack.enter_async_context(StandIn("slack", name, folder)) for name in ("slack", "ours")]
        evo = await stack.enter_async_context(StandIn("evo", "evo", folder))
        there = [
            contenders.floor(folder),
            contenders.bolt(folder, slack.address),
            contenders.bolt_sync(folder, slack.address),
            contenders.bot(folder, slack.address, contenders.nobody(), town),
            delivering := contenders.bot(folder, ours.address, evo.address, town, name=BOT_DELIVERING),
        ]
        if isinstance(modules, Path):
            there.append(contenders.node(folder, slack.address, modules))
        else:
            part.left_out.append(f"{NODE}: {modules}")
        if not second.is_there():
            part.left_out.append("a second generator: wrk is not there")
        for each in there:
            stack.push_async_callback(each.child.end)
            await each.start()
        for side in (slack, ours):  # what was missed in the threads is read at start; nothing is measured before
            await until(partial(_has_read, side, size.open), "the threads are read")
        yield there, partial(_settled, delivering, ours, evo), part


async def _has_read(slack: StandIn, threads: int) -> bool:
    return bool((await slack.ask("asked"))["asked"].get("conversations.replies", 0) >= threads)


async def _count_for(each: Contender, size: Size) -> int:
    """Requests that take about as long as a sample should."""
    count = FIRST_GUESS
    for seconds in (size.sample / 4, size.sample):  # the first requests say little of the rate
        tally = await load(each.plan(count))
        count = max(FIRST_GUESS, int(tally.good / tally.seconds * seconds))
    return count


async def _settled(bot: Contender, slack: StandIn, evo: StandIn) -> None:
    """Whatever the bot has taken has arrived at Evo Voice, and Slack shows that it has."""

    async def still() -> bool:
        arrived = (await evo.ask("asked"))["arrived"]
        shown = (await slack.ask("asked"))["asked"].get("reactions.add", 0)
        return bool(arrived >= bot.served and shown >= arrived)

    await until(still, "everything is delivered and shown")


@contextmanager
def _alone(one: Contender, there: Sequence[Contender]) -> Iterator[None]:
    """Everybody else stands still meanwhile."""
    others = [each for each in there if each is not one]
    for each in others:
        each.child.pause()
    try:
        yield
    finally:
        for each in others:
            each.child.resume()


# Rounds


async def _round(each: Contender, count: int, into: Scores, size: Size) -> None:
    if each.name != BOT_DELIVERING:  # its backlog would be delivered while the next one is measured
        before = cpu_seconds(each.child.pid)
        tally = await load(each.plan(count))
        await each.through()
        into.rate.append(tally.good / tally.seconds)
        into.cpu.append((cpu_seconds(each.child.pid) - before) / tally.good * MILLION)
    paced = await load(each.plan(int(PACE * size.paced), PACE))
    into.half.append(percentile(paced.latencies, 50))
    into.slow.append(percentile(paced.latencies, 99))
    if each.connections >= contenders.CONNECTIONS:
        burst = await load(each.plan(size.burst, 0, BURST_CONNECTIONS))
        await each.through()
        into.burst_half.append(percentile(burst.latencies, 50))
        into.burst_slow.append(percentile(burst.latencies, 99))


async def _second(each: Contender, scores: Scores, size: Size, folder: Path) -> float:
    """Whole seconds: wrk knows no shorter ones."""
    seconds = max(1.0, size.sample)
    enough = int(ENOUGH * seconds * scores.rate[-1])
    try:
        rate = await second.wrk(each.plan(enough), seconds, folder)
    except second.TooFew:  # this machine was busier when the rate was guessed
        rate = await second.wrk(each.plan(ENOUGH * enough), seconds, folder)
    await each.through()
    return rate


async def _memory(there: Sequence[Contender], scores: dict[str, Scores], size: Size) -> None:
    for each in there:
        if each.name in {FLOOR, BOLT, NODE, BOT} and (missing := size.served - each.served) > 0:
            await load(each.plan(missing))
            await each.through()
        scores[each.name].after = resident_mb(each.child.pid)


# What is said of it


def _speed(scores: dict[str, Scores]) -> Table:
    rated = {name: each for name, each in scores.items() if each.rate}
    rows: list[tuple[str, list[Spread | str | None]]] = [
        (
            name,
            [
                Spread.of(each.rate),
                Spread.of(each.rate).over(Spread.of(scores[BOLT].rate)),
                Spread.of(each.cpu),
                Spread.of(each.cpu).over(Spread.of(scores[BOLT].cpu)),
                Spread.of(each.second) if each.second else None,
                Spread.of(each.second).over(Spread.of(scores[BOLT].second)) if each.second else None,
            ],
        )
        for name, each in rated.items()
    ]
    columns = ("acks/s", f"of {BOLT}", "CPU µs/event", f"of {BOLT}", "acks/s by wrk", f"of {BOLT}")
    return Table("HTTP, as fast as it goes", columns, rows, ("CPU until all that came has been decided about, too.",))


def _latency(scores: dict[str, Scores], size: Size) -> Table:
    rows: list[tuple[str, list[Spread | str | None]]] = [
        (name, [Spread.of(v) if v else None for v in (each.half, each.slow, each.burst_half, each.burst_slow)])
        for name, each in scores.items()
    ]
    columns = ("p50 at 100/s, ms", "p99", f"burst of {size.burst}: p50", "p99")
    return Table("HTTP, milliseconds until the ack", columns, rows, ("Counted from when each event was due.",))


def _memories(there: Sequence[Contender], scores: dict[str, Scores]) -> Table:
    rows: list[tuple[str, list[Spread | str | None]]] = [
        (
            each.name,
            [Spread.of([scores[each.name].at_rest]), Spread.of([scores[each.name].after]), f"{each.served:,}"],
        )
        for each in there
    ]
    return Table("Memory, MB", ("at rest", "after", "events"), rows)


def _targets(scores: dict[str, Scores], size: Size) -> list[Target]:
    ours = scores[BOT]

    def rate_over(name: str) -> Spread:
        return Spread.of(ours.rate).over(Spread.of(scores[name].rate))

    def burst_over(name: str) -> Spread:
        return Spread.of(scores[name].burst_slow).over(Spread.of(scores[BOLT].burst_slow))

    found = [Target(f"acks/s: stored over {BOLT}", rate_over(BOLT), least=1.8)]
    if NODE in scores:
        found.append(Target(f"acks/s: stored over {NODE}", rate_over(NODE), least=1.8))
    burst = f"burst of {size.burst}, ack p99 over {BOLT}"
    return [
        *found,
        Target("acks/s: stored over the floor", rate_over(FLOOR), least=0.45),
        Target(f"{burst}: nothing delivered", burst_over(BOT), most=0.6),
        Target(f"{burst}: delivering", burst_over(BOT_DELIVERING), most=0.6),
        Target(f"memory after the run over {BOLT}", Spread.of([ours.after / scores[BOLT].after]), most=1.2),
    ]
