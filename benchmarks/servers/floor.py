"""The floor: an ASGI app that checks Slack's signature and says 200. No framework can be cheaper."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from benchmarks.names import SECRET


async def app(
    scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """For uvicorn."""
    headers, body = dict(scope["headers"]), b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    signed = b"v0:" + headers.get(b"x-slack-request-timestamp", b"") + b":" + body
    expected = b"v0=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest().encode()
    good = hmac.compare_digest(expected, headers.get(b"x-slack-signature", b""))
    await send({"type": "http.response.start", "status": 200 if good else 401, "headers": []})
    await send({"type": "http.response.body", "body": b""})
