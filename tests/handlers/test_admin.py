"""`/session admin …`: who may, what it does, what they are told; and what forms say while everything is stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import texts
from bot.model import Kind, Session, State
from bot.policy import Budgets, Who, default_policy
from tests.handlers.world import ANA, JOE, World, body, command, event, new_values, submission, world_in

LEE = "+15035550123"
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
    assert told == "Only administrators may do this. The policy file lists them under [admins]."
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
