from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from slack_sdk.models.views import View as SdkView

from bot.grammar import New
from bot.grammar import parse as read_command
from bot.model import (
    CallState,
    ChannelId,
    Direction,
    Email,
    EvoSessionId,
    Listed,
    Mode,
    NewSessionRequest,
    Phone,
    SessionType,
    TeamId,
    ThreadKey,
    Ts,
    UserId,
)
from bot.phones import PhoneRules
from bot.text import clean
from bot.views.new_session import (
    Entry,
    NewSessionForm,
    Shape,
    begun,
    command_of,
    draw,
    form,
    parse,
    redrawn,
    typed,
    unchanged,
    unpack,
    with_emails,
)
from bot.views.new_session.reading import NOBODY, ONLY_CHAT
from bot.views.new_session.shape import held_in
from bot.views.new_session.spelling import spelt
from sandbox.slack.blocks import check_view
from tests.bot.views.forms import fill

RULES = PhoneRules(frozenset({"US", "GB"}))
NO_COUNTRY = PhoneRules(frozenset())
HERE = ChannelId("C1")
THREAD = ThreadKey(TeamId("T1"), ChannelId("C7"), Ts("1700000000.000100"))
TYPED = Shape(numbers=Entry.TYPED, customers=Entry.TYPED)
TO = Phone("+15035550123", "US")
FROM = Phone("+15035550100", "US")
LISTED = Listed(
    contacts=frozenset({"team:support"}), numbers=frozenset({FROM.e164, "+15035550101"}), customers=frozenset({"c1"})
)
CHAT = {"f_name": "Boiler", "f_with": ("team:support", "Support")}
VOICE = {"f_channel": "Voice", "f_name": "Callback", "f_to": "(503) 555-0123"}
FAX = {"f_channel": "Fax", "f_name": "Papers", "f_to": "503 555 0123"}
OF_TYPE = {SessionType.CHAT: CHAT, SessionType.VOICE: VOICE, SessionType.FAX: FAX}


def shaped(type_: str = "Chat", *, more: bool = False, entry: Entry = Entry.TYPED, **held: Any) -> dict[str, Any]:
    """A form in the channel HERE; numbers and customers are chosen from a list or typed."""
    return draw(Shape(SessionType(type_), more, entry, entry), {**begun(HERE), **held}, author="Ana")


def parsed(
    rules: PhoneRules = RULES,
    *,
    more: bool = False,
    entry: Entry = Entry.TYPED,
    listed: Listed | None = None,
    author: str = "",
    **given: Any,
) -> NewSessionForm | dict[str, str]:
    view = shaped(given.get("f_channel", "Chat"), more=more, entry=entry)
    return parse(fill(view, **given), "US", rules, listed, author)


def inputs(view: dict[str, Any]) -> dict[str, str]:
    """The labels of the fields, by name, in their order."""
    return {block["block_id"]: block["label"]["text"] for block in view["blocks"] if block["type"] == "input"}


def said(view: dict[str, Any]) -> list[str]:
    """What the form says outside its fields."""
    others = [block for block in view["blocks"] if block["type"] in {"section", "context"}]
    return [(block.get("text") or block["elements"][0])["text"] for block in others]


# Which fields are there


@pytest.mark.parametrize("type_", SessionType)
@pytest.mark.parametrize("entry", Entry)
@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize("name", ["", "x", "n" * 500, "<!channel>"])
def test_slack_would_take_the_form(type_: SessionType, entry: Entry, *, more: bool, name: str) -> None:
    view = draw(Shape(type_, more, entry, entry), begun(None, name), author=name, away=True)
    assert check_view(view) == []
    SdkView(**view).validate_json()


AWAY_NOW = "Evo Voice does not answer just now, so there is nothing to choose from."
NUMBERS = {"f_from": "From number"}
CHATS = {"f_to": "Text to", "f_message": "First message"}
PLACE = {"f_where": "Post the card in"}
MORE = {
    "f_customer": "Customer",
    "f_parent": "Part of session",
    "f_direction": "Direction",
    "f_state": "Call state",
    "f_fromaddr": "From address",
    "f_fromname": "From name",
    "f_toaddr": "To address",
    "f_dest": "Destination",
}
MODE = {"f_mode": "Replies in the thread"}
START = {"f_start": "Call flow"}
ALWAYS = {"f_channel": "Session type", "f_name": "Name"}
PEOPLE = {"f_with": "With", "f_slackmembers": "Members from Slack", "f_members": "Other people"}


