from __future__ import annotations

from typing import Any

import pytest

from bot.model import SessionType
from bot.views import new_session, notices
from handlers.session_command import Told, Wanted, read
from tests.handlers.world import World, body, command


def private(text: str) -> dict[str, str]:
    return {"text": text, "response_type": "ephemeral"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", Wanted(SessionType.CHAT, "")),
        ("  ", Wanted(SessionType.CHAT, "")),
        ("new", Wanted(SessionType.CHAT, "")),
        ("new Broken boiler", Wanted(SessionType.CHAT, "Broken boiler")),
        ("new fax Papers", Wanted(SessionType.FAX, "Papers")),
        ("NEW Voice", Wanted(SessionType.VOICE, "")),
        ("new new", Wanted(SessionType.CHAT, "new")),
        ("chat Mrs Lee &amp; <@U9|ana>", Wanted(SessionType.CHAT, "Mrs Lee & @ana")),
        ("voice Callback", Wanted(SessionType.VOICE, "Callback")),
        ("call Callback", Wanted(SessionType.VOICE, "Callback")),
        ("fax", Wanted(SessionType.FAX, "")),
        ("help", Told(notices.HELP)),
        ("HELP me", Told(notices.HELP)),
        ("opne", Told("I do not know “opne”. Try `/session` or `/session help`.")),
        ("<!channel> x", Told("I do not know “@channel”. Try `/session` or `/session help`.")),
        ("&lt;!channel&gt;", Told("I do not know “&lt;!channel&gt;”. Try `/session` or `/session help`.")),
    ],
)
def test_the_words_after_session_are_read_so(text: str, wanted: Wanted | Told) -> None:
    assert read(text) == wanted


async def test_session_opens_the_form_with_what_was_typed(world: World) -> None:
    assert body(await world.send(command("voice Callback Lee"))) == {}
    form = new_session.form("C1", SessionType.VOICE, "Callback Lee", author="Ana")
    assert world.opened() == [form]


@pytest.mark.parametrize("there", ["directmessage", "mpdm-ana--joe-1"])
async def test_a_card_is_not_offered_between_two_people(world: World, there: str) -> None:
    await world.send(command(channel_name=there))
    assert world.opened()[0] == new_session.form(None, author="Ana")


@pytest.mark.parametrize(("text", "told"), [("help", notices.HELP), ("x", notices.unknown_word("x"))])
async def test_words_are_answered_in_private(world: World, text: str, told: str) -> None:
    assert body(await world.send(command(text))) == private(told)
    assert world.opened() == []


async def test_a_guest_is_refused_before_the_form(world: World) -> None:
    answer = body(await world.send(command(user_id="UGUEST")))
    assert answer == private("Guests of this workspace may not use sessions. Ask a full member to send it for you.")
    assert world.opened() == []


@pytest.mark.parametrize("trouble", ["fault", "silence"])
async def test_who_cannot_be_checked_yet_gets_the_form(world: World, trouble: str) -> None:
    if trouble == "fault":
        world.slack.faults["users.info"] = "internal_error"
    else:
        world.slack.silent.add("users.info")
    assert body(await world.send(command())) == {}
    assert len(world.opened()) == 1


@pytest.mark.parametrize("error", ["expired_trigger_id", "trigger_expired", "invalid_trigger_id"])
async def test_a_trigger_that_is_over_is_said_to_be_over(world: World, error: str) -> None:
    world.slack.faults["views.open"] = error
    assert body(await world.send(command())) == private("That took too long. Please type it again.")


async def test_a_slack_that_does_not_answer_takes_too_long(world: World) -> None:
    world.slack.silent.add("views.open")
    assert body(await world.send(command())) == private(notices.TOO_SLOW)


async def test_anything_else_has_a_reference(world: World) -> None:
    world.slack.faults["views.open"] = "view_too_large"
    answer: dict[str, Any] = body(await world.send(command()))
    assert answer["response_type"] == "ephemeral"
    assert answer["text"].startswith("Something broke on my side. Nothing else was affected. Give ref ")
