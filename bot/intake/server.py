"""The HTTP server: uvicorn, with an end to everything that depends on the client.

By itself uvicorn waits for ever for a request to begin or to become whole, keeps whatever a client sends as its head,
and waits as long for somebody who does not read the answer.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from bot.intake.guard import MAX_BODY
from bot.intake.http import HttpApp

log = logging.getLogger(__name__)

IDLE_SECONDS = 5.0  # until a request begins, on a new connection or after an answer
REQUEST_SECONDS = 5.0  # from a request's first byte to its last
READING_SECONDS = 5.0  # for taking in the answers that wait to leave
MOST_HEAD = 64 << 10  # bytes before a body
MOST_REQUEST = 2 * MAX_BODY  # bytes of a request with all that is around its body
MOST_AHEAD = 8  # requests sent without waiting for an answer
MOST_CONNECTIONS = 1000
STOP_SECONDS = 5


class CannotListen(Exception):
    """The address is taken or not ours."""


class TooManyAhead(Exception):
    """uvicorn keeps a request of twenty bytes in some thousand; answered 400 like whatever else it cannot parse."""


def listen(host: str, port: int) -> socket.socket:
    """Binds before anything else starts. Raises CannotListen with a sentence for the operator."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise CannotListen(f"Cannot listen on {host}:{port}: {error.strerror}. Change EVOBOT_PORT.") from error
    log.info("listening on http://%s:%s", host, bound.getsockname()[1])
    return bound


async def serve(app: HttpApp, bound: socket.socket, stopping: asyncio.Event) -> None:
    """Serves on a bound socket until told to stop; what is under way is finished first."""
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.ERROR,  # its warnings are one for each malformed request: strangers could fill the log
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    server.should_exit = True
    await serving


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.server_state = Connections(_most_connections())

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the service's business."""
        yield


class Connections(ServerState):
    """All connections; `waiting` are those whose next move is the client's, the longest waiting first."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.waiting: dict[Connection, None] = {}
        self._most = most

    def make_room(self) -> None:
        """Who has kept us waiting longest goes: to turn the newest away would let idle ones keep Slack out."""
        if len(self.connections) > self._most and self.waiting:
            next(iter(self.waiting)).hang_up()


class Connection(HttpToolsProtocol):
    """One client's connection. Whenever the next move is the client's, a limit runs; passed, we hang up."""

    def __init__(self, config: uvicorn.Config, server_state: Connections, *others: Any, **more: Any) -> None:
        super().__init__(config, server_state, *others, **more)
        self._all = server_state
        self._limit: asyncio.TimerHandle | None = None
        self._unread_limit: asyncio.TimerHandle | None = None
        self._taken = 0  # bytes of the request that is coming in
        self._in_head = False

    def hang_up(self) -> None:
        """At once: a polite close would wait until the client has read everything."""
        self._our_turn()
        self.transport.abort()

    def _their_turn(self, seconds: float) -> None:
        self._our_turn()
        self._limit = self.loop.call_later(seconds, self.hang_up)
        self._all.waiting[self] = None

    def _our_turn(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
        self._all.waiting.pop(self, None)

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        super().connection_made(transport)
        self._their_turn(IDLE_SECONDS)
        self._all.make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._our_turn()
        self._all_read()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._taken += len(data)
        super().data_received(data)
        if self._taken > (MOST_HEAD if self._in_head else MOST_REQUEST):
            self.hang_up()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_limit = self.loop.call_later(READING_SECONDS, self.hang_up)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._all_read()

    def _all_read(self) -> None:
        if self._unread_limit is not None:
            self._unread_limit.cancel()
            self._unread_limit = None

    # Requests on it

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        if not self._answering():
            self._their_turn(REQUEST_SECONDS)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= MOST_AHEAD:
            raise TooManyAhead
        super().on_headers_complete()
        self._in_head = False

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._taken = 0
        self._our_turn()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._answering():
            return  # the next one came ahead
        if self.cycle.more_body:
            self.transport.close()  # answered before it was whole: the rest is not wanted
        self._their_turn(IDLE_SECONDS)


def _most_connections() -> int:
    """Half of the files that we may open at once: the far sides and the disk need some, too."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(MOST_CONNECTIONS, files // 2) if files > 0 else MOST_CONNECTIONS
