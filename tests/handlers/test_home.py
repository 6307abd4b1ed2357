from __future__ import annotations

from typing import Any

import pytest

from bot import texts
from bot.model import Actor, ChannelId, Invitee, Kind, Life, Phone, SessionType, SlackName, State, TeamId, UserId
from bot.states import become
from bot.texts import NO_PERSON, NO_SUCH_USER
from bot.views import home, notices
from bot.views.home import Look, Which, tab
from bot.views.home.forms import NOTHING_FOUND
from handlers.home.drawing import NOT_CHECKED
from handlers.home.forms import NO_USER, NOTHING_TO_FIND
from handlers.modals import invite
from tests.handlers.world import (
    ANA,
    JOE,
    TEAM,
    World,
    body,
    break_disk,
    choose_home,
    event,
    home_opened,
    new_values,
    person,
    press_home,
    submission,
    suggestion,
    values,
)

ANAS_USER = {"type": "User", "canChat": True, "address": "42", "displayName": "Ana Ruiz"}
SUPPORT = {"type": "Team", "canChat": True, "address": "7", "displayName": "Support"}


def words(view: dict[str, Any]) -> str:
    return str(view["blocks"])


def look(view: dict[str, Any]) -> Look:
    return home.unpack(view["private_metadata"])


async def open_home(world: World, user: str = ANA) -> dict[str, Any]:
    world.homes.opened(home_opened(user))
    return await world.home(user)


async def several_sessions(world: World, n: int, by: str = ANA, **changes: Any) -> None:
    for number in range(n):
        named = new_values(f_name=f"Boiler {number:02}")
        await world.interact(submission("session_new", f"V{by}{number}", named, user=by))
    keys = [session.key for session in world.sessions() if session.created_by == by]
    for at, key in enumerate(keys):
        now = {"life": Life.ACTIVE, "evo_id": f"{by}{at}", "active_at": 1_700_000_000.0 + 60 * at} | changes
        await world.store.write(lambda tx, key=key, now=now: tx.change_session(key, **now))


# Looking


async def test_who_opens_their_home_sees_it(world: World) -> None:
    await world.active_session()
    view = await open_home(world)
    assert "Hello Ana" in words(view)
    assert "*Boiler* · active" in words(view)
    assert world.slack.asked("views.publish")[0]["user_id"] == ANA


@pytest.mark.parametrize(
    "payload",
    [
        home_opened(tab="messages"),
        {**home_opened(), "event": "x"},
        {**home_opened(), "team_id": None},
        home_opened(user=""),
        home_opened(user=7),  # type: ignore[arg-type]  # this is what must not get through
    ],
)
async def test_no_other_event_draws_anything(world: World, payload: dict[str, Any]) -> None:
    world.homes.opened(payload)
    await open_home(world, JOE)
    assert [call["user_id"] for call in world.slack.asked("views.publish")] == [JOE]


@pytest.mark.parametrize("view", [None, {"private_metadata": 7}, "x"])
async def test_however_odd_the_view_is_that_they_see_so_far(world: World, view: Any) -> None:
    world.homes.opened(home_opened(view=view))
    assert look(await world.home()) == Look()


async def test_they_begin_at_the_first_page_of_what_they_chose_last(world: World) -> None:
    before = home.pack(Look(Which.ALL, SessionType.FAX, 3))
    world.homes.opened(home_opened(view={"type": "home", "private_metadata": before}))
    assert look(await world.home()) == Look(Which.ALL, SessionType.FAX)


@pytest.mark.parametrize(
    ("user", "said"),
    [("UGUEST", "Guests of this workspace may not use sessions."), ("UBOTTO", NO_PERSON)],
)
async def test_who_may_not_use_sessions_reads_one_sentence(world: World, user: str, said: str) -> None:
    world.slack.users["UBOTTO"] = person("UBOTTO", "Botto", is_bot=True)
    view = await open_home(world, user)
    assert [block["text"]["text"] for block in view["blocks"]] == [said]


async def test_who_cannot_be_checked_sees_nothing_until_they_can(world: World) -> None:
    await world.active_session()
    world.slack.faults["users.info"] = "internal_error"
    world.door.workspace._profiles.clear()
    assert [block["text"]["text"] for block in (await open_home(world))["blocks"]] == [NOT_CHECKED]
    world.slack.faults.clear()
    assert "Boiler" in words(await world.home(then=lambda view: "Hello Ana" in words(view)))


async def test_evo_voice_is_asked_nothing(world: World) -> None:
    world.contacts.append(ANAS_USER)
    await open_home(world)
    assert not world.door.directory.known


