"""Somebody of whom everything was deleted: what was asked for before does not reach them; what is asked anew does."""

from __future__ import annotations

from bot.model import Actor, Email, Invitee, Kind, Phone, SlackName, State, UserId
from bot.packing import pack_invitee
from bot.texts import ASKED_BEFORE
from sandbox.slack.seeds import ANNA
from tests.helpers import chat, until
from tests.world import World

NUMBER = Phone("+15035550177", "US")


async def test_an_invitation_from_before_its_person_was_forgotten_never_leaves(world: World) -> None:
    """However it came to be in the file: from a backup, or from a life in which nobody had asked for that."""
    session = await world.opened(chat(emails=()))
    before = world.clock.now()
    identity = world.store.read.hashed(NUMBER.e164)
    await world.store.write(lambda tx: tx.forget(identity, before + 1))
    await world.store.write(
        lambda tx: tx.add_item(
            session=session.key, kind=Kind.INVITE, state=State.PENDING, slack_name=SlackName("late"),
            channel=session.channel, thread_ts=session.thread_ts, author=UserId(ANNA), position="1",
            body=pack_invitee(Invitee(phone=NUMBER), None), now=before,
        )
    )  # fmt: skip
    world.wake()
    item = await world.item_when(SlackName("late"), State.REFUSED)
    assert (item.reason, world.posts("InviteChatMember")) == (ASKED_BEFORE, 0)


async def test_an_address_is_forgotten_too_and_may_be_asked_for_anew(world: World) -> None:
    session = await world.opened(chat(emails=()))
    who = Email("joe@example.com")
    identity = world.store.read.hashed(who.address)
    await world.store.write(lambda tx: tx.forget(identity, world.clock.now()))
    by = Actor(session.team, UserId(ANNA))
    await world.bridge.invite(session.key, [Invitee(email=who)], by, SlackName(f"{session.team}/view/V7"))
    await until(lambda: world.posts("InviteChatMember") == 1, "the invitation")
    await until(
        lambda: any(member.name == "Joe Park" for member in world.store.read.session(session.key).members),
        "them among the members",
    )
