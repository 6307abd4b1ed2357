"""What stands in the audit after everything that costs or reaches somebody, as whole lists."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.audit import Anchor, verify
from bot.console.audit import exported
from bot.model import (
    Actor,
    Answer,
    Email,
    Invitee,
    ItemKey,
    Kind,
    Mode,
    Phone,
    Said,
    SessionKey,
    SlackName,
    State,
    TeamId,
    ThreadKey,
    Ts,
    UserId,
)
from bot.policy import Action, Rule, Who
from bot.store import Store
from bot.views.audit import deed
from sandbox.slack.seeds import ANNA, BEN, SUPPORT, TEAM
from tests.helpers import chat, until
from tests.world import World, playing

LEE, KIM = Phone("+15035550123", "US"), Phone("+15035550177", "US")
CANARY = "Xyzzy canary"
BY_ANNA = Actor(TeamId(TEAM), UserId(ANNA))
FORM, MESSAGE = f"{TEAM}/view/V1", f"{TEAM}/{SUPPORT}/1700000100.000200"


def told(world: World) -> list[tuple[str, str]]:
    """Who, and what; the bot itself is nobody."""
    return [(row.who, f"{row.what}: {row.detail}".removesuffix(": ")) for row in world.store.read.audited()]


def whole(world: World) -> bool:
    read = world.store.read
    return verify(read.audited(), read.audit_start(), last_key=read.audit_keys_given()) is None


def item_of(world: World, key: SessionKey, kind: Kind) -> ItemKey:
    return world.store.read.items_of(key, kind)[-1].key


async def settled(world: World, key: SessionKey, kind: Kind, state: State) -> None:
    await until(lambda: world.store.read.items_of(key, kind)[-1].state is state, f"{kind} to be {state}")


async def test_a_whole_visit(world: World) -> None:
    """Opened with two people, a word, a look, a mode, a move of somebody out, a call's end."""
    session = await world.opened(chat(emails=(Email("joe@example.com"),), phones=(LEE,)))
    await settled(world, session.key, Kind.INVITE, State.DELIVERED)
    await world.item_when(await world.say(session, CANARY), State.DELIVERED)
    assert session.thread is not None
    await world.bridge.set_mode(session.thread, Mode.NOTES, BY_ANNA)
    await world.say(session, f"{CANARY}: stays inside")
    await world.bridge.reveal(session.key, BY_ANNA)
    member = next(one for one in world.store.read.session(session.key).members if one.identity == LEE.e164)
    await world.bridge.remove(session.key, member, BY_ANNA, SlackName(f"{FORM}/x"))
    await settled(world, session.key, Kind.KICK, State.DELIVERED)
    await world.bridge.end(session.key, BY_ANNA, SlackName(f"{TEAM}/command/1.2.a"))
    await settled(world, session.key, Kind.END, State.DELIVERED)
    read, ts = world.store.read, session.thread.ts
    joe, lee = read.hashed("joe@example.com"), read.hashed(LEE.e164)
    rows = [(row.who, row.what, row.detail, row.subject, row.message) for row in read.audited()]
    said = rows.pop(4)  # named by its own message
    assert (said[:4], said[4].startswith(f"{TEAM}/{SUPPORT}/")) == ((BEN, "done", "say", ""), True)
    assert rows == [
        (ANNA, "asked", "open Chat", joe, FORM),
        (ANNA, "asked", "invite", lee, FORM),
        ("", "done", "open Chat", joe, FORM),
        ("", "done", "invite", lee, FORM),
        (ANNA, "mode changed", f"notes in {SUPPORT}/{ts}", "", ""),
        (ANNA, "numbers revealed", "", "", ""),
        (ANNA, "asked", "kick", lee, FORM),
        ("", "done", "kick", lee, FORM),
        (ANNA, "asked", "end", "", f"{TEAM}/command/1.2.a"),
        ("", "done", "end", "", f"{TEAM}/command/1.2.a"),
    ]
    assert {row.session for row in read.audited()} == {session.key}
    assert whole(world)


async def test_nobodys_words_and_no_number_stand_in_it(world: World) -> None:
    session = await world.opened(
        chat(CANARY, emails=(Email("canary@example.com"),), phones=(LEE,), first_message=CANARY)
    )
    await settled(world, session.key, Kind.SAY, State.DELIVERED)
    people = [Invitee(phone=KIM), Invitee(email=Email("canary2@example.com")), Invitee(typed=CANARY, why=CANARY)]
    await world.bridge.invite(session.key, people, BY_ANNA, SlackName(MESSAGE), confirmed=True, greeting=CANARY)
    await until(lambda: not world.store.read.lanes())
    written = repr(world.store.read.audited()).casefold()
    canaries = ("xyzzy", "canary", LEE.e164[1:], KIM.e164[1:], "example.com", "5550123", "5550177")
    assert [canary for canary in canaries if canary in written] == []
    assert whole(world)


