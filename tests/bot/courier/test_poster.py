"""Slack's side in trouble: nothing lost, nothing doubled, nothing outside its thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.model import Mark, Phone, Post, PostKind, PostState, Session, Ts
from bot.store import Store, Tx
from bot.views import Message
from sandbox.slack.seeds import ANNA, BOT_USER, SUPPORT
from tests.faultlab import virtual
from tests.faultlab.core import core
from tests.helpers import chat, until
from tests.world import World, playing

JOE = "joe@example.com"

DID = [("cut_after", {}), ("http_503_after", {}), ("error_after", {"error": "internal_error"})]
DID_NOT = [
    ("cut_before", {}),
    ("http_500", {}),
    ("error", {"error": "fatal_error"}),
    ("ratelimited", {"retry_after": 1}),
]


@pytest.mark.parametrize(("fault", "details"), DID + DID_NOT)
async def test_a_line_stands_once_whatever_happens_to_the_answer(
    world: World, fault: str, details: dict[str, object]
) -> None:
    session = await world.opened()
    world.slack.faults.order("chat.postMessage", fault, **details)
    world.evo.hear(session.evo_id or "", JOE, "one")
    world.evo.hear(session.evo_id or "", JOE, "two")
    await until(lambda: len(world.thread(session)) >= 2, "both lines")
    assert world.thread(session) == ["Joe Park: one", "Joe Park: two"]


@pytest.mark.parametrize(("fault", "details"), DID + DID_NOT)
async def test_a_card_stands_once_whatever_happens_to_the_answer(
    world: World, fault: str, details: dict[str, object]
) -> None:
    world.slack.faults.order("chat.postMessage", fault, **details)
    session = await world.opened()
    await until(lambda: "Active" in world.card(session), "the card")
    assert [message["text"] for message in world.slack.messages(SUPPORT) if message["user"] == BOT_USER] == [
        world.card(session)
    ]


async def test_a_death_after_posting_does_not_post_again(world: World) -> None:
    session = await world.opened()
    world.slack.faults.order("chat.postMessage", "slow", seconds=30)
    world.evo.hear(session.evo_id or "", JOE, "one")
    await until(lambda: _state(world, session.key) is PostState.SENDING, "the post to be under way")
    await world.die()
    world.slack.faults.clear()
    world.start()
    await until(lambda: _state(world, session.key) is PostState.DONE, "the post to be known")
    assert world.thread(session) == ["Joe Park: one"]


async def test_lines_keep_their_order_through_an_outage(world: World) -> None:
    session = await world.opened()
    world.slack.faults.order("*", "http_503", times=-1)
    for n in range(8):
        world.evo.hear(session.evo_id or "", JOE, f"{n}")
    await until(lambda: len(world.store.read.known_lines(session.key)) == 8, "all of them stored")
    world.slack.faults.clear()
    await until(lambda: len(world.thread(session)) == 8, "all of them shown", seconds=40)
    assert world.thread(session) == [f"Joe Park: {n}" for n in range(8)]


async def test_an_archived_channel_keeps_what_is_said_until_it_is_back(world: World) -> None:
    session = await world.opened()
    await world.slack.archive(ANNA, SUPPORT)
    world.evo.hear(session.evo_id or "", JOE, "anybody there?")
    post = await until(lambda: next(iter(_posts(world, session.key)), None), "the post")
    await until(lambda: world.store.read.post(post.key).not_before > 0, "the wait")
    assert world.store.read.post(post.key).state is PostState.PENDING
    await world.slack.archive(ANNA, SUPPORT, undo=True)
    await world.store.write(lambda tx: tx.change_post(post, not_before=0))
    await until(lambda: world.thread(session) == ["Joe Park: anybody there?"], "the line")


async def test_a_card_without_a_place_is_told_to_its_owner(world: World) -> None:
    await world.slack.leave(BOT_USER, SUPPORT)
    key = await world.open()
    await until(lambda: _kinds(world, PostKind.DIRECT), "the direct message")
    (post,) = _kinds(world, PostKind.DIRECT)
    assert (post.channel, "/invite" in post.text, world.store.read.session(key).thread_ts) == (ANNA, True, None)
    await until(lambda: world.store.read.post(post.key).state is PostState.DONE, "it to arrive")


async def test_what_has_no_thread_yet_waits_for_it(world: World) -> None:
    """While the card cannot be posted, nothing that belongs under it stands in the open channel."""
    world.slack.faults.order("chat.postMessage", "ratelimited", retry_after=3)
    session = await world.opened(chat(phones=(Phone("+15035550123", "US"),)))
    await until(lambda: world.thread(session), "the result of the invitation")
    ours = [message for message in world.slack.messages(SUPPORT) if message["user"] == BOT_USER]
    assert [message["text"] for message in ours if message.get("thread_ts") in {None, message["ts"]}] == [
        world.card(session)
    ]


async def test_a_card_is_redrawn_as_things_change(world: World) -> None:
    session = await world.opened()
    await until(lambda: "Active" in world.card(session), "the state")
    world.evo.join(session.evo_id or "", "mia@example.com")
    await until(lambda: "Mia Stone" in world.card(session), "the new member")
    world.evo.end(session.evo_id or "")
    await until(lambda: "Ended" in world.card(session), "the end")


async def test_reactions_are_only_signs_and_may_be_refused(world: World) -> None:
    session = await world.opened()
    world.slack.faults.order("reactions.add", "error", error="missing_scope", times=-1)
    name = await world.say(session, "hello")
    item = await world.item_when(name, "delivered")
    await until(lambda: world.store.read.item(item.key).shown == ("white_check_mark",), "it to be given up")
    assert world.sent(session) == ["Ben: hello"]


@pytest.mark.parametrize("mark", [Mark.WAITING, Mark.UNKNOWN, Mark.REFUSED])
async def test_a_sign_that_passes_is_on_the_disk_before_it_stands(world: World, mark: Mark) -> None:
    """Else a death between the two would leave it beside the next one for ever."""
    session = await world.opened()
    name = await world.say(session, "hello")
    item = await world.item_when(name, "delivered")
    await until(lambda: world.reactions(name) == [Mark.DELIVERED], "the first sign")
    world.slack.faults.order("reactions.add", "cut_after", times=-1)
    await world.store.write(lambda tx: tx.change_item(item.key, mark=mark))
    world.wake()
    await until(lambda: mark in world.reactions(name), "the passing sign, of which nobody tells us")
    assert world.store.read.item(item.key).shown == (Mark.DELIVERED, mark)
    world.slack.faults.clear()
    await world.store.write(lambda tx: tx.change_item(item.key, mark=Mark.DELIVERED))
    await until(lambda: world.reactions(name) == [Mark.DELIVERED], "the last sign alone")


async def test_a_sign_that_a_death_kept_from_standing_is_set_in_the_next_life(world: World) -> None:
    session = await world.opened()
    world.slack.faults.order("reactions.add", "http_500", times=-1)
    name = await world.say(session, "hello")
    item = await world.item_when(name, "delivered")
    await world.store.write(lambda tx: tx.change_item(item.key, mark=Mark.REFUSED))
    world.wake()
    await until(lambda: world.store.read.item(item.key).shown, "the sign to be on the disk, and nowhere else")
    await world.die()
    world.slack.faults.clear()
    world.start()
    await until(lambda: world.reactions(name) == [Mark.REFUSED], "the sign")


async def test_a_revoked_token_is_noticed_and_nothing_is_lost(world: World) -> None:
    session = await world.opened()
    world.slack.faults.order("*", "error", error="token_revoked", times=-1)
    world.evo.hear(session.evo_id or "", JOE, "one")
    await until(lambda: world.poster.signed_out and _posts(world, session.key), "the sign")
    world.slack.faults.clear()
    (post,) = _posts(world, session.key)
    await until(lambda: world.store.read.post(post.key).not_before > 0 or world.thread(session), "the wait")
    await world.store.write(lambda tx: tx.change_post(post, not_before=0))
    await until(lambda: world.thread(session) == ["Joe Park: one"], "the line")
    assert not world.poster.signed_out


async def test_a_look_that_slack_refuses_is_replaced_by_plain_words(world: World) -> None:
    session = await world.opened()
    world.slack.faults.order("chat.postMessage", "error", error="invalid_blocks")
    world.evo.hear(session.evo_id or "", JOE, "one")
    await until(lambda: world.thread(session) == ["Joe Park: one"], "the words")


async def test_nothing_of_ours_unfurls_or_links_names(world: World) -> None:
    session = await world.opened(chat(first_message="Hi"))
    world.evo.hear(session.evo_id or "", JOE, "see https://evil.example @channel")
    await until(lambda: world.thread(session), "the line")
    wishes = [
        {name: call["args"].get(name) for name in ("unfurl_links", "unfurl_media", "link_names")}
        for call in world.slack.journal.calls("chat.postMessage")
    ]
    assert wishes == [{"unfurl_links": False, "unfurl_media": False, "link_names": False}] * len(wishes)


def _posts(world: World, session: object) -> list[Post]:
    rows = world.store.read._connection.execute(
        "SELECT key FROM post WHERE session = ? AND kind = 'line'", (session,)
    ).fetchall()
    return [world.store.read.post(row[0]) for row in rows]


def _state(world: World, session: object) -> object:
    found = _posts(world, session)
    return found[0].state if found else None  # type: ignore[attr-defined]  # posts of any kind


def _kinds(world: World, kind: PostKind) -> list[object]:
    rows = world.store.read._connection.execute("SELECT key FROM post WHERE kind = ?", (kind,)).fetchall()
    return [world.store.read.post(row[0]) for row in rows]


async def test_a_thread_that_cannot_be_reached_does_not_hold_up_its_channel(world: World) -> None:
    stuck, well = await world.opened(), await world.opened(chat("Other"), n=2)
    await world.stop()
    for n in range(60):
        world.evo.hear(stuck.evo_id or "", JOE, f"{n}")
    world.evo.hear(well.evo_id or "", JOE, "hello")
    for session in (stuck, well):
        await world.hearing.listen(session)
    first = _posts(world, stuck.key)[0]
    await world.store.write(lambda tx: tx.change_post(first, not_before=4_000_000_000.0))
    world.start()
    await until(lambda: world.thread(well) == ["Joe Park: hello"], "the other thread's line")
    assert world.thread(stuck) == []


@pytest.mark.parametrize(
    "code", ["rate_limited", "message_limit_exceeded", "missing_scope", "posting_to_channel_denied"]
)
async def test_no_refusal_makes_a_customers_words_disappear(world: World, code: str) -> None:
    session = await world.opened()
    world.slack.faults.order("chat.postMessage", "error", error=code)
    world.evo.hear(session.evo_id or "", JOE, "hello")
    post = await until(lambda: next(iter(_posts(world, session.key)), None), "the post")
    await until(
        lambda: (
            world.slack.journal.calls("chat.postMessage")[-1]["answer"].get("error") == code or world.thread(session)
        ),
        "the refusal",
    )
    await until(lambda: world.store.read.post(post.key).not_before > 0 or world.thread(session), "the wait")
    await world.store.write(lambda tx: tx.change_post(post, not_before=0))
    await until(lambda: world.thread(session) == ["Joe Park: hello"], "the words")


async def test_a_post_that_cannot_be_drawn_holds_only_its_thread_up(world: World) -> None:
    broken, well = await world.opened(), await world.opened(chat("Other"), n=2)
    draw = world.poster._draw

    def clumsy(post: Post) -> Message:
        if post.session == broken.key and post.kind is PostKind.LINE:
            raise ValueError("cannot draw this")
        return draw(post)

    world.poster._draw = clumsy
    world.evo.hear(broken.evo_id or "", JOE, "hello")
    await until(lambda: _posts(world, broken.key) and _posts(world, broken.key)[0].attempts > 0, "the failure")
    world.evo.hear(well.evo_id or "", JOE, "hello")
    await until(lambda: world.thread(well) == ["Joe Park: hello"], "the other thread's line")


async def test_a_mark_is_kept_for_when_the_token_is_good_again(world: World) -> None:
    session = await world.opened()
    world.slack.faults.order("reactions.add", "error", error="token_revoked", times=2)
    name = await world.say(session, "hello")
    await world.item_when(name, "delivered")
    await until(lambda: world.reactions(name) == ["white_check_mark"], "the tick")


async def test_a_long_line_stands_whole_in_several_posts(world: World) -> None:
    session = await world.opened()
    text = "".join(f"{n:04} " for n in range(2000)).strip()
    world.evo.hear(session.evo_id or "", JOE, text)
    world.evo.hear(session.evo_id or "", JOE, "and this")
    await until(lambda: world.thread(session)[-1:] == ["Joe Park: and this"], "all of it")
    heads, shown = zip(*(post.split(": ", 1) for post in world.thread(session)[:-1]), strict=True)
    assert (len(shown) > 1, " ".join(map(str.strip, shown))) == (True, text)
    assert list(heads) == [f"Joe Park ({n + 1} of {len(shown)})" for n in range(len(shown))]


async def test_any_refusal_of_the_look_is_met_with_plain_words(world: World) -> None:
    session = await world.opened()
    world.slack.faults.order("chat.postMessage", "error", error="msg_blocks_too_long")
    world.evo.hear(session.evo_id or "", JOE, "one")
    await until(lambda: world.thread(session) == ["Joe Park: one"], "the words")


async def backlog(world: World, session: Session, count: int) -> None:
    """So many lines wait in one thread while nothing can be posted."""
    world.slack.faults.order("chat.postMessage", "ratelimited", retry_after=2)
    for n in range(count):
        world.evo.hear(session.evo_id or "", JOE, f"{n}")
    await until(lambda: len(_posts(world, session.key)) == count, "all of them stored")


def messages_of(world: World, session: Session) -> list[dict[str, Any]]:
    return [m for m in world.slack.messages(SUPPORT, session.thread_ts)[1:] if m.get("user") == BOT_USER]


async def test_a_backlog_stands_in_few_messages_with_senders_and_times(world: World) -> None:
    session = await world.opened()
    await backlog(world, session, 30)
    await until(lambda: len(world.thread(session)) == 30, "all of them shown")
    assert world.thread(session) == [f"Joe Park: {n}" for n in range(30)]
    messages = messages_of(world, session)
    assert len(messages) < 15
    many = max(messages, key=lambda message: len(message["blocks"]))
    assert (many["blocks"][0]["elements"][0]["text"], many["blocks"][0]["elements"][1]["text"][:7]) == (
        "Outside Slack · Joe Park",
        "<!date^",
    )
    shown = {message["ts"] for message in messages}
    await until(lambda: {post.ts for post in _posts(world, session.key)} == shown, "where each stands is written down")


@pytest.mark.parametrize(("fault", "details"), DID + DID_NOT)
async def test_a_backlog_stands_once_whatever_happens_to_the_answer(
    world: World, fault: str, details: dict[str, object]
) -> None:
    session = await world.opened()
    await backlog(world, session, 12)
    world.slack.faults.order("chat.postMessage", fault, **details)
    await until(lambda: len(world.thread(session)) >= 12, "all of them shown")
    assert world.thread(session) == [f"Joe Park: {n}" for n in range(12)]


async def test_a_backlog_whose_look_is_refused_stands_in_plain_words(world: World) -> None:
    session = await world.opened()
    await backlog(world, session, 12)
    world.slack.faults.order("chat.postMessage", "error", error="invalid_blocks", times=1)
    await until(lambda: len(world.thread(session)) >= 12, "all of them shown")
    assert world.thread(session) == [f"Joe Park: {n}" for n in range(12)]


async def test_a_doubt_is_not_over_before_slack_has_had_its_time(patient: World) -> None:
    """What was asked for may take effect after its thread has been read for the first time."""
    session = await _dead_while_slack_is_slow(patient)
    patient.start()
    await _is_through(patient, session)
    assert patient.thread(session) == ["Joe Park: one"]


@pytest.mark.parametrize("back", [10.0, 3600.0])
async def test_a_clock_set_back_does_not_shorten_slacks_time(patient: World, back: float) -> None:
    session = await _dead_while_slack_is_slow(patient)
    (post,) = _posts(patient, session.key)
    await patient.store.write(lambda tx: tx.change_post(post, sending_at=(post.sending_at or 0) + back))
    patient.start()
    await _is_through(patient, session)
    assert patient.thread(session) == ["Joe Park: one"]


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncIterator[World]:
    """Slack has half a minute, and all clocks are the loop's: so long that a busy machine looks in between, too."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, virtual.VirtualLoop)
    async with core(loop, tmp_path, slack_settle=30.0, poll=2.0) as world:
        yield world


