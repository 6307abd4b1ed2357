from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import texts
from bot.bridge.again import AGAIN_SECONDS
from bot.model import Email, Kind, Phone, SessionKey, SessionType, State
from bot.packing import unpack_invitee, unpack_request
from bot.phones import describe_phone
from bot.views import confirm, notices
from tests.handlers.world import ANA, CHANNEL, JOE, World, body, break_disk, new_values, submission, world_in

TO = Phone("+15035550123", "US")


def wrong(**errors: str) -> dict[str, Any]:
    return {"response_action": "errors", "errors": errors}


def notice(action: str, text: str) -> dict[str, Any]:
    return {"response_action": action, "view": notices.notice_view(text)}


# New session


async def test_a_good_form_is_stored_and_closed(world: World) -> None:
    chosen = {"f_slackmembers": {"selected_users": ["U2"]}, "f_message": "Hi"}
    assert body(await world.interact(submission("session_new", "V1", new_values(**chosen)))) == {}
    opening, first = world.items()
    assert (opening.kind, opening.state, opening.author) == (Kind.OPEN, State.PENDING, "U1")
    request = unpack_request(opening.body)
    assert (request.type, request.name) == (SessionType.CHAT, "Boiler")
    assert request.emails == (Email("joe@example.com"), Email("joe@acme.com"))
    assert first.body == {"plain": "Hi"}
    assert world.woken


async def test_a_double_click_is_one_session(world: World) -> None:
    for _ in range(2):
        assert body(await world.interact(submission("session_new", "V1", new_values()))) == {}
    assert len(world.sessions()) == 1


async def test_a_form_is_one_session_also_when_the_bot_died_before_it_answered(tmp_path: Path) -> None:
    """Slack shows that it failed and leaves the form open; whoever presses once more presses the same form."""
    for _ in range(2):
        async with world_in(tmp_path) as life:
            assert body(await life.interact(submission("session_new", "V1", new_values()))) == {}
            assert len(life.sessions()) == 1


async def test_another_form_in_the_same_words_asks_and_a_yes_opens_one_more(world: World) -> None:
    """Of two forms, or when the first seemed to fail, one may have been stored without anybody knowing."""
    await world.interact(submission("session_new", "V1", new_values()))
    questions = [body(await world.interact(submission("session_new", "V2", new_values())))["view"] for _ in range(2)]
    assert len(world.sessions()) == 1
    assert all("You have asked for “Boiler” already" in str(view["blocks"][0]) for view in questions)
    for view in (*questions, questions[0]):
        await world.interact(submission("session_confirm", "V3", {}, view["private_metadata"]))
    assert [session.name for session in world.sessions()] == ["Boiler", "Boiler"]


@pytest.mark.parametrize(
    ("given", "user", "changed"),
    [
        ({"f_name": "Boilers"}, ANA, {"life": "opening"}),
        ({}, JOE, {"life": "opening"}),
        ({}, ANA, {"life": "failed"}),
        ({}, ANA, {"life": "ended"}),
        ({}, ANA, {"created_at": time.time() - AGAIN_SECONDS}),
    ],
    ids=["other words", "somebody else", "the first failed", "the first has ended", "long ago"],
)
async def test_what_is_not_the_same_wish_again_is_opened(
    world: World, given: dict[str, Any], user: str, changed: dict[str, Any]
) -> None:
    await world.interact(submission("session_new", "V1", new_values()))
    await world.store.write(lambda tx: tx.change_session(world.sessions()[0].key, **changed))
    assert body(await world.interact(submission("session_new", "V2", new_values(**given), user=user))) == {}
    assert len(world.sessions()) == 2


async def test_a_yes_to_another_session_is_a_yes_to_its_numbers_which_are_shown(trusting_world: World) -> None:
    with_phone = new_values(f_members="503 555 0123")
    assert body(await trusting_world.interact(submission("session_new", "V1", with_phone))) == {}
    view = body(await trusting_world.interact(submission("session_new", "V2", with_phone)))["view"]
    assert "You have asked for “Boiler” already" in str(view["blocks"][0])
    assert describe_phone(TO) in str(view["blocks"])


