"""The console program, `evobot`: run, doctor, demo; the other verbs are in bot/console."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

import uvloop

from bot import service
from bot.console import audit, copies, panic, policy, privacy
from bot.console.common import (
    EXIT_BROKEN,
    EXIT_REFUSED,
    EXIT_SETTINGS,
    EXIT_STORE,
    say,
    settings_or_why,
    tell,
    unusable_policy,
)
from bot.doctor import Health, examine
from bot.evoside import WrongAccount
from bot.intake import BadAppToken, CannotListen
from bot.policy import BadPolicy
from bot.settings import Settings
from bot.store import Unusable
from bot.workspace import SlackSignedOut

GROUPS = (copies, panic, policy, audit, privacy)
HIGHEST_PORT = 65535


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code.

    0 well, 1 the doctor or the demo found something broken, 2 settings or policy, 3 the database, 4 Slack, Evo Voice
    or the network will not have us.
    """
    parsed = _parser().parse_args(arguments)
    return int(parsed.run(parsed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evobot", description="Evo Voice sessions in Slack threads.")
    verbs = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    run = verbs.add_parser("run", help="run the bot with the settings of the environment and .env")
    run.set_defaults(run=_run)
    doctor = verbs.add_parser("doctor", help="look at settings, database, Slack and Evo Voice; sends nothing")
    doctor.set_defaults(run=_doctor)
    for group in GROUPS:
        group.add(verbs)
    demo = verbs.add_parser("demo", help="show the whole product on stand-ins of Slack and Evo Voice, no accounts")
    demo.add_argument("--script", action="store_true", help="end by itself after the conversation; exit code 0 or 1")
    demo.add_argument("--mode", choices=["socket", "http"], default="socket", help="how Slack reaches the bot")
    demo.add_argument("--port", type=_port, metavar="N", help="where the page is; 8765 or, when taken, any free one")
    demo.set_defaults(run=_demo)
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def _run(_: argparse.Namespace) -> int:
    settings = settings_or_why()
    if isinstance(settings, str):
        return say(EXIT_SETTINGS, settings)
    try:
        uvloop.run(service.run(settings))
    except BadPolicy as error:
        return say(EXIT_SETTINGS, unusable_policy(error))
    except Unusable as error:
        return say(EXIT_STORE, f"The database cannot be used: {error}")
    except (WrongAccount, CannotListen) as error:
        return say(EXIT_REFUSED, str(error))
    except SlackSignedOut as error:
        return say(EXIT_REFUSED, f"Slack does not accept SLACK_BOT_TOKEN ({error}). Install the app again and copy it.")
    except BadAppToken as error:
        return say(
            EXIT_REFUSED, f"Slack does not accept SLACK_APP_TOKEN ({error}). It needs the scope connections:write."
        )
    return 0


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


def _demo(parsed: argparse.Namespace) -> int:
    try:
        from sandbox.demo import play  # noqa: PLC0415 - the stand-ins are no part of the running bot
    except ModuleNotFoundError as error:
        return say(EXIT_BROKEN, f"The demo needs {error.name}, which the extra `demo` brings: pip install evobot[demo]")
    code: int = asyncio.run(play(script=parsed.script, mode=parsed.mode, port=parsed.port))
    return code


if __name__ == "__main__":
    sys.exit(main())
