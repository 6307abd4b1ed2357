"""Where things stand in a TOML file: the line of each table, key and element, of which tomllib tells nothing.

Only for text that tomllib has read. Nothing is judged here: what cannot be followed is left out.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections import Counter
from typing import Final

Path = tuple[str | int, ...]  # keys, and numbers of elements: ("allow", 0, "who", 2)

DEEPEST: Final = 4  # parts of a path that are told apart
_BETWEEN: Final = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_SPACES: Final = re.compile(r"[ \t]*+")
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?!")' + r"|'''.*?'''(?!')" + r'|"(?:\\.|[^"\\])*+"' + r"|'[^']*+'", re.DOTALL
)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]++")
_OTHER_VALUE: Final = re.compile(r"[^,\]}#\n]++")  # a number, a date, true or false


class Lines:
    """The lines of a text, from 1."""

    def __init__(self, text: str) -> None:
        self._found = _Scanner(text).found

    def of(self, *path: str | int) -> int:
        """Where it stands; of what is not there, where that stands in which it is missing."""
        for end in range(len(path), 0, -1):
            if path[:end] in self._found:
                return self._found[path[:end]]
        return 1


class _Lost(Exception):
    """Nobody can tell where this goes on."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self.found: dict[Path, int] = {}
        self._text, self._at = text, 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._tables: Counter[Path] = Counter()  # how many [[…]] of each name there were
        try:
            self._file()
        except (_Lost, ValueError):  # the latter: a key that is no text
            return

    def _file(self) -> None:
        here: Path = ()
        self._pass(_BETWEEN)
        while self._at < len(self._text):
            line = self._line()
            if self._next("[["):
                here = self._one_of_several(self._keys())
                self._need("]]")
                self._note(here, line)
            elif self._next("["):
                here = self._resolved(self._keys())
                self._need("]")
                self._note(here, line)
            else:
                self._pair(here)
            self._pass(_BETWEEN)

    def _pair(self, here: Path) -> None:
        line = self._line()
        keys = self._keys()
        self._need("=")
        for end in range(1, min(len(keys), DEEPEST) + 1):
            self._note((*here, *keys[:end]), line)
        self._value((*here, *keys))

    def _value(self, path: Path) -> None:
        self._pass(_SPACES)
        self._note(path, self._line())
        if self._next("["):
            self._array(path)
        elif self._next("{"):
            self._inline_table(path)
        else:
            self._take(_STRING if self._text.startswith(('"', "'"), self._at) else _OTHER_VALUE)

    def _array(self, path: Path) -> None:
        number = 0
        while not self._ends("]"):
            self._value((*path, number))
            number += 1
            self._pass(_BETWEEN)
            self._next(",")

    def _inline_table(self, path: Path) -> None:
        while not self._ends("}"):
            self._pair(path)
            self._pass(_BETWEEN)
            self._next(",")

    # Names

    def _keys(self) -> tuple[str, ...]:
        """A key, which may be dotted."""
        keys = [self._key()]
        while self._next("."):
            keys.append(self._key())
        return tuple(keys)

    def _key(self) -> str:
        self._pass(_SPACES)
        if self._text.startswith(('"', "'"), self._at):
            key: str = tomllib.loads(f"key = {self._take(_STRING)}")["key"]
        else:
            key = self._take(_BARE_KEY)
        self._pass(_SPACES)
        return key

    def _resolved(self, keys: tuple[str, ...]) -> Path:
        """The table of a header: below a [[…]], in the newest one of that name."""
        path: Path = ()
        for key in keys[: DEEPEST + 1]:
            path = (*path, key)
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
        return path

    def _one_of_several(self, keys: tuple[str, ...]) -> Path:
        path = (*self._resolved(keys[:-1]), keys[-1])
        self._tables[path] += 1
        return (*path, self._tables[path] - 1)

    # Steps

    def _line(self) -> int:
        return bisect_right(self._starts, self._at)

    def _note(self, path: Path, line: int) -> None:
        if len(path) <= DEEPEST:
            self.found.setdefault(path, line)
            self.found.setdefault(path[:1], line)

    def _pass(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise _Lost
        self._at = found.end()
        return found[0]

    def _next(self, sign: str) -> bool:
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True

    def _need(self, sign: str) -> None:
        if not self._next(sign):
            raise _Lost

    def _ends(self, sign: str) -> bool:
        self._pass(_BETWEEN)
        return self._next(sign)
