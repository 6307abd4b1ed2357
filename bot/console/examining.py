"""`evobot doctor`."""

from __future__ import annotations

import argparse
import asyncio

from bot.console.common import EXIT_BROKEN, EXIT_SETTINGS, Verbs, say, settings_or_why, tell
from bot.doctor import Health, examine
from bot.settings import Settings


def add(verbs: Verbs) -> None:
    doctor = verbs.add_parser("doctor", help="look at settings, database, Slack and Evo Voice; sends nothing")
    doctor.set_defaults(run=_doctor)


def _doctor(_: argparse.Namespace) -> int:
    settings = settings_or_why()
    if isinstance(settings, str):
        return say(EXIT_SETTINGS, settings)
    return asyncio.run(_examine(settings))


async def _examine(settings: Settings) -> int:
    broken = False
    async for finding in examine(settings):
        tell(str(finding))
        broken = broken or finding.health is Health.BROKEN
    return EXIT_BROKEN if broken else 0
