"""Evo Voice, as far as the bot asks it here: sessions that are all alive, transcripts, and when each reply arrived.

Not `sandbox.evo`: that one is made to be true in every detail, which costs time on the core that it would share.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from benchmarks.names import LOGIN
from benchmarks.standins.serving import serve

NUMBER = re.compile(r"No\. (\d+):")
OPENED = "2026-01-01T08:00:00Z"  # when the sessions were last changed, where words do not change them


class Evo:
    """Counts what it is asked."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._arrived: dict[int, float] = {}  # by the number in the words, on the machine's monotonic clock
        self._doubled = 0
        self._said: dict[str, list[dict[str, Any]]] = {}
        self._moving = False  # nobody knows whether the real one's dates move with what is said
        self._changed: dict[str, str] = {}

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/bench/asked", self._tell_asked),
                web.get("/bench/arrived", self._tell_arrived),
                web.post("/bench/moving", self._move),
                web.post("/bench/said", self._hear),
                web.post("/auth/credentials", self._sign_in),
                web.get("/auth/status", self._status),
                web.get("/sessions/my", self._mine),
                web.get("/sessions", self._sessions),
                web.get("/sessions/{id}", self._session),
                web.get("/sessions/{id}/transcript", self._transcript),
                web.post("/sessions/{id}/messages", self._take),
                web.get("/{rest:.*}", self._empty),
            ]
        )
        return app

    # For the benchmark

    async def _tell_asked(self, _: web.Request) -> web.Response:
        return web.json_response({"asked": self._asked, "arrived": len(self._arrived), "doubled": self._doubled})

    async def _tell_arrived(self, request: web.Request) -> web.Response:
        first = int(request.query["first"])
        return web.json_response({number: at for number, at in self._arrived.items() if number >= first})

    async def _move(self, request: web.Request) -> web.Response:
        """From now on the date of a session moves with what is said in it, or does not."""
        self._moving = bool(await request.json())
        return web.json_response({})

    async def _hear(self, request: web.Request) -> web.Response:
        """Somebody else says something."""
        said = await request.json()
        self._add(said["session"], said["sender"], said["words"])
        return web.json_response({})

    # As Evo Voice

    async def _sign_in(self, _: web.Request) -> web.Response:
        self._asked["sign in"] += 1
        answer = web.json_response({"sessionId": "s", "userName": LOGIN})
        answer.set_cookie("ss-id", "0123456789abcdef")
        return answer

    async def _status(self, _: web.Request) -> web.Response:
        self._asked["who"] += 1
        return web.json_response({"id": "u1", "isAuthenticated": True, "emailAddress": LOGIN, "roles": ["User"]})

    async def _mine(self, _: web.Request) -> web.Response:
        self._asked["sessions"] += 1
        return web.json_response({"sessions": []})

    async def _sessions(self, request: web.Request) -> web.Response:
        self._asked["sessions"] += 1
        ids = request.query.get("specificIds", "")
        return web.json_response({"items": [self._alive(each) for each in ids.split(",") if each]})

    async def _session(self, request: web.Request) -> web.Response:
        self._asked["session"] += 1
        return web.json_response(self._alive(request.match_info["id"]))

    async def _transcript(self, request: web.Request) -> web.Response:
        self._asked["transcript"] += 1
        return web.json_response({"messages": self._said.get(request.match_info["id"], [])})

    async def _take(self, request: web.Request) -> web.Response:
        arrived = time.monotonic()
        body = str((await request.json())["body"])
        self._asked["reply"] += 1
        if found := NUMBER.search(body):
            number = int(found[1])
            self._doubled += number in self._arrived
            self._arrived.setdefault(number, arrived)
        self._add(request.match_info["id"], LOGIN, body)
        return web.json_response({"id": f"m{self._asked['reply']}"})

    async def _empty(self, _: web.Request) -> web.Response:
        self._asked["other"] += 1
        return web.json_response({})

    def _add(self, session: str, sender: str, words: str) -> None:
        now, lines = datetime.now(UTC).isoformat(), self._said.setdefault(session, [])
        lines.append({"date": now, "from": sender, "body": words})
        del lines[:-50]  # else reading a transcript again and again would be what is measured
        if self._moving:
            self._changed[session] = now

    def _alive(self, session: str) -> dict[str, Any]:
        state = {"channel": "Chat", "callState": "Connected", "ended": False, "members": []}
        return {"id": session, "dateLastModified": self._changed.get(session, OPENED), **state}


if __name__ == "__main__":
    serve(Evo().app())
