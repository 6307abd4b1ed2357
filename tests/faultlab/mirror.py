"""Somebody between the bot and a far side who passes requests on, or answers nonsense that quotes them."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

NOT_PASSED_ON = {"host", "content-length", "transfer-encoding", "connection", "content-encoding"}
OFTEN = 3  # every third request of a kind is answered by us
_IDS = re.compile(r"/[0-9a-f]{24,32}(?=/|$)|/[0-9a-f-]{36}(?=/|$)")


@dataclass(frozen=True)
class Seen:
    """A request, and what an answer may quote of it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        return f"{self.method} {_IDS.sub('/ID', self.path.partition('?')[0])}"

    @property
    def words(self) -> str:
        return f"{self.method} {self.path} {dict(self.headers)} {self.body.decode(errors='replace')}"


@dataclass(frozen=True)
class Forged:
    """Status 0: the bytes of the body, whatever they are, instead of an answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


Forgery = Callable[[str], Forged]


class Mirror:
    """`forging` may be switched; `told` is quoted beside the request; `cookies` are those that a login was given."""

    def __init__(self, forgeries: tuple[Forgery, ...], told: str) -> None:
        self.url = ""
        self.forging = False
        self.told = told
        self.cookies: set[str] = set()
        self.forged: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()
        self._forgeries = forgeries  # each kind of request meets them in this order

    async def start(self, target: str) -> None:
        self._target = target
        self._session = aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar())
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        seen = Seen(request.method, request.raw_path, request.headers, await request.read())
        forged = self.answer_to(seen)
        return await self._passed_on(seen) if forged is None else _sent(request, forged)

    def answer_to(self, seen: Seen) -> Forged | None:
        """None when it is to be passed on."""
        self._requests[seen.kind] += 1
        if not self.forging or self._requests[seen.kind] % OFTEN != 1:
            return None
        forgery = self._forgeries[self.forged[seen.kind] % len(self._forgeries)]
        self.forged[seen.kind] += 1
        return forgery(f"{self.told} {seen.words}")

    async def _passed_on(self, seen: Seen) -> web.Response:
        headers = {name: value for name, value in seen.headers.items() if name.lower() not in NOT_PASSED_ON}
        try:
            async with self._session.request(
                seen.method, self._target + seen.path, data=seen.body or None, headers=headers, allow_redirects=False
            ) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, asyncio.CancelledError):
            raise web.HTTPBadGateway from None
        for cookie in answer.headers.getall("Set-Cookie", []):
            self.cookies.add(cookie.partition(";")[0].partition("=")[2])
        made = web.Response(status=answer.status, body=body)
        for name, value in answer.headers.items():
            if name.lower() not in NOT_PASSED_ON:
                made.headers.add(name, value) if name.lower() != "content-type" else made.headers.update({name: value})
        return made


def _sent(request: web.Request, forged: Forged) -> web.Response:
    if not forged.status and request.transport is not None:
        request.transport.write(forged.body)
        request.transport.close()
    made = web.Response(status=forged.status or 200, body=forged.body)
    made.headers["Content-Type"] = forged.content_type
    for name, value in forged.headers:
        made.headers[name] = " ".join(value.split())
    return made


def elsewhere(words: str) -> str:
    """Where a redirect leads, and what it would tell there."""
    return f"http://elsewhere.invalid/?{re.sub('[^a-zA-Z0-9]+', '+', words)[:2000]}"


def _answer(body: Any, status: int = 200, *headers: tuple[str, str]) -> Forged:
    return Forged(status, json.dumps(body).encode(), headers=headers)


def _fault(words: str) -> dict[str, Any]:
    return {"responseStatus": {"errorCode": words, "message": words, "stackTrace": words, "errors": [words]}}


def _header(words: str) -> str:
    return words.encode("ascii", "replace").decode()[:3000]


EVO: tuple[Forgery, ...] = (
    lambda words: _answer(_fault(words), 400),
    lambda words: _answer({"id": {"of": words}, "messages": words, "sessions": words, "items": words}),
    lambda words: _answer(_fault(words), 503),
    lambda words: _answer({"messages": [words, {"body": {"a": words}}], "sessions": [words], "contacts": [words]}),
    lambda words: _answer(_fault(words), 403),
    lambda words: Forged(200, f"<html>{words}</html>".encode(), "text/html"),
    lambda words: Forged(400, words.encode(), "text/plain"),
    lambda words: Forged(0, f"HTTP/1.1 {words}\r\n\r\n".encode()),
    lambda words: Forged(302, b"", headers=(("Location", elsewhere(words)),)),
    lambda words: Forged(200, words.encode(), headers=(("Content-Encoding", "gzip"),)),
    lambda words: _answer({}, 429, ("Retry-After", _header(words))),
    lambda words: Forged(200, json.dumps({"id": words}).encode()[:-3]),
    lambda words: Forged(0, f"HTTP/1.1 200 OK\r\n{words}\r\n\r\n".encode()),
    _answer,
)
SLACK: tuple[Forgery, ...] = (
    lambda words: _answer({"ok": False, "error": words}),
    lambda words: Forged(200, words.encode(), "text/html"),
    lambda words: _answer({"ok": False, "error": "invalid_blocks", "response_metadata": {"messages": [words]}}),
    lambda words: _answer({"ok": True, "channel": words, "user": words, "messages": [words], "ts": {"at": words}}),
    lambda words: Forged(503, words.encode(), "text/plain"),
    lambda words: _answer({"ok": False, "error": {"code": words}}),
    lambda words: _answer({"ok": False, "error": "ratelimited"}, 429, ("Retry-After", _header(words))),
    lambda words: _answer([words]),
    lambda words: Forged(0, f"HTTP/1.1 {words}\r\n\r\n".encode()),
    lambda words: Forged(302, b"", headers=(("Location", elsewhere(words)),)),
    lambda words: _answer({"ok": True}),
    lambda words: Forged(200, json.dumps({"ok": True, "ts": words}).encode()[:-3]),
    lambda words: _answer({"ok": False, "error": "internal_error", "detail": words}),
)
