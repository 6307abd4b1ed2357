"""The console program: `evobot run`, `evobot doctor`, `evobot backup`, `evobot restore`, `evobot demo`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop

from bot import logs, service
from bot.doctor import Health, examine
from bot.evoside import WrongAccount
from bot.intake import BadAppToken, CannotListen
from bot.settings import BadSettings, Settings, load, load_database
from bot.store import Unusable
from bot.store.backup import Copy, Exists, backup, restore
from bot.workspace import SlackSignedOut

EXIT_BROKEN, EXIT_SETTINGS, EXIT_STORE, EXIT_REFUSED = 1, 2, 3, 4

HIGHEST_PORT = 65535

UNITS = (("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1))
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
    backup = verbs.add_parser("backup", help="copy the database into a new file, also while the bot runs")
    backup.add_argument("file", type=Path, metavar="FILE", help="where to; must not exist yet")
    backup.set_defaults(run=_backup)
    restore = verbs.add_parser("restore", help="put a backup in the place of the database; the bot must not be running")
    restore.add_argument("file", type=Path, metavar="FILE", help="a file that `evobot backup` made")
    restore.set_defaults(run=_restore)
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
    except (WrongAccount, CannotListen) as error:
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


def _backup(parsed: argparse.Namespace) -> int:
    return _with_database(lambda database: _backed_up(database, parsed.file))


def _restore(parsed: argparse.Namespace) -> int:
    return _with_database(lambda database: _put_back(database, parsed.file))


def _with_database(work: Callable[[Path], str]) -> int:
    """For the verbs that need nothing but the file. `work` returns what there is to say."""
    os.umask(0o077)
    try:
        print(work(load_database()))  # noqa: T201 - a console program talks to its console
    except BadSettings as error:
        return _say(EXIT_SETTINGS, f"The settings cannot be used:\n{error}\n{SETTINGS_HELP}")
    except Exists as error:
        return _say(EXIT_SETTINGS, str(error))
    except Unusable as error:
        return _say(EXIT_STORE, f"The database cannot be used: {error}")
    except OSError as error:
        return _say(EXIT_BROKEN, f"The disk did not take it: {error}. Nothing was changed.")
    return 0


def _backed_up(database: Path, target: Path) -> str:
    return f"{target}: {_shown(backup(database, target))}"


def _put_back(database: Path, source: Path) -> str:
    copy, kept = restore(database, source, time.time())
    before = f"What was there before is kept as {kept}." if kept else "There was none before."
    return (
        f"{database} is now {source}: {_shown(copy)}. {before}\n"
        "At the next start the bot looks for what happened since the backup. It sends nothing of it again, and asks "
        "where it cannot tell."
    )


def _shown(copy: Copy) -> str:
    age = max(time.time() - copy.newest, 0)
    unit, seconds = next((name, size) for name, size in UNITS if age >= size or size == 1)
    newest = f"the newest {age / seconds:.0f} {unit} old" if copy.newest else "still empty"
    return f"{copy.size / 1e6:.1f} MB, {copy.sessions} sessions, {copy.messages} messages, {newest}"


async def _examine(settings: Settings) -> int:
    broken = False
    async for finding in examine(settings):
        print(finding, flush=True)  # noqa: T201 - a console program talks to its console
        broken = broken or finding.health is Health.BROKEN
    return EXIT_BROKEN if broken else 0


def _demo(parsed: argparse.Namespace) -> int:
    from sandbox.demo import play  # noqa: PLC0415 - the stand-ins are no part of the running bot

    code: int = asyncio.run(play(script=parsed.script, mode=parsed.mode, port=parsed.port))
    return code


def _say(code: int, text: str) -> int:
    with contextlib.suppress(OSError):  # the console may be a file on a full disk; the code says it, too
        print(text, file=sys.stderr)  # noqa: T201 - a console program talks to its console
    return code


if __name__ == "__main__":
    sys.exit(main())
