"""A safeguard, and how it is taken away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """`old` stands exactly once in `file`; with `new` in its place one of the tests in `red` must fail."""

    name: str
    guards: str  # what would be broken without it
    file: str
    old: str
    new: str
    red: tuple[str, ...]
