"""What docs/REFERENCE.md says of the policy is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.policy import Action, LineType, PlaceKind, Role, read
from bot.policy.remarks import remarks
from bot.policy.sections import BUDGET_KEYS, PHONE_KEYS, RETENTION_KEYS, RULE_KEYS
from bot.policy.showing import Surroundings
from bot.policy.words import CREATE_WORD, EVERYTHING

REFERENCE = (Path(__file__).parents[3] / "docs/REFERENCE.md").read_text(encoding="utf-8")
SECTION = REFERENCE.partition("### The policy\n")[2].partition("\n## ")[0]
EXAMPLE = re.findall(r"```toml\n(.*?)```", SECTION, re.DOTALL)[0]


def test_the_example_is_a_policy_that_says_what_it_means() -> None:
    policy = read(EXAMPLE, "policy.toml")
    assert [rule.name for rule in policy.rules if not rule.allows] == ["trainees call nobody"]
    assert not [rule for rule in policy.rules if not rule.line]  # none of the defaults
    assert list(remarks(policy, Surroundings())) == []


def test_the_example_uses_every_key() -> None:
    keys = set(re.findall(r"^(\w+) =", EXAMPLE, re.MULTILINE))
    assert keys == {*RULE_KEYS, *PHONE_KEYS, *BUDGET_KEYS, *RETENTION_KEYS}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("who", set(Role)),
        ("what", {*Action, CREATE_WORD, EVERYTHING}),
        ("where", set(PlaceKind)),
    ],
)
def test_every_word_is_in_the_table_and_no_other(key: str, words: set[str]) -> None:
    (row,) = re.findall(rf"^\| `{key}` \| (.*) \|$", SECTION, re.MULTILINE)
    named = set(re.findall(r"`([a-z-]+)`", row))
    assert named == words


def test_every_kind_of_number_that_can_be_opened_is_named() -> None:
    (line,) = re.findall(r"^kinds = .*$", EXAMPLE, re.MULTILINE)
    assert all(kind in line for kind in LineType)
