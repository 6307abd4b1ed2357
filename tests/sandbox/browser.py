"""A real Chromium for tests of the page, and a small server that stands where the workbench would.

    async with chromium() as browser, PageServer() as server:
        page, seen = await open_page(browser, f"{server.url}/preview")
        ...
        assert seen.errors == []

Everything is on loopback; the browser resolves no names.
"""

from __future__ import annotations

import asyncio
import json
import mimetypes
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest
from aiohttp import web
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

import sandbox.workbench
from sandbox.workbench.emoji import table

PAGE = Path(sandbox.workbench.__path__[0]) / "page"
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}
PATIENCE = 30_000  # milliseconds, for what a page is to do or to show; others run beside the browser
Answer = Callable[[str, str, dict[str, Any]], Awaitable[dict[str, Any]]]


def chromium_path() -> str | None:
    """The browser of this machine, None without one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser of its own. Skips the test where there is none, unless TESTS_BROWSER=needed."""
    path = chromium_path()
    if path is None:
        missing = f"no browser: none of {', '.join(NAMES)} is installed"
        pytest.fail(missing) if os.environ.get("TESTS_BROWSER") == "needed" else pytest.skip(missing)
    async with async_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = await playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Seen:
    """What a page did: `errors` of its console and its scripts, `requests` as "METHOD url"."""

    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> Seen:
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(f"{request.method} {request.url}"))
        return self

    def strangers(self, url: str) -> list[str]:
        """Requests to anybody but `url`."""
        return [line for line in self.requests if f" {url}/" not in line and " data:" not in line]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)


async def open_page(
    browser: Browser, url: str, *, width: int = 1280, height: int = 900, dark: bool = False
) -> tuple[Page, Seen]:
    """A page in a window of its own, in UTC, and what it does."""
    scheme = "dark" if dark else "light"
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        timezone_id="UTC",
        locale="en-US",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    seen = Seen().watch(page)
    await page.goto(url)
    return page, seen


async def _no_answer(side: str, verb: str, _args: dict[str, Any]) -> dict[str, Any]:
    return {"ok": False, "error": f"nobody answers {side}/{verb} here"}


class PageServer:
    """The files of the page, /emoji.json, /feed and /do, with the headers of the workbench.

    `put` is the state that a new feed begins with; `push` sends a patch to whoever listens and keeps it there.
    Gestures are kept in `gestures` as (side, verb, arguments) and answered by `answer`, which a test may replace.
    """

    def __init__(self, put: dict[str, dict[str, Any]] | None = None) -> None:
        self.put = put or {}
        self.gestures: list[tuple[str, str, dict[str, Any]]] = []
        self.answer: Answer = _no_answer
        self.url = ""
        self._listeners: set[asyncio.Queue[dict[str, Any] | None]] = set()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/", self._file)
        app.router.add_get("/preview", self._file)
        app.router.add_get("/page/{path:.+}", self._file)
        app.router.add_get("/emoji.json", self._emoji)
        app.router.add_get("/feed", self._feed)
        app.router.add_post("/do/{side}/{verb}", self._do)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for listener in self._listeners:
            listener.put_nowait(None)
        assert self._runner is not None
        await self._runner.cleanup()

    def push(self, put: dict[str, dict[str, Any]], drop: dict[str, list[str]] | None = None) -> None:
        for name, items in put.items():
            self.put.setdefault(name, {}).update(items)
        for name, ids in (drop or {}).items():
            for key in ids:
                self.put.get(name, {}).pop(key, None)
        for listener in self._listeners:
            listener.put_nowait({"put": put, "drop": drop or {}})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        start = {"/": "index.html", "/preview": "preview.html"}
        path = (PAGE / (start.get(request.path) or request.match_info["path"])).resolve()
        if not path.is_relative_to(PAGE.resolve()) or not path.is_file():
            raise web.HTTPNotFound
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return web.Response(body=path.read_bytes(), content_type=kind, charset="utf-8", headers=HEADERS)

    async def _emoji(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response(table(), headers=HEADERS)

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        self._listeners.add(queue)
        try:
            patch: dict[str, Any] | None = {"reset": True, "put": self.put, "wire": []}
            while patch is not None:
                await response.write(f"data: {json.dumps(patch)}\n\n".encode())
                patch = await queue.get()
        finally:
            self._listeners.discard(queue)
        return response

    async def _do(self, request: web.Request) -> web.StreamResponse:
        side, verb, args = request.match_info["side"], request.match_info["verb"], await request.json()
        self.gestures.append((side, verb, args))
        answer = await self.answer(side, verb, args)
        return web.json_response(answer, status=200 if answer.get("ok") else 409, headers=HEADERS)
