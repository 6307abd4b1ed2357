"""The way in to one workspace: it may be opened later, and for Bolt, later still, one waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from bot.counts import EVENTS, Counts, kind_of_event, kind_of_gesture
from bot.intake.door import Door

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

BOLT_SECONDS = 2.5  # Slack waits three


class Front(Protocol):
    """What stands behind both modes: one workspace, or several."""

    async def event(self, payload: Mapping[str, Any], body: bytes | None = None) -> bool:
        """True when Slack may forget the event. `body`: as it came, if it did."""

    async def bolt_for(self, payload: Mapping[str, Any]) -> AsyncApp | str | None:
        """Who answers a command, a button or a form, or what is said to it; None when nobody can just now."""


class Entrance:
    """Until it is opened Slack is told to come again. `counts`: what is told of what came."""

    def __init__(self, counts: Counts | None = None) -> None:
        self._counts = counts or Counts()
        self._door: Door | None = None
        self._bolt: AsyncApp | None = None
        self._bolt_there = asyncio.Event()

    def open(self, door: Door) -> None:
        """From now on events are taken; commands, buttons and forms wait until Bolt is there."""
        self._door = door

    def interact(self, bolt: AsyncApp) -> None:
        """From now on Bolt is there."""
        self._bolt = bolt
        self._bolt_there.set()

    async def event(self, payload: Mapping[str, Any], body: bytes | None = None) -> bool:
        began = time.perf_counter()
        taken = self._door is not None and await self._door.event(payload, body)
        self._counts.acked(kind_of_event(payload), taken, time.perf_counter() - began)
        return taken

    async def bolt_for(self, payload: Mapping[str, Any]) -> AsyncApp | None:
        """It is imported and made while the first events are taken. Slack does not repeat what it is needed for."""
        if self._bolt is None and self._door is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._bolt_there.wait(), BOLT_SECONDS)
        self._counts.count(EVENTS, kind_of_gesture(payload), "taken" if self._bolt is not None else "later")
        return self._bolt
