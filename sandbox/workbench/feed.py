"""The state as the page sees it, and who reads it."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.workbench.patches import Collections, Json, apply, diff

WIRE = 300  # entries that a new reader is given
LOOKS = 100  # of these at most may be requests that only looked: a bot that asks every second would fill them all
BEHIND = 64  # patches that wait for a reader; one that is further behind gets the whole state instead
NOTHING: Collections = {}


class Reader:
    """One open page. Its first event is the whole state; so is the next one after it fell behind."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._waiting: deque[str] = deque()
        self._behind = True
        self._woken = asyncio.Event()
        self._woken.set()

    async def next(self) -> str | None:
        """The next event as JSON; None when the feed is closed."""
        await self._woken.wait()
        if self._feed.closed:
            return None
        if self._behind:
            self._behind = False
            self._woken.clear()
            return self._feed.whole()
        event = self._waiting.popleft()
        if not self._waiting:
            self._woken.clear()
        return event

    def offer(self, event: str) -> None:
        """Keeps it for later, or notes that there is too much to keep."""
        if len(self._waiting) >= BEHIND:
            self._behind = True
            self._waiting.clear()
        if not self._behind:
            self._waiting.append(event)
        self._woken.set()

    def wake(self) -> None:
        """The feed has closed."""
        self._woken.set()


class Feed:
    """Collections and what passed on the wire; every change goes to all readers."""

    def __init__(self) -> None:
        self.closed = False
        self.watched = asyncio.Event()  # somebody has read it
        self._collections: dict[str, dict[str, Any]] = {}
        self._wire: dict[str, Json] = {}
        self._readers: set[Reader] = set()

    def update(self, collections: Collections = NOTHING, wire: Iterable[Json] = ()) -> None:
        """Each collection that is named is replaced; wire entries are new, or replace those with their id."""
        patch = diff(self._collections, collections)
        entries = [entry for entry in wire if self._wire.get(entry["id"]) != entry]
        if not patch and not entries:
            return
        self._collections = apply(self._collections, patch)
        self._remember(entries)
        text = _text({"put": patch.put, "drop": patch.drop, "wire": entries})
        for reader in self._readers:
            reader.offer(text)

    def whole(self) -> str:
        """Everything, for who knows nothing yet."""
        wire = sorted(self._wire.values(), key=lambda entry: float(entry["at"]))
        return _text({"reset": True, "put": self._collections, "wire": wire})

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """Reads as long as it lasts."""
        reader = Reader(self)
        self._readers.add(reader)
        self.watched.set()
        try:
            yield reader
        finally:
            self._readers.discard(reader)

    def close(self) -> None:
        """Ends every reader."""
        self.closed = True
        for reader in self._readers:
            reader.wake()

    def _remember(self, entries: Iterable[Json]) -> None:
        self._wire.update((entry["id"], entry) for entry in entries)
        looks = [id_ for id_, entry in self._wire.items() if _only_looked(entry)]
        for id_ in looks[: max(len(looks) - LOOKS, 0)]:
            del self._wire[id_]
        for id_ in list(self._wire)[: max(len(self._wire) - WIRE, 0)]:
            del self._wire[id_]


def _only_looked(entry: Json) -> bool:
    return bool(entry["ok"]) and not entry["open"] and str(entry["title"]).startswith("GET ")


def _text(event: Json) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
