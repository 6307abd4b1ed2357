from __future__ import annotations

from typing import Any

import pytest

from bot.store import Unavailable
from bot.texts import NOT_STORED
from handlers import errors
from tests.handlers.world import (
    CARD,
    World,
    body,
    break_disk,
    command,
    message_shortcut,
    press,
    press_home,
    submission,
    suggestion,
)

SECRET_WORDS = "what Mrs Lee wrote"


def shown(answer: dict[str, Any]) -> str:
    return answer["view"]["blocks"][0]["text"]["text"]


async def test_a_form_that_broke_shows_the_reference_over_itself(world: World) -> None:
    answer = body(await world.interact(submission("session_invite", "V1", {}, "rubbish")))
    assert answer["response_action"] == "push"
    assert shown(answer).startswith("Something broke on my side. Nothing else was affected. Give ref ")


async def test_a_disk_that_takes_nothing_has_a_sentence_of_its_own(world: World) -> None:
    session = await world.active_session()
    break_disk(world)
    assert body(await world.interact(press("session_end", str(session.key)))) == {}
    assert await world.hints() == [NOT_STORED]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (command(), {"response_type": "ephemeral", "text": "sorry"}),
        (suggestion(""), {"options": []}),
        ({"type": "shortcut", "user": {"id": "U1"}}, {}),
        ({}, {}),
    ],
)
async def test_every_payload_gets_an_answer_that_slack_takes(world: World, payload: dict, expected: dict) -> None:
    assert body(errors.answer(world.door, payload, "sorry")) == expected
    assert await world.hints() == []


async def test_a_click_in_a_thread_is_answered_in_the_thread(world: World) -> None:
    errors.answer(world.door, press("x", "1", ts="9.9", thread=CARD), "sorry")
    errors.answer(world.door, message_shortcut("x", CARD), "sorry")
    await world.hints()
    assert world.slack.asked("chat.postEphemeral") == [
        {"channel": "C1", "user": "U1", "text": "sorry", "thread_ts": CARD},
        {"channel": "C1", "user": "U1", "text": "sorry"},
    ]


async def test_a_click_in_the_home_is_answered_in_their_own_messages(world: World) -> None:
    errors.answer(world.door, press_home("x", "1"), "sorry")
    (letter,) = await world.letters()
    assert (letter["channel"], letter["text"]) == ("U1", "sorry")


def test_the_log_holds_a_reference_and_a_place_but_no_words(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(KeyError) as caught:
        {}[SECRET_WORDS]
    told = errors.sentence(caught.value)
    (record,) = caplog.records
    reference = told.split("ref ")[1].split()[0]
    assert record.getMessage().startswith(f"ref {reference}: KeyError in ")
    assert SECRET_WORDS not in caplog.text


def test_no_two_references_are_alike() -> None:
    assert errors.sentence(ValueError()) != errors.sentence(ValueError())


def test_what_could_not_be_stored_needs_no_reference(caplog: pytest.LogCaptureFixture) -> None:
    assert errors.sentence(Unavailable("disk full")) == NOT_STORED
    assert caplog.records == []
