"""May we use this file, who else does, and with which settings."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.store import Corrupt, Foreign, InUse, Store, Unavailable, Unusable, open_store
from bot.store.file import WRITER_PRAGMAS, open_reader, open_writer
from bot.store.health import Health
from bot.store.migrations import migrations
from bot.store.steps import STEPS

ROOT = Path(__file__).parent.parent.parent.parent


def test_a_new_store_and_its_log_are_readable_by_the_owner_alone(tmp_path: Path) -> None:
    usual = os.umask(0o022)
    store = open_store(tmp_path / "evobot.db")
    os.umask(usual)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    store.close()
    assert modes == dict.fromkeys(["evobot.db", "evobot.db-wal", "evobot.db-shm", "evobot.db.lock-owner"], 0o600)


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "evobot.db"
    path.touch(0o644)
    open_store(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_writer_has_the_durable_settings(tmp_path: Path) -> None:
    open_store(tmp_path / "evobot.db").close()
    writer = open_writer(tmp_path / "evobot.db")
    found = {name: writer.execute(f"PRAGMA {name}").fetchone()[0] for name in WRITER_PRAGMAS}
    writer.close()
    assert found == WRITER_PRAGMAS
    assert found["synchronous"] == 2, "less than FULL loses the last commits at power loss"


def test_the_reader_cannot_write(tmp_path: Path) -> None:
    open_store(tmp_path / "evobot.db").close()
    reader = open_reader(tmp_path / "evobot.db", Health())
    with pytest.raises(Unavailable, match="readonly"):
        reader.execute("DELETE FROM item")
    reader.close()


def test_the_reader_cannot_bring_the_log_into_the_file(tmp_path: Path) -> None:
    """Older SQLite can damage a file when two connections write or checkpoint at once: here only one ever does."""
    path = tmp_path / "evobot.db"
    store = open_store(path)
    before = (path.read_bytes(), (tmp_path / "evobot.db-wal").read_bytes())
    for mode in ("PASSIVE", "FULL", "RESTART", "TRUNCATE"):
        with contextlib.suppress(Unavailable):
            store.read._connection.execute(f"PRAGMA wal_checkpoint({mode})")
    assert (path.read_bytes(), (tmp_path / "evobot.db-wal").read_bytes()) == before
    store.close()


def test_a_second_process_is_told_who_has_the_file(tmp_path: Path) -> None:
    store = open_store(tmp_path / "evobot.db")
    program = (
        "import sys; from pathlib import Path; from bot.store import open_store, InUse\n"
        "try: open_store(Path(sys.argv[1]))\n"
        "except InUse as error: print(error); sys.exit(7)\n"
    )
    second = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "evobot.db")], capture_output=True, text=True, check=False
    )
    store.close()
    assert (second.returncode, f"process {os.getpid()} on" in second.stdout) == (7, True)


def test_the_file_is_free_again_after_closing(tmp_path: Path) -> None:
    open_store(tmp_path / "evobot.db").close()
    open_store(tmp_path / "evobot.db").close()


def test_a_file_held_by_another_handle_is_in_use(tmp_path: Path) -> None:
    store = open_store(tmp_path / "evobot.db")
    with pytest.raises(InUse):
        open_store(tmp_path / "evobot.db")
    store.close()


@pytest.mark.parametrize(
    "content", [b"not a database at all, but rather long " * 200, b"SQLite format 3\0" + b"x" * 5000]
)
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "evobot.db"
    path.write_bytes(content)
    with pytest.raises(Corrupt, match="left as it is"):
        open_store(path)
    assert path.read_bytes() == content


def test_a_page_gone_bad_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "evobot.db"
    open_store(path).close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    before = path.read_bytes()
    with pytest.raises(Corrupt):
        open_store(path)
    assert path.read_bytes() == before


def test_somebody_elses_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "evobot.db"
    Database(path)["cats"].insert({"name": "Cleo"})
    before = path.read_bytes()
    with pytest.raises(Foreign, match="EVOBOT_DATABASE"):
        open_store(path)
    assert path.read_bytes() == before


def test_a_store_of_a_newer_evobot_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evobot.db"
    open_store(path).close()
    database = Database(path)
    database["_sqlite_migrations"].insert({"migration_set": "evobot", "name": "m999_later", "applied_at": "2030"})
    database.close()
    with pytest.raises(Foreign, match="m999_later"):
        open_store(path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="does not exist"):
        open_store(tmp_path / "nowhere" / "evobot.db")


def test_every_step_is_known_by_name_without_the_migrations() -> None:
    assert tuple(step.name for step in migrations.pending(Database(memory=True))) == STEPS


def test_a_file_that_needs_no_step_is_opened_without_the_migrations(tmp_path: Path) -> None:
    path = tmp_path / "evobot.db"
    open_store(path).close()
    program = (
        "import pathlib, sys; from bot.store import open_store; "
        "open_store(pathlib.Path(sys.argv[1])).close(); print('sqlite_utils' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\n"


def test_every_table_is_strict_and_the_link_table_has_no_rowid(store: Store) -> None:
    tables = {row["name"]: (row["wr"], row["strict"]) for row in store.read._connection.execute("PRAGMA table_list")
              if row["name"] in {"session", "link", "item", "line", "post", "draft"}}  # fmt: skip
    assert tables == {
        "session": (0, 1), "link": (1, 1), "item": (0, 1), "line": (1, 1), "post": (0, 1), "draft": (1, 1),
    }  # fmt: skip


def test_the_lookup_of_the_hot_path_uses_the_key(store: Store) -> None:
    plan = store.read._connection.execute(
        "EXPLAIN QUERY PLAN "
        "SELECT session FROM link WHERE team = 'T' AND channel = 'C' AND thread_ts = '1' AND role = 'target'"
    ).fetchall()
    assert all(row["detail"].startswith("SEARCH link USING") for row in plan)