async def test_what_a_person_decides_is_told_once_with_their_name(world: World) -> None:
    session = await world.opened()
    world.bridge._house = replace(world.bridge._house, confirm_phones=True)
    before = len(told(world))
    for phone, answer in ((LEE, Answer.NO), (KIM, Answer.YES)):
        name = SlackName(f"{MESSAGE}/{phone.e164}")
        await world.bridge.invite(session.key, [Invitee(phone=phone)], BY_ANNA, name)
        item = item_of(world, session.key, Kind.INVITE)
        await world.bridge.answer(item, answer, BY_ANNA)
        await world.bridge.answer(item, answer, BY_ANNA)
    await settled(world, session.key, Kind.INVITE, State.DELIVERED)
    assert told(world)[before:] == [
        (ANNA, "asked: invite"),
        (ANNA, "declined: invite"),
        (ANNA, "asked: invite"),
        (ANNA, "confirmed: invite"),
        ("", "done: invite"),
    ]


async def test_a_doubt_is_told_and_who_has_settled_it(world: World) -> None:
    session = await world.opened()
    before = len(told(world))
    world.evo.fault("cut_before", "InviteChatMember", times=1)
    await world.bridge.invite(session.key, [Invitee(phone=LEE)], BY_ANNA, SlackName(MESSAGE), confirmed=True)
    await settled(world, session.key, Kind.INVITE, State.NEEDS_PERSON)
    await world.bridge.answer(item_of(world, session.key, Kind.INVITE), Answer.AGAIN, Actor(TeamId(TEAM), UserId(ANNA)))
    await settled(world, session.key, Kind.INVITE, State.DELIVERED)
    assert told(world)[before:] == [
        (ANNA, "asked: invite"),
        ("", "in doubt: invite"),
        ("", "asked back: invite"),
        (ANNA, "settled: invite, again"),
        ("", "done: invite"),
    ]


async def test_of_a_reply_only_its_end_is_told_and_who_wrote_it(world: World) -> None:
    session = await world.opened()
    assert session.thread is not None
    before = len(told(world))
    await world.item_when(await world.say(session, "x" * 9000), State.REFUSED)
    missed = Said(session.thread, Ts("1600000000.000200"), UserId(BEN), "hello")
    await world.bridge.relay(missed, missed=True)
    item = world.store.read.item_named(missed.name())
    assert item is not None
    await world.bridge.answer(item.key, Answer.LEAVE, BY_ANNA)
    assert told(world)[before:] == [(BEN, "refused: say"), (BEN, "asked back: say"), (ANNA, "settled: say, leave")]


async def test_of_what_the_policy_refuses_the_rule_is_told(store: Store) -> None:
    """Its name is the administrators' to choose: a number in it is masked like any other."""
    ben = Who(users=frozenset({UserId(BEN)}))
    deny = Rule("nobody but +1 503 555 0123", allows=False, who=ben, what=frozenset({Action.REPLY}))
    async with playing(store) as world:
        policy = world.house.policy
        world.house = replace(world.house, policy=replace(policy, rules=(deny, *policy.rules)))
        world.start()
        session = await world.opened()
        await world.item_when(await world.say(session, "hello"), State.REFUSED)
    row = store.read.audited()[-1]
    assert (row.who, deed(row)) == (BEN, "refused: say, by the rule “nobody but +1 503 •••• 0123”")
    assert json.loads(exported([row], Anchor(row.key, row.hash))[1])["detail"] == row.detail
    assert whole(world)


async def test_what_is_refused_at_once_is_told_as_well(world: World) -> None:
    session = await world.opened()
    before = len(told(world))
    british = Phone("+447911123456", "GB")
    await world.bridge.invite(session.key, [Invitee(phone=british)], BY_ANNA, SlackName(MESSAGE), confirmed=True)
    assert told(world)[before:] == [(ANNA, "asked: invite"), ("", "refused: invite")]


async def test_threads_that_come_and_go_are_told_with_where(world: World) -> None:
    session = await world.opened()
    assert session.thread is not None
    second, third = await world.a_thread(), await world.a_thread()
    before = len(told(world))
    await world.bridge.link(session.key, second, BY_ANNA, SlackName(MESSAGE))
    await world.bridge.unlink(second, BY_ANNA)
    await world.bridge.unlink(second, BY_ANNA)
    await world.bridge.move(session.key, third, "Anna", session.thread, BY_ANNA)

    def where(thread: ThreadKey) -> str:
        return f"{thread.channel}/{thread.ts}"

    assert told(world)[before:] == [
        (ANNA, f"linked: to {where(second)}"),
        (ANNA, f"unlinked: from {where(second)}"),
        (ANNA, f"moved: from {where(session.thread)} to {where(third)}"),
    ]
