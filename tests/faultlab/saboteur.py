"""Starts the bot's own program with something added at its outermost seams: `python -m tests.faultlab.saboteur`.

`--hosts FILE`: on the plain event loop, whose connections an audit hook can see, each new one a line in FILE.
`--hurry`: posts go as fast as they are taken, for a stand-in whose limits are off.
`--plan FILE`: errors full of what must not be told, raised at each seam in turn.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import importlib
import inspect
import itertools
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import uvloop
from pydantic import TypeAdapter, ValidationError
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

import bot.__main__
from bot.courier.pace import Pace
from tests.guards import Egress, teller

ROOMS = (
    "bot.bridge:Bridge",
    *(f"bot.courier.errands:{kind}" for kind in ("Open", "Invite", "Say", "End")),
    "bot.evo:EvoVoice",
    "bot.workspace:Workspace",
    "bot.hearing:Hearing",
    "bot.directory:Directory",
    "handlers.thread:ThreadDoor",
)
# What a start or an end rests on: without it there is no program whose log could tell anything.
SPARED = {"identity", "auth_status", "get_app_config", "get_my_sessions", "knock", "knock_elsewhere", "aclose", "close"}
LISTENERS = ("command", "view", "action", "options", "global_shortcut", "message_shortcut")
CRASH = "bot.courier.poster:Poster._start_channels"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hosts", type=Path)
    parser.add_argument("--plan", type=Path)
    parser.add_argument("--hurry", action="store_true")
    given = parser.parse_args()
    if given.hosts is not None:
        given.hosts.touch()
        Egress(teller(str(given.hosts))).install()
        uvloop.run = asyncio.run
    if given.hurry:
        Pace.wait = lambda *_: 0.0  # type: ignore[method-assign]  # sabotage
    if given.plan is not None:
        Plan(json.loads(given.plan.read_text(encoding="utf-8"))).install()
    return bot.__main__.main(["run"])


class Plan:
    """`told` is what the errors quote, besides what was passed; `strikes` says which calls of a seam go wrong.

    `fired` gets a line for each that did.

    While the file `crash` is there, what nobody catches is raised as well, and the program ends.
    """

    def __init__(self, plan: dict[str, Any]) -> None:
        self._told = ", ".join(plan["told"])
        self._fired = Path(plan["fired"])
        self._crash = Path(plan["crash"])
        self._strikes = frozenset(plan["strikes"])
        self._calls: Counter[str] = Counter()
        self._kinds = itertools.cycle(ERRORS)

    def install(self) -> None:
        self._fired.touch()
        for seam in seams():
            self._at(seam, self._strike)
        self._at(CRASH, self._perhaps_crash)
        for kind in LISTENERS:
            _listen(kind, self._strike)

    def _at(self, seam: str, first: Callable[[str, Any], None]) -> None:
        module, _, path = seam.partition(":")
        owner, name = path.split(".")
        where = getattr(importlib.import_module(module), owner)
        setattr(where, name, before(getattr(where, name), functools.partial(first, seam)))

    def _strike(self, seam: str, passed: Any) -> None:
        self._calls[seam] += 1
        if self._calls[seam] in self._strikes:
            with self._fired.open("a", encoding="utf-8") as fired:
                fired.write(f"{seam}\n")
            raise next(self._kinds)(f"{self._told} {passed!r}")

    def _perhaps_crash(self, _seam: str, _passed: Any) -> None:
        if self._crash.exists():
            raise chained(self._told)


def seams() -> Iterator[str]:
    """Every public coroutine of the rooms, and what the poster does in rounds."""
    for room in ROOMS:
        module, _, owner = room.partition(":")
        for name, found in vars(getattr(importlib.import_module(module), owner)).items():
            public = name == "__call__" or not name.startswith("_")
            if public and name not in SPARED and inspect.iscoroutinefunction(found):
                yield f"{room}.{name}"
    yield from ("bot.courier.poster:Poster._round", "bot.courier.poster:Poster._mark_all")


def before(work: Callable[..., Any], first: Callable[[Any], None]) -> Callable[..., Any]:
    """The same, but something happens first."""
    if inspect.iscoroutinefunction(work):

        @functools.wraps(work)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            first((args, kwargs))
            return await work(*args, **kwargs)

        return awaited

    @functools.wraps(work)
    def called(*args: Any, **kwargs: Any) -> Any:
        first((args, kwargs))
        return work(*args, **kwargs)

    return called


def _listen(kind: str, strike: Callable[[str, Any], None]) -> None:
    """Every listener that is registered from now on breaks as well."""
    register = getattr(AsyncApp, kind)

    def registering(app: AsyncApp, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        attach = register(app, *args, **kwargs)

        def taken(listener: Callable[..., Awaitable[None]]) -> Any:
            seam = f"listener:{kind}:{args[0]!r:.60}"
            return attach(before(listener, lambda passed: strike(seam, passed)))

        return taken

    setattr(AsyncApp, kind, registering)


# Errors of every make, each with words in all its places


def noted(words: str) -> Exception:
    error = RuntimeError(words)
    error.add_note(words)
    return error


def chained(words: str) -> Exception:
    error = LookupError(words)
    error.__cause__ = ValueError(words, {"payload": words})
    error.__cause__.__context__ = OSError(5, words, words)
    return error


def grouped(words: str) -> Exception:
    return ExceptionGroup(words, [noted(words), sqlite3.OperationalError(words)])


def undecodable(words: str) -> Exception:
    return UnicodeEncodeError("utf-8", words, 0, len(words), words)


def invalid(words: str) -> Exception:
    try:
        TypeAdapter(list[int]).validate_python([words])
    except ValidationError as error:
        return error
    raise AssertionError


def from_slack(words: str) -> Exception:
    return SlackApiError(words, {"ok": False, "error": "not_a_known_code", "text": words})


def from_evo(words: str) -> Exception:
    request = httpx.Request("POST", "http://127.0.0.1:9/x", content=words.encode(errors="replace"))
    return httpx.RemoteProtocolError(words, request=request)


ERRORS = (ValueError, KeyError, noted, chained, grouped, undecodable, invalid, from_slack, from_evo)

if __name__ == "__main__":
    sys.exit(main())
