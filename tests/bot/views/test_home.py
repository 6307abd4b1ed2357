from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.models.views import View as SdkView

from bot.model import (
    Invitee,
    Item,
    ItemKey,
    Kind,
    Life,
    NewSessionRequest,
    Person,
    Profile,
    Session,
    SessionKey,
    SessionType,
    State,
    TeamId,
    Ts,
    UserId,
)
from bot.packing import pack_request
from bot.views import View, home, me, notices
from bot.views.home import Chosen, Home, Look, Office, Settings, Which, office, rows, tab
from bot.views.home.tab import GREETING
from bot.views.results import result
from sandbox.slack.blocks import check_view
from tests.bot.views.forms import fill
from tests.bot.views.samples import ITEM, OPENING, OUR_MARKUP, PHONE, SESSION, a_card, controls, invitation, texts

ANA = Profile(UserId("U1"), TeamId("T1"), "Ana", "ana@example.com")
PERSON = Person(TeamId("T1"), UserId("U1"))
URL = "https://acme.slack.com/"
HOSTILE = "<!channel> *x* <https://evil.example|y> & `z` \u202e\n" * 9

REFUSED = replace(ITEM, state=State.REFUSED, reason="No route.")
ASKED = invitation(Invitee(phone=PHONE), State.ASKED)
DOUBTFUL = replace(ITEM, state=State.NEEDS_PERSON, unknown_at=1.0, sent_text="Ana: hello")
END = replace(ITEM, kind=Kind.END, ts=None, state=State.NEEDS_PERSON)
FAILED = replace(
    OPENING, state=State.REFUSED, reason="No such user.", body=pack_request(NewSessionRequest(SessionType.CHAT, "x"))
)
NEVER = replace(SESSION, life=Life.FAILED, evo_id=None)


def a_home(**changes: Any) -> Home:
    return replace(Home(ANA, PERSON, Look(), slack_url=URL), **changes)


def many(n: int, **changes: Any) -> list[Session]:
    return [replace(SESSION, key=SessionKey(n), **changes) for n in range(1, n + 1)]


def crowded(name: str) -> Home:
    """As much as a Home ever shows."""
    sessions = many(10, name=name)
    needs = [(replace(DOUBTFUL, key=ItemKey(n), reason=name), session) for n, session in enumerate(sessions[:5])]
    return a_home(
        profile=replace(ANA, name=name),
        person=replace(PERSON, evo_name=name),
        look=Look(Which.ALL, SessionType.CHAT, 3),
        troubles=["Evo Voice: it does not answer"] * 3,
        needs=needs,
        more_needs=95,
        mine=sessions,
        more=True,
        around=sessions[:5],
        office=Office({State.PENDING: (999_999, 1.0), State.ASKED: (999_999, 1.0)}, 999_999, 999_999, stopped=True),
    )


def blocks(view: View, kind: str) -> list[dict[str, Any]]:
    return [block for block in view["blocks"] if block["type"] == kind]


def elements(view: View) -> list[dict[str, Any]]:
    inside = [element for block in blocks(view, "actions") for element in block["elements"]]
    return inside + [block["accessory"] for block in blocks(view, "section") if "accessory" in block]


def pressable(view: View) -> dict[str, list[str]]:
    """What can be pressed, by action id."""
    found: dict[str, list[str]] = {}
    for element in elements(view):
        found.setdefault(element["action_id"], []).append(element.get("text", {}).get("text", ""))
    return found


def words(view: View) -> str:
    return "\n".join(text for _, text in texts(view["blocks"]))


@pytest.mark.parametrize("name", ["Broken boiler", HOSTILE, "", "☃" * 300])
def test_slack_takes_it_however_full_it_is(name: str) -> None:
    view = tab.draw(crowded(name))
    assert check_view(view) == []
    SdkView(**view).validate_json()
    assert len(view["blocks"]) <= 70


