"""A process that asks a mad far side, one request after the other, and says what each cost: seconds and memory.

`python -m tests.faultlab.asker evo|slack URL DEADLINE`; one line of JSON a request.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp

from bot import slackweb, workspace
from bot.clock import SystemClock
from bot.evo import connect
from bot.model import UserId
from sandbox import steady
from tests.faultlab.mad import FAST, PATIENT
from tests.faultlab.wire import forget_peak, resident

Ask = Callable[[], Awaitable[object]]


async def main(side: str, url: str, deadline: float) -> None:
    asks = {"evo": evo, "slack": slack}[side]
    async with asks(f"{url}/cut", deadline) as kinds:
        await asyncio.gather(*(_timed(ask) for ask in kinds.values()))  # whatever is loaded or kept once, is by now
    for madness in FAST:
        async with asks(f"{url}/{madness.__name__}", deadline) as kinds:
            for kind, ask in kinds.items():
                await _measured({f"{side} {kind}, {madness.__name__}": ask})
    async with AsyncExitStack() as stack:  # those that only time ends, side by side
        patient = {
            f"{side} {kind}, {madness.__name__}": ask
            for madness in PATIENT
            for kind, ask in (await stack.enter_async_context(asks(f"{url}/{madness.__name__}", deadline))).items()
        }
        await _measured(patient)


@asynccontextmanager
async def evo(url: str, deadline: float) -> AsyncIterator[dict[str, Ask]]:
    basic = connect(url, "bot@example.com", "none", basic=True, deadline=deadline)
    cookie = connect(url, "bot@example.com", "none", deadline=deadline)
    yield {
        "read": basic.get_my_sessions,
        "write": lambda: basic.send_message("abc", "hello"),
        "sign-in": cookie.get_my_sessions,
    }
    await basic.aclose()
    await cookie.aclose()


@asynccontextmanager
async def slack(url: str, deadline: float) -> AsyncIterator[dict[str, Ask]]:
    slackweb.TIMEOUT = aiohttp.ClientTimeout(total=deadline)
    async with slackweb.slack_session() as session:
        there = workspace.Workspace(slackweb.slack_client("xoxb-1", url, session), SystemClock())
        yield {"read": lambda: there.profile(UserId("U1")), "write": there.identity}


async def _measured(asks: dict[str, Ask]) -> None:
    gc.collect()
    forget_peak()
    before = resident()
    outcomes = await asyncio.gather(*(_timed(ask) for ask in asks.values()))
    grown = resident(what="VmHWM") - before
    for name, (seconds, outcome) in zip(asks, outcomes, strict=True):
        print(json.dumps({"name": name, "seconds": seconds, "outcome": outcome, "grown": grown}), flush=True)  # noqa: T201 - for whoever started it


async def _timed(ask: Ask) -> tuple[float, str]:
    started = steady.now()
    try:
        await ask()
        outcome = "an answer"
    except Exception as error:  # noqa: BLE001 - which kind is what is asked
        outcome = type(error).__name__
    return steady.now() - started, outcome


if __name__ == "__main__":
    steady.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
