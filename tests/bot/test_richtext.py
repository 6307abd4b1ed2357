"""bot.richtext: what stands in blocks only. The payloads are spelt as real events spell them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.richtext import STANDS_FOR_BLOCKS, words_of
from bot.text import Mentions, Names, mentions, to_plain
from sandbox.slack.text import rich_text

PLACEHOLDER = STANDS_FOR_BLOCKS[0]


def typed(*words: str, **more: Any) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": [{"type": "text", "text": word, **more} for word in words]}


def block(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "block_id": "b", "elements": list(parts)}


def cells(*row: str) -> list[dict[str, Any]]:
    return [{"type": "raw_text", "text": text} for text in row]


def pasted(*rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """As Slack's clients turn spreadsheet cells into an attachment."""
    table = {"type": "table", "block_id": "t", "rows": list(rows)}
    return {"id": 1, "blocks": [table], "fallback": "[no preview available]", **more}


PRICES = [cells("Part", "Price"), cells("Pump & seal", "$ 120"), cells("Labour", "")]
AS_LINES = "Part | Price\nPump &amp; seal | $ 120\nLabour |"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"text": "hello", "blocks": [block(typed("something else"))]}, "hello"),
        ({"text": "hello"}, "hello"),
        ({}, ""),
        ({"text": "See:", "attachments": [pasted(*PRICES)]}, f"See:\n{AS_LINES}"),
        ({"text": "", "attachments": [pasted(*PRICES)]}, AS_LINES),
        ({"text": "See:", "blocks": [{"type": "table", "rows": PRICES}]}, f"See:\n{AS_LINES}"),
        ({"text": "Two:", "attachments": [pasted(cells("a")), pasted(cells("b"))]}, "Two:\na\nb"),
        ({"text": PLACEHOLDER}, PLACEHOLDER),
        ({"text": PLACEHOLDER, "blocks": [block(typed("hi "), typed("there"))]}, "hi \nthere"),
        ({"text": "", "blocks": [block(typed("hi", " ", "<b>"))]}, "hi &lt;b&gt;"),
        ({"text": PLACEHOLDER, "blocks": [block(typed("a")), block(typed("b"))]}, "a\nb"),
    ],
)
def test_words_of(message: dict[str, Any], words: str) -> None:
    assert words_of(message) == words


@pytest.mark.parametrize("shown", ["from_url", "original_url", "app_unfurl_url", "bot_id", "is_share", "is_msg_unfurl"])
def test_what_is_shown_from_somewhere_else_was_not_typed(shown: str) -> None:
    assert words_of({"text": "See:", "attachments": [pasted(*PRICES, **{shown: "x"})]}) == "See:"


def test_cells_may_be_numbers_and_formatted() -> None:
    number = {"type": "raw_number", "value": 12.5}
    bold = block({"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U1"}, {"type": "text",
                  "text": " did\nit", "style": {"bold": True}}]})  # fmt: skip
    assert words_of({"text": "", "attachments": [pasted([number, bold, {"type": "new"}])]}) == "12.5 | <@U1> did it |"


LISTS = block(
    typed("Intro:\n"),
    {"type": "rich_text_list", "style": "ordered", "indent": 0, "elements": [typed("one"), typed("two")]},
    {"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": [typed("in it")]},
    {"type": "rich_text_list", "style": "bullet", "indent": 7, "elements": [typed("deep")]},
    {"type": "rich_text_list", "style": "ordered", "indent": 0, "offset": 2, "elements": [typed("three")]},
    {"type": "rich_text_quote", "elements": [{"type": "text", "text": "said\nso"}]},
    {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x = *1*\n  y"}], "border": 0},
    typed("*end*", style={"code": True}),
)


def test_lists_quotes_and_code_are_spelt_as_slack_spells_them_in_text() -> None:
    assert words_of({"text": PLACEHOLDER, "blocks": [LISTS]}) == (
        "Intro:\n1. one\n2. two\n    ◦ in it\n                            ▪︎ deep\n3. three\n"
        "&gt; said\n&gt; so\n```x = *1*\n  y```\n`*end*`"
    )


@pytest.mark.parametrize("indent", [10**9, -1, "1", None, 1.5])
def test_an_indentation_that_nobody_could_type_is_none(indent: Any) -> None:
    points = {
        "type": "rich_text_list",
        "style": "ordered",
        "indent": indent,
        "offset": indent,
        "elements": [typed("a")],
    }
    assert words_of({"text": "", "blocks": [block(points)]}) == "1. a"


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ({"type": "link", "url": "https://x.com/?a&b", "text": "a <b>"}, "<https://x.com/?a&amp;b|a &lt;b&gt;>"),
        ({"type": "link", "url": "https://x.com"}, "<https://x.com>"),
        ({"type": "link", "url": "mailto:a@x.com", "text": "a@x.com"}, "<mailto:a@x.com|a@x.com>"),
        ({"type": "user", "user_id": "U1"}, "<@U1>"),
        ({"type": "channel", "channel_id": "C1"}, "<#C1>"),
        ({"type": "usergroup", "usergroup_id": "S1"}, "<!subteam^S1>"),
        ({"type": "broadcast", "range": "here"}, "<!here>"),
        ({"type": "emoji", "name": "wave", "unicode": "1f44b-1f3fd", "skin_tone": 4}, ":wave::skin-tone-4:"),
        ({"type": "emoji", "name": "party_parrot"}, ":party_parrot:"),
        ({"type": "date", "timestamp": 1, "format": "{date}", "fallback": "1 <Jan>"}, "1 &lt;Jan&gt;"),
        ({"type": "color", "value": "#ff0000"}, "#ff0000"),
        ({"type": "of the year 2030"}, ""),
    ],
)
def test_each_element_is_spelt_as_slack_spells_it_in_text(element: dict[str, Any], text: str) -> None:
    message = {"text": "", "blocks": [block({"type": "rich_text_section", "elements": [element]})]}
    assert words_of(message) == text


@pytest.mark.parametrize(
    "text",
    [
        "hi <@U012AB3CD> and <!here> in <#C012AB3CD>",
        "see <https://x.com/?a=1&amp;b=2|our page> &amp; &lt;tell&gt; :wave: :party_parrot:",
        "before\n&gt; quoted\nafter",
        "x\n```a *b*\n  c```\ny `d_e` f",
        "*bold* _it_ ~gone~ 2*3*4",
        "• one\n    ◦ two",
    ],
)
def test_blocks_read_as_the_text_beside_them(text: str) -> None:
    """As the stand-in's clients send both."""
    names = Names({}, {}, {})
    read = words_of({"text": "", "blocks": rich_text(text, ("party_parrot",))})
    assert to_plain(read, names) == to_plain(text, names)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "text", "elements", "rows", "blocks", "attachments", "url", "name", "indent", "style"]
            )
            | st.text(max_size=3),
            inner | st.sampled_from(["rich_text", "table", "text", "rich_text_list", "emoji", "link", "raw_text"]),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first one may come while the machine is busy
@given(st.dictionaries(st.sampled_from(["text", "blocks", "attachments"]), ANY))
def test_a_message_of_an_odd_shape_breaks_nothing(message: dict[str, Any]) -> None:
    words_of(json.loads(json.dumps(message))).encode(errors="replace")


@given(st.text())
def test_nothing_that_is_only_typed_becomes_a_mention(text: str) -> None:
    for message in (
        {"text": "", "blocks": [block(typed(text))]},
        {"text": "x", "attachments": [pasted(cells(text, text))]},
    ):
        assert mentions(words_of(message)) == Mentions(frozenset(), frozenset(), frozenset())
