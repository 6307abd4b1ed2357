"""The database and its disk: full, held by somebody else, damaged, and wanted by two bots at once."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol

import aiohttp

from sandbox import steady
from sandbox.slack.errors import GestureError
from sandbox.slack.seeds import ANNA, SUPPORT
from sandbox.stage import Mode, Program, Stage, free_port
from tests.faultlab import vandal
from tests.faultlab.checker import Findings
from tests.faultlab.storm import MENTION, Crowd, judged, quiet, stage_in, verdict
from tests.faultlab.verdict import Verdict
from tests.helpers import until

BRISK = 0.004  # of Slack's waits: it comes again after 0, 0.24 and 1.2 seconds
STEP = 1031  # bytes; a page of the log has 4,120, so writes fail in all of its parts
PATIENCE = 30.0
IN_FLIGHT = 16  # every so many times, the disk fills up while requests are on their way
NOTHING_DONE = "nothing was done"
SILENCE = "gestures that were answered with silence"


# Full


class Full(Protocol):
    """A way in which a disk can be full."""

    def fill(self, step: int) -> None: ...

    def free(self) -> None: ...


class Limit:
    """No file of the bot may grow beyond where the next change would be written; what it logs cannot grow either."""

    name = "limit"

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def fill(self, step: int) -> None:
        self._set(end_of_log(self._stage.database) + step * STEP)

    def free(self) -> None:
        if self._stage.bot.running:
            self._set(resource.RLIM_INFINITY)

    def _set(self, size: int) -> None:
        process = self._stage.bot._process
        assert process is not None
        _, hardest = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, hardest))


class SmallDisk:
    """A real disk of four megabytes, filled up but for some pages."""

    name = "small disk"
    SIZE = 4 << 20

    def __init__(self, stage: Stage) -> None:
        self._database = stage.database
        self._ballast = stage.database.with_name("ballast")

    def fill(self, step: int) -> None:
        with closing(sqlite3.connect(self._database)) as nobody_else_writes:
            nobody_else_writes.execute(
                "PRAGMA wal_checkpoint(TRUNCATE)"
            )  # or it would be written over, and need no room
        while not self._filled(step):
            pass  # the bot has taken some of it meanwhile

    def _filled(self, step: int) -> bool:
        disk = os.statvfs(self._database.parent)
        room = max(1, disk.f_bavail - step) * disk.f_bsize
        with self._ballast.open("wb") as ballast, suppress(OSError):
            os.posix_fallocate(ballast.fileno(), 0, room)
            return True
        return disk.f_bavail <= step

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


def end_of_log(database: Path) -> int:
    """Where SQLite writes the next change, as its index of the log says. [SQLite docs: walformat]"""
    index = database.with_name(database.name + "-shm").read_bytes()
    pages = int.from_bytes(index[16:20], sys.byteorder)
    return 32 + pages * (24 + 4096)


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mounts one there; False where this is not allowed."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SmallDisk.SIZE}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


async def full_in(folder: Path, mode: Mode, way: type[Limit | SmallDisk], steps: Sequence[int]) -> Findings:
    """The disk is full again and again, each time a little later in what the bot writes, while people go on."""
    found, stage = Findings(), stage_in(folder, mode)
    if way is SmallDisk:
        stage = stage_in(folder, mode, EVOBOT_DATABASE=str(folder / "small" / "evobot.db"))
        stage.database = folder / "small" / "evobot.db"
    async with stage, aiohttp.ClientSession() as web:
        await stage.slack.limits("off")
        await stage.slack.configure(time_scale=BRISK, ack_seconds=3.0 if mode == "http" else 1.0)
        crowd = Crowd(stage, random.Random(len(steps)))  # noqa: S311 - the same dice every time
        await crowd.open(2 + len(steps) // 2)
        flood = Tide(stage, crowd, web, way(stage), found)
        for number, step in enumerate(steps):
            if number % IN_FLIGHT == 0:
                await flood.send()
            await flood.rise(step)
        found.merge(await judged(stage, crowd, again=way is Limit))
        await flood.answers_kept()
        found.seen["events"] += crowd.events
        found.seen["full"] += len(steps)
    return found


class Tide:
    """One full disk after another, and what people see of it."""

    def __init__(
        self, stage: Stage, crowd: Crowd, web: aiohttp.ClientSession, disk: Limit | SmallDisk, found: Findings
    ) -> None:
        self._stage = stage
        self._crowd = crowd
        self._web = web
        self._disk = disk
        self._found = found
        self._spare = list(crowd.threads)[2:]  # sessions that are there to be ended
        self._ended: list[str] = []
        self._refused: list[str] = []  # names in forms that were told that nothing was done
        for name in self._spare:
            del crowd.threads[name]

    async def send(self) -> None:
        """A reply and an invitation are at Evo Voice already; their answers come when the disk is full."""
        first, second = [place[0] for place in self._crowd.threads.values()]
        known = await self._requests()
        for operation in known:
            await self._stage.evo.fault("slow", operation, seconds=3.0)
        await self._stage.slack.say(ANNA, SUPPORT, "on its way", first)
        await self._stage.slack.say(ANNA, SUPPORT, f"{MENTION} invite +15035550199", second, raw=True)

        async def there() -> bool:
            return all(now > known[operation] for operation, now in (await self._requests()).items())

        await until(there, "both requests to be on their way", seconds=PATIENCE)

    async def _requests(self) -> dict[str, int]:
        journal = self._stage.evo.journal
        return {operation: len(await journal(operation=operation)) for operation in ("SendMessage", "InviteChatMember")}

    async def rise(self, step: int) -> None:
        await until(self._delivered, "Slack to have delivered everything", seconds=PATIENCE)
        since = len(await self._stage.slack.journal())
        said = self._stage.bot.log.stat().st_size
        started = time.monotonic()
        self._disk.fill(step)
        try:
            await asyncio.gather(self._crowd.reply(), self._crowd.hear(), self._crowd.invite(), self._gestures(step))
            await self._is_felt(step, since)
            await until(self._answered, "what is on its way to be answered", seconds=PATIENCE)
        finally:
            self._disk.free()
        lines = self._stage.bot.said(said).count("\n")
        pace = int(lines / max(1.0, time.monotonic() - started))
        self._found.seen["lines"] = max(self._found.seen["lines"], pace)
        await until(self._well, "/readyz to say that all is well", seconds=PATIENCE)

    async def _is_felt(self, step: int, since: int) -> None:
        """SQLite may have gone back to the beginning of its log meanwhile, where there is room: then once more."""
        for patience in (PATIENCE / 3, PATIENCE):
            with suppress(AssertionError):
                await until(lambda: self._felt(since), "the disk to be full", seconds=patience)
                return
            self._disk.fill(step)
        await until(lambda: self._felt(since), "the disk to be full", seconds=PATIENCE)

    async def _felt(self, since: int) -> bool:
        """People write until Slack has something back; and whoever asks is told why."""
        if not self._stage.bot.running:
            self._found.add("ends of the bot", self._stage.bot.said()[-500:])
            await self._stage.start_bot()
        await self._crowd.reply()
        tried = await self._stage.slack.journal("delivery", since)
        refused = any(entry["what"] == "events_api" and entry["outcome"] != "acked" for entry in tried)
        return refused and "the database does not take anything" in await self._readiness()

    async def _answered(self) -> bool:
        """Nothing that Evo Voice did is still without its answer."""
        return all(entry.status is not None for entry in await self._stage.evo.journal(operation="SendMessage"))

    async def _well(self) -> bool:
        return await self._readiness() == "ready\n"

    async def _readiness(self) -> str:
        async with self._web.get(f"{self._stage.bot_url}/readyz") as answer:
            return await answer.text()

    async def _delivered(self) -> bool:
        return await self._stage.slack.pending() == 0

    # What Slack does not repeat: whoever does it is told

    async def _gestures(self, step: int) -> None:
        await self._form(f"Full {step:03}")
        if self._spare and step % 2:
            await self._end(self._spare.pop())

    async def _form(self, name: str) -> None:
        slack = self._stage.slack
        with suppress(GestureError):
            heard = await slack.slash(ANNA, SUPPORT, "/session")
            if heard.outcome != "acked":
                self._found.add(SILENCE, f"/session was answered {heard}")
            await slack.fill(ANNA, {"f_name": name, "f_members": "joe@example.com", "f_where": SUPPORT})
            answer = await slack.submit(ANNA)
            if answer.outcome == "closed":
                self._crowd.names.append(name)
            elif answer.outcome == "errors" and all(NOTHING_DONE in words for words in answer.errors.values()):
                self._refused.append(name)
                await slack.close(ANNA)
            else:
                self._found.add(SILENCE, f"the form of {name} was answered {answer}")
            return
        self._found.add(SILENCE, f"/session for {name} brought no form")

    async def _end(self, name: str) -> None:
        ts, evo_id = self._ts_of(name)
        heard = await self._stage.slack.click(ANNA, SUPPORT, ts, "session_end")
        if heard.outcome != "acked":
            self._found.add(SILENCE, f"the button to end {name} was answered {heard}")
        self._crowd.names.remove(name)  # the checker knows of ends by message only
        self._ended.append(evo_id)

    def _ts_of(self, name: str) -> tuple[str, str]:
        sql = "SELECT thread_ts, evo_id FROM session WHERE name = ?"
        with closing(sqlite3.connect(f"file:{self._stage.database}?mode=ro", uri=True)) as connection:
            return tuple(connection.execute(sql, (name,)).fetchone())

    async def answers_kept(self) -> None:
        """Who was told that nothing was done was told the truth, and everybody was told something or has it."""
        opened = {session.info["displayName"] for session in await self._stage.evo.sessions()}
        for name in set(self._refused) & opened:
            self._found.add("things done although it was said that they were not", f"{name} was opened")
        ended = {effect.session_id for effect in await self._stage.evo.effects(kind="ended")} & set(self._ended)
        told = [each for each in await self._stage.slack.ephemerals(ANNA) if NOTHING_DONE in each["text"]]
        if len(ended) + len(told) != len(self._ended):
            self._found.add(SILENCE, f"{len(self._ended)} ends clicked, {len(ended)} done, {len(told)} told")


async def _together(parts: Iterable[Awaitable[Findings]]) -> Findings:
    """They mostly wait, so they do it side by side."""
    found = Findings()
    for one in await asyncio.gather(*parts):
        found.merge(one)
    return found


def full_disk(folder: Path, long: bool) -> Verdict:
    modes: Sequence[Mode] = ("http", "socket") if long else ("http",)
    steps = range(64) if long else range(1, 64, 6)
    pages = range(24) if long else range(1, 24, 7)
    with small_disk(folder / "disk" / "small") as mounted:
        ways = [full_in(folder / f"limit-{mode}", mode, Limit, steps) for mode in modes]
        if mounted:
            ways.append(full_in(folder / "disk", "http", SmallDisk, pages))
        found = steady.run(_together(ways))
    return verdict(
        "On a full disk nothing is taken that is not stored, people are told, and nothing is sent twice",
        f"{found.seen['full']} full disks, each at another byte, {found.seen['events']:,} events",
        found,
        f"{found.asked_share:.1%} ended as a question, at most {found.seen['lines']} lines of log a second"
        + ("" if mounted else "; no small disk could be mounted"),
    )


# Held by somebody else


async def locked_in(folder: Path, times: int, seconds: float, late: float) -> Findings:
    """Another program holds the file now and then, in both ways there are, while people write."""
    found = Findings()
    async with stage_in(folder, "http") as stage:
        await stage.slack.limits("off")
        await stage.slack.configure(ack_seconds=late, time_scale=0.02)
        crowd = Crowd(stage, random.Random(times))  # noqa: S311 - the same dice every time
        await crowd.open(4)
        for number in range(times):
            held = asyncio.create_task(_hold(stage.database, ("IMMEDIATE", "EXCLUSIVE")[number % 2], seconds))
            while not held.done():
                await crowd.act()
                await asyncio.sleep(crowd.chance.uniform(0, 0.1))
            await held
            await until(lambda: _delivered(stage), "Slack to have delivered everything", seconds=120)
        await _look_at_acks(stage, found)
        found.merge(await judged(stage, crowd, again=False))
        found.seen["events"] += crowd.events
    return found


async def _delivered(stage: Stage) -> bool:
    return await stage.slack.pending() == 0


async def _hold(database: Path, how: str, seconds: float) -> None:
    """In a thread of its own, for taking the lock may have to wait."""
    loop, released = asyncio.get_running_loop(), asyncio.Event()
    threading.Thread(
        target=_held, args=(database, how, seconds, lambda: loop.call_soon_threadsafe(released.set))
    ).start()
    await released.wait()


def _held(database: Path, how: str, seconds: float, done: Callable[[], object]) -> None:
    with closing(sqlite3.connect(database, isolation_level=None, timeout=30)) as connection:
        connection.execute(f"BEGIN {how}")
        time.sleep(seconds)  # this is what it is for
        connection.execute("ROLLBACK")
    done()


async def _look_at_acks(stage: Stage, found: Findings) -> None:
    for entry in await stage.slack.journal("delivery"):
        found.seen["attempts"] += 1
        found.seen["refused"] += entry["outcome"] == "http_error"
        if entry["outcome"] == "http_timeout":
            found.add("answers that came too late", f"{entry['type']}, attempt {entry['attempt']}")


def locked_database(folder: Path, long: bool) -> Verdict:
    """In the short size nothing is judged by this machine's clock."""
    times, seconds, late = (12, 5.0, 2.5) if long else (2, 2.5, 10.0)
    found = steady.run(locked_in(folder, times, seconds, late))
    return verdict(
        "While another program holds the database, Slack is answered in time, nothing is lost, doubled or reordered",
        f"{times} times {seconds} s, {found.seen['events']:,} events",
        found,
        f"{found.seen['attempts']:,} deliveries, {found.seen['refused']} of them refused; late is {late} s",
    )


