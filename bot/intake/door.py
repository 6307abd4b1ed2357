"""Sorts what Slack sends: messages to the thread door, everything else to Bolt. The same for both modes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from bot.bridge import NotYet
from bot.inbox import Inbox
from bot.outline import outline
from bot.store import StoreError

log = logging.getLogger(__name__)

OURS = frozenset({"message", "app_mention"})
# Nothing is lost with one of these: they are not stored.
GLANCES = frozenset({"app_home_opened", "channel_shared", "channel_unshared"})
MOST_WAITING = 1000  # changes that wait for the disk; Slack keeps, for a while, what is not taken


class Door:
    """`on_message` returns when the message is on the disk, and raises when it is not. `on_glance` takes no time.

    `waiting`: how many changes wait for the disk. `rush` is entered while an ack is pending. Slack waits three seconds
    for an answer, and then brings the event again; what it has brought before goes on meanwhile, and is stored once. In
    a rush messages are kept in the `inbox` first. `home`: under whose name everything is kept, whoever it came from in
    a channel that several share, or in an organization.
    """

    def __init__(
        self,
        on_message: Callable[[Mapping[str, Any]], Awaitable[None]],
        on_glance: Callable[[Mapping[str, Any]], None] = lambda _: None,
        rush: AbstractContextManager[None] | None = None,
        waiting: Callable[[], int] = lambda: 0,
        inbox: Inbox | None = None,
        home: str = "",
    ) -> None:
        self._on_message = on_message
        self._on_glance = on_glance
        self._rush = rush or nullcontext()
        self._waiting = waiting
        self._inbox = inbox
        self._home = home

    async def event(self, payload: Mapping[str, Any], body: bytes | None = None) -> bool:
        """True when Slack may forget the event: it is stored, or it is none of ours. `body`: as it came, if it did."""
        if self._home and payload.get("team_id") != self._home:
            payload, body = {**payload, "team_id": self._home}, None
        event = payload.get("event")
        kind = event.get("type") if isinstance(event, dict) else None
        if not isinstance(kind, str) or kind not in OURS:
            if isinstance(kind, str) and kind in GLANCES:
                self._glance(payload)
            return True
        if self._waiting() >= MOST_WAITING:
            return False
        try:
            with self._rush:
                if self._inbox is not None and self._inbox.wants(payload):
                    await self._inbox.keep(payload, body)
                else:
                    await self._on_message(payload)
        except NotYet:
            return False  # Slack brings it again in a moment
        except StoreError as error:
            log.error("an event could not be stored, Slack will bring it again: %s", error)
            return False
        except Exception as error:  # noqa: BLE001 - whatever it is, Slack is to bring it again
            log.error("an event broke the thread door: %s", outline(error))
            return False
        return True

    def _glance(self, payload: Mapping[str, Any]) -> None:
        try:
            self._on_glance(payload)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing was promised
            log.error("a glance at the app broke: %s", outline(error))
