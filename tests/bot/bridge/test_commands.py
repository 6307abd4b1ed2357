"""Words for the bot in a thread, and the answers people give to its questions."""

from __future__ import annotations

from typing import Any

import pytest

from bot.bridge import Bridge, Wanted
from bot.model import (
    Actor,
    Answer,
    Answered,
    Item,
    Kind,
    Life,
    Said,
    SessionKey,
    SlackName,
    State,
    ThreadKey,
    Ts,
)
from bot.packing import unpack_invitee
from bot.store import Store
from tests.helpers import ANA, CHANNEL, JOE, TEAM, THREAD, TestClock, house, opened, relayed, to_post

ASKER, OTHER = Actor(TEAM, JOE), Actor(TEAM, ANA)


def make(store: Store, **wishes: Any) -> Bridge:
    return Bridge(store, TestClock(), house(**wishes), lambda: None)


def command(words: str, ts: str = "1700000100.000200", thread: ThreadKey = THREAD) -> Said:
    return Said(thread, Ts(ts), JOE, f"<@U0BOT> {words}")


def invitations(store: Store, session: SessionKey) -> list[tuple[str, State]]:
    found = []
    for item in store.read.items_of(session, Kind.INVITE):
        who = unpack_invitee(item.body)
        name = (who.phone and who.phone.e164) or (who.email and who.email.address) or who.slack_user or who.typed
        found.append((str(name), item.state))
    return found


async def asked(store: Store, bridge: Bridge) -> Item:
    session = await opened(store, bridge)
    await relayed(bridge, command("invite +1 503 555 0123"))
    return store.read.items_of(session, Kind.INVITE)[0]


async def test_each_person_invited_is_an_item_with_a_result_of_its_own(store: Store) -> None:
    bridge = make(store)
    session = await opened(store, bridge)
    await relayed(
        bridge, command("invite +1 503 555 0123, <mailto:ana@example.com|ana@example.com> and <@U0KIM>, 555-01")
    )
    assert invitations(store, session) == [
        ("+15035550123", State.PENDING),
        ("ana@example.com", State.PENDING),
        ("U0KIM", State.PENDING),
        ("555-01", State.REFUSED),
    ]
    shown = [post.thread_ts for item in store.read.items_of(session, Kind.INVITE)
             for post in store.read.posts_of_item(item.key)]  # fmt: skip
    assert shown == [THREAD.ts] * 4


async def test_the_twin_of_a_command_invites_nobody_twice(store: Store) -> None:
    bridge = make(store)
    session = await opened(store, bridge)
    for _ in range(3):
        await relayed(bridge, command("invite ana@example.com, kim@example.com"))
    assert len(invitations(store, session)) == 2


async def test_no_outside_phone_is_invited_while_no_region_is_listed(store: Store) -> None:
    bridge = make(store, regions=frozenset())
    session = await opened(store, bridge)
    await relayed(bridge, command("invite +1 503 555 0123"))
    (item,) = store.read.items_of(session, Kind.INVITE)
    assert (item.state, "EVOBOT_PHONE_REGIONS" in item.reason) == (State.REFUSED, True)


async def test_a_phone_waits_for_a_yes_and_an_address_does_not(store: Store) -> None:
    bridge = make(store, confirm=True)
    session = await opened(store, bridge)
    await relayed(bridge, command("invite +1 503 555 0123, ana@example.com"))
    assert invitations(store, session) == [("+15035550123", State.ASKED), ("ana@example.com", State.PENDING)]


async def test_only_who_asked_may_say_yes(store: Store) -> None:
    bridge = make(store, confirm=True)
    item = await asked(store, bridge)
    answers = [await bridge.answer(item.key, Answer.YES, by) for by in (OTHER, ASKER, ASKER)]
    assert answers == [Answered.NOT_YOURS, Answered.TAKEN, Answered.TOO_LATE]
    assert store.read.item(item.key).state is State.PENDING


