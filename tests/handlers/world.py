"""The world around the Slack door: Slack's Web API and Evo Voice's directory as servers on loopback, and payloads as
Slack sends them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from bot.bridge import Bridge, House
from bot.clock import SystemClock
from bot.directory import Directory
from bot.evo import connect
from bot.model import EvoSessionId, Item, Kind, Life, Session, SessionKey, TeamId, ThreadKey, Ts, UserId
from bot.phones import PhoneRules
from bot.policy import Policy, default_policy
from bot.slackweb import slack_client, slack_session
from bot.store import Store
from bot.views import new_session
from bot.workspace import Workspace
from handlers.door import Door
from handlers.home import Homes
from handlers.listeners import register
from handlers.thread import ThreadDoor
from tests.helpers import store_in, until
from tests.lint import LINT

SECRET = "signing-secret"
TEAM, CHANNEL, BOT, ANA, JOE = "T1", "C1", UserId("UBOT"), "U1", "U2"
NEW_SESSION = new_session.form(None)["private_metadata"]
CARD = "1700000000.000100"


@dataclass
class FakeSlack:
    """What the Web API answers, and what it was asked."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    channel_members: dict[str, list[str]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)  # an error by method
    gone: set[str] = field(default_factory=set)  # messages, by ts
    silent: set[str] = field(default_factory=set)  # methods that never answer
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._answer)
        return app

    def asked(self, method: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.calls if name == method]

    async def _answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        arguments = dict(request.query)
        arguments |= await request.json() if request.content_type == "application/json" else await request.post()
        if isinstance(arguments.get("view"), str):
            arguments["view"] = json.loads(arguments["view"])
        self.calls.append((method, arguments))
        channel = self.channels.get(str(arguments.get("channel")), {})
        LINT.look(method, arguments, private=bool(channel.get("is_private")))
        if method in self.silent:
            await asyncio.Event().wait()
        if method in self.faults:
            return web.json_response({"ok": False, "error": self.faults[method]})
        return web.json_response(self._result(method, arguments))

    def _result(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "users.info":
                user = self.users.get(arguments["user"])
                return {"ok": True, "user": user} if user else {"ok": False, "error": "user_not_found"}
            case "conversations.members":
                return {"ok": True, "members": self.channel_members.get(arguments["channel"], [])}
            case "conversations.info":
                channel = self.channels.get(arguments["channel"])
                return {"ok": True, "channel": channel} if channel else {"ok": False, "error": "channel_not_found"}
            case "conversations.replies":
                there = [] if arguments["ts"] in self.gone else [{"ts": arguments["ts"]}]
                return {"ok": True, "messages": there}
            case "views.update":
                return {"ok": True, "view": {"id": arguments["view_id"], "hash": f"{len(self.calls)}.b"}}
        return {"ok": True}


def person(user: str, name: str, email: str | None = None, **more: Any) -> dict[str, Any]:
    profile = {"display_name": name, **({"email": email} if email else {})}
    return {"id": user, "team_id": TEAM, "profile": profile, **more}


@dataclass
class World:
    app: AsyncApp
    door: Door
    thread: ThreadDoor
    homes: Homes
    store: Store
    slack: FakeSlack
    contacts: list[dict[str, Any]]
    woken: list[None]

    async def interact(self, payload: dict[str, Any]) -> BoltResponse:
        """An interaction as Slack posts it: one form field with JSON in it."""
        return await self.send({"payload": json.dumps(payload)})

    async def send(self, form: dict[str, str]) -> BoltResponse:
        body, stamp = urlencode(form), str(int(time.time()))
        signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
        headers = {
            "content-type": ["application/x-www-form-urlencoded"],
            "x-slack-signature": [signature or ""],
            "x-slack-request-timestamp": [stamp],
        }
        return await self.app.async_dispatch(AsyncBoltRequest(body=body, headers=headers))

    def opened(self) -> list[dict[str, Any]]:
        """The modals that were opened, each with the trigger of the gesture that asked for it."""
        calls = self.slack.asked("views.open")
        assert all(call["trigger_id"] == "trigger" for call in calls)
        return [call["view"] for call in calls]

    async def hints(self) -> list[str]:
        """What people were told in private so far."""
        await self.door.drain()
        return [call["text"] for call in self.slack.asked("chat.postEphemeral")]

    async def home(self, user: str = ANA, then: Callable[[dict[str, Any]], Any] = bool) -> dict[str, Any]:
        """What their Home shows, once that is as it should be."""

        def shown() -> dict[str, Any] | None:
            views = [call["view"] for call in self.slack.asked("views.publish") if call["user_id"] == user]
            return views[-1] if views and then(views[-1]) else None

        return await until(shown, f"the Home of {user}")

    async def letters(self) -> list[dict[str, Any]]:
        """What people were told in their own messages with the app so far."""
        await self.door.drain()
        return self.slack.asked("chat.postMessage")

    def redrawn(self) -> list[dict[str, Any]]:
        """The modals as they were drawn anew."""
        return [call["view"] for call in self.slack.asked("views.update")]

    async def another_session(self, n: int, channel: str = CHANNEL, user: str = ANA, **changes: Any) -> Session:
        """One more chat at Evo Voice, `e<n>`, under a card of its own."""
        ts = Ts(f"17000001{n:02}.000100")

        def work(tx: Any) -> SessionKey:
            key = tx.add_session(
                asked_as=f"another/{n}", team=TEAM, channel=channel, type_="Chat", name=f"Nr. {n}", with_label=None,
                created_by=user, now=1_700_000_000.0,
            )  # fmt: skip
            tx.change_session(key, **({"life": Life.ACTIVE, "evo_id": f"e{n}", "thread_ts": ts} | changes))
            tx.add_link(ThreadKey(TEAM, channel, ts), key)
            return SessionKey(key)

        return self.store.read.session(await self.store.write(work))

    def sessions(self) -> list[Session]:
        keys = self.door.read._connection.execute("SELECT key FROM session ORDER BY key").fetchall()
        return [self.store.read.session(SessionKey(row[0])) for row in keys]

    def items(self, *kinds: Kind) -> list[Item]:
        return [item for session in self.sessions() for item in self.store.read.items_of(session.key, *(kinds or Kind))]

    async def active_session(self, **changes: Any) -> Session:
        """A chat that lives at Evo Voice, with its card in the channel."""

        def work(tx: Any) -> None:
            tx.change_session(session.key, **({"life": Life.ACTIVE, "evo_id": EvoSessionId("e1")} | changes))
            tx.change_session(session.key, thread_ts=Ts(CARD))
            tx.add_link(ThreadKey(TeamId(TEAM), session.channel, Ts(CARD)), session.key)
            tx.home_found(session.key, Ts(CARD))
            post = tx.card_of(session.key)
            tx.change_post(post, state="done", ts=Ts(CARD), shown=1)

        await self.interact(submission("session_new", "V0", new_values()))
        (session,) = self.sessions()
        await self.store.write(work)
        return self.store.read.session(session.key)


def break_disk(world: World) -> None:
    """From now on the file takes no write, as on a disk that was remounted read-only."""
    world.store._writer._connection.execute("PRAGMA query_only = 1")


def body(result: BoltResponse) -> Any:
    """What Slack is answered: JSON, or nothing."""
    assert result.status == 200, (result.status, result.body)
    return json.loads(result.body) if result.body else {}


# Payloads


def command(text: str = "", **more: str) -> dict[str, str]:
    return {
        "command": "/session",
        "text": text,
        "team_id": TEAM,
        "user_id": ANA,
        "channel_id": CHANNEL,
        "channel_name": "sales",
        "trigger_id": "trigger",
        "response_url": "http://127.0.0.1:9/none",
    } | more


def _interaction(kind: str, user: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "team": {"id": TEAM}, "user": {"id": user, "team_id": TEAM}, "trigger_id": "trigger", **more}


def submission(callback: str, view: str, values: dict[str, Any], metadata: str = "", user: str = ANA) -> dict[str, Any]:
    metadata = metadata or (NEW_SESSION if callback == "session_new" else "")
    shown = {
        "id": view,
        "type": "modal",
        "callback_id": callback,
        "private_metadata": metadata,
        "state": {"values": values},
    }
    return _interaction("view_submission", user, view=shown)


def press(
    action: str, value: str, user: str = ANA, at: str = "1.1", ts: str = CARD, thread: str = ""
) -> dict[str, Any]:
    return _interaction(
        "block_actions",
        user,
        channel={"id": CHANNEL},
        container={"type": "message", "message_ts": ts, "channel_id": CHANNEL},
        message={"ts": ts, **({"thread_ts": thread} if thread else {})},
        actions=[{"type": "button", "block_id": "b", "action_id": action, "value": value, "action_ts": at}],
    )


def press_home(action: str, value: str = "", user: str = ANA, at: str = "1.1", metadata: str = "") -> dict[str, Any]:
    """A button in the app's Home."""
    used = {"type": "button", "block_id": "b", "action_id": action, "action_ts": at}
    return _in_home(user, metadata, {**used, **({"value": value} if value else {})})


def choose_home(
    action: str, value: str, user: str = ANA, at: str = "1.1", metadata: str = "", kind: str = "static_select"
) -> dict[str, Any]:
    """A choice in a menu of the app's Home."""
    chosen = {"text": {"type": "plain_text", "text": value}, "value": value}
    used = {"type": kind, "block_id": "b", "action_id": action, "action_ts": at, "selected_option": chosen}
    return _in_home(user, metadata, used)


def _in_home(user: str, metadata: str, action: dict[str, Any]) -> dict[str, Any]:
    view = {"id": "VHOME", "type": "home", "private_metadata": metadata, "hash": "1.a", "state": {"values": {}}}
    container = {"type": "view", "view_id": "VHOME"}
    return _interaction("block_actions", user, container=container, view=view, actions=[action])


def choose(
    view: dict[str, Any], block: str, chosen: dict[str, Any] | None, user: str = ANA, at: str = "1.1"
) -> dict[str, Any]:
    """A choice in a list of a modal that asks to be told; `view` as it was opened."""
    element = {"selected_option": chosen}
    used = {"type": "external_select", "block_id": block, "action_id": block, "action_ts": at, **element}
    return _in_modal(view, user, used, {block: {block: element}})


def press_in(view: dict[str, Any], action: str, value: str, user: str = ANA) -> dict[str, Any]:
    """A button in a modal."""
    used = {"type": "button", "block_id": "b", "action_id": action, "action_ts": "1.1", "value": value}
    return _in_modal(view, user, used, {})


def _in_modal(view: dict[str, Any], user: str, used: dict[str, Any], held: dict[str, Any]) -> dict[str, Any]:
    shown = {"private_metadata": "", **view, "id": "V1", "hash": "1.a", "state": {"values": held}}
    container = {"type": "view", "view_id": "V1"}
    return _interaction("block_actions", user, container=container, view=shown, actions=[used])


def chosen(value: str, label: str = "") -> dict[str, Any]:
    """An option, as it stands in a modal's values."""
    return {"selected_option": {"value": value, "text": {"type": "plain_text", "text": label or value}}}


def shortcut(callback: str, user: str = ANA) -> dict[str, Any]:
    return _interaction("shortcut", user, callback_id=callback)


def message_shortcut(callback: str, ts: str, thread: str = "", user: str = ANA, text: str = "hi") -> dict[str, Any]:
    message = {"ts": ts, "text": text, **({"thread_ts": thread} if thread else {})}
    return _interaction("message_action", user, callback_id=callback, channel={"id": CHANNEL}, message=message)


def suggestion(query: str, action: str = "f_with", metadata: str = "", user: str = ANA) -> dict[str, Any]:
    view = {"private_metadata": metadata, "state": {"values": {}}}
    return _interaction("block_suggestion", user, action_id=action, block_id=action, value=query, view=view)


def event(text: str, ts: str = "1700000001.000200", thread: str = CARD, **more: Any) -> dict[str, Any]:
    """An event of the Events API; `more` overrides what stands in the event, None takes it out."""
    inner = {"type": "message", "user": ANA, "text": text, "ts": ts, "channel": CHANNEL, "thread_ts": thread or None}
    kept = {name: value for name, value in (inner | more).items() if value is not None}
    return {"type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event_id": f"Ev{ts}", "event": kept}


def home_opened(user: str = ANA, view: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The event for somebody who looks at their Home; `view` is what they see so far."""
    seen = {"view": view} if view else {}
    inner = {"type": "app_home_opened", "user": user, "channel": "D1", "tab": "home", "event_ts": "1.2", **seen, **more}
    return {"type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event_id": "EvHome", "event": inner}


def new_values(**given: Any) -> dict[str, Any]:
    """A filled-in New session form, by block id; texts unless they say what they are."""
    filled = {"f_channel": {"selected_option": {"value": "Chat", "text": {"text": "Chat"}}}, "f_name": "Boiler"}
    filled |= {"f_members": "joe@acme.com", "f_where": {"selected_conversation": CHANNEL}} | given
    return values(filled)


def values(filled: dict[str, Any]) -> dict[str, Any]:
    return {name: {name: given if isinstance(given, dict) else {"value": given}} for name, given in filled.items()}


# Building


@asynccontextmanager
async def world_in(folder: Path, *, confirm_phones: bool = True, policy: Policy | None = None) -> AsyncIterator[World]:
    slack = FakeSlack(
        users={
            ANA: person(ANA, "Ana", "ana@example.com"),
            JOE: person(JOE, "Joe", "joe@example.com"),
            "U3": person("U3", "Max"),
            "UGUEST": person("UGUEST", "Guest", is_restricted=True),
        },
        channels={CHANNEL: {"id": CHANNEL, "name": "sales", "is_member": True}, "C2": {"id": "C2", "is_member": False}},
    )
    contacts: list[dict[str, Any]] = []
    store = store_in(folder / "bot.db")
    async with (
        _serving(slack.app()) as slack_url,
        _serving(_directory(contacts)) as evo_url,
        slack_session() as session,
    ):
        clock, woken = SystemClock(), []
        house = House(
            BOT, PhoneRules(frozenset({"US"})), confirm_phones, "US", straggler_seconds=0,
            policy=policy or default_policy(),
        )  # fmt: skip
        bridge = Bridge(store, clock, house, lambda: woken.append(None))
        client = slack_client("xoxb-test", f"{slack_url}/api/", session)
        evo = connect(evo_url, "bot@example.com", "password", basic=True)
        directory = Directory(evo, clock)
        door = Door(bridge, store.read, Workspace(client, clock), house, TeamId(TEAM)).complete(directory)
        app = AsyncApp(client=client, signing_secret=SECRET, authorize=_authorize, process_before_response=True)
        homes, stopping = Homes(door, clock, lambda: store.version), asyncio.Event()
        register(app, door, homes)
        keeping = asyncio.create_task(homes.run(stopping))
        yield World(app, door, ThreadDoor(door), homes, store, slack, contacts, woken)
        stopping.set()
        homes.wake()
        await keeping
        await door.drain()
        await directory.close()
        await evo.aclose()
    store.close()


async def _authorize() -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_token="xoxb-test", bot_id="B1", bot_user_id=BOT)


def _directory(contacts: list[dict[str, Any]]) -> web.Application:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"contacts": contacts})

    app = web.Application()
    app.router.add_get("/app/contacts", answer)
    return app


@asynccontextmanager
async def _serving(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()
