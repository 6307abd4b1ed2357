"""From nothing to the first ack: the process is started, and knocked at until it answers 200."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks import contenders
from benchmarks.contenders import BOLT, BOT, FLOOR, NODE, Contender, Town
from benchmarks.figures import Part, Spread, Table, Target
from benchmarks.processes import StandIn
from benchmarks.sizes import Size


async def measure(size: Size, folder: Path) -> Part:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(StandIn("slack", "slack", folder))
        makers = await _makers(slack.address, size, folder)
        for make in makers.values() if size.starts > 1 else ():
            await _start(make)  # once for nothing: what is read from the disk is in memory then
        seconds: dict[str, list[float]] = {name: [] for name in makers}
        for _ in range(size.starts):
            for name in random.sample(list(makers), len(makers)):
                seconds[name].append(await _start(makers[name]))
    theirs = Spread.of(seconds[BOLT])
    rows: list[tuple[str, list[Spread | str | None]]] = [
        (name, [Spread.of(each), Spread.of(each).over(theirs)]) for name, each in seconds.items()
    ]
    target = Target(f"start to first ack over {BOLT}", Spread.of(seconds[BOT]).over(theirs), most=1.0)
    return Part([Table("Start to first ack, seconds", ("seconds", f"of {BOLT}"), rows)], [target])


async def _makers(slack: str, size: Size, folder: Path) -> dict[str, Callable[[], Contender]]:
    town, nobody = Town(size.links, size.open), contenders.nobody()

    def the_bot() -> Contender:
        shutil.rmtree(folder / "the-bot-stored", ignore_errors=True)
        return contenders.bot(folder, slack, nobody, town)

    makers: dict[str, Callable[[], Contender]] = {
        FLOOR: lambda: contenders.floor(folder),
        BOLT: lambda: contenders.bolt(folder, slack),
        BOT: the_bot,
    }
    if isinstance(modules := await contenders.node_modules(install=False), Path):
        makers[NODE] = lambda: contenders.node(folder, slack, modules)
    return makers


async def _start(make: Callable[[], Contender]) -> float:
    contender = make()
    began = time.monotonic()
    try:
        await contender.start()
        return time.monotonic() - began
    finally:
        await contender.child.end()
