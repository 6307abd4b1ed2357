"""The stand-in's reader of manifests means what YAML means, or refuses: a whole YAML library is the judge."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sandbox.slack import plainyaml

MANIFEST = (Path(__file__).parents[2] / "manifest.yml").read_text(encoding="utf-8")
SNIPPETS = st.sampled_from(
    [
        "a", "b:", "a: ", ": ", "- ", "-", " ", "  ", "    ", "\n", "\n  ", "\n- ", "\n  - ", "#", " # c", "'", '"',
        "''", "true", "False", "yes", "null", "~", "0", "-1", "012", "1.5", "1_0", "1:30", "2020-01-01", "{", "}",
        "[", "]", ",", "&x", "*x", "!t", "|", ">", "%", "@", "?", "? ", "---", "...", "\\", "\t", "\x85", "\u2028",
        "\ufeff", "é", "/x", "=", "<<", "word", "two words", "a#b", "x.y", "x-y", "https://a.b/c",
    ]
)  # fmt: skip
NAMES = st.text("abc_xy", min_size=1, max_size=3).filter(lambda name: name not in plainyaml._AMBIGUOUS)
LEAVES = st.booleans() | st.integers(-999, 999) | st.none() | st.text("abc :#-'é/", max_size=12)
DOCUMENTS = st.dictionaries(
    NAMES,
    st.recursive(
        LEAVES,
        lambda inner: (
            st.dictionaries(NAMES, inner, min_size=1, max_size=3)
            | st.lists(st.text("abcé", min_size=1) | st.dictionaries(NAMES, inner, min_size=1, max_size=3), min_size=1)
        ),
        max_leaves=8,
    ),
    min_size=1,
    max_size=3,
)


def test_our_own_manifest_is_read_as_yaml_reads_it() -> None:
    assert plainyaml.read(MANIFEST) == yaml.safe_load(MANIFEST)


def test_our_own_manifest_is_read_as_somebody_writes_it_down_again() -> None:
    """Slack, too, shows a manifest otherwise than it was pasted: other quotes, no comments, lists further left."""
    data = yaml.safe_load(MANIFEST)
    assert plainyaml.read(yaml.safe_dump(data, sort_keys=False, width=1000, allow_unicode=True)) == data


@given(DOCUMENTS)
def test_what_is_read_is_what_was_written_down(document: dict[str, object]) -> None:
    text = yaml.safe_dump(document, width=10_000, allow_unicode=True)
    with contextlib.suppress(ValueError):
        assert plainyaml.read(text) == document


@given(st.lists(SNIPPETS, max_size=12).map("".join))
def test_nothing_is_read_as_something_else(text: str) -> None:
    """Where a whole reader sees an error or another value, ours refuses."""
    try:
        ours = plainyaml.read(text)
    except ValueError:
        return
    assert repr(ours) == repr(yaml.safe_load(text))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: yes", 2), ("a: [x]", 1), ("a: {x: 1}", 1), ("a: |\n  x", 1), ("a: &x y", 1), ("a: *x", 1),
        ("a: !!python/object:os.system x", 1), ("a: x\n  y", 2), ("a: 1\n\ta: 2", 2), ("a: 1\na: 2", 2), ("a: b: c", 1),
        ('a: "\\x41"', 1), ("a:\n    - x\n  - y", 3), ("- - x", 1), ("-", 1), ("on: 1", 1), ("just words", 1),
        ("a: 1.5", 1), ("a: 2020-01-01", 1), ("---\na: 1", 1),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_by_line(text: str, line: int) -> None:
    with pytest.raises(ValueError, match=rf"^line {line}: "):
        plainyaml.read(text)
