"""What was written while nobody listened is found, once, and goes out in its place."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.bridge import Bridge
from bot.catchup import CatchUp
from bot.model import Kind, State, ThreadKey, Ts, UserId
from bot.store import Store
from bot.workspace import Workspace, slack_client, slack_session
from handlers.thread import said_in
from sandbox.slack import SlackStandIn
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, OTHER_BOT_USER, SUPPORT
from sandbox.stage import Stage
from tests.e2e.test_kill import SETTINGS, finished, open_sessions
from tests.helpers import TestClock, house, opened, until


@pytest.mark.e2e
async def test_messages_written_while_the_bot_was_down_go_out_in_order(tmp_path: Path) -> None:
    """HTTP, with Slack's retries far away: only reading the thread can find them in time."""
    async with Stage(tmp_path, "http", SETTINGS, time_scale=1.0, manifest=Path("manifest.yml")) as stage:
        ((ts, evo),) = (await open_sessions(stage, 1)).items()
        await stage.slack.say(ANNA, SUPPORT, "before", ts)
        await stage.kill_bot()
        for n in range(3):
            await stage.slack.say(BEN, SUPPORT, f"while away {n}", ts)
        await stage.slack.say(BEN, SUPPORT, "note: he is slow today", ts)
        await stage.slack.say(OTHER_BOT_USER, SUPPORT, "I am a bot", ts)
        await stage.start_bot()
        await stage.slack.say(ANNA, SUPPORT, "after", ts)

        async def sent() -> list[str]:
            return [effect.detail["body"] for effect in await stage.evo.effects(evo, "sent")]

        async def all_there() -> bool:
            return len(await sent()) >= 5 and finished(stage.database)

        await until(all_there, "five messages")
        assert await sent() == ["anna: before", *(f"ben: while away {n}" for n in range(3)), "anna: after"]


class Reader:
    """A store with one open session whose thread stands in a Slack of its own."""

    def __init__(self, store: Store, slack: SlackStandIn, workspace: Workspace, clock: TestClock) -> None:
        self.store, self.slack, self.clock = store, slack, clock
        self.bridge = Bridge(store, clock, house(), lambda: None)
        self.reading = CatchUp(store, workspace, self.missed, clock, asyncio.Event())

    async def missed(self, payload: Mapping[str, Any]) -> bool:
        said = said_in(payload, UserId(BOT_USER))
        if said is None or self.store.read.item_named(said.name()):
            return False
        await self.bridge.relay(said, missed=True)
        return True


async def test_what_is_old_by_now_is_not_sent_without_asking(store: Store) -> None:
    async with SlackStandIn() as slack, slack_session() as session:
        clock = TestClock(slack.clock.now() - 60)
        reader = Reader(
            store, slack, Workspace(slack_client(slack.settings.bot_token, slack.api_url, session), clock), clock
        )
        root = Ts(await slack.say(ANNA, SUPPORT, "root"))
        key = await opened(store, reader.bridge)

        def move(tx: Any) -> None:
            tx.add_link(ThreadKey(store.read.session(key).team, SUPPORT, root), key)  # type: ignore[arg-type]

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
        thread = ThreadKey(store.read.session(key).team, SUPPORT, root)  # type: ignore[arg-type]
        await store.write(lambda tx: tx.add_link(thread, key))
        await slack.say(BEN, SUPPORT, "while away", root)
        slack.faults.order("conversations.replies", "ratelimited", retry_after=1, times=2)
        slack.faults.order("conversations.replies", "http_503")
        await reader.reading.run()
        assert [item.body["text"] for item in store.read.items_of(key, Kind.SAY)] == ["while away"]
