"""What is answered over HTTP: POST /slack/events to Slack, GET /healthz and /readyz to the operator."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from bot.intake.door import Door
from bot.intake.guard import Guard
from bot.intake.wire import BAD_REQUEST, MAX_BODY, NOT_ALLOWED, NOT_FOUND, TOO_LARGE, UNAVAILABLE, Answer, Request
from bot.outline import outline

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

log = logging.getLogger(__name__)

BOLT_SECONDS = 2.5  # Slack waits three
TAKEN: Final = Answer(200)
LATER: Final = Answer(UNAVAILABLE)  # Slack brings it again


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

    def open(self, door: Door) -> None:
        """From now on events are taken; commands, buttons and forms wait until Bolt is there."""
        self._door = door

    def interact(self, bolt: AsyncApp) -> None:
        """From now on Bolt is there."""
        self._bolt = bolt
        self._bolt_there.set()

    def at_once(self, request: Request) -> Answer | None:
        """All that is not from Slack, and what is far too long; None for what is to be read first."""
        if request.path == "/slack/events" and self._guard is not None:
            if request.method != b"POST":
                return Answer(NOT_ALLOWED)
            return None if _is_measured(request.headers.get(b"content-length", b"0")) else Answer(TOO_LARGE)
        if request.path == "/healthz":
            return Answer(200, _lines(["ok", *self._remarks()]))
        if request.path == "/readyz":
            troubles = self._troubles()
            return Answer(UNAVAILABLE if troubles else 200, _lines([*(troubles or ["ready"]), *self._remarks()]))
        return Answer(NOT_FOUND)

    async def answer(self, request: Request) -> Answer:
        """To something from Slack, if it is from Slack."""
        if self._guard is None:
            return Answer(NOT_FOUND)
        headers, body = request.headers, bytes(request.body)
        refused = self._guard.refusal(headers, body)
        if refused is not None:
            return Answer(refused)
        if headers.get(b"content-type", b"").startswith(b"application/json"):
            return await self._json(self._door, body)
        bolt = await self._bolt_soon()
        return LATER if bolt is None else await self._interaction(bolt, headers, body)

    async def _bolt_soon(self) -> AsyncApp | None:
        """It is imported and made while the first events are taken. Slack does not repeat what it is needed for."""
        if self._bolt is None and self._door is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._bolt_there.wait(), BOLT_SECONDS)
        return self._bolt

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
            return TAKEN
        return TAKEN if door is not None and await door.event(payload, body) else LATER

    async def _interaction(self, bolt: AsyncApp, headers: Mapping[bytes, bytes], body: bytes) -> Answer:
        """Commands, buttons, modals, options: Bolt's work. Slack does not repeat these."""
        form = _form(body)
        if form is None:
            return Answer(BAD_REQUEST)
        text, fields = form
        if fields.get("ssl_check"):
            return TAKEN  # Slack looks whether we are there
        names: dict[str, str | Sequence[str]] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()
        }
        from slack_bolt.async_app import AsyncBoltRequest  # noqa: PLC0415 - there with Bolt, and no sooner

        try:
            response = await bolt.async_dispatch(AsyncBoltRequest(body=text, headers=names))
        except Exception as error:  # noqa: BLE001 - Bolt trusts the shape of a payload before it catches anything
            log.error("a payload broke Bolt: %s", outline(error))
            return Answer(BAD_REQUEST)
        return Answer(response.status, response.body or "", response.headers)


def _is_measured(length: bytes) -> bool:
    """A number of bytes that are not too many."""
    return length.isdigit() and len(length) <= len(str(MAX_BODY)) and int(length) <= MAX_BODY


def _form(body: bytes) -> tuple[str, dict[str, str]] | None:
    """The body as text and as fields; None when it is no form that Bolt can read without tripping."""
    try:
        text = body.decode()
        fields = dict(parse_qsl(text, keep_blank_values=True))
        if "payload" in fields and not isinstance(json.loads(fields["payload"]), dict):
            return None
    except (ValueError, RecursionError):
        return None
    return text, fields


def _lines(said: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in said)
