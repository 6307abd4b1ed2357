from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model import Email, Invitee, Phone, UserId
from bot.people import PhoneRules
from bot.views.invite import NOBODY, InviteForm, form, pack, parse, unpack
from sandbox.slack.blocks import check_view
from tests.bot.views.forms import fill
from tests.bot.views.samples import PHONE, SESSION

RULES = PhoneRules(frozenset({"US"}))


def parsed(**given: Any) -> InviteForm | dict[str, str]:
    return parse(fill(form(SESSION), **given), "US", RULES)


@pytest.mark.parametrize("name", ["x", "&" * 4000, "<!channel>"])
def test_slack_would_take_the_form(name: str) -> None:
    assert check_view(form(replace(SESSION, name=name), "ana@example.com")) == []


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


def test_the_form_knows_its_session() -> None:
    assert unpack(form(SESSION)["private_metadata"]) == SESSION.key == unpack(pack(SESSION.key))


@pytest.mark.parametrize("metadata", ["", "x", "-1", "1.5", "9" * 40, "{}"])
def test_rubbish_is_no_session(metadata: str) -> None:
    with pytest.raises(ValueError, match="key"):
        unpack(metadata)
