"""The same door by Socket Mode: slack-sdk's own client, Slack's stand-in at the other end, a real file behind it."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from bot.clock import SystemClock
from bot.intake.socket import BadAppToken, SocketDoor
from bot.model import Kind, Ts
from sandbox.slack import Raw, SlackStandIn, mention
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, SUPPORT
from sandbox.slack.settings import Settings
from tests.bot.intake.test_http import Bot, bot_on
from tests.helpers import until

ACK_SECONDS = 0.3


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    settings = Settings(ack_seconds=ACK_SECONDS, time_scale=0.005)
    async with SlackStandIn(settings=settings) as slack, bot_on(slack, tmp_path / "evobot.db") as bot:
        slack.configure(mode="socket")
        door, running = opened_door(bot)
        await until(lambda: slack.connections == 1 and door.connected, "the connection")
        yield bot
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def opened_door(
    bot: Bot,
    token: str = "xapp-standin-app",
    stopping: asyncio.Event | None = None,
    reconnected: Callable[[], None] = lambda: None,
) -> tuple[SocketDoor, asyncio.Future[None]]:
    """A door of its own, and its work."""
    socket = SocketModeClient(token, web_client=bot.client, ping_interval=0.1)
    door = SocketDoor(socket, bot.entrance(), reconnected, QuickClock(), stopping or asyncio.Event())
    return door, asyncio.ensure_future(door.run())


class QuickClock(SystemClock):
    """Pauses are a fiftieth of what they are."""

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        await super().wait(event, seconds / 50)


async def test_a_reply_in_a_thread_is_stored_and_acknowledged(bot: Bot) -> None:
    key = await bot.linked()
    await bot.slack.say(BEN, SUPPORT, "hello", bot.thread(key))
    await bot.settled()
    assert (bot.said(key), bot.outcomes()) == (["hello"], ["acked"])


async def test_what_could_not_be_stored_is_not_acknowledged_and_is_stored_when_it_comes_again(bot: Bot) -> None:
    key = await bot.linked()
    long = "hello " * 5000
    make_room = bot.fill_the_disk()
    await bot.slack.say(BEN, SUPPORT, long, bot.thread(key))
    await until(lambda: bot.outcomes() == ["http_timeout"] * 2, "two deliveries without an acknowledgement")
    assert bot.said(key) == []
    make_room()
    await bot.settled()
    assert (bot.said(key), bot.outcomes()) == ([long], ["http_timeout", "http_timeout", "acked"])


async def test_a_reply_to_a_card_on_its_way_is_taken_when_it_comes_again(bot: Bot) -> None:
    key, card = await bot.ordered(), Ts(await bot.slack.say(ANNA, SUPPORT, "the card"))
    post = bot.store.read.card_of(key)
    assert post is not None
    await bot.store.write(lambda tx: tx.change_post(post, state="sending", attempts=1, sending_at=time.time() - 1))
    await bot.slack.say(BEN, SUPPORT, "quick", card)
    await until(lambda: bot.outcomes()[:1] == ["http_timeout"], "a delivery without an acknowledgement")
    await bot.stands(key, card)
    await bot.settled()
    assert (bot.said(key), bot.outcomes()[-1]) == (["quick"], "acked")


async def test_events_that_are_none_of_ours_are_acknowledged(bot: Bot) -> None:
    ts = await bot.slack.say(BEN, SUPPORT, "not in a thread")
    await bot.slack.react(ANNA, SUPPORT, ts, "wave")
    await bot.slack.edit(BEN, SUPPORT, ts, "nor now")
    await bot.settled()
    assert {entry["outcome"] for entry in bot.slack.journal.deliveries()} == {"acked"}


async def test_every_delivery_and_the_mentions_twin_make_one_row(bot: Bot) -> None:
    key = await bot.linked()
    bot.slack.faults.delivery.duplicates = 2
    text = Raw(f"{mention(BOT_USER)} invite lee@example.com")
    await bot.slack.say(BEN, SUPPORT, text, bot.thread(key), raw=True)
    await bot.settled()
    assert [item.body["email"] for item in bot.items(key, Kind.INVITE)] == ["lee@example.com"]


async def test_a_slash_command_is_answered_in_the_acknowledgement(bot: Bot) -> None:
    heard = await bot.slack.slash(BEN, SUPPORT, "/session", "help")
    assert (heard.outcome, heard.body["response_type"]) == ("acked", "ephemeral")


async def test_a_form_with_nobody_in_it_is_sent_back_in_the_acknowledgement(bot: Bot) -> None:
    heard = await bot.slack.slash(BEN, SUPPORT, "/session", "chat Broken boiler")
    await until(lambda: bot.slack.view(BEN), "the modal")
    submitted = await bot.slack.submit(BEN)
    assert (heard.outcome, submitted.outcome, bool(submitted.errors)) == ("acked", "errors", True)


async def test_after_a_drop_the_door_opens_again_and_nothing_is_lost(bot: Bot) -> None:
    key = await bot.linked()
    await bot.slack.drop_sockets()
    await bot.slack.say(BEN, SUPPORT, "in between", bot.thread(key))
    await until(lambda: bot.slack.connections, "the new connection")
    await bot.settled()
    assert bot.said(key) == ["in between"]


async def test_when_slack_asks_the_connection_is_renewed(bot: Bot) -> None:
    """Slack recycles connections every few hours; what comes meanwhile is taken."""
    key = await bot.linked()
    await bot.slack.disconnect("refresh_requested")
    await bot.slack.say(BEN, SUPPORT, "in between", bot.thread(key))
    opened = [entry["what"] for entry in bot.slack.journal.entries("socket")]
    await until(lambda: bot.slack.journal.entries("socket")[len(opened) :], "the renewal")
    await until(lambda: bot.slack.connections, "the new connection")
    await bot.settled()
    assert bot.said(key) == ["in between"]


WORDS = "the words of a customer"
ODD_ENVELOPES = [
    {"type": "of_the_year_2030", "envelope_id": "e1", "payload": {}},
    {"type": "interactive", "envelope_id": "e2", "payload": {"text": WORDS}},
    {
        "type": "interactive",
        "envelope_id": "e3",
        "payload": {"type": "block_actions", "actions": [WORDS], "team": 5},
    },
    {"type": "interactive", "envelope_id": "e4", "payload": {"type": "view_submission", "view": [], "user": None}},
    {"type": "slash_commands", "envelope_id": "e5", "payload": {"command": ["/session"], "text": {WORDS: 5}}},
    {"type": "events_api", "envelope_id": "e6", "payload": {"event": None}},
    {
        "type": "events_api",
        "envelope_id": "e7",
        "payload": {"event": {"type": "message", "user": [WORDS], "ts": 1}},
    },
    {"type": "events_api", "envelope_id": "e8", "payload": {"event": {"type": "message", "text": WORDS + "\ud800"}}},
    {"type": "events_api", "envelope_id": "e9", "payload": []},
    {"type": "events_api", "envelope_id": "e10", "payload": None},
    {"type": "interactive", "envelope_id": None, "payload": {"type": WORDS}},
    {"type": ["events_api"], "envelope_id": {}, "payload": {}},
    {"type": "disconnect_not", "reason": []},
    {"envelope_id": "e12"},
    [],
    WORDS,
    float("nan"),
]
NO_JSON = ["", "{", "\\x00", "[" * 100_000, '{"type": "events_api", "payload": ' + '{"a": ' * 5000, f'{{"a": {WORDS}']


async def test_odd_envelopes_do_not_close_the_door(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    key, opened = await bot.linked(), len(bot.slack.journal.entries("socket"))
    for link in bot.slack.desk.sockets._links:
        for odd in [*map(json.dumps, ODD_ENVELOPES), *NO_JSON]:
            await link.socket.send_str(odd)
    await bot.slack.say(BEN, SUPPORT, "still there", bot.thread(key))
    await bot.settled()
    assert (bot.said(key), len(bot.slack.journal.entries("socket"))) == (["still there"], opened)
    loud = "\n".join(caplog.handler.format(record) for record in caplog.records if record.levelno >= logging.WARNING)
    assert WORDS not in loud


# The connection itself


async def test_it_says_whether_it_is_connected(bot: Bot) -> None:
    door, running = opened_door(bot)
    await until(lambda: door.connected, "the connection")
    bot.slack.faults.order("apps.connections.open", "http_503", times=-1)
    await bot.slack.drop_sockets()
    await until(lambda: not door.connected, "the loss to be noticed")
    bot.slack.faults.clear()
    await until(lambda: door.connected, "the connection again")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("fault", ["http_503", "cut_before", "error"])
async def test_without_slack_it_asks_again(bot: Bot, fault: str) -> None:
    bot.slack.faults.order("apps.connections.open", fault, times=3)
    door, running = opened_door(bot)
    await until(lambda: door.connected, "the connection")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_token_that_slack_does_not_accept_ends_it(bot: Bot) -> None:
    before = len(bot.slack.journal.calls("apps.connections.open"))
    _, running = opened_door(bot, "xapp-other")
    with pytest.raises(BadAppToken):
        await running
    assert len(bot.slack.journal.calls("apps.connections.open")) == before + 1


async def test_a_stop_before_slack_answered_is_quick(bot: Bot) -> None:
    bot.slack.faults.order("apps.connections.open", "slow", seconds=60)
    stopping = asyncio.Event()
    before = len(bot.slack.journal.entries())
    _, running = opened_door(bot, stopping=stopping)
    await asyncio.sleep(0)
    stopping.set()
    async with asyncio.timeout(20):
        await running
    assert len(bot.slack.journal.entries()) == before


async def test_a_new_connection_is_told_so_that_what_was_missed_is_read(bot: Bot) -> None:
    told: list[int] = []
    stopping = asyncio.Event()
    door, running = opened_door(bot, stopping=stopping, reconnected=lambda: told.append(1))
    await until(lambda: door.connected and bot.slack.connections == 2, "the connections")
    assert told == []
    await bot.slack.drop_sockets()
    await until(lambda: told == [1], "the word")
    stopping.set()
    await running
