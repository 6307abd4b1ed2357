"""Everything but the doors: what becomes of what was taken, and whatever else people ask for.

Imported and made while the first messages are taken already: slack-sdk, Bolt and the like take long to import.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.bridge import Own
from bot.clock import Clock
from bot.counts import Counts, outcome_of
from bot.courier.gate import Gate
from bot.directory import Directory
from bot.duty import Duty, Parts
from bot.evo import EvoVoice, connect
from bot.evoside import sign_in_patiently
from bot.intake import Entrance
from bot.intake.socket import SocketDoor
from bot.model import ChannelId
from bot.peeking import Peeking
from bot.rush import Rush
from bot.settings import Settings
from bot.store import Store, Unavailable
from bot.store.others import DEAF, Term
from bot.together import together
from bot.workspace import Identity
from handlers.door import Door
from handlers.home import Homes
from handlers.listeners import register
from handlers.payloads import claim
from handlers.thread import ThreadDoor, glances

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0
# What bots tell each other.
MISSED = "missed"  # threads are to be read again
CHANGED = "changed"  # whose eyes a channel is for


class Works:
    """Makes the door complete, and runs what stands behind it. `wakers`: who is told that there is work.

    `stop`: asks the whole program to end. `beside`: what else is to be done in each term, until it is over.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        store: Store,
        door: Door,
        threads: ThreadDoor,
        identity: Identity,
        client: AsyncWebClient,
        rush: Rush,
        wakers: list[Callable[[], None]],
        stopping: asyncio.Event,
        stop: Callable[[], None],
        counts: Counts,
        beside: Callable[[asyncio.Event], Awaitable[None]],
    ) -> None:
        self._beside = beside
        self._counts = counts
        self._settings = settings
        self._clock = clock
        self._store = store
        self._door = door
        self._workspace = door.workspace
        self._house = door.house
        self._threads = threads
        self._client = client
        self._rush = rush
        self._wakers = wakers
        self._stopping = stopping
        self._stop = stop
        self._missing = {"Slack", "Evo Voice"}  # what is not there yet
        self._socket: SocketDoor | None = None
        self._bolt = self._make_bolt(client, identity)
        self._homes = Homes(door, clock, lambda: store.version)
        self._gate = Gate(clock, stopping)
        self._evo = self._make_evo()
        self._gate.guard(self._evo)
        self._directory = Directory(self._evo, clock)
        self._duty: Duty | None = None  # while this bot is the one that carries things out
        self._own: asyncio.Future[Own] = asyncio.get_running_loop().create_future()
        self._glance = glances(self._homes.opened, self.channel_changed)

    async def run(self, entrance: Entrance, seen: Iterable[Mapping[str, Any]], stack: AsyncExitStack) -> None:
        """Until stopped. Raises WrongAccount, BadAppToken. `seen`: glances of before; `stack` closes the rest."""
        stack.push_async_callback(self._evo.aclose)
        stack.push_async_callback(self._gate.close)
        door = self._door
        register(self._bolt, door, self._homes)
        door.complete(self._directory, Peeking(self._evo))
        entrance.interact(self._bolt)
        self._wakers += [self._homes.wake, self._wake_duty]
        self._store.others.listen(self._heard)
        for payload in seen:
            self.glance(payload)
        try:
            await together(
                self._stop,
                self._terms(),
                self._homes.run(self._stopping),
                self._evo_side(),
                self._slack_socket(entrance),
            )
        finally:
            await door.drain()
            await self._directory.close()

    def failures(self) -> list[str]:
        """What is not as it should be, in words."""
        found = [f"not connected to {name} yet" for name in sorted(self._missing)]
        if self._socket is not None and not self._socket.connected:
            found.append("the Socket Mode connection to Slack is down")
        if self._gate.trouble and "Evo Voice" not in self._missing:
            found.append(f"Evo Voice: {self._gate.trouble}")
        if self._workspace.signed_out:
            found.append("Slack does not accept the bot token any more")
        return found

    @property
    def connected(self) -> bool:
        """Is there a socket to Slack?"""
        return self._socket is not None and self._socket.connected

    @property
    def login_refused(self) -> bool:
        """Does Evo Voice not accept the login?"""
        return self._gate.refused

    @property
    def on_duty(self) -> bool:
        """Is it this bot that carries out what is stored?"""
        return self._duty is not None

    def fetch_missed(self) -> None:
        """Threads are to be read again."""
        if self._duty is not None:
            self._duty.catch_up.poke()
        else:
            self._store.others.tell(MISSED)

    def channel_changed(self, channel: ChannelId) -> None:
        """Whose eyes a channel is for is to be asked again."""
        self._workspace.forget_channel(channel)
        if self._duty is not None:
            self._duty.poster.channel_changed(channel)
        self._store.others.tell(f"{CHANGED} {channel}")

    def glance(self, payload: Mapping[str, Any]) -> None:
        """An event that is not stored."""
        self._glance(payload)

    # Parts

    async def _terms(self) -> None:
        """Carries out what is stored, whenever it is this bot's turn: with a file, from start to end."""
        while (term := await self._store.others.term(self._store, self._stopping)) is not None:
            log.info("this bot carries out what is stored")
            try:
                await self._carry_out(term)
            except Unavailable as error:
                if not self._store.others.possible:
                    raise
                log.error("this bot cannot carry anything out just now: %s", error)
            finally:
                term.end()
            await self._clock.wait(self._stopping, AGAIN_SECONDS)  # perhaps another one can

    async def _carry_out(self, term: Term) -> None:
        ending = asyncio.create_task(_passed_on(self._stopping, term.over))
        try:
            self._evo.may_act = term.lasts
            self._duty = Duty(self._settings, self._clock, term, self._parts())
            await together(term.over.set, self._duty.run(), self._beside(term.over))
        finally:
            ending.cancel()
            self._duty = None

    async def _evo_side(self) -> None:
        own = await self._sign_in()
        if own is None:
            return
        self._missing.discard("Evo Voice")
        log.info("signed in to Evo Voice")
        self._house.account.name, self._house.account.id = own.account
        self._directory.signed_in(own)
        self._door.later(self._directory.warm())
        self._own.set_result(own)
        await self._stopping.wait()

    def _heard(self, words: str) -> None:
        """From another bot; see `Others.listen`."""
        what, _, channel = words.partition(" ")
        if what == CHANGED:
            self._workspace.forget_channel(ChannelId(channel))
            if self._duty is not None:
                self._duty.poster.channel_changed(ChannelId(channel))
        elif what == MISSED and self._duty is not None:
            self._duty.catch_up.poke()
        elif what == DEAF:
            self._doubt_everything()
        elif not what:
            self._wake()

    def _doubt_everything(self) -> None:
        """What the others have told lately is lost."""
        self._workspace.forget_channels()
        if self._duty is not None:
            self._duty.poster.anything_changed()
            self._duty.catch_up.poke()
        self._wake()

    async def _slack_socket(self, entrance: Entrance) -> None:
        token = self._settings.slack_app_token
        self._missing.discard("Slack")
        if token is None:
            await self._stopping.wait()
            return
        sockets = SocketModeClient(token.get_secret_value(), web_client=self._client)
        self._socket = SocketDoor(sockets, entrance, self.fetch_missed, self._clock, self._stopping)
        await self._socket.run()

    # Small makers

    def _make_evo(self) -> EvoVoice:
        evo = connect(
            self._settings.evo_base_url,
            self._settings.evo_username,
            self._settings.evo_password.get_secret_value(),
            basic=self._settings.evobot_evo_login == "basic",
        )
        evo.watch = lambda method, path, seconds, error: self._counts.evo(method, path, outcome_of(error), seconds)
        return evo

    def _make_bolt(self, client: AsyncWebClient, identity: Identity) -> AsyncApp:
        """Bolt, told who we are: asking by itself, it would answer 200 and lose the request when Slack hiccups."""

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=None,
                team_id=identity.team,
                bot_token=client.token,
                bot_id=identity.bot_id,
                bot_user_id=identity.user,
            )

        secret = self._settings.slack_signing_secret
        quiet = logging.getLogger("slack_bolt.app")
        quiet.setLevel(logging.ERROR)  # its warnings quote whole requests
        bolt = AsyncApp(
            logger=quiet,
            client=client,
            signing_secret=secret.get_secret_value() if secret else None,
            authorize=authorize,
            process_before_response=True,
            raise_error_for_unhandled_request=True,  # else a 404: Slack stops sending to who fails too often
            request_verification_enabled=self._settings.slack_app_token is None,
            ssl_check_enabled=False,
            url_verification_enabled=False,
        )

        async def ours(body: dict[str, Any], next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002 - Bolt's word
            claim(body, identity.team)
            await next()

        bolt.use(ours)
        return bolt

    def _parts(self) -> Parts:
        return Parts(self._door, self._threads, self._evo, self._gate, self._own, self._rush, self._wake, self._counts)

    async def _sign_in(self) -> Own | None:
        given = self._settings
        return await sign_in_patiently(self._evo, given.evo_account_id, given.evo_username, self._clock, self._stopping)

    def _wake_duty(self) -> None:
        if self._duty is not None:
            self._duty.wake()

    def _wake(self) -> None:
        for wake in self._wakers:
            wake()


async def _passed_on(stopping: asyncio.Event, over: asyncio.Event) -> None:
    await stopping.wait()
    over.set()
