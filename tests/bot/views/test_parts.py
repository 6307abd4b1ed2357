"""bot.views.parts: what people are told of text-message parts."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.text import to_slack
from bot.views.parts import MOST, aside, first_message, too_long
from tests.bot.views.samples import OUR_MARKUP

A = "a" * 150
MORE = ", because letters such as “ж” take more room"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Hi", "as 1 text part."),
        ("🎉", "as 1 text part."),
        ("a" * 156, "as 2 text parts."),
        (A + "🎉", "as 3 text parts, because of “🎉”; without it it would be 1."),
        (A + "“Hi”", "as 3 text parts, because of curly quotes; without them it would be 1."),
        (A + "🎉👋🏽’", "as 3 text parts, because of “🎉”, “👋🏽” and curly apostrophes; without them it would be 1."),
        (
            A + "🎉👋’…–",
            "as 3 text parts, because of “🎉”, “👋”, curly apostrophes and 2 more; without them it would be 1.",
        ),
        (
            A + "a\u00a0\u2009\t",
            "as 3 text parts, because of no-break spaces, unusual spaces and tabs; without them it would be 1.",
        ),
        (A + "🎉ж", f"as 3 text parts{MORE}."),
        (A + "ж", f"as 3 text parts{MORE}."),
    ],
)
def test_the_parts_of_a_first_message_and_what_makes_them_more(text: str, sentence: str) -> None:
    assert first_message(text, "Ana") == f"The first message goes to each number {sentence}"


ONE_EMOJI = "This goes out as 3 text parts to each phone, because of “🎉”; without it it would be 1."


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("🎉" * 30, None),  # one part, whatever is in it
        ("a" * 300, None),
        ("a" * 454, None),  # three, as long answers are
        ("a" * 455, "This goes out as 4 text parts to each phone."),
        (A + "🎉", ONE_EMOJI),
        (
            "a" * 60 + "🎉🎉🎉🎉",
            "This goes out as 2 text parts to each phone, because of “🎉”; without it it would be 1.",
        ),
        ("ж" * 150, None),
        ("ж" * 150 + "🎉", None),  # nothing would be won
        ("ж" * 200, f"This goes out as 4 text parts to each phone{MORE}."),
        ("", None),
    ],
)
def test_the_author_is_told_where_it_is_worth_a_word(text: str, hint: str | None) -> None:
    assert aside(text, "Ana") == hint


def test_the_name_in_front_counts() -> None:
    assert aside("a" * 455, "") is None
    assert aside("a" * 455, "Ana") is not None


def test_a_name_that_makes_it_more_is_not_held_against_each_message() -> None:
    assert aside("a" * 100, "Raúl") is None
    assert aside("a" * 300, "Raúl") == "This goes out as 5 text parts to each phone."


@example(text="`*", author="")
@given(st.text(max_size=300), st.text(max_size=30))
def test_a_hint_is_short_and_nothing_in_it_is_live(text: str, author: str) -> None:
    hint = aside("🎉" * 40 + text, author) or ""
    foreign = OUR_MARKUP.sub("", hint)
    assert len(hint) <= MOST
    assert foreign == to_slack(foreign)


@pytest.mark.parametrize(
    ("over", "phones", "sentence"),
    [
        (2, True, "Too long by 2 characters (54 text parts; the limit is 8,000 characters)."),
        (1, True, "Too long by 1 character (54 text parts; the limit is 8,000 characters)."),
        (1000, False, "Too long by 1,000 characters (the limit is 8,000 characters)."),
    ],
)
def test_what_is_too_long_says_by_how_much_and_how_many_parts_it_would_have_been(
    over: int, phones: bool, sentence: str
) -> None:
    assert too_long("€" * 4050, over, 8000, author="Ana", phones=phones) == sentence
