"""Everything but the doors: a real store between real servers, in one process, on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.bridge import Bridge
from bot.clock import Clock, SystemClock
from bot.courier import Courier, Poster
from bot.courier.drawing import drawer
from bot.courier.errands import Tools, errands
from bot.courier.gate import Gate
from bot.evo import EvoVoice, connect
from bot.evoside import sign_in
from bot.feed import Feed
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
    Ts,
    UserId,
)
from bot.store import Store
from bot.workspace import Workspace, slack_client, slack_session
from sandbox.evo import EvoStandIn
from sandbox.slack import SlackStandIn
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, SUPPORT, TEAM
from tests.helpers import chat, house, until

SETTLE, LOOK = 0.3, 0.05


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

    def __post_init__(self) -> None:
        self.said = 0
        self.stopping = asyncio.Event()
        self.running: list[asyncio.Task[None]] = []
        self.house = house()

    # One life of the process

    def start(self) -> None:
        self.stopping = asyncio.Event()
        clock = self.clock
        tools = Tools(self.client, self.workspace, self.store, self.house, TeamId(TEAM))
        self.courier = Courier(
            self.store, self.hearing, errands(tools, self.hearing), clock, Gate(clock, self.stopping), self.stopping,
            settle_seconds=self.settle, look_seconds=self.poll,
        )  # fmt: skip
        self.poster = Poster(self.store, self.workspace, drawer(self.store.read), clock, self.stopping)
        feed = Feed(self.store, self.hearing, clock, self.stopping, poll_seconds=self.poll)
        parts = [self.courier.run(), self.poster.run(), *([feed.run()] if self.feeding else [])]
        self.running = [asyncio.ensure_future(part) for part in parts]

    def wake(self) -> None:
        for part in (getattr(self, "courier", None), getattr(self, "poster", None)):
            if part is not None:
                part.wake()

    async def stop(self) -> None:
        self.stopping.set()
        self.wake()
        await asyncio.gather(*self.running)
        self.running = []

    async def die(self) -> None:
        """As much of kill -9 as one process can do to itself: nothing is finished."""
        tasks = [*self.running, *self.courier._lanes.values(), *self.poster._channels.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
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
        await self.bridge.relay(said)
        return said.name()

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
        return [message["text"] for message in messages[1:] if message.get("user") == BOT_USER]

    def card(self, session: Session) -> str:
        return str(self.slack.message(SUPPORT, str(session.thread_ts))["text"])

    def reactions(self, name: SlackName) -> list[str]:
        ts = name.split("/")[2]
        return [reaction["name"] for reaction in self.slack.message(SUPPORT, ts).get("reactions") or []]

    def invitations(self, key: SessionKey) -> list[Item]:
        return self.store.read.items_of(key, Kind.INVITE)


@asynccontextmanager
async def playing(store: Store, clock: Clock | None = None, **wishes: Any) -> AsyncIterator[World]:
    """A world that has not been started; `wishes` are fields of it. Ends it with the block."""
    time = clock or SystemClock()
    async with EvoStandIn() as evo, SlackStandIn() as slack, slack_session() as session:
        slack.limits.set("off")
        slack.settings.use_manifest(Path("manifest.yml"))
        client = connect(evo.url, "bot@example.com", "correct-horse", deadline=2.0)
        workspace = Workspace(slack_client(slack.settings.bot_token, slack.api_url, session), time)
        there: list[World] = []
        ours = replace(house(), bot=UserId(BOT_USER))
        bridge = Bridge(store, time, ours, lambda: there[0].wake() if there else None)
        hearing = Hearing(client, bridge, await sign_in(client, None))
        world = World(evo, slack, store, bridge, client, workspace, hearing, time, **wishes)
        there.append(world)
        yield world
        if world.running:
            await world.stop()
        await client.aclose()
