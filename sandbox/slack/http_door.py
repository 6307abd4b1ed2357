"""Deliveries by HTTP: signed POSTs to the app's one URL."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp

from sandbox.slack.delivery import Outcome, Parcel, Receipt, What

if TYPE_CHECKING:
    from sandbox.slack.settings import Settings
    from sandbox.slack.world import Json

FORM = "application/x-www-form-urlencoded"
REDIRECTS = 2


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Slack's v0 signature. Source: docs authentication/verifying-requests-from-slack."""
    signed = b"v0:" + str(timestamp).encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class HttpDoor:
    """POSTs to `settings.events_url`; open while there is one."""

    name = "http"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    def is_open(self) -> bool:
        """Whether the app's URL is known."""
        return self._settings.events_url is not None

    async def start(self) -> None:
        """Needs a running loop."""
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def stop(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def deliver(self, parcel: Parcel) -> Receipt:
        """Try once."""
        body = _body(parcel)
        try:
            return await self._post(body, self._headers(parcel, body))
        except TimeoutError:
            return Receipt(Outcome.TIMEOUT)
        except aiohttp.ClientError as error:
            return Receipt(Outcome.UNREACHABLE, detail=type(error).__name__)

    async def _post(self, body: bytes, headers: dict[str, str]) -> Receipt:
        if self._session is None or self._settings.events_url is None:
            return Receipt(Outcome.UNREACHABLE, detail="not started")
        limit = aiohttp.ClientTimeout(total=self._settings.patience)
        url = self._settings.events_url
        async with self._session.post(
            url,
            data=body,
            headers=headers,
            timeout=limit,
            max_redirects=REDIRECTS,
        ) as answer:
            return _receipt(answer.status, await answer.text(), answer.headers.get("x-slack-no-retry", ""))

    def _headers(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        now = int(time.time())
        headers = {
            "Content-Type": "application/json" if parcel.what is What.EVENT else FORM,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": str(now),
            "X-Slack-Signature": signature(self._settings.signing_secret, now, body),
        }
        retry = {"X-Slack-Retry-Num": str(parcel.attempt), "X-Slack-Retry-Reason": parcel.reason}
        return headers | (retry if parcel.attempt else {})


def _body(parcel: Parcel) -> bytes:
    if parcel.what is What.EVENT:
        return json.dumps(parcel.payload).encode()
    if parcel.what is What.SLASH:
        return urlencode(parcel.payload).encode()
    return urlencode({"payload": json.dumps(parcel.payload)}).encode()


def _receipt(status: int, text: str, no_retry: str) -> Receipt:
    if status // 100 != 2:  # noqa: PLR2004 - 2xx
        return Receipt(Outcome.REFUSED, _parsed(text), f"HTTP {status}", final=no_retry == "1")
    return Receipt(Outcome.ACKED, _parsed(text))


def _parsed(text: str) -> Json | str | None:
    try:
        found: Any = json.loads(text)
    except ValueError:
        return text or None
    return found if isinstance(found, dict) else text
