"""The page over HTTP: files, the feed as server-sent events, and gestures. Loopback only, and only for its own page."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.workbench import emoji
from sandbox.workbench.doors import AWAY, WRONG, Door, Outcome, unknown
from sandbox.workbench.feed import Feed, Reader
from sandbox.workbench.patches import Json

HOST = "127.0.0.1"
STILL_HERE = 15.0  # seconds between signs of life on a silent feed
SHUTDOWN_SECONDS = 0.5
BODY_BYTES = 20 * 1024 * 1024
FORBIDDEN = 403
JSON_TYPE = "application/json"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": JSON_TYPE,
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
PICTURES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp"})


class Server:
    """`async with Server(feed, doors, folder) as server:` listens; `server.url` is where.

    `doors` are the first words after /do/. A port that is taken is replaced by any that is free. Raises OSError.
    """

    def __init__(self, feed: Feed, doors: Mapping[str, Door], page: Path, port: int = 0) -> None:
        self._feed = feed
        self._doors = doors
        self._page = page.resolve()
        self._port = port
        self._hosts: frozenset[str] = frozenset()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Known once it listens; with a slash at the end."""
        return f"http://{HOST}:{self._port}/"

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await self._runner.setup()
        try:
            await self._listen(self._runner)
        except BaseException:
            await self._runner.cleanup()
            raise
        self._port = self._runner.addresses[0][1]
        self._hosts = frozenset(f"{name}:{self._port}" for name in (HOST, "localhost", "[::1]"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._feed.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        try:
            await web.TCPSite(runner, HOST, self._port).start()
        except OSError:
            await web.TCPSite(runner, HOST, 0).start()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=BODY_BYTES, middlewares=[self._guard()])
        app.on_response_prepare.append(_with_headers)
        app.router.add_get("/", self._named("index.html"))
        app.router.add_get("/preview", self._named("preview.html"))
        app.router.add_get("/page/{path:.+}", self._file)
        app.router.add_get("/emoji.json", _emoji)
        app.router.add_get("/slack-file/{id}", self._slack_file)
        app.router.add_get("/feed", self._read_feed, allow_head=False)
        app.router.add_post("/do/{side}/{verb}", self._do)
        return app

    # Who may

    def _guard(self) -> Middleware:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if reason := self._foreign(request):
                return web.json_response(Outcome(FORBIDDEN, error=reason).body(), status=FORBIDDEN)
            return await handler(request)

        return guard

    def _foreign(self, request: web.Request) -> str:
        """Why this did not come from our own page; empty when it may have."""
        if request.headers.get("Host", "").lower() not in self._hosts:
            return "This name is not ours."  # another site's name that was pointed here (DNS rebinding)
        if request.method in {"GET", "HEAD"}:
            return ""
        if request.content_type != JSON_TYPE:
            return "Only application/json."  # what another site's form cannot send
        origin = request.headers.get("Origin")
        if origin is not None and origin.lower() not in {f"http://{host}" for host in self._hosts}:
            return "Only from our own page."
        return ""

    # Files

    def _named(self, name: str) -> Handler:
        async def serve(_: web.Request) -> web.StreamResponse:
            return self._answer_with(self._page / name)

        return serve

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return self._answer_with(self._page / request.match_info["path"])

    def _answer_with(self, path: Path) -> web.StreamResponse:
        """Nothing outside the folder, also not by a link."""
        try:
            found = path.resolve()
            there = found.is_relative_to(self._page) and found.is_file()
        except (OSError, ValueError):  # too long a name, or one with a zero in it
            there = False
        if not there:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "no-cache", "Content-Type": TYPES.get(found.suffix, "application/octet-stream")}
        return web.FileResponse(found, headers=headers)

    async def _slack_file(self, request: web.Request) -> web.StreamResponse:
        """A picture that stands in a thread. Anything else is not shown: a page of somebody's would be our own here."""
        door = self._doors.get("slack")
        outcome = await door.act("file_content", {"file": request.match_info["id"]}) if door else unknown("slack")
        kept = outcome.result if isinstance(outcome.result, dict) else {}
        if kept.get("type") not in PICTURES:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "private, max-age=3600", "Content-Type": kept["type"]}
        return web.Response(body=base64.b64decode(kept["content"]), headers=headers)

    # The feed

    async def _read_feed(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        with self._feed.reader() as reader, contextlib.suppress(ConnectionError):  # the page was closed
            await _stream(reader, response)
        return response

    # Gestures

    async def _do(self, request: web.Request) -> web.Response:
        outcome = await self._outcome(request.match_info["side"], request.match_info["verb"], await request.read())
        return web.json_response(outcome.body(), status=outcome.status)

    async def _outcome(self, side: str, verb: str, body: bytes) -> Outcome:
        door = self._doors.get(side)
        if door is None:
            return unknown(side)
        args = _object(body)
        if args is None:
            return Outcome(WRONG, error="The arguments are to be one JSON object.")
        try:
            return await door.act(verb, args)
        except Exception as error:  # noqa: BLE001 - whoever clicked is told, and the page goes on
            return Outcome(AWAY, error=f"It broke: {type(error).__name__}: {error}")


async def _emoji(_: web.Request) -> web.Response:
    return web.json_response(emoji.table())


async def _stream(reader: Reader, response: web.StreamResponse) -> None:
    number = 0
    while True:
        try:
            event = await asyncio.wait_for(reader.next(), STILL_HERE)
        except TimeoutError:
            await response.write(b": still here\n\n")
            continue
        if event is None:
            return
        number += 1
        await response.write(f"id: {number}\ndata: {event}\n\n".encode())


def _object(body: bytes) -> Json | None:
    try:
        found: Any = json.loads(body or b"{}")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


async def _with_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
