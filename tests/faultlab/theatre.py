"""The bot as a process between two stand-ins of this process, and perhaps somebody in the middle."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sandbox.evo import EvoStandIn, Seeds
from sandbox.slack import SlackStandIn
from sandbox.slack.seeds import Seed
from sandbox.stage import Mode, Program, free_port
from tests.helpers import until

ROOT = Path(__file__).parents[2]


class Between(Protocol):
    """Stands before a far side; `async with` it, then it has a `url`."""

    url: str

    async def start(self, target: str) -> None: ...

    async def stop(self) -> None: ...


@dataclass
class Wishes:
    """What differs from the usual stand-ins."""

    seeds: Seeds | None = None
    seed: Seed = field(default_factory=Seed)
    secrets: Mapping[str, str] = field(default_factory=dict)  # bot_token, app_token, signing_secret of the stand-in
    login: tuple[str, str] = ("bot@example.com", "correct-horse")
    before_evo: Between | None = None
    before_slack: Between | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    program: Sequence[str] = ("bot", "run")


@dataclass
class Theatre:
    folder: Path
    mode: Mode
    evo: EvoStandIn
    slack: SlackStandIn
    environment: Mapping[str, str]
    program: Sequence[str]

    def __post_init__(self) -> None:
        self.bot = Program("bot", self.folder, *self.program, environment=self.environment)
        self.url = f"http://127.0.0.1:{self.environment['EVOBOT_PORT']}"
        self.database = Path(self.environment["EVOBOT_DATABASE"])

    async def start(self, *instead: str) -> None:
        """Returns when the bot is connected to both sides."""
        since = self.bot.log.stat().st_size if self.bot.log.exists() else 0
        await self.bot.start(*instead)
        await self.bot.until("listening on", since)
        await self.bot.until("signed in to Evo Voice", since)
        if self.mode == "socket":
            await self.bot.until("connected to Slack", since)

    async def ended(self, seconds: float = 30.0) -> None:
        await until(lambda: self.bot._process is None or self.bot._process.returncode is not None, "its end", seconds)

    async def output_of(self, name: str, *arguments: str) -> str:
        """What another program says that is started with the bot's settings."""
        program = Program(name, self.folder, *arguments, environment=self.environment)
        await program.start()
        assert program._process is not None
        await asyncio.wait_for(program._process.wait(), 60)
        await program.end()
        return program.said()

    def rows(self, sql: str) -> list[Any]:
        """The bot's file, read as anybody could."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as file:
            return file.execute(sql).fetchall()

    def unfinished(self) -> int:
        """How many items and posts are still to be carried."""
        items = self.rows("SELECT count(*) FROM item WHERE state IN ('pending', 'sending', 'unknown')")
        posts = self.rows("SELECT count(*) FROM post WHERE state IN ('pending', 'sending')")
        return int(items[0][0]) + int(posts[0][0])


@asynccontextmanager
async def theatre(folder: Path, mode: Mode, wishes: Wishes | None = None) -> AsyncIterator[Theatre]:
    """Both far sides are there; the bot is not started yet, and ends with the block."""
    given = wishes or Wishes()
    async with AsyncExitStack() as stack:
        evo = await stack.enter_async_context(EvoStandIn(seeds=given.seeds))
        slack = await stack.enter_async_context(SlackStandIn(given.seed))
        slack.limits.set("off")
        slack.settings.use_manifest(ROOT / "manifest.yml")
        port = free_port()
        events = {"events_url": f"http://127.0.0.1:{port}/slack/events"} if mode == "http" else {}
        slack.configure(mode=mode, time_scale=0.05, ack_seconds=3.0, **events, **given.secrets)
        evo_url = await _behind(stack, evo.url, given.before_evo)
        slack_url = await _behind(stack, slack.url, given.before_slack)
        environment = _environment(folder, mode, port, slack, given) | {
            "SLACK_API_URL": f"{slack_url}/api/", "EVO_BASE_URL": evo_url, **given.settings,
        }  # fmt: skip
        there = Theatre(folder, mode, evo, slack, environment, given.program)
        stack.push_async_callback(there.bot.end)
        yield there


async def _behind(stack: AsyncExitStack, url: str, between: Between | None) -> str:
    if between is None:
        return url
    await between.start(url)
    stack.push_async_callback(between.stop)
    return between.url


def _environment(folder: Path, mode: Mode, port: int, slack: SlackStandIn, wishes: Wishes) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH", ""), str(ROOT)]))
    known = slack.settings
    door = {"SLACK_APP_TOKEN": known.app_token} if mode == "socket" else {"SLACK_SIGNING_SECRET": known.signing_secret}
    return {
        **kept, **door,
        "PYTHONPATH": path,
        "SLACK_BOT_TOKEN": known.bot_token,
        "EVO_USERNAME": wishes.login[0],
        "EVO_PASSWORD": wishes.login[1],
        "EVOBOT_DATABASE": str(folder / "evobot.db"),
        "EVOBOT_PORT": str(port),
        "EVOBOT_POLL_SECONDS": "0.1",
        "EVOBOT_SETTLE_SECONDS": "0.5",
        "EVOBOT_PHONE_REGIONS": "US",
        "EVOBOT_LOG_LEVEL": "DEBUG",
    }  # fmt: skip


# What people do


async def open_session(there: Theatre, user: str, channel: str, name: str, **fields: Any) -> str:
    """Opens a chat by hand; returns its card's time stamp when both are there."""
    await there.slack.slash(user, channel, "/session")
    await there.slack.fill(user, {"f_name": name, "f_where": channel, **fields})
    outcome = await there.slack.submit(user)
    assert outcome.outcome == "closed", outcome
    await until(lambda: evo_id(there, name), f"the session {name}")
    return str(await until(lambda: card_of(there, channel, name), f"the card of {name}"))


def card_of(there: Theatre, channel: str, name: str) -> str:
    """The time stamp of the newest card of a session of this name, "" while there is none."""
    found = [message["ts"] for message in there.slack.messages(channel) if f"session {name}. State:" in message["text"]]
    return str(found[-1]) if found else ""


def evo_id(there: Theatre, name: str) -> str:
    """The session that Evo Voice has under this name, the newest; "" while there is none."""
    found = [session.id for session in there.evo.sessions() if session.info["displayName"] == name]
    return found[-1] if found else ""
