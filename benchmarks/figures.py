"""Figures, their spread, and what they are held against."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure, measured several times."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        return cls(tuple(values))

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)

    def over(self, other: Spread) -> Spread:
        """The ratio within each round, where both were measured in the same moments."""
        return Spread(tuple(mine / theirs for mine, theirs in zip(self.values, other.values, strict=True)))

    def __str__(self) -> str:
        if len(self.values) == 1:
            return said(self.median)
        return f"{said(self.median)} ({said(self.low)}..{said(self.high)})"


@dataclass(frozen=True, slots=True)
class Table:
    """`rows`: a name, and a cell a column: a figure, words, or nothing."""

    title: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Spread | str | None]]]
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """What is wanted of a ratio: at least so much, or at most."""

    what: str
    measured: Spread
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        middle = self.measured.median
        return (self.least is None or middle >= self.least) and (self.most is None or middle <= self.most)

    @property
    def wanted(self) -> str:
        return f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"


@dataclass(slots=True)
class Part:
    """What one measurement found. `left_out`: what it could not measure, and why."""

    tables: list[Table] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def said(value: float) -> str:
    """As many digits as mean something."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if abs(value) >= 100:  # noqa: PLR2004 - more digits would be noise
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