@pytest.mark.parametrize(
    ("type_", "more", "fields"),
    [
        ("Chat", False, ALWAYS | PEOPLE | NUMBERS | CHATS | PLACE),
        ("Voice", False, ALWAYS | NUMBERS | {"f_to": "Call to"} | START | PLACE),
        ("Fax", False, ALWAYS | NUMBERS | {"f_to": "Fax to"} | PLACE),
        ("Chat", True, ALWAYS | PEOPLE | NUMBERS | CHATS | PLACE | START | MORE | MODE),
        ("Voice", True, ALWAYS | NUMBERS | {"f_to": "Call to"} | START | PLACE | MORE),
        ("Fax", True, ALWAYS | NUMBERS | {"f_to": "Fax to"} | PLACE | START | MORE),
    ],
)  # fmt: skip
def test_each_type_has_its_fields_in_this_order(type_: str, *, more: bool, fields: dict[str, str]) -> None:
    view = shaped(type_, more=more)
    assert list(inputs(view).items()) == list(fields.items())


@pytest.mark.parametrize("type_", SessionType)
def test_a_field_and_its_element_have_one_name_in_every_type(type_: SessionType) -> None:
    """But for the one that is ticked in some types and not in others: Slack would carry the tick over."""
    blocks = [block for block in shaped(type_, more=True)["blocks"] if block["type"] == "input"]
    odd = {b["block_id"]: b["element"]["action_id"] for b in blocks if b["element"]["action_id"] != b["block_id"]}
    assert odd == ({} if type_ is SessionType.VOICE else {"f_start": "f_start_others"})


def test_slack_is_told_which_fields_must_be_filled() -> None:
    needed = {
        type_: [b["block_id"] for b in shaped(type_, more=True)["blocks"] if b["type"] == "input" and not b["optional"]]
        for type_ in SessionType
    }
    assert needed == {
        "Chat": ["f_channel", "f_name", "f_where"],
        "Voice": ["f_channel", "f_name", "f_to", "f_where"],
        "Fax": ["f_channel", "f_name", "f_to", "f_where"],
    }


def test_only_the_choice_of_type_tells_us_at_once() -> None:
    told = [block["block_id"] for block in shaped(more=True)["blocks"] if block.get("dispatch_action")]
    assert told == ["f_channel"]


def test_what_the_directory_decides_is_left_open_until_it_is_known() -> None:
    view = shaped(more=True, entry=Entry.LOADING)
    assert {"f_from", "f_customer"}.isdisjoint(inputs(view))
    assert said(view)[0] == "Loading your directory…"


@pytest.mark.parametrize(("entry", "kind"), [(Entry.LIST, "external_select"), (Entry.TYPED, "plain_text_input")])
def test_numbers_and_customers_are_chosen_where_they_can_be_listed_and_typed_elsewhere(entry: Entry, kind: str) -> None:
    view = shaped(more=True, entry=entry)
    kinds = {block["block_id"]: block["element"]["type"] for block in view["blocks"] if block["type"] == "input"}
    assert (kinds["f_from"], kinds["f_customer"]) == (kind, kind)
    assert (kinds["f_with"], kinds["f_parent"]) == ("external_select", "external_select")


def test_the_form_says_what_people_should_know() -> None:
    chat = "Same as: `/session chat`"
    assert said(draw(TYPED, {}, author="Ana")) == [chat, "You are sent as *Ana*."]
    assert said(draw(replace(TYPED, type=SessionType.FAX), {}, author="Ana")) == [
        "This records a fax session; pages are added in Evo Voice.",
        "Same as: `/session fax`",
        "You are sent as *Ana*.",
    ]
    away = draw(TYPED, {}, away=True)
    assert said(away) == [f"{AWAY_NOW} Type instead: numbers, ids, user:ID, team:ID.", chat]
    assert said(draw(TYPED, {}, author="<!here>")) == [chat, "You are sent as *&lt;!here&gt;*."]


def test_the_form_starts_with_what_is_known() -> None:
    view = fill(form(HERE, SessionType.FAX, "Papers"))
    assert view["f_channel"]["f_channel"]["selected_option"]["value"] == "Fax"
    assert view["f_name"]["f_name"]["value"] == "Papers"
    assert view["f_where"]["f_where"]["selected_conversation"] == "C1"


def test_the_call_flow_is_run_for_a_call_and_not_for_the_others_unless_somebody_says_so() -> None:
    ticked = {type_: held_in(fill(shaped(type_, more=True))) for type_ in SessionType}
    assert [ticked[type_].get("f_start", ticked[type_].get("f_start_others")) for type_ in SessionType] == [
        [],
        ["run"],
        [],
    ]


