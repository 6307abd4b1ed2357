"""Where the file lies, what lies beside it, and whether it stays there."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from bot.store import Corrupt, InUse, Store, Unavailable, Unusable, disk, open_store
from tests.helpers import ANA, until

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /srv/my\\040share rw,relatime shared:9 master:1 - nfs4 host:/export rw
31 30 8:2 / /srv/my\\040share/disk rw,relatime - xfs /dev/sdb1 rw
32 22 8:1 /data/evobot.db /data/evobot.db rw - ext4 /dev/sda1 rw
33 22 0:41 / /home rw - cifs //host/home rw
34 22 8:3 / /home rw - ext4 /dev/sdc1 rw
"""


@pytest.mark.parametrize("path", ["/var/lib/evobot.db", "/srv/my share/disk/evobot.db", "/home/evobot.db"])
def test_a_local_disk_is_good(path: str) -> None:
    disk.check_place(Path(path), MOUNTS)


@pytest.mark.parametrize(
    ("path", "why"),
    [("/srv/my share/evobot.db", "nfs4"), ("/srv/my share/deep/evobot.db", "nfs4"), ("/data/evobot.db", "its folder")],
)
def test_a_network_disk_and_a_file_mounted_by_itself_are_not(path: str, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        disk.check_place(Path(path), MOUNTS)


def test_a_file_with_two_names_would_have_two_logs(tmp_path: Path) -> None:
    path = tmp_path / "evobot.db"
    open_store(path).close()
    (tmp_path / "second.db").hardlink_to(path)
    with pytest.raises(Unusable, match="hard link"):
        open_store(path)


def test_two_spellings_of_a_file_have_one_lock(tmp_path: Path) -> None:
    store = open_store(tmp_path / "evobot.db")
    (tmp_path / "link.db").symlink_to(tmp_path / "evobot.db")
    (tmp_path / "beside").symlink_to(tmp_path)
    for name in ("link.db", "beside/evobot.db", f"../{tmp_path.name}/evobot.db"):
        with pytest.raises(InUse):
            open_store(tmp_path / name)
    store.close()


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("words")
    (tmp_path / "evobot.db.lock-owner").symlink_to(precious)
    with pytest.raises(Unusable):
        open_store(tmp_path / "evobot.db")
    assert precious.read_text() == "words"


def test_after_an_orderly_end_everything_is_in_the_file(tmp_path: Path) -> None:
    """So that copying the file alone, as the README says, copies everything."""
    store = open_store(tmp_path / "evobot.db")
    asyncio.run(keep(store, 3))
    store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evobot.db", "evobot.db.lock-owner"]
    assert kept(tmp_path / "evobot.db") == 3


# Killed


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """What a killed bot leaves behind: three drafts, all of them in the log only."""
    program = (
        "import asyncio, os, sys; from pathlib import Path; from bot.store import open_store\n"
        "store = open_store(Path(sys.argv[1]))\n"
        "async def main():\n"
        "    for n in range(3): await store.write(lambda tx: tx.keep_draft(f'V{n}', 'U1', {}, 1.0))\n"
        "asyncio.run(main()); os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "evobot.db")], check=True)
    return tmp_path / "evobot.db"


def test_what_a_killed_bot_left_is_all_there(killed: Path) -> None:
    open_store(killed).close()
    assert kept(killed) == 3


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: disk.log_of(path).unlink(),
        lambda path: os.truncate(disk.log_of(path), 0),
        lambda path: os.truncate(disk.log_of(path), disk.size_of(disk.log_of(path)) - 1),
        lambda path: path.write_bytes(b""),
        lambda path: path.unlink(),
    ],
    ids=["log gone", "log empty", "log cut", "file empty", "file gone"],
)
def test_a_loss_is_noticed_and_everything_is_left_as_it_is(killed: Path, harm: Callable[[Path], None]) -> None:
    """SQLite takes a log that breaks off for the end of it, and deletes one whose file is empty."""
    harm(killed)
    before = left(killed)
    for _ in range(2):
        with pytest.raises(Corrupt):
            open_store(killed)
        assert left(killed) == before


def test_a_file_that_was_taken_from_a_bot_which_then_stopped_is_missed(tmp_path: Path) -> None:
    """All had been in the file, and the log is empty: an empty store in its place would forget what was sent."""
    path = tmp_path / "evobot.db"
    store = open_store(path)
    path.rename(tmp_path / "taken")
    store.close()
    before = left(path)
    with pytest.raises(Corrupt, match="Put the file or a copy of it back"):
        open_store(path)
    assert (left(path), path.exists(), disk.size_of(disk.log_of(path))) == (before, False, 0)


def test_a_log_whose_end_was_never_committed_is_whole(killed: Path) -> None:
    """As after a power cut in the middle of a write."""
    with disk.log_of(killed).open("ab") as log:
        log.write(b"x" * 5000)
    open_store(killed).close()
    assert kept(killed) == 3


def test_an_index_may_be_missing(killed: Path) -> None:
    disk.index_of(killed).unlink()
    open_store(killed).close()
    assert kept(killed) == 3


