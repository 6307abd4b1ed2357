"""Who has their Home before them, and when it is drawn anew.

Slack says when somebody opens it, and never when they leave: for ten minutes they are taken to look. Meanwhile the
store is asked once a second whether anything was committed at all; only then, and at most every three seconds for one
person, is their Home drawn, and only what differs from what stands there is published.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from bot.clock import Clock
from bot.model import Actor, TeamId, UserId
from bot.store import StoreError
from bot.views import View
from bot.views.home import Look, closed, unpack
from bot.workspace import SlackAway, SlackError, SlackRefused
from handlers.door import Door
from handlers.home.drawing import NOT_CHECKED, view_for

log = logging.getLogger(__name__)

EVENTS = frozenset({"app_home_opened"})
OPEN_SECONDS = 600.0
REDRAW_SECONDS = 3.0  # between two drawings that nobody has asked for
LOOK_SECONDS = 1.0
IDLE_SECONDS = 60.0  # while nobody has theirs open there is nothing to look for
AT_ONCE = 5  # drawings that nobody has asked for: the loop has other things to do
MOST = 500  # people; who opened theirs longest ago is forgotten first

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(slots=True)
class Open:
    """A Home that somebody has before them."""

    by: Actor
    look: Look
    until: float
    due: float  # when it is drawn next; inf: nothing has changed
    asked: bool = True  # by the person themselves: that is done at once
    drawn_at: float = -inf  # when it was last drawn without being asked for
    shown: str = ""  # what was published last, as a hash
    drawing: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def busy(self) -> bool:
        """Is it being drawn just now?"""
        return self.drawing is not None and not self.drawing.done()


class Homes:
    """`version` is another number whenever something has been committed."""

    def __init__(self, door: Door, clock: Clock, version: Callable[[], int]) -> None:
        self._door = door
        self._clock = clock
        self._version = version
        self._seen: object = None
        self._open: OrderedDict[UserId, Open] = OrderedDict()
        self._awake = asyncio.Event()

    def opened(self, payload: Mapping[str, Any]) -> None:
        """An event app_home_opened: somebody looks. They begin at the first page of what they chose last."""
        event = payload.get("event")
        if not isinstance(event, Mapping) or event.get("tab") != "home":
            return
        team, user, view = payload.get("team_id"), event.get("user"), event.get("view")
        if not all(isinstance(one, str) and _ID.fullmatch(one) for one in (team, user)):
            return
        there = view if isinstance(view, Mapping) else None
        look = unpack(str((there or {}).get("private_metadata")))
        self.show(Actor(TeamId(str(team)), UserId(str(user))), Look(look.which, look.type), anew=there is None)

    def show(self, by: Actor, look: Look, *, anew: bool = False) -> None:
        """They look at this now. `anew`: Slack has nothing to show them, whatever was published before."""
        now = self._clock.now()
        there = self._open.pop(by.user, None) or Open(by, look, now, now)
        there.look, there.until, there.due, there.asked = look, now + OPEN_SECONDS, now, True
        there.shown = "" if anew else there.shown
        self._open[by.user] = there
        if len(self._open) > MOST:
            self._open.popitem(last=False)
        self.wake()

    def wake(self) -> None:
        """Something may have changed."""
        self._awake.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Until told to stop."""
        while not stopping.is_set():
            self._awake.clear()
            self._notice_changes()
            self._draw_what_is_due()
            await self._clock.wait(self._awake, LOOK_SECONDS if self._open else IDLE_SECONDS)
        tasks = [there.drawing for there in self._open.values() if there.drawing]
        await asyncio.gather(*tasks, return_exceptions=True)

    def _notice_changes(self) -> None:
        if not self._open:
            return
        try:
            seen = (self._version(), *self._door.troubles())
        except StoreError:
            return  # whoever has to know of it is told elsewhere
        if seen != self._seen:
            self._seen = seen
            for there in self._open.values():
                there.due = min(there.due, there.drawn_at + REDRAW_SECONDS)

    def _draw_what_is_due(self) -> None:
        now = self._clock.now()
        for user, there in list(self._open.items()):
            if there.until < now and not there.busy:
                del self._open[user]
        room = AT_ONCE - sum(1 for there in self._open.values() if there.busy)
        due = [there for there in self._open.values() if there.due <= now and not there.busy]
        others = [there for there in due if not there.asked][: max(0, room)]
        for there in others:
            there.drawn_at = now
        for there in (*(there for there in due if there.asked), *others):
            there.due, there.asked = inf, False
            there.drawing = asyncio.create_task(self._draw(there))

    async def _draw(self, there: Open) -> None:
        """Nobody waits for it, so nothing may come out of it."""
        try:
            await self._publish(there)
        except SlackRefused as error:
            log.warning("Slack takes no Home: %s", error.code)
            there.until = -inf  # nor will it, until they open it again
        except (SlackError, StoreError) as error:
            patience = error.retry_after if isinstance(error, SlackAway) else None
            there.due = self._clock.now() + max(REDRAW_SECONDS, patience or 0)
        except Exception as error:  # noqa: BLE001 - an error's own words may be somebody's: they are not logged
            log.error("a Home could not be drawn: %s", type(error).__name__)
        finally:
            self.wake()  # it may be due again

    async def _publish(self, there: Open) -> None:
        view = await view_for(self._door, there.by, there.look)
        if view is None:
            there.due = min(there.due, self._clock.now() + REDRAW_SECONDS)
            if there.shown:
                return  # better what stands there than nothing
            view = closed(NOT_CHECKED)
        shown = _hash(view)
        if shown != there.shown:
            await self._door.workspace.publish(there.by.user, view)
            there.shown = shown


def _hash(view: View) -> str:
    return hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()
