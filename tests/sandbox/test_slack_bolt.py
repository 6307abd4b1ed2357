"""A small Bolt app as the stand-in's user, once in each mode."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Settings, SlackStandIn, Submitted, mention
from sandbox.slack.seeds import ANNA, BOT_USER, SUPPORT

INPUT = {
    "type": "input",
    "block_id": "name",
    "label": {"type": "plain_text", "text": "Name"},
    "element": {"type": "plain_text_input", "action_id": "x"},
}
VIEW = {
    "type": "modal",
    "callback_id": "form",
    "title": {"type": "plain_text", "text": "Form"},
    "submit": {"type": "plain_text", "text": "Go"},
    "blocks": [INPUT],
}


async def until(condition):
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the stand-in has no event for every condition
            await asyncio.sleep(0.005)


def bolt_app(slack):
    client = AsyncWebClient("xoxb-standin-bot", base_url=slack.api_url)
    app = AsyncApp(client=client, signing_secret=slack.settings.signing_secret)

    @app.command("/session")
    async def command(ack, client, body):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=VIEW)

    @app.view("form")
    async def submitted(ack, view):
        name = view["state"]["values"]["name"]["x"]["value"]
        if name == "bad":
            await ack(response_action="errors", errors={"name": "Not this one."})
        else:
            await ack()

    @app.event("app_mention")
    async def mentioned(event, say):
        await say("yes?", thread_ts=event["ts"])

    @app.event("message")
    async def heard():
        pass

    return app


@pytest.fixture
async def slack():
    async with SlackStandIn(settings=Settings(time_scale=0.01, ack_seconds=3)) as standin:
        yield standin


async def over_http(app, slack):
    server = app.server(port=0, path="/slack/events", host="127.0.0.1")
    runner = web.AppRunner(server.web_app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.configure(events_url=f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    return runner.cleanup


async def over_socket(app, slack):
    handler = AsyncSocketModeHandler(app, "xapp-standin-app")
    await handler.connect_async()
    await until(lambda: slack.connections == 1)
    return handler.close_async


@pytest.mark.parametrize("way", [over_http, over_socket])
async def test_a_bolt_app_is_at_home(slack, way):
    """Command, modal with an error and a good submission, mention answered in its thread."""
    close = await way(bolt_app(slack), slack)
    try:
        assert (await slack.slash(ANNA, SUPPORT, "/session")).outcome == "acked"
        await until(lambda: slack.view(ANNA))
        await slack.fill(ANNA, {"name": "bad"})
        assert await slack.submit(ANNA) == Submitted("errors", {"name": "Not this one."})
        await slack.fill(ANNA, {"name": "good"})
        assert await slack.submit(ANNA) == Submitted("closed")
        ts = await slack.say(ANNA, SUPPORT, mention(BOT_USER))
        await until(lambda: len(slack.messages(SUPPORT, ts)) == 2)
        await until(lambda: not slack.pending())
    finally:
        await close()
    assert [message["text"] for message in slack.messages(SUPPORT, ts)] == [f"<@{BOT_USER}>", "yes?"]
    assert {entry["outcome"] for entry in slack.journal.deliveries()} == {"acked"}
