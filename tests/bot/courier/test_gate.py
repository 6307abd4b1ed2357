"""One patience for the whole account: who may ask, who waits, and when it opens again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.clock import SystemClock
from bot.courier import gate as gates
from bot.courier.gate import AT_ONCE, LONGEST_WAIT, Gate, spread
from bot.evo import EvoError, EvoVoice, NotSent, Refused, Throttled, Unsure, connect
from bot.evo.transport import ROOM
from sandbox.evo import EvoStandIn
from tests.faultlab.virtual import LoopClock, VirtualLoop, run
from tests.helpers import until


class QuickClock(SystemClock):
    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        await super().wait(event, seconds / 50)

    def now(self) -> float:
        return asyncio.get_running_loop().time() * 50


@pytest.fixture
async def evo() -> AsyncIterator[EvoStandIn]:
    async with EvoStandIn() as host:
        yield host


@pytest.fixture
async def client(evo: EvoStandIn, request: pytest.FixtureRequest) -> AsyncIterator[EvoVoice]:
    client = connect(evo.url, "bot@example.com", "correct-horse", deadline=getattr(request, "param", 2.0))
    yield client
    await client.aclose()


@pytest.fixture
async def gate(client: EvoVoice) -> AsyncIterator[Gate]:
    gate = Gate(QuickClock(), asyncio.Event())
    gate.guard(client)
    yield gate
    await gate.close()


async def fail(gate: Gate, error: EvoError) -> None:
    async def call() -> None:
        async with gate.passage():
            raise error

    with pytest.raises(type(error)):
        await call()


@pytest.mark.parametrize("client", [30.0], indirect=True)  # seconds: many connect at once, and a machine may be busy
async def test_while_evo_voice_is_away_one_question_is_asked_whoever_waits(
    evo: EvoStandIn, gate: Gate, client: EvoVoice
) -> None:
    await client.get_app_config()
    evo.fault("503", times=None)
    await fail(gate, Unsure())
    asking = [asyncio.create_task(client.get_chat_transcript("5f0000000000000000000000")) for _ in range(AT_ONCE + 8)]
    await until(lambda: len(evo.journal(operation="GetAppConfig")) >= 2 and gate.trouble, "questions, and an answer")
    assert (gate.trouble, any(each.done() for each in asking)) == ("it answers with HTTP 503", False)
    assert {entry.operation for entry in evo.journal()} <= {"Authenticate", "GetAppConfig", "GetMySessions"}
    evo.clear_faults()
    assert {type(came) for came in await asyncio.gather(*asking, return_exceptions=True)} == {Refused}
    assert gate.trouble is None


async def test_a_doubt_that_is_nobody_elses_holds_nobody_up(evo: EvoStandIn, gate: Gate) -> None:
    """It asks whether anybody is there, is told yes, and goes on."""
    await fail(gate, Unsure(status=500))
    async with gate.passage() as may_go:
        assert may_go
    assert (gate.trouble, gate.well_since) == (None, 0.0)


async def test_after_a_doubt_one_request_with_an_effect_leaves_at_a_time(gate: Gate) -> None:
    await fail(gate, Unsure(status=503))
    inside, most = 0, 0

    async def leave(outcome: EvoError | None) -> None:
        nonlocal inside, most
        async with gate.passage():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1
            if outcome:
                raise outcome
            gate.answered()

    await asyncio.gather(*(leave(Unsure(status=503)) for _ in range(4)), return_exceptions=True)
    assert most == 1
    await asyncio.gather(*(leave(None) for _ in range(9)))
    assert most > 1, "once one of them is answered, the others go together"


async def test_who_passes_and_sends_nothing_proves_nothing(gate: Gate) -> None:
    await fail(gate, Unsure(status=503))
    async with gate.passage() as may_go:
        assert may_go
    assert gate._setbacks == 1


async def test_after_an_outage_the_first_request_with_an_effect_leaves_alone(
    evo: EvoStandIn, gate: Gate, client: EvoVoice
) -> None:
    """Whoever has noticed it only wanted to read."""
    await client.get_app_config()
    evo.fault("503", times=2)
    with pytest.raises(Unsure):
        await client.get_my_sessions()
    await until(lambda: not gate._closed, "its end")
    assert gate._setbacks == 1


async def test_a_definite_no_is_an_answer(gate: Gate) -> None:
    await fail(gate, Refused(status=400, reason="no"))
    assert gate.trouble is None


@pytest.mark.parametrize("error", [NotSent(), Throttled(retry_after=30.0), Unsure()])
async def test_who_stops_is_not_kept(evo: EvoStandIn, client: EvoVoice, error: EvoError) -> None:
    stopping = asyncio.Event()
    gate = Gate(SystemClock(), stopping)
    gate.guard(client)
    evo.fault("hang", times=None, seconds=60)
    await fail(gate, error)
    reading = asyncio.create_task(client.get_my_sessions())
    await asyncio.sleep(0)
    stopping.set()
    async with asyncio.timeout(20):
        with pytest.raises(NotSent):
            await reading
        async with gate.passage() as may_go:
            assert not may_go
        await gate.close()


async def test_patience_has_an_end_when_the_caller_says_so(evo: EvoStandIn, gate: Gate) -> None:
    evo.fault("429", times=None, seconds=900)
    await fail(gate, Throttled(retry_after=900.0))
    async with gate.passage(within=0.05) as may_go:
        assert not may_go


async def test_a_question_that_is_broken_for_good_does_not_keep_the_gate_closed(evo: EvoStandIn, gate: Gate) -> None:
    evo.fault("500", "GetAppConfig", times=None)
    await fail(gate, Unsure())
    await until(lambda: not gate._closed, "another question to be answered")


def test_whoever_is_let_through_finds_room() -> None:
    """A connection of their own each, one for the question, and a login."""
    assert AT_ONCE + 2 <= ROOM


def test_waits_grow_to_an_end() -> None:
    waits = [spread(times) for times in range(20)]
    assert waits[0] == 0
    assert all(LONGEST_WAIT / 2 <= wait <= LONGEST_WAIT for wait in waits[6:])
    assert min(waits[1:]) >= gates.FIRST_WAIT / 2


def test_an_outage_worth_the_name_is_remembered_and_a_hiccup_is_not() -> None:
    assert run(lambda loop: _away_for(loop, 5)) == 0
    assert run(lambda loop: _away_for(loop, 120)) > 0


async def _away_for(loop: VirtualLoop, seconds: float) -> float:
    async with EvoStandIn() as evo:
        clock = LoopClock(loop)
        client = connect(evo.url, "bot@example.com", "correct-horse", clock=clock.now)
        gate = Gate(clock, asyncio.Event())
        gate.guard(client)
        loop.call_later(seconds, evo.clear_faults)
        evo.fault("503", times=None)
        await fail(gate, Unsure())
        async with gate.passage():
            pass
        await client.aclose()
        return gate.well_since
