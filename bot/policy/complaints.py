"""What is wrong with a policy file, said in lines: where, what stands there, and what may stand there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from bot.grammar.nearest import nearest
from bot.policy.lines import Lines, Path

MOST: Final = 100  # lines; who has more to mend than that begins with these
LARGE: Final = 10**20
_SHOWN: Final = 60  # characters of what stands there


class BadPolicy(Exception):
    """The policy file cannot be used, so nothing it might allow is done. One line for each thing that is wrong."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


class Complaints:
    """All that is wrong with one file, gathered while it is read."""

    def __init__(self, source: str, lines: Lines) -> None:
        self._source = source
        self._lines = lines
        self._found: list[tuple[int, str]] = []

    def add(self, path: Path, text: str) -> None:
        self.add_at(self._lines.of(*path), text)

    def add_at(self, line: int, text: str) -> None:
        self._found.append((line, text))

    def line(self, *path: str | int) -> int:
        return self._lines.of(*path)

    def speak(self) -> None:
        """Raises BadPolicy when there were any; in the order of the file."""
        if self._found:
            said = [f"{self._source}:{line}: {text}" for line, text in sorted(self._found, key=lambda each: each[0])]
            more = [f"{self._source}: {len(said) - MOST} more"] if len(said) > MOST else []
            raise BadPolicy([*said[:MOST], *more])


def quoted(text: str) -> str:
    """What stands in the file, fit for a console and a message: on one line, nothing unseen, not too long."""
    seen = "".join(" " if char.isspace() else char for char in text if char.isprintable() or char.isspace())
    return f"“{seen if len(seen) <= _SHOWN else seen[: _SHOWN - 1] + '…'}”"


def kind_of(value: Any) -> str:
    """What kind of value this is, in words."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"a number ({number(value)})"
        case str():
            return f"a text ({quoted(value)})"
        case list():
            return "a list"
        case dict():
            return "a table"
        case dt.date() | dt.time():
            return "a date or a time"
    raise AssertionError(type(value))  # TOML has no more


def number(value: Any) -> str:
    """It may have thousands of digits."""
    return f"{value}" if isinstance(value, float) or abs(value) < LARGE else "far too large or small"


def listed(words: Iterable[str], last: str = "or") -> str:
    """a, b or c."""
    *most, end = words
    return f"{', '.join(most)} {last} {end}" if most else end


def meant(word: str, words: Iterable[str]) -> str:
    """Did you mean …? With a space in front; nothing when no word is near."""
    near = nearest(word.strip(), words)
    return f" Did you mean “{near}”?" if near else ""
