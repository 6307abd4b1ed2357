"""A policy file is read strictly: whatever is wrong with it is said, with its line, and all of it at once."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy import (
    CREATE,
    Action,
    BadPolicy,
    Budgets,
    LineType,
    Phones,
    PlaceKind,
    Policy,
    Retention,
    Role,
    Rule,
    Where,
    Who,
    default_policy,
    read,
)
from bot.policy.complaints import MOST
from bot.policy.defaults import TEXT
from bot.policy.reading import MOST_BYTES, read_bytes
from bot.policy.showing import ORDER, Surroundings, show
from tests.bot.policy.bad_files import BAD, deny, rule


def complaints(text: str) -> list[str]:
    """Each begins with its line."""
    with pytest.raises(BadPolicy) as caught:
        read(text, "p")
    return [line.removeprefix("p:") for line in caught.value.lines]


# --- what is well -----------------------------------------------------------------------------------------------------


def test_the_defaults_are_those_of_the_model() -> None:
    policy = default_policy()
    assert (policy.phones, policy.budgets, policy.retention) == (Phones(), Budgets(), Retention())
    assert (policy.admins, policy.source, {each.line for each in policy.rules}) == (Who(), "", {0})


WHOLE = """\
# Who may do what.
[[allow]]
name = "the desk"
who = ["members", "@Front-Desk", "S012AB3CD", "U012AB3CD", "W1", "Ana@Example.com"]
what = ["create", "phone", "number"]
where = ["public", "C012AB3CD"]
regions = ["gb", "US"]
numbers = ["+15035550123"]

[[deny]]
name = "not them"
who = ["everyone"]
what = ["everything"]
where = ["shared"]

[admins]
who = ["owners", "@chiefs"]

[phones]
regions = ["US"]
kinds = ["fixed", "voip"]
second_person = true
confirm_minutes = 2.5

[budgets]
per_user_day = 0

