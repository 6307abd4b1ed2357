"""A policy as a file that says the same: what holds now, the file and the defaults, in the order of decision."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bot.policy.model import CREATE, Action, PlaceKind, Policy, Role, Rule, Where, Who
from bot.policy.sections import ALLOW, BUDGET_KEYS, DENY, MINUTE, RETENTION_KEYS
from bot.policy.words import CREATE_WORD, EVERYTHING, is_group_id

NO_FILE: Final = "# The defaults: there is no policy file."
OF_FILE: Final = "# The policy of {source}. Where it says nothing, the defaults hold."
ORDER: Final = (
    "# Rules are asked in this order. The first that denies decides, else the first that allows; what no rule allows "
    "is\n# refused. Guests, people of other organizations and bots may do nothing unless a rule names them."
)
NOBODY: Final = "allow = []  # nothing is allowed to anybody"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the settings say besides."""

    regions: frozenset[str] = frozenset()  # EVOBOT_PHONE_REGIONS
    confirms: bool = True  # EVOBOT_CONFIRM_PHONES


def show(policy: Policy, settings: Surroundings = Surroundings()) -> str:
    """TOML that reads as this very policy."""
    rules = [_rule(rule) for rule in policy.rules]
    nobody = [] if any(rule.allows for rule in policy.rules) else [NOBODY]
    head = [OF_FILE.format(source=_on_one_line(policy.source)) if policy.source else NO_FILE, ORDER]
    return "\n\n".join(["\n".join(head), *nobody, *rules, *_sections(policy, settings)]) + "\n"


def _rule(rule: Rule) -> str:
    origin = f"line {rule.line}" if rule.line else "a default"
    return "\n".join([f"[[{ALLOW if rule.allows else DENY}]]  # {origin}", *rule_lines(rule)])


def rule_lines(rule: Rule) -> Iterator[str]:
    """What a rule says, a line a key."""
    yield f"name = {_text(rule.name)}"
    yield f"who = {_list(people(rule.who))}"
    yield f"what = {_list(deeds(rule.what))}"
    narrower = (("where", places(rule.where)), ("regions", sorted(rule.regions)), ("numbers", sorted(rule.numbers)))
    for key, words in narrower:
        if words:
            yield f"{key} = {_list(words)}"


def people(who: Who) -> list[str]:
    """The words of `who`, kinds of people first."""
    roles = [role for role in Role if role in who.roles]
    groups = [group if is_group_id(group) else f"@{group}" for group in sorted(who.groups)]
    return [*roles, *sorted(who.users), *sorted(who.emails), *groups]


def deeds(what: frozenset[Action]) -> list[str]:
    """The words of `what`, short ones for many."""
    if what == frozenset(Action):
        return [EVERYTHING]
    create = [CREATE_WORD] if what >= CREATE else []
    return [*create, *(action for action in Action if action in what and not (create and action in CREATE))]


def places(where: Where) -> list[str]:
    return [*(kind for kind in PlaceKind if kind in where.kinds), *sorted(where.channels)]


def _sections(policy: Policy, settings: Surroundings) -> Iterator[str]:
    phones, opened = policy.phones, ", ".join(sorted(settings.regions)) or "none"
    confirms = "on: a person confirms" if settings.confirms else "off: nobody confirms"
    yield _section("admins", {"who": _list(people(policy.admins))})
    yield _section(
        "phones",
        {
            "regions": f"{_list(sorted(phones.regions))}  # and of EVOBOT_PHONE_REGIONS: {opened}",
            "kinds": f"{_list(sorted(phones.kinds))}  # besides mobile phones",
            "second_person": f"{_yes(phones.second_person)}  # EVOBOT_CONFIRM_PHONES is {confirms}",
            "confirm_minutes": _number(phones.confirm_seconds / MINUTE),
        },
        "outside phones",
    )
    budgets = {key: _number(getattr(policy.budgets, span.field)) for key, span in BUDGET_KEYS.items()}
    yield _section("budgets", budgets, "outside phones that may be reached")
    kept = {key: _number(getattr(policy.retention, span.field)) for key, span in RETENTION_KEYS.items()}
    yield _section("retention", kept, "days")


def _section(name: str, values: Mapping[str, str], about: str = "") -> str:
    head = f"[{name}]  # {about}" if about else f"[{name}]"
    return "\n".join([head, *(f"{key} = {value}" for key, value in values.items())])


def _list(words: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, words))}]"


def _text(word: str) -> str:
    return json.dumps(str(word), ensure_ascii=False)


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(value)


def _on_one_line(text: str) -> str:
    return "".join(char for char in text if char.isprintable())
