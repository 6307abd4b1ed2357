"""Each gesture is asked of the policy under its own action: forbidden, it changes nothing and names the rule."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.model import ChannelId, Kind, Life, NewSessionRequest, Phone, Session, SessionType, TeamId, Ts
from bot.packing import pack_request
from bot.policy import DOING, Action, Policy, Role, Rule, Where, Who
from bot.rights import Rights
from bot.views.about import About
from handlers.thread import said_in
from tests.handlers.world import (
    CARD,
    NEW_SESSION,
    TEAM,
    World,
    body,
    command,
    event,
    message_shortcut,
    new_values,
    press,
    press_home,
    shortcut,
    submission,
    suggestion,
    values,
)
from tests.helpers import house

ELSEWHERE = "C0SALES"
PHONE = "+15035550123"
EVERYBODY = Who(frozenset({Role.EVERYONE}))
ALL = Rule("all", True, EVERYBODY, frozenset(Action))

OWNED = frozenset({Action.REMOVE, Action.HOLD, Action.LINK, Action.END})

Gesture = Callable[[World, Session], Awaitable[Any]]


def button(action: str, value: str = "{key}") -> Gesture:
    return lambda world, session: world.interact(press(action, value.format(key=session.key)))


def more(what: str) -> Gesture:
    return lambda world, session: world.interact(more_of(what, session))


def more_of(what: str, session: Session) -> dict[str, Any]:
    used = {"type": "overflow", "block_id": "b", "action_id": "session_more", "action_ts": "1.1"}
    payload = press("session_more", "", ts=CARD)
    payload["actions"] = [used | {"selected_option": {"value": f"{what}/{session.key}"}}]
    return payload


def typed(words: str) -> Gesture:
    return lambda world, _: world.send(command(words))


def in_thread(words: str) -> Gesture:
    return lambda world, _: world.thread(event(f"<@UBOT> {words}"))


def modal(callback: str, given: dict[str, Any], *, about: bool = True) -> Gesture:
    def submit(world: World, session: Session) -> Awaitable[Any]:
        metadata = About(ChannelId("C1"), Ts(CARD), session.key).pack() if about else ""
        return world.interact(submission(callback, "V9", values(given) if about else given, metadata))

    return submit


def from_anywhere(world: World, _: Session) -> Awaitable[Any]:
    return world.interact(shortcut("new_session"))


def from_message(world: World, _: Session) -> Awaitable[Any]:
    return world.interact(message_shortcut("link_thread", "1700000009.000100"))


GESTURES: dict[str, tuple[frozenset[Action], Gesture]] = {
    "Invite on the card": (frozenset({Action.INVITE, Action.PHONE}), button("session_invite")),
    "End on the card": (frozenset({Action.END}), button("session_end")),
    "the mode on the card": (frozenset({Action.LINK}), button("session_mode", "notes/{key}")),
    "transcript": (frozenset({Action.SEE}), more("transcript")),
    "remove": (frozenset({Action.REMOVE}), more("remove")),
    "link": (frozenset({Action.LINK}), more("link")),
    "move": (frozenset({Action.LINK}), more("move")),
    "reveal": (frozenset({Action.REVEAL}), more("reveal")),
    "a chat by the form": (frozenset({Action.CHAT}), modal("session_new", new_values(), about=False)),
    "people by the form": (frozenset({Action.INVITE}), modal("session_new", new_values(), about=False)),
    "a phone by the form": (
        frozenset({Action.PHONE}), modal("session_new", new_values(f_members=PHONE), about=False),
    ),
    "invited by e-mail": (frozenset({Action.INVITE}), modal("session_invite", {"i_people": "mia@acme.com"})),
    "invited by phone": (frozenset({Action.PHONE}), modal("session_invite", {"i_people": PHONE})),
    "moved": (frozenset({Action.LINK}), modal("session_move", {"m_channel": {"selected_conversation": ELSEWHERE}})),
    "a shortcut": (frozenset({Action.CHAT, Action.CALL, Action.FAX}), from_anywhere),
    "linking a message": (frozenset({Action.LINK}), from_message),
    "new": (frozenset({Action.CHAT}), typed('chat "Pump" joe@acme.com')),
    "list": (frozenset({Action.SEE}), typed("list all")),
    "find": (frozenset({Action.SEE}), typed("find Boiler")),
    "send": (frozenset({Action.REPLY}), typed("send “Boiler” hello")),
    "note": (frozenset({Action.SEE}), typed("note “Boiler” hello")),
    "end": (frozenset({Action.END}), typed("end “Boiler”")),
    "invite": (frozenset({Action.INVITE}), typed("invite mia@acme.com in:8f3a21")),
    "invite a phone": (frozenset({Action.PHONE}), typed(f"invite {PHONE} in:8f3a21")),
    "kick": (frozenset({Action.REMOVE}), typed("kick joe@acme.com in:8f3a21")),
    "unlink here": (frozenset({Action.LINK}), in_thread("unlink")),
    "mode here": (frozenset({Action.LINK}), in_thread("mode notes")),
    "end here": (frozenset({Action.END}), in_thread("end")),
    "invite here": (frozenset({Action.INVITE}), in_thread("invite mia@acme.com")),
    "new from Home": (frozenset({Action.CHAT}), lambda world, _: world.interact(press_home("home_new:Chat", "Chat"))),
}  # fmt: skip


def forbid(world: World, actions: frozenset[Action]) -> None:
    allow(world, ALL, *(Rule("no", False, EVERYBODY, frozenset({action})) for action in actions))


def allow(world: World, *rules: Rule) -> None:
    world.door.house = replace(world.door.house, policy=Policy(rules=rules))
    world.door.rights = Rights(world.door.workspace, world.door.house.policy, TeamId(TEAM))


def stored(world: World) -> Any:
    """Everything that a gesture may change."""
    tables = ("session", "item", "link", "audit", "draft")
    ask = world.store.read._connection.execute
    return {table: [tuple(row) for row in ask(f"SELECT * FROM {table}").fetchall()] for table in tables}


async def there(world: World) -> Session:
    world.slack.channels[ELSEWHERE] = {"id": ELSEWHERE, "is_member": True}
    session = await world.active_session()
    people = json.dumps([["joe@acme.com", "Joe", ""]])
    await world.store.write(lambda tx: tx.change_session(session.key, members=people, evo_id="8f3a21e1"))
    return world.store.read.session(session.key)


async def answered(world: World, came: Any) -> str:
    """All that somebody was told or shown."""
    said = json.dumps(body(came), ensure_ascii=False) if came is not None else ""
    letters = " ".join(letter["text"] for letter in await world.letters())
    return said + letters + " ".join(await world.hints()) + json.dumps(world.opened(), ensure_ascii=False)


@pytest.mark.parametrize("name", GESTURES)
async def test_what_is_forbidden_changes_nothing_and_says_which_rule(trusting_world: World, name: str) -> None:
    actions, do = GESTURES[name]
    session = await there(trusting_world)
    forbid(trusting_world, actions)
    before = stored(trusting_world)
    told = await answered(trusting_world, await do(trusting_world, session))
    now = stored(trusting_world)
    assert {key: rows for key, rows in now.items() if rows != before[key]} == {}
    assert any(f"The rule “no” forbids you to {DOING[action]}" in told for action in actions), told


@pytest.mark.parametrize("name", GESTURES)
async def test_what_only_others_are_forbidden_is_done(trusting_world: World, name: str) -> None:
    """The same with everything else forbidden but to see: each gesture is asked under no other action than its own."""
    actions, do = GESTURES[name]
    session = await there(trusting_world)
    needed = actions | {Action.SEE, Action.CHAT} | ({Action.INVITE} if "form" in name or name == "new" else set())
    forbid(trusting_world, frozenset(Action) - needed)
    told = await answered(trusting_world, await do(trusting_world, session))
    assert "forbids you" not in told


OF_A_SESSION = {name: how for name, how in GESTURES.items() if how[0] <= OWNED and name != "linking a message"}


@pytest.mark.parametrize("name", OF_A_SESSION)
async def test_what_is_for_who_opened_it_is_not_for_others(trusting_world: World, name: str) -> None:
    (action,), do = OF_A_SESSION[name]
    session = await there(trusting_world)
    await trusting_world.store.write(lambda tx: tx.change_session(session.key, created_by="U2"))
    mine = Rule("mine", True, Who(frozenset({Role.CREATOR})), frozenset({action}))
    allow(trusting_world, Rule("rest", True, EVERYBODY, frozenset(Action) - {action}), mine)
    before = stored(trusting_world)
    told = await answered(trusting_world, await do(trusting_world, session))
    assert stored(trusting_world) == before
    assert f"You may {DOING[action]} only where you opened the session yourself: the rule “mine”." in told


# Places


def nowhere(*actions: Action, channel: str) -> Rule:
    return Rule("not there", False, EVERYBODY, frozenset(actions), Where(channels=frozenset({channel})))


@pytest.mark.parametrize("words", ["show 8f3a21", "find Boiler", "list mine", "list all"])
async def test_where_somebody_may_not_look_they_do_not_from_elsewhere_either(trusting_world: World, words: str) -> None:
    await there(trusting_world)
    allow(trusting_world, ALL, nowhere(Action.SEE, channel="C1"))
    told = body(await trusting_world.send(command(words, channel_id="C0SALES")))
    assert "8f3a21e1" not in json.dumps(told)
    assert "joe@acme.com" not in json.dumps(told)


async def test_a_session_is_not_moved_out_of_a_channel_where_that_is_forbidden(trusting_world: World) -> None:
    session = await there(trusting_world)
    allow(trusting_world, ALL, nowhere(Action.LINK, channel="C1"))
    before = stored(trusting_world)
    answer = body(await GESTURES["moved"][1](trusting_world, session))
    assert (stored(trusting_world), "not there" in str(answer)) == (before, True)


# What a form shows


async def over(world: World, **about: Any) -> Session:
    """A session that has ended, which dialled a number."""
    session = await there(world)
    (opening,) = world.items(Kind.OPEN)
    request = NewSessionRequest(SessionType.VOICE, "Boiler", to=Phone(PHONE, "US"))
    await world.store.write(lambda tx: tx.reword(opening, pack_request(request)))
    await world.store.write(lambda tx: tx.change_session(session.key, life=Life.ENDED, type="Voice"))
    if about.get("private"):
        await world.store.write(lambda tx: tx.channel_is(TEAM, "C1", True, 0.0))
    return world.store.read.session(session.key)


def looks(world: World) -> int:
    return sum("numbers revealed" in row for row in stored(world)["audit"])


@pytest.mark.parametrize(
    ("forbidden", "private", "shown", "recorded"),
    [
        (frozenset(), False, True, 1),
        (frozenset(), True, True, 0),
        (frozenset({Action.REVEAL}), False, False, 0),
        (frozenset({Action.REVEAL}), True, True, 0),
    ],
)
@pytest.mark.parametrize("how", [button("session_followup"), typed("followup last")])
async def test_the_form_of_a_follow_up_is_a_look_at_numbers(
    trusting_world: World, how: Gesture, forbidden: frozenset[Action], private: bool, shown: bool, recorded: int
) -> None:
    session = await over(trusting_world, private=private)
    forbid(trusting_world, forbidden)
    await how(trusting_world, session)
    (form,) = trusting_world.opened()
    assert (PHONE in json.dumps(form), looks(trusting_world)) == (shown, recorded)


@pytest.mark.parametrize("how", [button("session_followup"), typed("followup last")])
async def test_who_may_not_look_at_a_session_gets_no_form_that_follows_it(trusting_world: World, how: Gesture) -> None:
    session = await over(trusting_world)
    allow(trusting_world, ALL, nowhere(Action.SEE, channel="C1"))
    assert "not there" in await answered(trusting_world, await how(trusting_world, session))
    assert trusting_world.opened() == []


@pytest.mark.parametrize("block", ["l_session", "m_session", "r_session", "i_session", "f_parent"])
@pytest.mark.parametrize(("user", "some"), [("U1", True), ("UGUEST", False), ("UNOBODY", False)])
async def test_lists_of_sessions_are_for_who_may_look(trusting_world: World, block: str, user: str, some: bool) -> None:
    """A form may be open that somebody would not get any more."""
    await there(trusting_world)
    metadata = NEW_SESSION if block == "f_parent" else About(ChannelId("C1"), Ts(CARD)).pack()
    offered = json.dumps(body(await trusting_world.interact(suggestion("", block, metadata, user))))
    assert ("Boiler" in offered) is some


# Bots


def test_a_bot_is_listened_to_when_the_policy_names_it() -> None:
    named = Policy(rules=(replace(ALL, who=Who(users=frozenset({"UHELPER"}))),))
    ours = replace(house(), policy=named)
    spoken = event("hello", user="UHELPER", bot_id="B7")
    assert said_in(spoken, house()) is None
    assert said_in(spoken, ours) is not None
    assert said_in(event("hello", user="UOTHER", bot_id="B8"), ours) is None
    everyone = Policy(rules=(replace(ALL, who=Who(frozenset({Role.BOTS}))),))
    assert said_in(event("hello", user="UOTHER", bot_id="B8"), replace(ours, policy=everyone)) is not None
    assert said_in(event("hello", user=ours.bot, bot_id="B1"), replace(ours, policy=Policy(
        rules=(replace(ALL, who=Who(users=frozenset({ours.bot}))),)))) is None  # fmt: skip
