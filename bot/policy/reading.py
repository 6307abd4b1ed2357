"""A policy file, read strictly: what is not understood is never taken for something else, and all is told at once.

What a file does not say is as the defaults have it: of a section each key by itself, of the rules those that allow, and
these as a whole: one [[allow]] of its own, and none of the defaults' holds. [[deny]] only ever adds.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from functools import cache
from typing import Any, Final

from bot.policy.complaints import BadPolicy, Complaints, quoted
from bot.policy.defaults import TEXT
from bot.policy.lines import Lines
from bot.policy.model import Policy
from bot.policy.sections import Sections

MOST_BYTES: Final = 64 * 1024

_AT: Final = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")
NOT_CLOSED: Final = "a text does not end: its closing quote is missing"
# What tomllib says, in the words of who writes the file.
_IN_WORDS: Final = (
    ("Invalid value", 'here must be a value: a text in "quotes", a number, true, false or a [list]'),
    ("Invalid statement", "here must be a key, such as who, or a table, such as [[allow]]"),
    ("Invalid initial character for a key", "here must be a key, such as who"),
    ("Expected '=' after a key", "a key needs = and a value"),
    ("Cannot overwrite a value", "this stands there twice"),
    ("Cannot declare", "this table stands there twice"),
    ("Unclosed array", "a list needs commas between what is in it, and ] at its end"),
    ("Unterminated string", NOT_CLOSED),
    ("Illegal character '\\n'", NOT_CLOSED),
    ('Expected "\'"', NOT_CLOSED),
    ("Unescaped '\\'", "\\ means something else in a text; write \\\\, or put the text into 'single quotes'"),
    ("Expected newline or end of document", "here must be the end of the line"),
    ("Expected ']' at", "a table's name ends with ]"),
    ("Expected ']]' at", "this table's name ends with ]]"),
    ("Exceeds the limit", "a number is too long"),
)


def read(text: str, source: str = "") -> Policy:
    """The policy that a file says. `source`: what the file is called. Raises BadPolicy."""
    called = source or "policy"
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise BadPolicy([f"{called}: is larger than 64 kB. A policy is short: is it another file?"])
    text = text.removeprefix("\ufeff")  # some editors put it in front
    try:
        file = _toml(text, called)
        complaints = Complaints(called, Lines(text))
    except RecursionError:
        raise BadPolicy([f"{called}: lists in lists in lists, deeper than anything a policy says."]) from None
    policy = Sections(file, complaints).policy(lambda: default_policy().rules)
    complaints.speak()
    return replace(policy, source=source)


def read_bytes(data: bytes, source: str = "") -> Policy:
    """The same from what stands in a file. Raises BadPolicy."""
    try:
        return read(data.decode("utf-8"), source)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadPolicy([f"{source or 'policy'}:{line}: is not UTF-8. Save the file as UTF-8."]) from None


@cache
def default_policy() -> Policy:
    """What holds where there is no file."""
    policy = read(TEXT)
    return replace(policy, rules=tuple(replace(rule, line=0) for rule in policy.rules))


def _toml(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:  # a number of thousands of digits is no TOMLDecodeError
        raise BadPolicy([_no_toml(str(error), text, source)]) from None


def _no_toml(said: str, text: str, source: str) -> str:
    """The line itself is not repeated: it may be another file that was given, and a secret that stands there."""
    at = _AT.search(said)
    line, column = at.groups() if at else (None, None)
    place = f"{source}:{line}:{column}" if line else f"{source}:{text.count(chr(10)) + 1}" if at else source
    what = said[: at.start()] if at else said
    plain = next((words for start, words in _IN_WORDS if what.startswith(start)), quoted(what)[1:-1])
    return f"{place}: this is not TOML: {plain}."