async def test_only_who_wrote_a_note_may_send_it_after_all(store: Store) -> None:
    bridge = make(store)
    session = await opened(store, bridge)
    await bridge.relay(Said(THREAD, Ts("1700000001.000100"), JOE, "<@U0KIM> look at this"))
    (item,) = store.read.items_of(session, Kind.SAY)
    assert await bridge.answer(item.key, Answer.SEND, OTHER) is Answered.NOT_YOURS
    assert store.read.item(item.key).state is State.KEPT
    assert await bridge.answer(item.key, Answer.SEND, ASKER) is Answered.TAKEN
    assert store.read.item(item.key).state is State.PENDING


async def test_a_command_that_was_carried_out_is_not_repeated_when_its_thread_is_read_again(store: Store) -> None:
    bridge = make(store)
    await opened(store, bridge)
    said = command("mode notes")
    assert isinstance(await bridge.relay(said, missed=True), Wanted)
    await bridge.carried_out(said.name())
    assert await bridge.relay(said, missed=True) is None


async def test_a_no_is_final(store: Store) -> None:
    bridge = make(store, confirm=True)
    item = await asked(store, bridge)
    answers = [await bridge.answer(item.key, answer, ASKER) for answer in (Answer.NO, Answer.YES)]
    assert (answers, store.read.item(item.key).state) == ([Answered.TAKEN, Answered.TOO_LATE], State.WITHDRAWN)


@pytest.mark.parametrize(
    ("answer", "state"),
    [(Answer.ARRIVED, State.DELIVERED), (Answer.AGAIN, State.PENDING), (Answer.LEAVE, State.WITHDRAWN)],
)
async def test_a_person_settles_what_the_machine_cannot(store: Store, answer: Answer, state: State) -> None:
    bridge = make(store)
    item = await asked(store, bridge)
    await store.write(lambda tx: tx.change_item(item.key, state="needs_person"))
    first = await bridge.answer(item.key, answer, ASKER)
    assert (first, store.read.item(item.key).state) == (Answered.TAKEN, state)
    assert await bridge.answer(item.key, answer, ASKER) is Answered.TOO_LATE


async def test_nobody_else_may_invite_a_phone_again(store: Store) -> None:
    bridge = make(store)
    item = await asked(store, bridge)
    await store.write(lambda tx: tx.change_item(item.key, state="needs_person"))
    assert await bridge.answer(item.key, Answer.AGAIN, OTHER) is Answered.NOT_YOURS
    assert store.read.item(item.key).state is State.NEEDS_PERSON


async def test_sending_again_goes_to_the_end_of_the_lane(store: Store) -> None:
    clock = TestClock()
    bridge = Bridge(store, clock, house(), lambda: None)
    session = await opened(store, bridge)
    await bridge.relay(Said(THREAD, Ts("1700000001.000100"), JOE, "one"))
    await bridge.relay(Said(THREAD, Ts("1700000002.000100"), JOE, "two"))
    one = store.read.items_of(session, Kind.SAY)[0]
    await store.write(lambda tx: tx.change_item(one.key, state="refused"))
    clock.advance(10)
    await bridge.answer(one.key, Answer.AGAIN, ASKER)
    assert [item.body["text"] for item in store.read.items_of(session, Kind.SAY)] == ["two", "one"]


async def test_an_end_keeps_its_place_behind_what_was_said_before_it(store: Store) -> None:
    """Slack's clock may be ahead of ours."""
    bridge = make(store)
    session = await opened(store, bridge)
    await bridge.relay(Said(THREAD, Ts("1800000001.000100"), JOE, "before"))
    await relayed(bridge, command("end", ts="1800000002.000100"))
    head = store.read.head_of_lane(session)
    assert head is not None
    assert head.kind is Kind.SAY


async def test_a_button_goes_to_the_end_of_the_lane_whatever_our_clock_says(store: Store) -> None:
    bridge = make(store)
    session = await opened(store, bridge)
    await bridge.relay(Said(THREAD, Ts("1800000001.000100"), JOE, "before"))
    await bridge.end(session, ASKER, SlackName("click"))
    head = store.read.head_of_lane(session)
    assert head is not None
    assert head.kind is Kind.SAY


