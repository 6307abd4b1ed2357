"""What is answered over HTTP: POST /slack/events to Slack, GET /healthz, /readyz and /takez to the operator."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

from bot.counts import UNSIGNED, Counts
from bot.intake.entrance import Entrance, Front
from bot.intake.guard import Guard
from bot.intake.wire import BAD_REQUEST, MAX_BODY, NOT_ALLOWED, NOT_FOUND, TOO_LARGE, UNAVAILABLE, Answer, Request
from bot.outline import outline

log = logging.getLogger(__name__)

INSTALL, BACK = "/slack/install", "/slack/oauth_redirect"
PAGES: Final = frozenset({INSTALL, BACK})
TAKEN: Final = Answer(200)
LATER: Final = Answer(UNAVAILABLE)  # Slack brings it again


class Pages(Protocol):
    """What people see who install the app."""

    async def page(self, request: Request, /) -> Answer:
        """One of PAGES."""


class HttpApp:
    """`guard` is None in Socket Mode, where nothing from Slack comes this way. `front`: who takes what does.

    `takes`: is what comes stored just now? That is so, too, while a far side is away and the bot is not ready.
    """

    def __init__(
        self,
        guard: Guard | None,
        troubles: Callable[[], list[str]],
        remarks: Callable[[], list[str]] = list,
        front: Front | None = None,
        pages: Pages | None = None,
        counts: Counts | None = None,
        takes: Callable[[], bool] = lambda: True,
    ) -> None:
        self._takes = takes
        self._guard = guard
        self._troubles = troubles
        self._remarks = remarks
        self._front = front or Entrance()
        self._pages = pages
        self._counts = counts or Counts()

    def at_once(self, request: Request) -> Answer | None:
        """All that is not from Slack, and what is far too long; None for what is to be read or thought about first."""
        if request.path == "/slack/events" and self._guard is not None:
            if request.method != b"POST":
                return Answer(NOT_ALLOWED)
            return None if _is_measured(request.headers.get(b"content-length", b"0")) else Answer(TOO_LARGE)
        if self._pages is not None and request.path in PAGES:
            return None if request.method == b"GET" else Answer(NOT_ALLOWED)
        if request.path == "/healthz":
            return Answer(200, _lines(["ok", *self._remarks()]))
        if request.path == "/takez":
            return Answer(200, "takes what comes\n") if self._takes() else Answer(UNAVAILABLE, "takes nothing now\n")
        if request.path == "/readyz":
            troubles = self._troubles()
            return Answer(UNAVAILABLE if troubles else 200, _lines([*(troubles or ["ready"]), *self._remarks()]))
        return Answer(NOT_FOUND)

    async def answer(self, request: Request) -> Answer:
        """To something from Slack, if it is from Slack; to somebody who installs the app."""
        if self._pages is not None and request.path in PAGES:
            return await self._pages.page(request)
        if self._guard is None:
            return Answer(NOT_FOUND)
        headers, body = request.headers, bytes(request.body)
        refused = self._guard.refusal(headers, body)
        if refused is not None:
            self._counts.count(UNSIGNED)
            return Answer(refused)
        if headers.get(b"content-type", b"").startswith(b"application/json"):
            return await self._json(body)
        return await self._interaction(headers, body)

    async def _json(self, body: bytes) -> Answer:
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
        return TAKEN if await self._front.event(payload, body) else LATER

    async def _interaction(self, headers: Mapping[bytes, bytes], body: bytes) -> Answer:
        """Commands, buttons, modals, options: Bolt's work. Slack does not repeat these."""
        form = _form(body)
        if form is None:
            return Answer(BAD_REQUEST)
        text, fields, payload = form
        if fields.get("ssl_check"):
            return TAKEN  # Slack looks whether we are there
        bolt = await self._front.bolt_for(payload)
        if bolt is None:
            return LATER
        if isinstance(bolt, str):
            return Answer(200, bolt if "command" in payload else "")
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


def _form(body: bytes) -> tuple[str, dict[str, str], Mapping[str, Any]] | None:
    """The body as text, as fields, and what it says; None when it is no form that Bolt can read without tripping."""
    try:
        text = body.decode()
        fields = dict(parse_qsl(text, keep_blank_values=True))
        payload = json.loads(fields["payload"]) if "payload" in fields else fields
    except (ValueError, RecursionError):
        return None
    return (text, fields, payload) if isinstance(payload, dict) else None


def _lines(said: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in said)
