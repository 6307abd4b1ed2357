"""Nobody waits for stragglers where it is seen that there are none; everywhere else everybody does."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bridge import Bridge
from bot.bridge.arrivals import LATELY, MEMORY, WITNESSES, Arrivals
from bot.model import Kind, Said, ThreadKey, Ts
from bot.store import Store
from tests.helpers import CHANNEL, JOE, TEAM, THREAD, TestClock, house, opened

WAIT, START = 0.3, 1_700_000_000.0
ENOUGH = WITNESSES + 1  # messages that are so many pairs

Came = tuple[float, float]  # a time stamp, and when it came; both in seconds from the start


def told(messages: Iterable[Came]) -> Arrivals:
    arrivals = Arrivals(WAIT)
    for ts, moment in messages:
        arrivals.came(START + ts, START + moment)
    return arrivals


def in_order(count: int, apart: float = 0.25, start: float = 0.0) -> list[Came]:
    return [(start + n * apart, start + n * apart + 0.5) for n in range(count)]


LAST = in_order(ENOUGH)[-1][0]

HISTORIES = {
    "right after a start": ([], WAIT),
    "one pair too few": (in_order(ENOUGH - 1), WAIT),
    "enough pairs": (in_order(ENOUGH), 0.0),
    "many messages that were written far apart": (in_order(ENOUGH, apart=1.0), WAIT),
    "one came after a newer one": ([*in_order(ENOUGH), (LAST - 0.1, LAST + 0.6)], WAIT),
    "one came after a newer one, and then many in order": (
        [(0.2, 0.2), (0.1, 0.3), *in_order(ENOUGH, start=1.0)], WAIT,
    ),
    "that was more than a minute ago": ([(0.2, 0.2), (0.1, 0.3), *in_order(ENOUGH, start=LATELY + 1)], 0.0),
    "some came twice": ([*in_order(ENOUGH), *in_order(ENOUGH)[-2:]], 0.0),
    "one came much too late to be waited for": ([*in_order(ENOUGH), (1.0, LAST + MEMORY + 0.6)], 0.0),
}  # fmt: skip


@pytest.mark.parametrize("what", HISTORIES)
def test_how_long_to_wait_after(what: str) -> None:
    messages, wait = HISTORIES[what]
    assert told(messages).wait(START + (messages[-1][1] if messages else 0.0)) == wait


def test_where_messages_come_through_other_doors_too_everybody_waits() -> None:
    arrivals = Arrivals(WAIT, sees_all=False)
    for ts, moment in in_order(ENOUGH):
        arrivals.came(START + ts, START + moment)
    assert arrivals.wait(START + LAST + 0.5) == WAIT


def test_what_was_seen_counts_for_a_minute() -> None:
    arrivals, first = told(in_order(ENOUGH)), in_order(2)[1][1]
    assert [arrivals.wait(START + first + later) for later in (LATELY - 0.01, LATELY + 0.01)] == [0.0, WAIT]


def test_a_clock_that_was_set_back_proves_nothing() -> None:
    assert told(in_order(ENOUGH)).wait(START - 3600) == WAIT


steps = st.lists(
    st.tuples(st.sampled_from((0.0, 0.01, 0.1, 0.3, 0.9, 1.1, 30.0)), st.sampled_from((0.0, 0.0, 0.0, 0.05, 0.5, 2.0))),
    max_size=30,
)


@given(busy=st.booleans(), steps=steps)
def test_nobody_is_told_not_to_wait_within_a_minute_of_a_message_that_came_late(
    busy: bool, steps: list[tuple[float, float]]
) -> None:
    """Each step: so much later than the last one, and so long on its way."""
    written = in_order(ENOUGH) if busy else []
    ts = written[-1][0] if written else 0.0
    for apart, delay in steps:
        ts += apart
        written.append((ts, ts + 0.5 + delay))
    came = sorted(written, key=lambda each: each[1])
    late = [
        moment for n, (ts, moment) in enumerate(came)
        if any(other > ts and moment - at <= MEMORY for other, at in came[:n]) and ts not in dict(came[:n])
    ]  # fmt: skip
    for n, (_, moment) in enumerate(came, 1):
        if any(0 <= moment - at <= LATELY for at in late if at <= moment):
            assert told(came[:n]).wait(START + moment) == WAIT


async def test_a_busy_workspace_in_order_is_not_kept_waiting_until_one_message_is_late(store: Store) -> None:
    """Messages of any thread of the workspace tell, whether it shows a session or not."""
    clock = TestClock(START)
    bridge = Bridge(store, clock, house(straggler=WAIT), lambda: None)
    session = await opened(store, bridge)
    elsewhere = ThreadKey(TEAM, CHANNEL, Ts("1600000000.000100"))

    async def comes(ts: float, thread: ThreadKey) -> None:
        await bridge.relay(Said(thread, Ts(f"{START + ts:.6f}"), JOE, "hello"))

    for n in range(ENOUGH):
        clock.advance(0.1)
        await comes(n * 0.1, elsewhere)
    await comes(6.0, THREAD)
    (first,) = store.read.items_of(session, Kind.SAY)
    assert first.not_before <= clock.now()
    await store.write(lambda tx: tx.change_item(first.key, state="delivered", evo_name="message:1"))
    await comes(5.9, elsewhere)
    await comes(6.1, THREAD)
    assert store.read.items_of(session, Kind.SAY)[-1].not_before == pytest.approx(clock.now() + WAIT)


async def test_what_was_missed_and_is_read_later_tells_nothing_of_the_order(store: Store) -> None:
    clock = TestClock(START)
    bridge = Bridge(store, clock, house(straggler=WAIT), lambda: None)
    session = await opened(store, bridge)
    for n in range(ENOUGH):
        said = Said(THREAD, Ts(f"{START + n * 0.1:.6f}"), JOE, "hello")
        await bridge.relay(said, missed=True)
    for item in store.read.items_of(session, Kind.SAY):
        await store.write(lambda tx, key=item.key: tx.change_item(key, state="delivered", evo_name=f"message:{key}"))
    await bridge.relay(Said(THREAD, Ts(f"{START + 6.0:.6f}"), JOE, "hello"))
    assert store.read.items_of(session, Kind.SAY)[-1].not_before == pytest.approx(clock.now() + WAIT)
