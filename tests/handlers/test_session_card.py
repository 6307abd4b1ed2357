from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from bot import texts
from bot.bridge import Bridge
from bot.model import (
    Actor,
    CallState,
    ChannelId,
    Deed,
    Invitee,
    Item,
    Kind,
    Member,
    Mode,
    NewSessionRequest,
    Phone,
    Role,
    Session,
    SessionKey,
    SessionType,
    SlackName,
    State,
    TeamId,
    ThreadKey,
    Ts,
    UserId,
)
from bot.packing import pack_request
from bot.states import become
from bot.store.rows import pack_members
from bot.views import invite, notices
from bot.views.about import About
from bot.views.results import WHY
from handlers.orders import explaining
from handlers.orders.threads import MODES
from handlers.session_card import NOT_HERE, NOT_TO_THIS
from tests.handlers.world import ANA, BOT, CARD, CHANNEL, TEAM, World, body, break_disk, event, press, press_home


async def asked_for(world: World) -> Item:
    """A number that waits for its author's yes."""
    session = await world.active_session()
    bridge: Bridge = world.door.bridge
    people, by = [Invitee(phone=Phone("+15035550123", "US"))], Actor(TeamId("T1"), UserId("U1"))
    await bridge.invite(session.key, people, by, SlackName("test"))
    (item,) = world.items(Kind.INVITE)
    assert item.state is State.ASKED
    return item


async def refused_reply(world: World) -> Item:
    await world.active_session()
    await world.thread(event("hello"))
    (item,) = world.items(Kind.SAY)
    await world.store.write(lambda tx: become(tx, item, State.REFUSED, reason="No."))
    return world.store.read.item(item.key)


def state(world: World, item: Item) -> State:
    return world.store.read.item(item.key).state


async def test_invite_opens_the_form_of_its_session(world: World) -> None:
    session = await world.active_session()
    assert body(await world.interact(press("session_invite", str(session.key)))) == {}
    about = About(session.channel, session.thread_ts, session.key)
    assert world.opened() == [invite.form(about, session, invite.Begun())]


async def test_end_ends_after_what_was_said_before_and_once(world: World) -> None:
    session = await world.active_session()
    for _ in range(2):
        assert body(await world.interact(press("session_end", str(session.key)))) == {}
    (end,) = world.items(Kind.END)
    assert (end.state, end.author, end.slack_name) == (State.PENDING, "U1", f"T1/C1/{CARD}/click/1.1")


@pytest.mark.parametrize("action", ["session_invite", "session_end"])
async def test_what_is_over_is_said_to_be_over(world: World, action: str) -> None:
    session = await world.active_session(life="ended")
    await world.interact(press(action, str(session.key)))
    assert await world.hints() == [texts.ALREADY_OVER]
    assert world.items(Kind.END) == []


@pytest.mark.parametrize(
    ("answer", "after"),
    [("yes", State.ASKED), ("no", State.WITHDRAWN), ("leave", State.ASKED), ("again", State.ASKED)],
)
async def test_a_click_can_only_say_no_to_a_number(world: World, answer: str, after: State) -> None:
    item = await asked_for(world)
    assert body(await world.interact(press(f"item_answer:{answer}", str(item.key)))) == {}
    assert state(world, item) is after


async def test_nobody_else_may_say_yes_to_what_costs_money(world: World) -> None:
    item = await asked_for(world)
    await world.interact(press("item_answer:yes", str(item.key), user="U2", ts="9.9", thread=CARD))
    assert state(world, item) is State.ASKED
    assert await world.hints() == [texts.NOT_YOURS]
    assert world.slack.asked("chat.postEphemeral")[0] | {"text": ""} == {
        "channel": "C1",
        "user": "U2",
        "thread_ts": CARD,
        "text": "",
    }


async def test_a_second_click_is_too_late(world: World) -> None:
    item = await asked_for(world)
    for _ in range(2):
        await world.interact(press("item_answer:no", str(item.key)))
    assert state(world, item) is State.WITHDRAWN
    assert await world.hints() == [texts.TOO_LATE]


@pytest.mark.parametrize(("answer", "after"), [("again", State.PENDING), ("leave", State.WITHDRAWN)])
async def test_anybody_in_the_team_may_settle_a_reply_in_trouble(world: World, answer: str, after: State) -> None:
    item = await refused_reply(world)
    await world.interact(press(f"item_answer:{answer}", str(item.key), user="U2"))
    assert state(world, item) is after


