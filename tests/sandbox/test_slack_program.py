"""The stand-in as a program, driven from outside."""

from __future__ import annotations

import asyncio
import json
import signal
import sys

import pytest
from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import GestureError, SlackDriver, mention
from sandbox.slack.manifest import Manifest
from sandbox.slack.seeds import ANNA, ARCHIVED, BOT_USER, SUPPORT

MANIFEST = {
    "features": {"slash_commands": [{"command": "/session"}], "shortcuts": [{"callback_id": "new"}]},
    "oauth_config": {"scopes": {"bot": ["chat:write"]}},
    "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}},
}


@pytest.fixture
async def program():
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox.slack",
        "--bot-token",
        "xoxb-own",
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        line = (await process.stdout.readline()).decode()
    yield line
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_the_program_says_where_it_is_and_takes_every_verb(program):
    assert program.startswith("slack stand-in on http://127.0.0.1:")
    async with SlackDriver(program.split()[-1]) as slack:
        client = AsyncWebClient("xoxb-own", base_url=slack.api_url)
        ts = await slack.say(ANNA, SUPPORT, mention(BOT_USER))
        await client.chat_postMessage(channel=SUPPORT, text="yes?", thread_ts=ts)
        await slack.react(ANNA, SUPPORT, ts, "eyes")
        texts = [message["text"] for message in await slack.messages(SUPPORT, ts)]
        assert texts == [f"<@{BOT_USER}>", "yes?"]
        assert (await slack.message(SUPPORT, ts))["reactions"][0]["users"] == [ANNA]
        await slack.configure(events_url="http://127.0.0.1:9/", time_scale=0.0001)
        assert (await slack.slash(ANNA, SUPPORT, "/session")).outcome == "connection_failed"
        assert [entry["method"] for entry in await slack.journal("api")] == ["chat.postMessage"]
        with pytest.raises(GestureError):
            await slack.say(ANNA, ARCHIVED, "x")
        with pytest.raises(RuntimeError):
            await slack.do("dance")
        with pytest.raises(RuntimeError):
            await slack.configure(colour="red")


@pytest.mark.parametrize("body", ["garbage", "[1]", '{"user": 1}'])
async def test_a_call_that_is_not_understood_is_a_400(program, body):
    url = program.split()[-1] + "/__standin/say"
    async with ClientSession() as session, session.post(url, data=body) as answer:
        assert (answer.status, (await answer.json())["ok"]) == (400, False)


@pytest.mark.parametrize("suffix", ["json", "yml"])
def test_a_manifest_says_what_is_granted(tmp_path, suffix):
    """JSON is YAML too."""
    path = tmp_path / f"manifest.{suffix}"
    path.write_text(json.dumps(MANIFEST))
    granted = Manifest.read(path)
    names = [granted.events, granted.commands, granted.shortcuts]
    assert (granted.scopes, names) == ({"chat:write"}, [{"app_mention"}, {"/session"}, {"new"}])