def test_a_tick_that_nobody_made_does_not_go_along_into_a_chat() -> None:
    voice = shaped("Voice", more=True)
    chat = pressed(voice, fill(voice), "f_channel", type="Chat")
    assert held_in(fill(chat))["f_start_others"] == []
    back = pressed(chat, fill(chat, f_start=["run"]), "f_channel", type="Voice")
    assert held_in(fill(pressed(back, fill(back, f_start=[]), "f_channel", type="Fax")))["f_start_others"] == ["run"]


def test_the_sender_is_proposed() -> None:
    assert fill(shaped(more=True))["f_fromname"]["f_fromname"]["value"] == "Ana (Slack)"


# In a thread, from a message


def test_a_form_for_a_thread_asks_for_no_place_and_says_what_changes_there() -> None:
    shape = replace(TYPED, thread=THREAD)
    view = draw(shape, {}, instead="<Boiler>")
    assert "f_where" not in inputs(view)
    assert said(view) == [
        "The card stands in this thread, and replies in it reach the new session.",
        "This thread shows “&lt;Boiler&gt;”. From now on replies here go to the new session instead.",
        "Same as, written in this thread: `@Evo chat card:here`",
    ]
    assert said(draw(shape, {}))[1:] == ["Same as, written in this thread: `@Evo chat card:here`"]
    found = parse(fill(view, **CHAT), "US", RULES, shape=unpack(view["private_metadata"])[0])
    assert isinstance(found, NewSessionForm)
    assert (found.home, found.where) == (THREAD, THREAD.channel)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, ""),
        ({"f_message": "Hello"}, "Hello"),
        ({"f_sendtext": ["send"]}, "It leaks"),
        ({"f_sendtext": ["send"], "f_message": "Hello"}, "It leaks\n\nHello"),
    ],
)
def test_the_text_of_a_message_goes_along_only_when_somebody_says_so(given: dict[str, Any], sent: str) -> None:
    view = draw(replace(TYPED, text="It leaks"), begun(HERE))
    assert check_view(view) == []
    assert said(view)[0] == "“It leaks”"
    found = parse(fill(view, **CHAT, **given), "US", RULES, shape=unpack(view["private_metadata"])[0])
    assert isinstance(found, NewSessionForm)
    assert found.request.first_message == sent


def test_such_a_text_is_held_against_the_limit_of_a_message() -> None:
    view = draw(replace(TYPED, text="x" * 1000), begun(HERE))
    given = CHAT | {"f_sendtext": ["send"], "f_message": "y" * 600}
    wrong = parse(fill(view, **given), "US", RULES, shape=unpack(view["private_metadata"])[0])
    assert wrong == {"f_message": "Too long by 2 characters (the limit is 1,600 characters)."}


def test_what_a_form_is_settled_for_travels_along() -> None:
    shape = Shape(SessionType.FAX, True, Entry.LIST, Entry.TYPED, THREAD, HERE, "It leaks\n“<&>”")
    assert unpack(draw(shape, {"f_members": "joe@example.com"})["private_metadata"]) == (
        shape, {"f_members": "joe@example.com"}
    )  # fmt: skip


@pytest.mark.parametrize(("chosen", "mode"), [("relay", None), ("mention", Mode.MENTION), ("notes", Mode.NOTES)])
def test_what_replies_are_can_be_chosen_for_a_chat(chosen: str, mode: Mode | None) -> None:
    found = parsed(more=True, **CHAT, f_mode=chosen)
    assert isinstance(found, NewSessionForm)
    assert found.request.mode == mode


# The same as a command


