"""A file of an older evobot is copied before its tables are changed; what cannot be copied is not changed.

No version has been released, so the later one has a step that is made up.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from bot.store import Foreign, Unusable, open_store, steps
from bot.store.aside import empty_log, reading
from bot.store.backup import restore
from bot.store.migrations import migrations
from bot.store.restored import COPY
from tests.bot.store.test_backup import filled, sessions

Step = Callable[[Database], None]
Later = Callable[..., None]


def adds_a_column(db: Database) -> None:
    db.execute("ALTER TABLE session ADD COLUMN colour TEXT")


def fails(db: Database) -> None:
    db.execute("UPDATE session SET name = 'half done'")
    db.execute("SELECT * FROM nowhere")


def dies(db: Database) -> None:
    db.execute("UPDATE session SET name = 'half done'")
    os._exit(9)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """`later(*made_up)`: from now on this is an evobot with these steps more."""
    usual, names = list(migrations._migrations), steps.STEPS

    def install(*made_up: Step) -> None:
        monkeypatch.setattr(migrations, "_migrations", list(usual))
        for step in made_up:
            migrations()(step)
        monkeypatch.setattr(steps, "STEPS", (*names, *(step.__name__ for step in made_up)))

    return install


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A file with everything still in its log, as the killed bot left it."""
    filled(tmp_path / "evobot.db", "Broken boiler")
    return tmp_path / "evobot.db"


def whole(database: Path) -> list[str]:
    """All tables and rows; in which order a file has its indexes and triggers does not matter."""
    with closing(sqlite3.connect(database)) as connection:
        return sorted(connection.iterdump())


def copies(database: Path) -> list[Path]:
    return sorted(database.parent.glob("evobot.db.before-upgrade-*"))


def test_a_file_of_an_older_evobot_is_kept_as_it_was_and_brought_up_to_date(
    older: Path, later: Later, caplog: pytest.LogCaptureFixture
) -> None:
    before = whole(older)
    later(adds_a_column)
    with caplog.at_level(logging.WARNING, "bot.store.backup"):
        open_store(older).close()
    (copy,) = copies(older)
    assert caplog.messages == [f"the database is brought up to date (adds_a_column). As it was, it is kept as {copy}"]
    assert whole(copy) == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (COPY,), "who starts on it starts on the past"
    assert any("colour" in line for line in whole(older))
    assert sessions(older) == ["Broken boiler"]


def test_a_file_that_is_new_or_up_to_date_is_not_copied(tmp_path: Path) -> None:
    for _ in "twice":
        open_store(tmp_path / "evobot.db").close()
    assert copies(tmp_path / "evobot.db") == []


def test_the_copy_goes_back_into_the_older_evobot_and_into_the_later_one(older: Path, later: Later) -> None:
    later(adds_a_column)
    open_store(older).close()
    (copy,) = copies(older)
    later()
    with pytest.raises(Foreign, match=r"newer evobot \(adds_a_column\)\. Use that one"):
        open_store(older)
    restore(older, copy, 1_800_000_000.0)
    open_store(older).close()
    assert sessions(older) == ["Broken boiler"]
    later(adds_a_column)
    restore(older, copy, 1_800_000_001.0)
    open_store(older).close()
    assert any("colour" in line for line in whole(older))


def test_without_room_for_a_copy_nothing_is_changed(older: Path, later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    before = whole(older)
    usage = shutil.disk_usage(older.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    later(adds_a_column)
    with pytest.raises(Unusable, match=r"left as it was: .* the disk has 1 MB left of the \d+ MB .* Make room\."):
        open_store(older)
    assert (whole(older), copies(older)) == (before, [])


def test_a_step_that_fails_changes_nothing_and_leaves_no_copies_behind(older: Path, later: Later) -> None:
    """Or a supervisor that starts it again and again would fill the disk with them."""
    before = whole(older)
    later(fails)
    for _ in "twice":
        with pytest.raises(Unusable, match="nowhere"):
            open_store(older)
    assert (whole(older), copies(older)) == (before, [])


def test_when_the_second_step_fails_the_first_was_taken_and_the_copy_stays(older: Path, later: Later) -> None:
    before = whole(older)
    later(adds_a_column, fails)
    with pytest.raises(Unusable):
        open_store(older)
    assert [whole(copy) for copy in copies(older)] == [before]
    assert sessions(older) == ["Broken boiler"]


def test_a_step_that_is_killed_was_not_taken_and_the_next_start_takes_it(older: Path, later: Later) -> None:
    before = whole(older)
    later(dies)
    child = os.fork()
    if child == 0:
        try:
            open_store(older)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert [whole(copy) for copy in copies(older)] == [before]
    assert whole(older) == before
    later(adds_a_column)
    open_store(older).close()
    assert sessions(older) == ["Broken boiler"]


@pytest.mark.parametrize("verb", [empty_log, lambda path: reading(path).__enter__()])
def test_beside_the_bot_nobody_touches_a_file_of_another_version(
    older: Path, later: Later, verb: Callable[[Path], Any]
) -> None:
    later(adds_a_column)
    with pytest.raises(Unusable, match=r"last used by an older evobot\. Start this one"):
        verb(older)
    open_store(older).close()
    later()
    with pytest.raises(Foreign, match="newer evobot"):
        verb(older)