def test_foreign_words_are_no_markup() -> None:
    for kind, text in texts(tab.draw(crowded(HOSTILE))["blocks"]):
        if kind == "mrkdwn":
            assert not re.search(r"[<>]", OUR_MARKUP.sub("", text)), text


def test_it_begins_with_who_you_are_and_how_the_bot_is() -> None:
    view = tab.draw(a_home(person=replace(PERSON, evo_name="Ana Ruiz"), troubles=["Evo Voice: it does not answer"]))
    assert view["blocks"][0]["text"]["text"] == "Hello Ana"
    assert view["blocks"][1]["text"]["text"] == me.SENT_AS.format(name="Ana Ruiz")
    assert view["blocks"][1]["accessory"]["action_id"] == home.SETTINGS
    assert view["blocks"][2]["elements"][0]["text"] == notices.health(["Evo Voice: it does not answer"])


def test_a_long_name_leaves_room_for_the_greeting() -> None:
    assert tab.draw(crowded("x" * 999))["blocks"][0]["text"]["text"] == f"Hello {'x' * GREETING}"


def test_a_button_for_each_kind_of_session() -> None:
    assert [home.new_type(action) for action in pressable(tab.draw(a_home())) if action.startswith(home.NEW)] == [
        SessionType.CHAT,
        SessionType.VOICE,
        SessionType.FAX,
    ]


def test_an_empty_home_says_what_is_not_there() -> None:
    said = words(tab.draw(a_home()))
    assert all(text in said for text in (tab.NOTHING_NEEDED, tab.NONE[Which.ACTIVE], tab.NONE_AROUND))


@pytest.mark.parametrize(
    ("look", "said"),
    [
        (Look(Which.ENDED), tab.NONE[Which.ENDED]),
        (Look(Which.ALL), tab.NONE[Which.ALL]),
        (Look(type=SessionType.FAX), tab.NONE_OF_TYPE),
        (Look(type=SessionType.FAX, page=2), tab.NO_MORE),
    ],
)
def test_a_filter_that_fits_nothing_says_why(look: Look, said: str) -> None:
    assert said in words(tab.draw(a_home(look=look)))


def test_the_steps_are_shown_until_they_have_been_seen() -> None:
    assert home.TIPS in pressable(tab.draw(a_home()))
    assert home.TIPS not in pressable(tab.draw(a_home(person=replace(PERSON, tips_seen=True))))


def test_who_may_not_use_sessions_reads_that_and_nothing_else() -> None:
    view = home.closed("Guests may not.")
    assert check_view(view) == []
    assert words(view) == "Guests may not."


# What waits


@pytest.mark.parametrize("item", [REFUSED, ASKED, DOUBTFUL, END])
def test_what_waits_has_the_buttons_that_it_has_in_its_thread(item: Item) -> None:
    text, acts = rows.need_row(item, SESSION, URL)
    there = [one for block in result(item, SESSION).blocks if block["type"] == "actions" for one in block["elements"]]
    here = [{name: value for name, value in one.items() if name != "accessibility_label"} for one in acts["elements"]]
    assert here[:-1] == there
    assert here[-1]["url"] == f"{URL}archives/C1/p1700000000000100?thread_ts=1700000000.000100&cid=C1"
    assert result(item, SESSION).text in text["text"]["text"]


def test_a_refused_reply_is_shown_with_its_words_for_it_does_not_stand_beside() -> None:
    assert rows.need_row(REFUSED, SESSION, URL)[0]["text"]["text"].endswith("\n“hello”")


def test_an_opening_that_failed_is_decided_as_on_its_card() -> None:
    text, acts = rows.need_row(FAILED, NEVER, URL)
    on_card = controls(a_card(NEVER, FAILED))
    assert [one["action_id"] for one in acts["elements"][:-1]] == [one["action_id"] for one in on_card]
    assert "Could not be created: No such user." in text["text"]["text"]


