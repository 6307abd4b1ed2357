"""Acks come first, and nobody waits for them for ever."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from bot.rush import LONGEST_SECONDS, MANY, SETTLE_SECONDS, Rush
from tests.helpers import TestClock


def pending(rush: Rush, count: int) -> ExitStack:
    """So many acks are pending until this is closed."""
    stack = ExitStack()
    for _ in range(count):
        stack.enter_context(rush)
    return stack


async def waited(rush: Rush, clock: TestClock) -> float:
    began = clock.now()
    await rush.over()
    return clock.now() - began


async def test_a_few_acks_keep_nobody_waiting() -> None:
    clock = TestClock(0.0)
    rush = Rush(clock)
    with pending(rush, MANY - 1):
        assert await waited(rush, clock) == 0


async def test_many_do_until_none_has_been_pending_for_a_moment() -> None:
    """Between two batches of one burst there is nothing to acknowledge, for a moment."""
    clock = TestClock(0.0)
    rush = Rush(clock)
    pending(rush, MANY).close()
    assert await waited(rush, clock) == pytest.approx(SETTLE_SECONDS, abs=1e-3)
    assert await waited(rush, clock) == 0


async def test_a_rush_without_an_end_holds_everybody_up_for_two_seconds_in_all() -> None:
    clock = TestClock(0.0)
    rush = Rush(clock)
    with pending(rush, MANY):
        began = clock.now()
        await asyncio.gather(*(rush.over() for _ in range(100)))
        assert LONGEST_SECONDS == 2.0 <= round(clock.now() - began, 3) <= LONGEST_SECONDS + SETTLE_SECONDS


async def test_those_who_waited_go_one_by_one_and_make_way_again() -> None:
    """Another burst comes when the first of them has gone on."""
    clock = TestClock(0.0)
    rush, went = Rush(clock), list[float]()
    began, more = clock.now(), ExitStack()

    async def goes() -> None:
        await rush.over()
        went.append(round(clock.now() - began, 3))
        if len(went) == 1:
            more.enter_context(pending(rush, MANY))

    pending(rush, MANY).close()
    await asyncio.gather(*(goes() for _ in range(3)))
    more.close()
    assert went == pytest.approx([SETTLE_SECONDS, LONGEST_SECONDS, LONGEST_SECONDS], abs=2 * SETTLE_SECONDS)


async def test_a_clock_that_is_set_back_ends_no_work() -> None:
    clock = TestClock(0.0)
    rush = Rush(clock)
    pending(rush, MANY).close()
    clock.advance(-3600)
    assert await waited(rush, clock) == 0
