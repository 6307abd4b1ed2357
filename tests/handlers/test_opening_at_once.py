"""What a typed session does when the world is not as it should be. The doors, without the far sides."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot import texts
from bot.bridge import Wanted
from bot.model import Actor, ChannelId, Kind, Life, Mode, Said, SlackName, State, TeamId, ThreadKey, Ts, UserId
from bot.packing import unpack_request
from bot.store.rows import pack
from bot.views import hints
from bot.views.results import FOLLOW_UP
from handlers import orders
from handlers.orders.opening import CHECK
from handlers.thread import ThreadDoor
from tests.handlers.world import ANA, CARD, CHANNEL, TEAM, World, body, break_disk, command, event, press, submission

WHOLE = "chat Boiler member:joe@example.com"
AT = "1700000009.000100"
HOME = ThreadKey(TeamId(TEAM), ChannelId(CHANNEL), Ts(CARD))


def mention(text: str, **more: Any) -> dict[str, Any]:
    """In a channel, by itself."""
    return event(f"<@UBOT> {text}", ts=AT, thread="", **more)


def private(text: str) -> dict[str, str]:
    return {"text": text, "response_type": "ephemeral"}


async def test_the_same_event_twice_is_one_session(world: World) -> None:
    for door in (world.thread, world.thread, ThreadDoor(world.door)):
        await door(mention(WHOLE))
        await door(mention(WHOLE, type="app_mention"))
    assert len(world.sessions()) == 1
    assert await world.hints() == []


async def test_a_command_that_is_typed_anew_asks_before_it_opens_another_session(world: World) -> None:
    """Slack says that a command failed when its answer is late; it may have been stored all the same."""
    for _ in range(2):
        assert body(await world.send(command(WHOLE, trigger_id="first"))) == {}  # brought twice, it is one
    assert (len(world.sessions()), world.opened()) == (1, [])
    assert body(await world.send(command(WHOLE))) == {}
    (asked,) = world.opened()
    assert (len(world.sessions()), asked["title"]["text"]) == (1, "Open another one?")
    await world.interact(submission("session_confirm", "V1", {}, asked["private_metadata"]))
    assert len(world.sessions()) == 2


async def test_what_was_opened_is_what_was_typed(world: World) -> None:
    assert body(await world.send(command(f'{WHOLE} mode:notes message:"Hi :wave:"'))) == {}
    opening, first = world.items()
    assert (opening.kind, opening.state, opening.author) == (Kind.OPEN, State.PENDING, ANA)
    assert (unpack_request(opening.body).mode, first.body) == (Mode.NOTES, {"plain": "Hi 👋"})


async def test_what_cannot_be_stored_is_said(world: World) -> None:
    break_disk(world)
    assert body(await world.send(command(WHOLE))) == private(texts.NOT_STORED)


async def test_a_question_that_cannot_be_stored_is_not_asked(world: World) -> None:
    break_disk(world)
    assert body(await world.send(command("voice Boiler to:(503) 555-0123"))) == private(texts.NOT_STORED)
    assert world.opened() == []


async def test_who_cannot_be_checked_gets_the_form_and_nothing_is_opened(world: World) -> None:
    world.slack.faults["users.info"] = "internal_error"
    assert body(await world.send(command(WHOLE))) == {}
    assert texts.CANNOT_CHECK in str(world.opened()[0])
    assert world.sessions() == []


async def test_a_slack_that_is_silent_about_everything_takes_too_long(world: World) -> None:
    world.slack.silent |= {"users.info", "conversations.info"}
    answer = body(await world.send(command(f"{WHOLE} card:<#C0OTHER001>")))
    assert answer in ({}, private(texts.TOO_SLOW))
    assert world.sessions() == []


async def test_a_question_that_came_too_late_has_done_nothing(world: World) -> None:
    world.slack.faults["views.open"] = "expired_trigger_id"
    assert body(await world.send(command("voice Boiler to:(503) 555-0123"))) == private(texts.TOO_SLOW)
    assert world.sessions() == []


async def test_the_question_of_a_command_opens_one_session_however_often_it_is_answered(world: World) -> None:
    await world.send(command("voice Boiler to:(503) 555-0123"))
    (asked,) = world.opened()
    for view in ("V1", "V2"):
        await world.interact(submission("session_confirm", view, {}, asked["private_metadata"]))
    assert [(one.name, one.channel) for one in world.sessions()] == [("Boiler", CHANNEL)]


async def test_a_message_that_names_numbers_is_told_what_to_do(world: World) -> None:
    await world.thread(mention("voice Boiler to:(503) 555-0123"))
    assert await world.hints() == [CHECK]
    assert world.sessions() == []


async def test_a_button_shows_the_form_even_when_nothing_is_missing_any_more(world: World) -> None:
    await world.interact(press(hints.FORM, WHOLE, ts=AT))
    (form,) = world.opened()
    assert form["callback_id"] == "session_new"
    assert "joe@example.com" in str(form)
    assert world.sessions() == []


async def test_who_has_said_who_they_are_is_sent_as_that(world: World) -> None:
    await world.door.bridge.settle(Actor(TeamId(TEAM), UserId(ANA)), evo_address="user:9", evo_name="Ana of Acme")
    assert "`fromName`: Ana of Acme (Slack)" in body(await world.send(command(f"{WHOLE} dry:yes")))["text"]
    await world.send(command())
    assert "You are sent as *Ana of Acme*." in str(world.opened()[0])


async def test_between_two_people_a_card_can_only_stand_elsewhere(world: World) -> None:
    await world.send(command(WHOLE, channel_id="D1", channel_name="directmessage"))
    assert "Choose where the card is posted." in str(world.opened()[0])
    await world.send(command(f"{WHOLE} card:<#{'C0SALES001'}>", channel_id="D1", channel_name="directmessage"))
    assert world.sessions() == []  # nobody knows whether they can see it
    world.slack.channels["C0SALES001"] = {"id": "C0SALES001", "is_member": True}
    await world.send(command(f"{WHOLE} card:<#{'C0SALES001'}>", channel_id="D1", channel_name="directmessage"))
    assert [one.channel for one in world.sessions()] == ["C0SALES001"]


# What a restore has undone


@pytest.mark.parametrize("words", [WHOLE, "followup"])
async def test_what_may_have_been_opened_before_a_restore_is_not_opened_again(world: World, words: str) -> None:
    session = await world.active_session(life=Life.ENDED)
    said = Said(HOME, Ts(AT), UserId(ANA), f"<@UBOT> {words}")
    assert await orders.carry_out(world.door, Wanted(words, said, session, doubt=True)) is None
    assert len(world.sessions()) == 1
    notes = world.store.read._connection.execute("SELECT text FROM post WHERE kind = 'notice'").fetchall()
    assert ["Write it again if it is still wanted." in text for (text,) in notes] == [True]


# After another one


async def test_a_follow_up_is_named_by_the_message_that_asked_for_it(world: World) -> None:
    await world.active_session(life=Life.ENDED)
    for _ in range(2):
        await ThreadDoor(world.door)(event("<@UBOT> followup", ts=AT))
    before, after = world.sessions()
    request = unpack_request(world.store.read.items_of(after.key, Kind.OPEN)[0].body)
    assert (request.name, request.parent_id, request.emails[0].address) == (before.name, "e1", "joe@acme.com")
    assert after.thread == HOME


async def test_whom_evo_voice_did_not_add_a_follow_up_leaves_out_and_says_so(world: World) -> None:
    """By the button in the form; by words not at once, for somebody has to see that."""
    session = await world.active_session(life=Life.ENDED, missing=pack(["joe@acme.com"]))
    await world.interact(press(FOLLOW_UP, str(session.key)))
    shown = json.dumps(world.opened()[0])
    assert shown.count("joe@acme.com") == 1
    assert "Left out, because Evo Voice did not add them the last time: joe@acme.com." in shown
    await ThreadDoor(world.door)(event("<@UBOT> followup", ts=AT))
    (told,) = await world.hints()
    assert "did not add them the last time: joe@acme.com." in told
    assert len(world.sessions()) == 1


@pytest.mark.parametrize("user", ["UGUEST", ANA])
async def test_the_button_asks_who_presses_it_and_whether_it_is_over(world: World, user: str) -> None:
    session = await world.active_session(life=Life.ACTIVE if user == ANA else Life.ENDED)
    await world.interact(press(FOLLOW_UP, str(session.key), user))
    (told,) = await world.hints()
    assert told.startswith("Guests" if user == "UGUEST" else texts.STILL_ALIVE)
    assert world.opened() == []


async def test_the_card_of_an_ended_session_leads_to_the_next_in_its_thread(world: World) -> None:
    session = await world.active_session(life=Life.ENDED)
    await world.interact(press(FOLLOW_UP, str(session.key)))
    (form,) = world.opened()
    answer = await world.interact(submission("session_new", "V7", _standing(form), form["private_metadata"]))
    assert body(answer) == {}
    assert world.sessions()[1].thread == session.thread
    assert SlackName(f"{TEAM}/view/V7/open") in [item.slack_name for item in world.items(Kind.OPEN)]


def _standing(form: dict[str, Any]) -> dict[str, Any]:
    """What is submitted when nobody changes anything."""
    blocks = [block for block in form["blocks"] if block["type"] == "input"]
    initial = {"plain_text_input": "value", "multi_users_select": "selected_users", "checkboxes": "selected_options"}
    return {
        block["block_id"]: {
            block["element"]["action_id"]: {
                initial.get(block["element"]["type"], "selected_option"): next(
                    (value for key, value in block["element"].items() if key.startswith("initial_")), None
                )
            }
        }
        for block in blocks
    }
