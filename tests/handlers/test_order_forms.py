"""What lacks something opens its modal, filled with what was typed, with what is wrong under its field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot import texts
from bot.model import ChannelId, History, Kind, Member, Session, TeamId, ThreadKey, Ts
from bot.store.rows import pack_members
from bot.views import invite, link, move, remove
from bot.views.about import About, Choice
from bot.views.link import Unseen
from handlers.modals.link import look_at
from handlers.seeing import NO_MESSAGE
from tests.handlers.world import CARD, World, body, command, event, press

CHANNEL = ChannelId("C1")
NOWHERE = About(CHANNEL)
URL = "https://slack.com/"
JOE = Member("joe@example.com", "Joe")
BAD_NUMBER = (
    "“555-01” is not a complete phone number for US. Include the area code, or start with + and the country code."
)


def here(session: Session) -> About:
    return About(CHANNEL, Ts(CARD), session.key)


async def typed(world: World, text: str) -> Any:
    """After /session, which has a trigger and no thread."""
    return body(await world.send(command(text)))


async def button(world: World, text: str) -> None:
    """In a thread, and then on the button that stands for it."""
    await world.thread(event(f"<@UBOT> {text}", ts=f"1700000001.000{sum(text.encode())}"))
    await world.door.drain()
    hint = world.slack.asked("chat.postEphemeral")[-1]
    (form,) = [one for block in hint["blocks"] if block["type"] == "actions" for one in block["elements"]]
    assert form["text"]["text"] == "Open the form"
    await world.interact(press(form["action_id"], form["value"], thread=CARD, ts="1.2"))


async def session_with_joe(world: World) -> Session:
    session = await world.active_session()
    await world.store.write(lambda tx: tx.change_session(session.key, members=pack_members([JOE])))
    return world.store.read.session(session.key)


async def test_people_who_cannot_be_read_stand_in_the_field_and_nobody_is_invited(world: World) -> None:
    await world.active_session()
    assert await typed(world, 'invite joe@x.com, <@U2>, 555-01 in:"Boiler" callerid:12') == {}
    (view,) = world.opened()
    said = {
        "i_people": BAD_NUMBER,
        "i_callerid": BAD_NUMBER.replace("555-01", "12"),
    }
    begun = invite.Begun(people="joe@x.com\n555-01", users=("U2",), caller_id="12", said=said)
    (session,) = world.sessions()
    assert view == invite.form(About(CHANNEL, None, session.key), session, begun)
    assert world.items(Kind.INVITE) == []


async def test_an_invitation_into_nothing_asks_for_the_session(world: World) -> None:
    await typed(world, "invite joe@x.com")
    assert world.opened() == [invite.form(NOWHERE, None, invite.Begun(people="joe@x.com"))]


async def test_a_session_that_nobody_knows_is_said_under_its_field(world: World) -> None:
    await typed(world, 'move "Nope"')
    begun = move.Begun(said={"m_session": "No session that you can see is “Nope”. Choose it here."})
    assert world.opened() == [move.form(NOWHERE, None, begun)]


async def test_a_removal_asks_for_what_it_lacks(world: World) -> None:
    session = await session_with_joe(world)
    await typed(world, "kick joe@example.com")
    await typed(world, 'kick joe in:"Boiler"')
    why = "“joe” is neither an e-mail address nor a phone number."
    assert world.opened() == [
        remove.form(NOWHERE, None, (), remove.Begun()),
        remove.form(About(CHANNEL, None, session.key), session, [JOE], remove.Begun(said={"r_member": why})),
    ]


async def test_a_move_begins_with_what_was_typed(world: World) -> None:
    session = await world.active_session()
    await typed(world, "move to:<#C0SALES|sales>")
    await typed(world, "move to:#sales")
    await typed(world, 'move "Boiler" to:here')
    which = {"m_channel": "I cannot tell which channel “#sales” is. Choose it here."}
    nowhere = {"m_link": "Say where to: a channel, or a link to a message."}
    assert world.opened() == [
        move.form(NOWHERE, None, move.Begun(channel=ChannelId("C0SALES"))),
        move.form(NOWHERE, None, move.Begun(said=which)),
        move.form(About(CHANNEL, None, session.key), session, move.Begun(link="here", said=nowhere)),
    ]


async def test_a_link_begins_with_the_session_and_shows_it(world: World) -> None:
    session = await world.active_session()
    await typed(world, 'link "Boiler" history:24h')
    begun = link.Begun(Choice("e1", "Boiler"), look_at(world.door, session, None), history=History.DAY)
    assert world.opened() == [link.form(NOWHERE, begun, None, URL)]


async def test_a_link_to_what_only_evo_voice_knows_looks_there(world: World) -> None:
    await typed(world, "link abcd1234 thread:xx")
    said = {"l_thread": "“xx” is no link to a Slack message. Choose Copy link in the message's menu."}
    begun = link.Begun(Choice("abcd1234", "abcd1234"), Unseen.LOOKING, "xx", said=said)
    assert world.opened() == [link.form(NOWHERE, begun, None, URL)]


async def test_in_a_thread_a_button_opens_it(world: World) -> None:
    session = await session_with_joe(world)
    await button(world, "kick")
    await button(world, "move")
    await button(world, "link")
    await button(world, "invite")
    assert world.opened() == [
        remove.form(here(session), session, [JOE], remove.Begun()),
        move.form(here(session), session, move.Begun()),
        link.form(About(CHANNEL, Ts(CARD)), link.Begun(), session, URL),
        invite.form(here(session), session, invite.Begun()),
    ]
    assert (await world.hints())[0] == (
        "Say whom to remove: a phone number, an e-mail address or somebody from Slack. Nothing was done."
    )


async def test_in_a_thread_whoever_could_be_read_is_invited_all_the_same(world: World) -> None:
    await world.active_session()
    await world.thread(event("<@UBOT> invite joe@x.com, 555-01"))
    assert [item.reason for item in world.items(Kind.INVITE)] == ["", BAD_NUMBER]


async def test_a_guest_gets_no_form(world: World) -> None:
    told = body(await world.send(command("invite", user_id="UGUEST")))["text"]
    assert told == "Guests of this workspace may not use sessions. Ask a full member to do it for you."
    assert world.opened() == []


async def test_a_session_that_is_over_gets_no_form(world: World) -> None:
    await world.active_session(life="ended")
    assert (await typed(world, 'invite in:"Boiler"'))["text"] == "This session is over already. Nothing was done."
    assert world.opened() == []


async def test_too_late_is_said(world: World) -> None:
    world.slack.faults["views.open"] = "expired_trigger_id"
    assert (await typed(world, "invite"))["text"] == texts.TOO_SLOW


# A thread that is not linked


@pytest.mark.parametrize("words", ["end", "unlink", "mode notes", "send hello"])
async def test_a_thread_that_is_not_linked_offers_two_ways_out(world: World, words: str) -> None:
    await world.thread(event(f"<@UBOT> {words}"))
    await world.door.drain()
    (hint,) = world.slack.asked("chat.postEphemeral")
    buttons = [one for block in hint["blocks"] if block["type"] == "actions" for one in block["elements"]]
    assert [(one["text"]["text"], one["action_id"]) for one in buttons] == [
        ("Link a session", "thread_link"),
        ("New session here", "order_form"),
    ]
    await world.interact(press("thread_link", buttons[0]["value"], thread=CARD, ts="1.2"))
    assert world.opened() == [link.form(About(CHANNEL, Ts(CARD)), link.Begun(), None, URL)]
    await world.interact(press("order_form", buttons[1]["value"], thread=CARD, ts="1.2"))
    assert world.opened()[-1]["callback_id"] == "session_new"


async def test_a_guest_links_nothing(world: World) -> None:
    await world.interact(press("thread_link", CARD, user="UGUEST", thread=CARD, ts="1.2"))
    assert world.opened() == []
    assert len(await world.hints()) == 1


# A link that leads nowhere


async def test_nothing_is_brought_to_where_no_message_is_any_more(world: World) -> None:
    """What stands there already can be settled all the same."""
    world.door.house = replace(world.door.house, slack_url="https://acme.slack.com/")
    world.slack.channels["C0SALES"] = {"id": "C0SALES", "is_member": True}
    world.slack.gone.add("1700000009.000100")
    session = await world.active_session()
    url = "https://acme.slack.com/archives/C0SALES/p1700000009000100"
    for words in (f'link "Boiler" thread:{url}', f'move "Boiler" to:{url}'):
        assert (await typed(world, words))["text"] == NO_MESSAGE
    assert len(world.store.read.links_of(session.key)) == 1
    thread = ThreadKey(TeamId("T1"), ChannelId("C0SALES"), Ts("1700000009.000100"))
    await world.store.write(lambda tx: tx.add_link(thread, session.key))
    await typed(world, f"unlink thread:{url}")
    assert len(world.store.read.links_of(session.key)) == 1
