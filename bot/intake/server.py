"""The HTTP server: httptools parses, and everything that depends on the client has an end.

Slack needs little of HTTP: short requests, answers in one piece, connections that stay open. A server for everybody
waits for ever for a request to become whole, and costs as much as all that we do about a message.
"""

from __future__ import annotations

import asyncio
import logging
import math
import resource
import socket
from collections import deque
from email.utils import formatdate
from typing import Final, Protocol

import httptools

from bot.intake.wire import BAD_REQUEST, MAX_BODY, TOO_LARGE, UNAVAILABLE, Answer, Request, joined
from bot.outline import outline

log = logging.getLogger(__name__)

IDLE_SECONDS = 5.0  # until a request begins, on a new connection or after an answer
REQUEST_SECONDS = 5.0  # from a request's first byte to its last
READING_SECONDS = 5.0  # for taking in the answers that wait to leave
MOST_HEAD = 64 << 10  # bytes before a body
MOST_REQUEST = 2 * MAX_BODY  # bytes of a request with all that is around its body
MOST_HELD = 64 << 20  # bytes of bodies that are not answered, all together: anybody can send some
MOST_AHEAD = 8  # requests sent without waiting for an answer
MOST_CONNECTIONS = 1000
STOP_SECONDS = 5.0
BACKLOG = 2048
SERVER_ERROR = 500
ACCEPTING = 3  # turns of the loop from accepting a client to its connection_made
NEVER = math.inf

_STAY: Final = b"\r\n"
_CLOSE: Final = b"connection: close\r\n\r\n"
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class CannotListen(Exception):
    """The address is taken or not ours."""


class App(Protocol):
    """What is served."""

    def at_once(self, request: Request, /) -> Answer | None:
        """The answer to what needs no body and no waiting: its head says enough. None for all else."""

    async def answer(self, request: Request, /) -> Answer:
        """The answer to a whole request."""