async def test_what_is_not_well_is_said(world: World) -> None:
    world.door.troubles = lambda: ["Evo Voice: it does not answer"]
    assert "it does not answer" in words(await open_home(world))


# What waits


async def test_what_waits_for_a_person_goes_when_they_have_settled_it(world: World) -> None:
    await world.active_session()
    await world.thread(event("hello"))
    (item,) = world.items(Kind.SAY)
    await world.store.write(lambda tx: become(tx, item, State.REFUSED, reason="No."))
    assert "Not sent: No." in words(await open_home(world))
    await world.interact(press_home("item_answer:leave", str(item.key)))
    assert tab.NOTHING_NEEDED in words(await world.home(then=lambda view: "Not sent" not in words(view)))


async def test_what_waits_for_somebody_else_is_theirs(world: World) -> None:
    await world.active_session()
    await world.thread(event("hello"))
    (item,) = world.items(Kind.SAY)
    await world.store.write(lambda tx: become(tx, item, State.REFUSED, reason="No."))
    assert tab.NOTHING_NEEDED in words(await open_home(world, JOE))


async def test_a_reply_that_came_too_late_can_be_followed_or_kept_from_here(world: World) -> None:
    await world.active_session(life=Life.ENDED)
    await world.thread(event("hello"))
    (item,) = world.items(Kind.SAY)
    said = words(await open_home(world))
    assert "'New follow-up'" in said
    await world.interact(press_home("item_answer:keep", str(item.key)))
    assert tab.NOTHING_NEEDED in words(await world.home(then=lambda view: "New follow-up" not in words(view)))


async def test_who_was_not_invited_by_a_rule_waits_for_nobody(world: World) -> None:
    session = await world.active_session()
    people, by = [Invitee(phone=Phone("+4930123456", "DE"))], Actor(TeamId(TEAM), UserId(ANA))
    await world.door.bridge.invite(session.key, people, by, SlackName("test"))
    assert [item.state for item in world.items(Kind.INVITE)] == [State.REFUSED]
    assert world.store.read.waiting_for(UserId(ANA), 5) == []


async def test_what_no_button_can_settle_waits_for_nobody(world: World) -> None:
    await world.active_session()
    (opening,) = world.items(Kind.OPEN)
    await world.store.write(lambda tx: tx.change_item(opening.key, state=State.REFUSED))  # and yet it is there
    assert tab.NOTHING_NEEDED in words(await open_home(world))


async def test_five_are_shown_and_the_rest_is_counted(world: World) -> None:
    await world.active_session()
    for n in range(7):
        await world.thread(event(f"hello {n}", ts=f"17000000{n:02}.000200"))
    for item in world.items(Kind.SAY):
        await world.store.write(lambda tx, item=item: become(tx, item, State.REFUSED, reason="No."))
    said = words(await open_home(world))
    assert said.count("Not sent: No.") == 5
    assert tab.MORE_NEEDS.format(n=2) in said


async def test_an_opening_that_failed_waits_for_who_asked_for_it(world: World) -> None:
    await world.interact(submission("session_new", "V1", new_values()))
    (opening,) = world.items(Kind.OPEN)
    await world.store.write(lambda tx: become(tx, opening, State.SENDING))
    sending = world.store.read.item(opening.key)
    await world.store.write(lambda tx: become(tx, sending, State.REFUSED, reason="No such user."))
    assert "Could not be created: No such user." in words(await open_home(world))


# Own sessions, and those around


async def test_ten_are_on_a_page_the_one_that_spoke_last_first(world: World) -> None:
    await several_sessions(world, 12)
    first = words(await open_home(world))
    assert (first.count("*Boiler "), "*Boiler 11*" in first, "*Boiler 01*" in first) == (10, True, False)
    packed = home.pack(Look())
    assert body(await world.interact(press_home(f"{home.PAGE}more", "1", metadata=packed))) == {}
    second = words(await world.home(then=lambda view: look(view).page == 1))
    assert (second.count("*Boiler "), "*Boiler 01*" in second) == (2, True)


@pytest.mark.parametrize(
    ("action", "value", "expected"),
    [
        (home.WHICH, "ended", Look(Which.ENDED, SessionType.FAX)),
        (home.TYPE, "Chat", Look(Which.ALL, SessionType.CHAT)),
        (home.TYPE, home.ANY, Look(Which.ALL)),
    ],
)
async def test_another_filter_begins_at_its_first_page(world: World, action: str, value: str, expected: Look) -> None:
    packed = home.pack(Look(Which.ALL, SessionType.FAX, 2))
    assert body(await world.interact(choose_home(action, value, metadata=packed))) == {}
    assert look(await world.home()) == expected