OFFICE = ChannelId("C0OFFICE01")
LETTERS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
NAMES = st.lists(st.one_of(LETTERS, st.sampled_from(["voice", "to:5", "`", "<@U1>", '"', "note:"])), min_size=1)
PHONES = st.sampled_from(["", "(503) 555-0123", "+44 7400 123456"])
ADDRESSES = st.sampled_from(["", "joe@acme.com", "+1 503 555 0124"])
PEOPLE_TYPED = st.lists(st.sampled_from(["joe@acme.com", "ana@acme.com", "503 555 0123", "+44 7400 123456"]))
FORMS = st.fixed_dictionaries(
    {
        "f_channel": st.sampled_from([str(one) for one in SessionType]),
        "f_name": NAMES.map(" ".join).map(lambda text: clean(text).strip()[:120].strip()).filter(bool),
        "f_with": st.sampled_from([None, ("team:support", "Support"), ("user:a-1", "user:a-1")]),
        "f_slackmembers": st.lists(st.sampled_from(["U0ANA0001", "U0JOE0001"]), unique=True),
        "f_members": PEOPLE_TYPED.map(", ".join),
        "f_from": PHONES,
        "f_to": PHONES,
        "f_message": st.lists(LETTERS, max_size=3).map("\n".join).map(lambda text: clean(text).strip()),
        "f_start": st.sampled_from([[], ["run"]]),
        "f_customer": st.sampled_from(["", "c1"]),
        "f_parent": st.sampled_from([None, ("8f3a21b", "Boiler"), ("8f3a21b", "8f3a21b")]),
        "f_direction": st.sampled_from(["leave", "Incoming", "Outgoing"]),
        "f_state": st.sampled_from(["leave", "Hold", "Ringing"]),
        "f_fromaddr": ADDRESSES,
        "f_fromname": st.sampled_from(["", "Ana (Slack)", "Ana of Acme"]),
        "f_toaddr": ADDRESSES,
        "f_dest": ADDRESSES,
        "f_mode": st.sampled_from([str(one) for one in Mode]),
        "f_where": st.sampled_from([OFFICE, "C0SALES001"]),
    }
)


def without_labels(form: NewSessionForm) -> NewSessionForm:
    """What a session, a person or a customer is called is looked up again when it is typed."""
    return replace(form, request=replace(form.request, with_label=None, customer_label=None))


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(FORMS, st.booleans(), st.sampled_from([None, OFFICE]), st.sampled_from([None, THREAD]))
def test_the_command_under_a_form_submits_the_same(
    given_: dict[str, Any], more: bool, here: ChannelId | None, thread: ThreadKey | None
) -> None:
    shape = replace(TYPED, type=SessionType(given_["f_channel"]), more=more, here=here, thread=thread)
    view = draw(shape, begun(OFFICE), author="Ana")
    values = fill(view, **{name: value for name, value in given_.items() if name in inputs(view)})
    form = parse(values, "US", RULES, author="Ana", shape=shape)
    assume(isinstance(form, NewSessionForm))
    assert isinstance(form, NewSessionForm)
    footer = spelt(form, shape, "US")
    assert footer is not None, command_of(form, shape)
    command = read_command(footer, region="US", in_thread=thread is not None)
    assert isinstance(command, New)
    again = typed(command)
    assert not again.said
    held = begun(here or form.where) | again.held
    anew, lost = unchanged(replace(shape, type=again.type, more=again.more), held, "Ana")
    assert lost == []
    found = parse(anew, "US", RULES, author="Ana", shape=shape)
    assert isinstance(found, NewSessionForm), found
    assert without_labels(found) == without_labels(form)


def test_the_command_is_drawn_as_far_as_the_form_is_filled_in_and_is_never_cut_in_a_word() -> None:
    filled = draw(TYPED, {"f_name": "Broken boiler", "f_to": "503 555 0123", "f_members": "joe@"})
    assert said(filled) == ["Same as: `/session chat Broken boiler to:+15035550123`"]
    long = draw(TYPED, {"f_name": "A & B", "f_message": "x" * 900})
    assert said(long) == ['Same as: `/session chat "A &amp; B" …`']
    odd = draw(TYPED, {"f_name": "`a` <b>"})
    assert said(odd) == ['Same as: /session chat "`a` <b>"']


@pytest.mark.parametrize(
    "held",
    [
        {"f_name": "x" * 121},
        {"f_with": "team:" + "x" * 200},
        {"f_customer": "c1"},  # under "More options", which this form does not show
        {"f_mode": ["notes"]},
    ],
)
def test_what_a_field_cannot_hold_is_named(held: dict[str, Any]) -> None:
    values, lost = unchanged(TYPED, begun(HERE) | {"f_to": "1"} | held, "Ana")
    assert lost == list(held)
    assert held_in(values)["f_to"] == "1"


def test_what_cannot_be_typed_has_no_command() -> None:
    parent = {"f_parent": ["s1", "An id that is too short for a command"]}
    assert said(draw(replace(TYPED, more=True), parent)) == []


# Other fields


