"""What every verb has in common: its help teaches, a shell completes it, and it can be interrupted."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import bot.__main__ as program
from bot.console import privacy
from bot.console.completion import script
from bot.console.examples import EXAMPLES, walk

PARSER = program._parser()


def test_every_verb_has_examples_that_can_be_said_and_no_other_verb_has() -> None:
    verbs = {" ".join(verb): parser for verb, parser in walk(PARSER)}
    assert set(EXAMPLES) == set(verbs)
    for verb, text in EXAMPLES.items():
        assert "examples:" in verbs[verb].format_help()
        for line in text.strip().splitlines():
            words = shlex.split(line.partition("  ")[0].partition(" > ")[0].replace("'", ""))
            assert words[0] == "evobot"
            assert words[1:][:1] == verb.split()[:1] or not verb
            if "COMMAND" not in words:
                assert callable(PARSER.parse_args(words[1:]).run)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("evobot qu", "queue"),
        ("evobot queue re", "retry"),
        ("evobot queue retry 17 --y", "--yes"),
        ("evobot completion z", "zsh"),
        ("evobot backup nothing-like-", ""),
    ],
)
def test_bash_completes_what_can_be_said(typed: str, offered: str) -> None:
    words = typed.split()
    asked = f'COMP_WORDS=({" ".join(words)}); COMP_CWORD={len(words) - 1}; _evobot; echo "${{COMPREPLY[*]}}"'
    came = subprocess.run(
        ["bash", "-c", f"{script('bash', PARSER)}\n{asked}"], capture_output=True, text=True, check=True
    )
    assert (came.stdout.strip(), came.stderr) == (offered, "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_are_told_of_every_verb(shell: str) -> None:
    told = script(shell, PARSER)
    assert [verb for verb, _ in walk(PARSER) if "".join(f"/{word}" for word in verb) not in told] == []


def test_who_is_interrupted_is_told_how_things_stand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(privacy, "_forget", interrupted)
    assert (program.main(["forget", "+15035550123"]), capsys.readouterr().err) == (130, f"{program.INTERRUPTED}\n")


def test_whoever_reads_no_further_ends_it_without_a_word(tmp_path: Path) -> None:
    there, gone = os.pipe()
    os.close(there)
    words = [sys.executable, "-m", "bot", "completion", "bash"]
    came = subprocess.run(words, stdout=gone, stderr=subprocess.PIPE, check=False)
    os.close(gone)
    assert (came.returncode, came.stderr) == (141, b"")
