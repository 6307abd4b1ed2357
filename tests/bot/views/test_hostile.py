"""Whatever people outside call themselves or write, it stays words: no mention, no link, no broken limit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import Email, Invitee, Item, Kind, Life, Line, LineName, Member, Session, State
from bot.text import clean, foreign_parts
from bot.views import Message
from bot.views.card import card
from bot.views.replies import notice, said
from bot.views.results import result
from tests.bot.views.samples import ITEM, OPENING, SESSION, assert_good, buttons, invitation, texts

HOSTILE = [
    "<!channel>", "<!here>", "<!everyone>", "<!channel|channel>", "<@U12345678>", "<@U12345678|ana>",
    "<#C12345678>", "<#C12345678|general>", "<!subteam^S123|@team>", "<!date^1^{date}|now>", "<https://evil.example>",
    "<https://evil.example|Billing>", "<mailto:a@b.example|x>", "<tel:+1900|call me>", "&lt;!channel&gt;",
    "&amp;lt;!channel&amp;gt;", "&", "&&&&&&", "<", ">", "<<<>>>", "<!channel", "!channel>", "<\u200b!channel>",
    "<!cha\u200bnnel>", "<\n!channel>", "\u202e<!channel>\u202c", "\ufeff<!here>", "\x00<!here>\x07",
    "*bold* _it_ ~no~ `code`", "```\nblock\n```", "> quote", ">>> quote", ":white_check_mark: Delivered",
    "✔ Ana was invited",
    "@channel", "@here", "#general", "https://evil.example/very", "javascript:alert(1)", "a@b.example",
    "+1 900 555 0100",
    "\n\n\n\n", "   ", "\t", "\u200b\u200b\u200b", "\u2028line\u2029", "a\rb\r\nc", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👩‍👩‍👧‍👦" * 60,
    "e\u0301" * 400,
    "\u0301" * 3000, "\ud800", "\udfff x", "{0} {who} {name!r}", "%s %d %(x)s", "\\", '"', "'",
    "'; DROP TABLE item; --",
    "External", "Outside Slack · Evo", "Billing bot\n✔ Paid", "Evo", "A" * 500, "<" * 500, "&" * 4000,
    "<!channel> " * 400,
    "x\n" * 3000, "العربية", "עברית", "नमस्ते", "\U000e0041\U000e0042", "null", "undefined",
]  # fmt: skip


def messages(text: str) -> list[Message]:
    """Every place in which a foreign text can stand."""
    session = _session(text)
    line = Line(LineName("n"), SESSION.key, text, text, text, text, "")
    return [
        card(session, OPENING, [_invitation(text, state) for state in State], {}),
        card(replace(session, life=Life.FAILED), replace(OPENING, state=State.REFUSED, reason=text), [], {}),
        said(line, SESSION),
        said(replace(line, media_uri=None), session),
        notice(f"{text} joined."),
        *(result(item, session) for state in State for item in _items(text, state)),
    ]


def _session(text: str) -> Session:
    members = tuple(Member(text, text, text) for _ in range(200))
    return replace(SESSION, name=text or "x", with_label=text, members=members, missing=(text,) * 30, call_state=text)


def _items(text: str, state: State) -> list[Item]:
    base = replace(ITEM, state=state, reason=text, body={"plain": text}, unknown_at=1.0)
    return [
        _invitation(text, state),
        base,
        replace(base, body={"text": text, "files": []}, unknown_at=None),
        replace(base, sent_text=text, ts=None),
        replace(base, kind=Kind.END),
    ]


def _invitation(text: str, state: State) -> Item:
    invitee = Invitee(email=Email(text)) if text.strip() else Invitee(typed=text)
    return invitation(invitee, state, reason=text, attempts=1)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_foreign_text_is_words_wherever_it_stands(text: str) -> None:
    for message in messages(text):
        assert_good(message)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_only_our_own_people_are_mentioned(text: str) -> None:
    for message in messages(text):
        for kind, shown in [("mrkdwn", message.text), *texts(message.blocks)]:
            if kind == "mrkdwn":
                assert shown.count("<@") == shown.count("<@U1>")
                assert "<!channel" not in shown


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_was_said_stands_in_text_elements_word_for_word(text: str) -> None:
    there = Line(LineName("n"), SESSION.key, "Mrs Lee", text, None, None, "")
    shown = "".join(
        element["text"]
        for part in range(len(foreign_parts(text)))
        for block in said(there, SESSION, part).blocks
        if block["type"] == "rich_text"
        for element in block["elements"][0]["elements"]
    )
    assert shown.replace("\n", "") == clean(text).strip().replace("\n", "")


def test_there_are_enough_of_them() -> None:
    assert len(set(HOSTILE)) >= 60


def test_a_customer_cannot_press_our_buttons() -> None:
    """What is said gets no buttons, whatever it says."""
    assert [buttons(said(Line(LineName("n"), SESSION.key, x, x, x, x, ""), SESSION)) for x in HOSTILE] == [[]] * len(
        HOSTILE
    )
