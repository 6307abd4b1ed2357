"""Is this request from Slack? Decided on raw bytes, cheaply, before anything is parsed.

Slack signs `v0:<timestamp>:<raw body>` with HMAC-SHA256 (Slack docs: verifying requests).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping

from bot.clock import Clock
from bot.intake.wire import MAX_BODY, TOO_LARGE

MAX_AGE = 300  # seconds, past or future
UNAUTHORIZED = 401

_STAMP = re.compile(rb"[0-9]{1,12}")
_SIGNATURE = re.compile(rb"v0=[0-9a-f]{64}")


class Guard:
    """Refuses to be made with a blank secret: a bot with one would believe anybody."""

    def __init__(self, secret: str, clock: Clock) -> None:
        if not secret.strip():
            raise ValueError("the signing secret is blank")
        self._keyed = hmac.new(secret.encode(), digestmod="sha256")
        self._clock = clock

    def refusal(self, headers: Mapping[bytes, bytes], body: bytes) -> int | None:
        """The status to refuse with, or None for a request that Slack has signed within the last five minutes.

        Header names are in lower case.
        """
        if len(body) > MAX_BODY:
            return TOO_LARGE
        stamp = headers.get(b"x-slack-request-timestamp", b"")
        signature = headers.get(b"x-slack-signature", b"")
        if not _STAMP.fullmatch(stamp) or not _SIGNATURE.fullmatch(signature):
            return UNAUTHORIZED
        if abs(self._clock.now() - int(stamp)) > MAX_AGE:
            return UNAUTHORIZED
        expected = self._keyed.copy()
        expected.update(b"v0:" + stamp + b":" + body)
        return None if hmac.compare_digest(f"v0={expected.hexdigest()}".encode(), signature) else UNAUTHORIZED