async def _dead_while_slack_is_slow(world: World) -> Session:
    """A line whose post takes effect ten seconds after the bot has died in the middle of it."""
    session = await world.opened()
    world.slack.faults.order("chat.postMessage", "slow", seconds=10)
    world.evo.hear(session.evo_id or "", JOE, "one")
    await virtual.until(lambda: _state(world, session.key) is PostState.SENDING, "the post to be under way")
    await world.die()
    return session


async def _is_through(world: World, session: Session) -> None:
    await virtual.until(lambda: _state(world, session.key) is PostState.DONE, "the post to be known")
    calls = world.slack.journal.calls
    await virtual.until(lambda: any(call["fault"] for call in calls("chat.postMessage")), "the slow one to be through")


async def test_a_card_that_left_by_a_clock_which_ran_ahead_is_found_when_that_is_right_again(world: World) -> None:
    world.slack.faults.order("chat.postMessage", "cut_after")
    world.slack.faults.order("conversations.history", "http_500", times=-1)  # nobody can look whether it stands
    key = await world.open()
    await until(lambda: world.slack.messages(SUPPORT), "the card that nobody knows of")
    await world.die()
    card = world.store.read.cards_of(key)[0]
    await world.store.write(lambda tx: tx.change_post(card, sending_at=time.time() + 3600, not_before=0))
    world.slack.faults.clear()
    world.start()
    await world.session_when(key, lambda now: now.evo_id and now.thread_ts)
    assert len([message for message in world.slack.messages(SUPPORT) if message["user"] == BOT_USER]) == 1