[retention]
words = 0.5
"""


def test_a_file_says_all_of_this() -> None:
    """What forbids is asked first; of a section, only what is given is other than the default."""
    assert read(WHOLE, "ours.toml") == Policy(
        rules=(
            Rule(
                "not them",
                allows=False,
                who=Who(roles=frozenset({Role.EVERYONE})),
                what=frozenset(Action),
                where=Where(kinds=frozenset({PlaceKind.SHARED})),
                line=10,
            ),
            Rule(
                "the desk",
                allows=True,
                who=Who(
                    frozenset({Role.MEMBERS}),
                    frozenset({"U012AB3CD", "W1"}),
                    frozenset({"ana@example.com"}),
                    frozenset({"front-desk", "S012AB3CD"}),
                ),
                what=CREATE | {Action.PHONE, Action.NUMBER},
                where=Where(frozenset({PlaceKind.PUBLIC}), frozenset({"C012AB3CD"})),
                regions=frozenset({"GB", "US"}),
                numbers=frozenset({"+15035550123"}),
                line=2,
            ),
        ),
        admins=Who(roles=frozenset({Role.OWNERS}), groups=frozenset({"chiefs"})),
        phones=Phones(frozenset({"US"}), frozenset({LineType.FIXED, LineType.VOIP}), True, 150.0),
        budgets=Budgets(user_day=0),
        retention=Retention(words=0.5),
        source="ours.toml",
    )


@pytest.mark.parametrize(
    ("text", "own", "defaults"),
    [
        ("", [], True),
        ("[budgets]\nper_user_day = 1\n", [], True),
        (deny(), ["x"], True),  # what forbids is added
        (rule(), ["x"], False),  # what allows replaces, as a whole
        (deny(name='"y"') + rule(), ["y", "x"], False),
        ("allow = []\n", [], False),  # nothing at all
        ("allow = []\n" + deny(), ["x"], False),
    ],
)
def test_rules_that_allow_replace_those_of_the_defaults_as_a_whole(
    text: str, own: list[str], *, defaults: bool
) -> None:
    rules = read(text).rules
    assert [each.name for each in rules if each.line or not defaults] == own
    assert tuple(each for each in rules if not each.line) == (default_policy().rules if defaults else ())


def test_how_an_editor_writes_lines_does_not_matter() -> None:
    for written in (WHOLE, WHOLE.replace("\n", "\r\n"), "\ufeff" + WHOLE):
        assert read_bytes(written.encode(), "ours.toml") == read(WHOLE, "ours.toml")


# --- what is not ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "said"), BAD)
def test_what_is_wrong_is_said_with_its_line(text: str, said: list[str]) -> None:
    assert complaints(text) == said


def test_everything_is_said_at_once_and_in_the_order_of_the_file() -> None:
    text = rule(who='["membrs"]') + "[budgets]\nper_user_day = -1\n" + deny(name='"y"', what='["sea"]') + "[x]\n"
    assert [said.partition(": ")[0] for said in complaints(text)] == ["3", "6", "10", "11"]


def test_who_has_much_to_mend_begins_with_the_first() -> None:
    text = "".join(f"key{n} = 1\n" for n in range(MOST + 7))
    said = complaints(text)
    assert (len(said), said[0].partition(":")[0], said[-1]) == (MOST + 1, "1", " 7 more")


def test_what_is_too_much_is_refused() -> None:
    rules = [rule(name=f'"rule {n}"') for n in range(201)]
    assert complaints("".join(rules)) == ["801: this is rule 201 of 201, and 200 are the most."]
    assert len(read("".join(rules[:200])).rules) == 200
    fitting = "#" * MOST_BYTES
    assert read(fitting).rules == default_policy().rules
    assert complaints(fitting + "#") == [" is larger than 64 kB. A policy is short: is it another file?"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'[[allow]]\nname = "caf\xe9"\n', "p:2: is not UTF-8. Save the file as UTF-8."),
        (codecs.BOM_UTF16_LE + WHOLE.encode("utf-16-le"), "p:1: is not UTF-8. Save the file as UTF-8."),
        (b"a\x00b", "p:1:2: this is not TOML: a key needs = and a value."),
    ],
)
def test_another_kind_of_file_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(BadPolicy) as caught:
        read_bytes(data, "p")
    assert list(caught.value.lines) == [said]


def test_another_file_does_not_come_out_in_what_is_said_of_it() -> None:
    """A path that was mistaken may lead to secrets."""
    for line in (
        "SLACK_BOT_TOKEN=xoxb-secret",
        'SLACK_BOT_TOKEN="xoxb-secret"',
        "root:xoxb-secret:0:0",
        "x = 'xoxb-secret",
    ):
        assert "xoxb-secret" not in str(complaints(line))


# --- whatever it is ---------------------------------------------------------------------------------------------------

PIECES = [
    *WHOLE.splitlines(), *TEXT.splitlines(), "who = []", 'who = ["creator", "@x", "a@b.example"]', "allow = []",
    "[[deny.who]]", "[allow]", "[[phones]]", "name = 1979-05-27", 'what = ["end", 1, {}, [[]]]', "words = nan",
    "per_user_day = 0x7fffffffffffffffffff", 'regions = ["\\u001b"]', '"" = ""', "a.b.c.d.e.f = 1", "[a.b]", "'''",
    '"""',
]  # fmt: skip
files = st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=25).map("\n".join) | st.text(max_size=200)


@given(files)
def test_whatever_stands_there_is_a_policy_or_a_complaint(text: str) -> None:
    """A complaint is on one line, begins with the file, and holds nothing that a console would obey."""
    for line in outcome(lambda: read(text, "p")):
        assert re.match(r"p:(\d+:(\d+:)?)? ", line)
        assert line.isprintable()


@given(st.binary(max_size=300))
def test_whatever_the_bytes_are(data: bytes) -> None:
    outcome(lambda: read_bytes(data))


