"""The sections of a policy file, one after the other: what they say, and every complaint about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from bot.policy.complaints import Complaints, kind_of, listed, meant, number, quoted
from bot.policy.lines import Path
from bot.policy.model import Action, Budgets, Phones, Policy, Retention, Rule, Where, Who
from bot.policy.words import (
    WHAT_MAY_BE,
    WHERE_MAY_BE,
    WHO_MAY_BE,
    Wrong,
    against_admin_role,
    against_role,
    read_action,
    read_line_type,
    read_number,
    read_one,
    read_place,
    read_region,
    together,
)

T = TypeVar("T")
Table = Mapping[str, Any]

MOST_RULES: Final = 200
LONGEST_NAME: Final = 80
MANY: Final = 1_000_000
HUNDRED_YEARS: Final = 36_500  # days
MINUTE: Final = 60.0

ALLOW: Final = "allow"
DENY: Final = "deny"
SECTIONS: Final = ("admins", "phones", "budgets", "retention")
RULE_KEYS: Final = ("name", "who", "what", "where", "regions", "numbers")
PHONE_KEYS: Final = ("regions", "kinds", "second_person", "confirm_minutes")
# What people call them before they have looked.
OTHER_NAMES: Final = {
    "action": "what", "actions": "what", "administrators": "admins", "budget": "budgets", "can": "what",
    "channel": "where", "channels": "where", "countries": "regions", "country": "regions", "forbid": "deny",
    "group": "who", "groups": "who", "in": "where", "limits": "budgets", "people": "who", "permit": "allow",
    "roles": "who", "rule": "allow", "rules": "allow", "user": "who", "users": "who",
}  # fmt: skip
ASK_NAME: Final = 'It is what people read when they are refused, such as name = "the night shift".'
NO_RULE: Final = "is no table, so there can be no rules in it. A rule begins with [[{word}]] on a line of its own."


@dataclass(frozen=True, slots=True)
class Span:
    """A number of the file: what it is called in the model, and from where to where it may go."""

    field: str
    least: float
    most: float
    unit: str
    whole: bool = True


BUDGET_KEYS: Final = {
    "per_user_minute": Span("user_minute", 0, MANY, "phones"),
    "per_user_day": Span("user_day", 0, MANY, "phones"),
    "per_workspace_day": Span("workspace_day", 0, MANY, "phones"),
    "per_number_day": Span("number_day", 0, MANY, "times"),
    "alike_per_hour": Span("prefix_hour", 2, MANY, "different numbers"),  # one is always like itself
    "alike_digits": Span("prefix_digits", 3, 15, "digits"),
}
RETENTION_KEYS: Final = {
    name: Span(name, 0, HUNDRED_YEARS, "days", whole=False) for name in ("words", "sessions", "audit", "hashes")
}
CONFIRM: Final = Span("confirm_seconds", 0.5, 60, "minutes", whole=False)


class Sections:
    """Reads what it can and complains of the rest. What comes out is good only when there were no complaints."""

    def __init__(self, file: Table, complaints: Complaints) -> None:
        self._file = file
        self._complaints = complaints

    def policy(self, default_rules: Callable[[], tuple[Rule, ...]]) -> Policy:
        self._known(self._file, (), (ALLOW, DENY, *SECTIONS), "part of a policy")
        return Policy(
            rules=self._rules(default_rules),
            admins=self._admins(),
            phones=self._phones(),
            budgets=Budgets(**self._numbers("budgets", BUDGET_KEYS)),
            retention=Retention(**self._numbers("retention", RETENTION_KEYS)),
        )

    # Rules

    def _rules(self, default_rules: Callable[[], tuple[Rule, ...]]) -> tuple[Rule, ...]:
        """In the order in which they are asked: what is forbidden, then what is allowed."""
        own = [
            self._rule((word, place), table, allows=word == ALLOW)
            for word in (DENY, ALLOW)
            for place, table in self._tables(word)
        ]
        if len(own) > MOST_RULES:
            last = sorted(own, key=lambda rule: rule.line)[MOST_RULES]
            self._complaints.add_at(
                last.line, f"this is rule {MOST_RULES + 1} of {len(own)}, and {MOST_RULES} are the most."
            )
        rules = (*own, *(() if ALLOW in self._file else default_rules()))
        self._named_once(rules)
        return rules

    def _tables(self, word: str) -> Iterable[tuple[int, Table]]:
        found = self._file.get(word, [])
        if isinstance(found, dict):
            self._complaints.add((word,), f"there can be several of these, so each is written with two: [[{word}]].")
            return
        if not isinstance(found, list):
            self._complaints.add((word,), f"{word} {NO_RULE.format(word=word)}")
            return
        for place, table in enumerate(found):
            if isinstance(table, dict):
                yield place, table
            else:
                self._complaints.add((word, place), f"{kind_of(table)} {NO_RULE.format(word=word)}")

    def _rule(self, path: Path, table: Table, *, allows: bool) -> Rule:
        self._known(table, path, RULE_KEYS, "key of a rule")
        name = self._name(table, path)
        read = self._each(table, path, "what", read_action, WHAT_MAY_BE, needed=True)
        what = frozenset().union(*read)
        if len(read) == len(table.get("what", ())):  # all of it is known
            self._fitting(table, path, what)
        return Rule(
            name=name,
            allows=allows,
            who=together(self._who(table, path, lambda role: against_role(role, what, allows=allows))),
            what=what,
            where=self._where(table, path),
            regions=self._some(table, path, "regions", read_region),
            numbers=self._some(table, path, "numbers", read_number),
            line=self._complaints.line(*path),
        )

    def _name(self, table: Table, path: Path) -> str:
        name = table.get("name")
        if name is None:
            self._complaints.add(path, f"this rule has no name. {ASK_NAME}")
        elif not isinstance(name, str):
            self._complaints.add((*path, "name"), f"name is {kind_of(name)}, and must be a text. {ASK_NAME}")
        elif why := _against_name(name):
            self._complaints.add((*path, "name"), why)
        else:
            return name
        return ""

    def _who(self, table: Table, path: Path, against: Callable[[Any], str | None], *, needed: bool = True) -> list[Who]:
        def read(word: str) -> Who:
            who = read_one(word)
            if why := next(filter(None, map(against, who.roles)), None):
                raise Wrong(why)
            return who

        return self._each(table, path, "who", read, WHO_MAY_BE, needed=needed, empty=not needed)

    def _where(self, table: Table, path: Path) -> Where:
        found = self._each(table, path, "where", read_place, WHERE_MAY_BE)
        return Where(
            frozenset().union(*(each.kinds for each in found)), frozenset().union(*(each.channels for each in found))
        )

    def _some(self, table: Table, path: Path, key: str, read: Callable[[str], str]) -> frozenset[str]:
        return frozenset(self._each(table, path, key, read, f"Leave {key} out to speak of all."))

    def _fitting(self, table: Table, path: Path, what: frozenset[Action]) -> None:
        for key, action in (("regions", Action.PHONE), ("numbers", Action.NUMBER)):
            if key in table and action not in what:
                said = (
                    f"{key} narrows “{action}”, of which this rule does not speak. Add it to what, or leave {key} out."
                )
                self._complaints.add((*path, key), said)

    def _named_once(self, rules: Iterable[Rule]) -> None:
        first: dict[str, Rule] = {}
        for rule in sorted(rules, key=lambda each: each.line):
            other = first.setdefault(rule.name.casefold(), rule)
            if rule.name and other is not rule:
                place = f"the rule in line {other.line}" if other.line else "one of the defaults, which hold as well"
                self._complaints.add_at(rule.line, f"{quoted(rule.name)} is the name of {place}. Call this another.")

    # The other sections

    def _admins(self) -> Who:
        table = self._section("admins", ("who",))
        return together(self._who(table, ("admins",), against_admin_role, needed=False))

    def _phones(self) -> Phones:
        table, path = self._section("phones", PHONE_KEYS), ("phones",)
        given: dict[str, Any] = {}
        for key, read in (("regions", read_region), ("kinds", read_line_type)):
            if key in table:
                given[key] = frozenset(self._each(table, path, key, read, "", empty=True))
        if "second_person" in table:
            given["second_person"] = self._yes_or_no(table["second_person"], (*path, "second_person"))
        if "confirm_minutes" in table:
            minutes = self._number(table["confirm_minutes"], (*path, "confirm_minutes"), CONFIRM)
            given[CONFIRM.field] = round(minutes * MINUTE, 3)
        return Phones(**given)

    def _section(self, name: str, keys: tuple[str, ...]) -> Table:
        table = self._file.get(name, {})
        if isinstance(table, dict):
            self._known(table, (name,), keys, f"key of [{name}]")
            return table
        if isinstance(table, list) and all(isinstance(each, dict) for each in table):
            self._complaints.add((name,), f"there is one of these, so it is written with one: [{name}].")
        else:
            self._complaints.add((name,), f"{name} is {kind_of(table)}, and must be a table that begins with [{name}].")
        return {}

    def _numbers(self, name: str, spans: Mapping[str, Span]) -> dict[str, Any]:
        table = self._section(name, tuple(spans))
        return {span.field: self._number(table[key], (name, key), span) for key, span in spans.items() if key in table}

    # Values

    def _number(self, value: Any, path: Path, span: Span) -> Any:
        """0 stands for one that was complained of."""
        kind = "a whole number" if span.whole else "a number"
        may_be = f"It must be {kind} of {span.unit} from {span.least:g} to {span.most:,.0f}."
        if isinstance(value, bool) or not isinstance(value, int if span.whole else int | float):
            stands = number(value) if isinstance(value, float) else kind_of(value)
            self._complaints.add(path, f"{path[-1]} is {stands}. {may_be}")
        elif not span.least <= value <= span.most:  # nor nan
            self._complaints.add(path, f"{path[-1]} is {number(value)}. {may_be}")
        else:
            return value if span.whole else float(value)
        return 0

    def _yes_or_no(self, value: Any, path: Path) -> bool:
        if not isinstance(value, bool):
            self._complaints.add(path, f"{path[-1]} is {kind_of(value)}. It must be true or false, without quotes.")
        return value is True

    def _each(
        self, table: Table, path: Path, key: str, read: Callable[[str], T], may_be: str, *, needed: bool = False,
        empty: bool = False,
    ) -> list[T]:  # fmt: skip
        """What the words of a list say. `needed`: it must be there; `empty`: it may stand there and be empty."""
        there, value = (*path, key), table.get(key)
        if value is None:
            if needed:
                self._complaints.add(path, f"this rule has no {key}. {may_be}")
        elif not isinstance(value, list):
            example = f', such as {key} = ["…"]' if isinstance(value, str) else ""
            self._complaints.add(there, f"{key} is {kind_of(value)}, and must be a list{example}.")
        elif not value and not empty:
            self._complaints.add(there, f"{key} is empty, so this speaks of nothing. {may_be}".rstrip())
        else:
            return self._read_all(value, there, read)
        return []

    def _read_all(self, words: list[Any], path: Path, read: Callable[[str], T]) -> list[T]:
        found = []
        for place, word in enumerate(words):
            try:
                found.append(read(_text(word, str(path[-1]))))
            except Wrong as error:
                self._complaints.add((*path, place), str(error))
        return found

    def _known(self, table: Table, path: Path, keys: tuple[str, ...], what: str) -> None:
        for key in table:
            if key not in keys:
                other = OTHER_NAMES.get(key.lower())
                guess = f" Did you mean “{other}”?" if other in keys else meant(key, keys)
                may_be = f"are {listed(keys, 'and')}" if len(keys) > 1 else f"is only {keys[0]}"
                self._complaints.add((*path, key), f"{quoted(key)} is no {what}.{guess} There {may_be}.")


def _text(word: Any, key: str) -> str:
    if not isinstance(word, str):
        raise Wrong(f"{kind_of(word)} stands in {key}, where only texts in quotes may.")
    return word


def _against_name(name: str) -> str | None:
    if not name.strip():
        return f"this rule's name is empty. {ASK_NAME}"
    if len(name) > LONGEST_NAME:
        return f"{quoted(name)} has {len(name)} characters; a name has at most {LONGEST_NAME}."
    if not name.isprintable() or name != " ".join(name.split()) or any(sign in name for sign in "<>&“”"):
        return (
            f"{quoted(name)} is no name of a rule: it stands in messages, so it is on one line, with single spaces "
            "and nothing invisible, and without < > & “ ”."
        )
    return None
