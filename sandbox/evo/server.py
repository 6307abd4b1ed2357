"""The server: sockets, the API behind them, and the control surface beside it."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl
from weakref import WeakSet

from aiohttp import web

from sandbox.changes import Changes
from sandbox.evo.control import Controls, Desk
from sandbox.evo.delivery import abort, deliver
from sandbox.evo.journal import Journal
from sandbox.evo.quirks import Quirks
from sandbox.evo.routes import Routes
from sandbox.evo.seeds import Seeds
from sandbox.evo.store import Store
from sandbox.evo.visit import Visit
from sandbox.evo.wire import Answer, Call
from sandbox.evo.world import World

_LARGEST = 64 * 1024 * 1024
_CONTROL = "/__standin"


class EvoStandIn(Controls):
    """A whole Evo Voice host on loopback.

    `database`: the file that holds everything, in memory by default. `port` 0 takes a free one. `control` opens
    `/__standin`. `quirks` count from this start on; `seeds` replace those kept in the file. `seed` makes chance
    repeatable, `system` is the clock it goes by, in nanoseconds. Use it as an async context manager, or `start` and
    `stop`; after `stop` make a new one over the same file.
    """

    def __init__(
        self,
        *,
        database: str | os.PathLike[str] = ":memory:",
        host: str = "127.0.0.1",
        port: int = 0,
        control: bool = False,
        quirks: Quirks | None = None,
        seeds: Seeds | None = None,
        seed: int = 0,
        system: Callable[[], int] = time.time_ns,
    ) -> None:
        changes = Changes(system() // 1000)
        self._store = Store(Path(database) if database != ":memory:" else ":memory:", changes)
        world = World(self._store, quirks=quirks or Quirks(), seeds=seeds, system=system)
        journal = Journal(self._store, world.clock, changes)
        super().__init__(world, Routes(world), journal, changes, seed=seed)
        self._desk = Desk(self) if control else None
        self._address = (host, port)
        self._runner: web.AppRunner | None = None
        self._late: set[asyncio.Task[Answer]] = set()
        self._lines: WeakSet[asyncio.Transport] = WeakSet()

    @property
    def url(self) -> str:
        """Base URL, known once started."""
        return self._world.base_url

    async def start(self) -> Self:
        """Listen. Raises OSError when the port is taken."""
        app = web.Application(client_max_size=_LARGEST)
        if self._desk is not None:
            app.router.add_route("*", _CONTROL, self._control)
            app.router.add_route("*", _CONTROL + "/{verb:[^/]*}", self._control)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, *self._address)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._world.base_url = f"http://{host}:{port}"
        return self

    async def stop(self) -> None:
        """Let watchers go, stop listening, forget late effects, close the file. What happened stays in the file."""
        await self._changes.close()
        if self._runner is not None:
            await self._runner.cleanup()
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)
        self._store.close()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def drop_connections(self) -> None:
        """Abort every open connection of a client (not those of the control surface)."""
        for line in list(self._lines):
            abort(line)

    # The API

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            self._lines.add(request.transport)
        call = await _call(request)
        visit = Visit(self._world, self._routes, self._journal, self._late, call)
        delivery = await visit.run(self.board)
        try:
            response = await deliver(request, delivery, self._world.clock)
        except ConnectionError:
            visit.over()
            raise
        visit.over()
        return response

    # The control surface

    async def _control(self, request: web.Request) -> web.Response:
        if self._desk is None:  # pragma: no cover  the route is not there then
            raise web.HTTPNotFound
        verb = request.match_info.get("verb", "")
        if not verb:
            return web.json_response(self._desk.names())
        args: dict[str, Any] = {name: _number(value) for name, value in parse_qsl(request.query_string)}
        if request.method != "GET":
            args |= _json_args(await request.read())
        status, value = await self._desk.say(request.method, verb, args)
        return web.json_response(value, status=status)


async def _call(request: web.Request) -> Call:
    raw_path, _, query = request.raw_path.partition("?")
    cookies = dict(request.cookies)
    return Call(request.method, raw_path, query, request.headers, cookies, await request.read())


def _json_args(body: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(body or b"{}"))
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"not a JSON object: {error}") from None


def _number(text: str) -> str | int:
    return int(text) if text.isdigit() else text
