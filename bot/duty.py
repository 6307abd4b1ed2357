"""What one bot carries out, of all that share a database: everything towards both far sides that the store asks for.

With a file that is the only bot there is. With PostgreSQL it is whoever has the term (`bot/store/others.py`); all parts
change the store through it, so that nothing they do counts once somebody else has taken over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.bridge import Bridge, Own
from bot.bridge.safeguards import Safeguards
from bot.catchup import HOLD_SECONDS, CatchUp
from bot.clock import Clock
from bot.counts import Counts
from bot.courier.drawing import drawer
from bot.courier.errands import Tools, errands
from bot.courier.filesin import FilesIn
from bot.courier.filesout import FilesOut, from_people
from bot.courier.gate import Gate
from bot.courier.lanes import Courier
from bot.courier.poster import SETTLE_SECONDS, Poster
from bot.evo import EvoVoice
from bot.expiry import Expiry
from bot.feed import Feed
from bot.fetching import from_customers
from bot.hearing import Hearing
from bot.recovery import Recovery
from bot.rush import Rush
from bot.settings import Settings
from bot.store.others import Term
from bot.tidying import Tidying
from bot.together import together
from handlers.door import Door
from handlers.thread import ThreadDoor

FIRST = asyncio.FIRST_COMPLETED
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Parts:
    """What outlives a term. `own`: who we are at Evo Voice, once we have signed in."""

    door: Door
    threads: ThreadDoor
    evo: EvoVoice
    gate: Gate
    own: asyncio.Future[Own]
    rush: Rush
    wake: Callable[[], None]
    counts: Counts


class Duty:
    """Runs once, in one term."""

    def __init__(self, settings: Settings, clock: Clock, term: Term, parts: Parts) -> None:
        self._settings = settings
        self._clock = clock
        self._term = term
        self._parts = parts
        self._over = term.over
        self._store = term.store
        self._house = parts.door.house
        self._workspace = parts.door.workspace
        self._bridge = self._make_bridge()
        self._courier: Courier | None = None  # once we have signed in
        self.catch_up = CatchUp(term.store, self._workspace, parts.threads.missed, clock, term.over)
        self.poster = self._make_poster()

    def wake(self) -> None:
        """There may be something to do."""
        self.poster.wake()
        if self._courier is not None:
            self._courier.wake()

    async def run(self) -> None:
        """Until the term is over. Raises WrongAccount."""
        if self._store.others.possible:
            self.poster.anything_changed()  # while nobody listened
        await together(
            self._over.set,
            self.poster.run(),
            Tidying(self._store, self._house.policy.retention, self._clock, self._over).run(),
            Expiry(self._bridge, self._clock, self._over).run(),
            self._evo_side(),
        )

    async def _evo_side(self) -> None:
        tools = Tools(
            self._parts.evo, self._workspace, self._store, self._house, self._parts.door.home, self._files_out()
        )
        recovery = Recovery(tools, self._parts.threads.missed, self._clock, self._over, self._parts.wake)
        reading = asyncio.create_task(self.catch_up.keep())
        over: asyncio.Future[Any] = asyncio.create_task(self._over.wait())
        caught_up = asyncio.create_task(self.catch_up.done_once.wait())
        recovering: asyncio.Task[None] | None = None
        try:
            await asyncio.wait([self._parts.own, over], return_when=asyncio.FIRST_COMPLETED)
            if not self._parts.own.done():
                return
            recovering = asyncio.create_task(recovery.run())
            # Nothing newer may overtake what was missed.
            await asyncio.wait([caught_up, over], timeout=HOLD_SECONDS, return_when=FIRST)
            hearing = Hearing(tools.evo, self._bridge, self._parts.own.result())
            self._courier = self._make_courier(tools, hearing)
            await together(self._over.set, self._courier.run(), self._feed(hearing).run())
        finally:
            tasks = [task for task in (reading, over, caught_up, recovering) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # Small makers

    def _make_bridge(self) -> Bridge:
        """The doors have one that is not bound to a term."""
        if not self._store.others.possible:
            return self._parts.door.bridge
        return Bridge(self._store, self._clock, self._house, self._parts.wake)

    def _make_poster(self) -> Poster:
        """Slack answers within ten seconds or not at all; whoever settles for less elsewhere does so here, too."""
        settle = min(SETTLE_SECONDS, self._settings.evobot_settle_seconds)
        store, workspace, most, evo = self._store, self._workspace, self._most(), self._parts.evo
        fetcher = from_customers(self._settings.evo_base_url, evo, self._settings.evobot_media_hosts, most)
        files = FilesIn(
            store, workspace, fetcher, self._clock, self._parts.wake, most=most, settle_seconds=settle,
            lasts=self._term.lasts,
        )  # fmt: skip
        return Poster(
            store, workspace, drawer(store.read, self._house), files, self._clock, self._over,
            settle_seconds=settle, card_found=self.catch_up.poke, may_show=self._house.policy.opens,
            rush=self._parts.rush, lasts=self._term.lasts, counts=self._parts.counts,
        )  # fmt: skip

    def _files_out(self) -> FilesOut:
        given, most = self._settings, self._most()
        fetcher = from_people(given.slack_api_url, self._token, most)
        carries, evo = given.evobot_files_out == "link", self._parts.evo
        return FilesOut(
            evo, self._workspace, self._store, fetcher, self._clock, self._over, carries=carries, most=most
        )  # fmt: skip

    def _token(self) -> str:
        """It may be another one than at the start."""
        client = self._workspace.client
        return (client.token if client is not None else None) or ""

    def _most(self) -> int:
        """Bytes of a file."""
        return round(self._settings.evobot_file_megabytes * MEGABYTE)

    def _make_courier(self, tools: Tools, hearing: Hearing) -> Courier:
        return Courier(
            self._store,
            hearing,
            errands(tools, hearing),
            self._clock,
            self._parts.gate,
            self._over,
            safeguards=Safeguards(self._house.policy, self._house.region),
            settle_seconds=self._settings.evobot_settle_seconds,
            look_seconds=self._settings.evobot_poll_seconds,
            rush=self._parts.rush,
            doubt_seconds=self._term.doubt_seconds,
            counts=self._parts.counts,
        )

    def _feed(self, hearing: Hearing) -> Feed:
        poll, heard = self._settings.evobot_poll_seconds, self.catch_up.heard
        return Feed(
            self._store, hearing, self._clock, self._over, poll_seconds=poll, heard=heard, rush=self._parts.rush
        )  # fmt: skip