async def test_the_question_about_numbers_says_that_the_same_was_asked_for(world: World) -> None:
    with_phone = new_values(f_members="503 555 0123")
    for view in ("V1", "V2"):
        question = body(await world.interact(submission("session_new", view, with_phone)))["view"]
        said = "You have asked for “Boiler” already" in str(question["blocks"][0])
        assert said == (view == "V2")
        if view == "V1":
            await world.interact(submission("session_confirm", "V9", {}, question["private_metadata"]))
    assert len(world.sessions()) == 1


async def test_a_wrong_form_stays_open(world: World) -> None:
    answer = body(await world.interact(submission("session_new", "V1", new_values(f_name=""))))
    assert answer == wrong(f_name="Give the session a name (1–120 characters).")
    assert world.sessions() == []


async def test_somebody_without_an_address_is_named(world: World) -> None:
    given = new_values(f_slackmembers={"selected_users": ["U2", "U3"]})
    assert body(await world.interact(submission("session_new", "V1", given))) == wrong(
        f_slackmembers="No e-mail is visible for Max. "
        "Type the address below, or ask an admin to allow users:read.email."
    )
    assert world.sessions() == []


async def test_members_that_slack_does_not_tell_of_are_asked_for_again(world: World) -> None:
    given = new_values(f_slackmembers={"selected_users": ["UNOBODY"]})
    answer = body(await world.interact(submission("session_new", "V1", given)))
    assert list(answer["errors"]) == ["f_slackmembers"]
    assert world.sessions() == []


@pytest.mark.parametrize("channel", ["C2", "C404"])
async def test_a_channel_without_the_bot_says_how_to_invite_it(world: World, channel: str) -> None:
    given = new_values(f_where={"selected_conversation": channel})
    assert body(await world.interact(submission("session_new", "V1", given))) == wrong(
        f_where="I am not in that channel. Type `/invite @Evo` there, then submit again."
    )
    assert world.sessions() == []


@pytest.mark.parametrize("trouble", ["fault", "silence"])
async def test_a_channel_of_which_nobody_knows_who_sees_it_is_not_taken(world: World, trouble: str) -> None:
    if trouble == "fault":
        world.slack.faults["conversations.info"] = "internal_error"
    else:
        world.slack.silent.add("conversations.info")
    answer = body(await world.interact(submission("session_new", "V1", new_values())))
    assert (answer, world.sessions()) == (wrong(f_name=texts.CANNOT_CHECK), [])


async def test_a_guest_may_not(world: World) -> None:
    answer = body(await world.interact(submission("session_new", "V1", new_values(), user="UGUEST")))
    assert answer == wrong(f_name="Guests of this workspace may not use sessions. Ask a full member to do it for you.")
    assert world.sessions() == []


async def test_who_cannot_be_checked_may_not(world: World) -> None:
    world.slack.faults["users.info"] = "internal_error"
    answer = body(await world.interact(submission("session_new", "V1", new_values())))
    assert answer == wrong(
        f_name="I could not check who you are and who sees this channel; nothing was done. Try again."
    )
    assert world.sessions() == []


async def test_a_disk_that_takes_nothing_is_said_and_nothing_is_done(world: World) -> None:
    break_disk(world)
    answer = body(await world.interact(submission("session_new", "V1", new_values())))
    assert answer == wrong(f_name="I could not store this, so nothing was done. Please try again.")
    assert world.sessions() == []


# Numbers are asked about


async def test_a_number_is_shown_before_anything_is_done(world: World) -> None:
    answer = body(await world.interact(submission("session_new", "V1", new_values(f_members="503 555 0123"))))
    question = confirm.unpack(answer["view"]["private_metadata"])
    costly = confirm.Costly([TO], SessionType.CHAT, "Boiler", places=[(CHANNEL, "public")])
    assert answer == {"response_action": "push", "view": confirm.modal_for(question, costly)}
    assert world.sessions() == []


