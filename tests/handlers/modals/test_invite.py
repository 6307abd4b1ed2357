"""Invite to session, from opening to the store."""

from __future__ import annotations

from typing import Any

import pytest

from bot import texts
from bot.model import ChannelId, Email, Kind, Member, Phone, Session, SessionKey, SessionType, State
from bot.packing import unpack_invitee
from bot.store.rows import pack_members
from bot.views import confirm, invite
from bot.views.about import About
from handlers.modals.answers import only
from handlers.modals.choosing import UNKNOWN
from tests.handlers.world import (
    CARD,
    World,
    body,
    break_disk,
    chosen,
    message_shortcut,
    press,
    submission,
    suggestion,
    values,
)

CHANNEL = ChannelId("C1")
TO = Phone("+15035550123", "US")


def about(session: Session) -> str:
    return About(session.channel, session.thread_ts, session.key).pack()


def wrong(**errors: str) -> dict[str, Any]:
    return {"response_action": "errors", "errors": errors}


def labels(answer: dict[str, Any]) -> list[str]:
    return [option["text"]["text"] for group in answer.get("option_groups", []) for option in group["options"]]


async def with_members(world: World, *members: Member) -> Session:
    session = await world.active_session()
    await world.store.write(lambda tx: tx.change_session(session.key, members=pack_members(members)))
    return world.store.read.session(session.key)


async def test_an_invitation_that_cannot_be_stored_says_so(world: World) -> None:
    session = await world.active_session()
    break_disk(world)
    for people in ("max@acme.com", "503 555 0123"):
        given = values({"i_people": people})
        answer = body(await world.interact(submission("session_invite", "V1", given, about(session))))
        assert answer == wrong(i_people=texts.NOT_STORED)


async def test_people_are_invited_each_by_themselves(world: World) -> None:
    session = await world.active_session()
    given = values({"i_people": "max@acme.com", "i_slack": {"selected_users": ["U2"]}})
    for _ in range(2):
        answer = body(await world.interact(submission("session_invite", "V1", given, about(session))))
        assert answer == {}
    invited = [unpack_invitee(item.body) for item in world.items(Kind.INVITE)]
    assert [(who.email, who.slack_user) for who in invited] == [(Email("max@acme.com"), None), (None, "U2")]
    assert {item.state for item in world.items(Kind.INVITE)} == {State.PENDING}


async def test_a_number_is_shown_before_it_is_invited(world: World) -> None:
    session = await world.active_session()
    given = values({"i_people": "503 555 0123, max@acme.com", "i_callerid": "503 555 0100"})
    answer = body(await world.interact(submission("session_invite", "V1", given, about(session))))
    asked = answer["view"]
    costly = confirm.Costly(
        [TO],
        SessionType.CHAT,
        session.name,
        sender=Phone("+15035550100", "US"),
        places=[(CHANNEL, "public")],
        thread=True,
    )
    question = confirm.unpack(asked["private_metadata"])
    assert answer == {"response_action": "push", "view": confirm.modal_for(question, costly)}
    assert world.items(Kind.INVITE) == []
    for came in ({"response_action": "clear"}, only(texts.ASKED_ALREADY)):
        confirmed = submission("session_confirm", "V2", {}, asked["private_metadata"])
        assert body(await world.interact(confirmed)) == came
    assert [(item.state, item.body["phone"], item.body["caller_id"]) for item in world.items(Kind.INVITE)] == [
        (State.PENDING, ["+15035550123", "US"], ["+15035550100", "US"]),
        (State.PENDING, None, ["+15035550100", "US"]),
    ]


@pytest.mark.parametrize(
    ("user", "life", "text"),
    [
        ("UGUEST", "active", "Guests of this workspace may not use sessions. Ask a full member to do it for you."),
        ("UNOBODY", "active", "I could not check who you are and who sees this channel; nothing was done. Try again."),
        ("U1", "ended", "This session is over already. Nothing was done."),
    ],
)
async def test_an_invitation_that_may_not_be_is_refused(world: World, user: str, life: str, text: str) -> None:
    session = await world.active_session(life=life)
    given = values({"i_people": "max@acme.com"})
    answer = body(await world.interact(submission("session_invite", "V1", given, about(session), user=user)))
    assert answer == wrong(i_people=text)
    assert world.items(Kind.INVITE) == []


async def test_a_wrong_invitation_stays_open(world: World) -> None:
    session = await world.active_session()
    answer = body(await world.interact(submission("session_invite", "V1", values({}), about(session))))
    assert list(answer["errors"]) == ["i_people"]


async def test_an_invitation_into_a_session_that_is_forgotten_is_answered_in_words(world: World) -> None:
    given = values({"i_people": "a@b.example"})
    answer = body(
        await world.interact(submission("session_invite", "V1", given, About(CHANNEL, session=SessionKey(404)).pack()))
    )
    assert answer["response_action"] == "push"
    assert answer["view"]["blocks"][0]["text"]["text"] == texts.FORGOTTEN


# Who need not be invited


async def test_who_is_in_it_already_is_said_at_once_and_nobody_is_invited(world: World) -> None:
    session = await with_members(world, Member("joe@example.com", "Joe"), Member("+15035550123"), Member("x", "Max"))
    given = values({"i_people": "503 555 0123, new@acme.com", "i_slack": {"selected_users": ["U2"]}})
    answer = body(await world.interact(submission("session_invite", "V1", given, about(session))))
    assert answer == wrong(
        i_people="In this session already: +15035550123, Joe (joe@example.com). Leave them out; nobody was invited yet."
    )
    assert world.items(Kind.INVITE) == []


