"""A copy is whole or not there; a restore leaves the old database or the new one, however it is interrupted."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from bot.bridge import Bridge
from bot.model import (
    Actor,
    Answer,
    Evidence,
    Invitee,
    Kind,
    Life,
    Member,
    Phone,
    PostKind,
    PostState,
    Said,
    SessionKey,
    SlackName,
    State,
    Ts,
    Voice,
)
from bot.store import Corrupt, Foreign, InUse, Store, Tx, Unusable, open_store
from bot.store import backup as backups
from bot.store.backup import Exists, backup, restore
from tests.helpers import ANA, CHANNEL, JOE, TEAM, THREAD, TestClock, chat, house, no_file_beyond, opened, to_post

NOW = 1_800_000_000.25
MILLISECONDS = 1_800_000_000_250


def bridge_to(store: Store) -> Bridge:
    return Bridge(store, TestClock(), house(), lambda: None)


def filled(database: Path, *names: str) -> None:
    """A database with a session of each name, written by a process that was killed: all of it is in the log."""
    pid = os.fork()
    if pid == 0:
        try:
            store = open_store(database)
            for n, name in enumerate(names, start=1):
                asyncio.run(opened(store, bridge_to(store), chat(name), n=n))
        finally:
            os._exit(9)
    os.waitpid(pid, 0)


def sessions(database: Path) -> list[str]:
    connection = sqlite3.connect(database)
    try:
        return [row[0] for row in connection.execute("SELECT name FROM session ORDER BY key")]
    finally:
        connection.close()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A backup of a database with one session."""
    filled(tmp_path / "source.db", "in the backup")
    backup(tmp_path / "source.db", tmp_path / "backup.db")
    return tmp_path / "backup.db"


# Backup


async def test_a_backup_is_taken_while_the_bot_runs_and_has_what_is_still_in_the_log(
    store: Store, tmp_path: Path
) -> None:
    await opened(store, bridge_to(store), chat("Boiler"))
    await bridge_to(store).relay(Said(THREAD, Ts("1700000001.000100"), JOE, "hello"))
    copy = backup(tmp_path / "evobot.db", tmp_path / "backup.db")
    there = (copy.sessions, copy.messages, copy.newest, copy.size)
    assert there == (1, 1, 1_700_000_000.0, (tmp_path / "backup.db").stat().st_size)
    assert stat.S_IMODE((tmp_path / "backup.db").stat().st_mode) == 0o600
    assert [name for name in os.listdir(tmp_path) if "backup" in name] == ["backup.db"]  # noqa: PTH208 - no half of one


def test_a_file_that_is_there_is_not_written_over(copy: Path, tmp_path: Path) -> None:
    before = copy.read_bytes()
    with pytest.raises(Exists):
        backup(tmp_path / "source.db", copy)
    assert copy.read_bytes() == before


def test_nor_is_one_that_came_meanwhile(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "STEPS", 1)
    with pytest.raises(Exists):
        backup(copy, tmp_path / "new.db", lambda *_: (tmp_path / "new.db").write_text("somebody's"))
    assert (tmp_path / "new.db").read_text() == "somebody's"


def test_what_is_not_ours_or_not_there_is_not_backed_up(tmp_path: Path) -> None:
    Database(tmp_path / "cats.db")["cats"].insert({"name": "Cleo"})
    (tmp_path / "noise.db").write_bytes(b"no database at all " * 500)
    for name, kind in (("cats.db", Foreign), ("noise.db", Corrupt), ("nothing.db", Unusable)):
        with pytest.raises(kind):
            backup(tmp_path / name, tmp_path / "backup.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cats.db", "noise.db"]


# Restore


def test_a_restore_keeps_what_was_there_with_its_log(copy: Path, tmp_path: Path) -> None:
    database = tmp_path / "evobot.db"
    filled(database, "before", "before, too")
    _, kept = restore(database, copy, NOW)
    assert kept is not None
    assert (sessions(database), sessions(kept)) == (["in the backup"], ["before", "before, too"])
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


def test_a_restore_where_nothing_was_makes_the_database(copy: Path, tmp_path: Path) -> None:
    assert restore(tmp_path / "evobot.db", copy, NOW)[1] is None
    assert sessions(tmp_path / "evobot.db") == ["in the backup"]


