"""Events on their way to the app, over HTTP and over Socket Mode."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError, web
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Settings, SlackStandIn, mention
from sandbox.slack.manifest import Manifest
from sandbox.slack.seeds import ANNA, BOT, BOT_USER, RANDOM, SHARED, SUPPORT

SECRET = "a-secret"


async def until(condition):
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the stand-in has no event for every condition
            await asyncio.sleep(0.005)


class Receiver:
    """An app in HTTP mode: answers with the statuses it was given, then with 200."""

    def __init__(self, *statuses, headers=None):
        self.statuses = list(statuses)
        self.headers = headers or {}
        self.requests = []

    async def hear(self, request):
        body = await request.text()
        self.requests.append((dict(request.headers), json.loads(body), body))
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 0:
            await asyncio.sleep(0.5)  # longer than the stand-in waits
        return web.Response(status=status, headers=self.headers)

    @property
    def events(self):
        return [body["event"] for _headers, body, _raw in self.requests]


@asynccontextmanager
async def listening(receiver):
    app = web.Application()
    app.router.add_post("/slack/events", receiver.hear)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


@pytest.fixture
async def slack():
    settings = Settings(signing_secret=SECRET, time_scale=0.0001, ack_seconds=0.2)
    async with SlackStandIn(settings=settings) as standin:
        yield standin


@pytest.fixture
def hearing(slack):
    @asynccontextmanager
    async def start(*statuses, **more):
        receiver = Receiver(*statuses, **more)
        async with listening(receiver) as url:
            slack.configure(events_url=url)
            yield receiver

    return start


class App:
    """An app in Socket Mode: slack-sdk's client, acknowledging unless told to be deaf."""

    def __init__(self, slack):
        web_client = AsyncWebClient(base_url=slack.api_url)
        self.client = SocketModeClient("xapp-standin-app", web_client=web_client, auto_reconnect_enabled=True)
        self.client.socket_mode_request_listeners.append(self.hear)
        self.requests = []
        self.deaf = 0

    async def hear(self, client, request):
        self.requests.append(request)
        if self.deaf:
            self.deaf -= 1
        else:
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id))


@asynccontextmanager
async def connected(slack):
    app = App(slack)
    await app.client.connect()
    await until(lambda: slack.connections == 1)
    try:
        yield app
    finally:
        await app.client.close()


async def test_an_event_is_signed_and_wrapped(slack, hearing):
    async with hearing() as receiver:
        ts = await slack.say(ANNA, SUPPORT, "a < b & c")
        await until(lambda: receiver.requests and not slack.pending())
    headers, body, raw = receiver.requests[0]
    verdict = SignatureVerifier(SECRET).is_valid(
        raw,
        headers["X-Slack-Request-Timestamp"],
        headers["X-Slack-Signature"],
    )
    assert verdict
    event = body["event"]
    assert (body["type"], body["team_id"], body["is_ext_shared_channel"]) == ("event_callback", "T0WORKSHOP", False)
    assert body["authorizations"][0]["user_id"] == BOT_USER
    assert (event["type"], event["user"], event["ts"]) == ("message", ANNA, ts)
    assert (event["channel"], event["channel_type"], event["text"]) == (SUPPORT, "channel", "a &lt; b &amp; c")


async def test_an_event_waits_until_the_app_says_where_it_listens(slack, hearing):
    slack.configure(time_scale=1.0)
    await slack.say(ANNA, SUPPORT, "early")
    async with hearing() as receiver:
        await until(lambda: receiver.requests)
    assert receiver.events[0]["text"] == "early"


