"""A policy file, read."""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

from bot.policy.defaults import TEXT
from bot.policy.model import (
    CREATE,
    Action,
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
)

_GROUP: Final = re.compile(r"S[A-Z0-9]{2,}")
_MINUTE: Final = 60.0


def read(text: str, source: str = "") -> Policy:
    """The policy that a file says."""
    file = tomllib.loads(text)
    phones, budgets, kept = (file.get(name, {}) for name in ("phones", "budgets", "retention"))
    return Policy(
        rules=tuple(_rule(table, allows=word == "allow") for word in ("deny", "allow") for table in file.get(word, [])),
        admins=_who(file.get("admins", {}).get("who", [])),
        phones=Phones(
            frozenset(phones.get("regions", [])),
            frozenset(map(LineType, phones.get("kinds", []))),
            phones.get("second_person", False),
            phones.get("confirm_minutes", 5) * _MINUTE,
        ),
        budgets=Budgets(
            budgets.get("per_user_minute", 5),
            budgets.get("per_user_day", 20),
            budgets.get("per_workspace_day", 100),
            budgets.get("per_number_day", 3),
            budgets.get("alike_per_hour", 5),
            budgets.get("alike_digits", 8),
        ),
        retention=Retention(
            kept.get("words", 30), kept.get("sessions", 400), kept.get("audit", 400), kept.get("hashes", 90)
        ),
        source=source,
    )


def default_policy() -> Policy:
    return read(TEXT)


def _rule(table: dict[str, Any], *, allows: bool) -> Rule:
    what: set[Action] = set()
    for word in table["what"]:
        what |= CREATE if word == "create" else set(Action) if word == "everything" else {Action(word)}
    return Rule(
        name=table["name"],
        allows=allows,
        who=_who(table["who"]),
        what=frozenset(what),
        where=_where(table.get("where", [])),
        regions=frozenset(table.get("regions", [])),
        numbers=frozenset(table.get("numbers", [])),
    )


def _who(words: list[str]) -> Who:
    roles = {Role(word) for word in words if word in set(Role)}
    rest = [word for word in words if word not in roles]
    emails = {word.casefold() for word in rest if "@" in word[1:]}
    groups = {word.removeprefix("@") for word in rest if word.startswith("@") or _GROUP.fullmatch(word)}
    users = {word for word in rest if word.startswith(("U", "W")) and word not in emails}
    return Who(frozenset(roles), frozenset(users), frozenset(emails), frozenset(groups))


def _where(words: list[str]) -> Where:
    kinds = {PlaceKind(word) for word in words if word in set(PlaceKind)}
    return Where(frozenset(kinds), frozenset(set(words) - kinds))