async def test_ended_ones_are_behind_their_filter(world: World) -> None:
    await several_sessions(world, 1, life=Life.ENDED, ended_at=1_700_000_000.0)
    assert tab.NONE[Which.ACTIVE] in words(await open_home(world))
    await world.interact(choose_home(home.WHICH, "ended"))
    assert "*Boiler 00*" in words(await world.home(then=lambda view: look(view).which is Which.ENDED))


async def test_others_sessions_are_shown_where_one_can_see_their_channel(world: World) -> None:
    await several_sessions(world, 7, by=JOE)
    hidden = next(session for session in world.sessions() if session.name == "Boiler 06")
    await world.store.write(lambda tx: tx.change_session(hidden.key, channel=ChannelId("C2")))
    world.slack.channels["C2"] = {"id": "C2", "name": "board", "is_private": True}
    view = await open_home(world)
    around = words({"blocks": view["blocks"][-5:]})
    assert around.count("*Boiler ") == 5
    assert "*Boiler 05*" in around
    assert "*Boiler 06*" not in words(view)


# Buttons


@pytest.mark.parametrize("type_", list(SessionType))
async def test_a_new_session_of_this_kind_begins_with_its_form(world: World, type_: SessionType) -> None:
    assert body(await world.interact(press_home(f"{home.NEW}{type_}", type_))) == {}
    (form,) = world.opened()
    chosen = next(block for block in form["blocks"] if block.get("block_id") == "f_channel")
    assert chosen.get("element", chosen.get("accessory"))["initial_option"]["value"] == type_


@pytest.mark.parametrize("action", [f"{home.NEW}Chat", home.ROW])
async def test_a_guest_who_presses_all_the_same_is_told(world: World, action: str) -> None:
    session = await world.active_session()
    value = f"invite/{session.key}" if action == home.ROW else "Chat"
    await world.interact(press_home(action, value, user="UGUEST"))
    assert [form["blocks"][0]["text"]["text"][:6] for form in world.opened()] == ["Guests"]


async def test_a_trigger_that_came_too_late_is_said_in_their_own_messages(world: World) -> None:
    world.slack.faults["views.open"] = "expired_trigger_id"
    await world.interact(press_home(home.FIND, "find"))
    assert [letter["text"] for letter in await world.letters()] == [texts.TOO_SLOW_CLICK]


async def test_the_steps_go_for_good(world: World) -> None:
    await open_home(world)
    assert body(await world.interact(press_home(home.TIPS, "seen"))) == {}
    assert home.TIPS not in words(await world.home(then=lambda view: home.TIPS not in words(view)))
    assert world.store.read.person(TeamId(TEAM), UserId(ANA)).tips_seen


async def test_invite_opens_the_form_of_its_session(world: World) -> None:
    session = await world.active_session()
    await world.interact(choose_home(home.ROW, f"invite/{session.key}", kind="overflow"))
    assert world.opened() == [invite.for_session(world.door, session)]


async def test_what_has_ended_is_followed_by_the_form(world: World) -> None:
    session = await world.active_session(life=Life.ENDED)
    await world.interact(choose_home(home.ROW, f"followup/{session.key}", kind="overflow"))
    (form,) = world.opened()
    assert "'e1'" in str(form)  # its parent


async def test_an_end_is_asked_about_and_asked_for_once(world: World) -> None:
    session = await world.active_session()
    await world.interact(choose_home(home.ROW, f"end/{session.key}", kind="overflow"))
    (form,) = world.opened()
    assert form == home.end_form(session)
    for _ in range(2):
        sent = submission(home.END_CALLBACK, "V9", {}, form["private_metadata"])
        assert body(await world.interact(sent)) == {}
    (end,) = world.items(Kind.END)
    assert (end.state, end.author, end.slack_name) == (State.PENDING, ANA, f"{TEAM}/view/V9")


async def test_what_has_ended_meanwhile_is_not_ended_again(world: World) -> None:
    session = await world.active_session(life=Life.ENDED)
    answer = body(await world.interact(submission(home.END_CALLBACK, "V9", {}, str(session.key))))
    assert answer == {"response_action": "update", "view": notices.notice_view(texts.ALREADY_OVER)}
    await world.interact(choose_home(home.ROW, f"end/{session.key}", kind="overflow"))
    assert world.opened() == [notices.notice_view(texts.ALREADY_OVER)]


# My settings


