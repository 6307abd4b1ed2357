"""What a look at one thing comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` is a name that stays, for programs; `next`: the one next step, where there is one to take."""

    what: str
    health: Health
    text: str
    next: str = ""

    def __str__(self) -> str:
        return f"{self.health:<9} {self.what}: {self.text} {self.next}".rstrip()

    def as_json(self) -> dict[str, str]:
        return {"name": self.what, "state": self.health.value, "text": self.text, "next": self.next}


def ok(what: str, text: str) -> Finding:
    return Finding(what, Health.OK, text)


def degraded(what: str, text: str, then: str = "") -> Finding:
    return Finding(what, Health.DEGRADED, text, then)


def broken(what: str, text: str, then: str = "") -> Finding:
    return Finding(what, Health.BROKEN, text, then)


def worst(findings: Sequence[Finding]) -> Health:
    """Of several: broken, if one is; else degraded, if one is."""
    found = {finding.health for finding in findings}
    return next((health for health in (Health.BROKEN, Health.DEGRADED) if health in found), Health.OK)