@pytest.mark.parametrize("clicks", [1, 2])
async def test_a_confirmed_number_is_one_session_and_one_invitation(world: World, clicks: int) -> None:
    asked = body(await world.interact(submission("session_new", "V1", new_values(f_members="503 555 0123"))))["view"]
    came = [{"response_action": "clear"}, notice("update", texts.ASKED_ALREADY)]
    for answer in came[:clicks]:
        confirmed = submission("session_confirm", "V2", {}, asked["private_metadata"])
        assert body(await world.interact(confirmed)) == answer
    assert [(item.kind, item.state) for item in world.items()] == [
        (Kind.OPEN, State.PENDING),
        (Kind.INVITE, State.PENDING),
    ]
    assert unpack_invitee(world.items(Kind.INVITE)[0].body).phone == TO


async def test_a_form_that_was_changed_after_going_back_counts(world: World) -> None:
    for members in ("503 555 0123", "503 555 0124"):
        asked = body(await world.interact(submission("session_new", "V1", new_values(f_members=members))))["view"]
    await world.interact(submission("session_confirm", "V2", {}, asked["private_metadata"]))
    (invited,) = world.items(Kind.INVITE)
    assert unpack_invitee(invited.body).phone == Phone("+15035550124", "US")


async def test_the_question_says_in_how_many_parts_the_first_message_goes_out(world: World) -> None:
    """With the name in front, which is known by then."""
    given = new_values(f_members="503 555 0123", f_message="a" * 155 + " :tada:")
    asked = body(await world.interact(submission("session_new", "V1", given)))["view"]
    said = [block["text"]["text"] for block in asked["blocks"] if "text" in block]
    assert "The first message goes to each number as 3 text parts, because of “🎉”; without it it would be 2." in said


async def test_a_call_is_asked_about_too(world: World) -> None:
    voice = {"selected_option": {"value": "Voice", "text": {"text": "Voice"}}}
    given = new_values(f_channel=voice, f_members="", f_to="503 555 0123")
    assert body(await world.interact(submission("session_new", "V1", given)))["response_action"] == "push"


async def test_a_trusting_house_does_not_ask(trusting_world: World) -> None:
    given = new_values(f_members="503 555 0123")
    assert body(await trusting_world.interact(submission("session_new", "V1", given))) == {}
    assert [item.state for item in trusting_world.items()] == [State.PENDING, State.PENDING]


async def test_a_draft_that_is_gone_is_said_to_be_gone(world: World) -> None:
    metadata = confirm.pack(confirm.Question("never kept"))
    answer = body(await world.interact(submission("session_confirm", "V2", {}, metadata)))
    assert answer == notice("update", texts.DRAFT_GONE)


async def test_rights_that_were_lost_before_the_confirmation_count(world: World) -> None:
    asked = body(await world.interact(submission("session_new", "V1", new_values(f_members="503 555 0123"))))["view"]
    confirmed = submission("session_confirm", "V2", {}, asked["private_metadata"], user="UGUEST")
    assert body(await world.interact(confirmed))["response_action"] == "update"
    assert world.sessions() == []


async def test_a_disk_that_takes_nothing_at_the_confirmation_keeps_the_question(world: World) -> None:
    asked = body(await world.interact(submission("session_new", "V1", new_values(f_members="503 555 0123"))))["view"]
    break_disk(world)
    confirmed = submission("session_confirm", "V2", {}, asked["private_metadata"])
    assert body(await world.interact(confirmed)) == notice("push", texts.NOT_STORED)
    assert world.sessions() == []


async def test_the_card_goes_where_the_form_said(world: World) -> None:
    session = await world.active_session()
    card = world.store.read.card_of(SessionKey(session.key))
    assert card is not None
    assert replace(card, ts=None).channel == CHANNEL