def settings(user: str = "", typed: str = "", notify: bool = False) -> dict[str, Any]:
    chosen = {"selected_option": {"value": user, "text": {"text": "Ana"}} if user else None}
    boxes = {"selected_options": [{"value": "on"}] if notify else []}
    return submission(
        home.SETTINGS_CALLBACK, "V1", values({"h_user": chosen, "h_typed": typed or {"value": None}, "h_notify": boxes})
    )


async def test_settings_open_with_what_is_settled(world: World) -> None:
    await world.interact(settings(notify=True))
    await world.interact(press_home(home.SETTINGS, "all"))
    assert world.opened() == [home.settings_form(world.store.read.person(TeamId(TEAM), UserId(ANA)))]
    assert world.store.read.person(TeamId(TEAM), UserId(ANA)).notify


@pytest.mark.parametrize(
    ("address", "given"),
    [("42", {"user": "user:42"}), ("42", {"typed": "USER:42"}), ("ana@example.com", {"typed": "ana@example.com"})],
)
async def test_who_you_are_at_evo_voice_is_what_you_are_sent_as(
    world: World, address: str, given: dict[str, Any]
) -> None:
    world.contacts.append({**ANAS_USER, "address": address})
    await open_home(world)
    assert body(await world.interact(settings(**given))) == {}
    assert "You are sent as *Ana Ruiz*." in words(await world.home(then=lambda view: "Ana Ruiz" in words(view)))


async def test_an_empty_field_takes_that_back(world: World) -> None:
    world.contacts.append(ANAS_USER)
    await world.interact(settings(user="user:42"))
    await world.interact(settings())
    assert world.store.read.person(TeamId(TEAM), UserId(ANA)).evo_address is None


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"typed": "user:99"}, {"h_typed": NO_SUCH_USER.format(typed="user:99")}),
        ({"user": "user:99"}, {"h_user": NO_SUCH_USER.format(typed="user:99")}),
        ({"typed": "the boss"}, {"h_typed": NO_USER}),
    ],
)
async def test_who_is_not_there_is_said_under_the_field_and_nothing_is_kept(
    world: World, given: dict[str, str], wrong: dict[str, str]
) -> None:
    world.contacts.append(ANAS_USER)
    answer = body(await world.interact(settings(notify=True, **given)))
    assert answer == {"response_action": "errors", "errors": wrong}
    assert not world.store.read.person(TeamId(TEAM), UserId(ANA)).notify


async def test_who_is_known_need_not_be_found_again(world: World) -> None:
    by = {"evo_address": "user:42", "evo_name": "Ana Ruiz"}
    await world.store.write(lambda tx: tx.change_person(TeamId(TEAM), UserId(ANA), **by))
    assert body(await world.interact(settings(user="user:42", notify=True))) == {}
    assert world.store.read.person(TeamId(TEAM), UserId(ANA)).notify


async def test_settings_that_could_not_be_stored_stay_in_the_form(world: World) -> None:
    break_disk(world)
    answer = body(await world.interact(settings(notify=True)))
    assert answer == {"response_action": "errors", "errors": {"h_user": texts.NOT_STORED}}


async def test_people_can_be_chosen_and_teams_cannot(world: World) -> None:
    world.contacts += [ANAS_USER, SUPPORT]
    offered = body(await world.interact(suggestion("", home.USER)))
    assert [(one["label"]["text"], [each["value"] for each in one["options"]]) for one in offered["option_groups"]] == [
        ("People", ["user:42"])
    ]


# Find


async def found(world: World, query: str) -> dict[str, Any]:
    return body(await world.interact(submission(home.FIND_CALLBACK, "V1", values({home.QUERY: query}))))


async def test_what_is_found_stands_under_the_question(world: World) -> None:
    await world.active_session()
    answer = await found(world, "boil")
    assert answer["response_action"] == "update"
    assert "*Boiler*" in words(answer["view"])
    assert home.read_query(values({home.QUERY: "boil"})) == "boil"


async def test_nothing_found_says_so(world: World) -> None:
    assert NOTHING_FOUND in words((await found(world, "zebra"))["view"])


async def test_blanks_find_nothing_and_say_why(world: World) -> None:
    assert await found(world, "  ") == {"response_action": "errors", "errors": {home.QUERY: NOTHING_TO_FIND}}


async def test_nobody_finds_what_they_cannot_see(world: World) -> None:
    session = await world.active_session()
    world.slack.channels["C2"] = {"id": "C2", "name": "board", "is_private": True}
    elsewhere = {"created_by": UserId(JOE), "channel": ChannelId("C2")}
    await world.store.write(lambda tx: tx.change_session(session.key, **elsewhere))
    assert NOTHING_FOUND in words((await found(world, "boil"))["view"])
