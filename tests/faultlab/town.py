"""A bot and both far sides in one process, driven step by step: time stands still until somebody lets it pass.

The same steps give the same history, whatever else the machine does: the clock is the loop's alone, and a write is
committed where it is asked for instead of in the writer's thread. Everything else is real.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import closing
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from bot.bridge import Bridge
from bot.evo import connect
from bot.evoside import sign_in
from bot.hearing import Hearing
from bot.intake import Door as IntakeDoor
from bot.model import UserId
from bot.slackweb import slack_client, slack_session
from bot.store import Store
from bot.store.writer import Entry, _settle
from bot.workspace import Workspace
from sandbox.evo import EvoStandIn, Quirks
from sandbox.slack import SlackStandIn
from sandbox.slack.clock import Clock as SlackClock
from sandbox.slack.seeds import BOT_USER
from tests.faultlab.virtual import LoopClock, VirtualLoop
from tests.helpers import house, store_in
from tests.world import World

T = TypeVar("T")
SETTLE, SLACK_SETTLE, POLL = 60.0, 15.0, 5.0
STOP_SECONDS = 60.0
NEVER = 1e9
LOOPBACK = 0.00005  # real seconds for what crosses loopback
ALIVE: ContextVar[bool] = ContextVar("ALIVE", default=False)  # set in every task that dies with the bot

AUDIT = """
CREATE TABLE moves (n INTEGER PRIMARY KEY, item INTEGER, kind TEXT, was TEXT, now TEXT);
CREATE TRIGGER audit_items AFTER UPDATE OF state ON item WHEN old.state <> new.state BEGIN
    INSERT INTO moves (item, kind, was, now) VALUES (new.key, new.kind, old.state, new.state);
