"""What every verb has in common: its help teaches, a shell completes it, and it can be interrupted."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bot.__main__ as program
from bot.console import common, privacy
from bot.console.completion import script
from bot.console.examples import EXAMPLES, walk
from bot.settings import WHICH
from bot.store import open_store

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


# Each after its script: what is offered for $typed, a line each. zsh's own menu is left out.
ASKED = {
    "bash": 'COMP_WORDS=("${typed[@]}"); COMP_CWORD=$((${#typed[@]} - 1)); _evobot; printf "%s\\n" "${COMPREPLY[@]}"',
    "zsh": 'words=("${typed[@]}"); CURRENT=$#words; _evobot',
    "fish": 'complete -C "$typed"',
}
BEFORE = {"zsh": 'compdef() {}; _describe() { print -rl -- "${(@P)2}" }; _files() {}\n'}


def test_who_types_nothing_else_is_shown_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main([])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: evobot ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["evobot", "qu"], ["queue"]),
        (["evobot", "queue", "re"], ["retry"]),
        (["evobot", "queue", "retry", "17", "--y"], ["--yes"]),
        (["evobot", "completion", "z"], ["zsh"]),
        (["evobot", "--workspace", "T1", "queue", "list", "--j"], ["--json"]),
        (["evobot", "backup", "nothing-like-"], []),
    ],
)
def test_a_shell_completes_what_can_be_said(shell: str, typed: list[str], offered: list[str], tmp_path: Path) -> None:
    """Of zsh what it offers is looked at, from which it chooses by itself what begins as typed."""
    if not (found := shutil.which(shell)):
        pytest.skip(f"there is no {shell} on this machine")
    given = f"set typed '{' '.join(typed)}'\n" if shell == "fish" else f"typed=({' '.join(typed)})\n"
    said = given + BEFORE.get(shell, "") + script(shell, PARSER) + "\n" + ASKED[shell]
    came = subprocess.run([found, "-c", said], capture_output=True, text=True, check=True, cwd=tmp_path)
    words = [line.partition("\t")[0].partition(":")[0] for line in came.stdout.split("\n")]
    assert ([word for word in words if word.startswith(typed[-1])], came.stderr) == (offered, "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_are_told_of_every_verb(shell: str) -> None:
    told = script(shell, PARSER)
    assert [verb for verb, _ in walk(PARSER) if "".join(f"/{word}" for word in verb) not in told] == []


def test_what_others_have_written_does_not_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """A customer's words on an operator's terminal. What is JSON says the same."""
    words = "\x9b2J \x1b]52;c;cm0=\x07 \u202e\tGrüße 👋🏽"
    common.tell(json.dumps({"words": words}, ensure_ascii=False))
    common.say(1, f"No: {words}")
    said = capsys.readouterr()
    assert json.loads(said.out) == {"words": words}
    assert said.err == "No: \\u009b2J \\u001b]52;c;cm0=\\u0007 \\u202e\tGrüße 👋🏽\n"
    assert "\x9b" not in said.out


def test_where_there_are_several_workspaces_nothing_is_said_to_be_done_in_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stop in their register would stop nobody, and nobody's words are found there."""
    register = tmp_path / "evobot.db"
    monkeypatch.setenv("EVOBOT_DATABASE", str(register))
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    open_store(register).close()
    before = register.read_bytes()
    for words in ("panic", "lift +15035550123", "forget +15035550123 --yes", "export +15035550123", "queue list"):
        assert (program.main(words.split()), WHICH in capsys.readouterr().err) == (2, True), words
    assert register.read_bytes() == before
    assert program.main(["backup", str(tmp_path / "copy")]) == 0


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


def test_how_far_it_is_stands_on_a_terminal_only_and_goes_before_anything_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def shown(*, looks: bool) -> str:
        screen = io.StringIO()
        monkeypatch.setattr(screen, "isatty", lambda: looks)
        monkeypatch.setattr(sys, "stderr", screen)
        common.progress("Comparing session 1 of 2")
        common.say(4, "Slack is away.")
        return screen.getvalue()

    assert shown(looks=False) == "Slack is away.\n"
    assert shown(looks=True) == "\r\x1b[KComparing session 1 of 2\r\x1b[KSlack is away.\n"