FILLED = {
    "f_name": "Boiler",
    "f_with": ("team:support", "Support"),
    "f_slackmembers": ["U2", "U3"],
    "f_members": "ana@example.com\n(503) 555-0123 🎉 “<&>”",
    "f_from": "503-555-0100",
    "f_to": "+44 7400 123456",
    "f_message": "Hi\nthere",
    "f_start": ["run"],
    "f_customer": "c1",
    "f_parent": ("s1", "Boiler of last week"),
    "f_direction": "Incoming",
    "f_state": "Hold",
    "f_fromaddr": "ana@example.com",
    "f_fromname": "Ana of Acme",
    "f_toaddr": "joe@example.com",
    "f_dest": "+1 503 555 0124",
    "f_where": "C9",
}


def pressed(view: dict[str, Any], values: dict[str, Any], what: str, **chosen: str) -> dict[str, Any]:
    """The form after a press or a choice in it; what stands in a field that stays is kept by Slack as well."""
    if chosen:
        option = {"value": chosen["type"], "text": {"type": "plain_text", "text": chosen["type"]}}
        values = values | {"f_channel": {"f_channel": {"type": "radio_buttons", "selected_option": option}}}
    shape, held = redrawn(values, view["private_metadata"], what)
    return draw(shape, held, author="Ana")


@pytest.mark.parametrize("entry", [Entry.LIST, Entry.TYPED])
def test_what_was_typed_survives_every_way_through_the_types_and_options(entry: Entry) -> None:
    given = FILLED | ({"f_from": (FROM.e164, "Main"), "f_customer": ("c1", "Lee")} if entry is Entry.LIST else {})
    view = shaped(more=True, entry=entry)
    whole = fill(view, **given)
    values = whole
    for step in ("Voice", "less", "Fax", "Chat", "Voice", "more", "Fax", "Chat"):
        if step in ("less", "more"):
            view = pressed(view, values, "f_advanced")
        else:
            view = pressed(view, values, "f_channel", type=step)
        assert check_view(view) == []
        values = fill(view)
    assert held_in(values) == held_in(whole)
    assert parse(values, "US", RULES) == parse(whole, "US", RULES)


def test_what_was_emptied_stays_empty() -> None:
    view = shaped("Voice", more=True)
    values = fill(view, f_start=[], f_to="1")
    view = pressed(view, values, "f_channel", type="Chat")
    view = pressed(view, fill(view), "f_advanced")
    view = pressed(view, fill(view), "f_channel", type="Voice")
    assert held_in(fill(view))["f_start"] == []


def test_a_hidden_field_is_in_no_request() -> None:
    view = shaped(more=True)
    view = pressed(view, fill(view, **FILLED), "f_advanced")
    view = pressed(view, fill(view), "f_channel", type="Voice")
    found = parse(fill(view), "US", RULES)
    assert found == NewSessionForm(
        NewSessionRequest(
            type=SessionType.VOICE, name="Boiler", from_number=FROM, to=Phone("+447400123456", "GB"), start=True
        ),
        (),
        ChannelId("C9"),
    )


def test_what_is_too_long_to_be_kept_while_hidden_is_named_and_the_rest_is_kept() -> None:
    view = shaped()
    typed = fill(view, f_name="Boiler", f_members="a" * 2900, f_message="b" * 1500, f_slackmembers=["U2"])
    voice = pressed(view, typed, "f_channel", type="Voice")
    assert said(voice)[0] == "Too long to be kept while hidden, and so gone: “Other people”."
    chat = fill(pressed(voice, fill(voice), "f_channel", type="Chat"))
    assert (chat["f_members"]["f_members"]["value"], chat["f_message"]["f_message"]["value"]) == (None, "b" * 1500)
    assert chat["f_slackmembers"]["f_slackmembers"]["selected_users"] == ["U2"]


