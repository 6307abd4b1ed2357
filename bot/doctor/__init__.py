"""Is everything as it should be? One line a thing, each with the next step when it is not. Sends nothing to anybody.

It works beside a running bot, whose database it only reads. What is asked of a network is asked side by side, and has
ten seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from bot.doctor import database, evo, here, network, slack
from bot.doctor.finding import Finding, Health, worst
from bot.doctor.several import examine as examine_several
from bot.doctor.timing import in_time
from bot.settings import Settings

__all__ = ["Finding", "Health", "examine", "examine_several", "in_time", "worst"]


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Looks at everything, in the order in which a newcomer sets it up."""
    policy, said_of_policy = here.policy(settings)
    far = [
        asyncio.create_task(in_time("Network", network.look(settings))),
        asyncio.create_task(in_time("Slack", slack.look(settings, policy))),
        asyncio.create_task(in_time("Evo Voice", evo.look(settings))),
    ]
    try:
        yield here.secrets()
        yield here.door(settings)
        for finding in [*await asyncio.to_thread(database.look, settings.evobot_database), *said_of_policy]:
            yield finding
        for task in far:
            for finding in await task:
                yield finding
        yield here.phones(settings, policy)
        yield here.files(settings)
    finally:
        for task in far:
            task.cancel()
        await asyncio.gather(*far, return_exceptions=True)
