"""Socket Mode: single-use WebSocket URLs, envelopes, acks. Source: docs apis/events-api/using-socket-mode."""

from __future__ import annotations

import asyncio
import itertools
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from sandbox.slack.delivery import Outcome, Parcel, Receipt, What
from sandbox.slack.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.slack.journal import Journal
    from sandbox.slack.settings import Settings
    from sandbox.slack.world import Json

MOST_CONNECTIONS = 10
CONNECTION_SECONDS = 18060
CLOSING_SECONDS = 1.0
RETRY_REASONS = {str(Outcome.TIMEOUT): "timeout"}


@dataclass(slots=True, eq=False)
class _Link:
    """One open socket and the acknowledgements it owes."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    owed: dict[str, asyncio.Future[Receipt]] = field(default_factory=dict)

    def abandon(self) -> None:
        """Nothing will be acknowledged here any more."""
        for future in self.owed.values():
            if not future.done():
                future.set_result(Receipt(Outcome.UNREACHABLE, detail="the socket closed before the ack"))
        self.owed.clear()


class SocketDoor:
    """Open while at least one socket is."""

    name = "socket"

    def __init__(self, settings: Settings, journal: Journal, app_id: str) -> None:
        self._settings = settings
        self._journal = journal
        self._app_id = app_id
        self._tickets: set[str] = set()
        self._links: list[_Link] = []
        self._turn = itertools.count()
        self.on_open: Callable[[], None] = lambda: None

    @property
    def connections(self) -> int:
        """How many sockets are open."""
        return len(self._links)

    def is_open(self) -> bool:
        """Whether there is a socket to send on."""
        return bool(self._links)

    def ticket(self) -> str:
        """What makes a WebSocket URL valid, once."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The app's end of a socket, until it closes."""
        if not self._spend(request.query.get("ticket", "")):
            self._journal.note(Kind.SOCKET, what="refused")
            return web.Response(status=403)
        socket = web.WebSocketResponse(timeout=CLOSING_SECONDS)
        await socket.prepare(request)
        if len(self._links) >= MOST_CONNECTIONS:
            return await self._turn_away(socket)
        await self._attend(_Link(socket, request.transport))
        return socket

    async def deliver(self, parcel: Parcel) -> Receipt:
        """Try once, on any one of the sockets."""
        link = self._links[next(self._turn) % len(self._links)]
        envelope = self._envelope(parcel)
        receipt = asyncio.get_running_loop().create_future()
        link.owed[envelope["envelope_id"]] = receipt
        try:
            await link.socket.send_str(json.dumps(envelope))
            return await asyncio.wait_for(receipt, self._settings.patience)
        except TimeoutError:
            return Receipt(Outcome.TIMEOUT)
        except ConnectionError:
            return Receipt(Outcome.UNREACHABLE, detail="the socket closed while sending")
        finally:
            link.owed.pop(envelope["envelope_id"], None)

    async def disconnect(self, reason: str) -> int:
        """Tell every client to reconnect: warning, refresh_requested or link_disabled. The number told."""
        links = list(self._links)
        for link in links:
            await link.socket.send_str(_farewell(reason))
        self._journal.note(Kind.SOCKET, what="disconnect", reason=reason, connections=len(links))
        return len(links)

    async def drop(self, *, rude: bool = False) -> int:
        """Close every socket without a word; if `rude`, without closing it properly either. The number closed."""
        links = list(self._links)
        for link in links:
            link.abandon()
            if rude and link.transport is not None:
                link.transport.abort()
            else:
                await link.socket.close()
        return len(links)

    def _spend(self, ticket: str) -> bool:
        known = ticket in self._tickets
        self._tickets.discard(ticket)
        return known

    async def _turn_away(self, socket: web.WebSocketResponse) -> web.WebSocketResponse:
        self._journal.note(Kind.SOCKET, what="refused", reason="too_many_websockets")
        await socket.send_str(_farewell("too_many_websockets"))
        await socket.close()
        return socket

    async def _attend(self, link: _Link) -> None:
        self._links.append(link)
        self._journal.note(Kind.SOCKET, what="opened", connections=len(self._links))
        try:
            await link.socket.send_str(self._hello())
            self.on_open()
            async for message in link.socket:
                if message.type is WSMsgType.TEXT:
                    self._hear(message.data)
        finally:
            self._links.remove(link)
            link.abandon()
            self._journal.note(Kind.SOCKET, what="closed", connections=len(self._links))

    def _hear(self, text: str) -> None:
        """An ack may come on another socket than its envelope went out on."""
        try:
            answer = json.loads(text)
        except ValueError:
            return
        if not isinstance(answer, dict):
            return
        envelope_id = str(answer.get("envelope_id"))
        owed = (link.owed.get(envelope_id) for link in self._links)
        future = next((found for found in owed if found is not None), None)
        if future is not None and not future.done():
            future.set_result(Receipt(Outcome.ACKED, answer.get("payload")))

    def _hello(self) -> str:
        return json.dumps(
            {
                "type": "hello",
                "num_connections": len(self._links),
                "connection_info": {"app_id": self._app_id},
                "debug_info": {"host": "standin", "approximate_connection_time": CONNECTION_SECONDS},
            },
        )

    @staticmethod
    def _envelope(parcel: Parcel) -> Json:
        envelope: dict[str, Any] = {
            "envelope_id": str(uuid.uuid4()),
            "type": str(parcel.what),
            "payload": parcel.payload,
            "accepts_response_payload": parcel.what is not What.EVENT,
        }
        if parcel.what is What.EVENT:
            reason = RETRY_REASONS.get(parcel.reason, parcel.reason)
            envelope |= {"retry_attempt": parcel.attempt, "retry_reason": reason}
        return envelope


def _farewell(reason: str) -> str:
    return json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "standin"}})
