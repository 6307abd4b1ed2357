"""`evobot audit`, as whoever sits at the console uses it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.audit import verify
from bot.bridge import Bridge
from bot.model import Actor, Answer, Deed, Invitee, ItemKey, Phone, SlackName
from bot.store import Store, open_store
from bot.store.backup import backup, restore
from tests.helpers import ANA, JOE, TEAM, TestClock, house, opened

REFERENCE = Path("docs/REFERENCE.md")
LEE = Phone("+15035550123", "US")
BROKEN, SETTINGS = 1, 2


@pytest.fixture
async def here(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in use, in which Ana has opened a session, and declined to invite somebody she had named."""
    monkeypatch.setenv("EVOBOT_DATABASE", str(tmp_path / "evobot.db"))
    monkeypatch.setenv("TZ", "UTC")
    clock = TestClock()
    store._tx.clock = clock
    bridge = Bridge(store, clock, house(confirm=True), lambda: None)
    session = await opened(store, bridge)
    name = SlackName(f"{TEAM}/C0SALES/1700000100.000200")
    await bridge.invite(session, [Invitee(phone=LEE)], Actor(TEAM, ANA), name)
    ((item, _),) = store.read.waiting_for(ANA, 9)
    clock.advance(60)
    await bridge.answer(item.key, Answer.NO, Actor(TEAM, ANA))
    clock.advance(86400)
    await bridge.reveal(session, Actor(TEAM, JOE))
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Exit code and whatever was said, on either way out."""
    code = main(["audit", *words])
    said = capsys.readouterr()
    return code, said.out + said.err


def rows_of(said: str) -> list[int]:
    return [int(line.split()[0]) for line in said.splitlines()[1:]]


# Show


async def test_the_table_says_who_did_what_when_and_where_it_was_asked_for(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = asked(capsys, "show")
    there = "C0SALES/1700000100.000200"
    lines = [re.sub(r" {2,}", " | ", line) for line in said.splitlines()]
    assert (code, lines) == (
        0,
        [
            "row | when | who | what | session | about | asked in",
            "1 | 2023-11-14 22:13:20 UTC | U0ANA | asked: open Chat | 1 (evo-1) | j••••@example.com | a form",
            f"2 | 2023-11-14 22:13:20 UTC | U0ANA | asked: invite | 1 (evo-1) | +1 503 •••• 0123 | {there}",
            f"3 | 2023-11-14 22:14:20 UTC | U0ANA | declined: invite | 1 (evo-1) | +1 503 •••• 0123 | {there}",
            "4 | 2023-11-15 22:14:20 UTC | U0JOE | numbers revealed | 1 (evo-1)",
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        (["--last", "2"], [3, 4]),
        (["--user", "U0JOE"], [4]),
        (["--user", "U0ANA"], [1, 2, 3]),
        (["--session", "1"], [1, 2, 3, 4]),
        (["--session", "evo"], [1, 2, 3, 4]),
        (["--session", "broken BOILER"], [1, 2, 3, 4]),
        (["--about", "+1 (503) 555-0123"], [2, 3]),
        (["--about", "Joe@Example.com"], [1]),
        (["--about", "+15035550199"], []),
        (["--since", "2023-11-15T00:00+00:00"], [4]),
        (["--since", "7d"], []),
    ],
)
async def test_what_is_asked_for_is_shown(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], rows: list[int]
) -> None:
    code, said = asked(capsys, "show", *words)
    assert code == 0
    assert (rows_of(said) if rows else said) == (rows or "Nothing of that kind is in the audit.\n")


async def test_what_came_of_a_wish_is_shown_with_who_had_it(
    here: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    await store.write(lambda tx: tx.audit_item(Deed.DONE, tx.item(ItemKey(1)), 1.0))
    assert rows_of(asked(capsys, "show", "--user", "U0ANA")[1]) == [1, 2, 3, 5]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--session", "nobody"], "No session has this number, this id or this name.\n"),
        (["--about", "Mrs Lee"], "Name one number, with its country (+44 …), or one e-mail address.\n"),
    ],
)
async def test_what_cannot_be_found_is_said(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert asked(capsys, "show", *words) == (SETTINGS, said)


@pytest.mark.parametrize("words", [["--since", "soon"], ["--since", "7y"], ["--last", "0"], ["--last", "-1"]])
def test_what_cannot_be_read_is_refused_before_anything_is_opened(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["audit", "show", *words])
    assert (ended.value.code, "argument --" in capsys.readouterr().err) == (SETTINGS, True)


async def test_whom_the_file_knows_no_more_is_shown_by_a_hash(
    here: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    await store.write(lambda tx: tx.change_item(tx.audited()[1].item, body="{}"))  # type: ignore[arg-type]  # it has an item
    said = asked(capsys, "show")[1].splitlines()[2]
    assert f"#{store.read.hashed(LEE.e164)[:8]} " in said


# Verify


async def test_a_whole_record_is_said_to_be_whole_with_its_head(
    here: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = asked(capsys, "verify")
    assert (code, said.splitlines()) == (
        0,
        [
            "4 rows, 2023-11-14 22:13:20 UTC to 2023-11-15 22:14:20 UTC. Every row is as it was written.",
            f"Head: {store.read.audit_head().hash} (row 4)",
        ],
    )


async def test_a_noted_head_is_found_again(here: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    noted = store.read.audited()[1].hash
    code, said = asked(capsys, "verify", "--head", noted.upper())
    assert (code, said.splitlines()[-1]) == (0, "The noted head is that of row 2: up to there, all is as it was then.")


async def test_a_head_that_is_not_there_is_an_alarm(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = asked(capsys, "verify", "--head", "0" * 64)
    why = "the noted hash is of none: rows were cut off, or were written anew, since it was noted."
    assert (code, said) == (BROKEN, f"Row 4 is the last one, and {why}\n")


async def test_a_changed_row_is_an_alarm(here: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    def forge(tx: object) -> None:
        connection = tx._connection  # type: ignore[attr-defined]  # only SQLite has it
        connection.execute("DROP TRIGGER audit_stays")
        connection.execute("UPDATE audit SET who = 'U0JOE' WHERE key = 3")

    await store.write(forge)
    assert asked(capsys, "verify") == (
        BROKEN, "Row 3 was changed: the row after it is still bound to what it said.\n"
    )  # fmt: skip


async def test_a_copy_can_be_asked_as_well(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    backup(here / "evobot.db", here / "copy.db")
    copy = ["--database", str(here / "copy.db")]
    (here / "copy.db").chmod(0o400)
    assert asked(capsys, "verify", *copy) == asked(capsys, "verify")
    assert asked(capsys, "show", *copy) == asked(capsys, "show")


async def test_after_a_restore_the_record_goes_on_and_says_so(store: Store, tmp_path: Path) -> None:
    """A head that was noted in the undone life is in no row, and why is said."""
    await store.write(lambda tx: tx.audit(Deed.STOPPED, 1.0))
    backup(tmp_path / "evobot.db", tmp_path / "copy.db")
    await store.write(lambda tx: tx.audit(Deed.RESUMED, 2.0))
    undone = store.read.audited()
    restore(tmp_path / "second.db", tmp_path / "copy.db", 3.0)
    again = open_store(tmp_path / "second.db")
    await again.write(lambda tx: tx.audit(Deed.RESUMED, 4.0))
    rows, start = again.read.audited(), again.read.audit_start()
    told = [(row.key, row.at, row.what) for row in rows]
    assert told == [(1, 1.0, "everything stopped"), (2, 3.0, "put back from a backup"), (3, 4.0, "everything resumed")]
    assert {row.hash for row in rows[1:]} & {row.hash for row in undone} == set()
    assert verify(rows, start, last_key=again.read.audit_keys_given(), head=undone[0].hash) is None
    broken = verify(rows, start, head=undone[1].hash)
    assert broken is not None
    assert broken.why.endswith("A backup was put back (row 2): what had been noted between the two is not in it.")
    again.close()


# Export


async def test_an_export_has_every_column_and_every_hash(
    here: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = asked(capsys, "export")
    first, *rows, last = map(json.loads, said.splitlines())
    written = [{name: getattr(row, name) for name in row.__slots__} for row in store.read.audited()]
    assert (code, first, rows, last) == (
        0, {"start": store.read.audit_start().hash}, written, {"head": store.read.audit_head().hash},
    )  # fmt: skip


def checked(exported: Path) -> tuple[int, str]:
    """By the lines that the reference shows."""
    (lines,) = re.findall(r"```python\n(import hashlib.*?)```", REFERENCE.read_text(encoding="utf-8"), re.DOTALL)
    done = subprocess.run([sys.executable, "-c", lines, str(exported)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


async def test_an_export_can_be_checked_with_the_lines_in_the_readme(
    here: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(capsys, "export", str(here / "audit.jsonl"))[0] == 0
    head = store.read.audit_head().hash
    assert checked(here / "audit.jsonl") == (0, f"4 rows, whole. Head: {head}\n")
    text = (here / "audit.jsonl").read_text(encoding="utf-8")
    (here / "forged.jsonl").write_text(text.replace("U0JOE", "U0ANA"), encoding="utf-8")
    code, said = checked(here / "forged.jsonl")
    assert (code, said.splitlines()[-1]) == (1, "row 4 is not as it was written")


async def test_a_part_can_be_exported_and_checked_by_itself(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = asked(capsys, "export", "--since", "2023-11-15T00:00+00:00", str(here / "part.jsonl"))
    assert (code, said) == (0, f"{here}/part.jsonl: 1 rows, 2023-11-15 22:14:20 UTC to 2023-11-15 22:14:20 UTC.\n")
    assert checked(here / "part.jsonl")[0] == 0


async def test_an_export_is_for_its_owner_and_replaces_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = here / "audit.jsonl"
    assert asked(capsys, "export", str(target))[0] == 0
    assert target.stat().st_mode & 0o777 == 0o600
    code, said = asked(capsys, "export", str(target))
    assert (code, said) == (SETTINGS, f"{target} exists already and was left as it is. Choose another name.\n")


def test_where_there_is_no_database_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVOBOT_DATABASE", str(tmp_path / "evobot.db"))
    code, said = asked(capsys, "verify")
    assert (code, said) == (
        3, f"The database cannot be used: There is no database at {tmp_path}/evobot.db.\n"
    )  # fmt: skip
