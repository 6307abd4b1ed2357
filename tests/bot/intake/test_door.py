"""What becomes of an event while the disk takes its time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from bot.intake import Door
from bot.intake import door as door_room
from tests.helpers import until


def event(text: str = "hello") -> dict[str, Any]:
    return {"type": "event_callback", "event": {"type": "message", "text": text}}


class Disk:
    """Stores when it is let."""

    def __init__(self) -> None:
        self.stored: list[Any] = []
        self.waiting = 0
        self.free = asyncio.Event()

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        self.waiting += 1
        await self.free.wait()
        self.waiting -= 1
        self.stored.append(payload["event"]["text"])


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    monkeypatch.setattr(door_room, "MOST_WAITING", 3)
    return Disk()


async def test_beyond_so_many_changes_that_wait_slack_keeps_the_rest(disk: Disk) -> None:
    door = Door(disk, waiting=lambda: disk.waiting)
    asked = [asyncio.ensure_future(door.event(event(str(n)))) for n in range(5)]
    await until(lambda: asked[3].done() and asked[4].done(), "the last two to be answered")
    disk.free.set()
    assert await asyncio.gather(*asked) == [True, True, True, False, False]
    assert await door.event(event("again")) is True
    assert disk.stored == ["0", "1", "2", "again"]


async def test_an_event_that_breaks_something_is_brought_again_and_not_quoted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(payload: Mapping[str, Any]) -> None:
        raise ValueError(f"cannot read {payload['event']['text']}")

    assert await Door(broken).event(event("customer's words")) is False
    assert ("ValueError in" in caplog.text, "customer" in caplog.text) == (True, False)


async def test_a_glance_is_handed_on_and_waits_for_nothing(disk: Disk) -> None:
    seen: list[Any] = []
    glance = {"type": "event_callback", "event": {"type": "app_home_opened", "user": "U1"}}
    assert await Door(disk, seen.append).event(glance) is True
    assert (seen, disk.waiting) == ([glance], 0)


async def test_a_glance_that_breaks_something_is_taken_and_not_quoted(
    disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(payload: Mapping[str, Any]) -> None:
        raise ValueError(payload["event"]["user"])

    glance = {"type": "event_callback", "event": {"type": "app_home_opened", "user": "U0SECRET"}}
    assert await Door(disk, broken).event(glance) is True
    assert "ValueError in" in caplog.text
    assert "U0SECRET" not in caplog.text