async def test_a_bad_token_leaves_a_doubt_a_doubt(world: World) -> None:
    session = await world.opened()
    world.slack.faults.order("chat.postMessage", "cut_after")
    world.slack.faults.order("conversations.replies", "error", error="token_revoked")
    world.evo.hear(session.evo_id or "", JOE, "one")
    (post,) = await until(lambda: _posts(world, session.key), "the post")
    await until(lambda: world.poster.signed_out, "the sign")
    await until(lambda: world.store.read.post(post.key).attempts > 1, "the wait")
    await world.store.write(lambda tx: tx.change_post(post, not_before=0))
    await until(lambda: world.store.read.post(post.key).state is PostState.DONE, "it to be known")
    assert world.thread(session) == ["Joe Park: one"]


async def test_what_was_written_under_a_card_in_doubt_is_fetched_once_the_card_is_known(world: World) -> None:
    await world.stop()
    world.catching = True
    world.start()
    await world.catch_up.done_once.wait()
    world.slack.faults.order("chat.postMessage", "cut_after")
    world.slack.faults.order("conversations.history", "http_500", times=-1)  # nobody can look whether it stands
    key = await world.open()
    await until(lambda: world.slack.messages(SUPPORT), "the card that nobody knows of")
    (card,) = world.slack.messages(SUPPORT)
    said = await world.slack.say(ANNA, SUPPORT, "I am here", card["ts"])  # taken for a stranger's thread
    world.slack.faults.clear()
    session = await world.session_when(key, lambda now: now.evo_id and now.thread_ts)
    await until(lambda: world.sent(session) == ["Anna: I am here"], f"{said} to be sent")


