"""Who may do what, and what it may cost. Everything that is not clearly allowed is refused."""

from __future__ import annotations

from bot.policy import wishes
from bot.policy.complaints import BadPolicy
from bot.policy.deciding import DOING, decide, is_admin, is_ordinary, is_refusal
from bot.policy.file import policy_in_use
from bot.policy.model import (
    COSTLY,
    CREATE,
    Action,
    Budgets,
    LineType,
    Phones,
    Place,
    PlaceKind,
    Policy,
    Retention,
    Role,
    Rule,
    Subject,
    Verdict,
    Where,
    Who,
    Wish,
)
from bot.policy.reading import default_policy, read

__all__ = [
    "COSTLY", "CREATE", "DOING", "Action", "BadPolicy", "Budgets", "LineType", "Phones", "Place", "PlaceKind", "Policy",
    "Retention", "Role", "Rule", "Subject", "Verdict", "Where", "Who", "Wish", "decide", "default_policy", "is_admin",
    "is_ordinary", "is_refusal", "policy_in_use", "read", "wishes",
]  # fmt: skip
