"""The net that every message falls into, with a hole tried in each of its meshes."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model import Line, LineName
from bot.views import Message
from bot.views.blocks import actions, button, context, header, plain, section
from bot.views.menu import More, menu
from bot.views.replies import joined, said
from tests.bot.views.samples import SESSION, a_card
from tests.lint import LINT, faults

LEE = "+15035550123"


def of(message: Message, *, public: bool = False) -> list[str]:
    return faults(message.text, message.blocks, public=public)


def test_a_good_message_falls_through() -> None:
    assert of(a_card(spot=None)) == []
    assert of(Message("Lee & Co <@U1> joined.", [section("*Lee &amp; Co* <@U1> joined.")]), public=True) == []


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (Message(" ", []), "no text"),
        (Message("Ended.", [section("*Ended* an hour ago")]), "only its blocks say ['ago', 'an', 'hour']"),
        (Message("x", [{**header("x"), "text": plain("x" * 151, 200)}]), "slack: "),
        (Message("✔", [context("✔")]), "a picture without a word: '✔'"),
        (Message("x", actions([button("👍", "a", "1")])), "a picture without a word: '👍'"),
        (Message("x", actions([button("Go", "a", "1"), button("Go", "b", "1")])), "'Go' is read out 2 times"),
        (Message("x", [*actions([button("Move", "a", "1"), menu(SESSION.key, [More.MOVE])])]), "'Move' is read out"),
        (Message("x", [{"type": "actions", "elements": [{"type": "button", "text": plain("Go", 9)}]}]), "no action_id"),
        (Message(f"{LEE} joined.", []), "a whole number: '+15035550123'"),
        (Message("x", [section("(503) 555-0123")]), "a whole number"),
        (Message("x", actions([button(f"Call {LEE}", "a", "1")])), "a whole number"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(message: Message, found: str) -> None:
    assert any(fault.startswith(found) for fault in of(message, public=True)), of(message, public=True)


def test_customers_words_are_theirs() -> None:
    line = Line(LineName("n"), SESSION.key, LEE, f"👍 {LEE}", None, None, "")
    assert of(said(line, SESSION), public=True) == []
    assert of(joined([said(line, SESSION)] * 3)[0], public=True) == []
    assert of(said(line, SESSION, whole=True), public=True) != []


def test_two_buttons_that_look_alike_may_be_read_out_apart() -> None:
    pair = [button("End", "a", "1", aloud="End 8f3a21"), button("End", "b", "1", aloud="End 9c1b00")]
    assert of(Message("x", actions(pair))) == []


@pytest.mark.parametrize(
    ("method", "private", "caught"),
    [
        ("chat.postMessage", False, True),
        ("chat.update", False, True),
        ("chat.postMessage", True, False),
        ("chat.postEphemeral", False, False),
        ("conversations.info", False, False),
    ],
)
def test_numbers_are_looked_for_where_everybody_reads(method: str, private: bool, caught: bool) -> None:
    args: dict[str, Any] = {"text": f"{LEE} joined."}
    LINT.look(method, args, private=private)
    found = [*LINT.found]
    LINT.found.clear()
    assert bool(found) is caught