def test_nothing_is_restored_while_a_bot_runs(copy: Path, tmp_path: Path) -> None:
    store = open_store(tmp_path / "evobot.db")
    with pytest.raises(InUse):
        restore(tmp_path / "evobot.db", copy, NOW)
    store.close()
    assert sessions(tmp_path / "evobot.db") == []


def _foreign(path: Path) -> None:
    Database(path)["cats"].insert({"name": "Cleo"})


def _newer(path: Path) -> None:
    open_store(path).close()
    Database(path)["_sqlite_migrations"].insert({"migration_set": "evobot", "name": "m999", "applied_at": "2030"})


def _damaged(path: Path) -> None:
    filled(path, *(f"Session {n}" for n in range(40)))
    sqlite3.connect(path).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096)


def _noise(path: Path) -> None:
    path.write_bytes(b"no database at all " * 500)


def _torn(path: Path) -> None:
    filled(path.with_name("whole.db"), "in the backup")
    backup(path.with_name("whole.db"), path)
    os.truncate(path, path.stat().st_size - 1)


@pytest.mark.parametrize(
    ("make", "kind"),
    [(_foreign, Foreign), (_newer, Foreign), (_damaged, Corrupt), (_noise, Corrupt), (_torn, Corrupt)],
)
def test_a_copy_that_cannot_be_trusted_is_refused_and_nothing_changes(
    tmp_path: Path, make: Callable[[Path], None], kind: type[Unusable]
) -> None:
    database = tmp_path / "evobot.db"
    filled(database, "before")
    make(tmp_path / "copy.db")
    with pytest.raises(kind):
        restore(database, tmp_path / "copy.db", NOW)
    assert sessions(database) == ["before"]
    assert [path.name for path in tmp_path.iterdir() if "restor" in path.name or "part" in path.name] == []


def test_on_a_disk_that_is_full_nothing_changes_and_that_is_said(copy: Path, tmp_path: Path) -> None:
    database, size = tmp_path / "evobot.db", copy.stat().st_size
    filled(database, "before")
    sessions(database)
    there = sorted(path.name for path in tmp_path.iterdir())
    for room in (0, size // 2, size - 1):
        with no_file_beyond(room), pytest.raises(Unusable, match=r"(full|disk I/O error)\. Nothing was changed\."):
            restore(database, copy, NOW)
        with no_file_beyond(room), pytest.raises(Unusable, match=r"(full|disk I/O error)\. Nothing was changed\."):
            backup(database, tmp_path / "another.db")
        assert sessions(database) == ["before"]
        assert sorted(path.name for path in tmp_path.iterdir()) == there


def test_whoever_interrupts_a_copy_need_not_wait_and_finds_nothing(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path / "evobot.db", "before")

    def interrupted(done: int, size: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backups, "STEPS", 1)
    with pytest.raises(KeyboardInterrupt):
        backup(copy, tmp_path / "another.db", interrupted)
    with pytest.raises(KeyboardInterrupt):
        restore(tmp_path / "evobot.db", copy, NOW, tell=interrupted)
    assert sessions(tmp_path / "evobot.db") == ["before"]
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name or "another" in path.name] == []


def test_the_database_itself_is_no_backup(tmp_path: Path) -> None:
    filled(tmp_path / "evobot.db", "before")
    with pytest.raises(Unusable, match="the database itself"):
        restore(tmp_path / "evobot.db", tmp_path / "evobot.db", NOW)


def test_a_damaged_database_gives_way_and_is_kept(copy: Path, tmp_path: Path) -> None:
    database = tmp_path / "evobot.db"
    _noise(database)
    (tmp_path / "evobot.db-wal").write_bytes(b"stale")
    _, kept = restore(database, copy, NOW)
    assert kept is not None
    assert (sessions(database), kept.read_bytes()) == (["in the backup"], b"no database at all " * 500)
    assert (tmp_path / f"{kept.name}-wal").read_bytes() == b"stale"


