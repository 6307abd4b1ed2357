"""`evobot completion bash`, `zsh` or `fish`: prints what makes that shell complete evobot's verbs and options.

Made from the parser itself, so it cannot tell of anything that is not there; a package for it would be a dependency
more, and would start this program at each press of Tab.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Final

from bot.console.common import Verbs, tell
from bot.console.examples import Verb, walk

Words = Sequence[tuple[str, str]]  # each with what it is for


def add(verbs: Verbs, program: argparse.ArgumentParser) -> None:
    """`program`: the parser that these verbs are of."""
    completion = verbs.add_parser("completion", help="print what makes a shell complete these commands")
    completion.add_argument("shell", choices=sorted(SCRIPTS), help="which shell")
    completion.set_defaults(run=lambda parsed: _print(parsed, program))


def _print(parsed: argparse.Namespace, program: argparse.ArgumentParser) -> int:
    tell(script(parsed.shell, program))
    return 0


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    return SCRIPTS[shell]({verb: _words_of(each) for verb, each in walk(parser)})


def _words_of(parser: argparse.ArgumentParser) -> Words:
    """What may stand behind a verb: verbs, choices, options."""
    found: list[tuple[str, str]] = []
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to be asked
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - likewise
            found += [(str(each.dest), each.help or "") for each in action._choices_actions]  # noqa: SLF001 - likewise
        elif action.option_strings:
            found += [(action.option_strings[-1], action.help or "")]
        elif action.choices is not None:
            found += [(str(each), "") for each in action.choices]
    return found


def _bash(known: Mapping[Verb, Words]) -> str:
    cases = [
        f"    {_at(verb)}) words={_quoted(' '.join(word for word, _ in words))};;" for verb, words in known.items()
    ]
    return _lines(
        "_evobot() {",
        "  local at= words= word",
        '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
        f'    case "$at/$word" in {_inner(known)}) at="$at/$word";; esac',
        "  done",
        '  case "$at" in',
        *cases,
        "  esac",
        '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
        "}",
        "complete -o default -F _evobot evobot",
    )


def _zsh(known: Mapping[Verb, Words]) -> str:
    cases = []
    for verb, words in known.items():
        told = " ".join(_quoted(f"{word}:{_plain(what)}" if what else word) for word, what in words)
        cases.append(f"    {_at(verb)}) found=({told});;")
    return _lines(
        "#compdef evobot",
        "_evobot() {",
        "  local at= word",
        "  local -a found",
        '  for word in "${(@)words[2,CURRENT-1]}"; do',
        f'    case "$at/$word" in {_inner(known)}) at="$at/$word";; esac',
        "  done",
        '  case "$at" in',
        *cases,
        "  esac",
        "  _describe evobot found || _files",
        "}",
        'if [ "$funcstack[1]" = _evobot ]; then _evobot "$@"; else compdef _evobot evobot; fi',
    )


def _fish(known: Mapping[Verb, Words]) -> str:
    inner = _inner(known).replace("|", " ")
    at = {verb: _quoted(f"test (__evobot_at) = {_at(verb)}") for verb in known}
    offered = [
        f"complete -c evobot {'' if word.startswith('-') else '-f '}-n {at[verb]} "
        f"-a {_quoted(word)} -d {_quoted(_plain(what))}"
        for verb, words in known.items()
        for word, what in words
    ]
    return _lines(
        "function __evobot_at",
        '  set -l at ""',
        "  for word in (commandline -opc)[2..-1]",
        '    switch "$at/$word"',
        f"      case {inner}",
        '        set at "$at/$word"',
        "    end",
        "  end",
        '  echo "$at"',
        "end",
        *offered,
    )


SCRIPTS: Final = {"bash": _bash, "zsh": _zsh, "fish": _fish}


def _at(verb: Verb) -> str:
    """Where one stands after a verb: /queue/list; '' at the beginning."""
    return "".join(f"/{word}" for word in verb) or "''"


def _inner(known: Mapping[Verb, Words]) -> str:
    return "|".join(_at(verb) for verb in known if verb)


def _plain(help_: str) -> str:
    return help_.replace("%%", "%").replace(":", " -").replace("'", "’").replace("\n", " ")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _lines(*lines: str) -> str:
    return "\n".join(lines)