# Damaged


def damaged_files(folder: Path, long: bool) -> Verdict:
    parts = vandal.damage_everything(folder, long=long), vandal.damage_while_running(folder / "running", long=long)
    found = steady.run(_together(parts))
    return verdict(
        "A database that is damaged or not ours is left as it is, and nothing is sent",
        f"{found.seen['refused'] + found.seen['ran']} files, {found.seen['running']} of them while the bot ran",
        found,
        f"{found.seen['refused']} refused, {found.seen['ran']} harmless",
    )


# Two at once


class Rivals:
    """Two bots that are started at the same moment on the same database, by different names of it."""

    def __init__(self, stage: Stage, folder: Path, found: Findings, seconds: float) -> None:
        self._stage = stage
        self._folder = folder
        self._found = found
        self._seconds = seconds
        self._names = itertools.cycle(self._spellings())
        self.slowest = 0.0

    def _spellings(self) -> list[str]:
        """As seen from the folder in which the bots work."""
        real, link, beside = self._stage.database, self._folder / "link.db", self._folder / "beside"
        link.symlink_to(real)
        beside.symlink_to(real.parent)
        return [
            str(real),
            str(link),
            real.name,
            str(beside / real.name),
            f"{real.parent}/../{real.parent.name}/{real.name}",
        ]

    async def race(self, number: int) -> None:
        """Exactly one runs; it is killed, and its traces stay for the next two."""
        bots = [self._bot(number, each, next(self._names)) for each in range(2)]
        began = steady.now()
        await asyncio.gather(*(bot.start() for bot in bots))
        try:
            with suppress(AssertionError):
                await until(lambda: sum(bot.running for bot in bots) < 2, "one of two to give up", seconds=PATIENCE)
            took = steady.now() - began
            self.slowest = max(self.slowest, took)
            if took > self._seconds:
                self._found.add("bots that gave up late", f"race {number}: after {took:.1f} s")
            await self._judge(number, bots)
        finally:
            for bot in bots:
                await bot.end(signal.SIGKILL)

    def _bot(self, number: int, which: int, name: str) -> Program:
        environment = self._stage.bot._environment | {"EVOBOT_DATABASE": name, "EVOBOT_PORT": str(free_port())}
        return Program(f"race-{number}-{which}", self._stage.database.parent, "bot", "run", environment=environment)

    async def _judge(self, number: int, bots: Sequence[Program]) -> None:
        left = [bot for bot in bots if bot.running]
        if len(left) != 1:
            self._found.add("races after which not one runs", f"race {number}: {[bot.said()[-300:] for bot in bots]}")
            return
        loser = next(bot for bot in bots if bot is not left[0])
        process, winner = loser._process, left[0]._process
        assert process is not None
        assert winner is not None
        if process.returncode != 3 or f"process {winner.pid} on" not in loser.said():
            self._found.add("losers that do not say who runs", f"race {number}: {process.returncode}, {loser.said()}")
        await left[0].until("signed in to Evo Voice")


