"""Sorts what Slack sends: messages to the thread door, everything else to Bolt. The same for both modes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.bridge import NotYet
from bot.store import StoreError

log = logging.getLogger(__name__)

ACK_SECONDS = 2.5  # Slack waits three
OURS = frozenset({"message", "app_mention"})


class Door:
    """`on_message` returns when the message is on the disk, and raises when it is not."""

    def __init__(self, on_message: Callable[[Mapping[str, Any]], Awaitable[None]]) -> None:
        self._on_message = on_message

    async def event(self, payload: Mapping[str, Any]) -> bool:
        """True when Slack may forget the event: it is stored, or it is none of ours."""
        event = payload.get("event")
        kind = event.get("type") if isinstance(event, Mapping) else None
        if not isinstance(kind, str) or kind not in OURS:
            return True
        try:
            async with asyncio.timeout(ACK_SECONDS):
                await self._on_message(payload)
        except NotYet:
            return False  # Slack brings it again in a moment
        except (StoreError, TimeoutError) as error:
            log.error("an event could not be stored, Slack will bring it again: %s", error)
            return False
        except Exception:
            log.exception("an event broke the thread door, Slack will bring it again")
            return False
        return True
