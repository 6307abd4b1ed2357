"""`/session admin …`: who may, what it does, what they are told; and what forms say while everything is stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import texts
from bot.model import Actor, Kind, Session, State, TeamId, UserId
from bot.policy import Budgets, Who, default_policy
from bot.views import home
from bot.views.home import office
from handlers.home.office import for_administrators
from tests.handlers.world import (
    ANA,
    JOE,
    TEAM,
    World,
    body,
    command,
    event,
    home_opened,
    new_values,
    press_home,
    submission,
    values,
    world_in,
)

LEE = "+15035550123"
ONLY_ADMINISTRATORS = "Only administrators may do this. The policy file lists them under [admins]."
STOPPED = texts.STOPPED_NOW.format(why=" (a wrong list)")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Ana is an administrator; phones are not asked about."""
    admins, budgets = Who(users=frozenset({ANA})), Budgets(user_minute=2)
    policy = replace(default_policy(), admins=admins, budgets=budgets)
    async with world_in(tmp_path, confirm_phones=False, policy=policy) as made:
        yield made


async def active(world: World) -> Session:
    """A session whose opening has been answered."""
    session = await world.active_session()
    (opening,) = world.items(Kind.OPEN)
    await world.store.write(lambda tx: tx.change_item(opening.key, state=State.DELIVERED, evo_name="session:e1"))
    return session


async def said(world: World, words: str, user: str = ANA) -> str:
    return str(body(await world.send(command(words, user_id=user))).get("text"))


async def test_an_administrator_stops_everything_and_lets_it_go_on(world: World) -> None:
    told = [await said(world, f"admin {words}") for words in ("panic a wrong list", "panic", "resume", "resume")]
    assert told == [texts.STOPPED_NEWS, texts.STOPPED_ALREADY, texts.GOES_ON_NEWS, texts.NOT_STOPPED]


@pytest.mark.parametrize("words", ["panic now", "resume", "lift +15035550123", "policy", "audit"])
async def test_nobody_else_may(world: World, words: str) -> None:
    told = await said(world, f"admin {words}", user=JOE)
    assert told == ONLY_ADMINISTRATORS
    assert world.store.read.stop() is None


async def test_a_number_is_lifted_in_any_spelling(world: World) -> None:
    number = world.store.read.hashed(LEE)
    for spelling in ("+1 503 555 0123", "(503) 555-0123", "<tel:+15035550123|+1 503 555 0123>", "+15035550123"):
        await world.store.write(lambda tx: tx.opt_out(number, "+1 503 •••• 0123", "STOP", None, 1.0))
        assert await said(world, f"admin lift {spelling}") == texts.LIFTED.format(what="the STOP of +1 503 •••• 0123")
    told = [await said(world, f"admin lift {words}") for words in (LEE, "", "Lee", "+1 503")]
    assert told == [texts.NOT_LIFTED, texts.LIFT_WHAT, texts.LIFT_WHAT, texts.NOT_LIFTED]


@pytest.mark.parametrize(
    "words",
    ['chat "Boiler" member:joe@acme.com', "invite +15035550123 in:last", "send last hello"],
)
async def test_commands_say_that_everything_is_stopped_and_store_nothing(world: World, words: str) -> None:
    await active(world)
    before = len(world.items())
    await said(world, "admin panic a wrong list")
    told = await said(world, words)
    forms = [str(view) for view in world.opened()]
    assert any("is stopped by an administrator" in text for text in [told, *forms]), (told, forms)
    assert len(world.items()) == before


async def test_forms_say_it_under_a_field_and_store_nothing(world: World) -> None:
    session = await active(world)
    before = len(world.items())
    await said(world, "admin panic a wrong list")
    answer = body(await world.interact(submission("session_new", "V9", new_values())))
    assert answer == {"response_action": "errors", "errors": {"f_name": STOPPED}}
    assert (len(world.items()), session.life) == (before, "active")


async def test_what_is_left_of_a_limit_is_said_under_the_phones_before_anything_is_stored(world: World) -> None:
    three = "+12025550101\n+12025550102\n+12025550103"
    answer = body(await world.interact(submission("session_new", "V9", new_values(f_members=three))))
    assert answer == {
        "response_action": "errors",
        "errors": {
            "f_members": "This would reach 3 outside phones at once, and the limit is 2 within a minute. Choose fewer."
        },
    }
    assert world.sessions() == []


async def test_a_reply_meanwhile_is_kept_for_a_person_and_its_author_is_told(world: World) -> None:
    await active(world)
    await said(world, "admin panic")
    await world.thread(event("hello"))
    (reply,) = world.items(Kind.SAY)
    assert (reply.state, await world.hints()) == (State.NEEDS_PERSON, [texts.STOPPED_REPLY])


