"""One bot for several workspaces. A workspace is a store: each has a database, a login and works of its own.

Slack → intake → the installation that the payload is for → its door, its store
register (the main database) → who is served: started, stopped, purged → pages and console write there
tokens: renewed ahead of time → register → then used

So no question can mix two customers, a backup is one workspace's, and to purge one is to delete a file.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from bot import logs
from bot.clock import Clock, SystemClock
from bot.counts import EVENTS, Counts, kind_of_event, kind_of_gesture
from bot.importing import imported
from bot.installing import Installer, Tokens, renewed_in
from bot.intake import Entrance, Guard, HttpApp, listen, serve
from bot.intake.addressed import is_of_organization, of_event, of_interaction
from bot.model import EvoLogin, Installation, TeamId
from bot.outline import outline
from bot.place import Place
from bot.policy import BadPolicy, Policy, policy_in_use
from bot.rush import Rush
from bot.settings import Settings, SharedSettings, supervisor, workspace_file, workspace_policy
from bot.slackerrors import SlackError, SlackRefused, SlackSignedOut
from bot.store import Store, StoreError, Tx, Unusable, open_store
from bot.tenant import Tenant
from bot.texts import NOT_CONNECTED
from bot.together import finish, together
from bot.trace import apart, within

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

    from bot.intake.socket import SocketDoor

log = logging.getLogger(__name__)

LAST_SECONDS = 20.0
LOOK_SECONDS = 1.0  # until what the console or a page has written is taken up
AHEAD_SECONDS = 2 * 3600  # a token is renewed so long before it ends; Slack's last twelve hours
FIRST_WAIT, LONGEST_WAIT = 5.0, 600.0
GRACE_SECONDS = 7 * 86400  # from the uninstallation until all that a workspace has is gone
IDLE_SECONDS = 30 * 86400  # so long an installation is kept that nobody connects
DOUBT_SECONDS = 60  # so long Slack may accept a token of which it says that it is no good; it brings the event again
LEAVING = frozenset({"app_uninstalled", "tokens_revoked"})
ONE_WORKSPACE = (
    "{database} is the database of one workspace. For several, EVOBOT_DATABASE names their register: name a file that "
    "is not there yet, and move this one to {folder}/T….db, under the id of its workspace."
)


class Tenants:
    """The running bot. Raises BadPolicy when it would not know who may do what."""

    def __init__(self, settings: SharedSettings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._policy = policy_in_use(settings.evobot_policy)
        self._rush = Rush(self._clock)
        self._stopping = asyncio.Event()
        self._counts = Counts()
        self._tokens = Tokens(settings)
        self._branches: dict[TeamId, Branch] = {}
        self._renewals: dict[TeamId, Renewal] = {}
        self._ignored: Counter[TeamId] = Counter()
        self._door: SocketDoor | None = None
        self._register: Store

    def stop(self) -> None:
        """Asks for the end; what is under way is finished first."""
        self._stopping.set()
        for branch in self._branches.values():
            branch.stop()

    async def run(self, opened: Callable[[], None] = lambda: None) -> None:
        """Until stopped. Raises Unusable when the register cannot be used. `opened`: see `Service.run`."""
        database = self._settings.evobot_database
        async with AsyncExitStack() as stack:
            register = self._register = open_store(database, self._clock)
            stack.callback(register.close)
            if register.read.newest_sessions(1):
                raise Unusable(ONE_WORKSPACE.format(database=database, folder=workspace_file(database, "T1").parent))
            logs.know_numbers(register.read.hasher())
            logs.count_trouble(self._counts)
            stack.push_async_callback(self._tokens.aclose)
            opened()
            bound = stack.enter_context(listen(self._settings.evobot_host, self._settings.evobot_port))
            await self._look()
            installer = Installer(self._settings, register, self._tokens, self._clock)
            web = HttpApp(self._guard(), self._failures, self._remarks, self, installer, self._counts, self._takes)
            parts: list[Awaitable[None]] = [serve(web, bound, self._stopping), self._keep(), self._watch()]
            parts += [supervisor().told(self._clock, self._stopping), self._socket(stack), *self._figures(stack)]
            await together(self.stop, *parts, seconds=LAST_SECONDS)

    # What comes from Slack

    async def event(self, payload: Mapping[str, Any], body: bytes | None = None) -> bool:
        """True when Slack may forget the event: it is stored by whom it is for, or they are not served."""
        ident, event = of_event(payload), payload.get("event")
        if isinstance(event, dict) and event.get("type") in LEAVING:
            return await self._leaving(ident, event, payload.get("event_time"))
        branch = await self._branch(ident)
        there = list(dict.fromkeys([*([branch] if branch else []), *self._beside(payload, event)]))
        if not there:
            self._ignore(ident, kind_of_event(payload))
        try:
            return all([await each.event(payload, body) for each in there])
        finally:
            within("")

    async def bolt_for(self, payload: Mapping[str, Any]) -> AsyncApp | str | None:
        ident = of_interaction(payload)
        within(ident)  # also what Bolt does next
        branch = await self._branch(ident)
        if branch is None:
            self._ignore(ident, kind_of_gesture(payload))
            return NOT_CONNECTED
        return await branch.entrance.bolt_for(payload)

    def _beside(self, payload: Mapping[str, Any], event: object) -> Iterator[Branch]:
        """Who else shows a session in this thread: of a channel that two share, organizations or workspaces of one,
        Slack names one of them only, and be it one that is not served.
        """
        may_be = payload.get("is_ext_shared_channel") is True or is_of_organization(payload)
        if not may_be or not isinstance(event, dict):
            return
        message = next((event[name] for name in ("message", "previous_message") if name in event), event)
        thread = message.get("thread_ts") if isinstance(message, dict) else None
        for branch in self._branches.values():
            if branch.tenant is not None and branch.tenant.shows(event.get("channel"), thread):
                yield branch

    async def _branch(self, ident: TeamId) -> Branch | None:
        """Of somebody who is served. They may have been connected a moment ago."""
        if ident not in self._branches and (found := self._register.read.installation(ident)) and found.is_served:
            await self._look()
        return self._branches.get(ident)

    def _ignore(self, ident: TeamId, kind: str) -> None:
        self._counts.count(EVENTS, kind, "ignored")
        self._ignored[ident] += 1
        if self._ignored[ident] == 1:
            log.info("what comes for %s is ignored: it is not served", ident or "nobody")

    async def _leaving(self, ident: TeamId, event: Mapping[str, Any], at: object) -> bool:
        """True when it is in the register that they have gone, or when they have not."""
        try:
            gone = self._register.read.installation(ident)
            if gone is None or gone.token is None or not _may_be(gone, event):
                return True
            now = self._clock.now()
            if await self._tokens.is_good(gone.token):  # it is told of an installation, or a token, of before
                return not isinstance(at, int) or now - at >= DOUBT_SECONDS
            purge_at = now + GRACE_SECONDS if gone.login else now
            if not await self._register.write(lambda tx: tx.uninstall(ident, gone.token or "", now, purge_at)):
                return False  # another token has taken its place meanwhile: is that one good?
        except (StoreError, SlackError) as error:
            log.error("that %s has gone is not stored yet, Slack will bring it again: %s", ident, type(error).__name__)
            return False
        log.info("uninstalled in %s", ident)
        if branch := self._branches.get(ident):
            branch.stop()
        return True

    # Who is served

    async def _keep(self) -> None:
        try:
            while not self._stopping.is_set():
                await self._clock.wait(self._stopping, LOOK_SECONDS)
                try:
                    await self._look()
                except (StoreError, OSError) as error:
                    log.error("the register cannot be followed: %s", type(error).__name__)
        finally:
            for branch in self._branches.values():
                branch.stop()
            if tasks := [branch.task for branch in self._branches.values() if branch.task is not None]:
                await finish(tasks, LAST_SECONDS)
            await asyncio.gather(*(renewal.end() for renewal in self._renewals.values()))

    async def _look(self) -> None:
        """Compares what runs with what the register says."""
        now = self._clock.now()
        for each in self._register.read.installations():
            if self._stopping.is_set():
                return
            if each.is_served:
                self._renewals.setdefault(each.id, Renewal(self._register, self._tokens, self._clock)).tend(each)
                self._branches.setdefault(each.id, self._new_branch(each.id)).tend(each)
                continue
            if await self._has_left(each.id) and each.purge_at is not None and each.purge_at <= now:
                await self._purge(each.id)
            elif each.login is None and each.purge_at is None and each.installed_at + IDLE_SECONDS < now:
                await self._register.write(partial(Tx.purge_from, ident=each.id, now=now))

    def _new_branch(self, ident: TeamId) -> Branch:
        return Branch(ident, self._settings, self._policy, self._clock, self._rush, self._counts)

    async def _has_left(self, ident: TeamId) -> bool:
        """Nothing runs for it any more."""
        if (renewal := self._renewals.pop(ident, None)) is not None:
            await renewal.end()
        branch = self._branches.get(ident)
        if branch is None:
            return True
        branch.stop()
        if branch.task is not None and not branch.task.done():
            return False
        del self._branches[ident]
        return True

    async def _purge(self, ident: TeamId) -> None:
        told = await purge(self._settings.evobot_database, self._register, self._tokens, ident)
        self._ignored.pop(ident, None)
        if told:
            log.info("everything of %s has been deleted; %s", ident, told)

    # The rest

    async def _watch(self) -> None:
        """Ends the program when the register is damaged. Raises Unusable."""
        while not self._stopping.is_set():
            if self._register.damage is not None:
                raise self._register.damage
            await self._clock.wait(self._stopping, LOOK_SECONDS)

    async def _socket(self, stack: AsyncExitStack) -> None:
        """One socket brings what is for all of them."""
        token = self._settings.slack_app_token
        if token is None:
            await self._stopping.wait()
            return
        await imported("bot.intake.socket")
        from slack_sdk.socket_mode.aiohttp import SocketModeClient  # noqa: PLC0415 - not in HTTP mode

        from bot import slackweb  # noqa: PLC0415 - likewise
        from bot.intake.socket import SocketDoor  # noqa: PLC0415 - likewise

        session = await stack.enter_async_context(slackweb.slack_session())
        client = slackweb.slack_client(token.get_secret_value(), self._settings.slack_api_url, session)
        sockets = SocketModeClient(token.get_secret_value(), web_client=client)
        door = SocketDoor(sockets, self, self._fetch_missed, self._clock, self._stopping)
        self._door = door
        await door.run()

    def _figures(self, stack: AsyncExitStack) -> list[Awaitable[None]]:
        """What tells Prometheus how things are, of all of them together. Raises CannotListen."""
        if self._settings.evobot_metrics is None:
            return []
        from bot.metrics import Sources, figures  # noqa: PLC0415 - most never need it

        sources = Sources(
            self._counts, self._rush, self._settings.evobot_database, self._failures, self._remarks, self._served,
            self._connected,
        )  # fmt: skip
        return [figures(sources, self._settings.evobot_metrics, self._clock, self._stopping, stack)]

    def _served(self) -> list[Tenant | None]:
        return [branch.tenant for branch in self._branches.values()]

    def _connected(self) -> bool | None:
        """By Socket Mode; None where that is not used."""
        if self._settings.slack_app_token is None:
            return None
        return self._door is not None and self._door.connected

    def _fetch_missed(self) -> None:
        for branch in self._branches.values():
            if branch.tenant is not None:
                branch.tenant.fetch_missed()

    def _failures(self) -> list[str]:
        """Why nobody can be served."""
        found = [] if self._connected() is not False else ["the Socket Mode connection to Slack is down"]
        if self._register.trouble:
            found.append(f"the register does not take anything: {self._register.trouble}")
        return found

    def _takes(self) -> bool:
        """Is what comes stored just now, for one of them at least? Where nobody is served, the pages are there."""
        if self._stopping.is_set():
            return False
        served = self._served()
        if not served:
            return self._register.trouble is None
        return any(tenant is not None and tenant.takes() for tenant in served)

    def _remarks(self) -> list[str]:
        """What is not well in one workspace leaves the others as they are."""
        told = [(ident, what) for ident, branch in sorted(self._branches.items()) for what in branch.troubles()]
        told += [(ident, renewal.trouble) for ident, renewal in sorted(self._renewals.items()) if renewal.trouble]
        return [f"{ident}: {what}" for ident, what in told]

    def _guard(self) -> Guard | None:
        secret = self._settings.slack_signing_secret
        if self._settings.slack_app_token is not None or secret is None:
            return None
        return Guard(secret.get_secret_value(), self._clock)


class Branch:
    """One installation that is served; started anew when it is installed again, has another login, or has broken."""

    def __init__(
        self, ident: TeamId, settings: SharedSettings, policy: Policy, clock: Clock, rush: Rush, counts: Counts
    ) -> None:
        self._ident = ident
        self._counts = counts
        self._settings = settings
        self._policy = policy
        self._clock = clock
        self._rush = rush
        self._for: Installation | None = None
        self._again_at, self._wait, self._trouble = 0.0, FIRST_WAIT, ""
        self.entrance = Entrance(self._counts)
        self.tenant: Tenant | None = None
        self.task: asyncio.Task[None] | None = None

    async def event(self, payload: Mapping[str, Any], body: bytes | None) -> bool:
        within(self._ident)
        return await self.entrance.event(payload, body)

    def tend(self, now_is: Installation) -> None:
        """What runs is what the register says, or will be."""
        before, self._for = self._for, now_is
        if before is not None and (before.login, before.installed_at) != (now_is.login, now_is.installed_at):
            self.stop()
            self._again_at = 0.0
        elif before is not None and before.token != now_is.token and self.tenant is not None and now_is.token:
            self.tenant.use_token(now_is.token)
        ended = self.task is None or self.task.done()
        if ended and self._clock.now() >= max(self._again_at, 0.0) and not _is_over(now_is, self._clock.now()):
            self.entrance = Entrance(self._counts)
            self.task = asyncio.create_task(self._live(now_is, self.entrance), context=apart())

    def stop(self) -> None:
        """From now on Slack is told to come again; what is under way is finished."""
        self.entrance = Entrance(self._counts)
        if self.tenant is not None:
            self.tenant.stop()

    def troubles(self) -> list[str]:
        if self.tenant is None:
            return [self._trouble or "is being started"]
        return self.tenant.troubles()

    async def _live(self, who: Installation, entrance: Entrance) -> None:
        within(who.id)
        try:
            settings = settings_for(self._settings, who)
            workspace_file(self._settings.evobot_database, who.id).parent.mkdir(mode=0o700, exist_ok=True)
            tenant = self.tenant = Tenant(
                settings, self._policy_of(who), self._clock, self._rush, entrance, self._counts, who.id
            )
            async with AsyncExitStack() as stack:
                store = tenant.opened(stack)
                await together(tenant.stop, *tenant.parts(store, stack, tenant.stop))
            self._trouble, self._wait = "", FIRST_WAIT
        except Exception as error:  # noqa: BLE001 - whatever it is, it is one workspace's: the others go on
            self._trouble = _why(error)
            log.error("%s is not served: %s", who.id, self._trouble)
            self._again_at = self._clock.now() + self._wait
            self._wait = min(self._wait * 2, LONGEST_WAIT)
        finally:
            self.tenant = None

    def _policy_of(self, who: Installation) -> Policy:
        """Its own, if there is a file beside its database: also one that cannot be read, and then nobody is served."""
        own = workspace_policy(self._settings.evobot_database, who.id)
        return policy_in_use(own) if own else self._policy


class Renewal:
    """Keeps the token of one installation good. One question at a time; a lost answer is asked for again."""

    def __init__(self, register: Store, tokens: Tokens, clock: Clock) -> None:
        self._register = register
        self._tokens = tokens
        self._clock = clock
        self._again_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self.trouble = ""

    def tend(self, who: Installation) -> None:
        now = self._clock.now()
        due = who.expires_at is not None and who.expires_at - AHEAD_SECONDS <= now
        if due and now >= self._again_at and (self._task is None or self._task.done()):
            self._again_at = now + FIRST_WAIT
            self._task = asyncio.create_task(self._renew(who), context=apart())

    async def end(self) -> None:
        """An answer that is on its way is waited for: it holds what replaces the token."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _renew(self, who: Installation) -> None:
        """The new token is on the disk before anybody uses it: Slack may forget the old one then."""
        within(who.id)
        spent = who.refresh_token or ""
        try:
            answer = await self._tokens.access(grant_type="refresh_token", refresh_token=spent)
            new = renewed_in(answer, self._clock.now())
            await self._register.write(lambda tx: tx.renew_token(who.id, spent, *new))
        except (SlackRefused, SlackSignedOut) as error:
            self.trouble = f"Slack does not renew its token ({error}): the app must be installed there again"
            self._again_at = self._clock.now() + LONGEST_WAIT
            log.error("%s: %s", who.id, self.trouble)
        except (SlackError, StoreError) as error:
            log.warning("the token of %s is not renewed yet: %s; trying again", who.id, type(error).__name__)
        else:
            self.trouble = ""
            log.info("the token of %s is renewed", who.id)