async def test_a_card_is_redrawn_when_its_channel_is_back(world: World) -> None:
    session = await world.opened()
    await until(lambda: "Active" in world.card(session), "the state")
    await world.slack.archive(ANNA, SUPPORT)
    world.evo.end(session.evo_id or "")
    card = world.store.read.card_of(session.key)
    assert card is not None
    await until(lambda: world.store.read.post(card.key).attempts > 0, "the refusal")
    await world.slack.archive(ANNA, SUPPORT, undo=True)
    await world.store.write(lambda tx: tx.change_post(card, not_before=0))
    await until(lambda: "Ended" in world.card(session), "the end")


async def test_who_opened_a_session_is_told_once_that_its_thread_cannot_be_reached(world: World) -> None:
    session = await world.opened()
    await world.slack.leave(BOT_USER, SUPPORT)
    for n in range(2):
        world.evo.hear(session.evo_id or "", JOE, f"{n}")
        await until(lambda n=n: len(_posts(world, session.key)) == n + 1, "the post")
        await until(lambda: world.store.read.post(_posts(world, session.key)[0].key).not_before > 0, "the wait")
        await world.store.write(lambda tx: tx.change_post(_posts(world, session.key)[0], not_before=0))
    await until(lambda: [post.state for post in _kinds(world, PostKind.DIRECT)] == [PostState.DONE], "one word")
    (post,) = _kinds(world, PostKind.DIRECT)
    assert (post.channel, "not_in_channel" in post.text) == (ANNA, True)


async def test_threads_take_turns_and_a_long_queue_is_no_burden(store: Store) -> None:
    """3,000 lines of ten threads: what is next in each is found at once."""
    async with playing(store, feeding=False) as world:
        world.start()
        session = await world.opened()
        await world.stop()

        def pile(tx: Tx) -> None:
            for n in range(3000):
                tx.add_post(
                    name=f"line/{n}/0", session=session.key, kind=PostKind.NOTICE, text="x",
                    team=session.team, channel=session.channel, thread_ts=Ts(f"{n % 10}.1"),
                )  # fmt: skip

        await store.write(pile)
        started = time.process_time()
        found = [post.thread_ts for post in store.read.next_posts(session.channel, world.clock.now(), 50)]
        assert sorted(str(ts) for ts in found if ts) == [f"{n}.1" for n in range(10)]
        assert time.process_time() - started < 0.2
