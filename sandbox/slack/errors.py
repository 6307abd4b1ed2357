"""What can go wrong, named by consequence.

RefusedError: a Web API call is answered ok:false.
GestureError: a person could not have done that in a Slack client.
"""

from __future__ import annotations

from typing import Any


class RefusedError(Exception):
    """The Web API says no: `code` is Slack's error code, `extra` goes beside it in the answer."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra

    def answer(self) -> dict[str, Any]:
        """The body Slack sends with HTTP 200."""
        return {"ok": False, "error": self.code, **self.extra}


class GestureError(Exception):
    """No Slack client would have let a person do this; nothing was sent to the app."""


def invalid_arguments(*messages: str) -> RefusedError:
    """Slack's answer to malformed arguments, with one line for each fault."""
    lines = [f"[ERROR] {message}" for message in messages]
    return RefusedError("invalid_arguments", response_metadata={"messages": lines})
