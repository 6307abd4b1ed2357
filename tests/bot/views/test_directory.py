from __future__ import annotations

import pytest

from bot.model import Contact
from bot.views.directory import options
from sandbox.slack.blocks import check_options


def flat(answer: dict) -> list[tuple[str, str, str]]:
    return [
        (group["label"]["text"], option["text"]["text"], option["value"])
        for group in answer.get("option_groups", [])
        for option in group["options"]
    ]


def test_people_and_teams_stand_in_groups() -> None:
    found = [
        Contact("user:1", "Ana", "People"),
        Contact("team:9", "Support", "Teams"),
        Contact("user:2", "Joe", "People"),
    ]
    answer = options(found, "")
    assert check_options(answer) == []
    assert flat(answer) == [("People", "Ana", "user:1"), ("People", "Joe", "user:2"), ("Teams", "Support", "team:9")]


def test_an_address_that_is_typed_is_offered_by_itself_once() -> None:
    assert flat(options([Contact("user:7", "Ana", "People")], " user:7 ")) == [("As typed", "user:7", "user:7")]


@pytest.mark.parametrize("query", ["", "ana", "user:", "user:1 2", "group:1", "xuser:1"])
def test_other_words_are_no_address(query: str) -> None:
    assert options([], query) == {"options": []}


def test_slacks_limits_are_kept() -> None:
    many = [Contact(f"user:{n}", "N" * 300 + "<!channel>", f"Group {n}") for n in range(300)]
    answer = options(
        [Contact("user:" + "9" * 150, "too long", "People"), Contact("", "none", "People"), *many], "user:x"
    )
    assert check_options(answer) == []
    assert len(flat(answer)) == 100
    assert flat(answer)[1][2] == "user:0"
