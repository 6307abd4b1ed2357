"""Commands, typed after /session or in a thread: what they do, whom they find, and what who typed them is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.bridge import Wanted
from bot.model import (
    Actor,
    ChannelId,
    Email,
    EvoSessionId,
    Invitee,
    Kind,
    Life,
    Member,
    Mode,
    NewSessionRequest,
    Said,
    Session,
    SessionType,
    SlackName,
    State,
    TeamId,
    ThreadKey,
    Ts,
    UserId,
    name_of_message,
)
from bot.states import become
from bot.store.rows import pack_members
from bot.texts import NOTHING_OF_IT
from bot.views import sessions as views
from handlers.orders import carry_out
from tests.handlers.world import ANA, CARD, CHANNEL, JOE, TEAM, World, body, command, event

HOME = ThreadKey(TeamId(TEAM), ChannelId(CHANNEL), Ts(CARD))
HIDDEN = ChannelId("CSECRET")


async def asked(world: World, text: str, **more: str) -> str:
    """What /session says to who typed it."""
    return str(body(await world.send(command(text, **more))).get("text", ""))


async def a_session(
    world: World, evo_id: str, name: str = "Boiler", *, by: str = ANA, channel: str = CHANNEL, ts: str = "",
    type_: SessionType = SessionType.CHAT, life: Life = Life.ACTIVE, members: tuple[Member, ...] = (),
) -> Session:  # fmt: skip
    """A session with a thread of its own."""
    actor = Actor(TeamId(TEAM), UserId(by))
    request = NewSessionRequest(type_, name)
    key = await world.door.bridge.open(request, actor, ChannelId(channel), SlackName(f"{TEAM}/view/{evo_id}"))
    thread = ThreadKey(TeamId(TEAM), ChannelId(channel), Ts(ts or f"17000{key:05}.000100"))

    def work(tx: Any) -> None:
        tx.change_session(
            key, evo_id=EvoSessionId(evo_id), life=life, thread_ts=thread.ts, members=pack_members(members)
        )
        tx.add_link(thread, key, request.first_mode)
        tx.home_found(key, thread.ts)
        tx.change_item(tx.items_of(key, Kind.OPEN)[0].key, state=State.DELIVERED, evo_name=f"session:{evo_id}")

    await world.store.write(work)
    return world.store.read.session(key)


def private_channel(world: World, channel: str, *members: str) -> None:
    world.slack.channels[channel] = {"id": channel, "is_private": True, "is_member": True}
    world.slack.channel_members[channel] = list(members)


# Finding a session


async def test_a_session_is_found_by_the_beginning_of_its_id_its_name_and_its_thread(world: World) -> None:
    session = await a_session(world, "8f3a21bb", "Broken boiler", ts=CARD, channel="C0SALES")
    link = f"https://workshop.slack.com/archives/C0SALES/p{CARD.replace('.', '')}"
    for typed in ("8f3a21bb", "8f3a21", '"broken boiler"', '"boiler"', f"<{link}>", "last"):
        told = await asked(world, f"note {typed} look at this")
        assert told == "Noted in the thread of “Broken boiler”. It stays in Slack."
    notes = world.items(Kind.SAY)
    assert {(note.session, note.state) for note in notes} == {(session.key, State.KEPT)}


async def test_what_fits_two_sessions_is_not_guessed(world: World) -> None:
    await a_session(world, "8f3a21bb", "Boiler one")
    await a_session(world, "8f3a21cc", "Boiler two")
    for typed in ("8f3a21", '"boiler"'):
        told = await asked(world, f"end {typed}")
        assert told.startswith("2 sessions match")
        assert "Boiler one" in told
        assert "Boiler two" in told
    assert world.items(Kind.END) == []


async def test_nobody_finds_what_stands_in_a_channel_that_they_cannot_see(world: World) -> None:
    private_channel(world, HIDDEN, JOE)
    await a_session(world, "5ec2e700", "Merger", by=JOE, channel=HIDDEN)
    for text in ("end 5ec2e7", 'show "Merger"', "find Merger", "list all", "link 5ec2e700"):
        assert "Merger" not in (await asked(world, text)).replace("“Merger”", "")
    assert "Merger" in await asked(world, "find Merger", user_id=JOE)
    assert world.items(Kind.END) == []


async def test_whom_slack_does_not_tell_about_sees_nothing_of_others(world: World) -> None:
    private_channel(world, HIDDEN, ANA)
    await a_session(world, "5ec2e700", "Merger", by=JOE, channel=HIDDEN)
    world.slack.faults["conversations.members"] = "internal_error"
    assert "Merger" not in await asked(world, "list all")


# Lists


async def test_lists_are_mine_the_channels_and_all(world: World) -> None:
    await a_session(world, "aaaaaa01", "Mine")
    await a_session(world, "aaaaaa02", "Hers", by=JOE)
    await a_session(world, "aaaaaa03", "Elsewhere", by=JOE, channel="C3")
    world.slack.channels["C3"] = {"id": "C3", "is_member": True}
    names = {"list mine": {"Mine"}, "list": {"Mine", "Hers"}, "list all": {"Mine", "Hers", "Elsewhere"}}
    for text, expected in names.items():
        told = await asked(world, text)
        assert {name for name in ("Mine", "Hers", "Elsewhere") if name in told} == expected


async def test_lists_can_be_narrowed(world: World) -> None:
    await a_session(world, "aaaaaa01", "Chat on")
    await a_session(world, "aaaaaa02", "Call over", type_=SessionType.VOICE, life=Life.ENDED)
    assert [("Chat on" in told, "Call over" in told) for told in [
        await asked(world, "list mine active"), await asked(world, "list mine ended"),
        await asked(world, "list mine voice"), await asked(world, "list mine chat ended"),
    ]] == [(True, False), (False, True), (False, True), (False, False)]  # fmt: skip


async def test_an_empty_list_says_what_to_do(world: World) -> None:
    assert await asked(world, "list mine") == f"Your sessions\n{views.NONE}"
    await a_session(world, "aaaaaa03", "Alive")
    assert await asked(world, "list ended") == f"Your sessions\n{views.NONE_SUCH}"
    assert await asked(world, "find somebody else") == f"Found\n{views.NONE_FOUND}"


async def test_a_long_list_says_how_many_are_not_shown(world: World) -> None:
    for n in range(13):
        await a_session(world, f"bbbbbb{n:02}", f"Matter {n:02}")
    told = await asked(world, "list mine")
    assert (told.count("Matter"), "… and 3 more." in told) == (10, True)


async def test_a_number_finds_the_sessions_that_it_is_in(world: World) -> None:
    await a_session(world, "aaaaaa01", "With Lee", members=(Member("+15035550123", "Lee"),))
    await a_session(world, "aaaaaa02", "Without")
    told = await asked(world, "find +1 503 555 0123")
    assert ("With Lee" in told, "Without" in told) == (True, False)
    assert "With Lee" in await asked(world, "find lee")


# From anywhere


async def test_words_can_be_sent_from_anywhere(world: World) -> None:
    session = await a_session(world, "8f3a21bb")
    assert await asked(world, 'send 8f3a21bb "Hello &amp; welcome"') == (
        "On its way to “Boiler”. Its thread shows what became of it."
    )
    (item,) = world.items(Kind.SAY)
    assert (item.state, item.body, item.thread_ts) == (
        State.PENDING, {"text": "Hello &amp; welcome"}, session.thread_ts,
    )  # fmt: skip


async def test_words_that_are_typed_anew_are_not_sent_again(world: World) -> None:
    """Slack says that a command failed when its answer is late; it may have been stored all the same."""
    await a_session(world, "8f3a21bb")
    for trigger, told in (
        ("one", "On its way"),
        ("one", "On its way"),
        ("two", "You have sent these words to this session"),
    ):
        assert body(await world.send(command("send 8f3a21bb Hello", trigger_id=trigger)))["text"].startswith(told)
    assert len(world.items(Kind.SAY)) == 1
    await world.send(command("send 8f3a21bb Hello, again", trigger_id="three"))
    await world.store.write(lambda tx: become(tx, world.items(Kind.SAY)[0], State.WITHDRAWN))
    await world.send(command("send 8f3a21bb Hello", trigger_id="four"))
    assert [item.body["text"] for item in world.items(Kind.SAY)] == ["Hello", "Hello, again", "Hello"]


async def test_what_was_only_noted_can_be_sent(world: World) -> None:
    await a_session(world, "8f3a21bb")
    await world.send(command("note 8f3a21bb Hello", trigger_id="one"))
    told = body(await world.send(command("send 8f3a21bb Hello", trigger_id="two")))["text"]
    assert told.startswith("On its way")
    assert [item.state for item in world.items(Kind.SAY)] == [State.KEPT, State.PENDING]


async def test_a_call_takes_no_text(world: World) -> None:
    await a_session(world, "8f3a21bb", type_=SessionType.VOICE)
    assert "`/session note` keeps it" in await asked(world, "send 8f3a21bb hello")
    assert world.items(Kind.SAY) == []


@pytest.mark.parametrize(
    ("words", "kind"),
    [("end", Kind.END), ("hold", Kind.HOLD), ("resume", Kind.RESUME), ("kick joe@example.com", Kind.KICK)],
)
async def test_a_session_can_be_run_from_anywhere_and_in_its_thread(world: World, words: str, kind: Kind) -> None:
    members = (Member("joe@example.com", "Joe"),)
    await a_session(world, "8f3a21bb", ts=CARD, type_=SessionType.VOICE, members=members)
    verb, _, rest = words.partition(" ")
    assert await asked(world, f"{verb} {rest} {'in:' if rest else ''}8f3a21bb") == (
        "Under way for “Boiler”. Its thread shows what becomes of it."
    )
    await world.thread(event(f"<@UBOT> {words}"))
    assert [item.kind for item in world.items(kind)] == [kind] * (1 if kind is Kind.END else 2)


async def test_what_is_over_cannot_be_changed(world: World) -> None:
    await a_session(world, "8f3a21bb", life=Life.ENDED)
    for text in (
        "end 8f3a21bb",
        "invite joe@example.com in:8f3a21bb",
        "send 8f3a21bb hello",
        "kick joe@x.com in:8f3a21bb",
    ):
        assert await asked(world, text) == "This session is over already. Nothing was done."
    assert world.items(Kind.END, Kind.INVITE, Kind.SAY, Kind.KICK) == []


# Rights


@pytest.mark.parametrize(
    "words",
    ["mode notes", "unlink", "move to:<#C2|x>", "link 8f3a21bb", "list", "find x", "show this", "me", "followup"],
)
async def test_a_guest_may_do_none_of_it(world: World, words: str) -> None:
    session = await a_session(world, "8f3a21bb", ts=CARD)
    await world.thread(event(f"<@UBOT> {words}", user="UGUEST"))
    assert await world.hints() == ["Guests of this workspace may not use sessions. Ask a full member to do it for you."]
    (link,) = world.store.read.links_in(HOME)
    assert (link.session, link.mode) == (session.key, Mode.RELAY)


@pytest.mark.parametrize("words", ['end "boiler"', "invite joe@example.com in:8f3a21", 'send in:"boiler" hello'])
async def test_a_guest_does_not_hear_which_sessions_there_are(world: World, words: str) -> None:
    for n in (1, 2):
        await a_session(world, f"8f3a21b{n}", f"Boiler {n}", by=JOE, channel="C3")
    world.slack.channels["C3"] = {"id": "C3", "is_member": True}
    await world.thread(event(f"<@UBOT> {words}", user="UGUEST"))
    assert await world.hints() == ["Guests of this workspace may not use sessions. Ask a full member to do it for you."]


# Me


async def test_who_i_am_is_told_and_can_be_changed(world: World) -> None:
    world.contacts.append({"displayName": "Ana Ruiz", "address": "user:42", "type": "User", "canChat": True})
    assert (await asked(world, "me")).startswith("You are sent as *Ana*.\nThat is your Slack name.")
    told = await asked(world, "me link user:42")
    assert told.startswith("You are sent as *Ana Ruiz*.\nYou have said that you are `user:42`")
    assert (await asked(world, "me unlink")).startswith("You are sent as *Ana*.")


async def test_my_address_at_evo_voice_is_found_by_my_e_mail(world: World) -> None:
    world.contacts.append({"displayName": "Ana R", "address": "user:ana@example.com", "type": "User", "canChat": True})
    assert "as `user:ana@example.com`" in await asked(world, "me")


async def test_nobody_is_linked_to_somebody_whom_nobody_knows(world: World) -> None:
    world.contacts.append({"displayName": "Ana Ruiz", "address": "user:42", "type": "User", "canChat": True})
    assert await asked(world, "me link user:43") == (
        "No user of Evo Voice that I can see is `user:43`. Nothing was changed."
    )
    assert world.store.read.person(TeamId(TEAM), UserId(ANA)).evo_name is None


async def test_status_says_what_is_wrong(world: World) -> None:
    assert await asked(world, "status") == "All is well: Slack and Evo Voice are connected."
    world.door.troubles = lambda: ["Evo Voice: not reachable"]
    assert await asked(world, "status") == "Not everything is well:\n• Evo Voice: not reachable"


# In a thread that is not linked


@pytest.mark.parametrize("words", ["end", "invite joe@example.com", "send hello", "kick joe@example.com", "hold"])
async def test_a_thread_without_a_session_is_told_so(world: World, words: str) -> None:
    await world.thread(event(f"<@UBOT> {words}"))
    (told,) = await world.hints()
    assert told.startswith("This thread is not linked to a session, so nothing was done.")


async def test_the_disk_that_takes_nothing_is_said(world: World) -> None:
    await a_session(world, "8f3a21bb")
    world.store._writer._connection.execute("PRAGMA query_only = 1")
    assert await asked(world, "end 8f3a21bb") == "I could not store this, so nothing was done. Please try again."


# Why


async def test_who_sees_a_session_is_told_why_and_nobody_else(world: World) -> None:
    private_channel(world, HIDDEN, JOE)
    session = await a_session(world, "5ec2e700", "Merger", by=JOE, channel=HIDDEN)
    thread = world.store.read.threads_of(session.key)[0]
    ts = Ts("1700000200.000100")
    await world.door.bridge.relay(Said(thread, ts, UserId(JOE), "to the other side"))
    key = world.items(Kind.SAY)[0].key
    assert await asked(world, f"why ref {key}") == await asked(world, "why ref 999") == NOTHING_OF_IT
    assert (await asked(world, f"why {key}", user_id=JOE)).startswith(
        f"*A message*: “to the other side” · ref {key}\n"
        "Nothing stands against it: it is sent as soon as Evo Voice can be reached. Nothing need be done yet.\n"
    )


async def test_why_in_a_thread_tells_what_waits_or_failed_there(world: World) -> None:
    session = await a_session(world, "8f3a21bb", ts=CARD)
    for n, text in enumerate(("first", "second")):
        await world.door.bridge.relay(Said(HOME, Ts(f"170000010{n}.000100"), UserId(ANA), text))
    first, second = world.items(Kind.SAY)
    await world.store.write(lambda tx: become(tx, first, State.WITHDRAWN))
    wanted = Wanted("why", Said(HOME, Ts("1700000200.000100"), UserId(ANA), "why"), session)
    told = await carry_out(world.door, wanted)
    assert told is not None
    assert (f"ref {first.key}" in told.text, f"ref {second.key}" in told.text) == (False, True)


async def test_why_with_a_link_finds_what_that_message_became_and_only_for_who_reads_there(world: World) -> None:
    world.door.house = replace(world.door.house, slack_url="https://workshop.slack.com/")
    private_channel(world, HIDDEN, JOE)
    session = await a_session(world, "5ec2e700", "Merger", by=JOE, channel=HIDDEN)
    thread = world.store.read.threads_of(session.key)[0]
    said, order = Ts("1700000200.000100"), Ts("1700000300.000100")
    await world.door.bridge.relay(Said(thread, said, UserId(JOE), "to the other side"))
    by, name = Actor(TeamId(TEAM), UserId(JOE)), name_of_message(thread.team, thread.channel, order)
    await world.door.bridge.invite(session.key, [Invitee(email=Email("lee@example.com"))], by, name)

    def link(ts: str) -> str:
        at = f"p{ts.replace('.', '')}?thread_ts={thread.ts}&cid={HIDDEN}"
        return f"why https://workshop.slack.com/archives/{HIDDEN}/{at}"

    heads = [(await asked(world, link(ts), user_id=JOE)).partition("\n")[0] for ts in (said, order)]
    reply, invitation = world.items(Kind.SAY)[0].key, world.items(Kind.INVITE)[0].key
    assert heads == [f"*A message*: “to the other side” · ref {reply}", f"*An invitation* · ref {invitation}"]
    assert "to the other side" not in await asked(world, link(said))
