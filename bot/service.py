"""The composition root: builds what everybody shares, runs it until told to stop, closes it."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from bot import logs
from bot.clock import Clock, SystemClock
from bot.counts import Counts
from bot.intake import Entrance, Guard, HttpApp, listen, serve
from bot.policy import policy_in_use
from bot.rush import Rush
from bot.settings import Settings, SharedSettings, supervisor
from bot.tenant import Tenant
from bot.together import together

if TYPE_CHECKING:
    from bot.tenants import Tenants

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT)
LAST_SECONDS = 20.0  # from being told to stop, for what is under way
MOST_SECONDS = 24.0  # for that and for closing everything; then the process is ended where it is


class Service:
    """One running bot for one workspace. Raises BadPolicy when it would not know who may do what."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._policy = policy_in_use(settings.evobot_policy)
        self._stopping = asyncio.Event()
        self._counts = Counts()
        self._entrance = Entrance(self._counts)
        self._rush = Rush(self._clock)
        self._tenant = Tenant(settings, self._policy, self._clock, self._rush, self._entrance, self._counts)

    def stop(self) -> None:
        """Asks for the end; what is under way is finished first."""
        self._stopping.set()
        self._tenant.stop()

    async def run(self, opened: Callable[[], None] = lambda: None) -> None:
        """Until stopped. Raises Unusable, WrongAccount or SlackSignedOut when it must not run at all.

        `opened` is called once the database is open; whoever reads that it listens may tell it to end.
        """
        async with AsyncExitStack() as stack:
            tenant = self._tenant
            store = tenant.opened(stack)
            log.info("policy: %s, %d rules", self._policy.source or "the defaults", len(self._policy.rules))
            logs.know_numbers(store.read.hasher())
            logs.count_trouble(self._counts)
            opened()
            bound = stack.enter_context(listen(self._settings.evobot_host, self._settings.evobot_port))
            guard = guard_for(self._settings, self._clock)
            web = HttpApp(guard, tenant.failures, tenant.blocked, self._entrance, None, self._counts, tenant.takes)
            await together(
                self.stop,
                serve(web, bound, self._stopping),
                *self._figures(stack),
                supervisor().told(self._clock, self._stopping),
                *tenant.parts(store, stack, self.stop),
                seconds=LAST_SECONDS,
            )

    def _figures(self, stack: AsyncExitStack) -> list[Awaitable[None]]:
        """What tells Prometheus how things are; nothing where nobody wants to know. Raises CannotListen."""
        if self._settings.evobot_metrics is None:
            return []
        from bot.metrics import Sources, figures  # noqa: PLC0415 - most never need it

        tenant, given = self._tenant, self._settings
        sources = Sources(
            self._counts, self._rush, given.evobot_database, tenant.failures, tenant.blocked, lambda: [tenant],
            lambda: tenant.connected,
        )  # fmt: skip
        return [figures(sources, self._settings.evobot_metrics, self._clock, self._stopping, stack)]


def guard_for(settings: Settings, clock: Clock) -> Guard | None:
    """None in Socket Mode."""
    secret = settings.slack_signing_secret
    if settings.slack_app_token is not None or secret is None:
        return None
    return Guard(secret.get_secret_value(), clock)


async def run(settings: Settings) -> None:
    """Runs the bot until SIGTERM or SIGINT. A second one ends it where it stands, which a restart recovers from."""
    service = _service(settings)
    loop = asyncio.get_running_loop()

    def told() -> None:
        log.info(
            "told to stop: what is under way is finished, in %d seconds at most; told again: at once", MOST_SECONDS
        )
        for each in SIGNALS:
            loop.remove_signal_handler(each)
            signal.signal(each, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)  # by the system, for a thread or the loop may hang
        service.stop()

    def listen_to_signals() -> None:
        """Not sooner: a large file takes long to open, and to be ended in that does it no harm."""
        for each in SIGNALS:
            loop.add_signal_handler(each, told)

    await service.run(listen_to_signals)


def _service(settings: Settings) -> Service | Tenants:
    """What only serves several workspaces is not imported for one."""
    if not isinstance(settings, SharedSettings):
        return Service(settings)
    from bot.tenants import Tenants as Several  # noqa: PLC0415 - see above

    return Several(settings)
