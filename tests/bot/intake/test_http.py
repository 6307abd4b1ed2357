"""The front door over HTTP: the real app under the real server, Slack's stand-in before it, a real file behind it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.bridge import Bridge
from bot.clock import SystemClock
from bot.directory import Directory
from bot.evo import connect
from bot.intake import Door as IntakeDoor
from bot.intake import Entrance, Guard, HttpApp, listen, serve
from bot.intake import server as server_room
from bot.intake.wire import MAX_BODY, Request
from bot.model import Actor, ChannelId, Item, Kind, SessionKey, SlackName, TeamId, ThreadKey, Ts, UserId
from bot.slackweb import slack_client, slack_session
from bot.store import Store, open_store
from bot.workspace import Workspace
from handlers.door import Door
from handlers.home import Homes
from handlers.listeners import register
from handlers.thread import ThreadDoor
from sandbox.slack import Raw, SlackStandIn, mention
from sandbox.slack.http_door import FORM, signature
from sandbox.slack.seeds import ANNA, BEN, BOT, BOT_USER, SUPPORT, TEAM
from tests.helpers import chat, house, until

SECRET = "standin-signing-secret"
JSON = "application/json"


@dataclass
class Bot:
    """Everything between Slack and the disk: no courier, no feed, no Evo Voice."""

    slack: SlackStandIn
    store: Store
    path: Path
    bridge: Bridge
    intake: IntakeDoor
    bolt: AsyncApp
    client: Any

    def entrance(self) -> Entrance:
        """Open, with Bolt behind it."""
        entrance = Entrance()
        entrance.open(self.intake)
        entrance.interact(self.bolt)
        return entrance

    async def linked(self, n: int = 1) -> SessionKey:
        """A session whose thread hangs under a message that Anna wrote."""
        ts = Ts(await self.slack.say(ANNA, SUPPORT, "the card"))
        key = await self.ordered(n)
        await self.stands(key, ts)
        return key

    async def ordered(self, n: int = 1) -> SessionKey:
        """A session whose card is not known to stand yet."""
        by = Actor(TeamId(TEAM), UserId(ANNA))
        return await self.bridge.open(chat(), by, ChannelId(SUPPORT), SlackName(f"{TEAM}/view/V{n}/0"))

    async def stands(self, key: SessionKey, ts: Ts) -> None:
        def work(tx: Any) -> None:
            tx.change_session(key, evo_id=f"evo-{key}", life="active", thread_ts=ts)
            tx.add_link(ThreadKey(TeamId(TEAM), ChannelId(SUPPORT), ts), key)
            tx.home_found(key, ts)
            tx.change_post(tx.card_of(key), state="done", ts=ts, shown=1)

        await self.store.write(work)

    def said(self, key: SessionKey) -> list[str]:
        return [str(item.body["text"]) for item in self.items(key, Kind.SAY)]

    def items(self, key: SessionKey, *kinds: Kind) -> list[Item]:
        return self.store.read.items_of(key, *kinds)

    def thread(self, key: SessionKey) -> Ts:
        ts = self.store.read.session(key).thread_ts
        assert ts is not None
        return ts

    def outcomes(self, kind: str = "message") -> list[str]:
        """How the last of Slack's deliveries fared, attempt by attempt."""
        found = self.slack.journal.deliveries(kind)
        last = found[-1]["event_id"] if found else None
        return [entry["outcome"] for entry in found if entry["event_id"] == last]

    async def settled(self) -> None:
        await until(lambda: self.slack.pending() == 0, "Slack to have nothing under way")

    def fill_the_disk(self) -> Callable[[], None]:
        """From now on nothing more fits into the file; call what is returned to make room."""
        writer = self.store._writer._connection
        pages = writer.execute("PRAGMA page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count = {pages}")
        return lambda: writer.execute("PRAGMA max_page_count = 1000000")


