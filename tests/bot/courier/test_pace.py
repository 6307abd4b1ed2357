"""A few posts at once, then one a second; each channel by itself."""

from __future__ import annotations

from bot.courier.pace import FORGET_SECONDS, Pace
from bot.model import ChannelId
from tests.helpers import CHANNEL, TestClock


def spend(pace: Pace, clock: TestClock, count: int) -> list[float]:
    """When each of so many posts could go, in seconds from now."""
    start, times = clock.now(), []
    for _ in range(count):
        clock.advance(pace.wait(CHANNEL))
        times.append(clock.now() - start)
        pace.spend(CHANNEL)
    return times


def test_a_burst_goes_at_once_and_then_one_a_second() -> None:
    clock = TestClock()
    assert spend(Pace(clock, burst=3), clock, 6) == [0, 0, 0, 1, 2, 3]


def test_a_silence_fills_the_purse_up_to_the_burst() -> None:
    clock = TestClock()
    pace = Pace(clock, burst=3)
    spend(pace, clock, 3)
    clock.advance(1000)
    assert spend(pace, clock, 5) == [0, 0, 0, 1, 2]


def test_another_channel_has_a_purse_of_its_own() -> None:
    clock = TestClock()
    pace = Pace(clock, burst=1)
    pace.spend(CHANNEL)
    assert (pace.wait(CHANNEL), pace.wait(ChannelId("C0OTHER"))) == (1.0, 0.0)


def test_after_slack_had_enough_bursts_are_smaller_for_a_while() -> None:
    clock = TestClock()
    pace = Pace(clock, burst=4)
    pace.empty(CHANNEL)
    clock.advance(100)
    assert spend(pace, clock, 4) == [0, 0, 1, 2]
    clock.advance(FORGET_SECONDS)
    assert spend(pace, clock, 6) == [0, 0, 0, 0, 1, 2]


def test_a_clock_that_is_set_back_takes_nothing_away() -> None:
    clock = TestClock()
    pace = Pace(clock, burst=2)
    pace.spend(CHANNEL)
    clock.advance(-3600)
    assert spend(pace, clock, 3) == [0, 1, 2]
