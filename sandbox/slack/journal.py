from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.slack.clock import Clock


class Kind(StrEnum):
    """What an entry is about."""

    API = "api"
    DELIVERY = "delivery"
    RESPONSE_URL = "response_url"
    SOCKET = "socket"


class Journal:
    """Everything that passed between Slack and the app, in order: the checker's source.

    Each entry is a plain dict with `n` (1, 2, …), `at` (seconds since 1970), `kind` and, by kind:
    api: method, args (token left out), status (HTTP; 0 when cut off), answer, fault, effect (did the world change),
    retry_after (seconds, or None);
    delivery: what, event_id, type, ts (of the message an event is about), attempt, transport, outcome, reason;
    response_url: path, user, used, status, answer;
    socket: what (opened, closed, refused, disconnect).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[dict[str, Any]] = []

    def note(self, kind: Kind, **facts: Any) -> None:
        """Write one entry."""
        number = len(self._entries) + 1
        self._entries.append({"n": number, "at": self._clock.now(), "kind": str(kind), **facts})

    def entries(self, kind: str | None = None, since: int = 0) -> list[dict[str, Any]]:
        """Entries after number `since`, all or those of one kind."""
        later = self._entries[since:]
        return [entry for entry in later if kind is None or entry["kind"] == kind]

    def calls(self, method: str) -> list[dict[str, Any]]:
        """The Web API calls of one method."""
        return [entry for entry in self.entries(Kind.API) if entry["method"] == method]

    def deliveries(self, event_type: str | None = None) -> list[dict[str, Any]]:
        """The delivery attempts, all or those of one event type."""
        found = self.entries(Kind.DELIVERY)
        return [entry for entry in found if event_type is None or entry["type"] == event_type]
