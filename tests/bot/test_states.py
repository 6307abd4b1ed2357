"""The one state machine: what may follow what, and what people see of it."""

from __future__ import annotations

import itertools

import pytest

from bot.bridge import Bridge
from bot.model import MAY_BECOME, Kind, Mark, PostKind, Said, State, Ts, mark_of
from bot.states import become
from bot.store import Store
from tests.helpers import CHANNEL, JOE, THREAD, TestClock, house, opened

REFUSED_MOVES = [
    (before, after) for before, after in itertools.product(State, State) if after not in MAY_BECOME[before]
]


def test_every_state_is_in_the_table() -> None:
    assert set(MAY_BECOME) == set(State)


def test_what_has_left_can_only_be_in_doubt_or_done_and_never_simply_again() -> None:
    """From sending back to pending leads only what certainly had no effect; from unknown only what is proven absent."""
    assert {state for state in State if State.SENDING in MAY_BECOME[state]} == {State.PENDING}
    assert MAY_BECOME[State.DELIVERED] == frozenset()


@pytest.mark.parametrize(("before", "after"), REFUSED_MOVES)
async def test_a_move_that_is_not_in_the_table_is_a_mistake_of_ours(store: Store, before: State, after: State) -> None:
    bridge = Bridge(store, TestClock(), house(), lambda: None)
    session = await opened(store, bridge)
    await bridge.relay(Said(THREAD, Ts("1700000100.000200"), JOE, "hello"))
    item = store.read.items_of(session, Kind.SAY)[0]
    await store.write(lambda tx: tx.change_item(item.key, state=before, evo_name="x"))
    with pytest.raises(AssertionError):
        await store.write(lambda tx: become(tx, store.read.item(item.key), after))


@pytest.mark.parametrize(
    ("state", "attempts", "mark"),
    [
        (State.PENDING, 0, Mark.NONE),
        (State.SENDING, 1, Mark.NONE),
        (State.PENDING, 1, Mark.WAITING),
        (State.SENDING, 2, Mark.WAITING),
        (State.UNKNOWN, 1, Mark.UNKNOWN),
        (State.NEEDS_PERSON, 2, Mark.UNKNOWN),
        (State.DELIVERED, 1, Mark.DELIVERED),
        (State.REFUSED, 1, Mark.REFUSED),
        (State.WITHDRAWN, 1, Mark.REFUSED),
        (State.KEPT, 0, Mark.NOTE),
    ],
)
def test_a_message_shows_its_state(state: State, attempts: int, mark: Mark) -> None:
    assert mark_of(state, attempts) is mark


@pytest.mark.parametrize("state", [State.REFUSED, State.NEEDS_PERSON])
async def test_trouble_with_a_reply_is_said_in_words_in_its_thread(store: Store, state: State) -> None:
    bridge = Bridge(store, TestClock(), house(), lambda: None)
    session = await opened(store, bridge)
    await bridge.relay(Said(THREAD, Ts("1700000100.000200"), JOE, "hello"))
    item = store.read.items_of(session, Kind.SAY)[0]
    assert store.read.posts_of_item(item.key) == []
    moved = await store.write(lambda tx: become(tx, item, state, reason="because"))
    (post,) = store.read.posts_of_item(item.key)
    assert (moved is not None, post.kind, post.channel, post.thread_ts) == (True, PostKind.RESULT, CHANNEL, THREAD.ts)