async def test_an_end_while_the_session_opens_waits_for_it(store: Store) -> None:
    bridge = make(store)
    session = await opened(store, bridge)
    await store.write(lambda tx: tx.change_session(session, life=Life.OPENING))
    await relayed(bridge, command("end"))
    assert [item.state for item in store.read.items_of(session, Kind.END)] == [State.PENDING]


@pytest.mark.parametrize("words", ["invite ana@example.com, +1 503 555 0123", "end"])
async def test_a_command_that_nobody_heard_in_time_is_not_carried_out(store: Store, words: str) -> None:
    clock = TestClock()
    bridge = Bridge(store, clock, house(), lambda: None)
    session = await opened(store, bridge)
    clock.advance(3600)
    for _ in range(2):
        await relayed(bridge, command(words), missed=True)
    assert store.read.items_of(session, Kind.INVITE, Kind.END) == []
    notices = [post.text for post in to_post(store) if post.text]
    assert len(notices) == 1
    assert "was not carried out" in notices[0]


async def test_end_is_asked_for_once(store: Store) -> None:
    bridge = make(store)
    session = await opened(store, bridge)
    await relayed(bridge, command("end"))
    await relayed(bridge, command("end", ts="1700000101.000200"))
    assert [item.state for item in store.read.items_of(session, Kind.END)] == [State.PENDING]


@pytest.mark.parametrize("words", ["", "help", "HELP"])
async def test_help_is_told_to_who_asks(store: Store, words: str) -> None:
    bridge = make(store)
    await opened(store, bridge)
    assert "invite" in (await relayed(bridge, command(words)) or "")


async def test_an_unknown_word_sends_nothing_and_says_so(store: Store) -> None:
    bridge = make(store)
    session = await opened(store, bridge)
    told = await relayed(bridge, command("please call him back"))
    assert "“please”" in (told or "")
    assert "Nothing was sent" in (told or "")
    assert store.read.items_of(session, Kind.SAY) == []


async def test_a_command_outside_a_session_is_answered(store: Store) -> None:
    told = await relayed(make(store), command("end", thread=ThreadKey(TEAM, CHANNEL, Ts("1.2"))))
    assert "not linked" in (told or "")


async def test_a_command_for_a_session_that_is_over_is_answered(store: Store) -> None:
    bridge = make(store)
    session = await opened(store, bridge)
    await store.write(lambda tx: tx.change_session(session, life=Life.ENDED))
    assert "over already" in (await relayed(bridge, command("invite ana@example.com")) or "")


async def test_inviting_nobody_is_answered(store: Store) -> None:
    bridge = make(store)
    await opened(store, bridge)
    assert "whom" in (await relayed(bridge, command("invite")) or "")


@pytest.mark.parametrize("words", ["help", "invite", "dance", "invite ana@example.com", "end"])
async def test_a_command_that_was_heard_in_time_is_not_called_missed_when_it_is_read_again(
    store: Store, words: str
) -> None:
    """Threads are read once more every hour."""
    clock = TestClock()
    bridge = Bridge(store, clock, house(), lambda: None)
    session = await opened(store, bridge)
    await relayed(bridge, command(words))
    clock.advance(2000)
    await relayed(bridge, command(words), missed=True)
    notices = store.read._connection.execute("SELECT text FROM post WHERE kind = 'notice'").fetchall()
    assert (list(map(tuple, notices)), len(invitations(store, session)) <= 1) == ([], True)


async def test_a_command_that_nobody_heard_in_time_is_said_not_to_be_carried_out(store: Store) -> None:
    clock = TestClock()
    bridge = Bridge(store, clock, house(), lambda: None)
    session = await opened(store, bridge)
    clock.advance(2000)
    for words, ts in (("invite ana@example.com", "1700000100.000200"), ("end", "1700000101.000200")):
        await relayed(bridge, command(words, ts), missed=True)
    notices = store.read._connection.execute("SELECT text FROM post WHERE kind = 'notice'").fetchall()
    assert (len(notices), invitations(store, session)) == (2, [])
    assert store.read.items_of(session, Kind.END) == []
