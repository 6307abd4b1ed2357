"""Clients that are slow, endless or too many, against the real server with its limits made small."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from bot.clock import SystemClock
from bot.intake import Guard, HttpApp, listen, serve
from bot.intake import server as server_room
from bot.intake.wire import Answer, Request
from tests.helpers import until

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n"
POST = b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n"
SOON = 0.2


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("IDLE_SECONDS", "REQUEST_SECONDS", "READING_SECONDS"):
        monkeypatch.setattr(server_room, limit, SOON)


async def _serving(app: HttpApp) -> AsyncIterator[int]:
    stopping, bound = asyncio.Event(), listen("127.0.0.1", 0)
    working = asyncio.ensure_future(serve(app, bound, stopping))
    yield bound.getsockname()[1]
    stopping.set()
    await working


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async for each in _serving(HttpApp(Guard("secret", SystemClock()), list)):
        yield each


async def until_closed(port: int, first: bytes, then: bytes = b"") -> bytes:
    """What comes back until the server hangs up; `then` is sent again and again meanwhile."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first)
    reading = asyncio.ensure_future(_read(reader))
    ends = time.monotonic() + 10
    while not reading.done():
        assert time.monotonic() < ends, "still open"
        await asyncio.wait({reading}, timeout=SOON / 4)
        writer.write(then)
    writer.transport.abort()
    return reading.result()


async def _read(reader: asyncio.StreamReader) -> bytes:
    got = b""
    with suppress(ConnectionError):
        while part := await reader.read(1 << 16):
            got += part
    return got


@pytest.mark.parametrize(
    ("first", "then"),
    [(b"", b""), (b"", b"\r\n"), (b"GET /hea", b""), (b"GET /", b"a"), (POST, b""), (POST + b"X: ", b"a"),
     (POST + b"\r\nhalf", b""), (POST + b"\r\n", b"a")],
)  # fmt: skip
async def test_who_does_not_finish_a_request_is_hung_up_on(port: int, first: bytes, then: bytes) -> None:
    assert await until_closed(port, first, then) == b""


async def test_who_stays_silent_after_an_answer_is_hung_up_on(port: int) -> None:
    assert (await until_closed(port, HEALTH)).count(b"200 OK") == 1


async def test_who_goes_on_asking_keeps_the_connection(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_room, "IDLE_SECONDS", 1.0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(6):
        writer.write(HEALTH)
        assert (await reader.readuntil(b"ok\n")).startswith(b"HTTP/1.1 200 OK")
        await asyncio.sleep(0.2)
    writer.close()


async def test_a_request_that_is_answered_before_it_is_whole_is_the_last(port: int) -> None:
    answer = await until_closed(port, HEALTH.replace(b"\r\n\r\n", b"\r\nContent-Length: 100\r\n\r\nhalf"), b"a")
    assert answer.startswith(b"HTTP/1.1 200 OK")


async def test_a_head_has_an_end(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_room, "REQUEST_SECONDS", 60.0)
    head = HEALTH[:-2] + b"X: " + b"a" * server_room.MOST_HEAD
    assert await until_closed(port, head) == b""


async def test_what_follows_a_body_has_an_end(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_room, "REQUEST_SECONDS", 60.0)
    chunked = b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    assert await until_closed(port, chunked, b"X: y\r\n" * 20_000) == b""


async def test_not_many_requests_may_be_sent_ahead(port: int) -> None:
    assert b"HTTP/1.1 400 " in await until_closed(port, HEALTH * 50)
    assert (await until_closed(port, HEALTH * 5)).count(b"HTTP/1.1 200 OK") == 5


async def test_who_does_not_read_the_answer_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than any buffer on the way holds."""
    gone = asyncio.Event()

    class Watched(server_room.Connection):
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            gone.set()

    monkeypatch.setattr(server_room, "Connection", Watched)

    class Endless(HttpApp):
        def at_once(self, _: Request) -> Answer:
            return Answer(200, "x" * (64 << 20))

    async for port in _serving(Endless(None, list)):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(HEALTH)
            await until(gone.is_set, "the end of the connection")


async def test_when_there_are_too_many_who_has_waited_longest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_room, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(server_room, "IDLE_SECONDS", 60.0)
    async for port in _serving(HttpApp(Guard("secret", SystemClock()), list)):
        waiting = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        _, last = await asyncio.open_connection("127.0.0.1", port)
        assert await _read(waiting[0][0]) == b""
        for reader, writer in waiting[1:]:
            writer.write(HEALTH)
            assert (await reader.readuntil(b"ok\n")).startswith(b"HTTP/1.1 200 OK")
        for writer in (last, *(writer for _, writer in waiting)):
            writer.close()


@pytest.mark.parametrize("turns", range(6))
async def test_who_comes_at_the_moment_of_the_stop_is_hung_up_on(turns: int) -> None:
    """After none to five turns of the loop: unseen, let in, and being told of."""
    stopping, bound = asyncio.Event(), listen("127.0.0.1", 0)
    serving = asyncio.ensure_future(serve(HttpApp(Guard("secret", SystemClock()), list), bound, stopping))
    for _ in range(5):
        await asyncio.sleep(0)
    with socket.create_connection(bound.getsockname(), timeout=10) as client:
        for _ in range(turns):
            await asyncio.sleep(0)
        stopping.set()
        await serving
        await asyncio.sleep(0)  # until a closed connection is gone
        with suppress(ConnectionResetError):
            assert client.recv(1) == b""


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01", b"GET\r\n\r\n", HEALTH * 50, POST + b"Upgrade: x\r\n\r\n"])
async def test_malformed_requests_leave_no_line_in_the_log(
    port: int, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    before = len(caplog.records)
    await until_closed(port, garbage)
    assert caplog.records[before:] == []


class Broken:
    """Answers nothing as it should."""

    def at_once(self, request: Request) -> Answer | None:
        raise RuntimeError(request.path)

    async def answer(self, request: Request) -> Answer:
        raise NotImplementedError


async def test_what_breaks_in_an_answer_is_our_mistake_and_told(caplog: pytest.LogCaptureFixture) -> None:
    async for port in _serving(Broken()):
        told = await until_closed(port, HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert told.startswith(b"HTTP/1.1 500 ")
    errors = [record.getMessage().partition(":")[0] for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == ["a request broke the HTTP door"]