@pytest.mark.parametrize(
    ("item", "session"),
    [
        (invitation(Invitee(phone=PHONE), State.REFUSED, attempts=1), replace(SESSION, life=Life.ENDED)),
        (invitation(Invitee(phone=PHONE), State.REFUSED), SESSION),  # by a rule: it never left
        (FAILED, SESSION),  # it is there, after all
    ],
)
def test_what_nobody_can_decide_waits_for_nobody(item: Item, session: Session) -> None:
    assert rows.answers(item, session) == []


def test_without_a_thread_there_is_no_way_to_it() -> None:
    item, session = replace(END, thread_ts=None), replace(SESSION, thread_ts=None)
    assert rows.OPEN not in str(rows.need_row(item, session, URL))
    assert rows.OPEN not in str(rows.own_row(session, URL))


def test_the_way_leads_to_the_thread_in_which_it_was_asked_for() -> None:
    elsewhere = replace(REFUSED, thread_ts=Ts("1600000000.000100"))
    assert "thread_ts=1600000000.000100" in rows.need_row(elsewhere, SESSION, URL)[1]["elements"][-1]["url"]


def test_the_rest_of_what_waits_is_counted() -> None:
    assert tab.MORE_NEEDS.format(n=95) in words(tab.draw(crowded("x")))


# Rows and filters


def test_nothing_sounds_alike_when_it_is_read_out() -> None:
    sessions = [replace(SESSION, key=SessionKey(n), name=f"Boiler {n}") for n in range(9)]
    view = tab.draw(a_home(mine=sessions, around=[replace(SESSION, name="Other")], needs=[(DOUBTFUL, SESSION)]))
    heard = [one.get("accessibility_label") or one["text"]["text"] for one in elements(view) if one["type"] == "button"]
    assert len(heard) == len(set(heard))


@pytest.mark.parametrize(
    ("life", "offered"),
    [
        (Life.OPENING, [Chosen.END]),
        (Life.ACTIVE, [Chosen.INVITE, Chosen.END]),
        (Life.ENDED, [Chosen.FOLLOW_UP]),
        (Life.FAILED, []),
    ],
)
def test_the_menu_of_a_session_offers_what_can_be_done_with_it(life: Life, offered: list[Chosen]) -> None:
    acts = rows.own_row(replace(SESSION, life=life), URL)[1]["elements"]
    menu = [option["value"] for one in acts if one["type"] == "overflow" for option in one["options"]]
    assert [home.unpack_row(value) for value in menu] == [(chosen, SessionKey(7)) for chosen in offered]


@pytest.mark.parametrize("value", ["", "invite", "invite/", "invite/x", "burn/7"])
def test_no_other_value_is_a_choice(value: str) -> None:
    with pytest.raises(ValueError, match=r"not a|is not"):
        home.unpack_row(value)


def test_seconds_change_nothing_that_is_shown() -> None:
    later = replace(SESSION, active_at=SESSION.active_at + 19)
    assert rows.own_row(later, URL) == rows.own_row(SESSION, URL)


@pytest.mark.parametrize(
    ("page", "more", "offered"),
    [(0, False, []), (0, True, ["1"]), (2, True, ["1", "3"]), (2, False, ["1"])],
)
def test_pages_are_turned_while_there_are_more(page: int, more: bool, offered: list[str]) -> None:
    view = tab.draw(a_home(look=Look(page=page), mine=many(3), more=more))
    assert [one["value"] for one in elements(view) if one["action_id"].startswith(home.PAGE)] == offered


@pytest.mark.parametrize("look", [Look(), Look(Which.ALL, SessionType.FAX, 7)])
def test_the_filters_show_what_is_looked_at_and_it_travels_along(look: Look) -> None:
    view = tab.draw(a_home(look=look))
    chosen = {one["action_id"]: one["initial_option"]["value"] for one in elements(view) if "initial_option" in one}
    assert chosen == {home.WHICH: look.which, home.TYPE: look.type or home.ANY}
    assert home.unpack(view["private_metadata"]) == look


@pytest.mark.parametrize(
    "metadata", ["", "None", "[]", "{}", '{"which": "x"}', '{"which": "all", "type": 7, "page": 0}']
)
def test_what_is_no_look_is_the_first_one(metadata: str) -> None:
    assert home.unpack(metadata) == Look()


