"""Who is compared. Over HTTP all of them answer the same signed events, the bot alone does something about them."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.letters import letters
from benchmarks.load import Plan
from benchmarks.machine import cores_for_servers
from benchmarks.names import APP_TOKEN, BOT_TOKEN, LOGIN, SECRET
from benchmarks.processes import ROOT, START_SECONDS, Child, answers_to, free_port, until
from benchmarks.town import build

FLOOR: Final = "floor: ASGI, signature, 200"
BOLT: Final = "empty Bolt, async"
BOLT_SYNC: Final = "empty Bolt, sync"
NODE: Final = "empty Bolt, node"
BOT: Final = "the bot, stored"
BOT_DELIVERING: Final = "the bot, stored and delivering"

UVICORN: Final = ("--loop", "uvloop", "--http", "httptools", "--log-level", "error", "--no-access-log",
                  "--no-server-header", "--backlog", "2048", "--lifespan", "off")  # fmt: skip
CACHE: Final = ROOT / "benchmarks" / ".cache"
NODE_PACKAGE: Final = "@slack/bolt"
CONNECTIONS: Final = 16
ONE_AT_A_TIME: Final = 4  # the sync server takes no more at once, and closes each connection


@dataclass(frozen=True, slots=True)
class Town:
    """How many threads the bot knows, and how many of their sessions are open: replies go to these. See `build`."""

    links: int
    open: int
    quiet: float = 86400.0


class Contender:
    """A program that answers on `port`; `async with contender.running():` has it up."""

    def __init__(
        self,
        name: str,
        folder: Path,
        command: Callable[[int], list[str]],
        environment: Mapping[str, str],
        *,
        threads: int,
        connections: int = CONNECTIONS,
        database: Path | None = None,
    ) -> None:
        self.name = name
        self.port = free_port()
        self.threads = threads
        self.connections = connections
        self.served = 0
        self._database = database
        settings = {"EVOBOT_PORT": str(self.port), **environment}
        slug = "".join(letter if letter.isalnum() else "-" for letter in name)
        self.child = Child(slug, folder, command(self.port), settings, cores_for_servers())

    async def start(self) -> None:
        """Returns with the first 200."""
        await self.child.start()
        await self.first_answer()

    async def first_answer(self) -> None:
        """Knocks until it is answered, each time with another event."""
        (letter,) = letters(next(_numbers), 1, self.threads)
        await until(lambda: self.child.pid and answers_to(self.port, letter.request), self.name, START_SECONDS)

    async def through(self) -> None:
        """Returns when all that it has acknowledged has been decided about, too. Empty handlers decide nothing."""
        if self._database is None:
            return
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
            await until(lambda: not connection.execute("SELECT 1 FROM letter LIMIT 1").fetchone(), "nothing is left")

    def plan(self, count: int, rate: float | None = None, connections: int | None = None) -> Plan:
        """The next so many events for it."""
        self.served += count
        first = _take(count)
        return Plan(self.port, first, count, self.threads, connections or self.connections, self.child.pid, rate)


_numbers = itertools.count(1)


def _take(count: int) -> int:
    """Numbers that nobody has had."""
    first = next(_numbers)
    for _ in range(count - 1):
        next(_numbers)
    return first


def floor(folder: Path) -> Contender:
    return Contender(FLOOR, folder, _uvicorn("benchmarks.servers.floor:app"), {}, threads=1000)


def bolt(folder: Path, slack: str) -> Contender:
    """The ASGI adapter, on the same server with the same settings as the floor."""
    command = _uvicorn("benchmarks.servers.bolt_async:make", "--factory")
    return Contender(BOLT, folder, command, towards(slack), threads=1000)


def bolt_sync(folder: Path, slack: str) -> Contender:
    """`App.start`, the server that Bolt brings itself; gunicorn and Flask would be more dependencies."""
    return Contender(
        BOLT_SYNC, folder, lambda port: [sys.executable, "-m", "benchmarks.servers.bolt_sync", str(port)],
        towards(slack), threads=1000, connections=ONE_AT_A_TIME,
    )  # fmt: skip


def node(folder: Path, slack: str, modules: Path) -> Contender:
    environment = {**towards(slack), "NODE_PATH": str(modules), "NODE_ENV": "production"}
    return Contender(NODE, folder, lambda port: node_command(str(port)), environment, threads=1000)


def node_command(*arguments: str) -> list[str]:
    return ["node", str(ROOT / "benchmarks" / "servers" / "bolt_node.js"), *arguments]


def bot(
    folder: Path, slack: str, evo: str, town: Town, *, name: str = BOT, socket: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Contender:  # fmt: skip
    """The unmodified program, with a database as it looks after a while."""
    home = folder / name.replace(" ", "-").replace(",", "")
    home.mkdir()
    build(home / "evobot.db", town.links, town.open, quiet=town.quiet)
    door = {"SLACK_APP_TOKEN": APP_TOKEN} if socket else {"SLACK_SIGNING_SECRET": SECRET}
    environment = {
        "SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_API_URL": f"{slack}/api/", "EVO_BASE_URL": evo, "EVO_USERNAME": LOGIN,
        "EVO_PASSWORD": "correct-horse", "EVOBOT_DATABASE": str(home / "evobot.db"), **door, **(settings or {}),
    }  # fmt: skip
    command = [sys.executable, "-m", "bot", "run"]
    return Contender(
        name, home, lambda _: command, environment, threads=town.open, database=home / "evobot.db"
    )  # fmt: skip


def towards(slack: str) -> dict[str, str]:
    """What an empty program needs to know."""
    return {
        "SLACK_API_URL": f"{slack}/api/", "SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_SIGNING_SECRET": SECRET,
    }  # fmt: skip


async def node_modules(*, install: bool) -> Path | str:
    """Where node finds Bolt; or in a sentence why it cannot be measured. Installed once, with npm as it is set up."""
    home = CACHE / "node"
    modules = home / "node_modules"
    if not shutil.which("node"):
        return "node is not there"
    if (modules / NODE_PACKAGE / "package.json").exists():
        return modules
    if not install or not shutil.which("npm"):
        return f"{NODE_PACKAGE} is not installed for node"
    home.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--prefix", str(home), "--no-audit", "--no-fund", "--silent", NODE_PACKAGE]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, check=False, timeout=300, env=os.environ, cwd=home
    )
    return f"npm could not install {NODE_PACKAGE}" if done.returncode else modules


def nobody() -> str:
    """An address at which nobody listens: Evo Voice is away."""
    return f"http://127.0.0.1:{free_port()}"


def _uvicorn(app: str, *more: str) -> Callable[[int], list[str]]:
    return lambda port: [sys.executable, "-m", "uvicorn", app, "--port", str(port), *UVICORN, *more]
