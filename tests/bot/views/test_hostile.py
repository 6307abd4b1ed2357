"""Whatever people outside call themselves or write, it stays words: no mention, no link, no broken limit."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.model import Email, Invitee, Item, Kind, Life, Line, LineName, Member, Mode, NotHere, Role, Session, State
from bot.text import clean, foreign_parts
from bot.views import Message
from bot.views.card import Spot
from bot.views.files import file_not_here, pack_why
from bot.views.privacy import for_everybody
from bot.views.replies import notice, said
from bot.views.results import result
from bot.views.reveal import revealed
from bot.views.sessions import listing
from tests.bot.views.samples import ITEM, OPENING, SESSION, a_card, assert_good, buttons, invitation, texts
from tests.faultlab.corpus import LIES, MARKUP, NOTES, PAYLOADS, SIGNS, SMUGGLED

MARK = re.compile(r"(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`")
HOSTILE = [
    *SMUGGLED[::8],
    *MARKUP,
    *LIES,
    *NOTES,
    *PAYLOADS,
    *SIGNS,
]  # all of them pass through the whole bot elsewhere


def messages(text: str) -> list[Message]:
    """Every place in which a foreign text can stand."""
    session = _session(text)
    line = Line(LineName("n"), SESSION.key, text, text, text, text, "")
    return [
        *(a_card(session, OPENING, [_invitation(text, state) for state in State], spot) for spot in _spots(session)),
        a_card(replace(session, life=Life.FAILED), replace(OPENING, state=State.REFUSED, reason=text)),
        a_card(replace(session, life=Life.FAILED), replace(OPENING, kind=Kind.LINK, state=State.REFUSED, reason=text)),
        revealed(session, None),
        listing("Sessions", [session], 1, ""),
        said(line, SESSION),
        said(replace(line, date="2026-01-01T00:00:00+00:00"), SESSION, late=True),
        said(replace(line, media_uri=None), session),
        *(file_not_here(line, pack_why(why, 1)) for why in NotHere),
        notice(f"{text} joined."),
        *(result(item, session) for state in State for item in _items(text, state)),
    ]


def _spots(session: Session) -> list[Spot]:
    modes = [Spot(mode=mode) for mode in Mode]
    return [*modes, *(Spot(role, target=session, home=session.channel) for role in (*Role, None))]


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
    """And only our own people are mentioned."""
    drawn = messages(text)
    for message in [*drawn, *map(for_everybody, drawn)]:
        assert_good(message)
        for kind, shown in [("mrkdwn", message.text), *texts(message.blocks)]:
            if kind == "mrkdwn":
                assert shown.count("<@") == shown.count("<@U1>") + shown.count("<@U0BOT>")
                assert "<!channel" not in shown


@pytest.mark.parametrize("text", ["*Bold* _a_", "~x~ ` c", "a * b", "`", "*a_b* *", "*" * 9], ids=range(6))
def test_no_sign_of_a_foreign_text_is_markup(text: str) -> None:
    """Whatever it holds, our own bold type and code stand as they do round a word."""
    for odd, plain in zip(messages(text), messages("word"), strict=True):
        assert _marks(odd) == _marks(plain)


def _marks(message: Message) -> list[str]:
    """The signs that Slack reads as markup, text by text; what a customer says is read in rich text."""
    outside = any(block["type"] == "rich_text" for block in message.blocks)
    shown = [*([] if outside else [message.text]), *(text for kind, text in texts(message.blocks) if kind == "mrkdwn")]
    return ["".join(MARK.findall(re.sub("<[^<>]*>", "", text))) for text in shown]


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


def test_a_customer_cannot_press_our_buttons() -> None:
    """What is said gets no buttons, whatever it says."""
    assert [buttons(said(Line(LineName("n"), SESSION.key, x, x, x, x, ""), SESSION)) for x in HOSTILE] == [[]] * len(
        HOSTILE
    )
