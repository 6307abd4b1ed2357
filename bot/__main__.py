"""The console program, `evobot`. What it does is in bot/running.py and bot/console."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bot.importing import importing


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code.

    0 well, 1 the doctor or the demo found something broken, 2 settings or policy, 3 the database, 4 Slack, Evo Voice
    or the network will not have us.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if list(given) == ["run"]:
        return _run()  # a supervisor says it again and again: nothing is imported that only others need
    parsed = _parser().parse_args(given)
    return int(parsed.run(parsed))


def _parser() -> argparse.ArgumentParser:
    from bot.console import audit, copies, demo, examining, moving, panic, policy, privacy, queue  # noqa: PLC0415 - see main

    parser = argparse.ArgumentParser(prog="evobot", description="Evo Voice sessions in Slack threads.")
    verbs = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    run = verbs.add_parser("run", help="run the bot with the settings of the environment and .env")
    run.set_defaults(run=_run)
    for group in (examining, queue, copies, moving, panic, policy, audit, privacy, demo):
        group.add(verbs)
    return parser


def _run(_: argparse.Namespace | None = None) -> int:
    with importing():
        from bot.running import run  # noqa: PLC0415 - see main
    return run()


if __name__ == "__main__":
    sys.exit(main())
