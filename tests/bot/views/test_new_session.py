from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.models.views import View as SdkView

from bot.model import ChannelId, Email, NewSessionRequest, Phone, SessionType, UserId
from bot.people import PhoneRules
from bot.views import new_session
from bot.views.new_session import NewSessionForm, form, parse, with_emails
from sandbox.slack.blocks import check_view
from tests.bot.views.forms import fill

RULES = PhoneRules(frozenset({"US", "GB"}))
NOBODY = PhoneRules(frozenset())
HERE = ChannelId("C1")
TO = Phone("+15035550123", "US")
FROM = Phone("+15035550100", "US")
CHAT = {"f_name": "Boiler", "f_with": ("team:support", "Support")}
VOICE = {"f_channel": "Voice", "f_name": "Callback", "f_to": "(503) 555-0123"}
FAX = {"f_channel": "Fax", "f_name": "Papers", "f_to": "503 555 0123"}
EMPTY: dict[str, str] = {}


def parsed(rules: PhoneRules = RULES, **given: Any) -> NewSessionForm | dict[str, str]:
    return parse(fill(form(HERE), **given), "US", rules)


@pytest.mark.parametrize("type_", SessionType)
@pytest.mark.parametrize("channel", [HERE, None])
@pytest.mark.parametrize("name", ["", "x", "n" * 500, "<!channel>"])
def test_slack_would_take_the_form(type_: SessionType, channel: ChannelId | None, name: str) -> None:
    view = form(channel, type_, name)
    assert check_view(view) == []
    SdkView(**view).validate_json()


def test_every_field_has_its_name_and_its_element_the_same() -> None:
    fields = [
        (block["block_id"], block["element"]["action_id"]) for block in form(HERE)["blocks"] if "element" in block
    ]
    names = ["f_channel", "f_name", "f_with", "f_slackmembers", "f_members", "f_from", "f_to", "f_message", "f_where"]
    assert fields == [(name, name) for name in names]


def test_the_form_starts_with_what_is_known() -> None:
    view = fill(form(HERE, SessionType.FAX, "Papers"))
    assert view["f_channel"]["f_channel"]["selected_option"]["value"] == "Fax"
    assert view["f_name"]["f_name"]["value"] == "Papers"
    assert view["f_where"]["f_where"]["selected_conversation"] == "C1"


def test_a_whole_chat_comes_out_as_it_was_filled_in() -> None:
    found = parsed(
        f_channel="Chat",
        f_name=" Broken boiler – Mrs Lee ",
        f_with=("team:support", "Support"),
        f_slackmembers=["U2", "U3", "U2"],
        f_members="ana@example.com, (503) 555-0123\njoe@acme.com",
        f_from="503-555-0100",
        f_to="+44 7400 123456",
        f_message="Hi, this is Acme",
        f_where="C9",
    )
    assert found == NewSessionForm(
        request=NewSessionRequest(
            type=SessionType.CHAT,
            name="Broken boiler – Mrs Lee",
            with_address="team:support",
            with_label="Support",
            emails=(Email("ana@example.com"), Email("joe@acme.com")),
            phones=(TO,),
            from_number=FROM,
            to=Phone("+447400123456", "GB"),
            first_message="Hi, this is Acme",
        ),
        slack_members=(UserId("U2"), UserId("U3")),
        where=ChannelId("C9"),
    )


@pytest.mark.parametrize(("given", "type_"), [(VOICE, SessionType.VOICE), (FAX, SessionType.FAX)])
def test_a_whole_call_or_fax_comes_out_as_it_was_filled_in(given: dict[str, Any], type_: SessionType) -> None:
    request = NewSessionRequest(type=type_, name=given["f_name"], from_number=FROM, to=TO)
    assert parsed(**given, f_from="+15035550100") == NewSessionForm(request, (), HERE)


@pytest.mark.parametrize(
    "people",
    [{"f_with": ("user:1", "Ana")}, {"f_slackmembers": ["U2"]}, {"f_members": "ana@x.example"}, {"f_to": "5035550123"}],
)
def test_one_person_is_enough_for_a_chat(people: dict[str, Any]) -> None:
    assert isinstance(parsed(f_name="Boiler", **people), NewSessionForm)