async def races_in(folder: Path, times: int, seconds: float) -> tuple[Findings, float]:
    found = Findings()
    async with stage_in(folder / "stage") as stage:
        await stage.slack.limits("off")
        crowd = Crowd(stage, random.Random(times))  # noqa: S311 - the same dice every time
        await crowd.open(3)
        await stage.kill_bot()
        rivals = Rivals(stage, folder, found, seconds)
        talking = asyncio.create_task(_talk(crowd))
        for number in range(times):
            await rivals.race(number)
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        await stage.start_bot()
        await quiet(stage)
        found.merge(await judged(stage, crowd, again=False))
        found.seen["events"] += crowd.events
    return found, rivals.slowest


async def _talk(crowd: Crowd) -> None:
    while True:
        await crowd.act()
        await asyncio.sleep(crowd.chance.uniform(0, 0.2))


def two_processes(folder: Path, long: bool) -> Verdict:
    times, seconds = (100, 2.0) if long else (8, 600.0)  # in the short size nothing is judged by this machine's clock
    found, slowest = steady.run(races_in(folder, times, seconds))
    return verdict(
        "Of two bots on one database exactly one runs, by whatever name they know it; nothing is sent twice",
        f"{times} races, the winner killed each time, {found.seen['events']:,} events",
        found,
        f"the loser was gone after {slowest:.1f} s at most, its start included",
    )


EXPERIMENTS = [full_disk, locked_database, damaged_files, two_processes]
