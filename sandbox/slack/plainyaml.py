"""As much YAML as a manifest is written in: mappings and lists by indentation, one value a line.

It means what YAML means by it, or it is refused by line: nothing is ever read as something else. A whole YAML library
would be a lot of parser for one file of ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

_ENTRY = re.compile(r"([A-Za-z_][\w.-]*):(?: +(.*))?", re.ASCII)
_QUOTED = re.compile(r"""(?:"([^"\\]*)"|'((?:[^']|'')*)')(?: +#.*)?""")
_PLAIN = re.compile(r"[^\W\d].*|/.*")  # what begins otherwise may be a number, a date or one of YAML's signs
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_WORDS = {"true": True, "false": False}
_AMBIGUOUS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})  # to one YAML or another


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    indent: int
    text: str

    def refused(self, why: str) -> NoReturn:
        raise ValueError(f"line {self.number}: {why}")


def read(text: str) -> Any:
    """What the text says: dicts, lists, strings, whole numbers, booleans, None. Raises ValueError naming the line."""
    lines = _lines(text)
    if not lines:
        return None
    value, rest = _block(lines, lines[0].indent)
    if rest:
        rest[0].refused("is indented otherwise than what stands before it")
    return value


def _lines(text: str) -> list[_Line]:
    found = []
    for number, raw in enumerate(text.split("\n"), start=1):
        bare = raw.strip(" ")
        line = _Line(number, len(raw) - len(raw.lstrip(" ")), bare)
        if not bare.isprintable():
            line.refused("holds a tab or another sign that does not print")
        if bare and not bare.startswith("#"):
            found.append(line)
    return found


def _block(lines: list[_Line], indent: int) -> tuple[Any, list[_Line]]:
    """The list or mapping that begins here, and the lines after it."""
    return _items(lines, indent) if _is_item(lines[0]) else _mapping(lines, indent)


def _is_item(line: _Line) -> bool:
    return line.text == "-" or line.text.startswith("- ")


def _items(lines: list[_Line], indent: int) -> tuple[list[Any], list[_Line]]:
    found = []
    while lines and lines[0].indent == indent and _is_item(lines[0]):
        first = lines[0]
        inner = first.text[1:].lstrip(" ")
        if _ENTRY.fullmatch(inner):
            inside = _Line(first.number, indent + len(first.text) - len(inner), inner)
            value, lines = _mapping([inside, *lines[1:]], inside.indent)
        elif inner:
            value, lines = _scalar(inner, first), lines[1:]
        else:
            first.refused("holds nothing after its dash")
        found.append(value)
    return found, lines


def _mapping(lines: list[_Line], indent: int) -> tuple[dict[str, Any], list[_Line]]:
    found: dict[str, Any] = {}
    while lines and lines[0].indent == indent and not _is_item(lines[0]):
        first = lines[0]
        entry = _ENTRY.fullmatch(first.text)
        if not entry:
            first.refused("is neither “name: value” nor “- value”")
        name = entry[1]
        if name in found or name.lower() in _AMBIGUOUS:
            first.refused(f"cannot have the name {name} here")
        said = entry[2] or ""
        if said and not said.startswith("#"):
            found[name], lines = _scalar(said, first), lines[1:]
        else:
            found[name], lines = _below(lines[1:], indent)
    return found, lines


def _below(lines: list[_Line], indent: int) -> tuple[Any, list[_Line]]:
    """What belongs to a name that stands alone. A list may stand under it without being indented."""
    if lines and (lines[0].indent > indent or (lines[0].indent == indent and _is_item(lines[0]))):
        return _block(lines, lines[0].indent)
    return None, lines


def _scalar(text: str, line: _Line) -> Any:
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return quoted[1] if quoted[1] is not None else quoted[2].replace("''", "'")
    plain = text.partition(" #")[0].rstrip(" ")
    if plain in _WORDS:
        return _WORDS[plain]
    if _WHOLE.fullmatch(plain):
        return int(plain)
    if not _PLAIN.fullmatch(plain) or plain.lower() in _AMBIGUOUS or ": " in plain or plain.endswith(":"):
        line.refused("write this value in quotes, without backslashes, on one line")
    return plain
