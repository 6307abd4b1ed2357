"""A look at a session that only Evo Voice knows."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.evo import Channel, EvoVoice, NewSession, connect
from bot.model import EvoSessionId, Member, SessionType
from bot.peeking import Peeking
from bot.views.link import Look, Unseen
from sandbox.evo import EvoStandIn

LEE = "+12025550123"


@pytest.fixture
async def evo() -> AsyncIterator[EvoStandIn]:
    async with EvoStandIn() as evo:
        yield evo


@pytest.fixture
async def client(evo: EvoStandIn) -> AsyncIterator[EvoVoice]:
    client = connect(evo.url, "bot@example.com", "correct-horse", deadline=5.0)
    yield client
    await client.aclose()


async def a_session(evo: EvoStandIn, client: EvoVoice) -> EvoSessionId:
    new = NewSession(channel=Channel.CHAT, member_email_addresses=("ana@example.com",), display_name="Boiler")
    info = await client.new_session(new)
    evo.join(info.id, LEE)
    return EvoSessionId(info.id)


async def test_who_is_in_it_and_how_it_begins(evo: EvoStandIn, client: EvoVoice) -> None:
    evo_id = await a_session(evo, client)
    for n in range(5):
        evo.hear(evo_id, LEE, f"Nr. {n}")
    look = await Peeking(client)(evo_id)
    assert isinstance(look, Look)
    assert (look.name, look.type, look.over, look.lines) == ("Boiler", SessionType.CHAT, False, 5)
    assert [saying.words for saying in look.first] == ["Nr. 0", "Nr. 1", "Nr. 2"]
    assert LEE in {member.identity for member in look.members}
    assert all(isinstance(member, Member) for member in look.members)


@pytest.mark.parametrize("evo_id", ["00000000-0000-0000-0000-000000000000", "my", "../x", ""])
async def test_what_is_not_there_is_said_not_to_be_there(client: EvoVoice, evo_id: str) -> None:
    assert await Peeking(client)(EvoSessionId(evo_id)) is Unseen.NOBODY


async def test_whoever_does_not_answer_is_not_waited_for(evo: EvoStandIn, client: EvoVoice) -> None:
    evo_id = await a_session(evo, client)
    evo.fault("hang", "GetChatTranscript")
    assert await Peeking(client)(evo_id) is Unseen.AWAY
