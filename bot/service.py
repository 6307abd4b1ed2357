"""The composition root: builds everything once, runs it until told to stop, closes it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.bridge import Bridge, House, Own
from bot.bridge.safeguards import Safeguards, blocked
from bot.catchup import HOLD_SECONDS, CatchUp
from bot.clock import Clock, SystemClock
from bot.courier import Courier, Poster
from bot.courier.drawing import drawer
from bot.courier.errands import Tools, errands
from bot.courier.filesin import FilesIn
from bot.courier.filesout import FilesOut, from_people
from bot.courier.gate import Gate
from bot.courier.poster import SETTLE_SECONDS
from bot.directory import Directory
from bot.evo import EvoVoice, connect
from bot.evoside import sign_in_patiently
from bot.expiry import Expiry
from bot.feed import Feed
from bot.fetching import from_customers
from bot.hearing import Hearing
from bot.intake import Door as IntakeDoor
from bot.intake import Guard, HttpApp, SocketDoor, listen, serve
from bot.peeking import Peeking
from bot.phones import PhoneRules
from bot.policy import policy_in_use
from bot.recovery import Recovery
from bot.rush import Rush
from bot.settings import Settings
from bot.store import Store, StoreError, open_store
from bot.tidying import Tidying
from bot.workspace import Identity, SlackError, SlackSignedOut, Workspace, slack_client, slack_session
from handlers import Homes, register
from handlers.door import Door
from handlers.thread import ThreadDoor, glances

log = logging.getLogger(__name__)

STOP_SECONDS = 17.0  # in which requests that are under way may finish: none takes longer than 15
LAST_SECONDS = 20.0
MEGABYTE = 1_000_000
DAY = 86400.0
DAMAGE_SECONDS = 1.0  # between two looks at whether the database is still good


class Service:
    """One running bot. Raises BadPolicy when it would not know who may do what."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._policy = policy_in_use(settings.evobot_policy)
        self._clock = clock or SystemClock()
        self._stopping = asyncio.Event()
        self._wakers: list[Callable[[], None]] = []
        self._gate = Gate(self._clock, self._stopping)
        self._rush = Rush(self._clock)
        self._missing = {"Slack", "Evo Voice"}  # what is not there yet
        self._store: Store | None = None
        self._fetch_missed: Callable[[], None] = lambda: None
        self._poster: Poster | None = None
        self._socket: SocketDoor | None = None

    def stop(self) -> None:
        """Asks for the end; what is under way is finished first."""
        self._stopping.set()
        for wake in self._wakers:
            wake()

    async def run(self) -> None:
        """Until stopped. Raises Unusable, WrongAccount or SlackSignedOut when it must not run at all."""
        async with AsyncExitStack() as stack:
            store = self._store = open_store(self._settings.evobot_database, self._clock)
            stack.callback(store.close)
            log.info("policy: %s, %d rules", self._policy.source or "the defaults", len(self._policy.rules))
            logs.know_numbers(store.read.hasher())
            session = await stack.enter_async_context(slack_session())
            evo = self._evo()
            stack.push_async_callback(evo.aclose)
            self._gate.guard(evo)
            stack.push_async_callback(self._gate.close)
            bound = stack.enter_context(listen(self._settings.evobot_host, self._settings.evobot_port))
            web = HttpApp(self._guard(), self._failures, self._blocked)
            await self._together(
                serve(web, bound, self._stopping),
                self._watch(store),
                self._note_heads(store),
                self._work(store, evo, session, web),
                seconds=LAST_SECONDS,
            )

    def troubles(self) -> list[str]:
        """What is not as it should be, in words; empty when all is well."""
        return [*self._failures(), *self._blocked()]

    def _blocked(self) -> list[str]:
        """What people or safeguards hold back. The bot is well, and must be reached to be told otherwise."""
        with contextlib.suppress(StoreError):
            return blocked(self._store.read) if self._store else []
        return []

    def _failures(self) -> list[str]:
        found = [f"not connected to {name} yet" for name in sorted(self._missing)]
        if self._socket is not None and not self._socket.connected:
            found.append("the Socket Mode connection to Slack is down")
        if self._gate.trouble and "Evo Voice" not in self._missing:
            found.append(f"Evo Voice: {self._gate.trouble}")
        if self._store is not None and self._store.trouble:
            found.append(f"the database does not take anything: {self._store.trouble}")
        if self._poster is not None and self._poster.signed_out:
            found.append("Slack does not accept the bot token any more")
        return found

    # Parts

    async def _note_heads(self, store: Store) -> None:
        """The log keeps what the audit's last row was: whoever writes the file anew cannot write that anew."""
        while not self._stopping.is_set():
            try:
                head = store.read.audit_head()
                log.info("the head of the audit is row %s, %s", head.key, head.hash)
            except StoreError as error:
                log.error("the head of the audit cannot be read: %s", error)
            await self._clock.wait(self._stopping, DAY)

    async def _watch(self, store: Store) -> None:
        """Ends the program when what it goes on to say would be lost. Raises Unusable."""
        refusals = store.refusals
        while not self._stopping.is_set():
            if store.damage is not None:
                raise store.damage
            if store.refusals != refusals and not store.trouble:
                refusals = store.refusals
                self._fetch_missed()  # Slack would bring it in a minute, if at all
            await self._clock.wait(self._stopping, DAMAGE_SECONDS)

    async def _work(self, store: Store, evo: EvoVoice, session: aiohttp.ClientSession, web: HttpApp) -> None:
        client = slack_client(self._settings.slack_bot_token.get_secret_value(), self._settings.slack_api_url, session)
        workspace = Workspace(client, self._clock)
        identity = await self._who_in_slack(workspace)
        if identity is None:
            return
        house = self._house(identity)
        bridge = Bridge(store, self._clock, house, self._wake)
        directory = Directory(evo, self._clock)
        door = Door(bridge, store.read, workspace, directory, house, identity.team, self.troubles, Peeking(evo))
        bolt = self._bolt(client, identity)
        homes = Homes(door, self._clock, lambda: store.version)
        register(bolt, door, homes)
        threads = ThreadDoor(door, lambda channel: self._poster.channel_changed(channel) if self._poster else None)
        catch_up = CatchUp(store, workspace, threads.missed, self._clock, self._stopping)
        self._fetch_missed = catch_up.poke
        poster = self._poster = self._make_poster(store, workspace, evo, house, catch_up.poke)
        intake = IntakeDoor(threads, glances(homes.opened, poster.channel_changed), self._rush)
        web.open(intake, bolt)
        self._wakers += [homes.wake, poster.wake]
        tools = Tools(evo, workspace, store, house, identity.team, self._files_out(evo, workspace, store))
        recovery = Recovery(tools, threads.missed, self._clock, self._stopping, self._wake)
        try:
            await self._together(
                poster.run(),
                Tidying(store, house.policy.retention, self._clock, self._stopping).run(),
                homes.run(self._stopping),
                Expiry(bridge, self._clock, self._stopping).run(),
                self._evo_side(store, bridge, tools, catch_up, recovery, lambda: door.later(directory.warm())),
                self._slack_socket(client, intake, bolt, catch_up.poke),
            )
        finally:
            await door.drain()
            await directory.close()

    async def _evo_side(
        self,
        store: Store,
        bridge: Bridge,
        tools: Tools,
        catch_up: CatchUp,
        recovery: Recovery,
        signed_in: Callable[[], None],
    ) -> None:
        reading = asyncio.create_task(catch_up.keep())
        first = [asyncio.create_task(event.wait()) for event in (catch_up.done_once, self._stopping)]
        recovering: asyncio.Task[None] | None = None
        try:
            own = await self._sign_in(tools.evo)
            if own is None:
                return
            self._missing.discard("Evo Voice")
            log.info("signed in to Evo Voice")
            tools.house.account.name, tools.house.account.id = own.account
            signed_in()
            recovering = asyncio.create_task(recovery.run())
            # Nothing newer may overtake what was missed.
            await asyncio.wait(first, timeout=HOLD_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            hearing = Hearing(tools.evo, bridge, own)
            await self._together(
                self._courier(store, tools, hearing).run(), self._feed(store, hearing, catch_up.heard).run()
            )
        finally:
            tasks = [task for task in (reading, *first, recovering) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _slack_socket(
        self, client: AsyncWebClient, intake: IntakeDoor, bolt: AsyncApp, reconnected: Callable[[], None]
    ) -> None:
        token = self._settings.slack_app_token
        self._missing.discard("Slack")
        if token is None:
            await self._stopping.wait()
            return
        sockets = SocketModeClient(token.get_secret_value(), web_client=client)
        self._socket = SocketDoor(sockets, intake, bolt, reconnected, self._clock, self._stopping)
        await self._socket.run()

    # Small makers

    def _evo(self) -> EvoVoice:
        return connect(
            self._settings.evo_base_url,
            self._settings.evo_username,
            self._settings.evo_password.get_secret_value(),
            basic=self._settings.evobot_evo_login == "basic",
        )

    def _guard(self) -> Guard | None:
        secret = self._settings.slack_signing_secret
        if self._settings.slack_app_token is not None or secret is None:
            return None
        return Guard(secret.get_secret_value(), self._clock)

    def _house(self, identity: Identity) -> House:
        policy = self._policy
        regions = self._settings.evobot_phone_regions | policy.phones.regions
        return House(
            bot=identity.user,
            phones=PhoneRules(regions, policy.phones.kinds),
            confirm_phones=self._settings.evobot_confirm_phones or policy.phones.second_person,
            region=self._settings.evobot_default_region,
            hold_seconds=self._settings.evobot_hold_seconds,
            slack_url=identity.url,
            login=self._settings.evo_username,
            policy=policy,
            names=(identity.name,) if identity.name else (),
        )

    def _bolt(self, client: AsyncWebClient, identity: Identity) -> AsyncApp:
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

    def _make_poster(
        self, store: Store, workspace: Workspace, evo: EvoVoice, house: House, card_found: Callable[[], None]
    ) -> Poster:
        """Slack answers within ten seconds or not at all; whoever settles for less elsewhere does so here, too."""
        settle = min(SETTLE_SECONDS, self._settings.evobot_settle_seconds)
        most = self._most()
        fetcher = from_customers(self._settings.evo_base_url, evo, self._settings.evobot_media_hosts, most)
        files = FilesIn(store, workspace, fetcher, self._clock, self._wake, most=most, settle_seconds=settle)
        return Poster(
            store, workspace, drawer(store.read, house), files, self._clock, self._stopping,
            settle_seconds=settle, card_found=card_found, may_show=house.policy.opens, rush=self._rush,
        )  # fmt: skip

    def _files_out(self, evo: EvoVoice, workspace: Workspace, store: Store) -> FilesOut:
        given, most = self._settings, self._most()
        fetcher = from_people(given.slack_api_url, given.slack_bot_token.get_secret_value(), most)
        carries = given.evobot_files_out == "link"
        return FilesOut(evo, workspace, store, fetcher, self._clock, self._stopping, carries=carries, most=most)

    def _most(self) -> int:
        """Bytes of a file."""
        return round(self._settings.evobot_file_megabytes * MEGABYTE)

    def _courier(self, store: Store, tools: Tools, hearing: Hearing) -> Courier:
        house = tools.house
        courier = Courier(
            store,
            hearing,
            errands(tools, hearing),
            self._clock,
            self._gate,
            self._stopping,
            safeguards=Safeguards(house.policy, house.region),
            settle_seconds=self._settings.evobot_settle_seconds,
            look_seconds=self._settings.evobot_poll_seconds,
            rush=self._rush,
        )
        self._wakers.append(courier.wake)
        return courier

    async def _sign_in(self, evo: EvoVoice) -> Own | None:
        given = self._settings
        return await sign_in_patiently(evo, given.evo_account_id, given.evo_username, self._clock, self._stopping)

    def _feed(self, store: Store, hearing: Hearing, heard: asyncio.Event) -> Feed:
        poll = self._settings.evobot_poll_seconds
        return Feed(store, hearing, self._clock, self._stopping, poll_seconds=poll, heard=heard, rush=self._rush)

    def _wake(self) -> None:
        for wake in self._wakers:
            wake()

    async def _who_in_slack(self, workspace: Workspace) -> Identity | None:
        """Tries until Slack says who we are; None when the program is to stop first. Raises SlackSignedOut."""
        wait = 1.0
        while not self._stopping.is_set():
            try:
                return await workspace.identity()
            except SlackSignedOut:
                raise
            except SlackError as error:
                log.warning("Slack does not say who we are: %s; trying again", error)
            await self._clock.wait(self._stopping, wait)
            wait = min(wait * 2, 30.0)
        return None

    async def _together(self, *parts: Awaitable[None], seconds: float = STOP_SECONDS) -> None:
        """Runs parts until all have ended; the end or failure of one stops the others."""
        tasks = [asyncio.ensure_future(part) for part in parts]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.stop()
            outcomes = await _finish(tasks, seconds)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
                raise outcome


async def _finish(tasks: Sequence[asyncio.Future[None]], seconds: float) -> list[BaseException | None]:
    """Waits for what is under way; what takes too long, or is itself told to hurry, is cancelled."""
    try:
        await asyncio.wait(tasks, timeout=seconds)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    return outcomes


async def run(settings: Settings) -> None:
    """Runs the bot until SIGTERM or SIGINT."""
    service = Service(settings)
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, service.stop)
    await service.run()
