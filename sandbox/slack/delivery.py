"""Bringing payloads to the app: when, how often, and what counts as received."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.slack.journal import Journal, Kind
from sandbox.slack.settings import Mode, Settings

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from sandbox.changes import Changes
    from sandbox.slack.faults import Faults
    from sandbox.slack.world import Json

RETRY_AFTER_SECONDS = (0.0, 60.0, 300.0)
"""Slack's waits before the retries. Source: docs apis/events-api."""
AWAY_SECONDS = 7200.0
"""Nothing older than this is sent (no "Delayed Events")."""


class What(StrEnum):
    """What is delivered; the values are Socket Mode's envelope types."""

    EVENT = "events_api"
    SLASH = "slash_commands"
    INTERACTIVE = "interactive"


class Outcome(StrEnum):
    """What became of one attempt."""

    ACKED = "acked"
    TIMEOUT = "http_timeout"
    REFUSED = "http_error"
    UNREACHABLE = "connection_failed"
    ACK_DROPPED = "ack_dropped"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One attempt to deliver; `attempt` counts from 0, `reason` says why the attempt before failed."""

    what: What
    payload: Json
    attempt: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How an attempt ended, after `seconds`; `body` is the app's answer (dict, text or None).

    `final` forbids further attempts.
    """

    outcome: Outcome
    body: Any = None
    detail: str = ""
    final: bool = False
    seconds: float = 0.0


class Door(Protocol):
    """A way to the app."""

    name: str

    def is_open(self) -> bool:
        """Whether an attempt makes sense."""

    async def deliver(self, parcel: Parcel) -> Receipt:
        """Try once; never raises for what the app does."""


class Deliveries:
    """Hands parcels to one of two doors and retries events as Slack does."""

    def __init__(
        self, settings: Settings, faults: Faults, journal: Journal, changes: Changes, http: Door, socket: Door
    ) -> None:
        self._settings = settings
        self._faults = faults
        self._journal = journal
        self._changes = changes
        self._http = http
        self._socket = socket
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[Json] = []
        self._random = random.Random(7)  # noqa: S311 - the same disorder on every run
        self._moved = asyncio.Event()
        self.socket_ever_opened = False

    def door_changed(self) -> None:
        """A socket opened or settings changed: whoever waits for a way to the app looks again."""
        self._moved.set()
        self._moved = asyncio.Event()
        self._changes.bump()

    def event(self, wrapper: Json) -> None:
        """Deliver an event in the background, with the faults that are on."""
        if self._faults.delivery.shuffle_seconds > 0:
            self._hold(wrapper)
        else:
            self._dispatch(wrapper)

    async def ask(self, what: What, payload: Json) -> Receipt:
        """Deliver a command or an interaction: one attempt, no retry."""
        self._changes.bump()
        door = self._door()
        if door is None:
            receipt = Receipt(Outcome.UNREACHABLE, detail="no way to the app")
        else:
            receipt = await _timed(door, Parcel(what, payload))
        self._note(Parcel(what, payload), door, receipt)
        return receipt

    def pending(self) -> int:
        """How many events are still under way."""
        return len(self._tasks)

    async def stop(self) -> None:
        """Forget what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _door(self) -> Door | None:
        wanted = {Mode.HTTP: self._http, Mode.SOCKET: self._socket}.get(self._settings.mode)
        if wanted is None:
            use_socket = bool(self._settings.app_token) and self.socket_ever_opened
            wanted = self._socket if use_socket else self._http
        return wanted if wanted.is_open() else None

    def _hold(self, wrapper: Json) -> None:
        self._held.append(wrapper)
        if len(self._held) == 1:
            self._spawn(self._release(self._faults.delivery.shuffle_seconds))

    async def _release(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        held, self._held = self._held, []
        for wrapper in self._disordered(held):
            self._dispatch(wrapper)

    def _disordered(self, held: list[Json]) -> list[Json]:
        mixed = held[:]
        while len(held) > 1 and mixed == held:
            self._random.shuffle(mixed)
        return mixed

    def _dispatch(self, wrapper: Json) -> None:
        for _ in range(1 + self._faults.delivery.duplicates):
            self._spawn(self._persist(wrapper))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        self._changes.bump()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changes.bump()

    async def _persist(self, wrapper: Json) -> None:
        receipt = await self._attempt(Parcel(What.EVENT, wrapper))
        for number, wait in enumerate(RETRY_AFTER_SECONDS, start=1):
            if receipt.outcome is Outcome.ACKED or receipt.final:
                return
            await asyncio.sleep(wait * self._settings.time_scale)
            reason = _reason(receipt.outcome)
            receipt = await self._attempt(Parcel(What.EVENT, wrapper, number, reason))

    async def _attempt(self, parcel: Parcel) -> Receipt:
        door = await self._open_door()
        if door is None:
            receipt = Receipt(Outcome.LOST, detail="the app was away too long", final=True)
        else:
            receipt = self._doubt(await _timed(door, parcel))
        self._note(parcel, door, receipt)
        return receipt

    def _doubt(self, receipt: Receipt) -> Receipt:
        if receipt.outcome is Outcome.ACKED and self._faults.delivery.loses_ack():
            return replace(receipt, outcome=Outcome.ACK_DROPPED)
        return receipt

    async def _open_door(self) -> Door | None:
        try:
            async with asyncio.timeout(AWAY_SECONDS * self._settings.time_scale):
                while (door := self._door()) is None:
                    await self._moved.wait()
                return door
        except TimeoutError:
            return None

    def _note(self, parcel: Parcel, door: Door | None, receipt: Receipt) -> None:
        self._journal.note(
            Kind.DELIVERY,
            what=str(parcel.what),
            event_id=parcel.payload.get("event_id"),
            type=_type(parcel),
            ts=parcel.payload["event"].get("ts") if parcel.what is What.EVENT else None,
            attempt=parcel.attempt,
            transport=door.name if door else None,
            outcome=str(receipt.outcome),
            reason=receipt.detail,
            payload={name: value for name, value in parcel.payload.items() if name != "token"},
            answer=receipt.body,
            seconds=receipt.seconds,
        )


async def _timed(door: Door, parcel: Parcel) -> Receipt:
    """One attempt, and how long it took by the loop's clock."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    receipt = await door.deliver(parcel)
    return replace(receipt, seconds=loop.time() - began)


def _type(parcel: Parcel) -> str:
    if parcel.what is What.EVENT:
        return str(parcel.payload["event"]["type"])
    return str(parcel.payload.get("command") or parcel.payload.get("type"))


def _reason(outcome: Outcome) -> str:
    return str(Outcome.TIMEOUT if outcome is Outcome.ACK_DROPPED else outcome)
