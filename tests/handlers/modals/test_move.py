"""Move session, from opening to the store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot import texts
from bot.model import ChannelId, PostKind, Role, Session, TeamId, ThreadKey, Ts
from bot.texts import NOT_IN_CHANNEL, NOT_SEEN
from bot.views import move
from bot.views.about import About
from handlers.modals.choosing import UNKNOWN
from handlers.modals.move import ALREADY_THERE, NOT_HERE_YET
from tests.handlers.world import CARD, World, body, break_disk, chosen, submission, values

CHANNEL = ChannelId("C1")
OLD = ThreadKey(TeamId("T1"), CHANNEL, Ts(CARD))
LINK = "https://acme.slack.com/archives/C0SALES/p1700000007000100"


def wrong(**errors: str) -> dict[str, Any]:
    return {"response_action": "errors", "errors": errors}


def to(channel: str) -> dict[str, Any]:
    return values({"m_channel": {"selected_conversation": channel}})


async def submitted(world: World, given: dict[str, Any], session: Session | None, **more: Any) -> Any:
    about = About(CHANNEL, Ts(CARD), session.key if session else None)
    return body(await world.interact(submission("session_move", "V9", given, about.pack(), **more)))


@pytest.fixture
def sales(world: World) -> None:
    world.door.house = replace(world.door.house, slack_url="https://acme.slack.com/")
    world.slack.channels["C0SALES"] = {"id": "C0SALES", "is_member": True}
    world.slack.channels["C0HIDDEN"] = {"id": "C0HIDDEN", "is_member": True, "is_private": True}


@pytest.mark.usefixtures("sales")
@pytest.mark.parametrize("clicks", [1, 2])
async def test_to_a_channel_it_gets_a_card_there_and_leaves_a_pointer(world: World, clicks: int) -> None:
    session = await world.active_session()
    for _ in range(clicks):
        assert await submitted(world, to("C0SALES"), session) in ({}, wrong(m_channel=NOT_HERE_YET))
    after = world.store.read.session(session.key)
    assert (after.channel, after.thread) == ("C0SALES", None)
    assert [one.role for one in world.store.read.links_of(session.key)] == [Role.MOVED]
    assert [one.channel for one in world.store.read.cards_of(session.key)] == ["C1", "C0SALES"]
    assert notices_in(world, OLD) == ["Ana moved this session to another channel. Replies here are no longer sent."]


@pytest.mark.usefixtures("sales")
async def test_a_link_leads_into_a_thread(world: World) -> None:
    session = await world.active_session()
    assert await submitted(world, values({"m_link": LINK}), session) == {}
    thread = ThreadKey(TeamId("T1"), ChannelId("C0SALES"), Ts("1700000007.000100"))
    assert world.store.read.session_in(thread).key == session.key
    assert world.store.read.session(session.key).thread == thread


@pytest.mark.usefixtures("sales")
async def test_the_session_is_asked_for_where_none_is_meant(world: World) -> None:
    session = await world.active_session()
    given = to("C0SALES") | values({"m_session": chosen("e1")})
    assert await submitted(world, given, None) == {}
    assert world.store.read.session(session.key).channel == "C0SALES"
    assert await submitted(world, to("C0SALES") | values({"m_session": chosen("e9")}), None) == wrong(m_session=UNKNOWN)


@pytest.mark.usefixtures("sales")
@pytest.mark.parametrize(
    ("given", "errors"),
    [
        (values({}), {"m_channel": move.NOWHERE}),
        (to("C0SALES") | values({"m_link": LINK}), {"m_link": move.BOTH}),
        (values({"m_link": "#sales"}), {"m_link": move.BAD_LINK}),
        (values({"m_link": LINK.replace("C0SALES", "C0HIDDEN")}), {"m_link": NOT_SEEN}),
        (to("C0HIDDEN"), {"m_channel": NOT_SEEN}),
        (to("C2"), {"m_channel": NOT_IN_CHANNEL}),
        (to("C1"), {"m_channel": ALREADY_THERE}),
    ],
)
async def test_where_it_cannot_go_is_said_under_the_field(
    world: World, given: dict[str, Any], errors: dict[str, str]
) -> None:
    session = await world.active_session()
    assert await submitted(world, given, session) == wrong(**errors)
    assert world.store.read.session(session.key).thread == OLD


@pytest.mark.usefixtures("sales")
async def test_a_guest_may_not(world: World) -> None:
    session = await world.active_session()
    answer = await submitted(world, to("C0SALES"), session, user="UGUEST")
    assert list(answer["errors"]) == ["m_channel"]
    assert world.store.read.session(session.key).thread == OLD


@pytest.mark.usefixtures("sales")
async def test_what_cannot_be_stored_is_said_and_nothing_is_lost(world: World) -> None:
    session = await world.active_session()
    break_disk(world)
    assert await submitted(world, to("C0SALES"), session) == wrong(m_channel=texts.NOT_STORED)


def notices_in(world: World, thread: ThreadKey) -> list[str]:
    rows = world.store.read._connection.execute(
        "SELECT text FROM post WHERE kind = ? AND thread_ts = ?", (PostKind.NOTICE, thread.ts)
    )
    return [row[0] for row in rows]
