"""Link session, from opening to the store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot import texts
from bot.model import ChannelId, History, Kind, Link, Mode, Role, Session, TeamId, ThreadKey, Ts
from bot.texts import NOT_IN_CHANNEL, NOT_SEEN, OTHER_SLACK
from bot.views import link
from bot.views.about import About, Choice
from bot.views.link import Begun, Look, Unseen
from bot.views.transcript import Saying
from handlers.modals.choosing import UNKNOWN
from handlers.modals.link import ALREADY
from handlers.seeing import NO_MESSAGE
from tests.handlers.world import CARD, World, body, break_disk, choose, chosen, submission, suggestion, values

CHANNEL = ChannelId("C1")
HERE = About(CHANNEL, Ts("1700000005.000100"))
THREAD = ThreadKey(TeamId("T1"), CHANNEL, Ts("1700000005.000100"))
URL = "https://slack.com/"
LOOK = Look("From elsewhere", None, over=False, members=(), lines=1, first=[Saying(0, "Lee", "Hello")])


def wrong(**errors: str) -> dict[str, Any]:
    return {"response_action": "errors", "errors": errors}


def labels(answer: dict[str, Any]) -> list[str]:
    return [option["text"]["text"] for group in answer.get("option_groups", []) for option in group["options"]]


def filled(evo_id: str = "e1", **given: Any) -> dict[str, Any]:
    return values({"l_session": chosen(evo_id), "l_mode": chosen("relay"), "l_history": chosen("none")} | given)


async def submitted(world: World, given: dict[str, Any], about: About = HERE, **more: Any) -> Any:
    return body(await world.interact(submission("session_link", "V9", given, about.pack(), **more)))


def shown(session: Session, *threads: ThreadKey) -> Look:
    return Look(session.name, session.type, over=False, members=session.members, lines=0, first=[], threads=threads)


async def foreign(world: World, channel: str = "C3") -> Session:
    """A session of somebody else's in a channel that Ana cannot see."""
    world.slack.channels[channel] = {"id": channel, "is_member": True, "is_private": True}
    return await world.another_session(3, channel, "U2")


# While it is filled in


async def test_a_session_that_is_known_is_shown_at_once(world: World) -> None:
    session = await world.active_session()
    view = link.form(HERE, Begun(), None, URL)
    await world.interact(choose(view, "l_session", chosen("e1", "Boiler")["selected_option"]))
    begun = Begun(Choice("e1", "Boiler"), shown(session, ThreadKey(TeamId("T1"), CHANNEL, Ts(CARD))))
    assert world.redrawn() == [link.form(HERE, begun, None, URL)]


async def test_a_session_that_only_evo_voice_knows_is_shown_when_it_answers(world: World) -> None:
    asked = []

    async def peek(evo_id: str) -> Look:
        asked.append(evo_id)
        return LOOK

    world.door.peek = peek
    await world.interact(choose(link.form(HERE, Begun(), None, URL), "l_session", chosen("e77")["selected_option"]))
    await world.door.drain()
    assert asked == ["e77"]
    looks = [link.form(HERE, Begun(Choice("e77", "e77"), look), None, URL) for look in (Unseen.LOOKING, LOOK)]
    assert world.redrawn() == looks


async def test_nobody_is_shown_what_they_may_not_see(world: World) -> None:
    await foreign(world)
    await world.interact(choose(link.form(HERE, Begun(), None, URL), "l_session", chosen("e3")["selected_option"]))
    await world.door.drain()
    assert world.redrawn() == [link.form(HERE, Begun(Choice("e3", "e3"), Unseen.NOBODY), None, URL)]


async def test_the_list_finds_by_name_by_link_and_takes_an_id(world: World) -> None:
    await world.active_session()
    await foreign(world)
    for query, found in {
        "boil": ["Boiler"],
        "Nr.": [],
        "https://evo.example/sessions/e1": ["Boiler"],
        "https://evo.example/sessions/abc123456": ["abc123456"],
        "abc123456": ["abc123456"],
        "https://acme.slack.com/archives/C0SALES/p1700000000000100": [],
    }.items():
        assert labels(body(await world.interact(suggestion(query, "l_session", HERE.pack())))) == found, query


async def test_a_link_to_a_thread_finds_its_session(world: World) -> None:
    world.slack.channels["C0SALES"] = {"id": "C0SALES", "is_member": True}
    await world.another_session(2, "C0SALES", "U2", thread_ts="1700000000.000100")
    thread = ThreadKey(TeamId("T1"), ChannelId("C0SALES"), Ts("1700000000.000100"))
    await world.store.write(lambda tx: tx.add_link(thread, tx.session_of("e2").key))
    url = "https://acme.slack.com/archives/C0SALES/p1700000000000100"
    assert labels(body(await world.interact(suggestion(url, "l_session", HERE.pack())))) == ["Nr. 2"]


