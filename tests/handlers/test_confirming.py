"""Questions before money is spent, from the click to the store: who may say yes, to what, how often, and until when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import texts
from bot.model import (
    Actor,
    Answer,
    Answered,
    Deed,
    Item,
    Kind,
    Life,
    Phone,
    State,
    TeamId,
    UserId,
)
from bot.packing import unpack_invitee
from bot.policy import Phones, default_policy
from bot.views import confirm
from tests.handlers.world import CARD, TEAM, World, body, event, new_values, press, submission, world_in

ANA, JOE, MAX = UserId("U1"), UserId("U2"), UserId("U3")
TO = Phone("+15035550123", "US")
CLEARED = {"response_action": "clear"}
CAREFUL = replace(default_policy(), phones=Phones(second_person=True))
VOICE = {"selected_option": {"value": "Voice", "text": {"text": "Voice"}}}


@pytest.fixture
async def careful(tmp_path: Path) -> AsyncIterator[World]:
    """A house where a second person must say yes, whatever the switch for one person says."""
    async with world_in(tmp_path, confirm_phones=False, policy=CAREFUL) as made:
        yield made


def told(answer: Any) -> str:
    """What stands in the place of the question."""
    assert answer["response_action"] == "update"
    return str(answer["view"]["blocks"][0]["text"]["text"])


async def asked_in_form(world: World, view: str = "V1", user: str = ANA, **given: Any) -> dict[str, Any]:
    """A filled-in New session form whose question stands there."""
    filled = new_values(**{"f_members": "503 555 0123", **given})
    answer = body(await world.interact(submission("session_new", view, filled, user=user)))
    assert answer["response_action"] == "push"
    shown: dict[str, Any] = answer["view"]
    return shown


async def asked_in_thread(world: World, number: str = TO.e164, user: str = ANA, ts: str = "1700000001.000200") -> Item:
    """An invitation by mention, which waits for a yes."""
    if not world.sessions():
        await world.active_session()
    await world.thread(event(f"<@UBOT> invite {number}", ts=ts, user=user))
    item = world.items(Kind.INVITE)[-1]
    assert item.state is State.ASKED
    return item


async def check(world: World, item: Item, user: str = ANA) -> dict[str, Any]:
    """The modal that the button under a question opens."""
    before = len(world.opened())
    await world.interact(press("item_answer:yes", str(item.key), user=user, ts="9.9", thread=CARD))
    assert len(world.opened()) == before + 1
    return world.opened()[-1]


async def yes(world: World, asked: dict[str, Any], user: str = ANA, view: str = "V9") -> Any:
    return body(await world.interact(submission("session_confirm", view, {}, asked["private_metadata"], user=user)))


def state(world: World, item: Item) -> State:
    return world.store.read.item(item.key).state


async def later(world: World, seconds: float) -> None:
    """As if so much time had passed since everything was asked."""

    def work(tx: Any) -> None:
        tx._connection.execute("UPDATE item SET asked_at = asked_at - ? WHERE state = 'asked'", (seconds,))
        tx._connection.execute("UPDATE draft SET kept_at = kept_at - ?", (seconds,))

    await world.store.write(work)


def audited(world: World) -> list[tuple[str, str, str]]:
    """What was done about numbers, by whom, and to which (as a hash)."""
    rows = world.store.read._connection.execute("SELECT what, who, subject FROM audit ORDER BY key").fetchall()
    kinds = {Deed.CONFIRMED, Deed.APPROVED, Deed.DECLINED, Deed.EXPIRED}
    return [(row[0], row[1], row[2]) for row in rows if row[0] in kinds]


# In a form


async def test_a_form_is_carried_out_as_it_was_kept_whatever_the_click_says(world: World) -> None:
    asked = await asked_in_form(world)
    forged = submission("session_confirm", "V9", new_values(f_members="900 234 5678"), asked["private_metadata"])
    forged["view"]["blocks"] = []
    assert body(await world.interact(forged)) == CLEARED
    assert [unpack_invitee(item.body).phone for item in world.items(Kind.INVITE)] == [TO]
    assert audited(world) == [("confirmed", ANA, world.store.read.hashed(TO.e164))]


async def test_somebody_elses_form_is_not_carried_out(world: World) -> None:
    asked = await asked_in_form(world)
    assert told(await yes(world, asked, JOE)) == texts.NOT_YOURS
    assert world.items() == []
    assert await yes(world, asked, ANA) == CLEARED


async def test_a_form_is_good_for_five_minutes_and_not_for_a_second_more(world: World) -> None:
    asked = await asked_in_form(world)
    await later(world, 301)
    assert told(await yes(world, asked)) == texts.DRAFT_GONE
    assert world.items() == []
    in_time = await asked_in_form(world, "V2")
    await later(world, 290)
    assert await yes(world, in_time) == CLEARED


async def test_a_form_is_carried_out_once(world: World) -> None:
    asked = await asked_in_form(world)
    assert await yes(world, asked) == CLEARED
    assert told(await yes(world, asked)) == texts.ASKED_ALREADY
    assert [item.kind for item in world.items()] == [Kind.OPEN, Kind.INVITE]


async def test_of_two_questions_about_one_form_only_one_opens_a_session(world: World) -> None:
    first, second = await asked_in_form(world), await asked_in_form(world)
    assert [await yes(world, asked) for asked in (first, second)] == [CLEARED, CLEARED]
    assert len(world.sessions()) == 1


async def test_a_used_form_keeps_no_words(world: World) -> None:
    await yes(world, await asked_in_form(world, f_message="a secret"))
    assert world.store.read._connection.execute("SELECT body, used FROM draft").fetchall()[0][:] == ("{}", 1)


@pytest.mark.parametrize("metadata", ['{"token": "V1"}', '{"token": ""}', '{"token": "\' OR 1=1"}'])
async def test_a_made_up_question_finds_nothing(world: World, metadata: str) -> None:
    await asked_in_form(world)
    assert told(await yes(world, {"private_metadata": metadata})) == texts.DRAFT_GONE
    assert world.items() == []


async def test_the_question_shows_who_reads_replies_and_what_is_sent(world: World) -> None:
    world.door.house.account.name, world.door.house.account.id = "Acme", "acc-1"
    said = str(await asked_in_form(world, f_message="Hello <!channel>"))
    for part in (
        "+15035550123 (United States, a mobile phone or a fixed line)",
        "Session: “Boiler”",
        "your Evo Voice account (Acme)",
        "Ana: Hello <!channel>",
        "a thread in <#C1> (everybody in this workspace can read it)",
        "good for 5 min",
    ):
        assert part in said


# In a thread


async def test_the_button_shows_the_whole_number_to_its_presser_alone(world: World) -> None:
    item = await asked_in_thread(world)
    (post,) = world.store.read.posts_of_item(item.key)
    assert TO.e164 not in str(world.door.draw(post))  # the channel is public
    asked = await check(world, item)
    assert "+15035550123 (United States, a mobile phone or a fixed line)" in str(asked)
    assert state(world, item) is State.ASKED
    assert await yes(world, asked) == CLEARED
    assert state(world, item) is State.PENDING
    assert audited(world) == [("confirmed", ANA, world.store.read.hashed(TO.e164))]


async def test_nobody_else_is_shown_the_number_or_may_say_yes(world: World) -> None:
    item = await asked_in_thread(world)
    asked = await check(world, item)
    await world.interact(press("item_answer:yes", str(item.key), user=JOE, ts="9.9", thread=CARD))
    assert await world.hints() == [texts.NOT_YOURS]
    assert len(world.opened()) == 1
    assert told(await yes(world, asked, JOE)) == texts.QUESTION_CHANGED
    assert state(world, item) is State.ASKED


async def test_a_yes_is_to_what_was_shown_and_to_no_other_item(world: World) -> None:
    item = await asked_in_thread(world)
    other = await asked_in_thread(world, "503 555 0124", ts="1700000002.000200")
    mark = confirm.unpack((await check(world, item))["private_metadata"]).mark
    forged = confirm.pack(confirm.Question(item=other.key, mark=mark))
    assert told(await yes(world, {"private_metadata": forged})) == texts.QUESTION_CHANGED
    assert [state(world, each) for each in (item, other)] == [State.ASKED, State.ASKED]


async def test_a_question_that_is_asked_again_is_another_one(world: World) -> None:
    item = await asked_in_thread(world)
    old = await check(world, item)
    await later(world, 301)
    await world.door.bridge.expire()
    await world.interact(press("item_answer:again", str(item.key)))
    assert state(world, item) is State.ASKED
    assert told(await yes(world, old)) == texts.QUESTION_CHANGED
    assert await yes(world, await check(world, item)) == CLEARED


async def test_a_question_in_a_thread_is_over_after_five_minutes_and_says_so(world: World) -> None:
    item = await asked_in_thread(world)
    asked = await check(world, item)
    await later(world, 299)
    assert await world.door.bridge.expire() is False
    await later(world, 2)
    assert await world.door.bridge.expire() is True
    assert (state(world, item), world.store.read.item(item.key).reason) == (State.REFUSED, texts.NOT_ANSWERED)
    (post,) = world.store.read.posts_of_item(item.key)
    shown = world.door.draw(post)
    assert "was not invited: Nobody said yes in time, so nothing was sent." in shown.text
    assert "Ask again" in str(shown.blocks)
    assert told(await yes(world, asked)) == texts.TOO_LATE
    assert audited(world) == [("expired", "", world.store.read.hashed(TO.e164))]


async def test_a_late_yes_ends_the_question_though_nobody_looked(world: World) -> None:
    item = await asked_in_thread(world)
    await later(world, 301)
    await world.interact(press("item_answer:yes", str(item.key), ts="9.9", thread=CARD))
    assert await world.hints() == [texts.QUESTION_OVER]
    assert (state(world, item), world.opened()) == (State.REFUSED, [])


async def test_a_yes_that_is_late_by_a_second_changes_nothing(world: World) -> None:
    item, by = await asked_in_thread(world), Actor(TeamId(TEAM), ANA)
    await later(world, 301)
    assert await world.door.bridge.answer(item.key, Answer.YES, by) is Answered.EXPIRED
    assert state(world, item) is State.REFUSED


async def test_who_lost_the_right_while_the_question_stood_may_not_say_yes(world: World) -> None:
    item = await asked_in_thread(world)
    asked = await check(world, item)
    world.slack.users[ANA]["deleted"] = True
    world.door.workspace._profiles.clear()
    assert told(await yes(world, asked)) == texts.NO_PERSON
    assert state(world, item) is State.ASKED


# A second person


async def approved(world: World, item: Item, user: str = JOE) -> Any:
    return await yes(world, await check(world, item, user), user)


async def test_who_asked_cannot_approve_it(careful: World) -> None:
    item = await asked_in_thread(careful)
    await careful.interact(press("item_answer:yes", str(item.key), ts="9.9", thread=CARD))
    assert (await careful.hints(), careful.opened()) == ([texts.COLLEAGUE], [])
    by = Actor(TeamId(TEAM), ANA)
    assert await careful.door.bridge.answer(item.key, Answer.YES, by) is Answered.COLLEAGUE
    assert state(careful, item) is State.ASKED


async def test_a_colleague_approves_it_and_that_stays_known(careful: World) -> None:
    item = await asked_in_thread(careful)
    asked = await check(careful, item, JOE)
    assert "<@U1> asks for this, and somebody else must say yes." in str(asked)
    assert await yes(careful, asked, JOE) == CLEARED
    now = careful.store.read.item(item.key)
    assert (now.state, now.author, now.approved_by) == (State.PENDING, ANA, JOE)
    assert audited(careful) == [("approved", JOE, careful.store.read.hashed(TO.e164))]


async def test_a_colleague_may_decline_it(careful: World) -> None:
    item = await asked_in_thread(careful)
    await careful.interact(press("item_answer:no", str(item.key), user=JOE))
    assert state(careful, item) is State.WITHDRAWN
    (post,) = careful.store.read.posts_of_item(item.key)
    assert careful.door.draw(post).text.endswith("was not invited: A colleague declined.")
    assert audited(careful) == [("declined", JOE, careful.store.read.hashed(TO.e164))]


async def test_who_may_not_approve_does_neither(careful: World) -> None:
    item = await asked_in_thread(careful)
    for said in ("yes", "no"):
        await careful.interact(press(f"item_answer:{said}", str(item.key), user="UGUEST", ts="9.9", thread=CARD))
    assert (state(careful, item), careful.opened()) == (State.ASKED, [])
    assert await careful.hints() == [texts.GUEST, texts.GUEST]


async def test_the_question_in_the_thread_names_who_asked_and_who_must_answer(careful: World) -> None:
    item = await asked_in_thread(careful)
    (post,) = careful.store.read.posts_of_item(item.key)
    shown = careful.door.draw(post)
    assert "Somebody else who may approve that must say yes: <@U1> cannot." in shown.text
    assert all(label in str(shown.blocks) for label in ("Check and approve", "Decline"))


async def test_a_call_waits_on_its_card_for_a_colleague(careful: World) -> None:
    given = {"f_channel": VOICE, "f_members": "", "f_to": "503 555 0123"}
    asked = await asked_in_form(careful, **given)
    assert "After that a colleague must approve it." in str(asked)
    assert await yes(careful, asked) == CLEARED
    (opening,) = careful.items(Kind.OPEN)
    assert (opening.state, careful.store.read.lanes()) == (State.ASKED, [])
    card = careful.door.draw(careful.store.read.card_of(opening.session))
    assert "<@U1> wants to call +1 503 •••• 0123" in card.text
    assert "Somebody else who may approve that must say yes: <@U1> cannot." in card.text
    assert all(label in str(card.blocks) for label in ("Check and approve", "Decline"))
    assert await approved(careful, opening) == CLEARED
    now = careful.store.read.item(opening.key)
    assert (now.state, now.approved_by, careful.store.read.lanes()) == (State.PENDING, JOE, [opening.session])


async def test_a_call_that_nobody_approved_is_not_opened_and_can_be_asked_about_again(careful: World) -> None:
    await yes(careful, await asked_in_form(careful, f_channel=VOICE, f_members="", f_to="503 555 0123"))
    (opening,) = careful.items(Kind.OPEN)
    await later(careful, 301)
    await careful.door.bridge.expire()
    (session,) = careful.sessions()
    card = careful.door.draw(careful.store.read.card_of(session.key))
    assert session.life is Life.FAILED
    assert "Could not be created: Nobody said yes in time, so nothing was sent." in card.text
    assert "Ask again" in str(card.blocks)
    await careful.interact(press("item_answer:again", str(opening.key)))
    assert (state(careful, opening), careful.sessions()[0].life) == (State.ASKED, Life.OPENING)
    assert await approved(careful, opening) == CLEARED


async def test_a_call_that_was_declined_is_discarded(careful: World) -> None:
    await yes(careful, await asked_in_form(careful, f_channel=VOICE, f_members="", f_to="503 555 0123"))
    (opening,) = careful.items(Kind.OPEN)
    await careful.interact(press("item_answer:no", str(opening.key), user=JOE))
    assert (state(careful, opening), careful.sessions()[0].life) == (State.WITHDRAWN, Life.FAILED)


async def test_what_is_tried_again_needs_another_approval(careful: World) -> None:
    item = await asked_in_thread(careful)
    await approved(careful, item)
    await careful.store.write(lambda tx: tx.change_item(item.key, state="refused", attempts=1))
    await careful.interact(press("item_answer:again", str(item.key)))
    now = careful.store.read.item(item.key)
    assert (now.state, now.approved_by) == (State.ASKED, None)


async def test_the_first_message_waits_for_whom_it_is_for(careful: World) -> None:
    await yes(careful, await asked_in_form(careful, f_message="Hello"))
    (invited,), (words,) = careful.items(Kind.INVITE), careful.items(Kind.SAY)
    assert (invited.state, words.state) == (State.ASKED, State.ASKED)
    asked = await check(careful, invited, JOE)
    assert "Ana: Hello" in str(asked)
    assert await yes(careful, asked, JOE) == CLEARED
    invited, words = careful.store.read.item(invited.key), careful.store.read.item(words.key)
    assert (invited.state, words.state) == (State.PENDING, State.PENDING)
    assert (invited.position, invited.key) < (words.position, words.key)


async def test_a_first_message_for_nobody_is_not_sent_and_its_author_is_told(careful: World) -> None:
    await yes(careful, await asked_in_form(careful, f_message="Hello"))
    (invited,), (words,) = careful.items(Kind.INVITE), careful.items(Kind.SAY)
    await careful.interact(press("item_answer:no", str(invited.key), user=JOE))
    (post,) = careful.store.read.posts_of_item(words.key)
    assert careful.door.draw(post).text.endswith("Not sent: Nobody was invited whom it was for. It was: “Hello”.")


# Many clicks


@pytest.mark.parametrize("place", ["form", "thread"])
async def test_fifty_clicks_at_once_are_one_yes(world: World, place: str) -> None:
    asked = await asked_in_form(world) if place == "form" else await check(world, await asked_in_thread(world))
    users = [ANA if n % 2 else JOE for n in range(50)]
    answers = await asyncio.gather(*(yes(world, asked, user, f"V{n}") for n, user in enumerate(users)))
    assert answers.count(CLEARED) == 1
    assert [item.state for item in world.items(Kind.INVITE)] == [State.PENDING]
    assert [what for what, _, _ in audited(world)] == ["confirmed"]


async def test_yes_and_no_at_once_are_one_answer(world: World) -> None:
    item = await asked_in_thread(world)
    asked = await check(world, item)
    no = world.interact(press("item_answer:no", str(item.key)))
    await asyncio.gather(*(yes(world, asked) for _ in range(25)), no)
    assert len(audited(world)) == 1
    assert state(world, item) in {State.PENDING, State.WITHDRAWN}


async def test_after_a_restart_with_another_policy_that_one_judges_a_yes(tmp_path: Path) -> None:
    async with world_in(tmp_path) as world:
        form = await asked_in_form(world)
    async with world_in(tmp_path, policy=CAREFUL) as world:
        assert await yes(world, form) == CLEARED
        assert [(item.kind, item.state) for item in world.items()] == [
            (Kind.OPEN, State.PENDING), (Kind.INVITE, State.ASKED),
        ]  # fmt: skip


async def test_a_question_outlives_a_restart_and_is_still_good_once(tmp_path: Path) -> None:
    async with world_in(tmp_path) as world:
        form, item = await asked_in_form(world, "V7"), await asked_in_thread(world)
        asked = await check(world, item)
    async with world_in(tmp_path) as world:
        answers = [await yes(world, each, ANA, f"V{n}") for n in range(10) for each in (form, asked)]
        assert answers.count(CLEARED) == 2
        assert [item.state for item in world.items(Kind.INVITE)] == [State.PENDING, State.PENDING]
