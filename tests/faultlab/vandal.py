"""Ways to damage a database, before the bot starts on it and while it runs, and what must come of each."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sandbox.slack.seeds import ANNA, SUPPORT
from sandbox.stage import Stage
from tests.faultlab.checker import Findings, rows
from tests.faultlab.storm import Crowd, quiet, stage_in
from tests.helpers import until

CLEAR = "The database cannot be used: "
UNCLEAR = "ends without one clear sentence and exit code 3"
CHANGED = "refused files that were changed"
SENT = "refused files after which something was sent"
FORGOT = "files on which it ran although something was missing"
RAN = "files on which it ran although it must not"
STOPPED = "harmless things on which it did not run"
FORGOTTEN = "events that were acknowledged and lost"
AT_ONCE = 3
NOBODY = 65534  # a user who may nothing, perhaps not even read Python's own files
START_SECONDS = 60.0
PAGE = 4096
TABLES = ("session", "item", "line", "post", "link", "draft")

Harm = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Case:
    """`base` is what it starts from: a bot that ended in order ("clean") or was killed. `runs` says what must come of
    it; None where it depends on what the damage hit: then it either refuses, or has everything.
    """

    name: str
    base: str
    harm: Harm
    runs: bool | None = False
    asks_rights: bool = False  # run as somebody who may not do everything


# Ways


def cases(*, long: bool) -> Iterator[Case]:
    yield from _contents(long=long)
    yield from _strangers()
    yield from _places()
    yield from _logs(long=long)
    yield from _leftovers()


def _contents(*, long: bool) -> Iterator[Case]:
    chance = random.Random(3)  # noqa: S311 - the same dice every time
    noise, words = chance.randbytes(1 << 16), b"not a database at all, but rather long " * 200
    yield Case("garbage", "clean", lambda path: path.write_bytes(noise))
    yield Case("words", "clean", lambda path: path.write_bytes(words))
    for offset in (1, 16, 100, 511, PAGE - 1, PAGE, PAGE + 1, 5 * PAGE, -PAGE, -1) if long else (PAGE, -1):
        yield Case(
            f"cut at {offset}", "clean", lambda path, offset=offset: path.write_bytes(path.read_bytes()[:offset])
        )
    for page in range(30) if long else (1, 9):
        yield Case(
            f"page {page} zeroed", "clean", lambda path, page=page: write_at(path, page * PAGE, bytes(PAGE)), None
        )
        if long:
            yield Case(
                f"page {page} noise", "clean", lambda path, page=page: write_at(path, page * PAGE, noise[:PAGE]), None
            )
    for byte in range(100) if long else (18, 47):
        yield Case(f"header byte {byte} flipped", "clean", lambda path, byte=byte: flip(path, byte), None)


def _strangers() -> Iterator[Case]:
    yield Case("wrong application id", "clean", lambda path: sql(path, "PRAGMA application_id = 7"))
    yield Case("no application id", "clean", lambda path: sql(path, "PRAGMA application_id = 0"))
    yield Case("somebody else's database", "clean", foreign)
    yield Case("somebody else's, killed", "clean", foreign_in_use)
    yield Case(
        "empty, but somebody else's", "clean", lambda path: (path.unlink(), sql(path, "PRAGMA application_id = 7"))
    )
    newer = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('evobot', 'm999_later', '2030')"
    yield Case("a newer one", "clean", lambda path: sql(path, newer))
    yield Case("a newer one, killed", "killed", lambda path: killed_after(path, newer))


def _places() -> Iterator[Case]:
    yield Case("a folder", "clean", lambda path: (path.unlink(), path.mkdir()))
    yield Case("a link to a folder", "clean", lambda path: (path.unlink(), path.symlink_to(path.parent)))
    yield Case("a link into nowhere", "clean", lambda path: (path.unlink(), path.symlink_to("nowhere/evobot.db")))
    yield Case("a link to itself", "clean", lambda path: (path.unlink(), path.symlink_to(path)))
    yield Case("a second name", "clean", lambda path: path.with_name("second.db").hardlink_to(path))
    yield Case("a link to it", "clean", lambda path: path.symlink_to(path.rename(path.with_name("real.db"))), runs=True)
    yield Case("unreadable", "clean", lambda path: path.chmod(0), asks_rights=True)
    yield Case("read-only", "clean", lambda path: path.chmod(0o400), asks_rights=True)
    yield Case("in a read-only folder", "clean", lambda path: path.parent.chmod(0o500), asks_rights=True)
    yield Case("in a read-only folder, killed", "killed", lambda path: path.parent.chmod(0o500), None, asks_rights=True)
    yield Case("its lock is a folder", "clean", lambda path: replaced(lock_of(path)).mkdir())
    yield Case("its lock is a link", "clean", lambda path: replaced(lock_of(path)).symlink_to(path))
    yield Case("its lock may not be written", "clean", lambda path: lock_of(path).chmod(0), asks_rights=True)


def _logs(*, long: bool) -> Iterator[Case]:
    yield Case("only killed", "killed", lambda _: None, runs=True)
    yield Case("its log is gone", "killed", lambda path: log_of(path).unlink())
    yield Case("its log is empty", "killed", lambda path: log_of(path).write_bytes(b""), None)
    for part in range(1, 40) if long else (2, 39):
        yield Case(f"its log cut at {part}/40", "killed", lambda path, part=part: cut_log(path, part / 40), None)
        yield Case(f"its log flipped at {part}/40", "killed", lambda path, part=part: flip_log(path, part / 40), None)
    yield Case("its log's first byte flipped", "killed", lambda path: flip(log_of(path), 0))
    yield Case("the log of another", "killed", log_of_another)
    yield Case("empty, with a log", "killed", lambda path: path.write_bytes(b""))
    yield Case("gone, with a log", "killed", lambda path: path.unlink())


def _leftovers() -> Iterator[Case]:
    yield Case("its index is gone", "killed", lambda path: beside(path, "-shm").unlink(), runs=True)
    yield Case("its index is noise", "killed", lambda path: beside(path, "-shm").write_bytes(b"x" * 32768), runs=True)
    yield Case("an old lock", "clean", lambda path: lock_of(path).write_text("4711 on elsewhere\n"), runs=True)
    yield Case("no lock", "killed", lambda path: lock_of(path).unlink(), runs=True)
    yield Case("an empty journal", "clean", lambda path: beside(path, "-journal").touch(), runs=True)
    yield Case(
        "an empty log and index", "clean", lambda path: (log_of(path).touch(), beside(path, "-shm").touch()), runs=True
    )
    yield Case("readable by all", "clean", lambda path: path.chmod(0o644), runs=True)


# Tools of the trade


def beside(path: Path, companion: str) -> Path:
    return path.with_name(path.name + companion)


def log_of(path: Path) -> Path:
    return beside(path, "-wal")


def lock_of(path: Path) -> Path:
    return beside(path, ".lock-owner")


def replaced(path: Path) -> Path:
    path.unlink()
    return path


def write_at(path: Path, offset: int, data: bytes) -> None:
    """Never beyond the end."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(min(offset, size - len(data)))
        file.write(data)


