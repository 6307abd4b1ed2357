from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model import ChannelId, Email, Invitee, Listed, Phone, SessionType, UserId
from bot.phones import PhoneRules
from bot.views.about import About, Choice
from bot.views.invite import NO_SESSION, NOBODY, NOTHING_FOUND, Begun, InviteForm, form, parse, people_in
from bot.views.new_session.reading import NOT_OURS
from sandbox.slack.blocks import check_view
from tests.bot.views.forms import fill
from tests.bot.views.samples import PHONE, SESSION

ABOUT, OPEN = About(ChannelId("C1"), None, SESSION.key), About(ChannelId("C1"))
RULES = PhoneRules(frozenset({"US"}))


def parsed(**given: Any) -> InviteForm | dict[str, str]:
    return parse(fill(form(ABOUT, SESSION, Begun()), **given), ABOUT, "US", RULES)


@pytest.mark.parametrize("name", ["x", "&" * 4000, "<!channel>"])
def test_slack_would_take_the_form(name: str) -> None:
    begun = Begun(people=name, said={"": name, "i_people": name}, hint=NOTHING_FOUND)
    assert check_view(form(ABOUT, replace(SESSION, name=name), begun)) == []


def test_everybody_comes_out_in_the_order_given() -> None:
    found = parsed(i_people="ana@example.com, (503) 555-0123, <@U7>", i_slack=["U2", "U7"], i_callerid="503 555 0100")
    assert found == InviteForm(
        people=(
            Invitee(email=Email("ana@example.com")),
            Invitee(phone=PHONE),
            Invitee(slack_user=UserId("U7")),
            Invitee(slack_user=UserId("U2")),
        ),
        caller_id=Phone("+15035550100", "US"),
    )
    assert found.phones == (PHONE,)


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({}, {"i_people": NOBODY}),
        ({"i_callerid": "5035550100"}, {"i_people": NOBODY}),
        ({"i_people": "ana"}, {"i_people": "“ana” is neither an e-mail address nor a phone number."}),
        (
            {"i_people": "+33612345678"},
            {
                "i_people": "+33612345678 belongs to France, where phones are not allowed. "
                "An administrator can allow them by adding FR to EVOBOT_PHONE_REGIONS."
            },
        ),
        (
            {"i_slack": ["U2"], "i_callerid": "555-01"},
            {
                "i_callerid": "“555-01” is not a complete phone number for US. "
                "Include the area code, or start with + and the country code."
            },
        ),
    ],
)
def test_what_is_wrong_is_said_under_its_field(given: dict[str, Any], errors: dict[str, str]) -> None:
    assert parsed(**given) == errors


def test_where_no_session_is_meant_it_is_asked_for() -> None:
    view = form(OPEN, None, Begun(Choice("e1", "Boiler"), "ana@example.com"))
    found = parse(fill(view), OPEN, "US", RULES)
    assert isinstance(found, InviteForm)
    assert found.evo_id == "e1"
    assert parse(fill(form(OPEN, None, Begun())), OPEN, "US", RULES) == {"i_session": NO_SESSION}


def test_the_number_can_be_one_from_the_list_and_no_other() -> None:
    view = form(ABOUT, SESSION, Begun(people="ana@example.com", caller_id="+15035550100"), numbers=True)
    assert check_view(view) == []
    ours, others = (Listed(numbers=frozenset({number})) for number in ("+15035550100", "+15035550101"))
    found = parse(fill(view), ABOUT, "US", RULES, ours)
    assert isinstance(found, InviteForm)
    assert found.caller_id == Phone("+15035550100", "US")
    assert parse(fill(view), ABOUT, "US", RULES, others) == {"i_callerid": NOT_OURS}


def test_a_call_asks_for_no_greeting() -> None:
    voice = form(ABOUT, replace(SESSION, type=SessionType.VOICE), Begun())
    assert "i_greeting" not in {block.get("block_id") for block in voice["blocks"]}


def test_in_a_message_people_are_found_and_the_bot_is_none() -> None:
    text = "add <mailto:max@acme.com|max@acme.com> and 503 555 0123, thanks <@U2> <@UBOT>"
    assert people_in(text, "US", UserId("UBOT")) == ("max@acme.com, +15035550123", (UserId("U2"),))
