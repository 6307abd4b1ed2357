from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import Line, LineName
from bot.text import PART, foreign_parts
from bot.views.replies import joined, notice, said
from tests.bot.views.samples import SESSION, assert_good, texts, words


def line(text: str = "hello", sender: str = "ana@example.com", uri: str | None = None, kind: str | None = None) -> Line:
    return Line(LineName("n"), SESSION.key, sender, text, uri, kind, "2026-01-01")


def test_a_line_is_drawn_so() -> None:
    message = said(line("Is it *fixed* <!here>?"), SESSION)
    assert_good(message)
    assert message.text == "Ana: Is it *fixed* &lt;!here&gt;?"
    assert message.blocks == [
        {"type": "context", "elements": [{"type": "plain_text", "text": "Outside Slack · Ana", "emoji": True}]},
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "Is it *fixed* <!here>?"}]}
            ],
        },
    ]


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ("ana@example.com", "Ana"),
        ("ANA@Example.com", "Ana"),
        ("ana", "Ana"),
        ("+15035550123", "+1 503 •••• 0123"),
        ("1 (503) 555-0123", "+1 503 •••• 0123"),
        ("user:9", "Joe"),
        ("stranger@x.example", "stranger@x.example"),
        ("555", "555"),
        ("  ", "Somebody"),
        ("", "Somebody"),
        ("Billing\nbot", "Billing bot"),
    ],
)
def test_a_sender_has_the_name_that_the_session_knows(sender: str, shown: str) -> None:
    assert words(said(line(sender=sender), SESSION)).startswith(f"Outside Slack · {shown}\n")


def test_a_file_is_named_and_not_linked() -> None:
    message = said(line("", uri="https://evil.example/x.png", kind="image/png"), SESSION)
    assert_good(message)
    assert words(message) == "Outside Slack · Ana\nSent a file (image/png)."
    assert message.text == "Ana: Sent a file (image/png)."


def test_a_file_with_words_shows_both() -> None:
    assert words(said(line("see", uri="https://x.example/1"), SESSION)).endswith("see\nSent a file.")


def test_an_empty_line_is_said_to_be_empty() -> None:
    assert words(said(line(" \n "), SESSION)).endswith("Sent an empty message.")


@pytest.mark.parametrize("text", ["word " * 7999, "line\n" * 7999, "x" * 40_000, "e\u0301" * 20_000, "👩‍👩‍👧‍👦" * 3000])
def test_a_long_text_is_whole_in_posts_that_slack_takes(text: str) -> None:
    parts = foreign_parts(text)
    messages = [said(line(text), SESSION, part) for part in range(len(parts))]
    for message in messages:
        assert_good(message)
    pieces = [shown for message in messages for kind, shown in texts(message.blocks) if kind == "text"]
    assert max(len(piece) for piece in pieces) <= PART
    assert "".join(pieces).replace("\n", "") == text.strip().replace("\n", "")
    assert not any(piece[0] in "\u0301\u200d" for piece in pieces)
    assert f"(2 of {len(parts)})" in words(messages[1])


def test_a_notice_is_one_quiet_line() -> None:
    message = notice("Ana <x> joined.")
    assert_good(message)
    assert message.text == "Ana &lt;x&gt; joined."
    assert message.blocks == [
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "Ana &lt;x&gt; joined.", "verbatim": True}]}
    ]


def test_a_late_line_shows_when_it_was_said() -> None:
    message = said(line("hello: you"), SESSION, late=True)
    assert_good(message)
    at = "<!date^1767225600^{date_short_pretty} {time}|2026-01-01 00:00 UTC>"
    assert message.text == f"{at} Ana: hello: you"
    assert words(message) == f"Outside Slack · Ana\n{at}\nhello: you"


def test_a_late_line_with_an_unreadable_date_shows_none() -> None:
    there = replace(line(), date="once upon a time")
    assert said(there, SESSION, late=True) == said(there, SESSION)


def test_several_messages_become_one_in_their_order() -> None:
    message, count = joined([said(line(f"{n}"), SESSION) for n in range(7)])
    assert_good(message)
    assert count == 7
    assert message.text == "\n".join(f"Ana: {n}" for n in range(7))
    assert words(message) == "\n".join(f"Outside Slack · Ana\n{n}" for n in range(7))


@pytest.mark.parametrize("text", ["x", "y" * 700, "&" * 3000, "<!channel> " * 250, "z" * PART])
def test_only_as_many_as_slack_takes(text: str) -> None:
    parts = [said(line(text), SESSION, late=True) for _ in range(60)]
    message, count = joined(parts)
    assert_good(message)
    assert 1 <= count < 60
    assert message.blocks == [block for part in parts[:count] for block in part.blocks]


def test_customers_words_stay_as_they_came_while_their_number_is_masked() -> None:
    there = line(sender="+15035550123", text="Call +1 503 555 0199")
    shown, whole = said(there, SESSION), said(there, SESSION, whole=True)
    assert shown.text == "+1 503 •••• 0123: Call +1 503 555 0199"
    assert whole.text == "+15035550123: Call +1 503 555 0199"
    assert [words(message).splitlines()[-1] for message in (shown, whole)] == ["Call +1 503 555 0199"] * 2


def test_the_name_of_a_session_that_a_line_was_said_in_is_masked_as_well() -> None:
    session = replace(SESSION, name="Call +15035550123")
    assert "5550123" not in said(line(), session, one_of=True).text
    assert "+15035550123" in said(line(), session, one_of=True, whole=True).text
