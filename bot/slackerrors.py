"""What a failed call of Slack's Web API means for us.

SlackError
├── SlackAway        no effect, may be tried again after .retry_after seconds (not reached, or 429)
├── SlackUnsure      may have had its effect (answer lost, 5xx, internal_error)
├── SlackGone        this channel or message cannot be reached any more
├── SlackSignedOut   the token is no longer good
└── SlackRefused     a definite no: .code is Slack's word for it
    ├── SlackGone        (above)
    └── SlackUngranted   a scope is missing: .needed says which
"""

from __future__ import annotations

import re
from collections.abc import Mapping

TOO_MANY = 429
LONGEST_PATIENCE = 900.0  # whatever Slack asks for; a clock that was set back makes nobody wait longer

GONE = frozenset(
    {
        "cannot_reply_to_message",
        "cant_update_message",
        "channel_not_found",
        "edit_window_closed",
        "is_archived",
        "message_not_found",
        "no_permission",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "thread_not_found",
    }
)
SIGNED_OUT = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})
MAYBE = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
# Said with HTTP 200, but passing.
LATER = frozenset(
    {
        "accesslimited",
        "message_limit_exceeded",
        "org_login_required",
        "rate_limited",
        "ratelimited",
        "team_added_to_org",
    }
)
MISSING_SCOPE = "missing_scope"
_SCOPES = re.compile(r"[a-z][a-z._:, ]{1,999}")
_CODE = re.compile(r"[a-z][a-z0-9_]{1,79}")  # what does not look like one is somebody's words, and not repeated


class SlackError(Exception):
    """Slack did not do what was asked."""


class SlackAway(SlackError):
    """Slack was not reached, or asks for patience. Nothing happened."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SlackUnsure(SlackError):
    """The answer was lost; it may have happened."""


class SlackRefused(SlackError):
    """Slack said no."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SlackGone(SlackRefused):
    """The channel, thread or message is out of reach."""


class SlackUngranted(SlackRefused):
    """The app has not been granted what this needs, and has one feature less until it is."""

    def __init__(self, needed: str, provided: str = "") -> None:
        super().__init__(MISSING_SCOPE)
        self.needed = needed
        self.provided = provided


class SlackAstray(SlackGone):
    """Slack put a reply somewhere else than into its thread; it has been taken back."""


class SlackSignedOut(SlackError):
    """Slack no longer knows this token. Nothing happened, and nothing will until a person acts."""


def refusal(status: int, retry_after: str | None, data: object) -> SlackError:
    """What an answer means that is no good one."""
    said = data.get("error") if isinstance(data, Mapping) else None
    code = said if isinstance(said, str) and _CODE.fullmatch(said) else ""
    if status == TOO_MANY or code in LATER:
        return SlackAway("rate limited", _seconds(retry_after))
    if not code or code in MAYBE:
        return SlackUnsure(code or f"HTTP {status}")
    if code in SIGNED_OUT:
        return SlackSignedOut(code)
    if code == MISSING_SCOPE and isinstance(data, Mapping) and (needed := _scopes(data.get("needed"))):
        return SlackUngranted(needed, _scopes(data.get("provided")))
    return SlackGone(code) if code in GONE else SlackRefused(code)


def _scopes(said: object) -> str:
    return said if isinstance(said, str) and _SCOPES.fullmatch(said) else ""


def _seconds(text: str | None) -> float:
    try:
        return min(max(float(text or 1), 0.1), LONGEST_PATIENCE)
    except ValueError:
        return 30.0
