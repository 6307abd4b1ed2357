"""What was written while nobody listened is found, once, and goes out in its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.bridge import Bridge
from bot.catchup import CatchUp
from bot.model import Actor, Answer, Answered, ChannelId, Kind, PostKind, Said, State, ThreadKey, Ts, UserId
from bot.slackweb import slack_client, slack_session
from bot.store import Store, Unavailable
from bot.workspace import Workspace
from handlers.thread import said_in
from sandbox.slack import SlackStandIn
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, OTHER_BOT_USER, SUPPORT
from sandbox.stage import Stage
from tests.faultlab.storm import SETTINGS, finished, open_sessions
from tests.helpers import TestClock, house, opened, to_post, until


@pytest.mark.e2e
async def test_messages_written_while_the_bot_was_down_go_out_in_order(tmp_path: Path) -> None:
    """HTTP, with Slack's retries far away: only reading the thread can find them in time."""
    async with Stage(tmp_path, "http", SETTINGS, time_scale=1.0, manifest=Path("manifest.yml")) as stage:
        ((ts, evo),) = (await open_sessions(stage, 1)).items()
        await stage.slack.say(ANNA, SUPPORT, "before", ts)
        await stage.kill_bot()
        for n in range(3):
            await stage.slack.say(BEN, SUPPORT, f"while away {n}", ts)
        await stage.slack.say(BEN, SUPPORT, "prices:", ts, tables=[[["Part", "Price"], ["Pump & seal", "120"]]])
        await stage.slack.say(BEN, SUPPORT, "note: he is slow today", ts)
        await stage.slack.say(OTHER_BOT_USER, SUPPORT, "I am a bot", ts)
        await stage.slack.fault("conversations.replies", "slow", seconds=2)  # what is newer has to wait for it
        await stage.start_bot()
        await stage.slack.say(ANNA, SUPPORT, "after", ts)

        async def sent() -> list[str]:
            return [effect.detail["body"] for effect in await stage.evo.effects(evo, "sent")]

        async def all_there() -> bool:
            return len(await sent()) >= 6 and finished(stage.database)

        await until(all_there, "six messages")
        away = [*(f"Ben: while away {n}" for n in range(3)), "Ben: prices:\nPart | Price\nPump & seal | 120"]
        assert await sent() == ["Anna: before", *away, "Anna: after"]


class Reader:
    """A store with one open session whose thread stands in a Slack of its own."""

    def __init__(self, store: Store, slack: SlackStandIn, workspace: Workspace, clock: TestClock) -> None:
        self.store, self.slack, self.clock = store, slack, clock
        self.bridge = Bridge(store, clock, house(), lambda: None)
        self.reading = CatchUp(store, workspace, self.missed, clock, asyncio.Event())

    async def missed(self, payload: Mapping[str, Any]) -> bool:
        said = said_in(payload, replace(house(), bot=UserId(BOT_USER)))
        if said is None or self.store.read.item_named(said.name()):
            return False
        await self.bridge.relay(said, missed=True)
        return True


@asynccontextmanager
async def reader(store: Store) -> AsyncIterator[tuple[Reader, Ts]]:
    """One open session, and its thread."""
    async with SlackStandIn() as slack, slack_session() as session:
        slack.limits.set("off")
        clock = TestClock(slack.clock.now() - 60)
        workspace = Workspace(slack_client(slack.settings.bot_token, slack.api_url, session), clock)
        made = Reader(store, slack, workspace, clock)
        root = Ts(await slack.say(ANNA, SUPPORT, "root"))
        key = await opened(store, made.bridge)
        thread = ThreadKey(store.read.session(key).team, ChannelId(SUPPORT), root)
        await store.write(lambda tx: tx.add_link(thread, key))
        yield made, root


def said(store: Store) -> list[str]:
    return [str(item.body["text"]) for item in store.read.items_of(store.read.open_sessions()[0].key, Kind.SAY)]


async def test_a_newer_message_does_not_hide_what_was_missed_before_it(store: Store) -> None:
    """It may be stored while Slack does not let the thread be read, and then the program may die."""
    async with reader(store) as (there, root):
        there.clock.advance(-3000)
        await there.slack.say(BEN, SUPPORT, "missed", root)
        there.slack.clock.advance(1800)
        ts = Ts(await there.slack.say(BEN, SUPPORT, "heard", root))
        thread = ThreadKey(store.read.open_sessions()[0].team, ChannelId(SUPPORT), root)
        await there.bridge.relay(Said(thread, ts, UserId(BEN), "heard"))
        await there.reading.run()
        assert sorted(said(store)) == ["heard", "missed"]


async def test_a_long_thread_is_read_page_by_page_however_few_messages_slack_gives(store: Store) -> None:
    async with reader(store) as (there, root):
        for n in range(40):
            await there.slack.say(BEN, SUPPORT, f"{n}", root)
        there.slack.limits.set("unlisted")
        waits: list[float] = []

        async def wait(_event: asyncio.Event, seconds: float) -> None:
            waits.append(seconds)
            there.clock.advance(seconds)
            there.slack.clock.advance(seconds)

        there.clock.wait = wait  # type: ignore[method-assign]  # the same, noted
        await there.reading.run()
        assert said(store) == [f"{n}" for n in range(40)]
        pages = [
            call for call in there.slack.journal.calls("conversations.replies") if (call["answer"] or {}).get("ok")
        ]
        assert len(pages) == 3
        assert sum(waits) <= 200


