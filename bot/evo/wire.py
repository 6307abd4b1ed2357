"""HTTP/1.1 as this client needs it: a request leaves, its answer is read. httptools is the parser.

That nothing has left is known here and nowhere else: `Progress` is told before a connection is made, and before the
first byte is handed over.
"""

from __future__ import annotations

import asyncio
import select
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import ip_address
from socket import SOCK_STREAM
from typing import TYPE_CHECKING, Final

import httptools

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

ROOM: Final = 40  # connections at once, more than callers let through: who hangs must not keep others out
KEEP_SECONDS: Final = 5.0  # for which an idle connection is kept: servers hang up on it sooner or later
NEXT_ADDRESS_SECONDS: Final = 2.0  # until a host's next address is tried
_HEAD: Final = 64 * 1024  # bytes of everything before the body
_SUCCESS: Final = range(200, 300)


class ConnectFailed(Exception):
    """There is no connection: nothing has left."""


class NoRoom(Exception):
    """All connections were taken for too long: nothing has left."""


class CutShort(Exception):
    """The answer ended too early, or is none."""


class TooBig(Exception):
    """There is more of the answer than we take."""


class Stage(IntEnum):
    """How far a request has come, as far as there is evidence."""

    AT_HOME = 0  # not handed over yet, or already answered
    HANDED_OVER = 1  # somebody has it and has told us nothing
    CONNECTING = 2
    SENDING = 3


class Progress:
    """Follows one request, so that a deadline can tell "not sent" from "may have been sent".

    Without evidence the request counts as sent.
    """

    def __init__(self) -> None:
        self._stage = Stage.AT_HOME

    def hand_over(self) -> None:
        self._stage = Stage.HANDED_OVER

    def connecting(self) -> None:
        self._stage = Stage.CONNECTING

    def sending(self) -> None:
        """The next thing that happens is that its first byte may leave."""
        self._stage = Stage.SENDING

    def answered(self) -> None:
        self._stage = Stage.AT_HOME

    @property
    def surely_unsent(self) -> bool:
        return self._stage in {Stage.AT_HOME, Stage.CONNECTING}

    @property
    def surely_begun(self) -> bool:
        return self._stage is Stage.SENDING


@dataclass(frozen=True, slots=True)
class Origin:
    """Where connections go; `trust` is None for plain HTTP, which is for loopback alone."""

    host: str
    port: int
    trust: ssl.SSLContext | None


class Reading:
    """An answer that is being read: `head` comes with its status and headers, `whole` with the rest of its body.

    `most`: bytes of a successful answer's body, of any other `most_of_error`, at which reading ends.
    """

    def __init__(self, most: int, most_of_error: int) -> None:
        loop = asyncio.get_running_loop()
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()
        self.head: asyncio.Future[None] = loop.create_future()
        self.whole: asyncio.Future[None] = loop.create_future()
        self.again = False  # the connection can bear another request
        self._most = most
        self._most_of_error = most_of_error
        self._fed = 0
        self._ends_with_connection = True  # unless the head says how long the body is
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """What has come. What is more than an answer is none of ours, and spoils the connection."""
        if self.whole.done():
            self.again = False
            return
        self._fed += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(CutShort(type(error).__name__))
        if not self.head.done() and self._fed > _HEAD:
            self._fail(TooBig("the head"))
        elif self._fed > _HEAD + 2 * self._most:  # a body in countless tiny pieces
            self._fail(TooBig("the whole"))

    def ended(self, error: Exception | None) -> None:
        """The connection is gone, with this error or in peace."""
        if error is None and self.head.done() and self._ends_with_connection and not self.whole.done():
            self.whole.set_result(None)
        self._fail(CutShort(type(error).__name__ if error else "the connection ended"))

    # What httptools calls

    def on_message_begin(self) -> None:
        if self.whole.done():
            self.again = False  # more than was asked for

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.head.done():
            self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status < _SUCCESS.start:
            return  # not the answer yet
        if self.status not in _SUCCESS:
            self._most = self._most_of_error
        self._ends_with_connection = not any(name in _LENGTHS for name, _ in self.headers)
        if not self.head.done():
            self.head.set_result(None)

    def on_body(self, body: bytes) -> None:
        if self.whole.done():
            return
        self.body += body
        if len(self.body) <= self._most:
            return
        if self.status in _SUCCESS:
            self._fail(TooBig("the body"))
        else:
            self.whole.set_result(None)  # enough of it

    def on_message_complete(self) -> None:
        if self.status < _SUCCESS.start:
            self.headers.clear()
        elif not self.whole.done():
            self.again = bool(self._parser.should_keep_alive())
            self.whole.set_result(None)

    def _fail(self, error: Exception) -> None:
        for future in (self.head, self.whole):
            if not future.done():
                future.set_exception(error)
                future.exception()  # whoever waits is told; nobody need wait


