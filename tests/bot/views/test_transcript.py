from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model import Heard, Line, LineName, SessionKey
from bot.views.transcript import Saying, as_lines, heard, page, unpack_page
from sandbox.slack.blocks import check_view
from tests.bot.views.samples import SESSION


def sayings(count: int, words: str = "x") -> list[Saying]:
    return [Saying(1700000000.0 + n, f"Nr. {n}", words) for n in range(count)]


def senders(view: dict[str, Any]) -> list[str]:
    (block,) = (block for block in view["blocks"] if block["type"] == "rich_text")
    return [section["elements"][0]["text"] for section in block["elements"]]


def buttons(view: dict[str, Any]) -> dict[str, str]:
    found = [one for block in view["blocks"] if block["type"] == "actions" for one in block["elements"]]
    return {one["text"]["text"]: one["value"] for one in found}


@pytest.mark.parametrize("count", [0, 1, 3, 100, 101, 1000])
@pytest.mark.parametrize("words", ["x", "&" * 4000, "<!channel>", "字" * 9000, ""])
def test_slack_would_take_the_page(count: int, words: str) -> None:
    assert check_view(page(replace(SESSION, name=words), sayings(count, words))) == []


def test_the_last_hundred_lines_stand_there_oldest_first() -> None:
    view = page(SESSION, sayings(250))
    assert senders(view) == [f"Nr. {n}" for n in range(150, 250)]
    assert buttons(view) == {"Earlier": "7/150"}


def test_earlier_pages_lead_on_and_back() -> None:
    assert buttons(page(SESSION, sayings(250), 150)) == {"Earlier": "7/50", "Latest": "7/"}
    first = page(SESSION, sayings(250), 50)
    assert (senders(first)[0], len(senders(first)), buttons(first)) == ("Nr. 0", 50, {"Latest": "7/"})


def test_no_line_is_left_out_when_lines_are_long() -> None:
    seen, end = [], 250
    while end:
        view = page(SESSION, sayings(250, "y" * 2000), end)
        seen = [*senders(view), *seen]
        end = int(buttons(view).get("Earlier", "7/0").partition("/")[2])
    assert seen == [f"Nr. {n}" for n in range(250)]


def test_what_was_said_is_words_and_nothing_else() -> None:
    (section,) = as_lines([Saying(0, "*Evo*", "<!channel> *b*\n`c`")])["elements"]
    assert [one["type"] for one in section["elements"]] == ["text", "text"]
    assert section["elements"][1] == {"type": "text", "text": "\n<!channel> *b*\n`c`\n"}


@pytest.mark.parametrize(
    ("line", "saying"),
    [
        (
            Heard("+15035550123", "Hi", None, None, "2026-01-01T10:00:00+00:00"),
            Saying(1767261600, "+15035550123", "Hi"),
        ),
        (Heard("user:9", "", "https://x", "image/png", "soon"), Saying(0, "Joe", "(a file)")),
        (Heard("user:9", "", None, None, "0001-01-01T00:00:00"), Saying(0, "Joe", "(empty)")),
    ],
)
def test_a_line_is_told_by_the_name_that_the_session_knows(line: Heard, saying: Saying) -> None:
    members = (*SESSION.members, replace(SESSION.members[0], identity="user:9", name="Joe"))
    known = Line(LineName("n"), SESSION.key, line.sender, line.text, line.media_uri, line.media_type, line.date)
    session = replace(SESSION, members=members)
    assert heard(known, session) == heard(line, session) == saying


def test_a_button_is_read_again_and_rubbish_is_not() -> None:
    assert unpack_page("7/150") == (SessionKey(7), 150)
    assert unpack_page("7/") == (SessionKey(7), None)
    for value in ("", "x/1", "7/-1", "7/x"):
        with pytest.raises(ValueError, match="key"):
            unpack_page(value)


def test_the_number_of_a_sender_is_masked_and_their_words_are_as_they_are() -> None:
    (section,) = as_lines([Saying(0, "+15035550123", "Call 503 555 0123")])["elements"]
    assert [one["text"] for one in section["elements"]] == ["+1 503 •••• 0123", "\nCall 503 555 0123\n"]