@asynccontextmanager
async def bot_on(slack: SlackStandIn, path: Path) -> AsyncIterator[Bot]:
    """As the service puts it together, up to the doors."""
    slack.limits.set("off")
    clock, store = SystemClock(), open_store(path)
    async with slack_session() as session:
        client = slack_client(slack.settings.bot_token, slack.api_url, session)
        workspace, evo = Workspace(client, clock), connect("http://127.0.0.1:9", "bot@example.com", "none")
        wishes = replace(house(), bot=UserId(BOT_USER))
        bridge, directory = Bridge(store, clock, wishes, lambda: None), Directory(evo, clock)
        door = Door(bridge, store.read, workspace, wishes, TeamId(TEAM)).complete(directory)
        bolt = _bolt(client)
        register(bolt, door, Homes(door, clock, lambda: store.version))
        yield Bot(slack, store, path, bridge, IntakeDoor(ThreadDoor(door)), bolt, client)
        await door.drain()
        await directory.close()
        await evo.aclose()
    store.close()


def _bolt(client: Any) -> AsyncApp:
    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id=TEAM, bot_token=client.token, bot_id=BOT, bot_user_id=BOT_USER
        )

    return AsyncApp(
        client=client, signing_secret=SECRET, authorize=authorize, process_before_response=True,
        raise_error_for_unhandled_request=True,
        ssl_check_enabled=False, url_verification_enabled=False, request_verification_enabled=False,
    )  # fmt: skip