def flip(path: Path, offset: int) -> None:
    write_at(path, offset, bytes([path.read_bytes()[offset] ^ 0x55]))


def flip_log(path: Path, part: float) -> None:
    flip(log_of(path), int(log_of(path).stat().st_size * part))


def cut_log(path: Path, part: float) -> None:
    os.truncate(log_of(path), int(log_of(path).stat().st_size * part))


def sql(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def foreign(path: Path) -> None:
    path.unlink()
    sql(path, "CREATE TABLE cats (name TEXT)")


def foreign_in_use(path: Path) -> None:
    foreign(path)
    killed_after(path, "PRAGMA journal_mode = wal", "INSERT INTO cats VALUES ('Cleo')")


def killed_after(path: Path, *statements: str) -> None:
    """What is left of a program that was killed after it had written."""
    copy = path.with_name("copy.db")
    for end in ("", "-wal", "-shm"):
        if beside(path, end).exists():
            shutil.copy(beside(path, end), beside(copy, end))
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
        for end in ("", "-wal", "-shm"):
            shutil.copy(beside(copy, end), beside(path, end))
    copy.unlink()


def log_of_another(path: Path) -> None:
    """As when a file is put back from a copy and the log beside it is forgotten."""
    other = path.with_name("other.db")
    sql(other, "PRAGMA journal_mode = wal")
    killed_after(other, "CREATE TABLE cats (name TEXT)", "INSERT INTO cats VALUES ('Cleo')")
    log_of(other).replace(log_of(path))
    beside(path, "-shm").unlink()
    for left in path.parent.glob("other.db*"):
        left.unlink()


# Before it starts


@dataclass(frozen=True, slots=True)
class Bases:
    """Folders with what a bot left behind, and the environment in which it ran."""

    folders: Mapping[str, Path]
    whole: Mapping[str, Mapping[str, Any]]  # what is in them
    environment: Mapping[str, str]


async def damage_everything(folder: Path, *, long: bool) -> Findings:
    found, bases = Findings(), await _bases(folder)
    waiting = list(cases(long=long))

    async def one_after_another() -> None:
        async with Nursery(bases.environment) as nursery:
            while waiting:
                await _try(nursery, waiting.pop(), bases, found)

    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
    return found


async def _bases(folder: Path) -> Bases:
    """A database after some life, once of a bot that was killed and once of one that ended in order."""
    async with stage_in(folder / "stage") as stage:
        await stage.slack.limits("off")
        crowd = Crowd(stage, random.Random(5))  # noqa: S311 - the same dice every time
        await crowd.open(2)
        for _ in range(10):
            await crowd.reply()
            await crowd.hear()
        await quiet(stage)
        await stage.kill_bot()
        killed = _kept(stage.database, folder / "killed")
        await stage.start_bot()
        await stage.bot.end()
        clean = _kept(stage.database, folder / "clean")
        environment = {**stage.bot._environment, "EVOBOT_PORT": "0"}
    folders = {"killed": killed, "clean": clean}
    return Bases(folders, {base: dump(place / "evobot.db") for base, place in folders.items()}, environment)


def _kept(database: Path, folder: Path) -> Path:
    folder.mkdir()
    for file in database.parent.glob(f"{database.name}*"):
        shutil.copy(file, folder)
    return folder


async def _try(nursery: Nursery, case: Case, bases: Bases, found: Findings) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "evobot.db"
        shutil.copytree(bases.folders[case.base], name, dirs_exist_ok=True)
        user = _hand_over(path.parent) if case.asks_rights else None
        case.harm(path)
        before = _bytes(path)
        async with Wire() as wire:
            code, said = await _run(nursery, path, bases.environment | wire.environment, user)
        if code is None:
            _ran(case, path, bases.whole[case.base], found)
        else:
            _ended(case, code, said, found)
            if _bytes(path) != before:
                found.add(CHANGED, case.name)
            if wire.calls:
                found.add(SENT, f"{case.name}: {wire.calls} calls")


def _hand_over(folder: Path) -> int | None:
    """Where we may everything, the bot runs as somebody who may not."""
    if os.geteuid() != 0:
        return None
    for path in (folder, *folder.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    return NOBODY


async def _run(
    nursery: Nursery, path: Path, environment: Mapping[str, str], user: int | None
) -> tuple[int | None, str]:
    """Exit code and words; None for the code when it runs."""
    code, said = await nursery.start({**environment, "EVOBOT_DATABASE": str(path)}, user)
    return (None if code == 0 and "listening on" in said else code), said


def _ended(case: Case, code: int, said: str, found: Findings) -> None:
    found.seen["refused"] += 1
    if code != 3 or said.count("\n") != 1 or not said.startswith(CLEAR):
        found.add(UNCLEAR, f"{case.name}: {code}, {said[-300:]}")
    if case.runs:
        found.add(STOPPED, f"{case.name}: {said}")


def _ran(case: Case, path: Path, whole: Mapping[str, Any], found: Findings) -> None:
    found.seen["ran"] += 1
    if case.runs is False:
        found.add(RAN, case.name)
        return
    now = dump(path)
    for table in TABLES:
        if now.get(table) != whole[table]:
            found.add(FORGOT, f"{case.name}: {table} had {len(whole[table])} rows, has {len(now.get(table, ()))}")
    if rows(path, "PRAGMA integrity_check") != [("ok",)]:
        found.add(FORGOT, f"{case.name}: not whole")


def dump(path: Path) -> dict[str, list[Any]]:
    """Everything that is in it, read in a copy: reading leaves traces beside a file."""
    with tempfile.TemporaryDirectory() as name:
        for file in path.parent.glob(f"{path.name}*"):
            shutil.copy(file, name)
        copy = Path(name) / path.name
        return {table: rows(copy, f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in TABLES}


def _bytes(path: Path) -> dict[str, bytes | None]:
    """The file and its log, as far as we may look."""
    return {
        str(file): file.read_bytes() if file.is_file() else None
        for file in (path, log_of(path), path.with_name("real.db"))
    }


class Nursery:
    """Bots that are started quickly: one process has the program in memory and forks for each."""

    PROGRAM = """
import json, os, signal, sys, time
from bot.__main__ import main
import bot.running, bot.works, encodings.idna
for line in sys.stdin:
    wish = json.loads(line)
    born = time.monotonic()
    child = os.fork()
    if child == 0:
        log = os.open(wish["log"], os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1); os.dup2(log, 2)
        os.environ.clear(); os.environ.update(wish["environment"])
        os.chdir("/")
        if wish["user"] is not None:
            os.setgroups([]); os.setgid(wish["user"]); os.setuid(wish["user"])
        sys.exit(main(["run"]))
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        late = time.monotonic() - born > wish["seconds"]
        if late or "listening on" in open(wish["log"]).read():
            os.kill(child, signal.SIGKILL if late else signal.SIGTERM)
            ended = os.waitpid(child, 0)
            break
        time.sleep(0.01)
    print(os.waitstatus_to_exitcode(ended[1]), flush=True)
"""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", self.PROGRAM, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env=dict(self._environment),
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def start(self, environment: Mapping[str, str], user: int | None) -> tuple[int, str]:
        """Runs one until it ends, or until it listens and is told to end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.NamedTemporaryFile() as log:
            wish = {"environment": environment, "user": user, "log": log.name, "seconds": START_SECONDS}
            self._process.stdin.write(f"{json.dumps(wish)}\n".encode())
            code = int(await self._process.stdout.readline())
            return code, log.read().decode(errors="replace")


class Wire:
    """In place of both far sides: takes every call, answers none, counts."""

    calls = 0
    environment: Mapping[str, str]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self.environment = {"SLACK_API_URL": f"{url}/api/", "EVO_BASE_URL": url}
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _take(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        writer.close()


# While it runs


def overwritten(path: Path) -> None:
    """The file and its log, all of them but the first page, under the feet of who has them open."""
    noise = random.Random(9)  # noqa: S311 - the same dice every time
    for file, start in ((path, PAGE), (log_of(path), 32)):
        write_at(file, start, noise.randbytes(max(0, file.stat().st_size - start)))


LIVE: Mapping[str, Harm] = {
    "deleted": lambda path: path.unlink(),
    "moved": lambda path: path.rename(path.with_name("moved.db")),
    "replaced by a copy": lambda path: shutil.copy(path, path.with_name("copy")).replace(path),
    "its log deleted": lambda path: log_of(path).unlink(),
    "its index deleted": lambda path: beside(path, "-shm").unlink(),
    "its lock deleted": lambda path: lock_of(path).unlink(),
    "overwritten with noise": overwritten,
}


async def damage_while_running(folder: Path, *, long: bool) -> Findings:
    found = Findings()
    async with stage_in(folder, "http") as stage:
        await stage.slack.limits("off")
        await stage.slack.configure(time_scale=0.001)
        crowd = Crowd(stage, random.Random(5))  # noqa: S311 - the same dice every time
        await crowd.open(1)
        await crowd.reply()
        await quiet(stage)
        await stage.bot.end()
        whole = _kept(stage.database, folder / "whole")
        for name in LIVE if long else ("deleted", "overwritten with noise"):
            await _damage_live(stage, crowd, name, found)
            for left in stage.database.parent.glob(f"{stage.database.name}*"):
                left.unlink()
            shutil.copytree(whole, stage.database.parent, dirs_exist_ok=True)
    return found


async def _damage_live(stage: Stage, crowd: Crowd, name: str, found: Findings) -> None:
    """Whatever is acknowledged after the damage must be found in what is left there."""
    await stage.start_bot()
    await crowd.reply()
    await quiet(stage)
    since, said = len(await stage.slack.journal()), stage.bot.log.stat().st_size
    LIVE[name](stage.database)
    for number in range(200):
        ((ts, _),) = crowd.threads.values()
        await stage.slack.say(ANNA, SUPPORT, f"after {number}", ts)
        await asyncio.sleep(0.02)
        if not stage.bot.running:
            break
    await until(lambda: not stage.bot.running, f"the bot to end: {name}", seconds=60)
    await until(lambda: _given_up(stage), "Slack to have given up", seconds=60)
    await _judge_live(stage, name, said, since, found)
    found.seen["running"] += 1


async def _given_up(stage: Stage) -> bool:
    return await stage.slack.pending() == 0


async def _judge_live(stage: Stage, name: str, said: int, since: int, found: Findings) -> None:
    process = stage.bot._process
    words = stage.bot.said(said)
    if process is None or process.returncode != 3 or CLEAR not in words or "Traceback" in words:
        found.add(UNCLEAR, f"{name}: {process and process.returncode}, {words[-500:]}")
    taken = {
        entry["ts"]
        for entry in await stage.slack.journal("delivery", since)
        if entry["what"] == "events_api" and entry["outcome"] == "acked"
    }
    there = {row[0] for row in _items(stage.database)}
    for ts in sorted(taken - there):
        found.add(FORGOTTEN, f"{name}: {ts}")
    found.seen["refused"] += 1


def _items(path: Path) -> list[tuple[Any, ...]]:
    try:
        return rows(path, "SELECT ts FROM item WHERE ts IS NOT NULL")
    except sqlite3.Error:
        return []