# Submitted


@pytest.mark.parametrize("clicks", [1, 2])
async def test_a_thread_shows_a_session_from_then_on(world: World, clicks: int) -> None:
    session = await world.active_session()
    for _ in range(clicks):
        answer = await submitted(world, filled(l_mode=chosen("mention")))
        assert answer in ({}, wrong(l_session=ALREADY))
    assert world.store.read.links_in(THREAD) == [Link(THREAD, session.key, Role.TARGET, Mode.MENTION)]
    assert len(world.store.read.links_of(session.key)) == 2
    assert len(world.store.read.cards_of(session.key)) == 2


async def test_a_session_that_only_evo_voice_knows_is_read_first(world: World) -> None:
    assert await submitted(world, filled("e77", l_history=chosen("all"))) == {}
    (item,) = world.items(Kind.LINK)
    assert item.body == {"history": History.ALL, "mode": Mode.RELAY}
    assert world.store.read.session_in(THREAD).evo_id == "e77"


async def test_moved_here_it_leaves_the_threads_that_showed_it(world: World) -> None:
    session = await world.active_session()
    assert await submitted(world, filled(l_move={"selected_options": [{"value": "move"}]})) == {}
    links = world.store.read.links_of(session.key)
    assert {(one.thread, one.role) for one in links} == {
        (ThreadKey(TeamId("T1"), CHANNEL, Ts(CARD)), Role.MOVED),
        (THREAD, Role.TARGET),
    }
    assert world.store.read.session(session.key).thread == THREAD


async def test_a_thread_that_is_not_known_is_asked_for(world: World) -> None:
    world.door.house = replace(world.door.house, slack_url="https://acme.slack.com/")
    world.slack.channels["C0SALES"] = {"id": "C0SALES", "is_member": True}
    session = await world.active_session()
    about, url = About(CHANNEL), "https://acme.slack.com/archives/C0SALES/p1700000007000100"
    assert await submitted(world, filled(l_thread=url), about) == {}
    thread = ThreadKey(TeamId("T1"), ChannelId("C0SALES"), Ts("1700000007.000100"))
    assert world.store.read.session_in(thread).key == session.key


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", link.NO_THREAD),
        ("here", link.BAD_THREAD),
        ("https://other.slack.com/archives/C0SALES/p1700000007000100", OTHER_SLACK),
        ("https://acme.slack.com/archives/C0HIDDEN/p1700000007000100", NOT_SEEN),
        ("https://acme.slack.com/archives/C0AWAY/p1700000007000100", NOT_IN_CHANNEL),
        ("https://acme.slack.com/archives/C0SALES/p1700000009000100", NO_MESSAGE),
    ],
)
async def test_a_thread_that_cannot_be_is_said_under_its_field(world: World, typed: str, why: str) -> None:
    world.door.house = replace(world.door.house, slack_url="https://acme.slack.com/")
    world.slack.channels["C0SALES"] = {"id": "C0SALES", "is_member": True}
    world.slack.gone.add("1700000009.000100")
    world.slack.channels["C0AWAY"] = {"id": "C0AWAY", "is_member": False}
    world.slack.channels["C0HIDDEN"] = {"id": "C0HIDDEN", "is_member": True, "is_private": True}
    session = await world.active_session()
    assert await submitted(world, filled(l_thread=typed), About(CHANNEL)) == wrong(l_thread=why)
    assert len(world.store.read.links_of(session.key)) == 1


@pytest.mark.parametrize(
    ("evo_id", "user", "why"),
    [
        ("e3", "U1", UNKNOWN),
        ("my", "U1", "This is no id that Evo Voice could have given."),
        ("e1", "UGUEST", "Guests of this workspace may not use sessions. Ask a full member to do it for you."),
        ("e1", "UNOBODY", texts.CANNOT_CHECK),
    ],
)
async def test_what_may_not_be_linked_is_said_under_the_session(world: World, evo_id: str, user: str, why: str) -> None:
    await world.active_session()
    await foreign(world)
    assert await submitted(world, filled(evo_id), user=user) == wrong(l_session=why)
    assert world.store.read.links_in(THREAD) == []


async def test_where_the_bot_is_not_nothing_is_linked(world: World) -> None:
    await world.active_session()
    about = About(ChannelId("C2"), Ts("1700000005.000100"))
    assert await submitted(world, filled(), about) == wrong(l_session=NOT_IN_CHANNEL)


async def test_a_form_without_a_session_stays_open(world: World) -> None:
    assert await submitted(world, values({})) == wrong(l_session=link.NO_SESSION)


async def test_what_cannot_be_stored_is_said_and_nothing_is_lost(world: World) -> None:
    await world.active_session()
    break_disk(world)
    assert await submitted(world, filled()) == wrong(l_session=texts.NOT_STORED)
