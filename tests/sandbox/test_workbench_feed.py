"""The feed: whoever reads it, however late and slowly, comes to the same state."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from sandbox.workbench.feed import BEHIND, LOOKS, WIRE, Feed, Reader
from sandbox.workbench.patches import apply, diff
from tests.sandbox.feedreader import Page

ITEMS = some.dictionaries(some.sampled_from("abc"), some.integers(0, 2), max_size=3)
STATES = some.dictionaries(some.sampled_from(["one", "two"]), ITEMS, max_size=2)


def entry(number: int, title: str = "chat.postMessage", *, ok: bool = True, open_: bool = False) -> dict[str, Any]:
    return {"id": f"e{number}", "at": float(number), "title": title, "ok": ok, "open": open_}


async def drain(reader: Reader, page: Page) -> None:
    """Everything that waits."""
    while True:
        try:
            event = await asyncio.wait_for(reader.next(), 0.001)
        except TimeoutError:
            return
        assert event is not None
        page.take(event)


@given(STATES, STATES)
def test_a_patch_turns_one_state_into_the_other_and_names_nothing_that_stayed(before: Any, after: Any) -> None:
    patch = diff(before, after)
    there = apply(before, patch)
    assert {name: there[name] for name in after} == after
    assert {name: there[name] for name in before if name not in after} == {
        name: before[name] for name in before if name not in after
    }
    assert not diff(there, after)
    assert all(
        before.get(name, {}).get(id_) != item for name, items in patch.put.items() for id_, item in items.items()
    )


@given(some.lists(some.tuples(STATES, some.booleans()), max_size=12), some.integers(0, 12))
def test_the_first_event_and_the_patches_give_what_a_fresh_reader_is_given(
    changes: list[tuple[Any, bool]], comes: int
) -> None:
    async def play() -> None:
        feed, late, fresh = Feed(), Page(), Page()
        for state, _ in changes[:comes]:
            feed.update(state)
        with feed.reader() as reader:
            for number, (state, reads) in enumerate(changes[comes:]):
                feed.update(state, [entry(number % 3, ok=bool(number % 2))])
                if reads:
                    await drain(reader, late)
            await drain(reader, late)
        fresh.take(feed.whole())
        assert (late.collections, late.wire, late.resets) == (fresh.collections, fresh.wire, 1)

    asyncio.run(play())


async def test_a_reader_that_does_not_read_costs_little_and_is_given_a_fresh_reset() -> None:
    feed, page = Feed(), Page()
    with feed.reader() as reader:
        page.take(str(await reader.next()))
        for number in range(50 * BEHIND):
            feed.update({"one": {"a": number}}, [entry(number)])
            assert len(reader._waiting) <= BEHIND
        await drain(reader, page)
    assert page.resets == 2
    assert page.collections == {"one": {"a": 50 * BEHIND - 1}}
    assert len(page.wire) == WIRE


async def test_nothing_is_said_when_nothing_has_changed() -> None:
    feed = Feed()
    feed.update({"one": {"a": 1}}, [entry(1)])
    with feed.reader() as reader:
        await reader.next()
        feed.update({"one": {"a": 1}}, [entry(1)])
        assert not reader._waiting


async def test_a_reader_learns_that_the_feed_has_closed_also_while_it_waits() -> None:
    feed = Feed()
    with feed.reader() as reader:
        await reader.next()
        waiting = asyncio.create_task(reader.next())
        await asyncio.sleep(0)
        feed.close()
        assert await asyncio.wait_for(waiting, 10) is None


def test_looks_do_not_push_out_what_was_done_and_the_newest_come_oldest_first() -> None:
    feed = Feed()
    feed.update({}, [entry(1, "POST /sessions")])
    feed.update({}, [entry(2, "GET /sessions/active", ok=False)])
    feed.update({}, [entry(number, "GET /sessions/active") for number in range(3, 1000)])
    ids = [found["id"] for found in json.loads(feed.whole())["wire"]]
    assert ids == ["e1", "e2", *(f"e{number}" for number in range(1000 - LOOKS, 1000))]
