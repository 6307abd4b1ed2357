"""The policy as administrators read it in Slack: whole, or cut where it can be, and every word of it only a word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.policy import Action, Policy, Role, Rule, Where, Who, default_policy, read
from bot.policy.explaining import Explanation
from bot.policy.remarks import NO_ADMINS
from bot.policy.showing import Surroundings
from bot.views.policy import ORDER, policy_message, verdict_message
from tests.bot.views.samples import assert_good, texts
from tests.faultlab.corpus import LIES, MARKUP

MINE = """\
[[deny]]
name = "not on holidays"
who = ["everyone"]
what = ["call", "fax"]
where = ["shared", "C012AB3CD"]

[[allow]]
name = "the desk"
who = ["members", "U012AB3CD", "S012AB3CD", "@desk", "ana@example.com"]
what = ["create", "phone", "number"]
regions = ["US", "GB"]
numbers = ["+15035550123"]

[admins]
who = ["owners", "W012AB3CD"]

[phones]
second_person = true
kinds = ["voip"]
"""


def test_a_policy_is_shown_rule_by_rule_in_the_order_of_decision() -> None:
    message = policy_message(read(MINE, "policy.toml"), Surroundings(frozenset({"CA"})), ["careful & <so>"])
    assert_good(message)
    assert [text for _, text in texts(message.blocks)] == [
        "Who may do what",
        f"policy.toml {ORDER}",
        "🚫 *not on holidays* (line 1)\neveryone *may not* call, fax; in shared, <#C012AB3CD>",
        ("✅ *the desk* (line 7)\nmembers, <@U012AB3CD>, ana@example.com, S012AB3CD, @desk *may* create, phone, "
        "number; phones of GB, US; with +15035550123"),
        ("*Administrators*: owners, <@W012AB3CD>\n"
        "*Outside phones*: CA; mobile, voip; somebody else than who asks must say yes within 5 minutes\n"
        "*Budgets*: a person 5 a minute and 20 a day, all together 100 a day, a number 3 a day; 5 numbers alike in 8 "
        "digits within an hour freeze them\n"
        "*Kept, in days*: words 30 from the end of a session, sessions 400, audit 400, hashes 90"),
        "⚠ careful &amp; &lt;so&gt;",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "settings", "said"),
    [
        (default_policy(), Surroundings(), "*Outside phones*: none; mobile; who asks must say yes within 5 minutes"),
        (default_policy(), Surroundings(confirms=False), "*Outside phones*: none; mobile; nobody is asked first"),
        (default_policy(), Surroundings(), "*Administrators*: nobody"),
        (default_policy(), Surroundings(), f"The defaults: there is no file. {ORDER}"),
        (default_policy(), Surroundings(), "✅ *administrators* (a default)\nadmins *may* admin"),
    ],
)
def test_what_holds_is_said(policy: Policy, settings: Surroundings, said: str) -> None:
    assert said in policy_message(policy, settings, [NO_ADMINS]).text


def test_however_much_there_is_it_fits_into_a_message() -> None:
    """What is left out is said, and where it can be read."""
    crowd = Who(frozenset(Role), frozenset(f"U0{n:07}" for n in range(2000)))
    rule = Rule("n" * 80, True, crowd, frozenset(Action), Where(channels=frozenset(f"C0{n:07}" for n in range(2000))))
    rules = tuple(replace(rule, name=f"{rule.name[:-4]}{n:04}", line=n) for n in range(200))
    message = policy_message(Policy(rules, admins=crowd, source="x" * 5000), Surroundings(), [NO_ADMINS] * 5)
    assert_good(message)
    assert "… and 180 more rules. `evobot policy show` on the machine of the bot shows all." in str(message.blocks)


@pytest.mark.parametrize("text", [*MARKUP, *LIES])
def test_no_word_of_it_is_more_than_a_word(text: str) -> None:
    who = Who(emails=frozenset({text}), groups=frozenset({text}))
    rule = Rule(text, True, who, frozenset({Action.SEE}))
    assert_good(policy_message(Policy((rule,), admins=who, source=text), Surroundings(), [text]))
    assert_good(verdict_message(Explanation(allowed=False, lines=(text, text))))


def test_a_verdict_is_its_lines() -> None:
    message = verdict_message(
        Explanation(allowed=True, lines=("Ana (U1): a full member", "To reply: <allowed>", "So: yes."))
    )
    assert_good(message)
    assert [text for _, text in texts(message.blocks)] == [
        "May they?",
        "• Ana (U1): a full member\n• To reply: &lt;allowed&gt;\n✅ *So: yes.*",
    ]


def test_a_long_verdict_is_several_parts() -> None:
    lines = tuple(str(n) * 1400 for n in range(5))
    message = verdict_message(Explanation(allowed=False, lines=(*lines, "So: no.")))
    assert_good(message)
    shown = "\n".join(text for _, text in texts(message.blocks))
    assert all(line in shown for line in lines)
    assert shown.endswith("🚫 *So: no.*")
