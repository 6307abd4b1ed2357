from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import ChannelId, Member, SessionKey
from bot.views.about import About, Choice
from bot.views.remove import NO_MEMBER, NO_SESSION, Begun, Removal, form, marked, parse, sure
from sandbox.slack.blocks import check_view
from tests.bot.views.forms import fill
from tests.bot.views.samples import SESSION

ABOUT = About(ChannelId("C1"), None, SessionKey(7))
OPEN = About(ChannelId("C1"))


def people(count: int, text: str = "x") -> list[Member]:
    return [Member(f"{text}{n}", text) for n in range(count)]


@pytest.mark.parametrize("text", ["x", "&" * 4000, "<!channel>", "a\nb"])
@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_slack_would_take_the_form(count: int, text: str) -> None:
    session, members = replace(SESSION, name=text), people(count, text)
    said = {"": text, "r_member": text, "r_session": text}
    assert check_view(form(ABOUT, session, members, Begun(None, next(iter(members), None), said))) == []
    assert check_view(form(OPEN, session, members, Begun(Choice("e1", text), None, said))) == []
    assert check_view(form(OPEN, None, (), Begun(said=said))) == []


@pytest.mark.parametrize("text", ["x", "&" * 4000, "<!channel>"])
def test_slack_would_take_the_question(text: str) -> None:
    view = sure(Removal(ABOUT, "V1", "m"), replace(SESSION, name=text), Member(text, text))
    assert check_view(view) == []
    assert Removal.unpack(view["private_metadata"]) == Removal(ABOUT, "V1", "m")


def test_whoever_is_chosen_is_found_again_though_others_came_and_went() -> None:
    """By a mark of the address: two may bear the same name."""
    twins = [Member("a@example.com", "Ana"), Member("b@example.com", "Ana")]
    parsed = parse(fill(form(ABOUT, SESSION, twins, Begun(member=twins[1]))), ABOUT)
    assert isinstance(parsed, tuple)
    assert marked([Member("c@example.com"), twins[1]], parsed[1]) == twins[1]
    assert marked(twins[:1], parsed[1]) is None


def test_nobody_and_no_session_are_said_under_their_fields() -> None:
    assert parse({}, OPEN) == {"r_session": NO_SESSION}
    assert parse({"r_member": {"r_member": {}}}, ABOUT) == {"r_member": NO_MEMBER}
    chosen = {"r_session": {"r_session": {"selected_option": {"value": "e1", "text": {"text": "x"}}}}}
    assert parse(chosen, OPEN) == {"r_session": NO_MEMBER}


def test_where_nobody_can_be_removed_there_is_nothing_to_submit() -> None:
    assert "submit" not in form(ABOUT, SESSION, (), Begun())
