"""Short ways to say what a test is about."""

from __future__ import annotations

import asyncio
import functools
import re
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from inspect import isawaitable
from pathlib import Path
from typing import Any

import aiohttp

from bot.bridge import Bridge, House, Wanted
from bot.clock import Clock
from bot.directory import Directory
from bot.evo import connect
from bot.model import (
    Actor,
    ChannelId,
    Email,
    EvoSessionId,
    Life,
    NewSessionRequest,
    Post,
    Said,
    Session,
    SessionKey,
    SessionType,
    SlackName,
    TeamId,
    ThreadKey,
    Ts,
    UserId,
)
from bot.phones import PhoneRules
from bot.policy import Budgets, Who, default_policy
from bot.policy.defaults import TEXT as DEFAULTS
from bot.slackweb import slack_client
from bot.store import Store, open_store
from bot.workspace import Workspace
from handlers import orders
from handlers.door import Door

TEAM, CHANNEL, BOT = TeamId("T0TEAM"), ChannelId("C0SALES"), UserId("U0BOT")
ANA, JOE = UserId("U0ANA"), UserId("U0JOE")
THREAD_TS = Ts("1700000000.000100")
THREAD = ThreadKey(TEAM, CHANNEL, THREAD_TS)


def store_in(path: Path, clock: Clock | None = None) -> Store:
    """A store. A new file is a copy of one that was made before: to make each takes ten times on the disk."""
    if not path.exists():
        path.touch(0o600)
        path.write_bytes(_empty_file())
    return open_store(path, clock)


@functools.cache
def _empty_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "evobot.db"
        open_store(path).close()
        return path.read_bytes()


class TestClock:
    """A clock that moves when it is told to, or when somebody waits."""

    __test__ = False

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Waiting takes no time; the clock jumps instead."""
        if not event.is_set():
            self._now += seconds
        await asyncio.sleep(0)


MUCH = Budgets(*[10_000] * 5)  # nobody comes near it


def house(
    *,
    regions: frozenset[str] = frozenset({"US"}),
    confirm: bool = False,
    straggler: float = 0.0,
    budgets: Budgets = MUCH,
    admins: frozenset[str] = frozenset(),
) -> House:
    policy = replace(default_policy(), budgets=budgets, admins=Who(users=admins))
    return House(
        bot=BOT, phones=PhoneRules(regions), confirm_phones=confirm, region="US", straggler_seconds=straggler,
        policy=policy,
    )  # fmt: skip


def chat(name: str = "Broken boiler", **fields: Any) -> NewSessionRequest:
    fields.setdefault("emails", (Email("joe@example.com"),))
    return NewSessionRequest(type=SessionType.CHAT, name=name, **fields)


def generous(folder: Path) -> Path:
    """A folder to work in whose policy lets every member end sessions, and sets no limit that anybody comes near."""
    text = DEFAULTS.replace('who = ["creator", "owners", "admins"]', 'who = ["members"]')
    text = re.sub(r"(?m)^((?:per|alike_per)_\w+) = \d+", rf"\1 = {MUCH.user_day}", text)
    policy = folder / "policy.toml"
    policy.write_text(text, encoding="utf-8")
    policy.chmod(0o600)
    return folder


async def opened(store: Store, bridge: Bridge, request: NewSessionRequest | None = None, n: int = 1) -> SessionKey:
    """A session that is open on both sides: Evo id `evo-n`, thread `THREAD` (n = 1) or another."""
    key = await bridge.open(request or chat(), Actor(TEAM, ANA), CHANNEL, SlackName(f"{TEAM}/view/V{n}/0"))
    ts = THREAD_TS if n == 1 else Ts(f"17000000{n:02}.000100")

    def both_names(tx: Any) -> None:
        tx.change_session(key, evo_id=f"evo-{n}", life="active", thread_ts=ts)
        tx.add_link(ThreadKey(TEAM, CHANNEL, ts), key)
        tx.home_found(key, ts)
        opening = tx.items_of(key, "open")[0]
        tx.change_item(opening.key, state="delivered", evo_name=f"session:evo-{n}")

    await store.write(both_names)
    return key


async def until(
    condition: Callable[[], Any | Awaitable[Any]], what: str = "the condition", seconds: float = 60.0
) -> Any:
    """Polls until the condition holds; fails with `what` when it does not in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if isawaitable(value):
            value = await value
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not in time: {what}")
        await asyncio.sleep(0.02)


def to_post(store: Store, channel: ChannelId = CHANNEL) -> list[Post]:
    """Everything that is to be posted or redrawn in a channel."""
    sql = (
        "SELECT key FROM post WHERE channel = ? AND (state IN ('pending', 'sending') OR wanted <> shown) "
        "AND (thread_ts IS NOT NULL OR kind IN ('card', 'direct')) ORDER BY state = 'done', key"
    )
    return [store.read.post(key) for (key,) in map(tuple, store.read._connection.execute(sql, (channel,)).fetchall())]


def unfolded(message: Mapping[str, Any]) -> list[str]:
    """The texts of the lines that one message of ours shows, one or several, without times."""
    also = ((message.get("metadata") or {}).get("event_payload") or {}).get("also") or []
    texts = str(message["text"]).split("\n") if also else [str(message["text"])]
    return [re.sub(r"^<!date[^>]*> ", "", text) for text in texts]


def a_session(**changes: Any) -> Session:
    """An active chat without a store behind it."""
    there = Session(
        key=SessionKey(1),
        evo_id=EvoSessionId("evo-1"),
        team=TEAM,
        channel=CHANNEL,
        thread_ts=THREAD_TS,
        type=SessionType.CHAT,
        name="Broken boiler",
        with_label=None,
        created_by=ANA,
        created_at=1_700_000_000.0,
        life=Life.ACTIVE,
        call_state="Connected",
        members=(),
        missing=(),
        ended_at=None,
        active_at=1_700_000_000.0,
    )
    return replace(there, **changes)


async def relayed(bridge: Bridge, said: Said, *, missed: bool = False) -> str | None:
    """A message in a thread, a command carried out. Returns what its author alone is told."""
    came = await bridge.relay(said, missed=missed)
    if isinstance(came, Wanted):
        client = slack_client("xoxb-nobody", "http://127.0.0.1:9/api/", aiohttp.ClientSession())
        clock, store = TestClock(), bridge._store
        directory = Directory(connect("http://127.0.0.1:9", "nobody", "nothing"), clock)
        try:
            workspace = Workspace(client, clock)
            door = Door(bridge, store.read, workspace, bridge._house, TEAM).complete(directory)
            came = await orders.carry_out(door, came)
        finally:
            await client.session.close()  # type: ignore[union-attr]  # it was given one
    return came.text if came else None


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """As on a disk that is full: whatever this process writes ends there, in bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
