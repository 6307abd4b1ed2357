"""Where one bot serves several workspaces: what they share, and then each of them, under its id."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from bot.doctor import database, evo, here, network, slack
from bot.doctor.finding import Finding, degraded, ok
from bot.doctor.timing import in_time
from bot.model import Installation
from bot.settings import Settings, SharedSettings

WORKSPACES, WORKSPACE = "Workspaces", "Workspace"
NONE_YET = "None has installed the app yet."
IDLE = "{name} has installed the app and is not connected: nothing is done for it."
INSTALL = "Somebody there opens {url}/slack/install."
CONNECT = "`evobot workspaces connect {ident} --user EMAIL` gives it a login."
GOES = "{name}: what it has here is deleted {when}"


async def examine(
    shared: SharedSettings, installed: Sequence[Installation], alone: Callable[[Installation], Settings]
) -> AsyncIterator[Finding]:
    """`alone`: the settings of one of them, as if there were no other."""
    async with AsyncExitStack() as stack:
        way = _started(in_time("Network", network.look(shared)), stack)
        each = [(who, _started(_look(shared, who, alone(who)), stack)) for who in installed]
        _, said_of_policy = here.policy(shared)
        shared_by_all = [here.secrets(), here.door(shared), *database.look(shared.evobot_database), *said_of_policy]
        for finding in [*shared_by_all, *await way, _counted(shared, installed)]:
            yield finding
        for who, looked in each:
            for finding in await looked:
                yield replace(finding, what=f"{who.id} {finding.what}")
        yield here.files(shared)


def _started(looking: Coroutine[None, None, list[Finding]], stack: AsyncExitStack) -> asyncio.Task[list[Finding]]:
    """Side by side with the others; taken back when nobody listens any more."""
    task = asyncio.create_task(looking)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)
    return task


async def _look(shared: SharedSettings, who: Installation, its: Settings) -> list[Finding]:
    if not who.is_served:
        return [_unserved(shared, who)]
    policy, said_of_policy = here.policy(its)
    own = said_of_policy if its.evobot_policy != shared.evobot_policy else []
    found = await asyncio.gather(
        asyncio.to_thread(database.look, its.evobot_database),
        in_time(slack.SLACK, slack.look(its, policy)),
        in_time(evo.EVO, evo.look(its)),
    )
    return [*own, *(_to_be_done(shared, who, each) for several in found for each in several), here.phones(its, policy)]


def _to_be_done(shared: SharedSettings, who: Installation, finding: Finding) -> Finding:
    """Its token and its login stand in no setting."""
    then = {slack.AGAIN: _install(shared), evo.CHECK: CONNECT.format(ident=who.id)}
    text = finding.text.replace(evo.NAMES, "its login")
    return replace(finding, text=text, next=then.get(finding.next, finding.next))


def _unserved(shared: SharedSettings, who: Installation) -> Finding:
    if who.purge_at is not None:
        when = "now" if who.purge_at <= time.time() else time.strftime("on %Y-%m-%d", time.gmtime(who.purge_at))
        return ok(WORKSPACE, GOES.format(name=who.name, when=when))
    if who.token is None:
        return degraded(WORKSPACE, f"{who.name} has no token.", _install(shared))
    return degraded(WORKSPACE, IDLE.format(name=who.name), CONNECT.format(ident=who.id))


def _counted(shared: SharedSettings, installed: Sequence[Installation]) -> Finding:
    if not installed:
        return degraded(WORKSPACES, NONE_YET, _install(shared))
    served = sum(who.is_served for who in installed)
    return ok(WORKSPACES, f"{served} served, {len(installed) - served} not")


def _install(shared: SharedSettings) -> str:
    return INSTALL.format(url=shared.evobot_public_url.rstrip("/"))
