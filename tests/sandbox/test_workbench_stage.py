"""The workbench over the real bot and both stand-ins, each a process: what the page sees is what is so."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.slack.seeds import ANNA, SUPPORT
from sandbox.stage import Mode, Stage
from sandbox.workbench import Feed, Workbench
from tests.helpers import until
from tests.sandbox.feedreader import Page, reading

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
SECRETS = (
    "xoxb-standin-bot", "xapp-standin-app", "standin-signing-secret", "correct-horse", "Basic ", "Bearer ", "ss-id=",
    "stand-in-voice-token",
)  # fmt: skip


@dataclass
class Scene:
    stage: Stage
    bench: Workbench
    page: Page
    http: aiohttp.ClientSession

    async def do(self, what: str, **args: Any) -> tuple[int, Any]:
        async with self.http.post(f"{self.bench.url}do/{what}", json=args) as answer:
            return answer.status, await answer.json()

    @property
    def bot(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.collections.get("bot", {}).get("bot", {})
        return found

    async def bot_is(self, state: str) -> dict[str, Any]:
        await until(lambda: self.bot.get("state") == state, f"the bot {state}", seconds=40)
        return self.bot


@asynccontextmanager
async def on_stage(folder: Path, mode: Mode = "socket") -> AsyncIterator[Scene]:
    page = folder / "page"
    page.mkdir()
    async with (
        Stage(folder, mode, manifest=ROOT / "manifest.yml") as stage,
        Workbench(stage, Feed(), page=page, port=0) as bench,
        aiohttp.ClientSession() as http,
        reading(bench.url) as seen,
    ):
        yield Scene(stage, bench, seen, http)


async def test_kill_stop_and_start_reach_the_page_and_so_does_an_end_that_nobody_ordered(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as scene:
        first = await scene.bot_is("running")
        assert (first["pid"], first["ended"]) == (scene.stage.bot.pid, None)
        assert (await scene.do("bot/start"))[0] == 200  # it runs already
        assert scene.stage.bot.pid == first["pid"]
        assert (await scene.do("bot/kill"))[0] == 200
        killed = await scene.bot_is("stopped")
        assert (killed["pid"], killed["ended"]) == (None, -signal.SIGKILL)
        starts = await asyncio.gather(scene.do("bot/start"), scene.do("bot/start"))
        assert [status for status, _ in starts] == [200, 200]
        again = await scene.bot_is("running")
        assert again["pid"] not in {None, first["pid"]}
        os.kill(again["pid"], signal.SIGTERM)  # not by us
        assert (await scene.bot_is("stopped"))["ended"] == 0
        await scene.stage.start_bot()  # as the play does it
        await scene.bot_is("running")
        assert (await scene.do("bot/stop"))[0] == 200
        assert (await scene.bot_is("stopped"))["ended"] == 0
        assert any("listening on" in line for line in scene.page.collections["bot"]["log"]["lines"])


async def test_a_bot_that_cannot_start_is_told_in_a_sentence(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as scene:
        await scene.do("bot/kill")
        scene.stage.database.write_bytes(b"this is no database at all" * 100)
        assert await scene.do("bot/start") == (409, {"ok": False, "error": "bot ended."})
        assert (await scene.bot_is("stopped"))["ended"] == 3


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_session_is_opened_from_the_page_and_nothing_secret_comes_to_it(tmp_path: Path, mode: Mode) -> None:
    async with on_stage(tmp_path, mode) as scene:
        page = scene.page
        await scene.do("slack/slash", user=ANNA, channel=SUPPORT, command="/session", text="chat Broken boiler")
        await until(lambda: ANNA in page.collections["slack.views"], "the form")
        view = page.collections["slack.views"][ANNA]["stack"][-1]
        field = next(b["block_id"] for b in view["blocks"] if b.get("label", {}).get("text") == "Other people")
        await scene.do("slack/fill", user=ANNA, values={field: "joe@example.com"})
        status, submitted = await scene.do("slack/submit", user=ANNA)
        assert (status, submitted["ok"], submitted["result"]["errors"]) == (200, True, {})
        await until(lambda: page.collections["evo.sessions"], "the session at Evo Voice")
        await until(lambda: "Active" in str(page.collections["slack.messages"]), "the card")
        await until(lambda: {"POST /sessions", "chat.postMessage", "view_submission"} <= set(page.titles()), "the wire")
        assert [entry for entry in page.wire.values() if not entry["ok"]] == []
        assert [secret for secret in SECRETS if secret in page.raw] == []


async def test_when_the_workbench_ends_every_stream_ends_with_it(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as scene:
        async with asyncio.timeout(30):
            await scene.bench.__aexit__(None, None, None)
        await until(lambda: scene.page.ended, "the end of the stream")
