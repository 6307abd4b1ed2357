"""The small language the tables of this folder are written in: a check is given a value and notes what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the JSON, and the list of faults found so far."""

    pointer: str
    faults: list[str]

    def at(self, step: str | int) -> Spot:
        """One step further in."""
        return Spot(f"{self.pointer}/{step}", self.faults)

    def note(self, fault: str) -> None:
        """Something is wrong here."""
        self.faults.append(f"{fault} [json-pointer:{self.pointer}]")


Check = Callable[[Any, Spot], None]


def string(most: int, least: int = 1) -> Check:
    """Text of `least` to `most` characters."""

    def check(value: Any, spot: Spot) -> None:
        if not isinstance(value, str):
            spot.note("must be a string")
        elif len(value) > most:
            spot.note(f"must be less than {most + 1} characters")
        elif len(value) < least:
            spot.note(f"must be more than {least - 1} characters")

    return check


def boolean(value: Any, spot: Spot) -> None:
    """True or false."""
    if not isinstance(value, bool):
        spot.note("must be a boolean")


def number(least: int, most: int | None = None) -> Check:
    """A whole number within limits."""

    def check(value: Any, spot: Spot) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            spot.note("must be an integer")
        elif value < least or (most is not None and value > most):
            spot.note(f"must be between {least} and {'any' if most is None else most}")

    return check


def one_of(*allowed: str) -> Check:
    """One of a few words."""

    def check(value: Any, spot: Spot) -> None:
        if value not in allowed:
            spot.note(f"must be one of {', '.join(allowed)}")

    return check


def array(item: Check, most: int, least: int = 1) -> Check:
    """A list of `least` to `most` items, each as `item` says."""

    def check(value: Any, spot: Spot) -> None:
        if not isinstance(value, list):
            spot.note("must be an array")
            return
        if len(value) > most:
            spot.note(f"no more than {most} items allowed")
        if len(value) < least:
            spot.note(f"no fewer than {least} items allowed")
        for index, found in enumerate(value):
            item(found, spot.at(index))

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    """An object with these properties and no others."""
    known = {**required, **optional}

    def check(value: Any, spot: Spot) -> None:
        if not isinstance(value, dict):
            spot.note("must be an object")
            return
        for name in required:
            if value.get(name) is None:
                spot.note(f"missing required field: {name}")
        for name, found in value.items():
            _property(known, name, found, spot)

    return check


def _property(known: Mapping[str, Check], name: str, found: Any, spot: Spot) -> None:
    if name not in known:
        spot.note(f"invalid additional property: {name}")
    elif found is not None:
        known[name](found, spot.at(name))


def typed(table: Mapping[str, Check], what: str) -> Check:
    """An object whose `type` picks its check; a type outside the table is refused."""

    def check(value: Any, spot: Spot) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in table:
            spot.note(f"unsupported {what}: {kind}" if kind else f"missing required field: type of the {what}")
            return
        table[kind](value, spot)

    return check


def also(*checks: Check) -> Check:
    """All of these."""

    def check(value: Any, spot: Spot) -> None:
        for one in checks:
            one(value, spot)

    return check


def anything(_value: Any, _spot: Spot) -> None:
    """No rule."""