async def test_what_has_been_read_is_not_read_again(store: Store) -> None:
    async with reader(store) as (there, root):
        for n in range(3):
            await there.slack.say(BEN, SUPPORT, f"{n}", root)
            there.slack.clock.advance(60)
        await there.reading.run()
        again = CatchUp(store, there.reading._workspace, there.missed, there.clock, asyncio.Event())
        await again.run()
        last = there.slack.journal.calls("conversations.replies")[-1]
        assert [message["text"] for message in last["answer"]["messages"]] == ["root", "2"]


async def test_what_could_not_be_stored_is_read_again(store: Store) -> None:
    async with reader(store) as (there, root):
        await there.slack.say(BEN, SUPPORT, "hello", root)
        failures = iter([Unavailable("full"), Unavailable("full")])

        async def missed(payload: Mapping[str, Any]) -> bool:
            for failure in failures:
                raise failure
            return await there.missed(payload)

        reading = CatchUp(store, there.reading._workspace, missed, there.clock, asyncio.Event())
        await reading.run()
        assert said(store) == ["hello"]


async def test_a_thread_of_a_session_that_ended_meanwhile_is_read_once_more(store: Store) -> None:
    async with reader(store) as (there, root):
        key = store.read.open_sessions()[0].key
        await there.slack.say(BEN, SUPPORT, "too late?", root)
        ended = there.slack.clock.now() + 5
        await store.write(lambda tx: tx.change_session(key, life="ended", ended_at=ended))
        await there.reading.run()
        (item,) = store.read.items_of(key, Kind.SAY)
        assert (item.state, item.reason) == (State.REFUSED, "This session has ended.")


async def test_many_missed_replies_are_asked_about_in_one_question(store: Store) -> None:
    async with reader(store) as (there, root):
        for n in range(25):
            await there.slack.say(BEN, SUPPORT, f"{n}", root)
        there.clock.advance(3600)
        await there.reading.run()
        (first, second) = [post for post in to_post(store, ChannelId(SUPPORT)) if post.kind is PostKind.RESULT]
        asked = [[item.body["text"] for item in store.read.items_asked_about(post)] for post in (first, second)]
        assert asked == [[f"{n}" for n in range(20)], [f"{n}" for n in range(20, 25)]]
        ana = Actor(store.read.open_sessions()[0].team, UserId(ANNA))
        assert first.item is not None
        assert await there.bridge.answer_missed(first.item, 19, Answer.AGAIN, ana) is Answered.TAKEN
        assert await there.bridge.answer_missed(first.item, 19, Answer.AGAIN, ana) is Answered.TOO_LATE
        states = [item.state for item in store.read.items_asked_about(first)]
        assert states == [State.PENDING] * 19 + [State.NEEDS_PERSON]


async def test_one_line_tells_what_was_caught_up(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bot.catchup")
    async with reader(store) as (there, root):
        await there.slack.say(BEN, SUPPORT, "long ago", root)
        there.slack.clock.advance(3600)
        there.clock.advance(3600)
        await there.slack.say(BEN, SUPPORT, "just now", root)
        await there.slack.say(BEN, SUPPORT, "note: remember", root)
        there.reading.heard.set()
        keeping = asyncio.create_task(there.reading.keep())
        await until(lambda: "caught up" in caplog.text, "the line")
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        assert [record.getMessage() for record in caplog.records if "caught up" in record.getMessage()] == [
            "caught up: 0 in, 1 out, 1 to decide, 1 kept as notes"
        ]


async def test_what_is_old_by_now_is_not_sent_without_asking(store: Store) -> None:
    async with SlackStandIn() as slack, slack_session() as session:
        clock = TestClock(slack.clock.now() - 60)
        reader = Reader(
            store, slack, Workspace(slack_client(slack.settings.bot_token, slack.api_url, session), clock), clock
        )
        root = Ts(await slack.say(ANNA, SUPPORT, "root"))
        key = await opened(store, reader.bridge)

        def move(tx: Any) -> None:
            tx.add_link(ThreadKey(store.read.session(key).team, SUPPORT, root), key)  # type: ignore[arg-type]  # ids as plain texts

        await store.write(move)
        await slack.say(BEN, SUPPORT, "long ago", root)
        clock.advance(3600)
        await slack.say(BEN, SUPPORT, "long ago, too", root)
        await reader.reading.run()
        await reader.reading.run()
        items = store.read.items_of(key, Kind.SAY)
        assert [(item.body["text"], item.state) for item in items] == [
            ("long ago", State.NEEDS_PERSON),
            ("long ago, too", State.NEEDS_PERSON),
        ]


async def test_slacks_patience_does_not_lose_what_was_missed(store: Store) -> None:
    async with SlackStandIn() as slack, slack_session() as session:
        clock = TestClock(slack.clock.now() - 60)
        workspace = Workspace(slack_client(slack.settings.bot_token, slack.api_url, session), clock)
        reader = Reader(store, slack, workspace, clock)
        root = Ts(await slack.say(ANNA, SUPPORT, "root"))
        key = await opened(store, reader.bridge)
        thread = ThreadKey(store.read.session(key).team, SUPPORT, root)  # type: ignore[arg-type]  # ids as plain texts
        await store.write(lambda tx: tx.add_link(thread, key))
        await slack.say(BEN, SUPPORT, "while away", root)
        slack.faults.order("conversations.replies", "ratelimited", retry_after=1, times=2)
        slack.faults.order("conversations.replies", "http_503")
        await reader.reading.run()
        assert [item.body["text"] for item in store.read.items_of(key, Kind.SAY)] == ["while away"]