def test_no_page_is_out_of_reach() -> None:
    assert home.unpack('{"which": "all", "type": null, "page": -1}').page == 0
    assert home.unpack('{"which": "all", "type": null, "page": 99999999999999999999}').page == 10_000


# Forms


@pytest.mark.parametrize(
    ("person", "given", "expected"),
    [
        (PERSON, {}, Settings("", "h_user", False)),
        (PERSON, {"h_user": ("user:42", "Ana")}, Settings("user:42", "h_user", False)),
        (PERSON, {"h_typed": " ana@example.com "}, Settings("ana@example.com", "h_typed", False)),
        (PERSON, {"h_user": ("user:42", "Ana"), "h_typed": "user:7"}, Settings("user:7", "h_typed", False)),
        (PERSON, {"h_notify": ["on"]}, Settings("", "h_user", True)),
        (replace(PERSON, evo_address="user:42", notify=True), {}, Settings("user:42", "h_user", True)),
    ],
)
def test_settings_read_as_they_were_filled_in(person: Person, given: dict[str, Any], expected: Settings) -> None:
    form = home.settings_form(person)
    assert check_view(form) == []
    assert home.read_settings(fill(form, **given)) == expected


def test_finding_shows_what_was_asked_and_what_there_is() -> None:
    form = home.find_form("boiler", None)
    assert check_view(form) == []
    assert home.read_query(fill(form)) == "boiler"


@pytest.mark.parametrize(
    ("people", "said"), [((), "“Boiler” ends. "), (SESSION.members, "“Boiler” ends for everybody in it. ")]
)
def test_an_end_is_asked_about_by_name(people: Any, said: str) -> None:
    form = home.end_form(replace(SESSION, name="Boiler", members=people))
    assert check_view(form) == []
    assert said in words(form)
    assert home.unpack_end(form["private_metadata"]) == SESSION.key


# For administrators


def the_office(**changes: Any) -> list[str]:
    shown = replace(Office({}, 0, 0, stopped=False), **changes)
    return [text for _, text in texts(tab.draw(a_home(office=shown))["blocks"])]


def test_nobody_but_administrators_has_an_office() -> None:
    assert office.OFFICE in the_office()
    assert office.OFFICE not in words(tab.draw(a_home()))


def test_the_office_tells_how_much_waits_for_whom_and_since_when() -> None:
    waiting = {
        State.SENDING: (1, 60.0),
        State.PENDING: (2, 0.0),
        State.ASKED: (4, 120.0),
        State.NEEDS_PERSON: (5, 60.0),
    }
    told = the_office(waiting=waiting, posts=7, active=8)
    assert (
        "*On its way to Evo Voice:* 3, the oldest since "
        "<!date^0^{date_short_pretty} {time}|1970-01-01 00:00 UTC>\n"
        "*Waits for somebody to decide:* 9, the oldest since "
        "<!date^60^{date_short_pretty} {time}|1970-01-01 00:01 UTC>\n"
        "*To be posted in Slack:* 7\n"
        "*Active sessions:* 8"
    ) in told


def test_where_nothing_waits_the_office_says_so() -> None:
    assert (
        "*On its way to Evo Voice:* nothing\n*Waits for somebody to decide:* nothing\n"
        "*To be posted in Slack:* nothing\n*Active sessions:* 0"
    ) in the_office()


@pytest.mark.parametrize(("stopped", "offered"), [(False, "Stop everything"), (True, "Resume")])
def test_the_office_offers_what_can_be_done_now(*, stopped: bool, offered: str) -> None:
    shown = tab.draw(a_home(office=Office({}, 0, 0, stopped=stopped)))
    named = [element for element in elements(shown) if element["action_id"] in {home.STOP, home.RESUME}]
    assert [element["text"]["text"] for element in named] == [offered]
    assert all("confirm" in element for element in named if element["action_id"] == home.RESUME)