async def test_the_audit_is_shown_whole_or_of_somebody_or_something(world: World) -> None:
    await active(world)
    await said(world, "invite joe@acme.com in:last")
    told = [await said(world, f"admin audit{about}") for about in ("", " <@U2>", " joe@acme.com", " Boiler", " nobody")]
    assert [text.partition("\n")[0] for text in told] == [
        "*Audit*", "*Audit: @Joe*", "*Audit: joe@acme.com*", "*Audit: Boiler*", texts.AUDIT_WHAT,
    ]  # fmt: skip
    assert ["asked: invite" in text for text in told] == [True, False, True, True, False]


@pytest.mark.parametrize(
    ("words", "end"),
    [
        ("<@U2> end", "✅ *So: allowed.*"),
        ("<@U2|joe> reply", "✅ *So: allowed.*"),
        ("<@UGUEST> reply", "🚫 *So: refused.*"),
        ("<@U2> invite +15035550123", "✅ *So: allowed.*"),
        ("<@U2> invite <tel:+445035550123|+44 7911 123456>", "🚫 *So: refused.*"),
        ("<@U2> chat in <#C1|sales>", "✅ *So: allowed.*"),
        ("<@U2> end others", "🚫 *So: refused.*"),
    ],
)
async def test_the_policy_is_tried_on_somebody(world: World, words: str, end: str) -> None:
    told = str(body(await world.send(command(f"admin policy test {words}"))))
    assert end in told, told


async def test_the_policy_is_shown_and_what_cannot_be_tried_is_said(world: World) -> None:
    told = [await said(world, f"admin policy{words}") for words in ("", " test", " test <@U2> fly", " test Joe reply")]
    assert "members use sessions" in told[0]
    assert told[1] == texts.POLICY_WHAT
    assert told[2].startswith("“fly” is no action.")
    assert told[3].startswith("“Joe” is nobody")


# From the Home


async def open_home(world: World, user: str = ANA) -> str:
    world.homes.opened(home_opened(user))
    return str((await world.home(user))["blocks"])


async def stop_from_home(world: World, why: str, user: str = ANA) -> str:
    answer = body(await world.interact(submission(home.STOP_CALLBACK, "V1", values({home.WHY: why}), user=user)))
    assert answer["response_action"] == "update"
    return str(answer["view"]["blocks"][0]["text"]["text"])


async def test_an_administrator_has_an_office_in_their_home_and_others_have_none(world: World) -> None:
    await active(world)
    assert "*Active sessions:* 1" in await open_home(world)
    assert office.OFFICE not in await open_home(world, JOE)


async def test_who_cannot_be_checked_sees_no_office(world: World) -> None:
    await open_home(world)
    world.slack.faults["users.info"] = "internal_error"
    world.door.workspace._profiles.clear()
    assert await for_administrators(world.door, Actor(TeamId(TEAM), UserId(ANA))) is None


async def test_everything_is_stopped_and_goes_on_from_the_home(world: World) -> None:
    assert "Stop everything" in await open_home(world)
    await world.interact(press_home(home.STOP, "stop"))
    (form,) = world.opened()
    assert form["callback_id"] == home.STOP_CALLBACK
    assert [await stop_from_home(world, "a wrong list") for _ in "ab"] == [texts.STOPPED_NEWS, texts.STOPPED_ALREADY]
    stop = world.store.read.stop()
    assert stop is not None
    assert (stop.who, stop.why) == (ANA, "a wrong list")
    await world.home(then=lambda view: home.RESUME in str(view["blocks"]))
    for _ in "ab":
        await world.interact(press_home(home.RESUME, "resume"))
    assert [view["blocks"][0]["text"]["text"] for view in world.opened()[1:]] == [texts.GOES_ON_NEWS, texts.NOT_STOPPED]
    assert world.store.read.stop() is None


async def test_policy_and_audit_open_from_the_home_as_the_commands_tell_them(world: World) -> None:
    await said(world, "admin panic a wrong list")
    told = [body(await world.send(command(f"admin {topic}")))["blocks"] for topic in ("policy", "audit")]
    for action in (home.POLICY, home.AUDIT):
        await world.interact(press_home(action, "x"))
    assert [view["blocks"] for view in world.opened()] == told


@pytest.mark.parametrize("action", [home.POLICY, home.AUDIT, home.STOP, home.RESUME])
async def test_nobody_else_presses_a_button_of_the_office(world: World, action: str) -> None:
    await said(world, "admin panic a wrong list")
    await world.interact(press_home(action, "x", user=JOE))
    (view,) = world.opened()
    assert view["blocks"][0]["text"]["text"] == ONLY_ADMINISTRATORS
    assert world.store.read.stop() is not None


async def test_nobody_else_submits_the_stop(world: World) -> None:
    assert await stop_from_home(world, "for fun", user=JOE) == ONLY_ADMINISTRATORS
    assert world.store.read.stop() is None