@pytest.mark.parametrize(
    "metadata",
    ["", "1", "[]", "null", "{}", '{"type": "Chat"}',
     '{"type":"Tube","more":false,"numbers":"list","customers":"list","kept":{}}',
     '{"type":"Chat","more":false,"numbers":"list","customers":"list","kept":[]}'],
)  # fmt: skip
def test_rubbish_is_no_form_of_ours(metadata: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(metadata)


def test_the_metadata_has_what_a_drawing_needs_and_no_more() -> None:
    assert json.loads(shaped("Fax", f_message="Hi")["private_metadata"]) == {
        "type": "Fax", "more": False, "numbers": "typed", "customers": "typed", "kept": {"f_message": "Hi"},
    }  # fmt: skip


# What comes out


def test_a_whole_chat_comes_out_as_it_was_filled_in() -> None:
    found = parsed(more=True, **FILLED | {"f_members": "ana@example.com, (503) 555-0123\njoe@acme.com"})
    assert found == NewSessionForm(
        request=NewSessionRequest(
            type=SessionType.CHAT,
            name="Boiler",
            with_address="team:support",
            with_label="Support",
            emails=(Email("ana@example.com"), Email("joe@acme.com")),
            phones=(TO,),
            from_number=FROM,
            to=Phone("+447400123456", "GB"),
            first_message="Hi\nthere",
            start=True,
            customer_id="c1",
            parent_id=EvoSessionId("s1"),
            direction=Direction.INCOMING,
            call_state=CallState.HOLD,
            from_address=Email("ana@example.com"),
            from_name="Ana of Acme",
            to_address=Email("joe@example.com"),
            destination=Phone("+15035550124", "US"),
        ),
        slack_members=(UserId("U2"), UserId("U3")),
        where=ChannelId("C9"),
    )


@pytest.mark.parametrize(("given", "start"), [(VOICE, True), (VOICE | {"f_start": []}, False), (FAX, None)])
def test_a_whole_call_or_fax_comes_out_as_it_was_filled_in(given: dict[str, Any], *, start: bool | None) -> None:
    type_ = SessionType(given["f_channel"])
    request = NewSessionRequest(type=type_, name=given["f_name"], from_number=FROM, to=TO, start=start)
    assert parsed(**given, f_from="+15035550100") == NewSessionForm(request, (), HERE)


def test_what_nobody_touched_under_more_options_is_left_to_evo_voice() -> None:
    plain = NewSessionRequest(SessionType.CHAT, "Boiler", "team:support", "Support", from_name="Ana (Slack)")
    assert parsed(more=True, **CHAT) == NewSessionForm(plain, (), HERE)


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("direction", Direction)
def test_every_direction_and_state_can_be_chosen(state: CallState, direction: Direction) -> None:
    found = parsed(more=True, **CHAT, f_state=str(state), f_direction=str(direction))
    assert isinstance(found, NewSessionForm)
    assert (found.request.call_state, found.request.direction) == (state, direction)


def test_a_number_and_a_customer_that_were_chosen_are_those() -> None:
    chosen = {"f_from": (FROM.e164, "Main +1…"), "f_customer": ("c1", "Lee Household")}
    found = parsed(more=True, entry=Entry.LIST, listed=LISTED, **CHAT, **chosen)
    assert isinstance(found, NewSessionForm)
    assert (found.request.from_number, found.request.customer_id) == (FROM, "c1")


@pytest.mark.parametrize(
    "people",
    [{"f_with": ("user:1", "Ana")}, {"f_slackmembers": ["U2"]}, {"f_members": "ana@x.example"}, {"f_to": "5035550123"}],
)
def test_one_person_is_enough_for_a_chat(people: dict[str, Any]) -> None:
    assert isinstance(parsed(f_name="Boiler", **people), NewSessionForm)


# What is wrong

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
NO_NAME = "Give the session a name (1–120 characters)."
BAD_ADDRESS = "Use a phone number or an e-mail address."
GONE = "That person or team is no longer in Evo Voice. Pick another."
BAD_TARGET = "Use user:ID or team:ID."


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        *[(usual | {"f_name": name}, {"f_name": NO_NAME}) for usual in OF_TYPE.values() for name in ("", "   ")],
        ({"f_name": "Boiler"}, {"f_with": NOBODY}),
        ({}, {"f_name": NO_NAME, "f_with": NOBODY}),
        ({"f_channel": "Voice"}, {"f_name": NO_NAME, "f_to": "Give the number to call."}),
        ({"f_channel": "Fax"}, {"f_name": NO_NAME, "f_to": "Give the number to fax to."}),
        (CHAT | {"f_with": ("support", "Support")}, {"f_with": BAD_TARGET}),
        (CHAT | {"f_with": ("team:", "Support")}, {"f_with": BAD_TARGET}),
        (CHAT | {"f_with": ("user:+15035550123", "Mrs Lee")}, {"f_with": BAD_TARGET}),
        (CHAT | {"f_members": "ana@x.example\nana"}, {"f_members": f"Line 2: {LINE}"}),
        (CHAT | {"f_members": "+33 6 12 34 56 78"}, {"f_members": f"Line 1: {BELONGS}"}),
        (CHAT | {"f_members": "ana\n\n+33612345678"}, {"f_members": f"Line 1: {LINE} Line 3: {BELONGS}"}),
        (CHAT | {"f_message": "a" * 1601}, {"f_message": "Too long by 1 character (the limit is 1,600 characters)."}),
        (VOICE | {"f_to": ""}, {"f_to": "Give the number to call."}),
        (FAX | {"f_to": ""}, {"f_to": "Give the number to fax to."}),
        *[(usual | {"f_to": "555-01"}, {"f_to": INCOMPLETE}) for usual in OF_TYPE.values()],
        *[(usual | {"f_to": "+33612345678"}, {"f_to": BELONGS}) for usual in OF_TYPE.values()],
        *[(usual | {"f_from": "555-01"}, {"f_from": INCOMPLETE}) for usual in OF_TYPE.values()],
    ],
)
def test_what_is_wrong_is_said_under_its_field_and_nothing_else(given: dict[str, Any], errors: dict[str, str]) -> None:
    assert parsed(**given) == errors


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        (False, {"f_members": "5035550123"}),
        (False, {"f_to": "5035550123"}),
        *[(True, {block: "5035550123"}) for block in ("f_fromaddr", "f_toaddr", "f_dest")],
    ],
)
@pytest.mark.parametrize(("author", "parts"), [("", 11), ("Ana " * 19, 12)])
def test_a_message_that_is_too_long_says_in_how_many_parts_it_would_go_to_a_phone(
    more: bool, asked: dict[str, str], author: str, parts: int
) -> None:
    given = CHAT | asked | {"f_message": "a" * 1683, "f_from": FROM.e164}
    why = f"Too long by 83 characters ({parts} text parts; the limit is 1,600 characters)."
    assert parsed(more=more, author=author, **given) == {"f_message": why}


