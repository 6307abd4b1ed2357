"""Far sides that have gone mad: raw servers whose answers are slow, endless, huge or no answers at all."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

Write = Callable[[bytes], Awaitable[None]]
Answer = Callable[[Write], Coroutine[Any, Any, None]]

GIB = 1 << 30
BLOCK = b" " * (1 << 16)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


async def silent(_: Write) -> None:
    await asyncio.sleep(3600)


async def drip(write: Write) -> None:
    await write(OK + b"Content-Length: 1000000\r\n\r\n")
    while True:
        await write(b" ")
        await asyncio.sleep(1)


async def drip_head(write: Write) -> None:
    for byte in OK * 1000:
        await write(bytes([byte]))
        await asyncio.sleep(1)


async def slow_chunks(write: Write) -> None:
    await write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        await write(b"1\r\n \r\n")
        await asyncio.sleep(0.2)


async def only_continues(write: Write) -> None:
    while True:
        await write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        await asyncio.sleep(0.01)


async def huge(write: Write) -> None:
    await write(OK + b"Content-Length: %d\r\n\r\n" % GIB)
    for _ in range(GIB // len(BLOCK)):
        await write(BLOCK)


async def huge_error(write: Write) -> None:
    await write(OK.replace(b"200 OK", b"500 Oh") + b"Content-Length: %d\r\n\r\n" % GIB)
    for _ in range(GIB // len(BLOCK)):
        await write(BLOCK)


async def endless_chunks(write: Write) -> None:
    await write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        await write(b"%x\r\n%s\r\n" % (len(BLOCK), BLOCK))


async def endless_body(write: Write) -> None:
    """Neither a length nor chunks: it ends with the connection, which does not end."""
    await write(OK + b"\r\n")
    while True:
        await write(BLOCK)


async def endless_header(write: Write) -> None:
    await write(OK + b"X: ")
    while True:
        await write(BLOCK.replace(b" ", b"a"))


async def endless_headers(write: Write) -> None:
    await write(OK)
    while True:
        await write(b"X: y\r\n" * 1000)


async def endless_trailers(write: Write) -> None:
    await write(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n")
    while True:
        await write(b"X: y\r\n" * 1000)


async def endless_redirects(write: Write) -> None:
    await write(b"HTTP/1.1 302 Found\r\nLocation: ./again\r\nContent-Length: 0\r\n\r\n")


async def gzip_bomb(write: Write) -> None:
    """A quarter of a gigabyte in a quarter of a megabyte."""
    packed = gzip.compress(bytes(1 << 28), compresslevel=9)
    await write(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(packed), packed))


async def endless_gzip(write: Write) -> None:
    await write(OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
    block = gzip.compress(bytes(1 << 24))
    while True:
        await write(b"%x\r\n%s\r\n" % (len(block), block))


async def deep(write: Write) -> None:
    body = b"[" * 900_000
    await write(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body)


async def garbage(write: Write) -> None:
    await write(bytes(range(256)) * 100)


async def cut(write: Write) -> None:
    await write(OK + b"Content-Length: 100\r\n\r\n{")


PATIENT: tuple[Answer, ...] = (silent, drip, drip_head, slow_chunks, only_continues)  # only a deadline ends these
FAST: tuple[Answer, ...] = (
    huge, huge_error, endless_chunks, endless_body, endless_header, endless_headers, endless_trailers,
    endless_redirects, gzip_bomb, endless_gzip, deep, garbage, cut,
)  # fmt: skip
BY_NAME: dict[str, Answer] = {answer.__name__: answer for answer in (*PATIENT, *FAST)}


class RawServer:
    """Answers each connection once, as `answer` has it, and never reuses one."""

    def __init__(self) -> None:
        self._server: asyncio.Server
        self._work: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._work.add(task)

        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self.answer(await _request(reader), write)
        writer.close()
        self._work.discard(task)

    async def answer(self, request: bytes, write: Write) -> None:
        """The first part of the path says how: /drip/sessions."""
        await BY_NAME[request.split(b"/", 2)[1].decode()](write)


class Bewitched(RawServer):
    """A healthy server seen through one that can go mad about some paths."""

    def __init__(self) -> None:
        super().__init__()
        self.behind: Callable[[], str] = str  # where the healthy one is
        self.mad: Answer | None = None
        self.about = ""  # what is in the paths that it is mad about
        self._raving: set[asyncio.Task[None]] = set()

    def heal(self) -> None:
        """Whatever it still raves about is cut."""
        self.mad = None
        for task in self._raving:
            task.cancel()

    async def answer(self, request: bytes, write: Write) -> None:
        path = request.split(b" ", 2)[1].decode()
        if self.mad is not None and self.about in path:
            raving = asyncio.ensure_future(self.mad(write))
            self._raving.add(raving)
            raving.add_done_callback(self._raving.discard)
            await raving
            return
        place = urlsplit(self.behind())
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        head, body = request.split(b"\r\n\r\n", 1)
        head = re.sub(rb"(?i)\r\nconnection: [^\r]*", b"", head)
        writer.write(head + b"\r\nConnection: close\r\n\r\n" + body)
        while part := await reader.read(1 << 16):
            await write(part)
        writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    return head + (await reader.readexactly(int(length[1])) if length else b"")