async def test_a_refused_event_comes_four_times_with_reasons(slack, hearing):
    async with hearing(500, 404, 0) as receiver:
        await slack.say(ANNA, SUPPORT, "x")
        await until(lambda: len(receiver.requests) == 4 and not slack.pending())
    told = [
        (headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason")) for headers, _, _ in receiver.requests
    ]
    assert told == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_timeout")]
    assert len({body["event_id"] for _, body, _ in receiver.requests}) == 1
    outcomes = [entry["outcome"] for entry in slack.journal.deliveries("message")]
    assert outcomes == ["http_error", "http_error", "http_timeout", "acked"]


async def test_an_app_may_forbid_retries(slack, hearing):
    async with hearing(500, headers={"x-slack-no-retry": "1"}):
        await slack.say(ANNA, SUPPORT, "x")
        await until(lambda: slack.journal.deliveries() and not slack.pending())
    assert [entry["outcome"] for entry in slack.journal.deliveries()] == ["http_error"]


async def test_an_app_that_is_down_is_tried_four_times(slack):
    slack.configure(events_url="http://127.0.0.1:9/slack/events")
    await slack.say(ANNA, SUPPORT, "x")
    await until(lambda: slack.journal.deliveries() and not slack.pending())
    assert [entry["outcome"] for entry in slack.journal.deliveries()] == ["connection_failed"] * 4


async def test_a_mention_comes_twice_under_two_event_ids(slack, hearing):
    async with hearing() as receiver:
        ts = await slack.say(ANNA, SUPPORT, mention(BOT_USER))
        await until(lambda: len(receiver.requests) == 2)
    assert sorted((event["type"], event["ts"]) for event in receiver.events) == [("app_mention", ts), ("message", ts)]
    assert len({body["event_id"] for _, body, _ in receiver.requests}) == 2


async def test_switches_duplicate_reorder_and_doubt(slack, hearing):
    slack.faults.delivery.duplicates = 2
    slack.faults.delivery.drop_acks = 1
    async with hearing() as receiver:
        await slack.say(ANNA, SUPPORT, "x")
        await until(lambda: len(receiver.requests) == 4 and not slack.pending())
    assert len({body["event_id"] for _, body, _ in receiver.requests}) == 1
    outcomes = [entry["outcome"] for entry in slack.journal.deliveries()]
    assert sorted(outcomes) == ["ack_dropped", "acked", "acked", "acked"]


async def test_shuffling_changes_the_order(slack):
    slack.faults.delivery.shuffle_seconds = 0.05
    async with connected(slack) as app:
        sent = [await slack.say(ANNA, SUPPORT, str(number)) for number in range(5)]
        await until(lambda: len(app.requests) == 5)
    heard = [request.payload["event"]["ts"] for request in app.requests]
    assert heard != sent
    assert sorted(heard) == sent


async def test_the_mention_may_come_first(slack):
    slack.faults.delivery.mention_first = True
    async with connected(slack) as app:
        await slack.say(ANNA, SUPPORT, mention(BOT_USER))
        await until(lambda: len(app.requests) == 2)
    assert [request.payload["event"]["type"] for request in app.requests] == ["app_mention", "message"]


async def test_nothing_comes_from_where_the_bot_is_not(slack, hearing):
    async with hearing() as receiver:
        await slack.say(ANNA, RANDOM, "unseen")
        await slack.say(ANNA, SHARED, "seen")
        await until(lambda: receiver.requests and not slack.pending())
    assert [(body["event"]["text"], body["is_ext_shared_channel"]) for _, body, _ in receiver.requests] == [
        ("seen", True),
    ]


async def test_only_subscribed_events_come(slack, hearing):
    slack.settings.manifest = Manifest(events=frozenset({"app_mention"}))
    async with hearing() as receiver:
        await slack.say(ANNA, SUPPORT, mention(BOT_USER))
        await until(lambda: receiver.requests and not slack.pending())
    assert [event["type"] for event in receiver.events] == ["app_mention"]


async def test_the_bots_own_posts_come_back_marked(slack, hearing):
    client = AsyncWebClient("xoxb-standin-bot", base_url=slack.api_url)
    async with hearing() as receiver:
        await client.chat_postMessage(channel=SUPPORT, text=f"I am <@{BOT_USER}>")
        await until(lambda: receiver.requests and not slack.pending())
    assert [(event["type"], event["bot_id"], event["user"]) for event in receiver.events] == [
        ("message", BOT, BOT_USER),
    ]


async def test_a_life_in_events(slack):
    async with connected(slack) as app:
        ts = await slack.say(ANNA, SUPPORT, "one")
        await slack.say(ANNA, SUPPORT, "shown", ts, broadcast=True)
        await slack.say(ANNA, SUPPORT, "see", ts, files=[{"id": "F1"}])
        await slack.edit(ANNA, SUPPORT, ts, "two")
        await slack.unfurl(SUPPORT, ts)
        await slack.react(ANNA, SUPPORT, ts, "eyes")
        await slack.delete(ANNA, SUPPORT, ts)
        await slack.leave(BOT_USER, SUPPORT)
        await until(lambda: len(app.requests) == 9)
    events = [request.payload["event"] for request in app.requests]
    assert [(event["type"], event.get("subtype")) for event in events] == [
        ("message", None),
        ("message", "thread_broadcast"),
        ("message", "file_share"),
        ("message", "message_changed"),
        ("message", "message_changed"),
        ("reaction_added", None),
        ("message", "message_changed"),
        ("member_left_channel", None),
        ("channel_left", None),
    ]
    assert (events[3]["message"]["text"], events[3]["previous_message"]["text"]) == ("two", "one")
    assert events[4]["message"]["text"] == events[4]["previous_message"]["text"]
    assert events[6]["message"]["subtype"] == "tombstone"


async def test_a_partner_who_comes_into_a_channel_is_told_and_stands_on_every_event_after(slack):
    async with connected(slack) as app:
        await slack.share(SUPPORT)
        await slack.say(ANNA, SUPPORT, "hello")
        await slack.share(SUPPORT, undo=True)
        await until(lambda: len(app.requests) == 3)
    told = [request.payload for request in app.requests]
    assert [each["event"]["type"] for each in told] == ["channel_shared", "message", "channel_unshared"]
    assert (told[0]["event"]["channel"], told[0]["event"]["connected_team_id"]) == (SUPPORT, "T0PARTNERS")
    assert [each["is_ext_shared_channel"] for each in told] == [True, True, False]


async def test_pasted_cells_are_a_table_in_an_attachment_and_stay_there_beside_a_preview(slack):
    async with connected(slack) as app:
        ts = await slack.say(ANNA, SUPPORT, "see", tables=[[["a", "b"]], [["c"]]])
        await slack.unfurl(SUPPORT, ts)
        await until(lambda: len(app.requests) == 2)
    said, unfurled = (request.payload["event"] for request in app.requests)
    cells = [[[{"type": "raw_text", "text": text} for text in row] for row in rows] for rows in ([["a", "b"]], [["c"]])]
    assert said["text"] == "see"
    assert [
        (one["id"], one["fallback"], [block["rows"] for block in one["blocks"]]) for one in said["attachments"]
    ] == [
        (1, "[no preview available]", [cells[0]]),
        (2, "[no preview available]", [cells[1]]),
    ]
    assert unfurled["message"]["attachments"][:2] == said["attachments"]


async def test_a_socket_takes_over_from_http(slack, hearing):
    async with hearing() as receiver, connected(slack) as app:
        await slack.say(ANNA, SUPPORT, "x")
        await until(lambda: app.requests and not slack.pending())
    assert receiver.requests == []
    assert (app.requests[0].type, app.requests[0].retry_attempt) == ("events_api", 0)


async def test_an_unacknowledged_envelope_comes_again(slack):
    async with connected(slack) as app:
        app.deaf = 1
        await slack.say(ANNA, SUPPORT, "x")
        await until(lambda: len(app.requests) == 2 and not slack.pending())
    assert [(request.retry_attempt, request.retry_reason) for request in app.requests] == [(0, ""), (1, "timeout")]
    assert len({request.payload["event_id"] for request in app.requests}) == 1


async def test_an_event_survives_a_dropped_socket(slack):
    slack.configure(ack_seconds=10, time_scale=1.0)
    async with connected(slack) as app:
        app.deaf = 1
        await slack.say(ANNA, SUPPORT, "x")
        await until(lambda: app.requests)
        await slack.drop_sockets()
    async with connected(slack) as again:
        await until(lambda: again.requests and not slack.pending())
    assert [entry["outcome"] for entry in slack.journal.deliveries()] == ["connection_failed", "acked"]


async def test_events_wait_for_the_first_socket(slack):
    slack.configure(time_scale=1.0)
    await slack.say(ANNA, SUPPORT, "early")
    async with connected(slack) as app:
        await until(lambda: app.requests)
    assert app.requests[0].payload["event"]["text"] == "early"


async def test_a_client_asked_to_reconnect_does(slack):
    async with connected(slack) as app:
        assert await slack.disconnect("warning") == 1
        await until(lambda: len([e for e in slack.journal.entries("socket") if e["what"] == "opened"]) == 2)
        await slack.say(ANNA, SUPPORT, "x")
        await until(lambda: app.requests)


async def open_raw(slack, session):
    url = (await AsyncWebClient(base_url=slack.api_url).apps_connections_open(app_token="xapp-standin-app"))["url"]
    return url, await session.ws_connect(url)


async def test_a_socket_url_works_once(slack):
    async with ClientSession() as session:
        url, socket = await open_raw(slack, session)
        assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(WSServerHandshakeError):
            await session.ws_connect(url)
        await socket.close()


async def test_ten_sockets_share_the_work_and_an_eleventh_is_turned_away(slack):
    async with ClientSession() as session:
        sockets = [(await open_raw(slack, session))[1] for _ in range(11)]
        hellos = [await socket.receive_json() for socket in sockets]
        assert [hello.get("num_connections") for hello in hellos[:10]] == list(range(1, 11))
        assert hellos[10]["reason"] == "too_many_websockets"
        for number in range(10):
            await slack.say(ANNA, SUPPORT, str(number))
        frames = [await socket.receive() for socket in sockets[:10]]
        assert {frame.type for frame in frames} == {WSMsgType.TEXT}
        assert {json.loads(frame.data)["payload"]["event"]["text"] for frame in frames} == set("0123456789")
        for socket in sockets:
            await socket.close()


async def test_an_event_survives_an_app_that_goes_without_a_word(slack):
    """It waits for the next socket, and says that it was tried before."""
    slack.configure(ack_seconds=60, time_scale=1.0)
    async with asyncio.timeout(30), ClientSession() as session:
        _url, socket = await open_raw(slack, session)
        await socket.receive_json()
        await slack.say(ANNA, SUPPORT, "x")
        first = await socket.receive_json()
        await socket.close()
        _url, socket = await open_raw(slack, session)
        await socket.receive_json()
        second = await socket.receive_json()
        await socket.send_json({"envelope_id": second["envelope_id"]})
        await until(lambda: not slack.pending())
        await socket.close()
    assert (first["payload"], first["retry_attempt"], second["retry_attempt"]) == (second["payload"], 0, 1)