async def test_a_member_whom_slack_does_not_tell_about_is_left_to_the_errand(world: World) -> None:
    session = await with_members(world, Member("joe@example.com", "Joe"))
    world.slack.users.pop("U2")
    given = values({"i_slack": {"selected_users": ["U2"]}})
    assert body(await world.interact(submission("session_invite", "V1", given, about(session)))) == {}
    assert len(world.items(Kind.INVITE)) == 1


# The greeting


@pytest.mark.parametrize("clicks", [1, 2])
async def test_a_greeting_follows_the_invitations_once(world: World, clicks: int) -> None:
    session = await world.active_session()
    given = values({"i_people": "max@acme.com", "i_greeting": "2*3*4 :wave:"})
    for _ in range(clicks):
        assert body(await world.interact(submission("session_invite", "V1", given, about(session)))) == {}
    invited, said = world.items(Kind.INVITE, Kind.SAY)
    assert (said.state, said.body, said.author) == (State.PENDING, {"plain": "2*3*4 👋"}, "U1")
    assert (invited.position, invited.key) < (said.position, said.key)


async def test_a_greeting_waits_for_the_confirmation_and_its_parts_are_said(world: World) -> None:
    session = await world.active_session()
    given = values({"i_people": "503 555 0123", "i_greeting": "a" * 200})
    asked = body(await world.interact(submission("session_invite", "V1", given, about(session))))["view"]
    assert "2 text parts" in str(asked["blocks"])
    assert world.items(Kind.SAY) == []
    await world.interact(submission("session_confirm", "V2", {}, asked["private_metadata"]))
    assert [item.body for item in world.items(Kind.SAY)] == [{"plain": "a" * 200}]


async def test_a_greeting_that_is_too_long_is_said_under_it(world: World) -> None:
    session = await world.active_session()
    given = values({"i_people": "max@acme.com", "i_greeting": "a" * 1601})
    answer = body(await world.interact(submission("session_invite", "V1", given, about(session))))
    assert answer == wrong(i_greeting="Too long by 1 character (the limit is 1,600 characters).")


# Which session, which number


async def test_where_a_message_leads_to_no_session_it_is_asked_for(world: World) -> None:
    await world.active_session()
    await world.interact(message_shortcut("invite_to_session", "1700000009.0001", "1700000008.0001"))
    (view,) = world.opened()
    assert [block["block_id"] for block in view["blocks"] if block["type"] == "input"] == [
        "i_session", "i_people", "i_slack", "i_callerid", "i_greeting",
    ]  # fmt: skip
    given = values({"i_session": chosen("e1"), "i_people": "max@acme.com"})
    assert body(await world.interact(submission("session_invite", "V1", given, view["private_metadata"]))) == {}
    assert len(world.items(Kind.INVITE)) == 1


async def test_the_list_offers_living_sessions_that_this_person_may_see(world: World) -> None:
    world.slack.channels["C3"] = {"id": "C3", "is_member": True, "is_private": True}
    await world.active_session()
    await world.another_session(2, life="ended")
    await world.another_session(3, "C3", "U2")
    await world.another_session(4, "C3")
    offered = body(await world.interact(suggestion("", "i_session", About(CHANNEL).pack())))
    assert labels(offered) == ["Nr. 4", "Boiler"]


async def test_a_session_that_this_person_may_not_see_is_not_there(world: World) -> None:
    world.slack.channels["C3"] = {"id": "C3", "is_member": True, "is_private": True}
    await world.another_session(3, "C3", "U2")
    given = values({"i_session": chosen("e3"), "i_people": "max@acme.com"})
    answer = body(await world.interact(submission("session_invite", "V1", given, About(CHANNEL).pack())))
    assert answer == wrong(i_session=UNKNOWN)
    assert world.items(Kind.INVITE) == []


async def test_the_number_that_was_last_used_in_the_channel_stands_there(world: World) -> None:
    session = await world.active_session()
    given = values({"i_people": "max@acme.com", "i_callerid": "503 555 0100"})
    await world.interact(submission("session_invite", "V1", given, about(session)))
    other = await world.another_session(2)
    await world.interact(press("session_invite", str(other.key)))
    assert world.opened() == [
        invite.form(About(CHANNEL, other.thread_ts, other.key), other, invite.Begun(caller_id="+15035550100"))
    ]


async def test_people_whom_a_message_mentions_are_chosen_already(world: World) -> None:
    session = await world.active_session()
    text = "please add <mailto:max@acme.com|max@acme.com>, <@U2> and <@UBOT>"
    await world.interact(message_shortcut("invite_to_session", CARD, text=text))
    begun = invite.Begun(people="max@acme.com", users=("U2",))
    assert world.opened() == [invite.form(About(CHANNEL, session.thread_ts, session.key), session, begun)]


async def test_a_message_that_names_nobody_says_so(world: World) -> None:
    session = await world.active_session()
    await world.interact(message_shortcut("invite_to_session", CARD, text="hello"))
    begun = invite.Begun(hint=invite.NOTHING_FOUND)
    assert world.opened() == [invite.form(About(CHANNEL, session.thread_ts, session.key), session, begun)]


async def test_a_call_takes_no_greeting(world: World) -> None:
    session = await world.another_session(2)
    await world.store.write(lambda tx: tx.change_session(session.key, type="Voice"))
    given = values({"i_session": chosen("e2"), "i_people": "max@acme.com", "i_greeting": "Hi"})
    answer = body(await world.interact(submission("session_invite", "V1", given, About(CHANNEL).pack())))
    assert answer == wrong(i_greeting=invite.NO_TEXT)
    assert world.items(Kind.INVITE) == []
