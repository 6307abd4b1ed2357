"""What a failed call means for the caller.

    EvoError
    ├── NotSent        certainly had no effect: may be tried again
    ├── Throttled      429, not processed: may be tried again after .retry_after
    ├── Unsure         may have had its effect: look before repeating
    ├── Refused        a definite no: .status, .code, .reason
    ├── Unauthorized   nobody is signed in and signing in does not help
    └── BadId          (also a ValueError) an id that may not enter a path; no request was made

The first line of a class's docstring is its message when none is given. No message holds a request's or an answer's
body, a query or a secret; `Refused.reason` is the one place where the server's own words appear, cleaned.
"""

from __future__ import annotations

import inspect


class EvoError(Exception):
    """The call to Evo Voice failed."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (inspect.getdoc(type(self)) or "").partition("\n")[0])


class NotSent(EvoError):
    """Evo Voice was not reached; nothing has happened there.

    DNS, refused connection, timeout before the connection stood, full pool, or signing in failed for want of an answer.
    """


class Throttled(EvoError):
    """Evo Voice asks for patience (HTTP 429).

    `retry_after` is in seconds, 0 to 900, or None when the server did not say.
    """

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unsure(EvoError):
    """The request may have had its effect; the answer is missing or unreadable.

    `status` is the HTTP status when one came (2xx with an unreadable body, 408, 5xx), else None.
    """

    def __init__(self, message: str | None = None, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Refused(EvoError):
    """Evo Voice refused the request; nothing has happened there.

    `code` is ServiceStack's errorCode, `reason` the server's message: one line of at most 300 characters, no HTML.
    """

    def __init__(self, status: int, *, code: str | None = None, reason: str) -> None:
        head = f"HTTP {status} {code}" if code else f"HTTP {status}"
        super().__init__(reason if reason.startswith(head) else f"{head}: {reason}")
        self.status = status
        self.code = code
        self.reason = reason


class Unauthorized(EvoError):
    """Evo Voice does not accept the bot's login."""


class BadId(EvoError, ValueError):
    """Not an id that may be put into a path."""