def listen(host: str, port: int, what: str = "", advice: str = "Change EVOBOT_PORT.") -> socket.socket:
    """Binds before anything else starts. Raises CannotListen with a sentence for the operator."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotListen(f"Cannot listen on {host}:{port}: {error.strerror}. {advice}") from error
    log.info("listening on http://%s:%s%s", host, bound.getsockname()[1], f" {what}" if what else "")
    return bound


async def serve(app: App, bound: socket.socket, stopping: asyncio.Event) -> None:
    """Serves on a bound socket until told to stop; what is under way is finished first."""
    loop = asyncio.get_running_loop()
    everybody = Connections(app, loop, _most_connections())
    server = await loop.create_server(lambda: Connection(everybody), sock=bound, backlog=BACKLOG)
    try:
        await stopping.wait()
    finally:
        loop.remove_reader(bound)
        for _ in range(ACCEPTING):  # who is let in at this moment: asyncio forgets them when the server is closed
            await asyncio.sleep(0)
        server.close()
        await everybody.finish()


class Connections:
    """All connections. Those in `waiting` wait for their client, the longest first; `held`: bytes of bodies."""

    def __init__(self, app: App, loop: asyncio.AbstractEventLoop, most: int) -> None:
        self.app = app
        self.loop = loop
        self.waiting: dict[Connection, None] = {}
        self.held = 0
        self.stopping = False
        self._all: set[Connection] = set()
        self._gone = asyncio.Event()
        self._most = most
        self._date, self._dated = b"", NEVER

    def came(self, connection: Connection) -> None:
        """Who has kept us waiting longest goes: to turn the newest away would let idle ones keep Slack out."""
        self._all.add(connection)
        if len(self._all) > self._most and self.waiting:
            next(iter(self.waiting)).hang_up()

    def went(self, connection: Connection) -> None:
        self._all.discard(connection)
        self._gone.set()

    def date(self) -> bytes:
        """A line of a head, made once a second."""
        now = self.loop.time()
        if not 0 <= now - self._dated < 1:
            self._date, self._dated = f"date: {formatdate(usegmt=True)}\r\n".encode(), now
        return self._date

    async def finish(self) -> None:
        """Returns when everybody has been answered, or has had the time for it."""
        self.stopping = True
        for connection in list(self._all):
            connection.finish()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                while self._all:
                    self._gone.clear()
                    await self._gone.wait()
        except TimeoutError:
            for connection in list(self._all):
                connection.hang_up()


class Connection(asyncio.Protocol):
    """One client's connection, on which requests are answered in order.

    Whenever the next move is the client's, a limit runs; passed, we hang up.
    """

    def __init__(self, everybody: Connections) -> None:
        self._everybody = everybody
        self._app = everybody.app
        self._loop = everybody.loop
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._ends = NEVER  # when we hang up
        self._timer: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._line: deque[tuple[Request, Answer | None]] = deque()  # what is to be answered, in order, and with what
        self._answering: asyncio.Task[None] | None = None
        self._last = False  # nothing after what stands in line is answered
        self._taken = 0  # bytes of the request that is coming in
        self._in_head = False
        self._coming: Request | None = None  # the request that is coming in, while its body is wanted
        self._url, self._headers = b"", list[tuple[bytes, bytes]]()
        self._body = bytearray()

    def hang_up(self) -> None:
        """At once: a polite close would wait until the client has read everything."""
        self._our_turn()
        self._transport.abort()

    def finish(self) -> None:
        """What came whole is answered, and that is all."""
        self._last = True
        if self._answering is None:
            self._transport.close()

    # Limits

    def _their_turn(self, seconds: float) -> None:
        self._everybody.waiting.pop(self, None)
        self._everybody.waiting[self] = None
        self._ends = self._loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._ends:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:  # an earlier one looks again when it is time
            self._timer = self._loop.call_later(seconds, self._look)

    def _our_turn(self) -> None:
        self._everybody.waiting.pop(self, None)
        self._ends = NEVER

    def _look(self) -> None:
        self._timer = None
        if self._ends is NEVER:
            return
        left = self._ends - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self.hang_up()

    # What asyncio calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # of a stream
        self._transport = transport
        self._their_turn(IDLE_SECONDS)
        self._everybody.came(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - gone is gone
        self._our_turn()
        for timer in (self._timer, self._unread):
            if timer is not None:
                timer.cancel()
        self._forget_body()
        for request, _ in self._line:
            self._everybody.held -= len(request.body)
        self._line.clear()
        self._everybody.went(self)

    def data_received(self, data: bytes) -> None:
        if self._last:
            return
        self._taken += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._last = True  # what follows is no HTTP
        except httptools.HttpParserError:
            self._refuse(BAD_REQUEST)
        self._proceed()
        if self._taken > (MOST_HEAD if self._in_head else MOST_REQUEST):
            self.hang_up()

    def pause_writing(self) -> None:
        self._unread = self._loop.call_later(READING_SECONDS, self.hang_up)

    def resume_writing(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    # What httptools calls

    def on_message_begin(self) -> None:
        self._url, self._headers, self._in_head = b"", [], True
        if self._answering is None:
            self._their_turn(REQUEST_SECONDS)

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # what follows a body says nothing
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self._last:
            return
        self._in_head = False
        if len(self._line) >= MOST_AHEAD:
            self._refuse(BAD_REQUEST)
            return
        path, query = _place(self._url)
        request = Request(self._parser.get_method(), path, joined(self._headers), query=query)
        request.stays = self._parser.should_keep_alive()
        answer = self._answered(request)
        if answer is not None:
            self._line.append((request, answer))
            return
        self._coming = request
        if request.headers.get(b"expect", b"").lower() == b"100-continue":
            self._transport.write(_CONTINUE)

    def on_body(self, part: bytes) -> None:
        if self._coming is None:
            return
        self._body += part
        self._everybody.held += len(part)
        if len(self._body) > MAX_BODY:
            self._refuse(TOO_LARGE)
        elif self._everybody.held > MOST_HELD:
            self._refuse(UNAVAILABLE)

    def on_message_complete(self) -> None:
        self._taken = 0
        if self._coming is not None:
            self._coming.body, self._body = self._body, bytearray()
            self._line.append((self._coming, None))
            self._coming = None

    # Answering

    def _refuse(self, status: int) -> None:
        """Answered in its turn, and nothing after it."""
        self._forget_body()
        self._line.append((Request(b"", "", {}), Answer(status)))
        self._last = True

    def _forget_body(self) -> None:
        self._coming = None
        self._everybody.held -= len(self._body)
        self._body = bytearray()

    def _proceed(self) -> None:
        """With whatever is next in line; a request that needs time is answered in a task."""
        while self._line and self._answering is None:
            self._our_turn()
            request, answer = self._line.popleft()
            if answer is not None:
                self._write(request, answer)
            else:
                self._answering = self._loop.create_task(self._answer(request))

    def _answered(self, request: Request) -> Answer | None:
        """Whatever breaks in here, httptools would take for a mistake of the client's, and say nothing."""
        try:
            return self._app.at_once(request)
        except Exception as error:  # noqa: BLE001 - likewise
            log.error("a request broke the HTTP door: %s", outline(error))
            return Answer(SERVER_ERROR)

    async def _answer(self, request: Request) -> None:
        try:
            answer = await self._app.answer(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is told that it is ours
            log.error("a request broke the HTTP door: %s", outline(error))
            answer = Answer(SERVER_ERROR)
        finally:
            self._everybody.held -= len(request.body)
            self._answering = None
        self._write(request, answer)
        self._proceed()

    def _write(self, request: Request, answer: Answer) -> None:
        if self._transport.is_closing():
            return
        over = not request.stays or (not self._line and (self._last or self._is_answered_early()))
        body = b"" if request.method == b"HEAD" else answer.body
        self._transport.write(b"".join((answer.head, self._everybody.date(), _CLOSE if over else _STAY, body)))
        if over:
            self._last = True
            self._transport.close()
        elif not self._line:
            self._their_turn(IDLE_SECONDS)

    def _is_answered_early(self) -> bool:
        """Has the answer overtaken the request's body? The rest of it is not wanted."""
        return self._taken > 0 and not self._in_head and self._coming is None


def _place(url: bytes) -> tuple[str, str]:
    """Path and query as they were sent. A proxy may send the whole address."""
    if not url.startswith(b"/"):
        try:
            parsed = httptools.parse_url(url)
        except httptools.HttpParserInvalidURLError:
            return "", ""
        url = (parsed.path or b"/") + b"?" + (parsed.query or b"")
    path, _, query = url.partition(b"?")
    return path.decode("latin-1"), query.decode("latin-1")


def _most_connections() -> int:
    """Half of the files that we may open at once: the far sides and the disk need some, too."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(MOST_CONNECTIONS, files // 2) if files > 0 else MOST_CONNECTIONS