STEPS = ("os.open", "os.fsync", "os.rename", "os.unlink")


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Runs `work` in a process that dies before its `step`-th change to the disk. True when it came to its end."""
    pid = os.fork()
    if pid == 0:
        _die_before(step)
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _die_before(step: int) -> None:
    left = [step]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)
            return real(*given, **more)

        return call

    for name in STEPS:
        word = name.removeprefix("os.")
        setattr(os, word, counted(getattr(os, word)))


def test_a_restore_that_is_killed_leaves_the_old_database_or_the_new(copy: Path, tmp_path: Path) -> None:
    outcomes = []
    for step in range(100):
        folder = tmp_path / str(step)
        folder.mkdir()
        database = folder / "evobot.db"
        filled(database, "before", "before, too")
        done = killed_at(step, lambda database=database: restore(database, copy, NOW))  # type: ignore[misc]  # mypy cannot tell its default
        open_store(database).close()  # finishes what had been decided
        outcomes.append(sessions(database))
        kept = [path for path in folder.glob("*.before-restore-*") if not path.name.endswith(("-wal", "-shm"))]
        if outcomes[-1] == ["in the backup"]:
            assert [sessions(path) for path in kept] == [["before", "before, too"]]
        if done:
            break
    assert done
    assert sorted(outcomes) == outcomes, "once decided, it stays decided"
    assert {tuple(outcome) for outcome in outcomes} == {("before", "before, too"), ("in the backup",)}
    assert len(outcomes) > 10


# What a restored file does not believe


async def settled_and_not(store: Store) -> SessionKey:
    """A session with a reply in each state that a backup may find, an end, an invitation that waits for a yes."""
    bridge = bridge_to(store)
    key = await opened(store, bridge)
    for n, state in enumerate(State):
        await bridge.relay(Said(THREAD, Ts(f"17000001{n:02}.000100"), JOE, f"{state}"))
        item = store.read.items_of(key, Kind.SAY)[-1]
        changes = {"evo_name": "message:1"} if state is State.DELIVERED else {}
        await store.write(lambda tx, item=item, s=state, c=changes: tx.change_item(item.key, state=s, attempts=1, **c))  # type: ignore[misc]  # likewise
    await bridge.end(key, Actor(TEAM, ANA), SlackName("T/end"))
    return key


async def test_what_was_not_settled_is_unknown_and_never_repeated(tmp_path: Path) -> None:
    store = open_store(tmp_path / "source.db")
    key = await settled_and_not(store)
    backup(tmp_path / "source.db", tmp_path / "backup.db")
    store.close()
    restore(tmp_path / "evobot.db", tmp_path / "backup.db", NOW)
    store = open_store(tmp_path / "evobot.db")
    items = store.read.items_of(key, Kind.SAY, Kind.END)
    found = {str(item.body.get("text", "end")): (item.state, item.resent) for item in items}
    lanes, doubt = store.read.lanes(), store.read.doubt()
    store.close()
    final = {State.DELIVERED, State.WITHDRAWN, State.KEPT}
    expected = {str(state): (state, False) if state in final else (State.UNKNOWN, True) for state in State}
    assert found == expected | {"end": (State.PENDING, False)}
    assert (lanes, doubt) == ([], NOW), "nothing leaves before the thread has been read"


async def test_what_was_to_be_posted_may_stand_there_and_is_looked_for_first(tmp_path: Path) -> None:
    """Only into a person's own messages nobody can look."""
    store = open_store(tmp_path / "source.db")
    key = await opened(store, bridge_to(store))

    def two(tx: Tx) -> None:
        for kind, thread in ((PostKind.NOTICE, THREAD.ts), (PostKind.DIRECT, None)):
            tx.add_post(
                name=kind, session=key, kind=kind, text="x", team=TEAM, channel=CHANNEL, thread_ts=thread,
            )  # fmt: skip

    await store.write(two)
    backup(tmp_path / "source.db", tmp_path / "backup.db")
    store.close()
    restore(tmp_path / "evobot.db", tmp_path / "backup.db", NOW)
    store = open_store(tmp_path / "evobot.db")
    found = {post.kind: post.state for post in to_post(store)}
    store.close()
    assert found == {
        PostKind.CARD: PostState.SENDING,
        PostKind.NOTICE: PostState.SENDING,
        PostKind.DIRECT: PostState.PENDING,
    }


