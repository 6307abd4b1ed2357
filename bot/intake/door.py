"""Sorts what Slack sends: messages to the thread door, everything else to Bolt. The same for both modes."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from bot.bridge import NotYet
from bot.store import StoreError

log = logging.getLogger(__name__)

ACK_SECONDS = 2.5  # Slack waits three
OURS = frozenset({"message", "app_mention"})
# Nothing is lost with one of these: they are not stored.
GLANCES = frozenset({"app_home_opened", "channel_shared", "channel_unshared"})
MOST_UNDER_WAY = 1000  # events that wait for the disk; Slack keeps, for a while, what is not taken
FRAMES = 4


class Door:
    """`on_message` returns when the message is on the disk, and raises when it is not. `on_glance` takes no time.

    `rush` is entered while an ack is pending.
    """

    def __init__(
        self,
        on_message: Callable[[Mapping[str, Any]], Awaitable[None]],
        on_glance: Callable[[Mapping[str, Any]], None] = lambda _: None,
        rush: AbstractContextManager[None] | None = None,
    ) -> None:
        self._on_message = on_message
        self._on_glance = on_glance
        self._rush = rush or nullcontext()
        self._under_way: set[asyncio.Task[bool]] = set()

    async def event(self, payload: Mapping[str, Any]) -> bool:
        """True when Slack may forget the event: it is stored, or it is none of ours."""
        event = payload.get("event")
        kind = event.get("type") if isinstance(event, Mapping) else None
        if isinstance(kind, str) and kind in GLANCES:
            self._glance(payload)
        if not isinstance(kind, str) or kind not in OURS:
            return True
        if len(self._under_way) >= MOST_UNDER_WAY:
            return False
        taking = asyncio.create_task(self._take(payload))
        self._under_way.add(taking)
        taking.add_done_callback(self._under_way.discard)
        # What is late goes on and still counts as under way: the disk has it in its queue and cannot be told otherwise.
        with self._rush:
            await asyncio.wait({taking}, timeout=ACK_SECONDS)
        if not taking.done():
            log.error("an event was not stored in time, Slack will bring it again")
        return taking.done() and taking.result()

    def _glance(self, payload: Mapping[str, Any]) -> None:
        try:
            self._on_glance(payload)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing was promised
            log.error("a glance at the app broke: %s", outline(error))

    async def _take(self, payload: Mapping[str, Any]) -> bool:
        try:
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


def outline(error: Exception) -> str:
    """Kind and place of an error. Not its own words: they may be somebody's message."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return f"{type(error).__name__} in {' > '.join(f'{frame.name}:{frame.lineno}' for frame in frames)}"
