"""Who may do what: everything that is not clearly allowed is refused."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from bot.model import Profile, TeamId, UserId
from bot.policy import refusal
from bot.texts import GUEST, NO_PERSON, OUTSIDER

HOME, ELSEWHERE = TeamId("T1"), TeamId("T2")
FLAGS = ("bot", "guest", "stranger", "deleted")


def person(team: TeamId | None = HOME, **facts: Any) -> Profile:
    return Profile(UserId("U1"), team, "Ana", "ana@example.com", **facts)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (person(), None),
        (person(team=None), None),  # Slack does not always say; a stranger is marked as one besides
        (person(bot=True), NO_PERSON),
        (person(deleted=True), NO_PERSON),
        (person(guest=True), GUEST),
        (person(stranger=True), OUTSIDER),
        (person(team=ELSEWHERE), OUTSIDER),
        (person(team=ELSEWHERE, guest=True), OUTSIDER),
        (person(team=None, stranger=True), OUTSIDER),
        (person(team=ELSEWHERE, deleted=True), NO_PERSON),
    ],
)
def test_full_members_of_this_workspace_may_and_the_others_are_told_why(who: Profile, expected: str | None) -> None:
    assert refusal(who, HOME) == expected


def test_no_mark_ever_lets_somebody_in_whom_another_keeps_out() -> None:
    marks = [dict(zip(FLAGS, values, strict=True)) for values in itertools.product([False, True], repeat=len(FLAGS))]
    allowed = [
        (team, facts) for team in (HOME, ELSEWHERE) for facts in marks if refusal(person(team, **facts), HOME) is None
    ]
    assert allowed == [(HOME, dict.fromkeys(FLAGS, False))]
