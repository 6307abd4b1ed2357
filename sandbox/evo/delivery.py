"""How an answer goes out: whole, in drips, in half, or not at all."""

import asyncio
import contextlib
import socket
import struct

from aiohttp import web

from sandbox.evo.clock import Clock
from sandbox.evo.faults import Delivery, Manner
from sandbox.evo.wire import Answer


async def deliver(request: web.Request, delivery: Delivery, clock: Clock) -> web.StreamResponse:
    """Put it on the wire."""
    if delivery.answer is None:
        end = close if delivery.manner is Manner.CLOSE else abort
        end(request.transport)
        return web.Response(status=500)  # goes nowhere
    answer = _negotiated(request, delivery.answer)
    match delivery.manner:
        case Manner.DRIP:
            return await _drip(request, answer, clock, delivery.pause)
        case Manner.HALF:
            return await _half(request, answer)
        case _:
            return response_of(answer)


def _negotiated(request: web.Request, answer: Answer) -> Answer:
    """Browsers get a page; other forms than JSON are not served here."""
    accept = request.headers.get("Accept", "*/*").lower()
    json_wanted = "json" in accept or "*/*" in accept or "format=json" in request.query_string.lower()
    if json_wanted or request.path.lower().startswith("/json/") or request.path.lower().endswith(".json"):
        return answer
    if not answer.body or "html" not in accept:
        return answer
    return Answer(answer.status, b"<!doctype html><title>Snapshot</title>", "text/html", headers=answer.headers)


def response_of(answer: Answer) -> web.Response:
    """A whole answer."""
    response = web.Response(status=answer.status, reason=answer.reason, body=answer.body or None)
    _head(response, answer)
    return response


def _head(response: web.StreamResponse, answer: Answer) -> None:
    for name, value in answer.headers:
        response.headers.add(name, value)
    if answer.content_type:
        response.headers["Content-Type"] = answer.content_type


async def _begin(request: web.Request, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason)
    response.content_length = len(answer.body)
    _head(response, answer)
    await response.prepare(request)
    return response


async def _drip(request: web.Request, answer: Answer, clock: Clock, pause: float) -> web.StreamResponse:
    response = await _begin(request, answer)
    with contextlib.suppress(ConnectionError):
        for byte in answer.body:
            await response.write(bytes([byte]))
            await clock.sleep(pause)
    return response


async def _half(request: web.Request, answer: Answer) -> web.StreamResponse:
    """The announced length, half of it, and then a polite end of the connection."""
    response = await _begin(request, answer)
    await response.write(answer.body[: len(answer.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def close(transport: asyncio.Transport | None) -> None:
    """In good order, with nothing said."""
    if transport is not None:
        transport.close()


def abort(transport: asyncio.Transport | None) -> None:
    """Reset rather than close: nothing unsent goes out, and the other side sees an error at once."""
    if transport is None:
        return
    line = transport.get_extra_info("socket")
    if line is not None:
        with contextlib.suppress(OSError):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
