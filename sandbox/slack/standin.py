"""The stand-in put together, and its HTTP server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from sandbox.changes import Changes
from sandbox.slack import control, oauth, response_urls
from sandbox.slack.clock import Clock
from sandbox.slack.delivery import Deliveries
from sandbox.slack.desk import Desk
from sandbox.slack.faults import Faults
from sandbox.slack.files import Drawer, give_out, take_up
from sandbox.slack.http_door import HttpDoor
from sandbox.slack.journal import Journal
from sandbox.slack.limits import Limits
from sandbox.slack.oauth import Grants
from sandbox.slack.people.forms import Forms
from sandbox.slack.people.look import Look
from sandbox.slack.people.press import Press
from sandbox.slack.people.talk import Talk
from sandbox.slack.response_urls import ResponseUrls
from sandbox.slack.seeds import Seed
from sandbox.slack.settings import Settings
from sandbox.slack.socket_door import SocketDoor
from sandbox.slack.views import Board, Triggers
from sandbox.slack.webapi import door
from sandbox.slack.world import MICROSECONDS, World

if TYPE_CHECKING:
    from types import TracebackType

BODY_BYTES = 64 * 1024 * 1024
SHUTDOWN_SECONDS = 0.2


class SlackStandIn(Talk, Press, Forms, Look):
    """Slack, as far as an app can tell: a server on loopback, and the gestures of the people in it.

    `async with SlackStandIn() as slack:` starts and stops it. `settings`, `faults`, `limits`, `journal`, `clock` and
    `world` may be read and changed at any time. `beside`: another workspace of the same Slack, started before: what an
    app asks there with a token of this one is answered by this one, and what happens here comes by the same socket.
    """

    def __init__(
        self,
        seed: Seed | None = None,
        settings: Settings | None = None,
        clock: Clock | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        beside: SlackStandIn | None = None,
    ) -> None:
        self._beside = beside
        self.settings = settings or Settings()
        self.clock = clock or Clock()
        self.faults = Faults()
        self.changes = Changes(int(self.clock.now() * MICROSECONDS))
        self.journal = Journal(self.clock, self.changes)
        self.limits = Limits(self.clock)
        self.world = World(seed or Seed(), self.clock)
        self._address = host, port
        self._http = HttpDoor(self.settings)
        self.desk = self._furnish()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The base address, without a slash at the end; known after start."""
        return self.desk.url

    @property
    def api_url(self) -> str:
        """What slack-sdk takes as base_url."""
        return f"{self.url}/api/"

    @property
    def connections(self) -> int:
        """How many sockets the app has open."""
        return self.desk.sockets.connections

    async def start(self) -> None:
        """Listen; the port is in `url` then. Raises OSError when the address is taken."""
        self.changes.open()
        await self._http.start()
        self._runner = web.AppRunner(self._app(), shutdown_timeout=SHUTDOWN_SECONDS)
        await self._runner.setup()
        site = web.TCPSite(self._runner, *self._address)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.desk.url = f"http://{host}:{port}"
        if self._beside is not None:
            self._beside.desk.beside.append(self.desk)

    async def stop(self) -> None:
        """Let watchers go, close the sockets, forget what is under way, stop listening."""
        await self.changes.close()
        await self.desk.deliveries.stop()
        await self.desk.sockets.drop()
        await self._http.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def configure(self, **changes: Any) -> None:
        """Change settings by name: events_url, mode, time_scale, ack_seconds, signing_secret, bot_token, app_token."""
        self.settings.change(changes)
        self.desk.deliveries.door_changed()

    async def disconnect(self, reason: str = "refresh_requested") -> int:
        """Ask every Socket Mode client to reconnect; the number asked."""
        return await self.desk.sockets.disconnect(reason)

    async def drop_sockets(self, rude: bool = False) -> int:
        """Close every Socket Mode connection without a word, if `rude` as a broken cable would; the number closed."""
        return await self.desk.sockets.drop(rude=rude)

    def rotate(self, seconds: float | None = 43200) -> None:
        """Tokens that are granted from now on end after so long; None: never."""
        self.desk.grants.token_seconds = seconds

    async def uninstall(self) -> None:
        """A person removes the app: its tokens are no good any more, and it is told so."""
        self.desk.remove_app()

    def pending(self) -> int:
        """How many events are still to be acknowledged or given up."""
        return self.desk.deliveries.pending()

    def _furnish(self) -> Desk:
        beside = self._beside
        sockets = beside.desk.sockets if beside else SocketDoor(self.settings, self.journal, self.world.seed.app_id)
        deliveries = Deliveries(self.settings, self.faults, self.journal, self.changes, self._http, sockets)

        others = sockets.on_open

        def opened() -> None:
            others()
            deliveries.socket_ever_opened = True
            deliveries.door_changed()

        sockets.on_open = opened
        return Desk(
            self.settings,
            self.clock,
            self.changes,
            self.world,
            self.faults,
            self.journal,
            self.limits,
            deliveries,
            sockets,
            Board(self.world),
            Triggers(self.world),
            ResponseUrls(self.world),
            Drawer(),
            Grants(self.clock),
        )

    def _app(self) -> web.Application:
        async def call(request: web.Request) -> web.StreamResponse:
            return await door.serve(self.desk, request)

        async def respond(request: web.Request) -> web.StreamResponse:
            return await response_urls.serve(self.desk, request)

        async def upload(request: web.Request) -> web.StreamResponse:
            return await take_up(self.desk, request)

        async def download(request: web.Request) -> web.StreamResponse:
            return await give_out(self.desk, request)

        async def agree(request: web.Request) -> web.StreamResponse:
            return await oauth.authorize(self.desk, request)

        app = web.Application(client_max_size=BODY_BYTES)
        app.router.add_route("*", "/api/{method}", call)
        app.router.add_get("/oauth/v2/authorize", agree)
        app.router.add_get("/link/", self.desk.sockets.serve)
        app.router.add_post("/actions/{tail:.*}", respond)
        app.router.add_post("/commands/{tail:.*}", respond)
        app.router.add_post("/upload/v1/{token}", upload)
        app.router.add_get("/files-pri/{file}/{tail:.+}", download)
        control.add_routes(app, control.Panel(self))
        return app