def test_emoji_that_slack_writes_as_names_are_sent_as_pictures() -> None:
    found = parsed(**CHAT | {"f_message": "Hi :wave: and :party_parrot:"})
    assert isinstance(found, NewSessionForm)
    assert found.request.first_message == "Hi 👋 and :party_parrot:"


@pytest.mark.parametrize("usual", OF_TYPE.values())
@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"f_customer": "Lee Household"}, {"f_customer": "This is not the id of a customer."}),
        ({"f_customer": "c404"}, {"f_customer": "This customer is not visible to you."}),
        ({"f_parent": ("../x", "x")}, {"f_parent": "That session was not found. It may be archived; paste its id."}),
        *[
            ({block: text}, {block: BAD_ADDRESS})
            for block in ("f_fromaddr", "f_toaddr", "f_dest")
            for text in ("555-01", "ana@", "sip:ana@example.com", "Ana", "911", "+1 503 555 0123 x5")
        ],
        *[({block: "+33612345678"}, {block: BELONGS}) for block in ("f_fromaddr", "f_toaddr", "f_dest")],
    ],
)
def test_so_is_what_is_wrong_under_more_options(
    usual: dict[str, Any], given: dict[str, Any], errors: dict[str, str]
) -> None:
    assert parsed(more=True, listed=LISTED, **usual, f_from=FROM.e164, **given) == errors


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        (CHAT | {"f_with": ("user:9", "Ana")}, {"f_with": GONE}),
        (CHAT | {"f_from": ("+15035550199", "x")}, {"f_from": "You may not use this number. Pick another."}),
        (VOICE, {"f_from": "Choose the number that the other side will see."}),
        (FAX, {"f_from": "Choose the number that the other side will see."}),
        (CHAT | {"f_to": "5035550123"}, {"f_from": "Choose the number that the other side will see."}),
        (CHAT | {"f_members": "5035550123"}, {"f_from": "Choose the number that the other side will see."}),
    ],
)  # fmt: skip
def test_a_choice_is_held_against_what_there_is(given: dict[str, Any], errors: dict[str, str]) -> None:
    assert parsed(entry=Entry.LIST, listed=LISTED, **given) == errors


@pytest.mark.parametrize(
    ("listed", "given"),
    [
        (LISTED, CHAT),
        (LISTED, CHAT | {"f_with": ("user:9", "user:9")}),
        (Listed(), VOICE),
        (Listed(numbers=frozenset({FROM.e164})), VOICE),
        (Listed(), CHAT | {"f_with": ("user:9", "Ana"), "f_from": ("+15035550199", "x")}),
    ],
)
def test_nothing_is_ruled_out_that_nobody_can_rule_out(listed: Listed, given: dict[str, Any]) -> None:
    assert isinstance(parsed(entry=Entry.LIST, listed=listed, **given), NewSessionForm)


