"""The audit in Slack: who, what, whom, where, each row with the way to what asked for it, within Slack's limits."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.audit import Record
from bot.model import EvoSessionId, Session, SessionKey
from bot.views.audit import MOST, Row, masked_identity, message, place, rows, table
from tests.helpers import a_session

URL = "https://acme.slack.com/"
HASH = "0123456789abcdef0123456789abcdef"
ROW = Row(
    Record(7, 1_700_000_000.5, "T1", "U1", "asked", 1, 2, HASH, "T1/C1SALES/1700000100.000200", "invite"),
    ("+15035550123",),
    a_session(name="Boiler", evo_id=EvoSessionId("8f3a2100-1")),
)
TICK = "<!date^00000000^{_}|`>"
AT = "<!date^1700000000^{date_short_pretty} {time}|2023-11-14 22:13 UTC>"
WAY = "<https://acme.slack.com/archives/C1SALES/p1700000100000200|message>"


def shown(row: Row) -> str:
    return message("The last rows", [row], URL).text.splitlines()[1]


def test_a_row_says_who_did_what_about_whom_and_leads_to_the_message() -> None:
    assert message("The last rows", [ROW], URL).text == (
        f"*The last rows*\n• {AT} · <@U1> · asked: invite · +1 503 •••• 0123 · “Boiler” · {WAY}"
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"who": "", "what": "done", "message": ""}, f"• {AT} · the bot · done: invite"),
        ({"what": "mode changed", "detail": "notes in C1SALES/1700000100.000200", "message": ""},
         f"• {AT} · <@U1> · mode changed: notes in <{WAY[1:].partition('|')[0]}|a thread> in <#C1SALES>"),
        ({"message": "T1/view/V1"}, f"• {AT} · <@U1> · asked: invite · a form"),
        ({"message": "T1/command/1.2.a"}, f"• {AT} · <@U1> · asked: invite · a command"),
        ({"message": "T1/C1SALES/click/17.5"}, f"• {AT} · <@U1> · asked: invite · a button"),
        ({"who": "<!channel>", "message": "", "detail": "<@U2> & `all`\n• x"},
         f"• {AT} · &lt;!channel&gt; · asked: &lt;@U2&gt; &amp; {TICK}all{TICK} • x"),
    ],
)  # fmt: skip
def test_what_stands_in_a_row_is_put_into_words(changes: dict[str, str], line: str) -> None:
    """What somebody has written into the file calls nobody and looks like no other row."""
    assert shown(Row(replace(ROW.record, **changes), (), None)) == line  # type: ignore[arg-type]  # any field may change


@pytest.mark.parametrize(
    ("who", "masked"),
    [
        ("+15035550123", "+1 503 •••• 0123"),
        ("joe@example.com", "j••••@example.com"),
        (HASH, "#01234567"),
        ("U0ANA", "U0ANA"),
        ("user:joe", "u••••"),
    ],
)
def test_nobody_outside_is_shown_whole(who: str, masked: str) -> None:
    assert masked_identity(who) == masked


def test_the_newest_rows_that_fit_are_shown_within_slacks_limits() -> None:
    many = [
        replace(ROW, record=replace(ROW.record, key=n, detail=f"{n} {'x' * 300}"), about=("+15035550123",) * 20)
        for n in range(200)
    ]
    told = message("The last rows", many, URL)
    texts = [block["text"]["text"] for block in told.blocks if block["type"] == "section"]
    assert len(told.text) <= 4000
    assert len(told.blocks) <= 50
    assert max(map(len, texts)) <= 3000
    numbers = [line.partition("asked: ")[2].split()[0] for text in texts[1:] for line in text.splitlines()]
    assert numbers == [str(n) for n in range(200 - MOST, 200)]
    assert told.text.splitlines()[-1].split(" · ")[2].startswith("asked: 199 ")


def test_where_there_is_nothing_that_is_said() -> None:
    assert message("Of <this>", [], URL).text == "*Of &lt;this&gt;*\nNothing of that kind is in the audit."


def test_a_session_that_the_file_knows_no_more_is_left_out() -> None:
    def forgotten(_: SessionKey) -> Session:
        raise KeyError(1)

    (row,) = rows([ROW.record], forgotten, lambda _: [])
    assert row == Row(ROW.record, (), None)


def test_a_row_that_was_tampered_with_moves_no_cursor() -> None:
    evil = replace(ROW.record, who="U1\x1b[2J\udcff", at=None, detail="x\ny")  # type: ignore[arg-type]  # as no row should be
    lines = table([Row(evil, (), None)]).splitlines()
    assert len(lines) == 2
    assert "U1\ufffd[2J\ufffd" in lines[1]


@pytest.mark.parametrize("gesture", ["", "x", "T1", "T1/", "T1/forgotten/C1/17.5"])
def test_any_place_can_be_put_into_words(gesture: str) -> None:
    assert place(gesture) in {"", "x", "a restore"}


def test_a_message_goes_through_json_as_it_is() -> None:
    told = message("x", [ROW], URL)
    assert json.loads(json.dumps(told.blocks)) == told.blocks
