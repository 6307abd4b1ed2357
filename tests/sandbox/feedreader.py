"""A page without a browser: what it would know from the feed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from sandbox.workbench.patches import Patch, apply
from tests.helpers import until


class Page:
    """Applies event after event; `collections` and `wire` are what it has come to."""

    def __init__(self) -> None:
        self.collections: dict[str, dict[str, Any]] = {}
        self.wire: dict[str, Any] = {}
        self.resets = 0
        self.raw = ""
        self.ended = False

    def take(self, text: str) -> None:
        event = json.loads(text)
        if event.get("reset"):
            self.resets += 1
            self.collections, self.wire = {}, {}
        self.collections = apply(self.collections, Patch(event["put"], event.get("drop", {})))
        self.wire |= {entry["id"]: entry for entry in event["wire"]}
        self.raw += text

    def titles(self) -> list[str]:
        return [entry["title"] for entry in self.wire.values()]


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[Page]:
    """The page reads in the background as long as it lasts."""
    page = Page()
    async with aiohttp.ClientSession() as http:
        task = asyncio.create_task(_read(http, url, page))
        try:
            await until(lambda: page.resets > 0, "the first event")
            yield page
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _read(http: aiohttp.ClientSession, url: str, page: Page) -> None:
    async with http.get(f"{url}feed", timeout=aiohttp.ClientTimeout(total=None)) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        buffer = b""
        async for chunk in answer.content.iter_any():
            buffer += chunk
            *events, buffer = buffer.split(b"\n\n")
            for event in events:
                _take(page, event.decode())
    page.ended = True


def _take(page: Page, event: str) -> None:
    for line in event.split("\n"):
        if line.startswith("data: "):
            page.take(line.removeprefix("data: "))
