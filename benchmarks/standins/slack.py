"""Slack, as far as anybody asks it here: yes to every call, and Socket Mode with as many envelopes as are wanted.

`POST /bench/drive` sends events over the open socket and answers when all are acknowledged.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from aiohttp import WSMsgType, web

from benchmarks.letters import numbered
from benchmarks.load import PATIENCE, Plan, Tally
from benchmarks.machine import cpu_seconds
from benchmarks.names import APP, BOT, BOT_ID, CHANNEL, TEAM, USER
from benchmarks.standins.serving import serve

ACKED = "200"
WHO = {"ok": True, "url": "https://bench.slack.com/", "team": "Bench", "user": "evobot", "team_id": TEAM,
       "user_id": BOT, "bot_id": BOT_ID}  # fmt: skip
PERSON = {"id": USER, "team_id": TEAM, "name": "ana", "profile": {"display_name": "Ana", "email": "ana@example.com"}}
PLACE = {"id": CHANNEL, "name": "bench", "is_channel": True, "is_private": True, "is_member": True}
HELLO = {"type": "hello", "num_connections": 1, "connection_info": {"app_id": APP}, "debug_info": {"host": "bench"}}


class Slack:
    """Counts what it is asked."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._stamp = itertools.count(int(time.time()))
        self._socket: web.WebSocketResponse | None = None
        self._drive: Drive | None = None

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/bench/asked", self._tell_asked),
                web.post("/bench/drive", self._start_drive),
                web.get("/socket", self._attend),
                web.route("*", "/api/{method}", self._call),
            ]
        )
        return app

    async def _tell_asked(self, _: web.Request) -> web.Response:
        return web.json_response({"asked": self._asked, "connected": self._socket is not None})

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self._asked[method] += 1
        return web.json_response({"ok": True, **self._answer(method, await self._said(request), request)})

    async def _said(self, request: web.Request) -> dict[str, Any]:
        if request.content_type == "application/json":
            return dict(json.loads(await request.text() or "{}"))
        return {**request.query, **(await request.post())}

    def _answer(self, method: str, said: dict[str, Any], request: web.Request) -> dict[str, Any]:
        match method:
            case "auth.test":
                return WHO
            case "users.info":
                return {"user": PERSON | {"id": said.get("user")}}
            case "conversations.info":
                return {"channel": PLACE}
            case "conversations.replies" | "conversations.history":
                return {"messages": []}
            case "chat.postMessage":
                ts = f"{next(self._stamp)}.000000"
                return {"ts": ts, "channel": CHANNEL, "message": {"ts": ts, "thread_ts": said.get("thread_ts")}}
            case "apps.connections.open":
                return {"url": f"ws://{request.host}/socket"}
            case _:
                return {}

    # Socket Mode

    async def _attend(self, request: web.Request) -> web.WebSocketResponse:
        self._socket = socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.send_json(HELLO)
        async for message in socket:
            if message.type is WSMsgType.TEXT and self._drive is not None:
                await self._drive.heard(message.data)
        self._socket = None
        return socket

    async def _start_drive(self, request: web.Request) -> web.Response:
        if self._socket is None:
            return web.json_response({"error": "nobody is connected"}, status=409)
        self._drive = Drive(self._socket, Plan(**await request.json()))
        tally = await self._drive.run()
        self._drive = None
        return web.json_response(tally.packed())


class Drive:
    """So many envelopes on one socket; `plan.connections` of them unacknowledged at most, all at once for rate 0."""

    def __init__(self, socket: web.WebSocketResponse, plan: Plan) -> None:
        self._socket = socket
        self._plan = plan
        self._letters = _envelopes(plan)
        self._sent: dict[str, float] = {}
        self._tally = Tally()
        self._over = asyncio.Event()

    async def run(self) -> Tally:
        """Until the last ack. Raises TimeoutError."""
        ready = self._letters = iter(list(self._letters))
        began, cpu = time.monotonic(), cpu_seconds(self._plan.pid)
        at_once = self._plan.count if self._plan.rate == 0 else self._plan.connections
        for ident, envelope in itertools.islice(ready, at_once):
            await self._send(ident, envelope, began if self._plan.rate == 0 else time.monotonic())
        async with asyncio.timeout(PATIENCE):
            await self._over.wait()
        self._tally.seconds = time.monotonic() - began
        self._tally.cpu = cpu_seconds(self._plan.pid) - cpu
        return self._tally

    async def heard(self, text: str) -> None:
        """An ack makes room for the next."""
        due = self._sent.pop(str(json.loads(text).get("envelope_id")), None)
        if due is None:
            return
        self._tally.latencies.append((time.monotonic() - due) * 1000)
        self._tally.answers[ACKED] += 1
        if self._tally.good == self._plan.count:
            self._over.set()
        elif (following := next(self._letters, None)) is not None:
            await self._send(*following, time.monotonic())

    async def _send(self, ident: str, envelope: str, due: float) -> None:
        self._sent[ident] = due
        await self._socket.send_str(envelope)


def _envelopes(plan: Plan) -> Iterator[tuple[str, str]]:
    for number, payload in numbered(plan.first, plan.count, plan.threads):
        ident = f"{number:08d}-0000-4000-8000-000000000000"
        said = {"envelope_id": ident, "type": "events_api", "accepts_response_payload": False, "payload": payload}
        yield ident, json.dumps(said | {"retry_attempt": 0, "retry_reason": ""})


if __name__ == "__main__":
    serve(Slack().app())
