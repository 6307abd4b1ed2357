"""Everything but the doors: what becomes of what was taken, and whatever else people ask for.

Imported and made while the first messages are taken already: slack-sdk, Bolt and the like take long to import.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.bridge import Own
from bot.bridge.safeguards import Safeguards
from bot.catchup import HOLD_SECONDS, CatchUp
from bot.clock import Clock
from bot.counts import Counts, outcome_of
from bot.courier.drawing import drawer
from bot.courier.errands import Tools, errands
from bot.courier.filesin import FilesIn
from bot.courier.filesout import FilesOut, from_people
from bot.courier.gate import Gate
from bot.courier.lanes import Courier
from bot.courier.poster import SETTLE_SECONDS, Poster
from bot.directory import Directory
from bot.evo import EvoVoice, connect
from bot.evoside import sign_in_patiently
from bot.expiry import Expiry
from bot.feed import Feed
from bot.fetching import from_customers
from bot.hearing import Hearing
from bot.intake import Entrance
from bot.intake.socket import SocketDoor
from bot.model import ChannelId
from bot.peeking import Peeking
from bot.recovery import Recovery
from bot.rush import Rush
from bot.settings import Settings
from bot.store import Store
from bot.tidying import Tidying
from bot.together import together
from bot.workspace import Identity
from handlers.door import Door
from handlers.home import Homes
from handlers.listeners import register
from handlers.thread import ThreadDoor, glances

log = logging.getLogger(__name__)

MEGABYTE = 1_000_000


class Works:
    """Makes the door complete, and runs what stands behind it. `wakers`: who is told that there is work.

    `stop`: asks the whole program to end.
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
    ) -> None:
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
        self._catch_up = CatchUp(store, self._workspace, threads.missed, clock, stopping)
        self._poster = self._make_poster()
        self._glance = glances(self._homes.opened, self._poster.channel_changed)

    async def run(self, entrance: Entrance, seen: Iterable[Mapping[str, Any]], stack: AsyncExitStack) -> None:
        """Until stopped. Raises WrongAccount, BadAppToken. `seen`: glances of before; `stack` closes the rest."""
        stack.push_async_callback(self._evo.aclose)
        stack.push_async_callback(self._gate.close)
        door, store, house = self._door, self._store, self._house
        register(self._bolt, door, self._homes)
        door.complete(self._directory, Peeking(self._evo))
        entrance.interact(self._bolt)
        self._wakers += [self._homes.wake, self._poster.wake]
        for payload in seen:
            self.glance(payload)
        tools = Tools(self._evo, self._workspace, store, house, door.home, self._files_out())
        recovery = Recovery(tools, self._threads.missed, self._clock, self._stopping, self._wake)
        try:
            await together(
                self._stop,
                self._poster.run(),
                Tidying(store, house.policy.retention, self._clock, self._stopping).run(),
                self._homes.run(self._stopping),
                Expiry(door.bridge, self._clock, self._stopping).run(),
                self._evo_side(tools, recovery),
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
        if self._poster.signed_out:
            found.append("Slack does not accept the bot token any more")
        return found

    def fetch_missed(self) -> None:
        """Threads are to be read again."""
        self._catch_up.poke()

    def channel_changed(self, channel: ChannelId) -> None:
        """Whose eyes a channel is for is to be asked again."""
        self._poster.channel_changed(channel)

    def glance(self, payload: Mapping[str, Any]) -> None:
        """An event that is not stored."""
        self._glance(payload)

    # Parts

    async def _evo_side(self, tools: Tools, recovery: Recovery) -> None:
        reading = asyncio.create_task(self._catch_up.keep())
        first = [asyncio.create_task(event.wait()) for event in (self._catch_up.done_once, self._stopping)]
        recovering: asyncio.Task[None] | None = None
        try:
            own = await self._sign_in()
            if own is None:
                return
            self._missing.discard("Evo Voice")
            log.info("signed in to Evo Voice")
            tools.house.account.name, tools.house.account.id = own.account
            self._door.later(self._directory.warm())
            recovering = asyncio.create_task(recovery.run())
            # Nothing newer may overtake what was missed.
            await asyncio.wait(first, timeout=HOLD_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            hearing = Hearing(tools.evo, self._door.bridge, own)
            await together(self._stop, self._courier(tools, hearing).run(), self._feed(hearing).run())
        finally:
            tasks = [task for task in (reading, *first, recovering) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _slack_socket(self, entrance: Entrance) -> None:
        token = self._settings.slack_app_token
        self._missing.discard("Slack")
        if token is None:
            await self._stopping.wait()
            return
        sockets = SocketModeClient(token.get_secret_value(), web_client=self._client)
        self._socket = SocketDoor(sockets, entrance, self._catch_up.poke, self._clock, self._stopping)
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
        return AsyncApp(
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

    def _make_poster(self) -> Poster:
        """Slack answers within ten seconds or not at all; whoever settles for less elsewhere does so here, too."""
        settle = min(SETTLE_SECONDS, self._settings.evobot_settle_seconds)
        store, workspace, most = self._store, self._workspace, self._most()
        fetcher = from_customers(self._settings.evo_base_url, self._evo, self._settings.evobot_media_hosts, most)
        files = FilesIn(store, workspace, fetcher, self._clock, self._wake, most=most, settle_seconds=settle)
        return Poster(
            store, workspace, drawer(store.read, self._house), files, self._clock, self._stopping,
            settle_seconds=settle, card_found=self._catch_up.poke, may_show=self._house.policy.opens, rush=self._rush,
        )  # fmt: skip

    def _files_out(self) -> FilesOut:
        given, most = self._settings, self._most()
        fetcher = from_people(given.slack_api_url, given.slack_bot_token.get_secret_value(), most)
        carries = given.evobot_files_out == "link"
        return FilesOut(
            self._evo, self._workspace, self._store, fetcher, self._clock, self._stopping, carries=carries, most=most
        )

    def _most(self) -> int:
        """Bytes of a file."""
        return round(self._settings.evobot_file_megabytes * MEGABYTE)

    def _courier(self, tools: Tools, hearing: Hearing) -> Courier:
        courier = Courier(
            self._store,
            hearing,
            errands(tools, hearing),
            self._clock,
            self._gate,
            self._stopping,
            safeguards=Safeguards(self._house.policy, self._house.region),
            settle_seconds=self._settings.evobot_settle_seconds,
            look_seconds=self._settings.evobot_poll_seconds,
            rush=self._rush,
        )
        self._wakers.append(courier.wake)
        return courier

    async def _sign_in(self) -> Own | None:
        given = self._settings
        return await sign_in_patiently(self._evo, given.evo_account_id, given.evo_username, self._clock, self._stopping)

    def _feed(self, hearing: Hearing) -> Feed:
        poll, heard = self._settings.evobot_poll_seconds, self._catch_up.heard
        return Feed(self._store, hearing, self._clock, self._stopping, poll_seconds=poll, heard=heard, rush=self._rush)

    def _wake(self) -> None:
        for wake in self._wakers:
            wake()