END;
"""


class StillLoop(VirtualLoop):
    """Time passes by jumps only."""

    def __init__(self) -> None:
        self.mortal: dict[asyncio.Task[Any], None] = {}  # in the order in which they began
        self._resting = False
        super().__init__()
        self.grace = LOOPBACK
        self.set_task_factory(self._task)  # type: ignore[arg-type]  # its type wants more than a task needs
        self.call_later(NEVER, self.stop)  # there is always something to wait for

    def time(self) -> float:
        return self.skipped

    def rest(self) -> None:
        """Runs until everybody waits for time to pass."""
        self._resting, self.grace = True, 5 * LOOPBACK
        try:
            self.run_forever()
        finally:
            self._resting, self.grace = False, LOOPBACK

    def jump(self, seconds: float) -> None:
        if self._resting:
            self.stop()
        else:
            super().jump(seconds)

    def _task(self, _: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T], **options: Any) -> asyncio.Task[T]:
        task = asyncio.Task(work, loop=self, **options)
        if ALIVE.get():
            self.mortal[task] = None
            task.add_done_callback(lambda done: self.mortal.pop(done, None))
        return task


class Town:
    """Everything that there is. Begin it with `open`, end it with `close`; `do` lets somebody do something."""

    def __init__(self, database: Path, quirks: Quirks, *, confirm: bool) -> None:
        self.loop = StillLoop()
        self.clock = LoopClock(self.loop)
        self.world: World
        self.evo = EvoStandIn(quirks=quirks, system=lambda: int(self.clock.now() * 1e9))
        self.slack = SlackStandIn(clock=SlackClock(self.clock.now))
        self.house = replace(house(confirm=confirm, straggler=0.3), bot=UserId(BOT_USER))
        self.store = _store(database)
        self.audit = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
        self.audit.row_factory = sqlite3.Row
        self.running = False
        self.disturbed = False  # it was killed, or slept in the middle of a call
        self.do(self._open())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs until this is done; whatever else is under way goes on meanwhile, and stops with it."""
        return self.loop.run_until_complete(work)

    def close(self) -> None:
        self.do(self._close())
        self.do(_end_all(asyncio.all_tasks(self.loop)))
        self.audit.close()
        self.store.close()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    # Time

    def wait(self, seconds: float) -> None:
        """Time passes, and everybody does what they do."""
        self.do(asyncio.sleep(seconds))

    def sleep(self, seconds: float) -> None:
        """The machine sleeps: time has passed, and nobody has done anything."""
        self.loop.jump(seconds)
        self.disturbed = True

    def tick(self, times: int) -> None:
        """So many turns of the loop: far enough to be in the middle of something."""
        self.do(_turns(times))

    def rest(self) -> None:
        """Whatever can be done at once is done."""
        self.loop.rest()

    # Lives of the bot

    def start(self) -> None:
        self.do(self._alive(self._start()))
        self.running = True

    def stop(self) -> None:
        """As SIGTERM does it: what is under way is finished."""
        self.do(asyncio.wait_for(self.world.stop(), STOP_SECONDS))
        self.kill()

    def kill(self) -> None:
        """As much of kill -9 as one process can do to itself: nothing is finished, nothing is written any more."""
        self.do(self._kill())
        self.running, self.disturbed = False, True

    def bring(self, payload: Mapping[str, Any]) -> bool:
        """Slack brings an event; True when the bot has taken it."""
        return self.do(self._alive(self.intake.event(payload)))

    def ask(self, verb: Callable[[Bridge], Coroutine[Any, Any, T]]) -> T:
        """Somebody uses a form or a button."""
        return self.do(self._alive(verb(self.world.bridge)))

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """What stands in the file, read as anybody could."""
        return [dict(row) for row in self.audit.execute(sql, values)]

    # How

    async def _open(self) -> None:
        await self.evo.start()
        await self.slack.start()
        self.slack.limits.set("off")
        self.slack.settings.use_manifest(Path("manifest.yml"))
        self.session = slack_session()
        self.client = connect(self.evo.url, "bot@example.com", "correct-horse", clock=self.loop.time)
        self.own = await sign_in(self.client, None)
        self.store._writer.run = self._commit  # type: ignore[method-assign]  # the same, without the way to its thread

    async def _close(self) -> None:
        await self._kill()
        await self.client.aclose()
        await self.session.close()
        await self.slack.stop()
        await self.evo.stop()

    async def _commit(self, work: Callable[[sqlite3.Connection], T], **how: bool) -> T:
        """A crash may come before, or when the change is on the disk and nobody has been told."""
        await asyncio.sleep(0)
        told: asyncio.Future[T] = self.loop.create_future()
        _settle(self.store._writer._commit([Entry(work, told, **how)]))
        await asyncio.sleep(0)
        return await told

    async def _alive(self, work: Coroutine[Any, Any, T]) -> T:
        """Whatever comes of this dies with the bot."""
        before = ALIVE.set(True)
        try:
            return await asyncio.create_task(work)
        finally:
            ALIVE.reset(before)

    async def _start(self) -> None:
        workspace = Workspace(slack_client(self.slack.settings.bot_token, self.slack.api_url, self.session), self.clock)
        bridge = Bridge(self.store, self.clock, self.house, self._wake)
        self.world = World(
            self.evo, self.slack, self.store, bridge, self.client, workspace, Hearing(self.client, bridge, self.own),
            self.clock, settle=SETTLE, slack_settle=SLACK_SETTLE, poll=POLL, catching=True,
        )  # fmt: skip
        self.world.house = self.house
        self.world.start()
        self.intake = IntakeDoor(self.world.threads, rush=self.world.rush)

    def _wake(self) -> None:
        self.world.wake()

    async def _kill(self) -> None:
        while dying := [task for task in self.loop.mortal if not task.done()]:
            await _end_all(dying)


def _store(database: Path) -> Store:
    """A new store that keeps a record of each move of each item."""
    store = store_in(database)
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(AUDIT)
    return store


async def _end_all(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _turns(times: int) -> None:
    for _ in range(times):
        # What was sent must have arrived, or the same steps would not give the same history.
        time.sleep(LOOPBACK)  # noqa: ASYNC251 - for loopback, which no loop jumps over
        await asyncio.sleep(0)
