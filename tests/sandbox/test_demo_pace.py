"""The play's pace: it can be paused, stepped and skipped, and what is told of it is what it is at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sandbox.demo.pace import Going, Pace
from sandbox.demo.playbill import LINES, Playbill

LONG = 3600.0  # seconds: nobody waits for such a beat to end by itself
SHORT = 1e-9  # over before it begins


async def settled(*steps: Awaitable[None]) -> list[bool]:
    """Which of these are over once everything that can run has run."""
    tasks = [asyncio.ensure_future(step) for step in steps]
    for _ in range(10):
        await asyncio.sleep(0)
    over = [task.done() for task in tasks]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return over


async def beats(pace: Pace, gone: list[int]) -> None:
    for number in range(100):
        await pace.beat()
        gone.append(number)


async def playing(pace: Pace, *gestures: Callable[[], None]) -> list[int]:
    """How many beats are over after each gesture."""
    gone: list[int] = []
    task = asyncio.create_task(beats(pace, gone))
    counts = []
    for gesture in gestures:
        for _ in range(10):
            await asyncio.sleep(0)
        gesture()
        for _ in range(10):
            await asyncio.sleep(0)
        counts.append(len(gone))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return counts


def begun(seconds: float) -> Pace:
    pace = Pace(seconds)
    pace.start()
    return pace


async def test_without_a_pace_nothing_waits_and_nothing_can_be_paused() -> None:
    pace = Pace()
    pace.pause()
    assert await settled(pace.started(), pace.beat(100)) == [True, True]


async def test_a_beat_ends_by_itself() -> None:
    await asyncio.wait_for(begun(SHORT).beat(), 20)


async def test_it_begins_when_it_is_told_to() -> None:
    pace = Pace(LONG)
    assert await settled(pace.started()) == [False]
    pace.start()
    assert await settled(pace.started()) == [True]


async def test_paused_it_takes_one_step_for_each_next_and_no_more() -> None:
    pace = begun(SHORT)
    pace.pause()
    assert await playing(pace, lambda: None, pace.next, lambda: None, pace.next) == [0, 1, 1, 2]


async def test_next_twice_in_a_row_is_one_step() -> None:
    pace = begun(LONG)
    pace.pause()

    def twice() -> None:
        pace.next()
        pace.next()

    assert await playing(pace, twice, lambda: None) == [1, 1]


async def test_next_while_it_plays_cuts_one_wait_short() -> None:
    pace = begun(LONG)
    assert await playing(pace, pace.next, lambda: None) == [1, 1]


async def test_resumed_it_goes_on() -> None:
    pace = begun(SHORT)
    pace.pause()
    waiting = asyncio.create_task(pace.beat())
    await asyncio.sleep(0)
    pace.resume()
    await asyncio.wait_for(waiting, 20)


@pytest.mark.parametrize("before", ["start", "pause"])
async def test_skipped_it_waits_no_more_to_the_end(before: str) -> None:
    pace = begun(LONG)
    getattr(pace, before)()
    assert await playing(pace, pace.skip) == [100]
    pace.pause()
    assert await settled(pace.beat()) == [True]


async def test_what_is_shown_of_the_play_is_what_it_is_at() -> None:
    shown: list[dict[str, Any]] = []
    pace = Pace(LONG)
    bill = Playbill(pace, lambda collections: shown.append(dict(collections["play"]["play"])))
    pace.start()
    bill.scene("3", 9, "Notes", "because")
    bill.eyes("U1", "C1", "")
    pace.pause()
    paused = shown[-1]
    bill.result("all as promised", kept=True)
    assert paused == {
        "state": "paused", "pace": LONG, "number": "3", "of": 9, "title": "Notes", "why": "because",
        "actor": "U1", "room": "C1", "thread": None, "result": None,
    }  # fmt: skip
    assert [play["state"] for play in shown] == ["waiting", "playing", "playing", "playing", "paused", "done"]
    assert shown[-1]["result"] == {"kept": True, "text": "all as promised"}


async def test_a_play_that_is_over_cannot_be_paused_or_begun_again() -> None:
    pace = begun(SHORT)
    pace.finish()
    for gesture in (pace.pause, pace.start, pace.skip, pace.resume, pace.next):
        gesture()
        assert pace.going is Going.DONE
    await asyncio.wait_for(pace.beat(), 20)


def test_the_newest_lines_are_kept_each_with_its_scene() -> None:
    shown: list[Any] = []
    bill = Playbill(Pace(), lambda collections: shown.append(collections["play"]["lines"]["lines"]))
    bill.scene("1", 9, "One", "")
    for number in range(LINES + 5):
        bill.line("say", str(number))
    assert len(shown[-1]) == LINES
    assert shown[-1][-1] == {"kind": "say", "text": str(LINES + 4), "scene": "1"}
