"""Remove member, from opening to the store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot import texts
from bot.model import ChannelId, Kind, Member, Session, State
from bot.store.rows import pack_members
from bot.views import notices, remove
from bot.views.about import About, Choice
from handlers.modals import remove as modal
from tests.handlers.world import World, body, break_disk, choose, chosen, submission, values

CHANNEL = ChannelId("C1")
JOE, LEE = Member("joe@example.com", "Joe"), Member("+15035550123", "Mrs Lee")
BOT = Member("bot@example.com", "Bridge")


def wrong(**errors: str) -> dict[str, Any]:
    return {"response_action": "errors", "errors": errors}


def mark(member: Member) -> dict[str, Any]:
    """The option that stands for somebody."""
    view = remove.form(About(CHANNEL), None, [], remove.Begun())
    assert view["callback_id"] == "session_remove"
    return chosen(remove._mark(member))


async def session_with(world: World, *members: Member) -> Session:
    session = await world.active_session()
    world.door.house = replace(world.door.house, login="Bot@example.com")
    await world.store.write(lambda tx: tx.change_session(session.key, members=pack_members(members)))
    return world.store.read.session(session.key)


async def asked(world: World, session: Session, member: Member, **more: Any) -> Any:
    about = About(CHANNEL, session=session.key).pack()
    given = values({"r_member": mark(member)})
    return body(await world.interact(submission("session_remove", "V1", given, about, **more)))


async def answered(world: World, question: dict[str, Any], user: str = "U1") -> Any:
    sure = submission("session_remove_sure", "V2", {}, question["view"]["private_metadata"], user=user)
    return body(await world.interact(sure))


@pytest.mark.parametrize("clicks", [1, 2])
async def test_the_name_is_asked_about_before_anybody_is_removed(world: World, clicks: int) -> None:
    session = await session_with(world, JOE, LEE)
    question = await asked(world, session, LEE)
    assert question["response_action"] == "push"
    shown = question["view"]["blocks"][0]["text"]["text"]
    assert shown == "Remove Mrs Lee (+1 503 •••• 0123) from “Boiler”?"
    assert world.items(Kind.KICK) == []
    for _ in range(clicks):
        assert await answered(world, question) == {"response_action": "clear"}
    (item,) = world.items(Kind.KICK)
    assert (item.state, item.body["member"], item.author) == (State.PENDING, "+15035550123", "U1")


async def test_the_bot_itself_is_not_among_them(world: World) -> None:
    session = await session_with(world, JOE, BOT)
    assert modal.members_of(world.door, session) == [JOE]
    assert await asked(world, session, BOT) == wrong(r_member=remove.GONE)


async def test_who_has_left_meanwhile_is_said_to_have_left(world: World) -> None:
    session = await session_with(world, JOE, LEE)
    question = await asked(world, session, LEE)
    await world.store.write(lambda tx: tx.change_session(session.key, members=pack_members([JOE])))
    assert await asked(world, session, LEE) == wrong(r_member=remove.GONE)
    assert await answered(world, question) == {
        "response_action": "update",
        "view": notices.notice_view(remove.GONE),
    }
    assert world.items(Kind.KICK) == []


async def test_a_session_that_is_over_loses_nobody(world: World) -> None:
    session = await session_with(world, JOE)
    question = await asked(world, session, JOE)
    await world.store.write(lambda tx: tx.change_session(session.key, life="ended"))
    assert await asked(world, session, JOE) == wrong(r_member=texts.ALREADY_OVER)
    assert (await answered(world, question))["view"] == notices.notice_view(texts.ALREADY_OVER)


async def test_rights_are_checked_both_times(world: World) -> None:
    session = await session_with(world, JOE)
    question = await asked(world, session, JOE)
    assert list((await asked(world, session, JOE, user="UGUEST"))["errors"]) == ["r_member"]
    assert (await answered(world, question, "UGUEST"))["response_action"] == "update"
    assert world.items(Kind.KICK) == []


async def test_what_cannot_be_stored_keeps_the_question(world: World) -> None:
    session = await session_with(world, JOE)
    question = await asked(world, session, JOE)
    break_disk(world)
    assert await answered(world, question) == {
        "response_action": "push",
        "view": notices.notice_view(texts.NOT_STORED),
    }


async def test_nobody_chosen_is_said_under_the_field(world: World) -> None:
    session = await session_with(world, JOE)
    about = About(CHANNEL, session=session.key).pack()
    answer = body(await world.interact(submission("session_remove", "V1", values({"r_member": {}}), about)))
    assert answer == wrong(r_member=remove.NO_MEMBER)


async def test_the_members_of_the_session_that_is_chosen_are_shown(world: World) -> None:
    session = await session_with(world, JOE, BOT)
    view = remove.form(About(CHANNEL), None, (), remove.Begun())
    await world.interact(choose(view, "r_session", chosen("e1", "Boiler")["selected_option"]))
    assert world.redrawn() == [remove.form(About(CHANNEL), session, [JOE], remove.Begun(Choice("e1", "Boiler")))]
    given = values({"r_session": chosen("e1"), "r_member": mark(JOE)})
    question = body(await world.interact(submission("session_remove", "V1", given, About(CHANNEL).pack())))
    await answered(world, question)
    assert [item.body["member"] for item in world.items(Kind.KICK)] == ["joe@example.com"]
