"""What the courier does when nothing goes wrong, and when somebody says no."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.counts import PHONE, REFUSALS
from bot.model import (
    Actor,
    Email,
    File,
    Invitee,
    Life,
    Phone,
    Said,
    SessionKey,
    SlackName,
    State,
    TeamId,
    Ts,
    UserId,
    name_of_message,
)
from bot.phones import PhoneRules
from bot.texts import NOT_CHECKED, NOT_LISTED
from sandbox.slack.seeds import ANNA, BEN, CARLA, GONE, GUEST, STRANGER, SUPPORT, TEAM
from tests.helpers import chat, until
from tests.world import World

LEE = Phone("+15035550123", "US")
IN_PARTS = "(53 text parts; the limit is 8,000 characters)"


async def test_a_session_gets_its_card_and_its_people(world: World) -> None:
    session = await world.opened(chat(emails=(Email("joe@example.com"), Email("kim@nowhere.example")), phones=(LEE,)))
    await until(lambda: world.invitations(session.key)[0].state is State.DELIVERED)
    (opened,) = world.evo.effects(kind="opened")
    assert opened.detail == {
        "login": "bot@example.com",
        "channel": "Chat",
        "displayName": "Broken boiler",
        "fromName": "Anna (Slack)",
        "memberEmailAddresses": ["joe@example.com", "kim@nowhere.example"],
    }
    assert [effect.detail["identity"] for effect in world.evo.effects(session.evo_id, "invited")] == [LEE.e164]
    assert world.store.read.session(session.key).missing == ("kim@nowhere.example",)
    await until(lambda: "kim@nowhere.example was not added" in world.card(session), "the card")


async def test_the_first_message_leaves_after_the_invitations(world: World) -> None:
    session = await world.opened(chat(phones=(LEE,), first_message="Hi there"))
    await until(lambda: world.sent(session))
    kinds = [effect.kind.value for effect in world.evo.effects(session.evo_id)]
    assert (kinds, world.sent(session)) == (["opened", "invited", "sent"], ["Anna: Hi there"])


async def test_replies_leave_in_order_with_their_authors_and_are_ticked(world: World) -> None:
    session = await world.opened()
    names = [await world.say(session, f"line {n}", by=BEN if n % 2 else ANNA) for n in range(12)]
    await world.item_when(names[-1], "delivered")
    assert world.sent(session) == [f"{'Ben' if n % 2 else 'Anna'}: line {n}" for n in range(12)]
    await until(lambda: all(world.reactions(name) == ["white_check_mark"] for name in names), "twelve ticks")


async def test_what_slack_wrote_becomes_plain_text(world: World) -> None:
    session = await world.opened()
    name = await world.say(
        session, f"*Hi* <@{BEN}> :wave: see <https://a.example|our page> in <#{SUPPORT}> &amp; &lt;tell&gt;"
    )
    await world.item_when(name, "delivered")
    assert world.sent(session) == ["Ben: Hi @Ben 👋 see our page (https://a.example) in #support & <tell>"]


async def test_other_peoples_words_come_into_the_thread_once(world: World) -> None:
    session = await world.opened()
    world.evo.hear(session.evo_id or "", "joe@example.com", "hello <!channel>")
    await until(lambda: world.thread(session), "the line")
    await world.item_when(await world.say(session, "hello back"), "delivered")
    await until(lambda: len(world.evo.journal(operation="GetChatTranscript")) > 8)
    assert world.thread(session) == ["Joe Park: hello &lt;!channel&gt;"]


@pytest.mark.parametrize("by", [GUEST, STRANGER, GONE, "U0NOBODY"])
async def test_who_may_not_is_told_and_nothing_leaves(world: World, by: str) -> None:
    session = await world.opened()
    assert session.thread is not None
    said = Said(
        session.thread, Ts(await world.slack.say(ANNA, SUPPORT, "x", session.thread.ts)), UserId(by), "let me in"
    )
    await world.relay(said)
    item = await world.item_when(said.name(), "refused")
    assert (world.sent(session), bool(item.reason)) == ([], True)
    await until(lambda: any(item.reason.split(".")[0] in text for text in world.thread(session)), "the refusal")


async def test_whom_slack_does_not_know_may_not(world: World) -> None:
    session = await world.opened()
    assert session.thread is not None
    said = Said(session.thread, Ts("1700000001.000100"), UserId("U0NOBODY99"), "let me in")
    await world.relay(said)
    item = await world.item_when(said.name(), "refused")
    assert (world.sent(session), item.reason) == ([], NOT_CHECKED)


async def test_a_country_that_was_taken_off_the_list_since_is_not_texted(world: World) -> None:
    """The bridge has let the number pass; it is checked again when the invitation leaves."""
    session = await world.opened()
    await world.stop()
    await _invite(world, session.key, [Invitee(phone=LEE)])
    world.house = replace(world.house, phones=PhoneRules(frozenset({"CA"})))
    world.start()
    counted = world.house.counts.counter
    await until(lambda: counted(REFUSALS)[PHONE,], "the refusal to be counted")
    assert (world.invitations(session.key)[0].state, counted(REFUSALS)[PHONE,]) == (State.REFUSED, 1)
    assert world.posts("InviteChatMember") == 0


async def test_a_second_person_who_may_not_any_more_counts_for_nothing(world: World) -> None:
    """They had said yes; it is checked again when the invitation leaves."""
    session = await world.opened()
    await world.stop()
    await _invite(world, session.key, [Invitee(phone=LEE)])
    (item,) = world.invitations(session.key)
    await world.store.write(lambda tx: tx.change_item(item.key, approved_by=GUEST))
    world.start()
    await until(lambda: world.invitations(session.key)[0].state is State.REFUSED, "the refusal")
    assert world.posts("InviteChatMember") == 0


async def test_a_guest_opens_nothing(world: World) -> None:
    key = await world.open(by=GUEST)
    await world.session_when(key, lambda session: session.life is Life.FAILED)
    assert world.posts("NewSession") == 0


async def test_a_slack_member_is_invited_by_e_mail(world: World) -> None:
    world.evo.reseed(_with_ben(world))
    session = await world.opened()
    people = [Invitee(slack_user=UserId(BEN)), Invitee(slack_user=UserId(CARLA))]
    await _invite(world, session.key, people)
    await until(lambda: all(item.state in {"delivered", "refused"} for item in world.invitations(session.key)))
    ben, carla = world.invitations(session.key)
    assert (ben.state, carla.state, "e-mail" in carla.reason) == (State.DELIVERED, State.REFUSED, True)
    assert [effect.detail["identity"] for effect in world.evo.effects(session.evo_id, "invited")] == [
        "ben@workshop.example"
    ]


async def test_who_is_in_the_session_already_is_not_invited_again(world: World) -> None:
    session = await world.opened()
    await _invite(world, session.key, [Invitee(email=Email("joe@example.com"))])
    await until(lambda: world.invitations(session.key)[0].state is State.DELIVERED)
    assert (world.posts("InviteChatMember"), world.invitations(session.key)[0].reason) == (
        0,
        "was in the session already",
    )


async def test_an_invitation_that_changed_nothing_is_told_as_such(world: World) -> None:
    session = await world.opened()
    await _invite(world, session.key, [Invitee(email=Email("kim@nowhere.example"))])
    await until(lambda: world.invitations(session.key)[0].state is State.DELIVERED)
    assert world.invitations(session.key)[0].reason == NOT_LISTED


async def test_a_definite_no_is_shown_with_the_servers_words(world: World) -> None:
    session = await world.opened()
    world.feeding = False
    world.evo.change_quirks(longest_body=10)
    name = await world.say(session, "this is too long for the server")
    item = await world.item_when(name, "refused")
    assert ("Evo Voice said" in item.reason, world.sent(session)) == (True, [])
    await until(lambda: world.reactions(name) == ["x"], "the cross")


async def test_the_end_closes_the_thread_after_what_was_said_before(world: World) -> None:
    session = await world.opened()
    names = [await world.say(session, f"{n}") for n in range(3)]
    actor = Actor(TeamId(TEAM), UserId(ANNA))
    await world.bridge.end(
        session.key, actor, name_of_message(actor.team, session.channel, session.thread_ts or Ts(""))
    )
    await world.session_when(session.key, lambda there: there.life is Life.ENDED)
    late = await world.say(session, "too late")
    assert (await world.item_when(late, "refused")).reason.startswith("This session has ended")
    assert world.sent(session) == ["Ben: 0", "Ben: 1", "Ben: 2"]
    assert [world.store.read.item_named(name).state for name in names] == ["delivered"] * 3  # type: ignore[union-attr]  # it is there


async def test_an_end_from_the_other_side_is_told(world: World) -> None:
    session = await world.opened()
    world.evo.hear(session.evo_id or "", "joe@example.com", "bye")
    world.evo.end(session.evo_id or "")
    await until(lambda: len(world.thread(session)) == 2, "last words and the end")
    over = "This session has ended. Replies here are no longer sent. It lasted 1 s."
    assert world.thread(session) == ["Joe Park: bye", over]


async def test_a_file_is_named_when_it_cannot_go(world: World) -> None:
    session = await world.opened()
    assert session.thread is not None
    ts = Ts(await world.slack.say(BEN, SUPPORT, "see this", session.thread.ts))
    said = Said(session.thread, ts, UserId(BEN), "see this", (File("offer.pdf"),))
    await world.relay(said)
    await world.item_when(said.name(), "delivered")
    await until(lambda: any("offer.pdf" in text for text in world.thread(session)), "the file's name")
    assert world.sent(session) == ["Ben: see this"]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({}, "Too long by 6 characters (the limit is 8,000 characters). Nothing was sent."),
        ({"phones": (LEE,)}, f"Too long by 6 characters {IN_PARTS}. Nothing was sent."),
        ({"to": LEE}, f"Too long by 6 characters {IN_PARTS}. Nothing was sent."),
    ],
)
async def test_a_reply_that_is_too_long_is_refused_with_its_parts_where_a_phone_would_get_it(
    world: World, asked: dict[str, Any], why: str
) -> None:
    session = await world.opened(chat(**asked))
    for invitation in world.invitations(session.key):
        await world.item_when(invitation.slack_name, "delivered")
    refused = await world.item_when(await world.say(session, "a" * 8001), "refused")
    assert (refused.reason, world.sent(session)) == (why, [])


async def _invite(world: World, session: SessionKey, people: list[Invitee]) -> None:
    by = Actor(TeamId(TEAM), UserId(ANNA))
    await world.bridge.invite(session, people, by, SlackName(f"{TEAM}/view/VI"), confirmed=True)


def _with_ben(world: World) -> object:
    seeds = world.evo.seeds()
    user = replace(seeds.users[0], id="e0000000000000000000ben", email="ben@workshop.example", name="Ben Berger")
    return replace(seeds, users=(*seeds.users, user))
