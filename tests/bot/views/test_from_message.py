"""The form that is started from a message."""

from __future__ import annotations

import pytest

from bot.model import SessionType, UserId
from bot.views.new_session import Shape, Typed, draw, unpack
from bot.views.new_session.from_message import TOO_LONG, begun_by_message, fits
from sandbox.slack.blocks import check_view
from tests.faultlab.corpus import LIES, MARKUP, PAYLOADS, SIGNS

BOT = UserId("U0BRIDGE01")


def begun(message: str, text: str) -> Typed:
    return begun_by_message(message, text, "US", BOT)


def test_the_first_words_are_the_name_and_the_people_in_it_the_members() -> None:
    message = "<@U0BRIDGE01> ask <@U0ANNA0001>\nor <mailto:joe@acme.com|joe@acme.com>, (503) 555-0123"
    text = "@Evo ask Anna\nor joe@acme.com, (503) 555-0123"
    assert begun(message, text) == Typed(
        SessionType.CHAT,
        {
            "f_name": "@Evo ask Anna or joe@acme.com, (503) 555-0123",
            "f_slackmembers": ["U0ANNA0001"],
            "f_members": "joe@acme.com\n+15035550123",
        },
    )


def test_a_long_message_makes_a_short_name() -> None:
    held = begun("word " * 100, "word " * 100).held
    assert len(held["f_name"]) <= 80


def test_a_message_without_words_makes_an_empty_form() -> None:
    assert begun("", "") == Typed()


@pytest.mark.parametrize(
    ("text", "goes"),
    [("x" * 1600, True), ("x" * 1601, False), ('"' * 1100, True), ('"' * 1400, False), ("\n" * 1500, False)],
)
def test_what_the_form_cannot_carry_is_said_to_be_too_long(text: str, goes: bool) -> None:
    assert fits(text) is goes
    assert begun("", text).said == ({} if goes else {"f_message": TOO_LONG})


@pytest.mark.parametrize("text", [*MARKUP, *LIES, *PAYLOADS, *SIGNS, "x" * 1600, '"' * 1100, "&" * 1600])
def test_slack_would_take_the_form_and_the_text_comes_back(text: str) -> None:
    found = begun(text, text)
    shape = Shape(text=text if fits(text) else "")
    view = draw(shape, found.held, author=text, said=found.said)
    assert check_view(view) == []
    assert unpack(view["private_metadata"])[0] == shape
