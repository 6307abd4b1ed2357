"""The console program: `evobot run`, `evobot demo`, `evobot doctor`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

import uvloop

from bot import logs, service
from bot.doctor import Health, examine
from bot.evoside import WrongAccount
from bot.intake import BadAppToken
from bot.settings import BadSettings, Settings, load
from bot.store import Unusable
from bot.workspace import SlackSignedOut

EXIT_BROKEN, EXIT_SETTINGS, EXIT_STORE, EXIT_REFUSED = 1, 2, 3, 4

SETTINGS_HELP = "See the README, section Settings. A file .env in this folder is read, too."


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code.

    0 well, 1 the doctor or the demo found something broken, 2 settings, 3 the database, 4 Slack, Evo Voice or the
    network will not have us.
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
    demo = verbs.add_parser("demo", help="show the whole product on stand-ins of Slack and Evo Voice, no accounts")
    demo.add_argument("--script", action="store_true", help="end by itself after the conversation; exit code 0 or 1")
    demo.add_argument("--mode", choices=["socket", "http"], default="socket", help="how Slack reaches the bot")
    demo.set_defaults(run=_demo)
    return parser


def _settings() -> Settings | str:
    os.umask(0o077)  # whatever is written holds customers' messages
    try:
        settings = load()
    except BadSettings as error:
        return f"The settings cannot be used:\n{error}\n{SETTINGS_HELP}"
    logs.configure(settings.evobot_log_level)
    return settings


def _run(_: argparse.Namespace) -> int:
    settings = _settings()
    if isinstance(settings, str):
        return _say(EXIT_SETTINGS, settings)
    try:
        uvloop.run(service.run(settings))
    except Unusable as error:
        return _say(EXIT_STORE, f"The database cannot be used: {error}")
    except (WrongAccount, service.CannotListen) as error:
        return _say(EXIT_REFUSED, str(error))
    except SlackSignedOut as error:
        return _say(
            EXIT_REFUSED, f"Slack does not accept SLACK_BOT_TOKEN ({error}). Install the app again and copy it."
        )
    except BadAppToken as error:
        return _say(
            EXIT_REFUSED, f"Slack does not accept SLACK_APP_TOKEN ({error}). It needs the scope connections:write."
        )
    return 0


def _doctor(_: argparse.Namespace) -> int:
    settings = _settings()
    if isinstance(settings, str):
        return _say(EXIT_SETTINGS, settings)
    return asyncio.run(_examine(settings))


async def _examine(settings: Settings) -> int:
    broken = False
    async for finding in examine(settings):
        print(finding, flush=True)  # noqa: T201 - a console program talks to its console
        broken = broken or finding.health is Health.BROKEN
    return EXIT_BROKEN if broken else 0


def _demo(parsed: argparse.Namespace) -> int:
    from sandbox.demo import play  # noqa: PLC0415 - the stand-ins are no part of the running bot

    code: int = asyncio.run(play(script=parsed.script, mode=parsed.mode))
    return code


def _say(code: int, text: str) -> int:
    print(text, file=sys.stderr)  # noqa: T201 - a console program talks to its console
    return code


if __name__ == "__main__":
    sys.exit(main())
