"""The laboratory's own tools: a checker that never complains proves nothing."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.evo import EvoStandIn
from tests.faultlab.doubt import ENDS, End, Tally
from tests.faultlab.lanes import Told, compare, crowded, inversions, too_many
from tests.faultlab.line import REFUSED, SILENT, UNNAMED, Line

State = type(ENDS["SendMessage", "now"].state)
WANTED = {"s": ["one", "two", "three"]}


@pytest.mark.parametrize(
    ("sent", "lost", "doubled", "out_of_order"),
    [
        (["one", "two", "three"], 0, 0, 0),
        (["one", "three"], 1, 0, 0),
        ([], 3, 0, 0),
        (["one", "two", "two", "three"], 0, 1, 0),
        (["one", "two", "three", "nobody's"], 0, 1, 0),
        (["two", "one", "three"], 0, 0, 1),
        (["three", "two", "one"], 0, 0, 2),
    ],
)
def test_a_loss_a_double_and_an_inversion_are_seen(sent: list[str], lost: int, doubled: int, out_of_order: int) -> None:
    found = compare(WANTED, {"s": sent})
    assert (found.lost, found.doubled, found.out_of_order) == (lost, doubled, out_of_order)
    assert bool(found.examples) == bool(lost or doubled or out_of_order)


def test_only_who_was_stored_in_time_was_overtaken() -> None:
    early, late = Told("s", "1.0", "early", stored=5.0), Told("s", "2.0", "late", stored=1.0)
    order = {"s": ["late", "early"]}
    assert len(inversions([early, late], {"late": 6.0}, order)) == 1
    assert inversions([early, late], {"late": 4.0}, order) == []  # it had left before the earlier one was there
    assert inversions([early, late], {"late": 6.0}, {"s": ["early", "late"]}) == []


def test_attempts_that_crowd_are_counted_once_the_trouble_can_be_known() -> None:
    assert crowded([0.0, 0.1, 0.2, 5.0, 5.5, 7.0], unnoticed=1.0) == 1


def test_a_third_login_within_five_minutes_is_one_too_many() -> None:
    assert too_many([0, 60, 299]) == 1
    assert too_many([0, 60, 301, 361]) == 0


def test_every_cell_that_ends_otherwise_is_counted() -> None:
    tally, delivered = Tally(), State.DELIVERED
    tally.judge("as it should", End(delivered, 1, 1), delivered, 1, 1, "SendMessage")
    assert (tally.lost, tally.doubled, tally.invitations, tally.otherwise) == (0, 0, 0, 0)
    tally.judge("lost", End(delivered, 1, 1), delivered, 1, 0, "SendMessage")
    tally.judge("doubled", End(delivered, 1, 1), delivered, 2, 2, "SendMessage")
    tally.judge("invited again", End(delivered, 1, 1), delivered, 2, 1, "InviteChatMember")
    assert (tally.lost, tally.doubled, tally.invitations, tally.otherwise) == (1, 1, 1, 3)


@pytest.mark.parametrize(
    ("trouble", "error"), [(REFUSED, ConnectionRefusedError), (UNNAMED, OSError), (SILENT, TimeoutError)]
)
async def test_a_line_that_is_cut_lets_nobody_through_and_counts_them(trouble: str, error: type[Exception]) -> None:
    loop = asyncio.get_running_loop()
    async with EvoStandIn() as evo:
        line = Line(loop, evo)
        host, port = evo.url.removeprefix("http://").split(":")
        line.cut(trouble)
        with pytest.raises(error):
            await asyncio.wait_for(loop.create_connection(asyncio.Protocol, host, int(port)), 0.3)
        line.mend()
        transport, _ = await loop.create_connection(asyncio.Protocol, host, int(port))
        transport.abort()
    assert len(line.attempts) == 2
