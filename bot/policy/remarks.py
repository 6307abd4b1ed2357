"""What a policy says that its author may not have meant. It holds all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.policy.model import Action, Policy, Who
from bot.policy.showing import Surroundings

NOTHING: Final = "no rule allows anything, so nobody may do anything."
NO_ADMINS: Final = (
    "[admins] lists nobody, so nobody can stop everything, or lift what was blocked, from Slack. List people in it."
)
NO_ADMIN_RULE: Final = (
    "no rule allows “admin”, so administrators can do nothing for which they were listed. A rule of your own replaces "
    "all of the defaults'; add who = [\"admins\"] with what = [\"admin\"]."
)  # fmt: skip
NO_SECOND: Final = "second_person is true, but no rule allows “approve”, so no outside phone can ever be reached."
CLOSED: Final = (
    "the rule “{rule}” speaks of phones in {regions}, which are not open: neither [phones] regions nor "
    "EVOBOT_PHONE_REGIONS lists them."
)
NO_BUDGET: Final = "{key} is 0, so no outside phone can be reached at all."


def remarks(policy: Policy, settings: Surroundings) -> Iterator[str]:
    allowed = frozenset[Action]().union(*(rule.what for rule in policy.rules if rule.allows))
    if not allowed:
        yield NOTHING
        return
    if policy.admins == Who():
        yield NO_ADMINS
    elif Action.ADMIN not in allowed:
        yield NO_ADMIN_RULE
    if policy.phones.second_person and Action.APPROVE not in allowed:
        yield NO_SECOND
    yield from _about_phones(policy, policy.phones.regions | settings.regions)


def _about_phones(policy: Policy, opened: frozenset[str]) -> Iterator[str]:
    for rule in policy.rules:
        closed = sorted(rule.regions - opened)
        if rule.allows and closed:
            yield CLOSED.format(rule=rule.name, regions=", ".join(closed))
    limits = policy.budgets
    for key, limit in (
        ("per_user_minute", limits.user_minute),
        ("per_user_day", limits.user_day),
        ("per_workspace_day", limits.workspace_day),
        ("per_number_day", limits.number_day),
    ):
        if opened and not limit:
            yield NO_BUDGET.format(key=key)