def settings_for(shared: SharedSettings, who: Installation) -> Settings:
    """As if there were this workspace alone. One that is not connected has no login."""
    login = who.login or EvoLogin(None, "", "")
    file = workspace_file(shared.evobot_database, who.id)
    changes: dict[str, Any] = {
        "slack_bot_token": SecretStr(who.token or ""),
        "slack_app_token": None,  # the one socket is not its own
        "evo_username": login.username,
        "evo_password": SecretStr(login.password),
        "evo_account_id": login.account,
        "evobot_database": file,
        "evobot_policy": workspace_policy(shared.evobot_database, who.id) or shared.evobot_policy,
    }
    return shared.model_copy(update=changes | ({"evo_base_url": login.url} if login.url else {}))


async def purge(database: Place, register: Store, tokens: Tokens, ident: TeamId) -> str:
    """Deletes all that a workspace has, and takes the app out of it; what became of that, in words.

    "" when it has been installed again meanwhile, and nothing was deleted. Nobody may use it any more. Raises OSError,
    Unavailable.
    """
    known = register.read.installation(ident)
    told = await tokens.give_back(known.token if known else None)
    now_is = register.read.installation(ident)
    if now_is is not None and now_is.purge_at is None:
        return ""
    delete_files(database, ident)
    await register.write(lambda tx: tx.forget_installation(ident))
    await register.empty_log()
    return told


def delete_files(database: Place, ident: str) -> None:
    """Its database, with what belongs to it. Raises OSError."""
    file = workspace_file(database, ident)
    for path in sorted(file.parent.glob(f"{file.name}*")):
        path.unlink(missing_ok=True)


def _may_be(gone: Installation, event: Mapping[str, Any]) -> bool:
    """Tokens of people are not ours."""
    if event["type"] == "app_uninstalled":
        return True
    tokens = event.get("tokens")
    bots = tokens.get("bot") if isinstance(tokens, dict) else None
    return isinstance(bots, list) and gone.bot_user in bots


def _is_over(who: Installation, now: float) -> bool:
    return who.expires_at is not None and who.expires_at <= now


def _why(error: Exception) -> str:
    from bot.evoside import WrongAccount  # noqa: PLC0415 - imported with what can raise it

    if isinstance(error, SlackSignedOut):
        return f"Slack does not accept its token ({error})"
    return str(error) if isinstance(error, Unusable | BadPolicy | WrongAccount) else outline(error)
