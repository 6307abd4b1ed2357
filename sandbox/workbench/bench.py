"""The workbench put together: watchers, doors and server, over a stage on which everything runs."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.stage import Stage
from sandbox.workbench import watch, wire
from sandbox.workbench.doors import EVO_VERBS, SLACK_VERBS, BotDoor, Door, PlayDoor, Playing, Surface
from sandbox.workbench.feed import Feed
from sandbox.workbench.server import Server

PORT = 8765
PAGE = Path(__file__).parent / "page"
NO_PLAY = {
    "play": {
        "play": {
            "state": "none",
            "number": "",
            "of": 0,
            "title": "",
            "why": "",
            "pace": 0.0,
            "actor": None,
            "room": None,
            "thread": None,
            "result": None,
        },
        "lines": {"lines": []},
    }
}


class Workbench:
    """`async with Workbench(stage, feed) as bench:` serves at `bench.url` until the end. Raises OSError.

    `play` is what the page may pause; `feed` may have been filled by others already.
    """

    def __init__(
        self, stage: Stage, feed: Feed, play: Playing | None = None, *, page: Path = PAGE, port: int = PORT
    ) -> None:
        self._stage = stage
        self._feed = feed
        self._play = play
        self._page = page
        self._port = port
        self._stack = AsyncExitStack()
        self.url = ""

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _open(self) -> None:
        stage, feed = self._stage, self._feed
        if self._play is None:
            feed.update(NO_PLAY)
        bot = watch.BotWatch(stage, feed)
        slack = await self._stack.enter_async_context(Surface("Slack", stage.slack.url, SLACK_VERBS))
        evo = await self._stack.enter_async_context(Surface("Evo Voice", stage.evo_url, EVO_VERBS))
        tasks = [
            asyncio.create_task(watch.stand_in("slack", stage.slack.watch, wire.from_slack, feed)),
            asyncio.create_task(watch.stand_in("evo", stage.evo.watch, wire.from_evo, feed)),
            asyncio.create_task(bot.follow()),
        ]
        self._stack.push_async_callback(_ended, tasks)
        doors: dict[str, Door] = {
            "slack": slack,
            "evo": evo,
            "bot": BotDoor(stage, bot.look),
            "play": PlayDoor(self._play),
        }
        server = await self._stack.enter_async_context(Server(feed, doors, self._page, self._port))
        self.url = server.url


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