@pytest.mark.parametrize("action", ["session_invite", "session_end", "item_answer:yes", "item_answer:again"])
@pytest.mark.parametrize(
    ("user", "told"),
    [
        ("UGUEST", "Guests of this workspace may not use sessions. Ask a full member to do it for you."),
        ("UNOBODY", "I could not check who you are and who sees this channel; nothing was done. Try again."),
    ],
)
async def test_everybody_is_checked_first(world: World, action: str, user: str, told: str) -> None:
    item = await refused_reply(world)
    value = str(item.key) if action.startswith("item") else str(item.session)
    await world.interact(press(action, value, user=user))
    assert await world.hints() == [told.replace("do it", "send it") if action.endswith("again") else told]
    assert state(world, item) is State.REFUSED
    assert world.items(Kind.END) == world.opened() == []


async def test_an_outsider_in_a_shared_channel_may_not(world: World) -> None:
    item = await refused_reply(world)
    world.slack.users["UOUT"] = {"id": "UOUT", "team_id": "T9", "profile": {"display_name": "Out"}, "is_stranger": True}
    await world.interact(press("item_answer:again", str(item.key), user="UOUT"))
    assert await world.hints() == ["Only people of this workspace may use sessions, not partners in a shared channel."]
    assert state(world, item) is State.REFUSED


async def test_a_slow_slack_is_said_to_be_slow(world: World) -> None:
    session = await world.active_session()
    world.slack.faults["views.open"] = "expired_trigger_id"
    await world.interact(press("session_invite", str(session.key)))
    assert await world.hints() == [texts.TOO_SLOW_CLICK]


