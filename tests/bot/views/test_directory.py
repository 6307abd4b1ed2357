from __future__ import annotations

import pytest

from bot.model import Contact, Customer, EvoSessionId, Life, OwnNumber, Phone, SessionType
from bot.views.directory import customer_options, number_options, options, session_options
from sandbox.slack.blocks import check_options
from tests.helpers import a_session


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


@pytest.mark.parametrize("query", ["", "ana", "user:", "user:1 2", "group:1", "xuser:1", "user:+15035550123"])
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


MAIN = OwnNumber(Phone("+15035550100", "US"), "Main line", texts=True)


@pytest.mark.parametrize(
    ("whole", "query", "expected"),
    [
        (True, "", [("Numbers", "Main line +15035550100", "+15035550100")]),
        (True, "(503) 555-0123", [("Numbers", "Main line +15035550100", "+15035550100")]),
        (
            False,
            "(503) 555-0123",
            [
                ("As typed", "+15035550123", "+15035550123"),
                ("Numbers", "Main line +15035550100", "+15035550100"),
            ],
        ),
        (False, "main", [("Numbers", "Main line +15035550100", "+15035550100")]),
    ],
)
def test_a_number_can_be_typed_where_nobody_knows_them_all(
    *, whole: bool, query: str, expected: list[tuple[str, str, str]]
) -> None:
    assert flat(number_options([MAIN], query, "US", whole=whole)) == expected


@pytest.mark.parametrize(
    ("whole", "query", "expected"),
    [
        (True, "c1234567", [("Customers", "Lee", "c1")]),
        (False, "c1234567", [("As typed", "c1234567", "c1234567"), ("Customers", "Lee", "c1")]),
        (False, "household", [("Customers", "Lee", "c1")]),
        (False, "../c1234567", [("Customers", "Lee", "c1")]),
    ],
)
def test_an_id_can_be_typed_where_nobody_knows_all_customers(
    *, whole: bool, query: str, expected: list[tuple[str, str, str]]
) -> None:
    assert flat(customer_options([Customer("c1", "Lee")], query, whole=whole)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [("Chat", "Boiler", "s000001"), ("Voice", "Boiler <!here> (ended)", "s000002")]),
        ("here boil", [("Voice", "Boiler <!here> (ended)", "s000002")]),
        ("s000002", [("Voice", "Boiler <!here> (ended)", "s000002")]),
        ("65f1c0ffee", [("As typed", "65f1c0ffee", "65f1c0ffee")]),
        ("nothing", []),
        ("active", []),
    ],
)
def test_sessions_are_found_by_name_or_by_an_id_that_is_typed(query: str, expected: list[tuple[str, str, str]]) -> None:
    there = [
        a_session(name="Boiler", evo_id=EvoSessionId("s000001")),
        a_session(name="Boiler <!here>", evo_id=EvoSessionId("s000002"), type=SessionType.VOICE, life=Life.ENDED),
        a_session(name="Not opened yet", evo_id=None),
    ]
    answer = session_options(there, query)
    assert (check_options(answer), flat(answer)) == ([], expected)
