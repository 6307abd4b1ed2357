"""What docs/OPERATING.md tells an operator to type works, on a machine with both sides there and the bot running.

Blocks of `sh` are run, heading by heading, in their order; other blocks are not. What the machine does not know yet, a
program of the system or what it must answer, goes into `SYSTEM` in tests/machine.py.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import bot.__main__ as program
from sandbox.slack.seeds import ANNA, BEN, SUPPORT
from tests.helpers import until
from tests.machine import machine

BOOK = (Path(__file__).parent.parent / "docs/OPERATING.md").read_text(encoding="utf-8")
HEADINGS = (
    "Install", "Upgrade", "Back up and restore", "Rotate", "Observe", "Troubleshoot by symptom", "Several workspaces",
    "More than one machine", "Size",
)  # fmt: skip
ELSEWHERE = {
    "Back up and restore": "test_after_everything_was_deleted_the_copy_of_before_goes_on",
    "More than one machine": "tests/test_operating_postgres.py",
}  # heading → the test that runs its commands, where this one cannot

BEFORE = {  # heading → what was there before the commands under it
    "Install": "",
    "Upgrade": "systemctl start evobot; evobot backup /var/lib/evobot/evobot.db.before-upgrade-1",
}


def commands_of(heading: str) -> str:
    """The commands under a heading, one after the other: its blocks of `sh`."""
    part = re.split(r"^## ", BOOK.partition(f"\n## {heading}\n")[2], flags=re.MULTILINE)[0]
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", part, re.DOTALL | re.MULTILINE))


def test_the_book_has_its_headings() -> None:
    assert tuple(re.findall(r"^## (.+)$", BOOK, re.MULTILINE)) == HEADINGS


def said() -> list[str]:
    """Every `evobot …` with its words, in blocks and in sentences."""
    typed = re.findall(r"^ *(?:\S+=\S+ )*(evobot [^#|&;\n]*)", "\n".join(map(commands_of, HEADINGS)), re.MULTILINE)
    spoken = re.findall(r"`(evobot [^`\n]+)`", re.sub(r"^```.*?^```", "", BOOK, flags=re.DOTALL | re.MULTILINE))
    return sorted({line.strip() for line in (*typed, *spoken) if not re.search(r"\bVERB\b|--help", line)})


@pytest.mark.parametrize("line", said())
def test_every_verb_of_the_book_is_known_with_its_words(line: str) -> None:
    assert callable(program._parser().parse_args(shlex.split(re.sub(r"\$\([^)]*\)", "x", line))[1:]).run)


@pytest.mark.parametrize(
    "heading", [heading for heading in HEADINGS if heading not in ELSEWHERE and commands_of(heading)]
)
async def test_the_commands_of_the_book_do_what_they_shall(tmp_path: Path, heading: str) -> None:
    async with machine(tmp_path) as there:
        code, words = await there.types(f"{BEFORE.get(heading, 'systemctl start evobot')}\n{commands_of(heading)}")
        assert code == 0, words


async def test_after_everything_was_deleted_the_copy_of_before_goes_on(tmp_path: Path) -> None:
    backing_up, restoring = re.split(r"^(?=systemctl stop)", commands_of("Back up and restore"), flags=re.MULTILINE)
    async with machine(tmp_path) as there:
        slack, evo = there.slack, there.evo

        async def arrives(text: str) -> None:
            assert (await slack.say(BEN, SUPPORT, text, str(slack.messages(SUPPORT)[0]["ts"]))) is not None
            await until(lambda: any(text in str(line) for line in evo.messages()), f"{text} to be at Evo Voice")

        assert await there.types("systemctl start evobot") == (0, "")
        await slack.slash(ANNA, SUPPORT, "/session", 'chat "Broken boiler" member:joe@example.com')
        await until(lambda: evo.sessions() and slack.messages(SUPPORT), "the session")
        await arrives("before the copy")
        for lines in (backing_up, "systemctl stop evobot; rm -f /var/lib/evobot/evobot.db*", restoring):
            code, words = await there.types(lines)
            assert code == 0, words
        await arrives("after it")
        assert sum("before the copy" in str(line) for line in evo.messages()) == 1
