"""A server on loopback that says whatever a test wants, byte for byte, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot.evo import EvoVoice, connect

PASSWORD = "s3cret-pass"
COOKIE = "session-one"

Fault = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Seen:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Reply = bytes | Fault
Route = Reply | list[Reply] | Callable[[Seen], Reply]


def http(status: int = 200, body: Any = b"", *, kind: str = "application/json", **headers: str) -> bytes:
    """A whole answer; a dict or list becomes JSON, `Set_Cookie=` becomes a Set-Cookie header."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(raw)}"]
    lines += [f"Content-Type: {kind}"] if raw else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + raw


def signed_in(cookie: str = COOKIE) -> bytes:
    return http(200, {"userId": "u1"}, Set_Cookie=f"ss-id={cookie}; Path=/; HttpOnly")


@dataclass
class Server:
    routes: dict[str, Any] = field(default_factory=lambda: {"POST /auth/credentials": signed_in()})
    journal: list[Seen] = field(default_factory=list)
    connections: int = 0
    url: str = ""
    port: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def asked(self) -> list[Seen]:
        """What was asked apart from logins."""
        return [seen for seen in self.journal if seen.path != "/auth/credentials"]

    @property
    def logins(self) -> int:
        return len(self.journal) - len(self.asked)

    def reply_to(self, seen: Seen) -> Reply:
        route = self.routes.get(f"{seen.method} {seen.path}", http(404, b"no such route", kind="text/plain"))
        if isinstance(route, list):
            return route.pop(0)
        return route

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError):  # a client that hung up
            await self.watched(self._converse(reader, writer, self.connections), writer)

    async def watched(self, work: Coroutine[Any, Any, None], writer: asyncio.StreamWriter) -> None:
        """Does the work until it ends or `stop` is called, and hangs up."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        try:
            await asyncio.wait([task])
        finally:
            writer.transport.abort()
            self._tasks.discard(task)
        if not task.cancelled():
            task.result()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while seen := await read_request(reader, number):
            self.journal.append(seen)
            await self._answer(seen, writer)

    async def _answer(self, seen: Seen, writer: asyncio.StreamWriter) -> None:
        reply = self.reply_to(seen)
        if not isinstance(reply, bytes) and getattr(reply, "by_request", False):
            reply = reply(seen)
        if isinstance(reply, bytes):
            writer.write(reply)
            await writer.drain()
        else:
            await reply(writer)
            raise ConnectionError

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def by_request(function: Callable[[Seen], Reply]) -> Callable[[Seen], Reply]:
    """Marks a route that looks at the request."""
    function.by_request = True  # type: ignore[attr-defined]  # a mark on a function
    return function


async def read_request(reader: asyncio.StreamReader, number: int) -> Seen | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(method, target, headers, body, number)


@contextlib.asynccontextmanager
async def running(server: Server, port: int = 0) -> AsyncIterator[Server]:
    listener = await asyncio.start_server(server.serve, "127.0.0.1", port)
    server.port = listener.sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{server.port}"
    try:
        yield server
    finally:
        listener.close()
        await server.stop()
        await listener.wait_closed()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with running(Server()) as started:
        yield started


@pytest.fixture
async def client_for() -> AsyncIterator[Callable[..., EvoVoice]]:
    made: list[EvoVoice] = []

    def make(base_url: str, **options: Any) -> EvoVoice:
        made.append(connect(base_url, "bot@example.test", PASSWORD, **{"deadline": 10.0, **options}))
        return made[-1]

    yield make
    for client in made:
        await client.aclose()


@pytest.fixture
def evo(server: Server, client_for: Callable[..., EvoVoice]) -> EvoVoice:
    return client_for(server.url)
