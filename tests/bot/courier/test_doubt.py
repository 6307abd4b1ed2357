"""Requests whose outcome is unknown, and processes that die: once at the most, or a person is asked."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.courier.gate import Gate
from bot.evo import Channel, NewSession, NotSent
from bot.model import (
    Actor,
    Answer,
    Email,
    Invitee,
    Item,
    Kind,
    Life,
    Phone,
    Said,
    SessionKey,
    SlackName,
    State,
    TeamId,
    Ts,
    UserId,
)
from sandbox.slack.seeds import ANNA, BEN, TEAM
from tests.faultlab import virtual
from tests.faultlab.virtual import VirtualLoop
from tests.helpers import chat, until
from tests.world import World

BY = Actor(TeamId(TEAM), UserId(ANNA))
LEE = Phone("+15035550123", "US")
JOE, MIA = "joe@example.com", "mia@example.com"

# After these the request has had its effect, though nobody said so.
EFFECT = [
    ("cut_after", {}),
    ("500", {"after": True}),
    ("503", {"after": True, "body": "html"}),
    ("garbage", {}),
    ("truncate", {}),
]
# After these it has not.
NO_EFFECT = [("cut_before", {}), ("500", {}), ("502", {"body": "none"}), ("503", {"body": "html"})]


async def invite(world: World, key: SessionKey, phone: Phone = LEE) -> Item:
    await world.bridge.invite(key, [Invitee(phone=phone)], BY, SlackName(f"{TEAM}/view/I"), confirmed=True)
    return world.invitations(key)[-1]


async def item_in(world: World, item: Item, *states: State) -> Item:
    await until(lambda: world.store.read.item(item.key).state in states, f"{item.kind} to be {states}")
    return world.store.read.item(item.key)


@pytest.mark.parametrize(("fault", "options"), EFFECT + NO_EFFECT)
async def test_a_message_in_doubt_is_there_once_in_the_end(
    world: World, fault: str, options: dict[str, object]
) -> None:
    session = await world.opened()
    world.evo.fault(fault, "SendMessage", **options)
    name = await world.say(session, "hello")
    await world.item_when(name, "delivered")
    assert world.sent(session) == ["Ben: hello"]
    assert world.posts("SendMessage") == (1 if (fault, options) in EFFECT else 2)


async def test_people_see_the_doubt_and_its_end(world: World) -> None:
    session = await world.opened()
    world.evo.fault("cut_before", "SendMessage")
    world.evo.fault("503", "GetChatTranscript", times=None)
    name = await world.say(session, "hello")
    await until(lambda: world.reactions(name) == ["question"], "the question mark")
    world.evo.clear_faults()
    await until(lambda: world.reactions(name) == ["white_check_mark"], "the tick in its place")


async def test_a_message_that_takes_effect_late_is_not_sent_twice(world: World) -> None:
    """The settling time is the safety parameter: it must be longer than a request can live over there."""
    session = await world.opened()
    world.evo.fault("late", "SendMessage", seconds=0.15)
    name = await world.say(session, "hello")
    await world.item_when(name, "delivered")
    await until(lambda: world.sent(session))
    assert (world.sent(session), world.posts("SendMessage")) == (["Ben: hello"], 1)


async def test_a_second_doubt_is_a_persons_to_settle(world: World) -> None:
    session = await world.opened()
    world.evo.fault("cut_before", "SendMessage", times=2)
    name = await world.say(session, "hello")
    item = await world.item_when(name, "needs_person")
    await until(lambda: any("hello" in text for text in world.thread(session)), "the question in the thread")
    await world.bridge.answer(item.key, Answer.AGAIN, BY)
    await world.item_when(name, "delivered")
    assert (world.sent(session), world.posts("SendMessage")) == (["Ben: hello"], 3)


async def test_what_is_in_doubt_is_not_overtaken(world: World) -> None:
    session = await world.opened()
    world.evo.fault("cut_before", "SendMessage")
    names = [await world.say(session, text) for text in ("one", "two", "three")]
    await world.item_when(names[-1], "delivered")
    assert world.sent(session) == ["Ben: one", "Ben: two", "Ben: three"]


async def test_equal_words_in_doubt_are_told_apart(world: World) -> None:
    session = await world.opened()
    world.evo.fault("cut_before", "SendMessage", skip=1)
    world.evo.fault("cut_after", "SendMessage", skip=2)
    names = [await world.say(session, "ok") for _ in range(4)]
    await world.item_when(names[-1], "delivered")
    assert world.sent(session) == ["Ben: ok"] * 4


@pytest.mark.parametrize(("fault", "options"), EFFECT)
async def test_an_invitation_in_doubt_that_arrived_is_recognised(
    world: World, fault: str, options: dict[str, object]
) -> None:
    session = await world.opened()
    world.evo.fault(fault, "InviteChatMember", **options)
    item = await invite(world, session.key)
    await item_in(world, item, State.DELIVERED)
    assert len(world.evo.effects(session.evo_id, "invited")) == world.posts("InviteChatMember") == 1


@pytest.mark.parametrize(("fault", "options"), NO_EFFECT)
async def test_an_invitation_is_never_repeated_without_a_click(
    world: World, fault: str, options: dict[str, object]
) -> None:
    session = await world.opened()
    world.evo.fault(fault, "InviteChatMember", **options)
    item = await item_in(world, await invite(world, session.key), State.NEEDS_PERSON)
    assert world.posts("InviteChatMember") == 1
    await world.bridge.answer(item.key, Answer.AGAIN, BY)
    await item_in(world, item, State.DELIVERED)
    assert (world.posts("InviteChatMember"), len(world.evo.effects(session.evo_id, "invited"))) == (2, 1)


@pytest.mark.parametrize(("fault", "options"), EFFECT)
async def test_a_session_in_doubt_that_exists_is_adopted(world: World, fault: str, options: dict[str, object]) -> None:
    world.evo.fault(fault, "NewSession", **options)
    session = await world.opened()
    assert (session.life, len(world.evo.sessions()), world.posts("NewSession")) == (Life.ACTIVE, 1, 1)


@pytest.mark.parametrize(("fault", "options"), NO_EFFECT)
async def test_a_session_that_is_proven_absent_is_opened_once_more(
    world: World, fault: str, options: dict[str, object]
) -> None:
    world.evo.fault(fault, "NewSession", **options)
    await world.opened()
    assert (len(world.evo.sessions()), world.posts("NewSession")) == (1, 2)


@pytest.mark.parametrize(
    ("theirs", "earlier"),
    [
        ({"display_name": "Another boiler"}, 0),
        ({"channel": Channel.FAX}, 0),
        ({"from_name": "Ben (Slack)"}, 0),
        ({}, 300),
    ],
)
async def test_what_is_surely_not_ours_is_not_adopted(world: World, theirs: dict[str, Any], earlier: float) -> None:
    """Another program opens something alike with the same login."""
    alike = {"channel": Channel.CHAT, "display_name": "Broken boiler", "from_name": "Anna (Slack)"}
    other = await world.client.new_session(NewSession(**(alike | theirs)))
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.jump(earlier)
    world.evo.fault("cut_before", "NewSession")
    session = await world.opened()
    assert (session.evo_id != other.id, world.posts("NewSession")) == (True, 3)


async def test_a_session_that_stands_in_a_thread_already_is_not_adopted(world: World) -> None:
    one = await world.opened()
    world.evo.fault("cut_before", "NewSession")
    two = await world.opened(n=2)
    assert (one.evo_id != two.evo_id, len(world.evo.sessions()), world.posts("NewSession")) == (True, 2, 3)


async def test_two_candidates_are_a_persons_to_choose_from(world: World) -> None:
    """Somebody else opened a session of the same name with the same login at the same moment."""
    world.evo.fault("cut_after", "NewSession", skip=1)
    await world.client.new_session(NewSession(channel=Channel.CHAT, display_name="Broken boiler"))
    key = await world.open()
    await world.session_when(key, lambda session: session.life is Life.FAILED)
    assert (len(world.evo.sessions()), world.posts("NewSession")) == (2, 2)


async def test_the_end_is_said_again_until_it_is_heard(world: World) -> None:
    session = await world.opened()
    world.evo.fault("cut_before", "EndSession")
    world.evo.fault("cut_after", "EndSession")
    await world.bridge.end(session.key, BY, SlackName(f"{TEAM}/end/1"))
    await world.session_when(session.key, lambda there: there.life is Life.ENDED)
    (end,) = world.store.read.items_of(session.key, Kind.END)
    await item_in(world, end, State.DELIVERED)


@pytest.mark.parametrize("retry_after", ["seconds", "date", "none"])
async def test_patience_is_obeyed_and_nothing_is_lost(world: World, retry_after: str) -> None:
    session = await world.opened()
    world.evo.fault("429", "SendMessage", seconds=30, retry_after=retry_after)
    names = [await world.say(session, text) for text in ("one", "two")]
    await world.item_when(names[-1], "delivered")
    times = [entry.at for entry in world.evo.journal(operation="SendMessage")]
    assert world.sent(session) == ["Ben: one", "Ben: two"]
    assert len(times) == 3
    assert retry_after == "none" or times[1] - times[0] > 28_000_000  # a date has whole seconds


async def test_what_is_said_while_evo_voice_is_down_goes_out_in_order(world: World) -> None:
    session = await world.opened()
    world.evo.fault("down", times=None)
    names = [await world.say(session, f"{n}") for n in range(10)]
    await until(lambda: world.reactions(names[0]), "a sign that it waits")
    world.evo.clear_faults()
    await world.item_when(names[-1], "delivered")
    assert world.sent(session) == [f"Ben: {n}" for n in range(10)]


async def test_an_expired_sign_in_is_renewed_and_nothing_is_lost(world: World) -> None:
    session = await world.opened()
    world.evo.expire_sign_ins()
    name = await world.say(session, "hello")
    await world.item_when(name, "delivered")
    assert world.sent(session) == ["Ben: hello"]


@pytest.mark.parametrize("moment", ["SendMessage", "GetChatTranscript"])
async def test_a_death_in_the_middle_loses_and_doubles_nothing(world: World, moment: str) -> None:
    session = await world.opened()
    world.evo.fault("slow", "SendMessage", seconds=30)
    name = await world.say(session, "hello")
    await until(lambda: len(world.sent(session)) == 1, "the effect")
    await world.die()
    world.evo.clear_faults()
    if moment == "GetChatTranscript":
        world.evo.fault("cut_before", "GetChatTranscript", times=3)
    world.start()
    await world.item_when(name, "delivered")
    assert (world.sent(session), world.posts("SendMessage")) == (["Ben: hello"], 1)


async def test_a_death_before_the_request_sends_it_once(world: World) -> None:
    """The mark is on the disk, the request is not out: the doubt is settled by looking."""
    session = await world.opened()
    await world.stop()
    name = await world.say(session, "hello")
    item = world.store.read.item_named(name)
    assert item is not None
    await world.store.write(lambda tx: tx.change_item(item.key, state="sending", attempts=1, sent_text="Ben: hello"))
    world.start()
    await world.item_when(name, "delivered")
    assert world.sent(session) == ["Ben: hello"]


async def test_what_another_bot_has_begun_is_in_its_hands_until_no_request_can_be_under_way_any_more(
    world: World,
) -> None:
    session, other = await world.opened(), await world.opened(chat("Other"), n=2)
    await world.stop()
    name, meanwhile = await world.say(session, "hello"), await world.say(other, "meanwhile")
    item = world.store.read.item_named(name)
    assert item is not None
    await world.store.write(lambda tx: tx.change_item(item.key, state="sending", attempts=1, sent_text="Ben: hello"))
    world.doubt_seconds = 60.0
    world.start()
    await world.item_when(meanwhile, "delivered")
    assert (world.store.read.item(item.key).state, world.sent(session)) == (State.SENDING, [])
    await world.stop()
    world.doubt_seconds = 0.0
    world.start()
    await world.item_when(name, "delivered")
    assert world.sent(session) == ["Ben: hello"]


async def test_a_stop_finishes_what_is_under_way(world: World) -> None:
    session = await world.opened()
    world.evo.fault("slow", "SendMessage", seconds=0.3)
    name = await world.say(session, "hello")
    await until(lambda: len(world.sent(session)) == 1)
    await world.stop()
    item = world.store.read.item_named(name)
    assert item is not None
    assert item.state is State.DELIVERED


async def test_one_session_in_trouble_does_not_hold_the_others_up(world: World) -> None:
    stuck, well = await world.opened(), await world.opened(chat("Other"), n=2)
    world.evo.fault("slow", "SendMessage", seconds=60)
    slow = await world.say(stuck, "slow")
    await until(lambda: world.posts("SendMessage") == 1)
    quick = await world.say(well, "quick")
    await world.item_when(quick, "delivered")
    item = world.store.read.item_named(slow)
    assert item is not None
    assert item.state is State.SENDING


async def test_what_waited_an_hour_is_not_sent_without_asking(world: World) -> None:
    session = await world.opened()
    await world.stop()
    name = await world.say(session, "hello")
    item = world.store.read.item_named(name)
    assert item is not None
    await world.store.write(lambda tx: tx.change_item(item.key, asked_at=item.asked_at - 3601))
    world.start()
    await world.item_when(name, "needs_person")
    assert world.sent(session) == []
    await world.bridge.answer(item.key, Answer.AGAIN, BY)
    await world.item_when(name, "delivered")


async def test_nothing_leaves_while_slack_cannot_say_who_asked(world: World) -> None:
    session = await world.opened(chat(emails=(Email("joe@example.com"),)))
    world.workspace._profiles.clear()
    world.slack.faults.order("users.info", "http_503", times=-1)
    name = await world.say(session, "hello")
    await until(lambda: len(world.slack.journal.calls("users.info")) > 2)
    assert world.sent(session) == []
    world.slack.faults.clear()
    await world.item_when(name, "delivered")


async def test_a_gate_that_learns_of_trouble_opens_again(world: World) -> None:
    """One caller tries at a time while nobody is there, and the state of things can be read."""
    gate = Gate(SystemClock(), asyncio.Event())
    with pytest.raises(NotSent):
        async with gate.passage():
            raise NotSent
    assert gate.trouble == "it is not reached"
    async with gate.passage() as may_go:
        assert may_go
    assert gate.trouble is None


async def test_time_in_which_nobody_could_look_does_not_settle_anything(world: World) -> None:
    """What was queued over there takes effect once it is back: two quick looks then prove nothing."""
    session = await world.opened()
    world.evo.fault("late", "SendMessage", seconds=2)
    world.evo.fault("503", "GetChatTranscript", times=None)
    name = await world.say(session, "hello")
    await world.item_when(name, "unknown")
    await asyncio.sleep(2 * world.settle)
    world.evo.clear_faults("GetChatTranscript")
    world.evo.advance(1.9)
    await world.item_when(name, "delivered")
    assert (world.sent(session), world.posts("SendMessage")) == (["Ben: hello"], 1)


async def test_two_openings_of_one_name_do_not_adopt_each_other(world: World) -> None:
    """Anna's answer is lost, Ben opens the same while she waits: neither may get the other's people."""
    world.evo.fault("cut_before", "NewSession")
    anna = await world.open()
    await until(lambda: world.posts("NewSession") == 1)
    ben = await world.open(by=BEN, n=2)
    for key in (anna, ben):
        await world.session_when(key, lambda session: session.life in {Life.ACTIVE, Life.FAILED})
    owners = {info.id: info.info["fromName"] for info in world.evo.sessions()}
    for key, name in ((anna, "Anna (Slack)"), (ben, "Ben (Slack)")):
        session = world.store.read.session(key)
        assert session.evo_id is None or owners[session.evo_id] == name


async def test_of_two_openings_in_doubt_that_look_alike_a_person_chooses(world: World) -> None:
    """Anna opens the same twice, with other people; nobody can tell whose the one is that came about."""
    world.evo.fault("cut_before", "NewSession")
    world.evo.fault("cut_after", "NewSession")
    keys = [await world.open(chat(emails=(Email(who),)), n=n) for n, who in enumerate((JOE, MIA), 1)]
    for key in keys:
        await world.session_when(key, lambda session: session.life in {Life.ACTIVE, Life.FAILED})
    invited = {info.id: info.hidden["memberEmailAddresses"] for info in world.evo.sessions()}
    for key, who in zip(keys, (JOE, MIA), strict=True):
        session = world.store.read.session(key)
        assert session.evo_id is None or invited[session.evo_id] == [who]


async def test_last_words_are_shown_when_the_bot_ends_the_session(world: World) -> None:
    session = await world.opened()
    await world.stop()
    world.feeding = False
    world.start()
    world.evo.hear(session.evo_id or "", "joe@example.com", "one more thing")
    await world.bridge.end(session.key, BY, SlackName(f"{TEAM}/end/1"))
    await until(lambda: len(world.thread(session)) == 2, "last words and the end")
    assert world.thread(session)[0] == "Joe Park: one more thing"


async def test_replies_to_a_session_that_is_given_up_are_refused_in_words(world: World) -> None:
    world.evo.fault("slow", "NewSession", seconds=1)
    world.evo.change_quirks(strict_binding=True)
    key = await world.open(chat(phones=(LEE,), first_message="Hi"))
    await until(lambda: world.store.read.session(key).thread_ts)
    name = await world.say(world.store.read.session(key), "hello?")
    await world.session_when(key, lambda session: session.life is Life.ACTIVE)
    await world.item_when(name, "delivered")

    world.evo.fault("429", "NewSession", times=None, retry_after="none")
    lost = await world.open(chat("Never"), n=2)
    await until(lambda: world.store.read.session(lost).thread_ts)
    waiting = await world.say(world.store.read.session(lost), "anybody?")
    (opening,) = world.store.read.items_of(lost, Kind.OPEN)
    await until(lambda: world.store.read.item(opening.key).attempts > 0)
    await world.stop()
    await world.store.write(lambda tx: tx.change_item(opening.key, state="refused"))
    world.evo.clear_faults()
    await world.bridge.answer(opening.key, Answer.LEAVE, BY)
    world.start()
    item = await world.item_when(waiting, "refused")
    assert "never opened" in item.reason


async def test_a_reply_does_not_wait_for_a_clock_that_was_set_back(world: World) -> None:
    session = await world.opened()
    await world.stop()
    assert session.thread is not None
    said = Said(session.thread, Ts(f"{session.created_at + 1:.6f}"), UserId(BEN), "hello")
    await world.relay(said)
    item = world.store.read.item_named(said.name())
    assert item is not None
    await world.store.write(lambda tx: tx.change_item(item.key, not_before=time.time() + 1800))
    world.start()
    await virtual.until(lambda: world.sent(session), "the reply", 120)
    assert world.sent(session) == ["Ben: hello"]


async def test_an_older_message_that_arrives_while_a_newer_one_waits_its_turn_goes_first(world: World) -> None:
    session = await world.opened()
    world.workspace._profiles.clear()
    world.slack.faults.order("users.info", "slow", seconds=0.5)
    assert session.thread is not None
    second = Said(session.thread, Ts(f"{session.created_at + 2:.6f}"), UserId(BEN), "hello")
    first = Said(session.thread, Ts(f"{session.created_at + 1:.6f}"), UserId(ANNA), "hello")
    await world.relay(second)
    await until(lambda: world.slack.journal.calls("users.info"))
    await world.relay(first)
    await world.item_when(second.name(), "delivered")
    assert world.sent(session) == ["Anna: hello", "Ben: hello"]


async def test_a_server_that_asks_for_no_patience_at_all_is_not_hammered(world: World) -> None:
    session = await world.opened()
    world.evo.fault("429", "SendMessage", times=2, seconds=0)
    name = await world.say(session, "hello")
    await world.item_when(name, "delivered")
    assert world.posts("SendMessage") == 3
    times = [entry.at for entry in world.evo.journal(operation="SendMessage")]
    assert times == sorted(times)


async def test_a_session_with_an_unusable_id_does_not_hide_the_end_of_another(world: World) -> None:
    odd, well = await world.opened(), await world.opened(chat("Other"), n=2)
    await world.store.write(lambda tx: tx.change_session(odd.key, evo_id="CHAT:A_1.x-7~Q"))
    world.evo.end(well.evo_id or "")
    await world.session_when(well.key, lambda session: session.life is Life.ENDED)


async def test_a_session_opened_under_an_unusable_id_is_said_to_be_and_not_opened_again(world: World) -> None:
    opened = world.evo._routes._handlers["NewSession"]

    def oddly(*given: object) -> object:
        return {**opened(*given), "id": "CHAT:A_1.x-7~Q"}  # type: ignore[arg-type, dict-item]  # as it comes, changed

    world.evo._routes._handlers["NewSession"] = oddly
    key = await world.open()
    await world.session_when(key, lambda session: session.life is Life.FAILED)
    (opening,) = world.store.read.items_of(key, Kind.OPEN)
    assert (opening.state, "Please end it there" in opening.reason) == (State.REFUSED, True)
    assert world.posts("NewSession") == 1
