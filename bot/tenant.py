"""One workspace that the bot serves: its database, its way in, its works.

What takes events is made first, and asks nobody but Slack who we are. The rest is in `bot/works.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from bot import whoami
from bot.bridge import Bridge, House
from bot.bridge.safeguards import blocked
from bot.clock import Clock
from bot.counts import Counts
from bot.importing import imported
from bot.inbox import Inbox, nothing, nothing_waits
from bot.intake import Door as IntakeDoor
from bot.intake import Entrance
from bot.model import ChannelId, TeamId, ThreadKey, Ts
from bot.phones import PhoneRules
from bot.policy import Policy
from bot.rush import Rush
from bot.scopes import Scopes, unused
from bot.settings import Settings
from bot.store import Store, StoreError, open_store
from bot.together import together
from bot.workspace import Identity, SlackError, SlackSignedOut, Workspace
from handlers.door import Door
from handlers.thread import ThreadDoor

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.works import Works

log = logging.getLogger(__name__)

FAR_SIDES = ("Evo Voice", "Slack")
MOST_GLANCES = 1000
DAY = 86400.0
DAMAGE_SECONDS = 1.0  # between two looks at whether the database is still good


class Tenant:
    """Runs once. `settings`: with the tokens and the login of this workspace; `entrance`: what it is reached by.

    `home`: under which team it keeps everything; None for that which Slack names.
    """

    def __init__(
        self,
        settings: Settings,
        policy: Policy,
        clock: Clock,
        rush: Rush,
        entrance: Entrance,
        counts: Counts,
        home: TeamId | None = None,
    ) -> None:
        self._counts = counts
        self._settings = settings
        self._policy = policy
        self._clock = clock
        self._rush = rush
        self._entrance = entrance
        carries = settings.evobot_files_out == "link"
        self._scopes = Scopes(unused(groups=bool(policy.groups), carries_files=carries))
        self._home = home
        self._stopping = asyncio.Event()
        self._wakers: list[Callable[[], None]] = []
        self._store: Store | None = None
        self._workspace: Workspace | None = None
        self._works: Works | None = None
        self._seen: deque[Mapping[str, Any]] = deque(maxlen=MOST_GLANCES)  # glances, until somebody looks at them

    def stop(self) -> None:
        """Asks for the end; what is under way is finished first."""
        self._stopping.set()
        self._wake()

    def opened(self, stack: AsyncExitStack) -> Store:
        """Its database; `stack` closes it. Raises Unusable."""
        store = self._store = open_store(self._settings.evobot_database, self._clock)
        stack.callback(store.close)
        if self._settings.evobot_metrics is not None:
            store.tell(self._counts.came_of)
        return store

    def parts(self, store: Store, stack: AsyncExitStack, stop: Callable[[], None]) -> list[Awaitable[None]]:
        """What is to run until stopped. Raise Unusable, WrongAccount or SlackSignedOut when it must not run at all.

        `stop` asks everything to end that runs beside them.
        """
        return [self._watch(store), self._note_heads(store), self._work(store, stack, stop)]

    @property
    def store(self) -> Store | None:
        """None before it is opened."""
        return self._store

    @property
    def connected(self) -> bool | None:
        """Is there a socket to Slack? None where there is to be none."""
        if self._settings.slack_app_token is None:
            return None
        return self._works is not None and self._works.connected

    @property
    def login_refused(self) -> bool:
        """Does Evo Voice not accept the login?"""
        return self._works is not None and self._works.login_refused

    @property
    def on_duty(self) -> bool:
        """Is it this bot that carries out what is stored?"""
        return self._works is not None and self._works.on_duty

    def failures(self) -> list[str]:
        """What is not as it should be, in words."""
        found = self._works.failures() if self._works else [f"not connected to {name} yet" for name in FAR_SIDES]
        found += self._scopes.core()
        if self._store is not None and self._store.trouble:
            found.append(f"the database does not take anything: {self._store.trouble}")
        return found

    def takes(self) -> bool:
        """Is what Slack brings stored just now, and can people press buttons? Whatever else is away."""
        if self._works is None or self._store is None or self._stopping.is_set():
            return False
        return self._store.trouble is None

    def blocked(self) -> list[str]:
        """What people or safeguards hold back, and what is off. The bot is well, and must be reached to end that."""
        held: list[str] = []
        with contextlib.suppress(StoreError):
            held = blocked(self._store.read) if self._store else []
        return [*held, *self._scopes.features()]

    def troubles(self) -> list[str]:
        """Both; empty when all is well."""
        return [*self.failures(), *self.blocked()]

    def fetch_missed(self) -> None:
        """Threads are to be read again."""
        if self._works is not None:
            self._works.fetch_missed()

    def use_token(self, token: str) -> None:
        """From now on Slack is asked with this one."""
        self._settings = self._settings.model_copy(update={"slack_bot_token": SecretStr(token)})
        if self._workspace is not None and self._workspace.client is not None:
            self._workspace.client.token = token

    def shows(self, channel: object, thread: object) -> bool:
        """Does this thread show a session of ours?"""
        if self._store is None or self._home is None or not isinstance(channel, str) or not isinstance(thread, str):
            return False
        return self._store.read.is_linked(ThreadKey(self._home, ChannelId(channel), Ts(thread)))

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
                if self._works:
                    self._works.fetch_missed()  # Slack would bring it in a minute, if at all
            await self._clock.wait(self._stopping, DAMAGE_SECONDS)

    async def _work(self, store: Store, stack: AsyncExitStack, stop: Callable[[], None]) -> None:
        workspace = self._workspace = Workspace(None, self._clock, self._scopes, self._counts)
        identity = await self._who_at_once() or await self._who_in_slack(workspace, stack)
        if identity is None:
            return
        self._scopes.heard(",".join(identity.scopes))
        workspace.whole = identity.whole
        identity = replace(identity, team=self._home or identity.team)
        house = self._house(identity)
        door = Door(
            Bridge(store, self._clock, house, self._wake), store.read, workspace, house, identity.team, self.troubles
        )
        threads = ThreadDoor(door, lambda channel: self._works.channel_changed(channel) if self._works else None)
        may_wait = nothing_waits if store.others.possible else threads.may_wait
        inbox = Inbox(store, threads, may_wait, self._clock, self._rush, self._stopping)
        self._wakers.append(inbox.wake)
        intake = IntakeDoor(threads, self._glance, self._rush, lambda: store.waiting, inbox, identity.team)
        self._entrance.open(intake)
        # Of several bots only the one that works takes what a file has left: two would turn its order round.
        beside = inbox.run if store.others.possible else nothing
        works = self._works = await self._the_works(store, door, threads, identity, stack, stop, beside)
        first = [] if store.others.possible else [inbox.run()]
        await together(stop, *first, works.run(self._entrance, self._seen, stack))

    async def _the_works(
        self, store: Store, door: Door, threads: ThreadDoor, identity: Identity, stack: AsyncExitStack,
        stop: Callable[[], None], beside: Callable[[asyncio.Event], Awaitable[None]],
    ) -> Works:  # fmt: skip
        await imported("bot.works")
        from bot.works import Works  # noqa: PLC0415 - so that messages were taken meanwhile

        client = await self._connected(door.workspace, stack)
        return Works(
            self._settings, self._clock, store, door, threads, identity, client, self._rush, self._wakers,
            self._stopping, stop, self._counts, beside,
        )  # fmt: skip

    async def _connected(self, workspace: Workspace, stack: AsyncExitStack) -> AsyncWebClient:
        """The client by which this workspace is asked from now on."""
        await imported("bot.slackweb")
        from bot import slackweb  # noqa: PLC0415 - so that messages were taken meanwhile

        client = workspace.client
        if client is None:
            session = await stack.enter_async_context(slackweb.slack_session())
            token = self._settings.slack_bot_token.get_secret_value()
            client = slackweb.slack_client(token, self._settings.slack_api_url, session)
            workspace.connect(client)
        return client

    def _glance(self, payload: Mapping[str, Any]) -> None:
        """What comes before there is somebody to look is kept for them."""
        if self._works is None:
            self._seen.append(payload)
        else:
            self._works.glance(payload)

    # Small makers

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
            counts=self._counts,
        )

    def _wake(self) -> None:
        for wake in self._wakers:
            wake()

    async def _who_at_once(self) -> Identity | None:
        """None when it takes more than one question. Raises SlackSignedOut."""
        given = self._settings
        try:
            return await asyncio.to_thread(whoami.ask, given.slack_bot_token.get_secret_value(), given.slack_api_url)
        except SlackSignedOut:
            raise
        except SlackError as error:
            log.info("Slack is to be asked again who we are: %s", error)
        return None

    async def _who_in_slack(self, workspace: Workspace, stack: AsyncExitStack) -> Identity | None:
        """Tries until Slack says who we are; None when the program is to stop first. Raises SlackSignedOut."""
        await self._connected(workspace, stack)
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
