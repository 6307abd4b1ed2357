"""A start: what takes events comes first. What is not needed for that is imported afterwards, or never."""

from __future__ import annotations

import asyncio
import gc
import importlib
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot import importing, tenant
from bot.bridge import Bridge
from bot.clock import SystemClock
from bot.model import Actor, ChannelId, SlackName, TeamId, ThreadKey, Ts, UserId
from bot.service import Service
from bot.settings import Settings
from bot.store import open_store
from sandbox.evo import EvoStandIn
from sandbox.slack import SlackStandIn
from sandbox.slack.http_door import signature
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, SUPPORT, TEAM
from sandbox.stage import free_port
from tests.helpers import chat, house, until

ROOT = Path(__file__).parent.parent.parent
LATER = {"aiohttp", "httpx", "slack_bolt", "slack_sdk"}
NEVER = {"emoji", "psycopg", "sqlite_utils"}  # for an emoji, for PostgreSQL, for a migration
AT_ONCE = {"phonenumbers", "pydantic"}


def imported_with(statement: str) -> set[str]:
    program = f"{statement}; import sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_what_takes_events_is_imported_without_what_delivers_them() -> None:
    assert imported_with("import bot.running") & (AT_ONCE | LATER | NEVER) == AT_ONCE


def test_what_delivers_them_is_imported_without_what_it_does_not_use() -> None:
    assert imported_with("import bot.running, bot.works") & (AT_ONCE | LATER | NEVER) == AT_ONCE | LATER


def test_the_program_by_itself_imports_nothing_of_either() -> None:
    assert imported_with("import bot.__main__") & (AT_ONCE | LATER | NEVER) == set()


def test_what_was_imported_is_not_searched_for_garbage_and_what_comes_later_is() -> None:
    before = gc.get_freeze_count()
    with importing.importing():
        assert not gc.isenabled()
    assert (gc.isenabled(), gc.get_freeze_count() > before) == (True, True)
    gc.unfreeze()


@dataclass
class Half:
    """The bot between both stand-ins, in the middle of its start until `rest` is set."""

    slack: SlackStandIn
    thread: str
    database: Path
    url: str

    async def takes_events(self) -> bool:
        """By one that nobody is interested in."""
        body, now = b'{"type": "event_callback", "event": {"type": "team_join"}}', int(time.time())
        signed = {
            "content-type": "application/json", "x-slack-request-timestamp": str(now),
            "x-slack-signature": signature(self.slack.settings.signing_secret, now, body),
        }  # fmt: skip
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(f"{self.url}/slack/events", data=body, headers=signed) as answer,
            ):
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def readiness(self) -> str:
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/readyz") as answer:
            return await answer.text()

    def outcomes(self, kind: str = "message") -> list[str]:
        return [entry["outcome"] for entry in self.slack.journal.deliveries(kind)]

    def stored(self) -> list[str]:
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)) as file:
            return [
                body for (body,) in file.execute("SELECT body ->> 'text' FROM item WHERE kind = 'say' ORDER BY key")
            ]


@pytest.fixture
def rest(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set, the second half of the start goes on: its imports take as long as that, and no longer."""
    importlib.import_module("bot.works")
    event = asyncio.Event()

    async def slowly(_: str) -> None:
        await event.wait()

    monkeypatch.setattr(tenant, "imported", slowly)
    return event


@pytest.fixture
async def half(tmp_path: Path, rest: asyncio.Event) -> AsyncIterator[Half]:
    async with EvoStandIn() as evo, SlackStandIn() as slack:
        port, path = free_port(), tmp_path / "evobot.db"
        slack.limits.set("off")
        thread = await slack.say(ANNA, SUPPORT, "the card")
        await _with_a_session(path, Ts(thread))
        slack.configure(events_url=f"http://127.0.0.1:{port}/slack/events", mode="http", time_scale=0.005)
        settings = Settings(
            slack_bot_token=slack.settings.bot_token, slack_signing_secret=slack.settings.signing_secret,
            slack_api_url=slack.api_url, evo_base_url=evo.url, evo_username="bot@example.com",
            evo_password="correct-horse", evobot_database=path, evobot_port=port,
        )  # fmt: skip
        bot = Service(settings)
        work = asyncio.ensure_future(bot.run())
        half = Half(slack, thread, path, f"http://127.0.0.1:{port}")
        await until(half.takes_events, "the door to open")
        await until(lambda: slack.pending() == 0, "Slack to have nothing under way")
        yield half
        rest.set()
        bot.stop()
        await work


async def _with_a_session(path: Path, thread: Ts) -> None:
    clock = SystemClock()
    store = open_store(path, clock)
    by = Actor(TeamId(TEAM), UserId(ANNA))
    key = await Bridge(store, clock, house(), lambda: None).open(
        chat(), by, ChannelId(SUPPORT), SlackName(f"{TEAM}/view/V1/0")
    )

    def stands(tx: Any) -> None:
        tx.change_session(key, evo_id=f"evo-{key}", life="active", thread_ts=thread)
        tx.add_link(ThreadKey(TeamId(TEAM), ChannelId(SUPPORT), thread), key)
        tx.home_found(key, thread)
        tx.change_post(tx.card_of(key), state="done", ts=thread, shown=1)

    await store.write(stands)
    store.close()


async def test_a_reply_is_stored_and_acknowledged_before_the_rest_is_there(half: Half) -> None:
    await half.slack.say(BEN, SUPPORT, "on my way", half.thread)
    await until(lambda: half.slack.pending() == 0, "Slack to have nothing under way")
    assert (half.stored(), half.outcomes()[-1], await half.readiness()) == (
        ["on my way"],
        "acked",
        "not connected to Evo Voice yet\nnot connected to Slack yet\n",
    )


async def test_a_command_waits_for_bolt_which_slack_would_not_repeat(half: Half, rest: asyncio.Event) -> None:
    typed = asyncio.create_task(half.slack.slash(BEN, SUPPORT, "/session", "help"))
    await until(lambda: half.slack.journal.calls("auth.test"), "the first half")
    await half.readiness()  # a request that came later is answered
    assert not typed.done()
    rest.set()
    assert (await typed).outcome == "acked"


async def test_a_command_in_a_thread_waits_for_what_carries_it_out(half: Half, rest: asyncio.Event) -> None:
    before = len(half.outcomes())
    await half.slack.say(BEN, SUPPORT, f"<@{BOT_USER}> chat Boiler joe@example.com", half.thread, raw=True)
    for _ in range(5):
        assert await half.takes_events()  # what came later is answered
    rest.set()
    await until(lambda: half.slack.journal.calls("chat.postMessage"), "the card of the new session")
    await until(lambda: half.outcomes()[before:], "the ack")
    assert half.outcomes()[before] == "acked"


async def test_who_looks_at_the_app_meanwhile_sees_it_as_soon_as_it_can_be_drawn(
    half: Half, rest: asyncio.Event
) -> None:
    await half.slack.open_home(ANNA)
    await until(lambda: half.outcomes("app_home_opened") == ["acked"], "the ack")
    assert half.slack.journal.calls("views.publish") == []
    rest.set()
    await until(lambda: half.slack.journal.calls("views.publish"), "the Home")
