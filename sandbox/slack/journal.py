from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.changes import Changes
    from sandbox.slack.clock import Clock

WHOLE = 1000
"""So many of the newest entries are whole; older ones have lost what is BULKY of their kind."""


class Kind(StrEnum):
    """What an entry is about."""

    API = "api"
    DELIVERY = "delivery"
    RESPONSE_URL = "response_url"
    SOCKET = "socket"


BULKY = {Kind.DELIVERY: ("payload", "answer"), Kind.RESPONSE_URL: ("body",)}


class Journal:
    """Everything that passed between Slack and the app, in order: the checker's source.

    Each entry is a plain dict with `n` (1, 2, …), `at` (seconds since 1970), `kind` and, by kind:
    api: method, args (token left out), status (HTTP; 0 when cut off), answer, fault, effect (did the world change),
    retry_after (seconds, or None);
    delivery: what, event_id, type, ts (of the message an event is about), attempt, transport, outcome, reason, payload
    (token left out), answer (the app's body, or None), seconds (how long the attempt took);
    response_url: path, user, used, status, answer, body (what the app posted: JSON, or text that is none);
    socket: what (opened, closed, refused, disconnect).
    Payloads and bodies are the objects that went out, not copies; those of older entries are None (see WHOLE).
    """

    def __init__(self, clock: Clock, changes: Changes) -> None:
        self._clock = clock
        self._changes = changes
        self._entries: list[dict[str, Any]] = []

    def note(self, kind: Kind, **facts: Any) -> None:
        """Write one entry."""
        number = len(self._entries) + 1
        self._entries.append({"n": number, "at": self._clock.now(), "kind": str(kind), **facts})
        if number > WHOLE:
            self._lighten(number - WHOLE - 1)
        self._changes.bump()

    def entries(self, kind: str | None = None, since: int = 0) -> list[dict[str, Any]]:
        """Entries after number `since`, all or those of one kind."""
        later = self._entries[since:]
        return [entry for entry in later if kind is None or entry["kind"] == kind]

    def newest(self, since: int = 0) -> list[dict[str, Any]]:
        """Entries after number `since`, but whole ones only."""
        return self._entries[max(since, len(self._entries) - WHOLE, 0) :]

    def calls(self, method: str) -> list[dict[str, Any]]:
        """The Web API calls of one method."""
        return [entry for entry in self.entries(Kind.API) if entry["method"] == method]

    def deliveries(self, event_type: str | None = None) -> list[dict[str, Any]]:
        """The delivery attempts, all or those of one event type."""
        found = self.entries(Kind.DELIVERY)
        return [entry for entry in found if event_type is None or entry["type"] == event_type]

    def _lighten(self, index: int) -> None:
        """Whoever was handed the entry before keeps it whole."""
        entry = self._entries[index]
        bulky = BULKY.get(Kind(entry["kind"]))
        if bulky:
            self._entries[index] = entry | dict.fromkeys(bulky)