@pytest.mark.parametrize("type_", ["Voice", "Fax"])
@pytest.mark.parametrize(
    ("block", "given"),
    [("f_with", ("user:1", "Ana")), ("f_slackmembers", ["U2"]), ("f_members", "a@x.example"), ("f_message", "Hi")],
)
def test_what_slack_still_shows_after_a_change_of_type_is_not_ignored(type_: str, block: str, given: Any) -> None:
    chat = fill(shaped("Chat"), f_name="x", f_to="5035550123", **{block: given})
    other = fill(shaped(type_))
    assert parse(chat | {"f_channel": other["f_channel"]}, "US", RULES) == {block: ONLY_CHAT}


def test_an_error_stands_under_a_field_that_is_there() -> None:
    """Slack shows nothing at all when one of the errors belongs to no field."""
    voice = fill(shaped("Voice"), f_name="Boiler")
    assert parse(voice | {"f_channel": fill(shaped())["f_channel"]}, "US", RULES) == {"f_channel": NOBODY}


@pytest.mark.parametrize("given", [CHAT | {"f_to": "5035550123"}, VOICE, FAX])
def test_without_allowed_countries_no_number_is_used(given: dict[str, Any]) -> None:
    assert parsed(NO_COUNTRY, **given) == {"f_to": PHONES_OFF}


@pytest.mark.parametrize("block", ["f_to", "f_toaddr", "f_dest", "f_fromaddr"])
def test_a_fixed_line_can_be_called_and_faxed_but_not_texted(block: str) -> None:
    fixed = {block: "+44 20 7946 0000"}
    assert isinstance(parsed(more=True, **VOICE | fixed), NewSessionForm)
    assert isinstance(parsed(more=True, **FAX | fixed), NewSessionForm)
    errors = parsed(more=True, **CHAT | fixed)
    assert isinstance(errors, dict)
    assert list(errors) == [block]
    assert "Only mobile phones" in errors[block]


@pytest.mark.parametrize("given", [CHAT, VOICE, FAX])
def test_the_card_needs_a_place(given: dict[str, Any]) -> None:
    view = draw(Shape(SessionType(given.get("f_channel", "Chat"))), begun(None))
    assert parse(fill(view, **given), "US", RULES) == {"f_where": "Choose where the card is posted."}


@pytest.mark.parametrize("values", [{}, {"f_channel": {"f_channel": {"selected_option": None}}}])
def test_a_form_without_a_type_is_asked_for_one(values: dict[str, Any]) -> None:
    assert parse(values, "US", RULES) == {"f_channel": "Choose Chat, Voice or Fax."}


def test_endless_complaints_are_cut() -> None:
    errors = parsed(**CHAT | {"f_members": "nobody\n" * 400})
    assert isinstance(errors, dict)
    assert len(errors["f_members"]) <= 600


# Numbers that cost money


@pytest.mark.parametrize("type_", SessionType)
def test_every_number_that_may_be_reached_is_to_be_confirmed_wherever_it_was_typed(type_: SessionType) -> None:
    numbers = {"f_to": "5035550121", "f_toaddr": "5035550122", "f_dest": "5035550123", "f_fromaddr": "5035550124"}
    members = {"f_members": "503-555-0125"} if type_ is SessionType.CHAT else {}
    everything = {**OF_TYPE[type_], **numbers, **members}
    assert _confirmed(everything) == ["+15035550122", "+15035550123", "+15035550124", *["+15035550125"] * len(members)]
    for block, number in {**numbers, **members}.items():
        assert _confirmed({**OF_TYPE[type_], "f_to": "5035550120", block: number})[-1:] != []
        assert f"+1{number.replace('-', '')}" in _confirmed({**OF_TYPE[type_], block: number})


def _confirmed(given: dict[str, Any]) -> list[str]:
    found = parsed(more=True, **given)
    assert isinstance(found, NewSessionForm), found
    return sorted(phone.e164 for phone in found.outside_phones)


def test_a_number_that_is_asked_for_twice_is_one_number() -> None:
    found = parsed(**CHAT | {"f_members": "5035550123, +1 503 555 0123", "f_to": "503 555 0123"})
    assert isinstance(found, NewSessionForm)
    assert found.outside_phones == (TO,)


def test_people_from_slack_become_addresses_each_once() -> None:
    request = NewSessionRequest(SessionType.CHAT, "x", emails=(Email("Ana@x.example"), Email("joe@x.example")))
    merged = with_emails(request, (Email("ana@x.example"),))
    assert merged.emails == (Email("Ana@x.example"), Email("joe@x.example"))