def outcome(reading: Callable[[], Policy]) -> tuple[str, ...]:
    """What is said against it, if it is no policy."""
    try:
        reading()
    except BadPolicy as error:
        return error.lines or ("nothing was said",)
    return ()


# --- shown and read again ---------------------------------------------------------------------------------------------

ids = st.from_regex(r"[A-Z0-9]{8,10}", fullmatch=True)
roles = [role for role in Role if role not in {Role.EVERYONE, Role.CREATOR}]  # not said of everything
whos = st.builds(
    Who,
    st.frozensets(st.sampled_from(roles)),
    st.frozensets(ids.map("U{}".format) | ids.map("W{}".format), max_size=3),
    st.frozensets(st.from_regex(r"[a-z]{1,3}[.+][a-z]{1,3}@[a-z]{1,5}\.example", fullmatch=True), max_size=3),
    st.frozensets(ids.map("S{}".format) | st.from_regex(r"[a-zé𝐀0-9._-]{1,9}", fullmatch=True), max_size=3),
).filter(lambda who: who != Who())
whats = st.frozensets(st.sampled_from(Action), min_size=1) | st.just(CREATE) | st.just(frozenset(Action))
wheres = st.builds(Where, st.frozensets(st.sampled_from(PlaceKind)), st.frozensets(ids.map("C{}".format), max_size=3))
names = st.text(st.characters(exclude_categories=["Z", "C"], exclude_characters="<>&“”"), min_size=1, max_size=80)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    what = draw(whats)
    return Rule(
        name=draw(names),
        allows=draw(st.booleans()),
        who=draw(whos),
        what=what,
        where=draw(wheres),
        regions=draw(st.frozensets(st.sampled_from(["US", "GB", "DE"]))) if Action.PHONE in what else frozenset(),
        numbers=draw(st.frozensets(st.just("+15035550123"))) if Action.NUMBER in what else frozenset(),
    )


counts = st.integers(0, 1_000_000)
days = st.floats(0, 36_500)
policies = st.builds(
    Policy,
    st.lists(rules(), max_size=4, unique_by=lambda each: each.name.casefold()).map(
        lambda found: tuple(sorted(found, key=lambda each: each.allows))
    ),
    whos.map(lambda who: replace(who, roles=who.roles & {Role.OWNERS})) | st.just(Who()),
    st.builds(
        Phones,
        st.frozensets(st.sampled_from(["US", "GB"])),
        st.frozensets(st.sampled_from(LineType)),
        st.booleans(),
        st.integers(30_000, 3_600_000).map(lambda ms: ms / 1000),
    ),
    st.builds(Budgets, counts, counts, counts, counts, st.integers(2, 1_000_000), st.integers(3, 15)),
    st.builds(Retention, days, days, days, days),
)


@settings(max_examples=60)
@given(policies, st.builds(Surroundings, st.frozensets(st.just("CA")), st.booleans()))
def test_what_is_shown_reads_as_the_same_policy(policy: Policy, around: Surroundings) -> None:
    again = read(show(policy, around))
    assert replace(again, rules=tuple(replace(each, line=0) for each in again.rules)) == policy


def test_what_is_shown_is_in_the_order_of_decision_and_says_where_each_rule_stands() -> None:
    shown = show(read(WHOLE, "ours.toml"), Surroundings(frozenset({"CA", "US"})))
    assert [line for line in shown.splitlines() if line.startswith(("#", "[[", "name", "regions"))] == [
        "# The policy of ours.toml. Where it says nothing, the defaults hold.",
        *ORDER.splitlines(),
        "[[deny]]  # line 10",
        'name = "not them"',
        "[[allow]]  # line 2",
        'name = "the desk"',
        'regions = ["GB", "US"]',
        'regions = ["US"]  # and of EVOBOT_PHONE_REGIONS: CA, US',
    ]