class Served:
    """The app on a port, and what an outsider can send it."""

    def __init__(self, app: HttpApp) -> None:
        self._app = app
        self._stopping = asyncio.Event()
        self.url = ""

    async def __aenter__(self) -> Self:
        bound = listen("127.0.0.1", 0)
        self._serving = asyncio.ensure_future(serve(self._app, bound, self._stopping))
        self.port = bound.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        self._stopping.set()
        await self._serving

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.request(method, self.url + path, data=body, headers=names) as answer:
            return answer.status, await answer.text()

    async def event(self, body: bytes, kind: str = JSON) -> tuple[int, str]:
        """As Slack sends it: signed."""
        now = int(time.time())
        headers = {"x-slack-request-timestamp": str(now), "x-slack-signature": signature(SECRET, now, body)}
        return await self.ask("POST", "/slack/events", body, content_type=kind, **headers)

    async def raw(self, sent: bytes) -> bytes:
        """The first bytes that come back on a bare connection which then falls silent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        async with asyncio.timeout(30):
            answer = await reader.read(1000)
        writer.close()
        await writer.wait_closed()
        return answer


@dataclass
class World:
    bot: Bot
    entrance: Entrance
    served: Served
    troubles: list[str]
    remarks: list[str]

    @property
    def slack(self) -> SlackStandIn:
        return self.bot.slack


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    troubles: list[str] = []
    remarks: list[str] = []
    entrance = Entrance()
    app = HttpApp(Guard(SECRET, SystemClock()), lambda: list(troubles), lambda: list(remarks), entrance)
    async with SlackStandIn() as slack, bot_on(slack, tmp_path / "evobot.db") as bot, Served(app) as served:
        slack.configure(events_url=f"{served.url}/slack/events", mode="http", time_scale=0.005)
        entrance.open(bot.intake)
        entrance.interact(bot.bolt)
        yield World(bot, entrance, served, troubles, remarks)


def wrapped(event: Any, **more: Any) -> bytes:
    return json.dumps({"type": "event_callback", "team_id": TEAM, "event_id": "Ev1", "event": event} | more).encode()


def message(text: str, thread: str, **more: Any) -> dict[str, Any]:
    place = {"channel": SUPPORT, "user": BEN, "ts": "1700000000.000200", "thread_ts": thread}
    return {"type": "message", "text": text, **place, **more}


# Acknowledged means stored


async def test_a_reply_in_a_thread_is_stored_and_acknowledged(world: World) -> None:
    key = await world.bot.linked()
    await world.slack.say(BEN, SUPPORT, "hello", world.bot.thread(key))
    await world.bot.settled()
    assert (world.bot.said(key), world.bot.outcomes()) == (["hello"], ["acked"])


async def test_when_the_answer_comes_another_process_would_see_the_row(world: World) -> None:
    """The answer waits for the disk: while somebody else holds the file there is none."""
    key = await world.bot.linked()
    other = sqlite3.connect(world.bot.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    asking = asyncio.ensure_future(world.served.event(wrapped(message("hello", world.bot.thread(key)))))
    done, _ = await asyncio.wait({asking}, timeout=0.2)
    assert not done
    other.execute("COMMIT")
    status, _ = await asking
    found = other.execute("SELECT body FROM item WHERE kind = 'say'").fetchall()
    other.close()
    assert (status, [json.loads(row[0])["text"] for row in found]) == (200, ["hello"])


async def test_a_full_disk_is_no_acknowledgement_and_slacks_next_try_is_taken(world: World) -> None:
    key = await world.bot.linked()
    long = "hello " * 5000
    make_room = world.bot.fill_the_disk()
    await world.slack.say(BEN, SUPPORT, long, world.bot.thread(key))
    await until(lambda: world.bot.outcomes() == ["http_error"] * 2, "two refusals")
    assert world.bot.said(key) == []
    make_room()
    await world.bot.settled()
    assert (world.bot.said(key), world.bot.outcomes()) == ([long], ["http_error", "http_error", "acked"])


async def test_a_file_locked_by_another_program_is_no_acknowledgement(world: World) -> None:
    key = await world.bot.linked()
    world.bot.store._writer._patience = 20
    other = sqlite3.connect(world.bot.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    body = wrapped(message("hello", world.bot.thread(key)))
    refused = await world.served.event(body)
    other.execute("COMMIT")
    other.close()
    taken = await world.served.event(body)
    assert (refused[0], taken[0], world.bot.said(key)) == (503, 200, ["hello"])


async def test_a_reply_to_a_card_on_its_way_is_asked_for_again_and_then_stored(world: World) -> None:
    """Slack may show the card before we know where it stands."""
    world.slack.configure(ack_seconds=3)
    key, card = await world.bot.ordered(), Ts(await world.slack.say(ANNA, SUPPORT, "the card"))
    post = world.bot.store.read.card_of(key)
    assert post is not None
    await world.bot.store.write(
        lambda tx: tx.change_post(post, state="sending", attempts=1, sending_at=time.time() - 1)
    )
    await world.slack.say(BEN, SUPPORT, "quick", card)
    await until(lambda: world.bot.outcomes()[:1] == ["http_error"], "the first refusal")
    await world.bot.stands(key, card)
    await world.bot.settled()
    assert (world.bot.said(key), world.bot.outcomes()[-1]) == (["quick"], "acked")


async def test_every_delivery_and_the_mentions_twin_make_one_row(world: World) -> None:
    """Three copies each of a message and of its app_mention, which has another event id."""
    key = await world.bot.linked()
    await world.bot.settled()
    world.slack.faults.delivery.duplicates = 2
    await world.slack.say(BEN, SUPPORT, Raw(f"ask {mention(BOT_USER)} about it"), world.bot.thread(key), raw=True)
    await world.bot.settled()
    deliveries = world.slack.journal.deliveries("message") + world.slack.journal.deliveries("app_mention")
    assert [entry["outcome"] for entry in deliveries[1:]] == ["acked"] * 6
    assert len(world.bot.said(key)) == 1


async def test_an_acknowledgement_that_was_lost_makes_no_second_row(world: World) -> None:
    key = await world.bot.linked()
    await world.bot.settled()
    world.slack.faults.delivery.drop_acks = 1
    await world.slack.say(BEN, SUPPORT, "hello", world.bot.thread(key))
    await world.bot.settled()
    assert (world.bot.said(key), world.bot.outcomes()) == (["hello"], ["ack_dropped", "acked"])


async def test_a_command_by_mention_that_comes_twice_is_done_once(world: World) -> None:
    key = await world.bot.linked()
    world.slack.faults.delivery.duplicates = 1
    text = Raw(f"{mention(BOT_USER)} invite lee@example.com")
    await world.slack.say(BEN, SUPPORT, text, world.bot.thread(key), raw=True)
    await world.bot.settled()
    assert [item.body["email"] for item in world.bot.items(key, Kind.INVITE)] == ["lee@example.com"]


# What else Slack sends


async def test_slacks_challenge_is_answered(world: World) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"}).encode()
    assert await world.served.event(body) == (200, "3eZbrw1a")


NONE_OF_OURS: list[Any] = [
    {"type": "reaction_added", "user": BEN, "reaction": "wave"},
    {"type": "member_joined_channel", "user": BEN, "channel": SUPPORT},
    {"type": "app_home_opened", "user": BEN},
    {"type": "of_the_year_2030"},
    {"type": "message", "subtype": "message_changed", "channel": SUPPORT},
    {"type": "message", "subtype": "of_the_year_2030", "channel": SUPPORT, "user": BEN, "ts": "1.1"},
    {},
    None,
    "message",
]


async def test_events_that_are_none_of_ours_are_acknowledged(world: World) -> None:
    """Slack switches off an app that refuses what it was sent."""
    statuses = [(await world.served.event(wrapped(event)))[0] for event in NONE_OF_OURS]
    assert statuses == [200] * len(NONE_OF_OURS)


async def test_a_notice_that_is_no_event_is_acknowledged(world: World) -> None:
    assert (await world.served.event(b'{"type": "app_rate_limited", "minute_rate_limited": 1}'))[0] == 200


async def test_json_that_is_no_object_is_a_bad_request(world: World) -> None:
    bodies = [b"[]", b"1", b'"text"', b"null", b"{", b"", b"\xff\xfe", b"{}{}"]
    statuses = {body: (await world.served.event(body))[0] for body in bodies}
    assert statuses == dict.fromkeys(bodies, 400)


async def test_a_form_that_bolt_would_trip_over_is_a_bad_request(world: World) -> None:
    bodies = [b"payload=", b"payload={", b"payload=[]", b"payload=1", b"payload=%FF", b"\xff=1"]
    statuses = {body: (await world.served.event(body, FORM))[0] for body in bodies}
    assert statuses == dict.fromkeys(bodies, 400)


async def test_a_slash_command_is_answered_with_words(world: World) -> None:
    heard = await world.slack.slash(BEN, SUPPORT, "/session", "help")
    assert (heard.outcome, heard.body["response_type"]) == ("acked", "ephemeral")


async def test_a_slash_command_opens_the_modal(world: World) -> None:
    heard = await world.slack.slash(BEN, SUPPORT, "/session")
    view = world.slack.view(BEN)
    assert (heard.outcome, heard.trouble, bool(view)) == ("acked", "", True)


async def test_a_form_that_nobody_knows_is_no_server_error(world: World) -> None:
    body = urlencode({"command": "/unknown", "team_id": TEAM, "user_id": BEN, "trigger_id": "1"}).encode()
    assert (await world.served.event(body, FORM))[0] < 500


# The other addresses


async def test_before_the_door_opens_slack_is_told_to_come_again() -> None:
    """All but its challenge, which can be answered without anybody behind the door."""
    async with Served(HttpApp(Guard(SECRET, SystemClock()), lambda: ["not yet"])) as served:
        statuses = [
            (await served.event(wrapped({"type": "message"})))[0],
            (await served.event(b"payload=%7B%7D", FORM))[0],
            (await served.event(b'{"type": "url_verification"}'))[0],
            (await served.ask("POST", "/slack/events"))[0],
        ]
    assert statuses == [503, 503, 200, 401]


async def test_an_event_before_the_door_opens_is_not_lost(world: World) -> None:
    key = await world.bot.linked()
    await world.bot.settled()
    world.entrance._door = None
    await world.slack.say(BEN, SUPPORT, "early", world.bot.thread(key))
    await until(lambda: world.bot.outcomes() == ["http_error"] * 2, "two refusals")
    world.entrance.open(world.bot.intake)
    await world.bot.settled()
    assert (world.bot.said(key), world.bot.outcomes()[-1]) == (["early"], "acked")


async def test_health_says_that_it_lives_and_readiness_says_why_not(world: World) -> None:
    ready = await world.served.ask("GET", "/readyz")
    world.troubles += ["not connected to Slack yet", "Evo Voice: NotSent"]
    assert [ready, await world.served.ask("GET", "/readyz"), await world.served.ask("GET", "/healthz")] == [
        (200, "ready\n"),
        (503, "not connected to Slack yet\nEvo Voice: NotSent\n"),
        (200, "ok\n"),
    ]


async def test_what_people_have_stopped_is_said_and_shuts_nobody_out(world: World) -> None:
    """Whoever wants to let it go on must reach the bot."""
    world.remarks.append("everything is stopped")
    assert [await world.served.ask("GET", "/readyz"), await world.served.ask("GET", "/healthz")] == [
        (200, "ready\neverything is stopped\n"),
        (200, "ok\neverything is stopped\n"),
    ]


ADDRESSES = {
    ("GET", "/"): 404,
    ("GET", "/slack/events"): 405,
    ("PUT", "/slack/events"): 405,
    ("POST", "/slack/events/"): 404,
    ("POST", "/slack/Events"): 404,
    ("POST", "/slack%2Fevents/../x"): 404,
    ("GET", "/metrics"): 404,
    ("POST", "/slack/events"): 401,
}


async def test_there_is_nothing_else_to_see(world: World) -> None:
    assert {address: (await world.served.ask(*address))[0] for address in ADDRESSES} == ADDRESSES


async def test_in_socket_mode_nothing_from_slack_comes_this_way() -> None:
    async with Served(HttpApp(None, list)) as served:
        assert (await served.event(wrapped({"type": "message"})), await served.ask("GET", "/readyz")) == (
            (404, ""),
            (200, "ready\n"),
        )


# People who are not Slack


async def test_a_body_that_says_it_is_too_long_is_refused_before_it_comes(world: World) -> None:
    head = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1)
    assert (await world.served.raw(head)).startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_grows_too_long_is_refused_where_it_passes_the_limit(world: World) -> None:
    head = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = b"10000\r\n" + b"x" * 0x10000 + b"\r\n" + b"FFFFF\r\n" + b"x" * 0xFFFFF
    assert (await world.served.raw(head + pieces)).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "9" * 5000, "12, 12", " "])
def test_a_length_that_is_none_is_no_server_error(length: str) -> None:
    """Handed over directly: the parser would not let these through."""
    request = Request(b"POST", "/slack/events", {b"content-length": length.encode()})
    answer = HttpApp(Guard(SECRET, SystemClock()), list).at_once(request)
    assert answer is not None
    assert answer.status == 413


async def test_bodies_on_their_way_are_bounded_all_together(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_room, "MOST_HELD", 10_000)
    head = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n"
    _, first = await asyncio.open_connection("127.0.0.1", world.served.port)
    first.write(head + b"x" * 8000)
    assert (await world.served.raw(head + b"x" * 8000)).startswith(b"HTTP/1.1 503 ")
    first.close()

    async def forgotten() -> bool:
        return (await world.served.raw(head + b"x" * 9000)).startswith(b"HTTP/1.1 401 ")

    await until(forgotten, "the first one to be forgotten")


async def test_a_header_said_twice_is_believed_neither_time(world: World) -> None:
    body, now = wrapped({"type": "message"}), int(time.time())
    good = signature(SECRET, now, body).encode()
    head = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + (
        b"Content-Length: %d\r\nX-Slack-Request-Timestamp: %d\r\n" % (len(body), now)
    )
    once = head + b"X-Slack-Signature: " + good + b"\r\n"
    twice = once + b"X-Slack-Signature: " + good + b"\r\n"
    answers = [(await world.served.raw(given + b"\r\n" + body))[:12] for given in (once, twice)]
    assert answers == [b"HTTP/1.1 200", b"HTTP/1.1 401"]


async def test_a_client_that_hangs_up_in_the_middle_disturbs_nobody(world: World) -> None:
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", world.served.port)
        writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    assert (await world.served.ask("GET", "/healthz"))[0] == 200


async def test_a_web_socket_is_not_opened_and_is_no_server_error(world: World) -> None:
    upgrade = (
        b"GET /slack/events HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    status = (await world.served.raw(upgrade)).split(b" ")[1]
    assert status in {b"404", b"405", b"403", b"400"}


async def test_a_replayed_request_makes_no_second_row(world: World) -> None:
    """Slack's signature has no nonce: the row's name is what stops a replay."""
    key = await world.bot.linked()
    body = wrapped(message("hello", world.bot.thread(key)))
    assert [(await world.served.event(body))[0] for _ in range(3)] == [200] * 3
    assert world.bot.said(key) == ["hello"]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"type": "event_callback", "event": {"type": []}}',
        b'{"type": "url_verification", "challenge": "\\ud800"}',
    ],
)
async def test_odd_signed_json_is_no_server_error(world, body):
    """Expected 400 (or 200); found: 500, an exception out of the app."""
    assert (await world.served.event(body))[0] < 500


async def test_odd_signed_form_is_no_server_error(world):
    assert (await world.served.event(b"payload=" + b"[" * 100_000, FORM))[0] < 500


async def test_slacks_look_whether_we_are_there_is_answered(world: World) -> None:
    status, _ = await world.served.event(b"ssl_check=1&token=x", "application/x-www-form-urlencoded")
    assert status == 200
