"""Keeps the feed as the world is: both stand-ins by long polls, the bot by looking at its process and its log."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from sandbox.stage import BotState, Stage
from sandbox.workbench.feed import Feed
from sandbox.workbench.patches import Json

SECONDS = 20.0  # that a stand-in may hold a question back while nothing changes
BREATH = 0.04  # between two answers: a burst of changes becomes few patches
AGAIN = 0.5  # after a stand-in did not answer
LOOK_EVERY = 0.1
LOG_LINES, LOG_BYTES = 200, 65_536


class Watch(Protocol):
    """A driver's `watch`."""

    def __call__(self, *, revision: int, journal: int, seconds: float) -> Awaitable[Json]: ...


async def stand_in(name: str, watch: Watch, entry: Callable[[Json], Json], feed: Feed) -> None:
    """Follows one of them for ever; one that does not answer is asked again, from the beginning."""
    revision, journal = -1, 0
    while True:
        try:
            news = await watch(revision=revision, journal=journal, seconds=SECONDS)
            collections = {f"{name}.{part}": items for part, items in news["collections"].items()}
            feed.update(collections, map(entry, news["journal"]))
        except Exception:  # noqa: BLE001 - whatever ails a stand-in, the other side and the bot are still to be seen
            revision, journal = -1, 0
            await asyncio.sleep(AGAIN)
            continue
        revision = news["revision"]
        journal = max([journal, *(_number(found) for found in news["journal"])])
        await asyncio.sleep(BREATH)


def _number(entry: Json) -> int:
    return int(entry["n"] if "n" in entry else entry["number"])


class BotWatch:
    """The bot's process, also when it ends by itself, and the end of its log."""

    def __init__(self, stage: Stage, feed: Feed) -> None:
        self._stage = stage
        self._feed = feed
        self._seen: tuple[BotState, int | None] | None = None
        self._since = 0.0
        self._log: Any = None
        self._lines: list[str] = []

    async def follow(self) -> None:
        """For ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY)

    def look(self) -> None:
        """Puts into the feed what has changed."""
        now = self._stage.bot_state, self._stage.bot.pid
        if now != self._seen:
            self._seen, self._since = now, time.time()
        state, pid = now
        ended = self._stage.bot.ended if state == "stopped" else None
        bot = {"state": state, "pid": pid, "ended": ended, "since": self._since}
        self._feed.update({"bot": {"bot": bot, "log": {"lines": self._tail()}}})

    def _tail(self) -> list[str]:
        path = self._stage.bot.log
        found = path.stat() if path.exists() else None
        log = found and (found.st_ino, found.st_size)
        if found and log != self._log:
            self._log, self._lines = log, tail(path)
        return self._lines


def tail(path: Path) -> list[str]:
    """The last lines of a file; the first of them may be cut when lines are very long."""
    with path.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - LOG_BYTES, 0))
        return file.read().decode(errors="replace").splitlines()[-LOG_LINES:]