async def test_what_was_for_that_moment_only_is_not_done_at_another(tmp_path: Path) -> None:
    """A call that was to be held an hour ago may have gone on since."""
    store = open_store(tmp_path / "source.db")
    bridge = bridge_to(store)
    key = await opened(store, bridge)
    by = Actor(TEAM, ANA)
    await bridge.hold(key, by, SlackName("T/hold"))
    await bridge.hold(key, by, SlackName("T/resume"), resume=True)
    await bridge.remove(key, Member("joe@example.com", "Joe"), by, SlackName("T/kick"))
    backup(tmp_path / "source.db", tmp_path / "backup.db")
    store.close()
    restore(tmp_path / "evobot.db", tmp_path / "backup.db", NOW)
    store = open_store(tmp_path / "evobot.db")
    found = {item.kind: item.state for item in store.read.items_of(key, Kind.HOLD, Kind.RESUME, Kind.KICK)}
    store.close()
    assert found == dict.fromkeys((Kind.HOLD, Kind.RESUME, Kind.KICK), State.WITHDRAWN)


async def test_keys_of_the_life_that_is_lost_are_given_to_nobody_else(copy: Path, tmp_path: Path) -> None:
    """They stand in buttons, and a button must not act on another session."""
    restore(tmp_path / "evobot.db", copy, NOW)
    store = open_store(tmp_path / "evobot.db")
    key = await bridge_to(store).open(chat(), Actor(TEAM, ANA), CHANNEL, SlackName("T/view/new"))
    store.close()
    assert key > MILLISECONDS


async def test_what_was_found_out_about_dates_is_found_out_anew(tmp_path: Path) -> None:
    """It may have been refuted since."""
    store = open_store(tmp_path / "source.db")
    await store.write(lambda tx: tx.keep_evidence({Voice.APP: Evidence(20), Voice.PHONE: Evidence(0, NOW)}))
    before = store.read.evidence()
    backup(tmp_path / "source.db", tmp_path / "backup.db")
    store.close()
    restore(tmp_path / "evobot.db", tmp_path / "backup.db", NOW)
    store = open_store(tmp_path / "evobot.db")
    after = store.read.evidence()
    store.close()
    assert (before, after) == ({Voice.APP: Evidence(20), Voice.PHONE: Evidence(0, NOW)}, {})


def test_a_backup_that_is_put_in_place_by_hand_is_known_for_one(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "evobot.db").write_bytes(copy.read_bytes())
    store = open_store(tmp_path / "evobot.db")
    doubt = store.read.doubt()
    store.close()
    open_store(tmp_path / "evobot.db").close()
    store = open_store(tmp_path / "evobot.db")
    again = store.read.doubt()
    store.close()
    assert doubt is not None
    assert doubt == again, "once"


async def test_an_opening_in_trouble_is_looked_for_again(tmp_path: Path) -> None:
    store = open_store(tmp_path / "source.db")
    key = await bridge_to(store).open(chat(), Actor(TEAM, ANA), CHANNEL, SlackName("T/view/1"))
    (opening,) = store.read.items_of(key, Kind.OPEN)

    def refuse(tx: Any) -> None:
        tx.change_item(opening.key, state=State.REFUSED)
        tx.change_session(key, life=Life.FAILED)

    await store.write(refuse)
    backup(tmp_path / "source.db", tmp_path / "backup.db")
    store.close()
    restore(tmp_path / "evobot.db", tmp_path / "backup.db", NOW)
    store = open_store(tmp_path / "evobot.db")
    (opening,) = store.read.items_of(key, Kind.OPEN)
    life = store.read.session(key).life
    store.close()
    assert (opening.state, life) == (State.UNKNOWN, Life.OPENING)


async def test_an_invitation_that_waits_for_a_yes_may_have_had_it(tmp_path: Path) -> None:
    store = open_store(tmp_path / "source.db")
    bridge = Bridge(store, TestClock(), house(confirm=True), lambda: None)
    key = await opened(store, bridge)
    phone = Invitee(phone=Phone("+15035550123", "US"))
    await bridge.invite(key, [phone], Actor(TEAM, ANA), SlackName("T/view/I"))
    backup(tmp_path / "source.db", tmp_path / "backup.db")
    store.close()
    restore(tmp_path / "evobot.db", tmp_path / "backup.db", NOW)
    store = open_store(tmp_path / "evobot.db")
    (item,) = store.read.items_of(key, Kind.INVITE)
    answered = await bridge_to(store).answer(item.key, Answer.YES, Actor(TEAM, ANA))
    store.close()
    assert (item.state, item.resent, answered.value) == (State.UNKNOWN, True, "too_late")