PHONES_OFF = (
    "Outside phones are switched off. An administrator can allow countries with EVOBOT_PHONE_REGIONS "
    "(for example EVOBOT_PHONE_REGIONS=US,CA)."
)
BELONGS = (
    "+33612345678 belongs to France, where phones are not allowed. "
    "An administrator can allow them by adding FR to EVOBOT_PHONE_REGIONS."
)
INCOMPLETE = (
    "“555-01” is not a complete phone number for US. Include the area code, or start with + and the country code."
)
LINE = "“ana” is neither an e-mail address nor a phone number."
ONLY_CHAT = new_session.ONLY_CHAT


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        (CHAT | {"f_name": ""}, {"f_name": "Give the session a name (1–120 characters)."}),
        (CHAT | {"f_name": "   "}, {"f_name": "Give the session a name (1–120 characters)."}),
        (VOICE | {"f_name": ""}, {"f_name": "Give the session a name (1–120 characters)."}),
        (FAX | {"f_name": ""}, {"f_name": "Give the session a name (1–120 characters)."}),
        ({"f_name": "Boiler"}, {"f_with": new_session.NOBODY}),
        (CHAT | {"f_with": ("support", "Support")}, {"f_with": "Use user:ID or team:ID."}),
        (CHAT | {"f_with": ("team:", "Support")}, {"f_with": "Use user:ID or team:ID."}),
        (CHAT | {"f_members": "ana@x.example\nana"}, {"f_members": f"Line 2: {LINE}"}),
        (CHAT | {"f_members": "+33 6 12 34 56 78"}, {"f_members": f"Line 1: {BELONGS}"}),
        (CHAT | {"f_members": "ana\n\n+33612345678"}, {"f_members": f"Line 1: {LINE} Line 3: {BELONGS}"}),
        (CHAT | {"f_to": "555-01"}, {"f_to": INCOMPLETE}),
        (CHAT | {"f_to": "+33612345678"}, {"f_to": BELONGS}),
        (CHAT | {"f_from": "555-01"}, {"f_from": INCOMPLETE}),
        (VOICE | {"f_from": "555-01"}, {"f_from": INCOMPLETE}),
        (FAX | {"f_from": "555-01"}, {"f_from": INCOMPLETE}),
        (VOICE | {"f_to": ""}, {"f_to": "Give the number to call."}),
        (FAX | {"f_to": ""}, {"f_to": "Give the number to fax to."}),
        (VOICE | {"f_to": "555-01"}, {"f_to": INCOMPLETE}),
        (FAX | {"f_to": "555-01"}, {"f_to": INCOMPLETE}),
        (VOICE | {"f_to": "+33612345678"}, {"f_to": BELONGS}),
        (FAX | {"f_to": "+33612345678"}, {"f_to": BELONGS}),
        (VOICE | {"f_with": ("user:1", "Ana")}, {"f_with": ONLY_CHAT}),
        (VOICE | {"f_slackmembers": ["U2"]}, {"f_slackmembers": ONLY_CHAT}),
        (VOICE | {"f_members": "ana@x.example"}, {"f_members": ONLY_CHAT}),
        (VOICE | {"f_message": "Hi"}, {"f_message": ONLY_CHAT}),
        (FAX | {"f_with": ("user:1", "Ana")}, {"f_with": ONLY_CHAT}),
        (FAX | {"f_slackmembers": ["U2"]}, {"f_slackmembers": ONLY_CHAT}),
        (FAX | {"f_members": "ana@x.example"}, {"f_members": ONLY_CHAT}),
        (FAX | {"f_message": "Hi"}, {"f_message": ONLY_CHAT}),
    ],
)
def test_what_is_wrong_is_said_under_its_field_and_nothing_else(given: dict[str, Any], errors: dict[str, str]) -> None:
    assert parsed(**given) == errors


@pytest.mark.parametrize("given", [CHAT | {"f_to": "5035550123"}, VOICE, FAX])
def test_without_allowed_countries_no_number_is_used(given: dict[str, Any]) -> None:
    assert parsed(NOBODY, **given) == {"f_to": PHONES_OFF}


def test_a_fixed_line_can_be_called_and_faxed_but_not_texted() -> None:
    fixed = "+44 20 7946 0000"
    assert isinstance(parsed(**VOICE | {"f_to": fixed}), NewSessionForm)
    assert isinstance(parsed(**FAX | {"f_to": fixed}), NewSessionForm)
    assert "Only mobile phones" in str(parsed(**CHAT | {"f_to": fixed}))


@pytest.mark.parametrize("given", [CHAT, VOICE, FAX])
def test_the_card_needs_a_place(given: dict[str, Any]) -> None:
    assert parse(fill(form(None), **given), "US", RULES) == {"f_where": "Choose where the card is posted."}


@pytest.mark.parametrize("values", [{}, {"f_channel": {"f_channel": {"selected_option": None}}}])
def test_a_form_without_a_type_is_asked_for_one(values: dict[str, Any]) -> None:
    assert parse(values, "US", RULES) == {"f_channel": "Choose Chat, Voice or Fax."}


def test_endless_complaints_are_cut() -> None:
    errors = parsed(**CHAT | {"f_members": "nobody\n" * 400})
    assert isinstance(errors, dict)
    assert len(errors["f_members"]) <= 600


def test_a_number_that_is_asked_for_twice_is_one_number() -> None:
    found = parsed(**CHAT | {"f_members": "5035550123, +1 503 555 0123", "f_to": "503 555 0123"})
    assert isinstance(found, NewSessionForm)
    assert found.outside_phones == (TO,)


def test_people_from_slack_become_addresses_each_once() -> None:
    request = NewSessionRequest(SessionType.CHAT, "x", emails=(Email("Ana@x.example"), Email("joe@x.example")))
    merged = with_emails(request, (Email("ana@x.example"),))
    assert merged.emails == (Email("Ana@x.example"), Email("joe@x.example"))
