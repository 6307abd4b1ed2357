from __future__ import annotations

from dataclasses import replace

import pytest

from bot.grammar import read_permalink
from bot.model import ChannelId, SessionKey, Ts
from bot.views.about import About, Choice
from bot.views.move import BAD_LINK, BOTH, NO_SESSION, NOWHERE, Begun, MoveForm, form, parse
from sandbox.slack.blocks import check_view
from tests.bot.views.forms import fill
from tests.bot.views.samples import SESSION

ABOUT = About(ChannelId("C1"), Ts("1700000000.000100"), SessionKey(7))
OPEN = About(ChannelId("C1"))
LINK = "https://acme.slack.com/archives/C0SALES/p1700000007000100"


@pytest.mark.parametrize("text", ["x", "&" * 4000, "<!channel>"])
def test_slack_would_take_the_form(text: str) -> None:
    said = {"": text, "m_link": text, "m_session": text}
    assert check_view(form(ABOUT, replace(SESSION, name=text), Begun(link=text, said=said))) == []
    assert check_view(form(OPEN, None, Begun(Choice("e1", text), ChannelId("C1"), said=said))) == []


def test_what_was_filled_in_comes_out() -> None:
    assert parse(fill(form(ABOUT, SESSION, Begun()), m_channel="C2"), ABOUT) == MoveForm(None, ChannelId("C2"))
    view = form(OPEN, None, Begun(Choice("e1", "Boiler"), link=f"<{LINK}>"))
    link = read_permalink(LINK)
    assert link is not None
    assert parse(fill(view), OPEN) == MoveForm("e1", link)


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({}, {"m_session": NO_SESSION, "m_channel": NOWHERE}),
        ({"m_channel": "C2", "m_link": LINK}, {"m_session": NO_SESSION, "m_link": BOTH}),
        ({"m_link": "x"}, {"m_session": NO_SESSION, "m_link": BAD_LINK}),
    ],
)
def test_what_is_wrong_is_said_under_its_field(given: dict[str, str], errors: dict[str, str]) -> None:
    assert parse(fill(form(OPEN, None, Begun()), **given), OPEN) == errors
