"""The control surface below /__standin/: the gestures and switches, for whoever is not in the same process."""

from __future__ import annotations

import dataclasses
import inspect
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.slack.errors import GestureError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.slack.standin import SlackStandIn
    from sandbox.slack.world import Json

GESTURES = (
    "archive",
    "click",
    "close",
    "configure",
    "delete",
    "disconnect",
    "drop_sockets",
    "edit",
    "ephemerals",
    "file_content",
    "fill",
    "group",
    "home",
    "join",
    "leave",
    "message",
    "messages",
    "open_home",
    "pending",
    "press",
    "react",
    "rotate",
    "say",
    "share",
    "shortcut_global",
    "shortcut_message",
    "slash",
    "submit",
    "suggest",
    "unfurl",
    "uninstall",
    "view",
    "views",
)

LOOKS = frozenset(
    {"connections", "ephemerals", "groups", "home", "journal", "message", "messages", "pending", "people"}
    | {"file_content", "rooms", "view", "views", "watch"}
)
"""What changes nothing; after everything else, watchers look again."""


class Panel:
    """Names → acts. Every act takes keyword arguments that are JSON and answers JSON."""

    def __init__(self, standin: SlackStandIn) -> None:
        self._standin = standin
        self._acts: dict[str, Callable[..., Any]] = {name: getattr(standin, name) for name in GESTURES}
        self._acts |= {
            "advance": standin.clock.advance,
            "clear_faults": standin.faults.clear,
            "connections": lambda: standin.connections,
            "delivery_faults": self._delivery_faults,
            "fault": standin.faults.order,
            "groups": lambda: list(standin.world.groups.values()),
            "journal": standin.journal.entries,
            "limits": standin.limits.set,
            "people": self._people,
            "rooms": self._rooms,
            "watch": standin.watch,
        }

    async def act(self, name: str, args: Json) -> Any:
        """Do it. Raises KeyError, TypeError, ValueError for a wrong call, GestureError as the gesture does."""
        try:
            result = self._acts[name](**args)
            return _plain(await result if inspect.isawaitable(result) else result)
        finally:
            if name not in LOOKS:
                self._standin.changes.bump()

    def _delivery_faults(self, **changes: Any) -> Json:
        faults = self._standin.faults
        faults.delivery = dataclasses.replace(faults.delivery, **changes)
        return dataclasses.asdict(faults.delivery)

    def _people(self) -> list[Json]:
        return [dataclasses.asdict(person) for person in self._standin.world.people.values()]

    def _rooms(self) -> list[Json]:
        rooms = self._standin.world.channels.values()
        return [
            {"id": room.id, "name": room.name, "kind": str(room.kind), "members": list(room.members)} for room in rooms
        ]


def add_routes(app: web.Application, panel: Panel) -> None:
    """POST /__standin/<verb> with a JSON object of arguments; GET does for verbs without."""

    async def serve(request: web.Request) -> web.Response:
        return await _answer(panel, request.match_info["verb"], await request.text())

    app.router.add_post("/__standin/{verb}", serve)
    app.router.add_get("/__standin/{verb}", serve)


async def _answer(panel: Panel, verb: str, args: str) -> web.Response:
    try:
        result = await panel.act(verb, json.loads(args or "{}"))
    except GestureError as error:
        return web.json_response({"ok": False, "error": str(error)}, status=409)
    except (KeyError, TypeError, ValueError) as error:
        return web.json_response({"ok": False, "error": f"{type(error).__name__}: {error}"}, status=400)
    return web.json_response({"ok": True, "result": result})


def _plain(result: Any) -> Any:
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return dataclasses.asdict(result)
    if isinstance(result, list):
        return [_plain(item) for item in result]
    return result
