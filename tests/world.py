"""Everything but the doors: a real store between real servers, in one process, on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from bot.bridge import Bridge, House, Wanted
from bot.bridge.safeguards import Safeguards
from bot.catchup import HOLD_SECONDS, CatchUp
from bot.clock import Clock, SystemClock
from bot.courier.drawing import drawer
from bot.courier.errands import Tools, errands
from bot.courier.filesin import FilesIn
from bot.courier.filesout import FilesOut, from_people
from bot.courier.gate import Gate
from bot.courier.lanes import Courier
from bot.courier.pace import Pace
from bot.courier.poster import Poster
from bot.directory import Directory
from bot.evo import EvoVoice, connect
from bot.evoside import sign_in
from bot.feed import Feed
from bot.fetching import from_customers
from bot.hearing import Hearing
from bot.model import (
    Actor,
    ChannelId,
    Item,
    Kind,
    NewSessionRequest,
    Said,
    Session,
    SessionKey,
    SlackName,
    TeamId,
    ThreadKey,
    Ts,
    UserId,
    name_of_message,
)
from bot.recovery import Recovery
from bot.rush import Rush
from bot.slackweb import slack_client, slack_session
from bot.store import Store
from bot.workspace import Workspace
from handlers import orders
from handlers.door import Door
from handlers.thread import ThreadDoor
from sandbox.evo import EvoStandIn
from sandbox.slack import SlackStandIn
from sandbox.slack.clock import Clock as SlackClock
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, SUPPORT, TEAM
from tests.helpers import chat, house, unfolded, until

SETTLE, LOOK = 0.3, 0.05


def a_house(**wishes: Any) -> House:
    return replace(house(**wishes), bot=UserId(BOT_USER))


@dataclass
class World:
    """Everything but the doors."""

    evo: EvoStandIn
    slack: SlackStandIn
    store: Store
    bridge: Bridge
    client: EvoVoice
    workspace: Workspace
    hearing: Hearing
    clock: Clock
    settle: float = SETTLE
    feeding: bool = True
    poll: float = LOOK
    slack_settle: float = SETTLE
    doubt_seconds: float = 0.0
    media_hosts: frozenset[str] = frozenset()
    links_files: bool = False
    most: int = 1_000_000  # bytes of a file
    lasts: bool = True  # this bot's term, by its own clock
    catching: bool = False  # read the threads at start, each hour, and when poked
    allowance: tuple[float, int] = (1000.0, 1000)  # posts a second in a channel, and how many at once
    house: House = field(default_factory=a_house)

    def __post_init__(self) -> None:
        self.said = 0
        self.rush = Rush(self.clock)
        self.stopping = asyncio.Event()
        self.running: list[asyncio.Task[None]] = []

    # One life of the process

    def start(self) -> None:
        self.stopping = asyncio.Event()
        clock = self.clock
        from_slack = from_people(self.slack.api_url, lambda: self.slack.settings.bot_token, self.most)
        files_out = FilesOut(
            self.client, self.workspace, self.store, from_slack, clock, self.stopping,
            carries=self.links_files, most=self.most,
        )  # fmt: skip
        tools = Tools(self.client, self.workspace, self.store, self.house, TeamId(TEAM), files_out)
        self.gate = Gate(clock, self.stopping)
        self.gate.guard(self.client)
        self.courier = Courier(
            self.store, self.hearing, errands(tools, self.hearing), clock, self.gate, self.stopping,
            safeguards=Safeguards(self.house.policy, self.house.region),
            settle_seconds=self.settle, look_seconds=self.poll, rush=self.rush, doubt_seconds=self.doubt_seconds,
            counts=self.house.counts,
        )  # fmt: skip
        self.threads = self._thread_door()
        self.catch_up = CatchUp(self.store, self.workspace, self.threads.missed, clock, self.stopping)
        fetcher = from_customers(self.evo.url, self.client, self.media_hosts, self.most)
        self.files_in = FilesIn(
            self.store, self.workspace, fetcher, clock, self.wake, most=self.most, settle_seconds=self.slack_settle,
            lasts=lambda: self.lasts,
        )  # fmt: skip
        self.poster = Poster(
            self.store, self.workspace, drawer(self.store.read, self.house), self.files_in, clock, self.stopping,
            pace=Pace(clock, *self.allowance), settle_seconds=self.slack_settle, card_found=self.catch_up.poke,
            may_show=self.house.policy.opens, rush=self.rush, lasts=lambda: self.lasts,
        )  # fmt: skip
        feed = Feed(
            self.store, self.hearing, clock, self.stopping, poll_seconds=self.poll, heard=self.catch_up.heard,
            rush=self.rush,
        )  # fmt: skip
        evo_side = [self.courier.run, *([feed.run] if self.feeding else [])]
        parts = [self.poster.run, *([partial(self._evo_side, *evo_side)] if self.catching else evo_side)]
        parts.append(Recovery(tools, self.threads.missed, clock, self.stopping, self.wake).run)
        self.running = [asyncio.ensure_future(part()) for part in parts]

    def _thread_door(self) -> ThreadDoor:
        directory = Directory(self.client, self.clock)
        door = Door(self.bridge, self.store.read, self.workspace, self.house, TeamId(TEAM))
        return ThreadDoor(door.complete(directory))

    async def _evo_side(self, *parts: Callable[[], Awaitable[None]]) -> None:
        """Nothing leaves before what was missed is known, or ten seconds are over."""
        reading = asyncio.create_task(self.catch_up.keep())
        known = asyncio.create_task(self.catch_up.done_once.wait())
        try:
            await asyncio.wait({known}, timeout=HOLD_SECONDS)
            await asyncio.gather(*(part() for part in parts))
        finally:
            for task in (reading, known):
                task.cancel()
            await asyncio.gather(reading, known, return_exceptions=True)

    def wake(self) -> None:
        for part in (getattr(self, "courier", None), getattr(self, "poster", None)):
            if part is not None:
                part.wake()

    async def stop(self) -> None:
        self.stopping.set()
        self.wake()
        await asyncio.gather(*self.running)
        await self.gate.close()
        self.running = []

    async def die(self) -> None:
        """As much of kill -9 as one process can do to itself: nothing is finished."""
        marking = [self.poster._marking] if self.poster._marking else []
        tasks = [*self.running, *self.courier._lanes.values(), *self.poster._channels.values(), *marking]
        for task in tasks:
            task.cancel()
        await asyncio.gather(self.files_in.close(), *tasks, return_exceptions=True)
        await self.gate.close()
        self.running = []

    # What people do

    async def open(self, request: NewSessionRequest | None = None, *, by: str = ANNA, n: int = 1) -> SessionKey:
        actor = Actor(TeamId(TEAM), UserId(by))
        return await self.bridge.open(request or chat(), actor, ChannelId(SUPPORT), SlackName(f"{TEAM}/view/V{n}/0"))

    async def opened(self, request: NewSessionRequest | None = None, n: int = 1) -> Session:
        key = await self.open(request, n=n)
        return await self.session_when(key, lambda session: session.evo_id and session.thread_ts)

    async def say(self, session: Session, text: str, by: str = BEN) -> SlackName:
        assert session.thread is not None
        ts = Ts(await self.slack.say(by, SUPPORT, text, session.thread.ts))
        said = Said(session.thread, ts, UserId(by), text)
        await self.relay(said)
        return said.name()

    async def relay(self, said: Said) -> None:
        """A message in a thread; a command in it is carried out."""
        came = await self.bridge.relay(said)
        if isinstance(came, Wanted):
            await orders.carry_out(self.threads._door, came)

    async def write(self, text: str, thread: ThreadKey, by: str = BEN) -> SlackName:
        """As Slack would bring it: mentions of the bot are carried out."""
        ts = Ts(await self.slack.say(by, thread.channel, text, thread.ts))
        event = {"type": "message", "channel": thread.channel, "user": by, "ts": ts, "text": text}
        await self.threads({"team_id": TEAM, "event": {**event, "thread_ts": thread.ts}})
        return name_of_message(thread.team, thread.channel, ts)

    async def order(self, words: str, thread: ThreadKey, by: str = BEN) -> list[str]:
        """A command in a thread. Returns what its author alone is told."""
        before = len(self.slack.ephemerals(by))
        await self.write(f"<@{BOT_USER}> {words}", thread, by)
        await self.threads._door.drain()
        return [str(told["text"]) for told in self.slack.ephemerals(by)[before:]]

    async def change(self, name: SlackName, text: str) -> list[str]:
        """Somebody edits a message of theirs. Returns what they alone are told."""
        _, channel, ts = name.split("/")
        before = self.slack.message(channel, ts)
        by, told = str(before["user"]), len(self.slack.ephemerals(str(before["user"])))
        await self.slack.edit(by, channel, ts, text)
        event = {"type": "message", "subtype": "message_changed", "channel": channel, "hidden": True}
        event |= {"message": self.slack.message(channel, ts), "previous_message": before}
        await self.threads({"team_id": TEAM, "event": event})
        await self.threads._door.drain()
        return [str(each["text"]) for each in self.slack.ephemerals(by)[told:]]

    async def remove(self, name: SlackName) -> None:
        """Somebody deletes a message of theirs, as Slack tells it; telling it twice makes no difference."""
        _, channel, ts = name.split("/")
        thread = self.store.read.item_named(name)
        before = {"ts": ts, "thread_ts": thread.thread_ts if thread else None}
        event = {"type": "message", "subtype": "message_deleted", "channel": channel, "hidden": True}
        await self.threads({"team_id": TEAM, "event": {**event, "deleted_ts": ts, "previous_message": before}})

    async def a_thread(self, text: str = "Look at this", channel: str = SUPPORT, by: str = ANNA) -> ThreadKey:
        """A message of somebody, under which a thread can grow."""
        return ThreadKey(TeamId(TEAM), ChannelId(channel), Ts(await self.slack.say(by, channel, text)))

    def under(self, thread: ThreadKey) -> list[str]:
        """What of ours stands in a thread."""
        messages = self.slack.messages(thread.channel, thread.ts)[1:]
        return [text for message in messages if message.get("user") == BOT_USER for text in unfolded(message)]

    # What came of it

    async def session_when(self, key: SessionKey, condition: Any) -> Session:
        await until(lambda: condition(self.store.read.session(key)), f"session {key}")
        return self.store.read.session(key)

    async def item_when(self, name: SlackName, *states: str) -> Item:
        def there() -> bool:
            item = self.store.read.item_named(name)
            return item is not None and item.state in states

        await until(there, f"{name} to be {states}, is {self.store.read.item_named(name)}")
        item = self.store.read.item_named(name)
        assert item is not None
        return item

    def sent(self, session: Session) -> list[str]:
        """What Evo Voice has of us, in its order."""
        return [effect.detail["body"] for effect in self.evo.effects(session.evo_id, "sent")]

    def posts(self, operation: str) -> int:
        return len(self.evo.journal(operation=operation))

    def thread(self, session: Session) -> list[str]:
        """What stands under the card, ours only."""
        messages = self.slack.messages(SUPPORT, session.thread_ts)
        return [text for message in messages[1:] if message.get("user") == BOT_USER for text in unfolded(message)]

    def card(self, session: Session) -> str:
        return str(self.slack.message(SUPPORT, str(session.thread_ts))["text"])

    def reactions(self, name: SlackName) -> list[str]:
        ts = name.split("/")[2]
        return [reaction["name"] for reaction in self.slack.message(SUPPORT, ts).get("reactions") or []]

    def invitations(self, key: SessionKey) -> list[Item]:
        return self.store.read.items_of(key, Kind.INVITE)


@asynccontextmanager
async def playing(
    store: Store,
    clock: Clock | None = None,
    *,
    sides: Callable[[], float] | None = None,
    deadline: float = 2.0,
    basic: bool = False,
    **wishes: Any,
) -> AsyncIterator[World]:
    """A world that has not been started; `wishes` are fields of it. Ends it with the block.

    `sides`: what time it is for both far sides, in seconds since 1970; the system's when left out.
    """
    time, there_now = clock or SystemClock(), sides or SystemClock().now
    far = EvoStandIn(system=lambda: int(there_now() * 1e9)), SlackStandIn(clock=SlackClock(there_now))
    async with far[0] as evo, far[1] as slack, slack_session() as session:
        slack.limits.set("off")
        slack.settings.use_manifest(Path("manifest.yml"))
        client = connect(evo.url, "bot@example.com", "correct-horse", deadline=deadline, basic=basic, clock=time.now)
        workspace = Workspace(slack_client(slack.settings.bot_token, slack.api_url, session), time)
        there: list[World] = []
        ours = wishes.setdefault("house", a_house())
        bridge = Bridge(store, time, ours, lambda: there[0].wake() if there else None)
        hearing = Hearing(client, bridge, await sign_in(client, None))
        world = World(evo, slack, store, bridge, client, workspace, hearing, time, **wishes)
        there.append(world)
        yield world
        if world.running:
            await world.stop()
        await client.aclose()
