"""The console program, `evobot`. What it does is in bot/running.py and bot/console."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from bot.importing import importing

INTERRUPTED = "Interrupted. Nothing is half done: what was not finished was not begun."


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code.

    0 well, 1 the doctor or the demo found something broken, 2 settings or policy, 3 the database, 4 Slack, Evo Voice
    or the network will not have us, 130 interrupted by Ctrl-C, 141 nobody read what was said to its end.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if list(given) == ["run"]:
        return _run()  # a supervisor says it again and again: nothing is imported that only others need
    from bot.console import common  # noqa: PLC0415 - likewise

    try:
        return _said(given or ["--help"])
    except KeyboardInterrupt as stopped:
        common.progress("")
        return common.say(common.EXIT_INTERRUPTED, str(stopped) or INTERRUPTED)
    except BrokenPipeError:  # as of `evobot audit show | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left has somewhere to go
        return common.EXIT_UNREAD


def _said(given: Sequence[str]) -> int:
    """What was said is out when this returns."""
    parsed: argparse.Namespace | None = None
    try:
        parsed = _parser().parse_args(_one_of_several(list(given)))
    finally:
        sys.stdout.flush()  # the help ends the program itself
    code = int(parsed.run(parsed))
    sys.stdout.flush()
    return code


def _parser() -> argparse.ArgumentParser:
    from bot.console import (  # noqa: PLC0415 - see main
        audit,
        completion,
        copies,
        demo,
        examining,
        examples,
        links,
        moving,
        panic,
        policy,
        privacy,
        queue,
        reconcile,
        workspaces,
    )

    parser = argparse.ArgumentParser(prog="evobot", description="Evo Voice sessions in Slack threads.")
    parser.add_argument("--workspace", metavar="T…", help="whose database it is about, where one bot serves several")
    verbs = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    run = verbs.add_parser("run", help="run the bot with the settings of the environment and .env")
    run.set_defaults(run=_run)
    for group in (examining, queue, links, reconcile, copies, moving, panic, policy, audit, privacy, workspaces, demo):
        group.add(verbs)
    completion.add(verbs, parser)
    examples.teach(parser)
    return parser


def _one_of_several(given: list[str]) -> list[str]:
    """Without `--workspace T…`, wherever it stands: from then on it is what the settings say."""
    for n, word in enumerate(given):
        name, has, value = word.partition("=")
        if name == "--workspace" and (has or n + 1 < len(given)):
            os.environ["EVOBOT_WORKSPACE"] = value if has else given[n + 1]
            return given[:n] + given[n + (1 if has else 2) :]
    return given


def _run(_: argparse.Namespace | None = None) -> int:
    with importing():
        from bot.running import run  # noqa: PLC0415 - see main
    return run()


if __name__ == "__main__":
    sys.exit(main())
