"""What `--help` shows below the options of each verb: lines to be typed as they stand, and what they are for."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Final

Verb = tuple[str, ...]
EXAMPLES: Final[dict[str, str]] = {
    "": """
evobot doctor              is everything as it should be? Sends nothing
evobot run                 the bot itself
evobot queue list          what is not done yet, and why
evobot --workspace T012AB3CD queue list   of one workspace, where one bot serves several
evobot COMMAND --help      examples of each""",
    "run": """
evobot run                 until SIGTERM or Ctrl-C; with the settings of the environment and .env""",
    "doctor": """
evobot doctor              one line a thing, each with its next step; exit code 1 when something is broken
evobot doctor --json       for monitoring""",
    "config": """
evobot config check        before a restart""",
    "config check": """
evobot config check        exit code 2 when not, with a line for each mistake""",
    "manifest": """
evobot manifest print      to paste at https://api.slack.com/apps
evobot manifest check      is the installed app what it asks for?""",
    "manifest print": """
evobot manifest print > app.yml
evobot manifest print --http https://bot.example.com""",
    "manifest check": """
evobot manifest check      as far as Slack tells
evobot manifest check --json""",
    "migrate": """
evobot migrate --to postgresql:///evobot   stop the bot first; may be interrupted and said again""",
    "policy": """
evobot policy show         what holds, as a file that says the same
evobot policy test @ana invite +447400123456""",
    "policy show": """
evobot policy show         what holds, as a file that says the same""",
    "policy check": """
evobot policy check        is policy.toml well, and does it say what was meant?""",
    "policy test": """
evobot policy test @ana invite +447400123456
evobot policy test U012AB3CD end --others --in C012AB3CD""",
    "export": """
evobot export +15035550123 lee.json
evobot export lee@example.com
evobot export everything may.jsonl --since 2026-05-01 --until 2026-06-01
evobot export everything boiler --session boiler --format csv --words""",
    "workspaces": """
evobot workspaces list     begin here: who has installed it""",
    "workspaces list": """
evobot workspaces list     who has installed it, and who is served""",
    "workspaces show": """
evobot workspaces show T012AB3CD""",
    "workspaces connect": """
evobot workspaces connect T012AB3CD --user bot@example.com
evobot workspaces connect T012AB3CD --user bot@example.com --password-file /run/secrets/evo""",
    "workspaces disconnect": """
evobot workspaces disconnect T012AB3CD""",
    "workspaces purge": """
evobot workspaces purge T012AB3CD --yes   cannot be undone""",
    "demo": """
evobot demo                on a page; ends with Ctrl-C
evobot demo --script       in the console, ends by itself""",
    "queue": """
evobot queue list          begin here
evobot queue show 17       why? For the number after “ref” in Slack""",
    "queue list": """
evobot queue list          everything that waits or has failed
evobot queue list --words  with what was written, which may be a customer's""",
    "queue show": """
evobot queue show 17       its life, with times and reasons
evobot queue show https://acme.slack.com/archives/C012AB3CD/p1700000000000100""",
    "queue retry": """
evobot queue retry 17      asks first when it may have arrived already
evobot queue retry 17 --yes   does not ask""",
    "queue withdraw": """
evobot queue withdraw 17   what has not left does not leave""",
    "links": """
evobot links list --broken   begin here
evobot links repair          what would mend it""",
    "links list": """
evobot links list --channel C012AB3CD --life active
evobot links list --session boiler --words""",
    "links repair": """
evobot links repair          says what is wrong and what would mend it; changes nothing
evobot links repair --apply   mends it, also while the bot runs""",
    "reconcile": """
evobot reconcile             sessions that go on, the last 24 hours
evobot reconcile boiler --since 7d --words
evobot reconcile --all --since 2026-05-31 --json""",
    "backup": """
evobot backup evobot-monday.db   never writes over a file""",
    "restore": """
evobot restore evobot-monday.db  stop the bot first; what was there is kept beside it""",
    "panic": """
evobot panic a wrong list  nothing leaves any more; everybody is told why
evobot panic --off         goes on""",
    "lift": """
evobot lift +15035550123   its owner has said that they may be reached again""",
    "audit": """
evobot audit show          who did what, newest last
evobot audit verify        is the record as it was written?""",
    "audit show": """
evobot audit show --since 7d
evobot audit show --session boiler --last 20
evobot audit show --about +15035550123""",
    "audit verify": """
evobot audit verify        exit code 0: whole; 1: names the first wrong row
evobot audit verify --database evobot-monday.db""",
    "audit export": """
evobot audit export audit.jsonl
evobot audit export --since 2026-05-31""",
    "forget": """
evobot forget +15035550123          shows how much there is, and asks
evobot forget lee@example.com --yes   does not ask""",
    "completion": """
evobot completion bash > ~/.local/share/bash-completion/completions/evobot
evobot completion zsh > ~/.zfunc/_evobot       with fpath+=~/.zfunc before compinit
evobot completion fish > ~/.config/fish/completions/evobot.fish""",
}


def teach(parser: argparse.ArgumentParser) -> None:
    """Puts the examples under the help of each verb."""
    for verb, each in walk(parser):
        if example := EXAMPLES.get(" ".join(verb)):
            each.epilog = f"examples:{example.replace(chr(10), chr(10) + '  ')}"
            each.formatter_class = argparse.RawDescriptionHelpFormatter


def walk(parser: argparse.ArgumentParser, verb: Verb = ()) -> Iterator[tuple[Verb, argparse.ArgumentParser]]:
    """Every verb with its parser, the whole program first."""
    yield verb, parser
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to be asked
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - likewise
            for name, inner in action.choices.items():
                yield from walk(inner, (*verb, name))
