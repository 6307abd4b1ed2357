"""What may be done from the page: gestures of people, switches of the stand-ins, the bot's life, the play's pace."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import aiohttp

from sandbox.stage import NotStarted, Stage
from sandbox.workbench.patches import Json

SECONDS = 30.0
OK, WRONG, UNKNOWN, REFUSED, AWAY = 200, 400, 404, 409, 502

PEOPLE_IN_SLACK = {
    "say", "edit", "delete", "react", "unfurl", "join", "leave", "archive", "open_home", "file_content",
}  # fmt: skip
THE_APP_IN_SLACK = {
    "slash",
    "shortcut_global",
    "shortcut_message",
    "click",
    "fill",
    "press",
    "suggest",
    "submit",
    "close",
}
FAULTS_OF_SLACK = {"fault", "delivery_faults", "clear_faults", "limits", "advance", "disconnect", "drop_sockets"}
SLACK_VERBS = frozenset(PEOPLE_IN_SLACK | THE_APP_IN_SLACK | FAULTS_OF_SLACK)
"""Not `configure`: it says where payloads are sent to."""
PEOPLE_AT_EVO = {"hear", "text", "put_media", "join", "leave", "change_state", "end"}
FAULTS_OF_EVO = {"fault", "clear_faults", "advance", "expire_sign_ins"}
EVO_VERBS = frozenset(PEOPLE_AT_EVO | FAULTS_OF_EVO)
"""Not `reset` and `reseed`: the play, and whoever looks on, would have the ground taken from under them."""

_ERROR_NAME = re.compile(r"^\w+(?:Error|Exception): ")


@dataclass(frozen=True, slots=True)
class Outcome:
    """An HTTP status and what the page reads."""

    status: int
    result: Any = None
    error: str = ""

    def body(self) -> Json:
        """As JSON."""
        return {"ok": True, "result": self.result} if self.status == OK else {"ok": False, "error": self.error}


class Door(Protocol):
    """Somewhere a gesture goes."""

    async def act(self, verb: str, args: Json) -> Outcome:
        """Does it; whatever goes wrong is in the outcome."""


class Surface:
    """A stand-in's control surface; only those of its verbs that are `allowed`. Use it in an async with."""

    def __init__(self, name: str, url: str, allowed: frozenset[str]) -> None:
        self._name = name
        self._url = f"{url.rstrip('/')}/__standin"
        self._allowed = allowed
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def act(self, verb: str, args: Json) -> Outcome:
        """Hands it on."""
        if verb not in self._allowed:
            return unknown(verb)
        if self._session is None:
            raise RuntimeError("use Surface in an async with")
        try:
            async with self._session.post(f"{self._url}/{verb}", json=args) as answer:
                return self._outcome(answer.status, await answer.json())
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return Outcome(AWAY, error=f"The stand-in of {self._name} does not answer.")

    def _outcome(self, status: int, body: Json) -> Outcome:
        if status == OK:
            return Outcome(OK, body.get("result"))
        error = _ERROR_NAME.sub("", str(body.get("error", ""))) or "It cannot be done."
        return Outcome(status if status in {WRONG, UNKNOWN, REFUSED} else AWAY, error=error)


class BotDoor:
    """kill, stop and start. `look` is called whenever something has happened."""

    def __init__(self, stage: Stage, look: Callable[[], None]) -> None:
        self._stage = stage
        self._look = look
        self._verbs = {"kill": stage.kill_bot, "stop": self._stop, "start": stage.start_bot}

    async def act(self, verb: str, _: Json) -> Outcome:
        """Returns when it is done: a start when the bot is connected, an end when the process is gone."""
        if verb not in self._verbs:
            return unknown(verb)
        try:
            await self._verbs[verb]()
        except NotStarted as error:
            return Outcome(REFUSED, error=str(error).partition("\n")[0].rstrip(":") + ".")
        finally:
            self._look()
        return Outcome(OK)

    async def _stop(self) -> None:
        await self._stage.bot.end(signal.SIGTERM)


class Playing(Protocol):
    """The play's pace."""

    def start(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def next(self) -> None: ...

    def skip(self) -> None: ...


class PlayDoor:
    """start, pause, resume, next and skip; without a play there is nothing of it."""

    def __init__(self, play: Playing | None) -> None:
        self._verbs: dict[str, Callable[[], None]] = (
            {
                "start": play.start,
                "pause": play.pause,
                "resume": play.resume,
                "next": play.next,
                "skip": play.skip,
            }
            if play
            else {}
        )

    async def act(self, verb: str, _: Json) -> Outcome:
        """At once."""
        if verb not in self._verbs:
            return unknown(verb)
        self._verbs[verb]()
        return Outcome(OK)


def unknown(verb: str) -> Outcome:
    """Nobody does this here."""
    return Outcome(UNKNOWN, error=f"There is nothing called “{verb[:40]}” here.")
