"""Told to stop, the program ends soon in whatever state it is; told twice, at once; and systemd hears of it."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot import service
from bot.supervisor import Supervisor
from sandbox.evo import EvoStandIn
from sandbox.slack import SlackStandIn
from sandbox.slack.seeds import BEN, SUPPORT
from tests.bot.test_main import Bot, Sides, in_conversation, running, states
from tests.helpers import TestClock, until

UNIT = Path(__file__).parents[2] / "deploy/evobot.service"
RUN = "import sys; from bot.__main__ import main; sys.exit(main(['run']))"
IMPATIENT = ("-c", f"from bot import service; service.LAST_SECONDS = 0.2; {RUN}")
HANGS = "import time; from bot import whoami; whoami.ask = lambda *_: time.sleep(60)"
STUCK = ("-c", f"from bot import service; service.LAST_SECONDS, service.MOST_SECONDS = 0.1, 0.5; {HANGS}; {RUN}")


@pytest.fixture
async def sides() -> AsyncIterator[Sides]:
    async with EvoStandIn() as evo, SlackStandIn() as slack:
        slack.limits.set("off")
        yield Sides(evo, slack)


async def with_a_request_that_hangs(bot: Bot, sides: Sides, thread: str) -> None:
    sides.evo.fault("slow", "SendMessage", seconds=60)
    await sides.slack.say(BEN, SUPPORT, "one", thread)
    await until(lambda: sides.evo.journal(operation="SendMessage"), "the request")
    bot.process.send_signal(signal.SIGTERM)
    await until(lambda: "told to stop" in bot.said, "the bot to be told")


async def test_what_hangs_is_left_in_doubt_when_the_time_is_over(tmp_path: Path, sides: Sides) -> None:
    async with in_conversation(tmp_path, sides, IMPATIENT) as (bot, thread):
        await with_a_request_that_hangs(bot, sides, thread)
        code, said = await bot.ends()
    (state,) = states(tmp_path / "evobot.db")
    assert (code, "Traceback" in said, state in {"sending", "unknown"}) == (0, False, True), said


async def test_told_again_it_ends_where_it_is(tmp_path: Path, sides: Sides) -> None:
    async with in_conversation(tmp_path, sides) as (bot, thread):
        await with_a_request_that_hangs(bot, sides, thread)
        bot.process.send_signal(signal.SIGTERM)
        code, said = await bot.ends(5)
    assert (code, "Traceback" in said, states(tmp_path / "evobot.db")) == (-signal.SIGTERM, False, ["sending"])


async def test_a_thread_that_hangs_cannot_hold_up_the_end(tmp_path: Path, sides: Sides) -> None:
    async with running(tmp_path, sides.environment(), STUCK) as bot:
        await bot.says("/healthz", (200, "ok\n"))
        bot.process.send_signal(signal.SIGTERM)
        assert (await bot.ends(5))[0] == -signal.SIGALRM


def test_systemd_waits_longer_than_the_program_takes_at_most() -> None:
    (patience,) = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)
    assert service.LAST_SECONDS < service.MOST_SECONDS <= 25 < int(patience)


async def test_systemd_hears_that_it_listens_lives_and_ends(tmp_path: Path, sides: Sides) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        told: list[str] = []

        def heard(word: str) -> bool:
            try:
                while True:
                    told.append(systemd.recv(100).decode())
            except BlockingIOError:
                return word in told

        asked = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"}
        async with running(tmp_path, sides.environment(**asked)) as bot:
            await until(lambda: heard("WATCHDOG=1"), "a sign of life")
            bot.process.send_signal(signal.SIGTERM)
            assert (await bot.ends())[0] == 0
        assert heard("STOPPING=1")
    assert told == ["READY=1", "WATCHDOG=1", "STOPPING=1"]


class Ends(TestClock):
    """Half a minute, and somebody stops it."""

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        await super().wait(event, seconds)
        if self.now() >= 30.0:
            event.set()


async def test_three_signs_of_life_come_in_the_time_that_systemd_waits_for_one(tmp_path: Path) -> None:
    """By a socket whose path has a sign in it that would make it an abstract one at its beginning."""
    place = str(tmp_path / "user@1000")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(place)
        systemd.setblocking(False)
        await Supervisor(place, seconds=30.0).told(Ends(0.0), asyncio.Event())
        told = [systemd.recv(100).decode() for _ in range(5)]
    assert told == ["READY=1", *["WATCHDOG=1"] * 3, "STOPPING=1"]
