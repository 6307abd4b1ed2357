"""HTTP: a thin ASGI app. POST /slack/events for everything from Slack, GET /healthz and /readyz for the operator."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from bot.intake.door import ACK_SECONDS, Door, outline
from bot.intake.guard import MAX_BODY, TOO_LARGE, Guard

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

log = logging.getLogger(__name__)

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

BODY_SECONDS = 4.0  # the server hangs up after five
MOST_HELD = 64 << 20  # bytes of bodies on their way in, all together: anybody can send some
BAD_REQUEST, NOT_FOUND, NOT_ALLOWED, UNAVAILABLE, REQUEST_TIMEOUT = 400, 404, 405, 503, 408
TEXT = "text/plain; charset=utf-8"


class Answer(Exception):
    """Ends a request here."""

    def __init__(self, status: int, body: str = "", content_type: str = TEXT) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = {"content-type": [content_type]}


class HttpApp:
    """The door may be opened later: until then Slack is told to come again. For Bolt, later still, one waits.

    `guard` is None in Socket Mode, where nothing from Slack comes this way.
    """

    def __init__(
        self, guard: Guard | None, troubles: Callable[[], list[str]], remarks: Callable[[], list[str]] = list
    ) -> None:
        self._guard = guard
        self._troubles = troubles
        self._remarks = remarks
        self._door: Door | None = None
        self._bolt: AsyncApp | None = None
        self._bolt_there = asyncio.Event()
        self._held = 0

    def open(self, door: Door) -> None:
        """From now on events are taken; commands, buttons and forms wait until Bolt is there."""
        self._door = door

    def interact(self, bolt: AsyncApp) -> None:
        """From now on Bolt is there."""
        self._bolt = bolt
        self._bolt_there.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            answer = await self._answer(scope, receive)
        except Answer as early:
            answer = early
        headers = [(name.encode(), value.encode()) for name, values in answer.headers.items() for value in values]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body.encode(errors="replace")})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path, method = scope["path"], scope["method"]
        if path == "/healthz":
            return Answer(200, _lines(["ok", *self._remarks()]))
        if path == "/readyz":
            troubles = self._troubles()
            return Answer(UNAVAILABLE if troubles else 200, _lines([*(troubles or ["ready"]), *self._remarks()]))
        if path != "/slack/events" or self._guard is None:
            return Answer(NOT_FOUND)
        if method != "POST":
            return Answer(NOT_ALLOWED)
        return await self._from_slack(scope, receive, self._guard)

    async def _from_slack(self, scope: Scope, receive: Receive, guard: Guard) -> Answer:
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:  # what is said twice is joined, as HTTP has it, so no second one hides
            there = headers.get(name.lower())
            headers[name.lower()] = value if there is None else there + b", " + value
        body = await self._read(headers, receive)
        refused = guard.refusal(headers, body)
        if refused is not None:
            return Answer(refused)
        if headers.get(b"content-type", b"").startswith(b"application/json"):
            return await self._json(self._door, body)
        return await self._interaction(await self._bolt_soon(), headers, body)

    async def _bolt_soon(self) -> AsyncApp:
        """It is imported and made while the first events are taken. Slack does not repeat what it is needed for."""
        if self._bolt is None and self._door is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._bolt_there.wait(), ACK_SECONDS)
        if self._bolt is None:
            raise Answer(UNAVAILABLE)
        return self._bolt

    async def _read(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or len(declared) > len(str(MAX_BODY)) or int(declared) > MAX_BODY:
            raise Answer(TOO_LARGE)
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while await self._more(body, receive):
                    pass
        except TimeoutError:
            raise Answer(REQUEST_TIMEOUT) from None
        finally:
            self._held -= len(body)
        return bytes(body)

    async def _more(self, body: bytearray, receive: Receive) -> bool:
        """Adds what has come; False when that was all."""
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Answer(BAD_REQUEST)
        part = message.get("body", b"")
        body += part
        self._held += len(part)
        if len(body) > MAX_BODY:
            raise Answer(TOO_LARGE)
        if self._held > MOST_HELD:
            raise Answer(UNAVAILABLE)
        return bool(message.get("more_body"))

    async def _json(self, door: Door | None, body: bytes) -> Answer:
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError):
            return Answer(BAD_REQUEST)
        if not isinstance(payload, dict):
            return Answer(BAD_REQUEST)
        if payload.get("type") == "url_verification":
            return Answer(200, str(payload.get("challenge", "")))
        if payload.get("type") != "event_callback":
            return Answer(200)
        return Answer(200 if door is not None and await door.event(payload) else UNAVAILABLE)

    async def _interaction(self, bolt: AsyncApp, headers: Mapping[bytes, bytes], body: bytes) -> Answer:
        """Commands, buttons, modals, options: Bolt's work. Slack does not repeat these."""
        text, fields = _form(body)
        if fields.get("ssl_check"):
            return Answer(200)  # Slack looks whether we are there
        names: dict[str, str | Sequence[str]] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()
        }
        from slack_bolt.async_app import AsyncBoltRequest  # noqa: PLC0415 - there with Bolt, and no sooner

        try:
            response = await bolt.async_dispatch(AsyncBoltRequest(body=text, headers=names))
        except Exception as error:  # noqa: BLE001 - Bolt trusts the shape of a payload before it catches anything
            log.error("a payload broke Bolt: %s", outline(error))
            return Answer(BAD_REQUEST)
        answer = Answer(response.status, response.body or "")
        answer.headers = {name: list(values) for name, values in response.headers.items()}
        return answer


def _form(body: bytes) -> tuple[str, dict[str, str]]:
    """The body as text and as fields, if it is a form that Bolt can read without tripping."""
    try:
        text = body.decode()
        fields = dict(parse_qsl(text, keep_blank_values=True))
        if "payload" in fields and not isinstance(json.loads(fields["payload"]), dict):
            raise Answer(BAD_REQUEST)
    except (ValueError, RecursionError):
        raise Answer(BAD_REQUEST) from None
    return text, fields


def _lines(said: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in said)
