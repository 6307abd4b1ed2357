"""The nearest word, for who mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

FARTHEST: Final = 2


def nearest(typed: str, words: Iterable[str]) -> str | None:
    """The word fewest slips away from what was typed, the first of several; None when all are more than two away.

    A slip is a letter too many, too few, another one, or two neighbours swapped. Half of it at least must be
    right: “foo” is no slip of “fax”.
    """
    small = typed.lower()
    near = [(distance, word) for word in words if (distance := slips(small, word)) <= min(FARTHEST, len(small) // 2)]
    return min(near, key=lambda each: each[0])[1] if near else None


def slips(one: str, other: str) -> int:
    """How many slips lie between two words (optimal string alignment); FARTHEST + 1 stands for any more."""
    if abs(len(one) - len(other)) > FARTHEST:
        return FARTHEST + 1
    before, row = [0] * (len(other) + 1), list(range(len(other) + 1))
    for n, letter in enumerate(one, start=1):
        last, before, row = before, row, [n]
        for m, sign in enumerate(other, start=1):
            cost = min(before[m] + 1, row[m - 1] + 1, before[m - 1] + (letter != sign))
            if n > 1 and m > 1 and letter == other[m - 2] and one[n - 2] == sign:
                cost = min(cost, last[m - 2] + 1)
            row.append(cost)
    return min(row[-1], FARTHEST + 1)