@pytest.mark.parametrize(
    ("action", "value"),
    [("session_end", "x"), ("item_answer:yes", "x"), ("item_answer:maybe", "1")],
)
async def test_rubbish_is_answered_with_a_reference(
    world: World, action: str, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert body(await world.interact(press(action, value))) == {}
    (told,) = await world.hints()
    reference = told.removeprefix("Something broke on my side. Nothing else was affected. Give ref ").split()[0]
    assert f"ref {reference}: " in caplog.text


@pytest.mark.parametrize("action", ["session_invite", "session_end", "item_answer:yes", "item_answer:again"])
async def test_a_button_of_a_life_that_a_restore_has_undone_is_answered_in_words(world: World, action: str) -> None:
    """Its key is given to nobody else, so it is known for what it is."""
    assert body(await world.interact(press(action, "404"))) == {}
    assert await world.hints() == [texts.FORGOTTEN]


async def test_why_is_told_to_who_pressed_and_only_who_may_see_it(world: World) -> None:
    item = await refused_reply(world)
    assert body(await world.interact(press(WHY, str(item.key), thread=CARD))) == {}
    told = explaining.explained(world.door, [item])
    await world.door.drain()
    (call,) = world.slack.asked("chat.postEphemeral")
    assert (call["channel"], call["user"], call["text"]) == (CHANNEL, ANA, told.text)
    assert "“hello”" in told.text
    await world.interact(press(WHY, str(item.key), user="UGUEST", thread=CARD))
    assert "hello" not in (await world.hints())[-1]


async def test_a_retry_on_the_card_opens_it_again(world: World) -> None:
    session = await world.active_session()
    (opening,) = world.items(Kind.OPEN)
    await world.store.write(lambda tx: become(tx, opening, State.REFUSED, reason="No."))
    await world.interact(press("item_answer:again", str(opening.key)))
    assert state(world, opening) is State.PENDING
    assert world.store.read.session(SessionKey(session.key)).life == "opening"


async def test_a_choice_that_means_nothing_by_itself_is_answered_all_the_same(world: World) -> None:
    response = await world.interact(press("f_where", "C1"))
    assert (response.status, body(response), await world.hints()) == (200, {}, [])


async def missed_replies(world: World) -> list[Item]:
    """Three replies that nobody heard in time."""
    await world.active_session()
    for n in range(3):
        assert await world.thread.missed(event(f"{n}", ts=f"170000000{n + 1}.000200"))
    return world.items(Kind.SAY)


@pytest.mark.parametrize(("answer", "after"), [("again", State.PENDING), ("leave", State.WITHDRAWN)])
async def test_missed_replies_are_decided_on_together(world: World, answer: str, after: State) -> None:
    items = await missed_replies(world)
    for _ in range(2):
        assert body(await world.interact(press(f"missed_answer:{answer}", f"{items[0].key}/3"))) == {}
    assert [state(world, item) for item in items] == [after] * 3
    assert await world.hints() == [texts.TOO_LATE]


async def test_only_what_the_question_showed_is_decided_on(world: World) -> None:
    items = await missed_replies(world)
    await world.interact(press("missed_answer:again", f"{items[0].key}/2"))
    assert [state(world, item) for item in items] == [State.PENDING, State.PENDING, State.NEEDS_PERSON]


async def test_an_item_is_answered_in_the_home_as_under_it(world: World) -> None:
    item = await asked_for(world)
    assert body(await world.interact(press_home("item_answer:no", str(item.key)))) == {}
    assert state(world, item) is State.WITHDRAWN


async def test_what_stands_against_a_click_in_the_home_is_said_over_it(world: World) -> None:
    item = await asked_for(world)
    await world.interact(press_home("item_answer:yes", str(item.key), user="U2"))
    assert state(world, item) is State.ASKED
    assert world.opened() == [notices.notice_view(texts.NOT_YOURS)]
    assert (await world.hints(), await world.letters()) == ([], [])


async def test_where_that_comes_too_late_it_is_written_to_them(world: World) -> None:
    item = await asked_for(world)
    world.slack.faults["views.open"] = "expired_trigger_id"
    await world.interact(press_home("item_answer:yes", str(item.key), user="U2"))
    (letter,) = await world.letters()
    assert (letter["channel"], letter["text"]) == ("U2", texts.NOT_YOURS)


# What replies are, and which session they go to

HOME = ThreadKey(TeamId(TEAM), ChannelId(CHANNEL), Ts(CARD))


def choose(action: str, value: str, user: str = "U1", **more: str) -> dict[str, Any]:
    """A choice in a menu of a message."""
    payload = press(action, "", user, **more)
    (used,) = payload["actions"]
    used |= {"type": "static_select", "selected_option": {"value": value, "text": {"type": "plain_text", "text": "x"}}}
    used.pop("value")
    return payload


async def another(world: World) -> Session:
    """A second session whose card stands in the thread of the first, which is only shown from now on."""
    by = Actor(TeamId(TEAM), UserId("U1"))
    request = NewSessionRequest(SessionType.CHAT, "Second")
    key = await world.door.bridge.open(request, by, HOME, SlackName("second"))
    assert world.store.read.session_in(HOME) == world.store.read.session(key)
    return world.store.read.session(key)


@pytest.mark.parametrize("mode", list(Mode))
async def test_a_mode_is_that_of_the_thread_in_which_the_card_stands(world: World, mode: Mode) -> None:
    session = await world.active_session()
    assert body(await world.interact(choose("session_mode", f"{mode}/{session.key}"))) == {}
    (link,) = world.store.read.links_in(HOME)
    assert link.mode is mode
    assert await world.hints() == [MODES[mode].format(bot=f"<@{BOT}>")]


async def test_the_mode_of_another_session_is_not_changed_from_an_old_card(world: World) -> None:
    session = await world.active_session()
    await another(world)
    await world.interact(choose("session_mode", f"notes/{session.key}"))
    assert {link.mode for link in world.store.read.links_in(HOME)} == {Mode.RELAY}
    assert await world.hints() == [NOT_TO_THIS]


async def test_replies_are_switched_to_a_session_that_is_only_shown(world: World) -> None:
    session = await world.active_session()
    second = await another(world)
    await world.interact(press("session_switch", str(session.key)))
    roles = {link.session: link.role for link in world.store.read.links_in(HOME)}
    assert roles == {session.key: Role.TARGET, second.key: Role.SHOWN}
    assert await world.hints() == ["Replies in this thread go to “Boiler” from now on."]


async def test_every_card_of_a_thread_is_drawn_anew_when_replies_go_elsewhere(world: World) -> None:
    session = await world.active_session()
    before = world.store.read.cards_of(session.key)[0].wanted
    await another(world)
    assert world.store.read.cards_of(session.key)[0].wanted > before


async def test_replies_are_not_switched_to_what_the_thread_does_not_show(world: World) -> None:
    session = await world.active_session()
    await world.interact(press("session_switch", str(session.key), ts="9.9", thread="8.8"))
    assert await world.hints() == [NOT_HERE]
    assert world.store.read.links_in(ThreadKey(TeamId(TEAM), ChannelId(CHANNEL), Ts("8.8"))) == []


@pytest.mark.parametrize(("action", "kind"), [("session_hold", Kind.HOLD), ("session_resume", Kind.RESUME)])
async def test_a_call_is_put_on_hold_and_goes_on(world: World, action: str, kind: Kind) -> None:
    session = await world.active_session(type=SessionType.VOICE, call_state=CallState.CONNECTED)
    assert body(await world.interact(press(action, str(session.key)))) == {}
    (item,) = world.items(kind)
    assert (item.state, item.author) == (State.PENDING, "U1")


@pytest.mark.parametrize("action", ["session_hold", "session_resume", "session_switch"])
async def test_nothing_more_happens_to_what_is_over(world: World, action: str) -> None:
    session = await world.active_session(life="ended")
    await world.interact(press(action, str(session.key)))
    assert await world.hints() == [texts.ALREADY_OVER]


@pytest.mark.parametrize(
    "used",
    [
        lambda key, user: press("session_hold", key, user=user),
        lambda key, user: press("session_switch", key, user=user),
        lambda key, user: choose("session_mode", f"notes/{key}", user=user),
    ],
)
async def test_guests_change_nothing_on_a_card(world: World, used: Any) -> None:
    session = await world.active_session()
    await world.interact(used(str(session.key), "UGUEST"))
    assert await world.hints() == [GUEST]
    assert world.items(Kind.HOLD) == []
    assert [link.mode for link in world.store.read.links_in(HOME)] == [Mode.RELAY]


GUEST = "Guests of this workspace may not use sessions. Ask a full member to do it for you."


# Numbers


def audit(world: World) -> list[tuple[Any, ...]]:
    """Who has looked at what."""
    return [
        (row.team, row.who, row.what, row.session, row.detail)
        for row in world.store.read.audited()
        if row.what == Deed.REVEALED
    ]


async def with_numbers(world: World) -> Session:
    people = pack_members((Member("+15035550123", "Mrs Lee"), Member("joe@acme.com", "Joe")))
    session = await world.active_session(members=people)
    (opening,) = world.items(Kind.OPEN)
    request = NewSessionRequest(SessionType.CHAT, "x", from_number=Phone("+15035550100", "US"))
    await world.store.write(lambda tx: tx.reword(opening, pack_request(request)))
    return session


async def test_whole_numbers_are_shown_to_who_asks_and_that_is_noted(world: World) -> None:
    session = await with_numbers(world)
    assert body(await world.interact(choose("session_more", f"reveal/{session.key}"))) == {}
    (told,) = await world.hints()
    assert told == (
        "Numbers of “Boiler”\n• Mrs Lee: +15035550123\n• From: +15035550100\n"
        "Only you see this. It has been noted that you looked."
    )
    assert audit(world) == [(TEAM, "U1", "numbers revealed", session.key, "")]


async def test_a_refused_look_shows_nothing_and_notes_nothing(world: World) -> None:
    session = await with_numbers(world)
    await world.interact(choose("session_more", f"reveal/{session.key}", user="UGUEST"))
    assert await world.hints() == [GUEST]
    assert audit(world) == []


async def test_what_cannot_be_noted_is_not_shown(world: World) -> None:
    session = await with_numbers(world)
    break_disk(world)
    await world.interact(choose("session_more", f"reveal/{session.key}"))
    assert await world.hints() == [texts.NOT_STORED]
    assert audit(world) == []


@pytest.mark.parametrize("change", ["UPDATE audit SET who = 'U9'", "DELETE FROM audit"])
async def test_what_was_noted_stays(world: World, change: str) -> None:
    session = await with_numbers(world)
    await world.interact(choose("session_more", f"reveal/{session.key}"))
    with pytest.raises(sqlite3.IntegrityError, match="only added to"):
        await world.store.write(lambda tx: tx._connection.execute(change))
    assert len(audit(world)) == 1
