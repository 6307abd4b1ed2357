"""When Evo Voice is asked what is new: often where people talk, seldom where they do not, and never in a rush."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from bot.bridge import Bridge
from bot.evo import Channel, EvoVoice, NewSession, connect
from bot.evoside import sign_in
from bot.feed import LONGEST_PAUSE, QUIETING, SLOWEST, Feed, interval
from bot.hearing import Hearing
from bot.model import Life, Session
from bot.store import Store
from sandbox.evo import EvoStandIn
from sandbox.evo.wire import Refusal
from tests.helpers import TestClock, chat, house, opened

POLL = 2.0


@pytest.mark.parametrize(
    ("silent", "poll", "expected"),
    [
        (0, 2, 2),
        (40, 2, 2),
        (41, 2, 2.05),
        (200, 2, 10),
        (1200, 2, 60),
        (86400, 2, 60),
        (-5, 2, 2),
        (0, 0.05, 0.05),
        (0, 60, 60),
        (86400, 60, 60),
    ],
)
def test_the_longer_a_silence_the_longer_to_the_next_look(silent: float, poll: float, expected: float) -> None:
    assert interval(silent, poll) == pytest.approx(expected)


def test_the_ladder_never_goes_down_and_has_two_ends() -> None:
    steps = [interval(float(silent), POLL) for silent in range(5000)]
    assert (steps == sorted(steps), steps[0], steps[-1]) == (True, POLL, SLOWEST)
    assert all(step <= POLL or step == silent / QUIETING or step == SLOWEST for silent, step in enumerate(steps))


class Script(TestClock):
    """A virtual clock that stops the feed at a moment, and does what the test wants on the way there."""

    def __init__(self, stopping: asyncio.Event) -> None:
        super().__init__()
        self.began, self._stopping = self.now(), stopping
        self.ends = 0.0
        self.waits: list[float] = []
        self.plans: list[tuple[float, Callable[[], object]]] = []
        self.passing: Callable[[float], object] = lambda seconds: None  # whoever counts the same seconds

    @property
    def elapsed(self) -> float:
        return self.now() - self.began

    def at(self, seconds: float, act: Callable[[], object]) -> None:
        self.plans.append((seconds, act))

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        self.waits.append(seconds)
        await super().wait(event, seconds)
        self.passing(seconds)
        for plan in [plan for plan in self.plans if plan[0] <= self.elapsed]:
            self.plans.remove(plan)
            plan[1]()
        if self.elapsed >= self.ends:
            self._stopping.set()


@dataclass
class World:
    evo: EvoStandIn
    store: Store
    bridge: Bridge
    client: EvoVoice
    hearing: Hearing
    clock: Script
    stopping: asyncio.Event
    feed: Feed

    async def session(self, n: int = 1) -> Session:
        new = NewSession(channel=Channel.CHAT, member_email_addresses=("joe@example.com",), display_name=f"Nr. {n}")
        info = await self.client.new_session(new)
        key = await opened(self.store, self.bridge, chat(f"Nr. {n}"), n=n)
        await self.store.write(lambda tx: tx.change_session(key, evo_id=info.id, active_at=self.clock.now()))
        return self.store.read.session(key)

    async def run(self, seconds: float, poll: float = POLL) -> None:
        """A new feed, for so long on the virtual clock."""
        self.feed = Feed(self.store, self.hearing, self.clock, self.stopping, poll_seconds=poll)
        await self.run_on(seconds)

    async def run_on(self, seconds: float) -> None:
        """The same feed for so much longer."""
        self.clock.ends = self.clock.elapsed + seconds
        self.stopping.clear()
        async with asyncio.timeout(60):
            await self.feed.run()

    def read(self, operation: str = "GetChatTranscript") -> int:
        return len(self.evo.journal(operation=operation))

    def heard(self, session: Session) -> list[str]:
        rows = self.store.read._connection.execute(
            "SELECT line.text FROM post JOIN line ON line.name = post.line WHERE post.session = ? ORDER BY post.key",
            (session.key,),
        )
        return [row[0] for row in rows]


@asynccontextmanager
async def listening(store: Store) -> AsyncIterator[World]:
    """Evo Voice, and a bot that only listens."""
    async with EvoStandIn() as evo:
        stopping = asyncio.Event()
        client, clock = connect(evo.url, "bot@example.com", "correct-horse", deadline=30.0), Script(stopping)
        bridge = Bridge(store, clock, house(), lambda: None)
        hearing = Hearing(client, bridge, await sign_in(client, None))
        feed = Feed(store, hearing, clock, stopping, poll_seconds=POLL)
        yield World(evo, store, bridge, client, hearing, clock, stopping, feed)
        await client.aclose()


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    async with listening(store) as there:
        yield there


async def test_where_nothing_is_open_nobody_is_asked(world: World) -> None:
    await opened(world.store, world.bridge)
    await world.store.write(lambda tx: tx.change_session(1, life="ended"))
    before = len(world.evo.journal())
    await world.run(600)
    assert len(world.evo.journal()) == before


async def test_a_session_that_falls_silent_is_looked_at_ever_more_seldom(world: World) -> None:
    """Every two seconds at first, once a minute after twenty minutes."""
    await world.session()
    counts = []
    for _ in range(4):
        before = world.read()
        await world.run(1200)
        counts.append(world.read() - before)
    assert counts[0] > 60
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] <= 1200 / SLOWEST + 2


async def test_a_word_makes_a_silent_session_lively_again(world: World) -> None:
    session = await world.session()
    await world.store.write(lambda tx: tx.change_session(session.key, active_at=world.clock.now() - 7200))
    reads: list[int] = []

    def speak() -> None:
        reads.append(world.read())
        world.evo.hear(str(session.evo_id), "joe@example.com", "hello?")

    world.clock.at(120, speak)
    await world.run(240)
    assert world.heard(session) == ["hello?"]
    assert (reads[0] <= 3, world.read() - reads[0] >= 60 / POLL) == (True, True)


async def test_each_session_has_a_pace_of_its_own(world: World) -> None:
    busy, silent = await world.session(1), await world.session(2)
    await world.store.write(lambda tx: tx.change_session(silent.key, active_at=world.clock.now() - 7200))
    await world.run(60)
    read = [entry.path for entry in world.evo.journal(operation="GetChatTranscript")]
    counts = [sum(str(session.evo_id) in path for path in read) for session in (busy, silent)]
    assert counts[0] >= 20
    assert counts[1] <= 2


async def test_states_are_read_once_for_all_that_are_due(world: World) -> None:
    for n in range(1, 5):
        await world.session(n)
    await world.run(POLL * 3)
    assert world.read() == 4 * world.read("ListSessions")


async def test_a_session_that_has_ended_is_not_looked_at_again(world: World) -> None:
    session = await world.session()
    world.clock.at(10, lambda: world.evo.end(str(session.evo_id)))
    await world.run(60)
    there = world.read(), world.read("ListSessions")
    await world.run(600)
    assert world.store.read.session(session.key).life is Life.ENDED
    assert (world.read(), world.read("ListSessions")) == there


async def test_while_evo_voice_asks_for_patience_the_pauses_double_to_a_minute(world: World) -> None:
    session = await world.session()
    world.evo.fault("429", "*", times=None)
    await world.run(600)
    assert world.clock.waits[:8] == [4, 8, 16, 32, 60, 60, 60, 60]
    assert max(world.clock.waits) == LONGEST_PAUSE
    world.evo.clear_faults()
    world.evo.hear(str(session.evo_id), "joe@example.com", "still there")
    await world.run(10)
    assert (world.heard(session), world.clock.waits[-1]) == (["still there"], POLL)


@pytest.mark.parametrize("fault", ["503", "cut_before", "garbage"])
async def test_states_that_cannot_be_read_do_not_keep_words_from_being_heard(world: World, fault: str) -> None:
    session = await world.session()
    world.evo.fault(fault, "ListSessions", times=None)
    world.clock.at(60, lambda: world.evo.hear(str(session.evo_id), "joe@example.com", "hello"))
    await world.run(80)
    assert world.heard(session) == ["hello"]


@pytest.mark.parametrize("fault", ["503", "cut_before", "garbage", "truncate"])
async def test_a_transcript_that_cannot_be_read_is_tried_more_and_more_seldom(world: World, fault: str) -> None:
    session = await world.session()
    world.evo.fault(fault, "GetChatTranscript", times=None)
    await world.run(600)
    tried = world.read()
    world.evo.clear_faults()
    world.evo.hear(str(session.evo_id), "joe@example.com", "hello")
    await world.run(60)
    assert (tried <= 600 / SLOWEST + 6, world.heard(session)) == (True, ["hello"])


async def test_a_session_in_trouble_does_not_make_the_others_wait(world: World) -> None:
    """Nr. 1 is unknown over there and may not even be asked for; Nr. 2 is as lively as ever."""
    gone, well = await world.session(1), await world.session(2)
    await world.store.write(lambda tx: tx.change_session(gone.key, evo_id="f" * 24))
    world.evo.change_quirks(unknown_id_status=403)
    for seconds in (65, 185):
        world.clock.at(seconds, lambda: world.evo.hear(str(well.evo_id), "joe@example.com", "hello"))
        await world.run(seconds + 10 - world.clock.elapsed)
    assert world.heard(well) == ["hello", "hello"]
    assert world.store.read.session(gone.key).life is Life.ACTIVE


async def test_a_disk_that_takes_nothing_loses_no_line(world: World) -> None:
    session = await world.session()
    writer = world.store._writer._connection
    writer.execute("PRAGMA query_only = 1")
    world.evo.hear(str(session.evo_id), "joe@example.com", "hello")
    world.clock.at(30, lambda: writer.execute("PRAGMA query_only = 0"))
    await world.run(120)
    assert world.heard(session) == ["hello"]


async def test_a_break_on_our_own_side_is_logged_and_the_feed_goes_on(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    session = await world.session()
    await world.store.write(lambda tx: tx.change_session(session.key, evo_id="not/an id"))
    world.evo.hear(str(session.evo_id), "joe@example.com", "hello")
    await world.run(30)
    await world.store.write(lambda tx: tx.change_session(session.key, evo_id=session.evo_id))
    await world.run(120)
    assert world.heard(session) == ["hello"]


async def test_a_feed_that_is_stopped_ends_at_once(world: World) -> None:
    await world.session()
    world.stopping.set()
    feed = Feed(world.store, world.hearing, world.clock, world.stopping, poll_seconds=POLL)
    async with asyncio.timeout(20):
        await feed.run()
    assert world.read() == 0


async def test_one_transcript_that_breaks_does_not_make_the_others_wait(world: World) -> None:
    """Nr. 1 is known by its state but its transcript is refused for ever; Nr. 2 is as lively as before."""
    stuck, well = await world.session(1), await world.session(2)
    evil = _refuse_transcripts_of(world, stuck)
    world.clock.at(65, lambda: world.evo.hear(str(well.evo_id), "joe@example.com", "hello"))
    await world.run(75)
    assert evil
    assert world.heard(well) == ["hello"]


def _refuse_transcripts_of(world: World, session: Session) -> bool:
    answer = world.evo._routes.messages.transcript

    def transcript(login: object, args: dict[str, str]) -> object:
        if args["sessionId"] == session.evo_id:
            raise Refusal(500, "NullReferenceException", "broken")
        return answer(login, args)

    world.evo._routes._handlers["GetChatTranscript"] = transcript
    return True


async def test_one_session_that_may_not_be_read_does_not_make_the_others_deaf(world: World) -> None:
    gone, well = await world.session(1), await world.session(2)
    await world.store.write(lambda tx: tx.change_session(gone.key, evo_id="f" * 24))
    world.evo.change_quirks(unknown_id_status=403)
    world.evo.hear(str(well.evo_id), "joe@example.com", "hello")
    await world.run(300)
    assert world.heard(well) == ["hello"]


async def test_last_words_that_cannot_be_read_do_not_keep_a_session_open_for_ever(world: World) -> None:
    over, well = await world.session(1), await world.session(2)
    _refuse_transcripts_of(world, over)
    world.evo.end(str(over.evo_id))
    world.evo.hear(str(well.evo_id), "joe@example.com", "hello")
    await world.run(3000)
    assert world.heard(well) == ["hello"]
    assert world.store.read.session(over.key).life is Life.ENDED
