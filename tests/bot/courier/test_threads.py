"""Sessions and threads: linked, moved, several to one, what is said in one of them in all the others."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace
from typing import Any

from bot.bridge.threads import by_word
from bot.evo import Channel, NewSession
from bot.model import (
    Actor,
    Answer,
    Answered,
    EvoSessionId,
    History,
    Life,
    Said,
    Session,
    SessionType,
    SlackName,
    State,
    ThreadKey,
    Ts,
    UserId,
)
from sandbox.slack.seeds import ANNA, BEN, PRIVATE
from tests.helpers import a_session, chat, until
from tests.world import World


async def elsewhere(world: World, name: str = "Old matter", **said: str) -> str:
    """A session that nobody opened from Slack, with what was said in it; returns its id at Evo Voice."""
    new = NewSession(channel=Channel.CHAT, display_name=name, member_email_addresses=("joe@example.com",))
    info = await world.client.new_session(new)
    for who, text in said.items():
        world.evo.hear(info.id, f"{who}@example.com", text)
    return info.id


def linked(world: World, thread: ThreadKey) -> Session | None:
    return world.store.read.session_in(thread)


async def when_linked(world: World, thread: ThreadKey, life: Life = Life.ACTIVE) -> Session:
    await until(
        lambda: (there := linked(world, thread)) and there.life is life, f"the thread to show one that is {life}"
    )
    found = linked(world, thread)
    assert found is not None
    return found


def home(session: Session) -> ThreadKey:
    assert session.thread is not None
    return session.thread


# Linking


async def test_a_session_that_was_opened_elsewhere_comes_into_a_thread(world: World) -> None:
    evo_id = await elsewhere(world, joe="Is anybody there?")
    thread = await world.a_thread()
    assert await world.order(f"link {evo_id} history:all", thread) == [
        "I am looking for that session at Evo Voice. A card in the thread says what came of it."
    ]
    session = await when_linked(world, thread)
    assert (session.name, session.type, session.evo_id, session.thread) == (
        "Old matter", SessionType.CHAT, evo_id, thread,
    )  # fmt: skip
    await until(lambda: len(world.under(thread)) == 2, "the card and what was said")
    assert world.under(thread)[1].endswith("Is anybody there?")


async def test_replies_in_a_linked_thread_reach_the_session_and_answers_come_back(world: World) -> None:
    evo_id = await elsewhere(world)
    thread = await world.a_thread()
    await world.order(f"link {evo_id}", thread)
    await world.item_when(await world.write("hello", thread), "delivered")
    session = await when_linked(world, thread)
    assert world.sent(session) == ["Ben: hello"]
    world.evo.hear(evo_id, "joe@example.com", "hello yourself")
    await until(lambda: any("hello yourself" in text for text in world.under(thread)), "the answer")


async def test_without_history_what_was_said_before_does_not_come_into_the_thread(world: World) -> None:
    evo_id = await elsewhere(world, joe="long ago")
    thread = await world.a_thread()
    await world.order(f"link {evo_id}", thread)
    await when_linked(world, thread)
    world.evo.hear(evo_id, "joe@example.com", "just now")
    await until(lambda: any("just now" in text for text in world.under(thread)), "the news")
    assert not any("long ago" in text for text in world.under(thread))


async def test_a_session_that_evo_voice_does_not_know_is_not_linked_and_nothing_is_sent(world: World) -> None:
    thread = await world.a_thread()
    await world.order("link nosuchsession", thread)
    session = await when_linked(world, thread, Life.FAILED)
    item = await world.item_when(await world.write("hello", thread), "refused")
    assert (item.reason, world.evo.effects(kind="sent")) == ("This session was never opened.", [])
    assert session.evo_id == "nosuchsession"


async def test_a_link_that_failed_can_be_tried_again(world: World) -> None:
    evo_id = await elsewhere(world)
    thread = await world.a_thread()
    await world.order(f"link {evo_id}", thread)
    session = await when_linked(world, thread)
    await world.store.write(lambda tx: tx.change_session(session.key, life=Life.FAILED))
    await world.order(f"link {evo_id}", thread)
    await when_linked(world, thread)


async def test_reading_is_simply_repeated(world: World) -> None:
    evo_id = await elsewhere(world, joe="once")
    thread = await world.a_thread()
    world.evo.fault("cut_after", "GetChatTranscript")
    await world.order(f"link {evo_id} history:all", thread)
    await when_linked(world, thread)
    await until(lambda: len(world.under(thread)) == 2, "the card and what was said")


# Several threads


async def two_threads(world: World) -> tuple[Session, ThreadKey, ThreadKey]:
    session = await world.opened()
    second = await world.a_thread(channel=PRIVATE)
    await world.order(f"link {session.evo_id}", second, ANNA)
    return session, home(session), second


async def test_what_is_written_in_one_thread_stands_in_the_other_and_is_sent_once(world: World) -> None:
    session, first, second = await two_threads(world)
    await world.item_when(await world.write("from the first", first), "delivered")
    await world.item_when(await world.write("from the second", second, ANNA), "delivered")
    await until(lambda: "Ben: from the first" in str(world.under(second)), "the mirror in the second")
    await until(lambda: "Anna: from the second" in str(world.under(first)), "the mirror in the first")
    assert world.sent(session) == ["Ben: from the first", "Anna: from the second"]
    assert sum("from the first" in text for text in world.under(first)) == 0


async def test_what_the_other_side_says_stands_in_each_thread_once(world: World) -> None:
    session, first, second = await two_threads(world)
    world.evo.hear(session.evo_id or "", "joe@example.com", "hello all")
    for thread in (first, second):
        await until(lambda thread=thread: sum("hello all" in text for text in world.under(thread)) == 1, "the line")


async def test_notes_stay_in_their_thread(world: World) -> None:
    session, first, second = await two_threads(world)
    await world.item_when(await world.write("note: careful", first), "kept")
    await world.item_when(await world.write("hello", first), "delivered")
    await until(lambda: "hello" in str(world.under(second)), "the mirror")
    assert "careful" not in str(world.under(second))
    assert world.sent(session) == ["Ben: hello"]


async def test_a_thread_that_is_linked_later_can_show_what_both_sides_have_said(world: World) -> None:
    session = await world.opened()
    await world.item_when(await world.write("first", home(session)), "delivered")
    world.evo.hear(session.evo_id or "", "joe@example.com", "second")
    await until(lambda: "second" in str(world.under(home(session))), "the answer")
    late = await world.a_thread()
    await world.order(f"link {session.evo_id} history:all", late)
    await until(lambda: len(world.under(late)) == 3, "a card and two lines")
    assert [text.split(": ")[-1].split(" · ")[0] for text in world.under(late)[1:]] == ["first", "second"]


async def test_after_unlinking_nothing_goes_either_way(world: World) -> None:
    session, first, second = await two_threads(world)
    await world.order("unlink", second, ANNA)
    assert world.store.read.threads_of(session.key) == [first]
    before = len(world.evo.effects(kind="sent"))
    await world.write("into the void", second, ANNA)
    world.evo.hear(session.evo_id or "", "joe@example.com", "only for the first")
    await until(lambda: "only for the first" in str(world.under(first)), "the line")
    assert len(world.evo.effects(kind="sent")) == before
    assert "only for the first" not in str(world.under(second))


# Moving


async def test_a_session_that_moves_leaves_a_pointer_and_goes_on_there(world: World) -> None:
    session = await world.opened()
    old = home(session)
    await world.order(f"move this to:<#{PRIVATE}|private>", old, ANNA)
    session = await world.session_when(session.key, lambda there: there.channel == PRIVATE and there.thread_ts)
    new = home(session)
    assert "Anna moved this session to another channel." in str(world.under(old))
    before = len(world.slack.ephemerals(BEN))
    await world.write("still here?", old)
    await world.threads._door.drain()
    assert "went on in" in world.slack.ephemerals(BEN)[before]["text"]
    await world.item_when(await world.write("hello", new, ANNA), "delivered")
    world.evo.hear(session.evo_id or "", "joe@example.com", "there you are")
    await until(lambda: "there you are" in str(world.under(new)), "the answer")
    assert world.sent(session) == ["Anna: hello"]
    assert "there you are" not in str(world.under(old))


# Several sessions in one thread


async def test_a_thread_with_two_sessions_sends_to_one_and_hears_both(world: World) -> None:
    first = await world.opened()
    thread = home(first)
    other = await elsewhere(world, "Second matter")
    await world.order(f"link {other}", thread)
    second = await when_linked(world, thread)
    assert second.evo_id == other
    await world.item_when(await world.write("for the second", thread), "delivered")
    await world.item_when(await world.write(f"to:{first.evo_id} for the first", thread), "delivered")
    await world.order(f"switch {first.evo_id}", thread)
    await world.item_when(await world.write("for the first again", thread), "delivered")
    assert (world.sent(first), world.sent(second)) == (
        ["Ben: for the first", "Ben: for the first again"],
        ["Ben: for the second"],
    )
    world.evo.hear(str(first.evo_id), "joe@example.com", "one")
    world.evo.hear(other, "joe@example.com", "two")
    await until(lambda: all(f": {word}" in str(world.under(thread)) for word in ("one", "two")), "both")
    heard = sorted(text for text in world.under(thread) if text.endswith((": one", ": two")))
    assert heard == ["Joe Park · Chat “Broken boiler”: one", "Joe Park · Chat “Second matter”: two"]


async def test_when_the_chosen_one_is_unlinked_nobody_guesses_another(world: World) -> None:
    first = await world.opened()
    thread = home(first)
    await world.order(f"link {await elsewhere(world)}", thread)
    await when_linked(world, thread)
    await world.order("unlink", thread)
    before = len(world.slack.ephemerals(BEN))
    await world.write("who gets this?", thread)
    await world.threads._door.drain()
    assert "Nothing was sent" in world.slack.ephemerals(BEN)[before]["text"]
    assert world.evo.effects(kind="sent") == []


def test_a_word_for_two_sessions_names_none() -> None:
    one, two = (
        replace(a_session(), evo_id=EvoSessionId("8f3a21aa")),
        replace(a_session(), evo_id=EvoSessionId("8f3a21bb")),
    )
    fax = replace(a_session(), type=SessionType.FAX, evo_id=EvoSessionId("77aa00cc"))
    assert by_word([one, two, fax]) == {
        "8f3a21aa": one, "8f3a21bb": two, "fax": fax, "77aa00": fax, "77aa00cc": fax,
    }  # fmt: skip


# Taking back


async def test_what_is_held_can_be_taken_back(world: World) -> None:
    hold(world, 5.0)
    session = await world.opened()
    name = await world.write("oops", home(session))
    item = await world.item_when(name, State.PENDING)
    assert (world.reactions(name) or [item.mark.value]) == ["hourglass_flowing_sand"]
    await world.threads._door.drain()
    told = world.slack.ephemerals(BEN)[-1]
    assert (told["text"], button_in(told)) == ("This is sent in 5 seconds.", "Undo")
    ben = Actor(home(session).team, UserId(BEN))
    assert await world.bridge.answer(item.key, Answer.UNDO, ben) is Answered.TAKEN
    await world.item_when(await world.write("better", home(session)), State.DELIVERED)
    assert world.sent(session) == ["Ben: better"]
    assert await world.bridge.answer(item.key, Answer.UNDO, ben) is Answered.TOO_LATE


async def test_a_clock_that_was_set_back_takes_away_no_time_for_taking_back(world: World) -> None:
    hold(world, 60.0)
    session = await world.opened()
    await world.stop()
    said = Said(home(session), Ts(f"{session.created_at + 1:.6f}"), UserId(BEN), "oops")
    await world.relay(said)
    item = await world.item_when(said.name(), State.PENDING)
    await world.store.write(lambda tx: tx.change_item(item.key, not_before=item.not_before + 5))
    world.start()
    await asyncio.sleep(30)
    undone = await world.bridge.answer(item.key, Answer.UNDO, Actor(home(session).team, UserId(BEN)))
    assert (undone, world.sent(session)) == (Answered.TAKEN, [])


async def test_what_may_have_left_already_is_not_said_to_be_taken_back(world: World) -> None:
    """It is sent once more in a moment, because nobody has found it; that does not prove that nobody has it."""
    hold(world, 60.0)
    session = await world.opened()
    item = await world.item_when(await world.write("oops", home(session)), State.PENDING)
    await world.store.write(lambda tx: tx.change_item(item.key, unknown_at=item.asked_at))
    answered = await world.bridge.answer(item.key, Answer.UNDO, Actor(home(session).team, UserId(BEN)))
    assert (answered, world.store.read.item(item.key).state) == (Answered.TOO_LATE, State.PENDING)


async def test_what_is_held_and_not_taken_back_leaves(world: World) -> None:
    hold(world, 5.0)
    session = await world.opened()
    began = world.clock.now()
    item = await world.item_when(await world.write("hello", home(session)), State.DELIVERED)
    assert (item.sending_at or 0) - began >= 5


def hold(world: World, seconds: float) -> None:
    world.bridge._house = replace(world.bridge._house, hold_seconds=seconds)


def button_in(told: dict[str, Any]) -> str:
    return str(told["blocks"][1]["elements"][0]["text"]["text"])


async def test_what_is_for_a_colleague_is_kept_and_can_be_sent(world: World) -> None:
    session = await world.opened()
    name = await world.write(f"<@{ANNA}> can you take this?", home(session))
    item = await world.item_when(name, State.KEPT)
    await world.threads._door.drain()
    told = world.slack.ephemerals(BEN)[-1]
    assert (told["text"], button_in(told)) == (
        "Kept internal, because it begins by addressing @Anna. Nothing was sent.", "Send it",
    )  # fmt: skip
    await world.bridge.answer(item.key, Answer.SEND, Actor(home(session).team, UserId(BEN)))
    await world.item_when(name, State.DELIVERED)
    assert world.sent(session) == ["Ben: @Anna can you take this?"]


# Modes


async def test_a_thread_whose_mode_is_mention_sends_only_what_begins_with_one(world: World) -> None:
    session = await world.opened()
    thread = home(session)
    await world.order("mode mention", thread)
    await world.item_when(await world.write("between us", thread), "kept")
    await world.write(f"<@{world.house.bot}> Dear Joe, hello", thread)
    await until(lambda: world.sent(session) == ["Ben: Dear Joe, hello"], "the words")
    await world.order("mode notes", thread)
    await world.item_when(await world.write("between us again", thread), "kept")
    await world.order("send but this is for you", thread)
    await until(lambda: world.sent(session)[1:] == ["Ben: but this is for you"], "what is sent from any mode")
    await until(lambda: "but this is for you" in str(world.under(thread)), "its mirror")


# Loops


async def test_many_words_in_two_threads_and_three_sessions_make_no_loop(world: World) -> None:
    """Everything that we post comes back as an event, too; nothing of it is sent, and nothing stands twice."""
    sessions = [await world.opened(chat(f"Matter {n}"), n=n) for n in (1, 2, 3)]
    threads = [session.thread for session in sessions[:2] if session.thread]
    for session in sessions:
        for thread in threads:
            await world.bridge.link(
                session.key, thread, Actor(thread.team, UserId(BEN)), _name(session, thread), history=History.NONE
            )
    chance = random.Random(7)  # noqa: S311 - the same dice every time
    expected = Counter[tuple[str, str]]()
    for n in range(300):
        thread = chance.choice(threads)
        if chance.random() < 0.3:
            target = chance.choice(sessions)
            await world.write(f"to:{target.evo_id} word {n}", thread)
        else:
            found = world.store.read.session_in(thread)
            assert found is not None
            target = found
            await world.write(f"word {n}", thread)
        expected[str(target.evo_id), f"Ben: word {n}"] += 1
    await until(lambda: sum(len(world.sent(session)) for session in sessions) == 300, "everything to be sent", 600)
    for thread in threads:
        for message in world.slack.messages(thread.channel, thread.ts):
            event = {**message, "type": "message", "channel": thread.channel}
            await world.threads({"team_id": thread.team, "event": event})
    assert Counter((str(s.evo_id), body) for s in sessions for body in world.sent(s)) == expected
    assert world.store.read.lanes() == []


def _name(session: Session, thread: ThreadKey) -> SlackName:
    return SlackName(f"{thread.team}/link/{session.key}/{thread.ts}")


# Taking people out, holding


async def test_somebody_is_taken_out_and_the_thread_says_so(world: World) -> None:
    session = await world.opened()
    thread = home(session)
    await world.order("kick joe@example.com", thread)
    await until(lambda: "✔ Joe Park was removed" in str(world.under(thread)), "the result")
    assert [effect.detail["identity"] for effect in world.evo.effects(session.evo_id, "removed")] == ["joe@example.com"]
    assert "is not in this session" in (await world.order("kick joe@example.com", thread))[0]


async def test_a_removal_whose_answer_is_lost_is_found_by_looking(world: World) -> None:
    session = await world.opened()
    thread = home(session)
    world.evo.fault("cut_after", "DeleteChatMember")
    name = await world.write(f"<@{world.house.bot}> kick joe@example.com", thread)
    await world.item_when(name, State.DELIVERED)
    assert len(world.evo.effects(session.evo_id, "removed")) == 1


async def test_a_call_is_held_and_goes_on(world: World) -> None:
    session = await world.opened(replace(chat("Callback"), type=SessionType.VOICE, emails=()))
    thread = home(session)
    for words, state in (("hold", "Hold"), ("resume", "Connected")):
        world.evo.fault("cut_after", "PatchSession")
        await world.item_when(await world.write(f"<@{world.house.bot}> {words}", thread), State.DELIVERED)
        there = next(one for one in world.evo.sessions() if one.id == session.evo_id)
        assert there.info["callState"] == state
    assert "Only a call can be put on hold" in (await world.order("hold", home(await world.opened(n=2))))[0]


# Edits and deletes


async def test_an_edit_before_it_left_changes_what_leaves(world: World) -> None:
    session = await world.opened()
    thread = home(session)
    world.evo.fault("503", "SendMessage", times=None)
    name = await world.write("helo", thread)
    await world.change(name, "hello")
    world.evo.clear_faults()
    await world.item_when(name, State.DELIVERED)
    assert world.sent(session) == ["Ben: hello"]


async def test_an_edit_at_the_last_moment_changes_what_leaves(world: World) -> None:
    """It has been put into words, and waits for its turn at the gate."""
    session = await world.opened()
    world.evo.fault("503", times=None)
    await until(lambda: world.gate.trouble, "the trouble to be known")
    name = await world.write("helo", home(session))
    await until(lambda: world.reactions(name), "the sign that it waits")
    await world.change(name, "hello")
    world.evo.clear_faults()
    await until(lambda: world.sent(session), "it to be sent", 300)
    assert world.sent(session) == ["Ben: hello"]


async def test_an_edit_can_make_a_note_of_what_has_not_left(world: World) -> None:
    session = await world.opened()
    world.evo.fault("503", times=None)
    await until(lambda: world.gate.trouble, "the trouble to be known")
    name = await world.write("he is angry", home(session))
    assert await world.change(name, "note: he is angry") == ["This is a note now, and was not sent."]
    world.evo.clear_faults()
    await world.item_when(await world.write("hello", home(session)), State.DELIVERED)
    assert (world.sent(session), (await world.item_when(name, State.KEPT)).mark.value) == (["Ben: hello"], "lock")


async def test_an_edited_note_stays_one_until_its_author_says_otherwise(world: World) -> None:
    session = await world.opened()
    name = await world.write("note: he is angry", home(session))
    assert await world.change(name, "he is happy") == ["This stays a note. Nothing was sent."]
    assert (await world.item_when(name, State.KEPT), world.sent(session))[1] == []


async def test_an_unfolded_link_is_no_edit(world: World) -> None:
    session = await world.opened()
    name = await world.write("see https://example.com", home(session))
    await world.item_when(name, State.DELIVERED)
    assert await world.change(name, "see https://example.com") == []
    assert world.store.read.item_named(name).edited is False  # type: ignore[union-attr]  # it is there


async def test_an_edit_after_it_left_is_marked_and_a_correction_is_offered(world: World) -> None:
    session = await world.opened()
    thread = home(session)
    name = await world.write("helo", thread)
    await world.item_when(name, State.DELIVERED)
    told = await world.change(name, "hello")
    assert [text for text in told if "still sees the first version" in text]
    await until(lambda: set(world.reactions(name)) == {"white_check_mark", "pencil2"}, "both signs")
    assert world.sent(session) == ["Ben: helo"]


async def test_a_delete_before_it_left_withdraws_it(world: World) -> None:
    session = await world.opened()
    thread = home(session)
    world.evo.fault("503", "SendMessage", times=None)
    name = await world.write("never mind", thread)
    await world.remove(name)
    world.evo.clear_faults()
    await world.item_when(name, State.WITHDRAWN)
    await world.item_when(await world.write("something else", thread), State.DELIVERED)
    assert world.sent(session) == ["Ben: something else"]


async def test_a_delete_after_it_left_leaves_one_quiet_line(world: World) -> None:
    session = await world.opened()
    thread = home(session)
    name = await world.write("oops", thread)
    await world.item_when(name, State.DELIVERED)
    for _ in range(2):
        await world.remove(name)
    await until(lambda: "Ben removed a message here that had been sent already" in str(world.under(thread)), "the line")
    assert sum("Ben removed" in text for text in world.under(thread)) == 1


async def test_a_card_that_was_deleted_comes_back_in_its_thread(world: World) -> None:
    session = await world.opened()
    thread = home(session)
    await world.item_when(await world.write("hello", thread), State.DELIVERED)
    event = {"type": "message", "subtype": "message_deleted", "channel": thread.channel, "deleted_ts": thread.ts,
             "previous_message": {"ts": thread.ts}}  # fmt: skip
    await world.threads({"team_id": thread.team, "event": event})
    await until(lambda: any("Chat session" in text for text in world.under(thread)), "another card")
    await world.item_when(await world.write("still works", thread), State.DELIVERED)


async def test_what_is_deleted_in_one_thread_is_taken_out_of_the_others(world: World) -> None:
    """Also where one message shows several: the rest of it stays."""
    session = await world.opened(chat(emails=()))
    first, second = home(session), await world.a_thread()
    await world.bridge.link(session.key, second, Actor(session.team, UserId(ANNA)), SlackName("second"))
    await until(lambda: world.under(second), "the card in the second")
    names = [await world.write(f"word {n}", first) for n in range(10)]
    for name in names:
        await world.item_when(name, "delivered")
    await until(lambda: all(f"word {n}" in str(world.under(second)) for n in range(10)), "the mirrors")
    await world.remove(names[4])
    await until(lambda: "word 4" not in str(world.under(second)), "the mirror to go")
    assert all(f"word {n}" in str(world.under(second)) for n in range(10) if n != 4)
    assert str(world.under(second)).count("The words were deleted with the message in Slack.") == 1