_LENGTHS: Final = frozenset({"content-length", "transfer-encoding"})


class Line(asyncio.Protocol):
    """One connection, one request on it at a time."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self._transport: asyncio.Transport
        self._reading: Reading | None = None
        self.is_gone = False

    def send(self, request: bytes, reading: Reading) -> None:
        self._reading = reading
        self._transport.write(request)

    def rest(self) -> None:
        """Nothing is on it any more."""
        self._reading = None
        self.idle_since = time.monotonic()

    def hang_up(self) -> None:
        self._reading = None
        self._transport.abort()

    @property
    def is_good(self) -> bool:
        """May it bear another request? A server that has hung up meanwhile makes it readable."""
        if self.is_gone or time.monotonic() - self.idle_since > KEEP_SECONDS:
            return False
        look = select.poll()
        look.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not look.poll(0)

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # as it is for streams

    def data_received(self, data: bytes) -> None:
        if self._reading is None:
            self._transport.abort()  # nobody has asked
        else:
            self._reading.feed(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_gone = True
        if self._reading is not None:
            self._reading.ended(exc)


class Wire:
    """Connections to one host. `keep`: how many idle ones wait for the next request; with none, each gets a new one.

    `seconds` may be waited for a free place, and twice as many for a connection.
    """

    def __init__(self, origin: Origin, *, keep: int, seconds: float) -> None:
        self.is_closed = False
        self._origin = origin
        self._keep = keep
        self._seconds = seconds
        self._room = asyncio.Semaphore(ROOM)
        self._idle: list[Line] = []
        self._has_one_address = _is_address(origin.host)

    @asynccontextmanager
    async def sent(self, request: bytes, reading: Reading, progress: Progress) -> AsyncIterator[None]:
        """Enters when a request has left. Raises ConnectFailed or NoRoom when it has not."""
        await self._place()
        try:
            line = self._idle_line() or await self._dial(progress)
            try:
                if line.is_gone:
                    raise ConnectFailed("it went as soon as it came")
                progress.sending()
                line.send(request, reading)
                yield
            finally:
                self._put_back(line, reading)
        finally:
            self._room.release()

    async def aclose(self) -> None:
        self.is_closed = True
        while self._idle:
            self._idle.pop().hang_up()
        await asyncio.sleep(0)  # they go with the next turn of the loop

    async def _place(self) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._room.acquire()
        except TimeoutError:
            raise NoRoom from None

    def _idle_line(self) -> Line | None:
        while self._idle:
            line = self._idle.pop()
            if line.is_good:
                return line
            line.hang_up()
        return None

    def _put_back(self, line: Line, reading: Reading) -> None:
        if reading.again and len(self._idle) < self._keep and not self.is_closed:
            line.rest()
            self._idle.append(line)
        else:
            line.hang_up()

    async def _dial(self, progress: Progress) -> Line:
        progress.connecting()
        try:
            async with asyncio.timeout(2 * self._seconds):
                return await self._connected()
        except Exception as error:
            raise ConnectFailed(type(error).__name__) from error

    async def _connected(self) -> Line:
        """One address after another, as the system sorts them; all that one of them does not answer is a delay."""
        *others, last = await self._addresses()
        for address in others:
            with suppress(OSError):
                async with asyncio.timeout(NEXT_ADDRESS_SECONDS):
                    return await self._connected_to(address)
        return await self._connected_to(last)

    async def _addresses(self) -> list[str]:
        host, port = self._origin.host, self._origin.port
        if self._has_one_address:
            return [host]
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
        return list(dict.fromkeys(str(each[4][0]) for each in found))

    async def _connected_to(self, address: str) -> Line:
        trust, host = self._origin.trust, self._origin.host
        name = host if trust else None
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(Line, address, self._origin.port, ssl=trust, server_hostname=name)
        return line


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
