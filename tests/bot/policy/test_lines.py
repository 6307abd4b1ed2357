"""Each table, key and element is found on its line, whatever else stands around it."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy.lines import DEEPEST, Lines, Path

TRICKS = '''\
# [[allow]]
title = "a [[allow]] in a string"  # who = ["x"]
"quoted key" = 1
'literal.key' = 2
dotted.key . "in parts" = 3
text = """
[[allow]]
who = ["nobody"] \\"""
""""
raw = \'\'\'
[deny]\'\'\'
date = 1979-05-27 07:32:00

[[ allow ]]
name = "one"
who = [
    "members",  # ] and "
    # "commented",
    "]", '#', """
    two lines""",
    "last",
]
where = ["a", "b"]

  [allow.more]
  deep = { x = 1, "y z" = [1,
    2] }

[[allow]]
"who" = []
"wh\\u0061t" = [["in", "side"], { a = 1 }]

[[allow.inner]]
x = 1
[[allow.inner]]
x = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("quoted key",), 3),
        (("literal.key",), 4),
        (("dotted",), 5),
        (("dotted", "key", "in parts"), 5),
        (("text",), 6),
        (("raw",), 10),
        (("date",), 12),
        (("allow",), 14),
        (("allow", 0), 14),
        (("allow", 0, "name"), 15),
        (("allow", 0, "who"), 16),
        (("allow", 0, "who", 0), 17),
        (("allow", 0, "who", 1), 19),
        (("allow", 0, "who", 2), 19),
        (("allow", 0, "who", 3), 19),
        (("allow", 0, "who", 4), 21),
        (("allow", 0, "where", 1), 23),
        (("allow", 0, "more"), 25),
        (("allow", 0, "more", "deep"), 26),
        (("allow", 0, "more", "deep", "y z", 1), 26),  # too deep to be told apart
        (("allow", 1), 29),
        (("allow", 1, "who"), 30),
        (("allow", 1, "what"), 31),
        (("allow", 1, "what", 1), 31),
        (("allow", 1, "inner", 0), 33),
        (("allow", 1, "inner", 1), 35),
        (("allow", 1, "missing"), 29),
        (("nothing",), 1),
    ],
)
def test_everything_is_found_on_its_line(path: Path, line: int) -> None:
    assert Lines(TRICKS).of(*path) == line
    assert Lines(TRICKS.replace("\n", "\r\n")).of(*path) == line


def test_tables_may_be_written_in_line() -> None:
    lines = Lines('allow = [\n  { name = "a", who = ["x"] },\n  { name = "b" },\n]\nphones = { regions = ["US"] }\n')
    paths: list[Path] = [("allow", 0, "who", 0), ("allow", 1, "name"), ("phones", "regions", 0)]
    assert [lines.of(*path) for path in paths] == [2, 3, 5]


def test_what_is_no_toml_is_followed_as_far_as_it_goes() -> None:
    assert [Lines("a = 1\nb = [\nc\n" + rest).of("a") for rest in ('"', "=", "[[", "'''", "]")] == [1] * 5


keys = st.text("ab\"'.#[] \\é", min_size=1, max_size=4)
values = st.recursive(
    st.text("ab\"'#[]{},\\\n =", max_size=6) | st.integers() | st.booleans(),
    lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(keys, deeper, max_size=3),
    max_leaves=8,
)
comments = st.text("ab\"'#[]{}=,", max_size=5)


class Writer:
    """Writes TOML, and notes on which line each thing came to stand."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self.text = ""
        self.found: dict[Path, int] = {}

    def note(self, *path: str | int) -> None:
        if len(path) <= DEEPEST:
            self.found.setdefault(path, self.text.count("\n") + 1)

    def line(self, text: str = "") -> None:
        comment = self._draw(st.none() | comments)
        self.text += text + ("\n" if comment is None else f"  # {comment}\n")

    def string(self, text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        basic = '"' + escaped.replace("\n", "\\n") + '"'
        several = '"""' + escaped + '"""'
        literal = [f"'{text}'"] if "'" not in text and "\n" not in text else []
        return self._draw(st.sampled_from([basic, several, *literal]))

    def key(self, text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        bare = [text] if text.isascii() and text.isalnum() else []
        return self._draw(st.sampled_from([f'"{escaped}"', *bare]))

    def value(self, value: Any, path: Path) -> None:
        self.note(*path)
        match value:
            case str():
                self.text += self.string(value)
            case bool() | int():
                self.text += str(value).lower()
            case list():
                self.text += "["
                for n, each in enumerate(value):
                    if self._draw(st.booleans()):
                        self.line()
                    self.value(each, (*path, n))
                    self.text += ", "
                self.text += "]"
            case dict():
                self.text += "{"
                for n, (name, each) in enumerate(value.items()):
                    self.text += ", " if n else " "
                    self.note(*path, name)
                    self.text += f"{self.key(name)} = "
                    self.value(each, (*path, name))
                self.text += " }"

    def table(self, header: str, table: dict[str, Any], path: Path) -> None:
        self.note(*path)
        self.line(header)
        for name, value in table.items():
            self.note(*path, name)
            self.text += f"{self.key(name)} = "
            self.value(value, (*path, name))
            self.line()


@st.composite
def written(draw: st.DrawFn) -> Writer:
    writer = Writer(draw)
    tables = draw(st.lists(st.tuples(st.sampled_from(["allow", "deny"]), st.dictionaries(keys, values, max_size=4))))
    seen = {"allow": 0, "deny": 0}
    for name, table in tables:
        writer.table(f"[[{name}]]", table, (name, seen[name]))
        seen[name] += 1
    if draw(st.booleans()):
        writer.table("[phones]", draw(st.dictionaries(keys, values, max_size=4)), ("phones",))
    return writer


@settings(max_examples=60)
@given(written())
def test_whatever_is_written_is_found_where_it_was_written(writer: Writer) -> None:
    """Strings, comments and keys full of brackets, quotes and signs lead nobody astray."""
    tomllib.loads(writer.text)
    lines = Lines(writer.text)
    assert {path: lines.of(*path) for path in writer.found} == writer.found
