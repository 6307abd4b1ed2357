"""Opening a session: what is sent, what must not be, and how ours is known again when the answer was lost."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.model import CallState, Direction, Email, Kind, Life, NewSessionRequest, Phone, SessionType, State
from tests.helpers import chat, until
from tests.world import World

CALL = NewSessionRequest(SessionType.VOICE, "Broken boiler", to=Phone("+15035550123", "US"))
MARSEILLE = Phone("+33491123456", "FR")


async def opened_as(world: World, request: NewSessionRequest) -> dict[str, Any]:
    """The body that was sent."""
    await world.opened(request)
    (entry,) = world.evo.journal(operation="NewSession")
    found: dict[str, Any] = json.loads(entry.body)
    return found


@pytest.mark.parametrize(
    ("request_", "sent"),
    [
        (CALL, True),
        (replace(CALL, start=False), False),
        (replace(CALL, type=SessionType.FAX), None),
        (chat(), None),
        (chat(start=True), True),
        (chat(start=False), False),
    ],
)
async def test_the_flow_of_a_call_is_run_unless_somebody_says_no(
    world: World, request_: NewSessionRequest, *, sent: bool | None
) -> None:
    assert (await opened_as(world, request_)).get("startSession") == sent


@pytest.mark.parametrize("field", ["to", "to_address", "destination", "from_address"])
@pytest.mark.parametrize("usual", [CALL, chat()])
async def test_a_country_that_was_taken_off_the_list_since_is_not_reached_by_any_field(
    world: World, usual: NewSessionRequest, field: str
) -> None:
    key = await world.open(replace(usual, **{field: MARSEILLE}))
    await world.session_when(key, lambda session: session.life is Life.FAILED)
    (opening,) = world.store.read.items_of(key, Kind.OPEN)
    assert (opening.state, "belongs to France" in opening.reason) == (State.REFUSED, True)
    assert world.posts("NewSession") == 0


ODD = {
    "start": True, "customer_id": None, "direction": Direction.OUTGOING, "call_state": CallState.HOLD,
    "from_name": "Ana of Acme", "to_address": Email("joe@example.com"), "destination": Phone("+15035550124", "US"),
}  # fmt: skip


@pytest.mark.parametrize(
    "more", [{}, ODD, {"from_address": Email("ana@example.com")}, {"direction": Direction.INCOMING}]
)
async def test_ours_is_known_again_whatever_was_filled_in(world: World, more: dict[str, Any]) -> None:
    world.evo.fault("cut_after", "NewSession")
    session = await world.opened(chat(**more))
    assert (session.life, len(world.evo.sessions()), world.posts("NewSession")) == (Life.ACTIVE, 1, 1)


@pytest.mark.parametrize(
    ("more", "attempts"),
    [
        ({}, 2),
        (ODD, 2),
        ({"call_state": CallState.DISCONNECTED}, 1),
        ({"direction": Direction.INCOMING}, 1),
        ({"from_address": Email("ana@example.com")}, 1),
    ],
)
async def test_what_might_not_be_shown_among_our_sessions_is_not_opened_again_by_a_machine(
    world: World, more: dict[str, Any], attempts: int
) -> None:
    world.evo.fault("cut_before", "NewSession")
    key = await world.open(chat(**more))
    if attempts == 1:
        await until(lambda: world.store.read.items_of(key, Kind.OPEN)[0].state is State.NEEDS_PERSON, "a question")
    else:
        await world.session_when(key, lambda session: session.life is Life.ACTIVE)
    assert world.posts("NewSession") == attempts