def test_a_first_start_that_was_killed_before_its_tables_were_there_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "evobot.db"
    with pytest.raises(ZeroDivisionError):
        _open_and_die(path)
    open_store(path).close()


def _open_and_die(path: Path) -> None:
    from bot.store import file  # noqa: PLC0415 - to be broken for a moment
    from bot.store.migrations import migrations  # noqa: PLC0415 - needed here alone

    steps, migrations._migrations = migrations._migrations, [migrations._Migration("m000", lambda _: 1 / 0)]
    try:
        file.prepare(path)
    finally:
        migrations._migrations = steps


# While it runs


@pytest.mark.parametrize("name", ["evobot.db", "evobot.db-wal", "evobot.db-shm", "evobot.db.lock-owner"])
async def test_what_is_written_to_a_deleted_file_does_not_count(tmp_path: Path, name: str) -> None:
    store = open_store(tmp_path / "evobot.db")
    await keep(store, 1)
    (tmp_path / name).unlink()
    with pytest.raises(Unavailable, match="moved, deleted or replaced"):
        await keep(store, 1)
    assert isinstance(store.damage, Unusable)
    assert store.trouble is not None
    store.close()


@pytest.mark.parametrize("harm", ["moved", "deleted", "replaced", "folder"])
def test_a_file_that_is_gone_is_noticed_by_who_only_asks_how_things_are(tmp_path: Path, harm: str) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "evobot.db"
    store = open_store(path)
    assert (store.trouble, store.damage) == (None, None)
    if harm == "moved":
        path.rename(tmp_path / "elsewhere.db")
    elif harm == "deleted":
        path.unlink()
    elif harm == "replaced":
        shutil.copy(path, tmp_path / "copy.db")
        (tmp_path / "copy.db").replace(path)
    else:
        path.parent.rename(tmp_path / "elsewhere")
    why = f"{path} was moved, deleted or replaced while I ran. Nothing more is taken."
    assert (store.trouble, str(store.damage)) == (why, why)
    store.close()


async def test_a_file_replaced_by_its_copy_is_another_file(tmp_path: Path) -> None:
    store = open_store(tmp_path / "evobot.db")
    shutil.copy(tmp_path / "evobot.db", tmp_path / "copy.db").replace(tmp_path / "evobot.db")
    with pytest.raises(Unavailable):
        await keep(store, 1)
    store.close()


async def test_a_log_deleted_while_it_ran_is_saved_by_an_orderly_end(tmp_path: Path) -> None:
    store = open_store(tmp_path / "evobot.db")
    await keep(store, 2)
    disk.log_of(tmp_path / "evobot.db").unlink()
    store.close()
    assert kept(tmp_path / "evobot.db") == 2


async def test_noise_in_the_file_ends_everything(tmp_path: Path) -> None:
    """A page that cannot be read is no reason to guess: neither reads nor writes go on."""
    path = tmp_path / "evobot.db"
    open_store(path).close()
    store = open_store(path)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size - 4096))
    with pytest.raises(Corrupt):
        store.read.known_lines(1)
    with pytest.raises(Unavailable, match="damaged"):
        await keep(store, 1)
    assert isinstance(store.damage, Corrupt)
    store.close()


async def test_a_full_disk_is_said_until_it_takes_something_again(tmp_path: Path) -> None:
    """Nobody need write for that: whoever sends requests only where all is well would wait for ever."""
    store = open_store(tmp_path / "evobot.db")
    used = store.read._connection.execute("PRAGMA page_count").fetchone()[0]
    await store._writer.run(lambda connection: connection.execute(f"PRAGMA max_page_count = {used + 2}").fetchone())
    said: list[str | None] = []
    with pytest.raises(Unavailable, match="full"):
        await keep(store, 1, size=100_000)
    said.append(store.trouble)
    await until(lambda: store.trouble is None, "the store to be well")
    assert set(said) <= {"database or disk is full", None}
    assert (store.refusals, store.damage) == (1, None)
    store.close()


async def test_who_reads_for_long_makes_the_log_long_but_not_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "evobot.db"
    store = open_store(path)
    other = sqlite3.connect(path)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM draft").fetchone()
    for _ in range(120):
        await keep(store, 1, size=100_000)
    assert disk.size_of(disk.log_of(path)) > 10 << 20
    other.close()
    await keep(store, 1)
    await keep(store, 1)
    assert disk.size_of(disk.log_of(path)) <= 8 << 20
    store.close()


_names = count()


async def keep(store: Store, drafts: int, size: int = 1) -> None:
    for n in range(drafts):
        await store.write(lambda tx, n=n: tx.keep_draft(f"V{n}/{next(_names)}", ANA, {"words": "x" * size}, 1.0))


def kept(path: Path) -> int:
    connection = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    (found,) = connection.execute("SELECT count(*) FROM draft").fetchone()
    connection.close()
    return int(found)


def left(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in (path, disk.log_of(path)) if each.exists()}
