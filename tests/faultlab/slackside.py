"""Slack in trouble, and time in which nobody listened: everything appears, once, in order, where it belongs."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from bot.model import Actor, ChannelId, Said, Session, SessionKey, SlackName, TeamId, Ts, UserId
from bot.views.missed import unpack_missed
from bot.views.results import unpack_answer
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, PRIVATE, SUPPORT, TEAM
from tests.faultlab.core import core
from tests.faultlab.slackwatch import Findings, busiest, lines_under, strays
from tests.faultlab.verdict import Verdict
from tests.faultlab.virtual import VirtualLoop, run, until
from tests.helpers import chat
from tests.world import World

JOE = "joe@example.com"
ALWAYS = -1
MINUTE, HOUR = 60.0, 3600.0
STALE = 15 * MINUTE
WISHES = {
    "settle": 60.0,
    "slack_settle": 15.0,
    "poll": 20.0,
    "allowance": (1.0, 10),
}  # as shipped, but it listens more seldom
EVERYWHERE = (SUPPORT, PRIVATE)


@dataclass
class Case:
    """One session, and what was said in it on either side."""

    key: SessionKey
    name: str
    channel: str
    lines: list[str] = field(default_factory=list)  # of the other side
    replies: list[str] = field(default_factory=list)  # of people in Slack


class Town:
    """People on both sides of several sessions, in two channels."""

    def __init__(self, world: World, loop: VirtualLoop) -> None:
        self.world = world
        self.loop = loop
        self.cases: list[Case] = []
        self.scene = ""
        self.chance = random.Random(11)  # noqa: S311 - the same dice every time

    async def open(self, count: int, channels: Sequence[str] = EVERYWHERE) -> list[Case]:
        """Opens sessions and returns when they are there on both sides."""
        opened = [await self.ask_for(channels[n % len(channels)]) for n in range(count)]
        await until(lambda: all(self.stands(case) for case in opened), "the sessions", HOUR)
        return opened

    async def ask_for(self, channel: str) -> Case:
        number = len(self.cases) + 1
        name = f"case {number:02}"
        key = await self.world.bridge.open(
            chat(name), Actor(TeamId(TEAM), UserId(ANNA)), ChannelId(channel), SlackName(f"{TEAM}/view/V{number}/0")
        )
        self.cases.append(Case(key, name, channel))
        return self.cases[-1]

    def session(self, case: Case) -> Session:
        return self.world.store.read.session(case.key)

    def stands(self, case: Case) -> bool:
        session = self.session(case)
        return session.evo_id is not None and session.thread_ts is not None

    def hear(self, case: Case) -> None:
        case.lines.append(f"{case.name} line {len(case.lines) + 1:03}")
        self.world.evo.hear(self.session(case).evo_id or "", JOE, case.lines[-1])

    async def write(self, case: Case) -> Ts:
        """Somebody writes in Slack. Whether the bot is told of it is Slack's business."""
        case.replies.append(f"{case.name} reply {len(case.replies) + 1:03}")
        return Ts(await self.world.slack.say(BEN, case.channel, case.replies[-1], self.session(case).thread_ts))

    async def reply(self, case: Case) -> None:
        """The same, and the bot is told at once."""
        session, ts = self.session(case), await self.write(case)
        assert session.thread is not None
        await self.world.relay(Said(session.thread, ts, UserId(BEN), case.replies[-1]))

    # What came of it

    def messages(self, case: Case) -> list[dict[str, Any]]:
        return self.world.slack.messages(case.channel, self.session(case).thread_ts)

    def shown(self, case: Case) -> list[str]:
        return lines_under(self.messages(case), str(self.session(case).thread_ts))

    def all_shown(self, *cases: Case) -> bool:
        return all(set(case.lines) <= set(self.shown(case)) for case in cases or self.cases)

    def sent(self, case: Case) -> list[str]:
        return [text.partition(": ")[2] for text in self.world.sent(self.session(case))]

    def all_sent(self, *cases: Case) -> bool:
        return all(set(case.replies) <= set(self.sent(case)) for case in cases or self.cases)

    def judge(self, found: Findings, *cases: Case) -> Findings:
        for case in cases or self.cases:
            found.compare(f"under the card of {case.name}", case.lines, self.shown(case))
            found.compare(f"in {case.name} at Evo Voice", case.replies, self.sent(case))
        return self.judge_calls(found)

    def judge_calls(self, found: Findings) -> Findings:
        calls = self.world.slack.journal.entries("api")
        homes = {f"{case.name} line": str(self.session(case).thread_ts) for case in self.cases}
        found.placed([call for call in calls if call["method"] == "chat.postMessage"], homes)
        found.patient(calls)
        for channel in EVERYWHERE:
            for name in strays(self.world.slack.messages(channel)):
                found.misplaced += 1
                found.tell(f"{name} stands in the open channel")
        return found

    def throttled(self) -> int:
        """How often Slack said that it was too much."""
        return sum(bool(call["retry_after"]) and not call["fault"] for call in self.world.slack.journal.entries("api"))


Scene = Callable[[Town, Findings, bool], Coroutine[Any, Any, None]]


@asynccontextmanager
async def town(loop: VirtualLoop, folder: Path, **wishes: Any) -> AsyncIterator[Town]:
    async with core(loop, folder, **(WISHES | wishes)) as world:
        yield Town(world, loop)


def _in(folder: Path, name: str | int) -> Path:
    """A folder of its own for each part of an experiment."""
    part = folder / str(name)
    part.mkdir()
    return part


def also(found: Findings) -> dict[str, int]:
    return {"outside their thread": found.misplaced, "requests before Slack's time": found.impatient}


# An outage

OUTAGES: Mapping[str, dict[str, Any]] = {
    "unreachable": {"fault": "cut_before"},
    "5xx": {"fault": "http_503"},
    "429": {"fault": "ratelimited", "retry_after": 30},
}
OUTAGE_SECONDS = 600.0


def slack_outage(folder: Path, long: bool) -> Verdict:
    """Slack's Web API is away for ten minutes while people go on on both sides."""
    lines, replies = (600, 120) if long else (150, 40)
    found = Findings()
    waits = []
    for name, fault in OUTAGES.items():
        waits.append(run(lambda loop, n=name, f=fault: _outage(loop, _in(folder, n), found, f, lines, replies)))
    return Verdict(
        "Slack may be away: what is said meanwhile appears afterwards, once, in order, in its thread",
        f"{len(OUTAGES)} outages of 10 minutes, {lines} lines and {replies} replies each, 10 threads, 2 channels",
        found.lost,
        found.doubled,
        found.out_of_order,
        also=also(found),
        measured=f"all shown {max(waits):.0f} s after Slack is back",
        examples=found.examples,
    )


async def _outage(
    loop: VirtualLoop, folder: Path, found: Findings, fault: dict[str, Any], lines: int, replies: int
) -> float:
    async with town(loop, folder) as there:
        await there.open(10)
        world = there.world
        world.slack.faults.order("*", **fault, times=ALWAYS)
        new = [await there.ask_for(channel) for channel in EVERYWHERE]
        for n in range(lines):
            there.hear(there.chance.choice(there.cases[:10]))
            if n % (lines // replies) == 0:
                await there.reply(there.chance.choice(there.cases[:10]))
            if n % (lines // 5) == 0:
                await _invite(there, there.cases[n % 10], n)
            await asyncio.sleep(OUTAGE_SECONDS / lines)
        world.slack.faults.clear()
        back = loop.time()
        await until(lambda: all(map(there.stands, new)) and there.all_shown(), "everything in Slack", HOUR)
        shown = loop.time() - back
        await until(there.all_sent, "everything at Evo Voice", HOUR)
        await until(lambda: len(world.evo.effects(None, "invited")) >= 5, "the invitations", HOUR)
        there.judge(found)
        return shown


async def _invite(there: Town, case: Case, n: int) -> None:
    session = there.session(case)
    assert session.thread is not None
    words = f"<@{BOT_USER}> invite +1503555{n:04}"
    ts = Ts(await there.world.slack.say(ANNA, case.channel, words, session.thread.ts, raw=True))
    await there.world.relay(Said(session.thread, ts, UserId(ANNA), words))


# Lost answers

MISHAPS: Sequence[dict[str, Any]] = (
    {"fault": "cut_before", "probability": 0.06},
    {"fault": "cut_after", "probability": 0.07},
    {"fault": "http_503", "probability": 0.03},
    {"fault": "http_503_after", "probability": 0.03},
    {"fault": "error", "error": "internal_error", "probability": 0.03},
    {"fault": "error_after", "error": "internal_error", "probability": 0.05},
    {"fault": "slow", "seconds": 12.0, "probability": 0.03},
)


def lost_answers(folder: Path, long: bool) -> Verdict:
    """Many answers of Slack's are lost, before or after the effect, and the bot dies again and again."""
    lines, deaths = (1200, 60) if long else (200, 12)
    found = Findings()
    answers = run(lambda loop: _lost_answers(loop, folder, found, lines, deaths))
    return Verdict(
        "What was posted stands in Slack once, whatever Slack answers and whenever the bot dies",
        f"{lines} lines in 6 threads, {deaths} deaths, {answers[0]} of {answers[1]} answers lost or late",
        found.lost,
        found.doubled,
        found.out_of_order,
        also=also(found),
        examples=found.examples,
    )


async def _lost_answers(loop: VirtualLoop, folder: Path, found: Findings, lines: int, deaths: int) -> tuple[int, int]:
    async with town(loop, folder, allowance=(5.0, 20)) as there:
        await there.open(6)
        world = there.world
        for mishap in MISHAPS:
            world.slack.faults.order("chat.postMessage", **mishap, times=ALWAYS)
        dying = set(there.chance.sample(range(lines), deaths))
        for n in range(lines):
            there.hear(there.chance.choice(there.cases))
            await asyncio.sleep(there.chance.choice((0.0, 0.05, 0.4, 3.0)))
            if n in dying:
                await asyncio.sleep(there.chance.uniform(0, 0.01))
                await world.die()
                world.start()
        await until(there.all_shown, "everything in Slack", HOUR)
        await asyncio.sleep(MINUTE)  # for what may still come a second time
        there.judge(found)
        calls = world.slack.journal.calls("chat.postMessage")
        return sum(bool(call["fault"]) for call in calls), len(calls)


# Refusals


def slack_refusals(folder: Path, long: bool) -> Verdict:
    """Slack says no for a while, in each of the ways it has."""
    found = Findings()
    scenes = SCENES * (3 if long else 1)
    for n, scene in enumerate(scenes):
        run(lambda loop, s=scene, n=n: _refused(loop, _in(folder, n), found, s, long))
    return Verdict(
        "When Slack says no, nothing is lost, nothing goes elsewhere, and other threads go on",
        f"{len(scenes)} refusals: token, channel, membership, card, message, scopes, looks",
        found.lost,
        found.doubled,
        found.out_of_order,
        also=also(found),
        measured="posting goes on within 1 minute of a good token, 10 of anything else",
        examples=found.examples,
    )


async def _refused(loop: VirtualLoop, folder: Path, found: Findings, scene: Scene, long: bool) -> None:
    async with town(loop, folder) as there:
        await there.open(4)
        for case in there.cases:
            there.hear(case)
        await until(there.all_shown, "the first lines")
        there.scene = scene.__name__.replace("_", " ")
        await scene(there, found, long)


async def _go_on(there: Town, found: Findings, seconds: float) -> None:
    """It is over: everything appears within so many seconds."""
    await _in_time(there, found, there.all_shown, f"everything shown {seconds:.0f} s after the trouble", seconds)
    await until(there.all_shown, "everything in Slack", HOUR)
    there.judge(found)


async def _in_time(there: Town, found: Findings, condition: Callable[[], Any], what: str, seconds: float) -> None:
    try:
        await until(condition, what, seconds)
    except AssertionError:
        found.lost += 1
        found.tell(f"not in time: {what} ({there.scene})")


async def _say_everywhere(there: Town, times: int) -> None:
    for _ in range(times):
        for case in there.cases:
            there.hear(case)
        await asyncio.sleep(20)


async def _others_go_on(there: Town, found: Findings, channel: str) -> None:
    others = [case for case in there.cases if case.channel != channel]
    await _in_time(there, found, lambda: there.all_shown(*others), "the other channel's lines", MINUTE)


async def token_revoked(there: Town, found: Findings, long: bool) -> None:
    there.world.slack.faults.order("*", "error", error="token_revoked", times=ALWAYS)
    await _say_everywhere(there, 15)
    await _in_time(there, found, lambda: there.world.poster.signed_out, "health to say so", MINUTE)
    there.world.slack.faults.clear()
    await _go_on(there, found, 90)
    await _in_time(there, found, lambda: not there.world.poster.signed_out, "health to be well again", MINUTE)


async def channel_archived(there: Town, found: Findings, long: bool) -> None:
    await there.world.slack.archive(ANNA, SUPPORT)
    await _say_everywhere(there, 15)
    await _others_go_on(there, found, SUPPORT)
    await _owner_told(there, found)
    ended = there.cases[0]
    there.world.evo.end(there.session(ended).evo_id or "")
    await asyncio.sleep(MINUTE)
    await there.world.slack.archive(ANNA, SUPPORT, undo=True)
    await _go_on(there, found, 620)
    card = str(there.session(ended).thread_ts)
    await _in_time(
        there, found, lambda: "Ended" in there.world.slack.message(SUPPORT, card)["text"], "the card to show it", 620
    )


async def bot_removed(there: Town, found: Findings, long: bool) -> None:
    await there.world.slack.leave(BOT_USER, SUPPORT)
    await _say_everywhere(there, 15)
    await _others_go_on(there, found, SUPPORT)
    await _owner_told(there, found)
    await there.world.slack.join(BOT_USER, SUPPORT)
    await _go_on(there, found, 620)


async def card_deleted(there: Town, found: Findings, long: bool) -> None:
    await _card_deleted(there, found)


async def card_deleted_and_threads_leak(there: Town, found: Findings, long: bool) -> None:
    """Slack puts into the open channel what it finds no thread for."""
    there.world.slack.configure(lost_threads=True)
    await _card_deleted(there, found)
    leaked = [call for call in there.world.slack.journal.calls("chat.postMessage") if _astray(call)]
    if len(leaked) > 1:
        found.misplaced += len(leaked) - 1
        found.tell(f"{len(leaked)} posts went astray before the bot understood")


def _astray(call: Mapping[str, Any]) -> bool:
    return bool(call["effect"] and call["args"].get("thread_ts") and "thread_ts" not in call["answer"]["message"])


async def _card_deleted(there: Town, found: Findings) -> None:
    """The thread is gone for good: what is said is kept, its owner told, and everything else goes on."""
    world, (gone,) = there.world, await there.open(1, (SUPPORT,))
    await world.slack.delete(ANNA, SUPPORT, str(there.session(gone).thread_ts))
    there.cases.remove(gone)
    for _ in range(8):
        there.world.evo.hear(there.session(gone).evo_id or "", JOE, "into the void")
        await _say_everywhere(there, 4)
    await _owner_told(there, found)
    await _go_on(there, found, MINUTE)
    kept = world.store.read._connection.execute(
        "SELECT count(*) FROM post WHERE session = ? AND kind = 'line' AND state = 'pending'", (gone.key,)
    ).fetchone()[0]
    found.lost += 8 - kept


async def message_deleted(there: Town, found: Findings, long: bool) -> None:
    """A message is gone before it can carry its sign: it was sent, and the others carry theirs."""
    first, second = there.cases[0], there.cases[1]
    await there.reply(first)
    message = there.messages(first)[-1]["ts"]
    await there.world.slack.delete(BEN, first.channel, message)
    await there.reply(second)
    await until(there.all_sent, "both replies")
    signed = lambda: any(there.messages(second)[-1].get("reactions", ()))  # noqa: E731 - asked again and again
    await _in_time(there, found, signed, "the other message's sign", MINUTE)
    await _go_on(there, found, MINUTE)


async def scopes_missing(there: Town, found: Findings, long: bool) -> None:
    there.world.slack.faults.order("chat.postMessage", "error", error="missing_scope", times=ALWAYS)
    there.world.slack.faults.order("reactions.add", "error", error="missing_scope", times=ALWAYS)
    await _say_everywhere(there, 15)
    there.world.slack.faults.clear()
    await _go_on(there, found, 620)


async def looks_refused(there: Town, found: Findings, long: bool) -> None:
    """Once the look alone, once the plain words as well."""
    for times, patience in ((1, 30), (2, 620)):
        for code in ("invalid_blocks", "msg_too_long"):
            there.world.slack.faults.order("chat.postMessage", "error", error=code, times=times)
            await _say_everywhere(there, 1)
            await _in_time(there, found, there.all_shown, f"the lines after {code}", patience)
    await _go_on(there, found, MINUTE)


async def backlog_refused(there: Town, found: Findings, long: bool) -> None:
    """The look of a message that shows many lines is refused."""
    there.world.slack.faults.order("chat.postMessage", "http_503", times=ALWAYS)
    await _say_everywhere(there, 12)
    there.world.slack.faults.clear()
    there.world.slack.faults.order("chat.postMessage", "error", error="invalid_blocks")
    await _go_on(there, found, 60)


async def _owner_told(there: Town, found: Findings) -> None:
    direct, _ = there.world.slack.desk.world.open_direct([ANNA])
    told = lambda: len(there.world.slack.messages(direct.id))  # noqa: E731 - asked again and again
    await _in_time(there, found, told, "a word to whoever opened the session", MINUTE)


SCENES: tuple[Scene, ...] = (
    token_revoked,
    channel_archived,
    bot_removed,
    card_deleted,
    card_deleted_and_threads_leak,
    message_deleted,
    scopes_missing,
    looks_refused,
    backlog_refused,
)


# The pace


def pace(folder: Path, long: bool) -> Verdict:
    """Do we keep to what Slack takes, and how long does a backlog need?"""
    minutes = 60 if long else 5
    found = Findings()
    told: list[str] = []
    over = 0
    for limits in ("normal", "harsh"):
        posts, most, refused, hundred = run(lambda loop, n=limits: _pace(loop, _in(folder, n), found, n, minutes))
        over += max(0, most - 70)
        told.append(f"{limits}: {refused} of {posts} posts throttled, 100 lines of one thread in {hundred:.0f} s")
        if limits == "normal":
            found.impatient += refused
    return Verdict(
        "About one post a second in a channel, so that Slack need not throttle us",
        f"{minutes} minutes of 10 busy threads in one channel, bursts of 20 lines, then a backlog of 100",
        found.lost,
        found.doubled,
        found.out_of_order,
        also=also(found) | {"posts above 60 a minute and 10 at once": over},
        measured="; ".join(told),
        examples=found.examples,
    )


async def _pace(
    loop: VirtualLoop, folder: Path, found: Findings, limits: str, minutes: int
) -> tuple[int, int, int, float]:
    async with town(loop, folder) as there:
        await there.open(10, (SUPPORT,))
        world = there.world
        await asyncio.sleep(MINUTE)
        world.slack.limits.set(limits)
        for n in range(minutes * 6):
            for _ in range(20 if n % 12 == 0 else 6):
                there.hear(there.chance.choice(there.cases))
            await asyncio.sleep(10)
        await until(there.all_shown, "everything in Slack", HOUR)
        calls = world.slack.journal.calls("chat.postMessage")
        seconds = await _backlog(there, there.cases[0])
        there.judge(found)
        refused = sum(call["status"] == 429 for call in calls)
        return len(calls), busiest(calls, MINUTE), refused, seconds


async def _backlog(there: Town, case: Case) -> float:
    world = there.world
    world.slack.faults.order("chat.postMessage", "http_503", times=ALWAYS)
    for _ in range(100):
        there.hear(case)
    await asyncio.sleep(5 * MINUTE)
    world.slack.faults.clear()
    back = there.loop.time()
    await until(lambda: there.all_shown(case), "the backlog", HOUR)
    return there.loop.time() - back


# The gap


class Mailbox:
    """Where Slack brings its events: taken while the bot lives, refused while it does not."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.open = True
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/", self._take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        slack = self.town.world.slack
        slack.configure(events_url=f"http://127.0.0.1:{self._runner.addresses[0][1]}/", time_scale=1.0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.town.world.slack.configure(events_url=None)
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        if not self.open:
            return web.Response(status=503)
        await self.town.world.threads(await request.json())
        return web.Response()


class Log(logging.Handler):
    """What the catching up says of itself."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if (text := record.getMessage()).startswith("caught up"):
            self.said.append(text)


@asynccontextmanager
async def listening() -> AsyncIterator[Log]:
    log, logger = Log(), logging.getLogger("bot.catchup")
    level = logger.level
    logger.addHandler(log)
    logger.setLevel(logging.INFO)
    try:
        yield log
    finally:
        logger.removeHandler(log)
        logger.setLevel(level)


IN_ORDER = ("died", "connection lost", "nobody noticed")
WAYS = (*IN_ORDER, "died twice", "one page a minute")
WRONG = ("sent unasked when it was old", "questions too many", "questions without buttons", "wrong words in the log")
LISTED = 20  # replies that one question may be about


@dataclass
class Gap:
    """What was written while nobody listened."""

    way: str
    found: Findings
    missed: list[tuple[Case, str, Ts]] = field(default_factory=list)
    lines: int = 0
    wrong: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WRONG, 0))

    def tell(self, what: str, example: str) -> None:
        self.wrong[what] += 1
        self.found.tell(f"{self.way}: {what}: {example}")


def gap(folder: Path, long: bool) -> Verdict:
    """The bot does not listen for half an hour while people write on both sides."""
    found = Findings()
    threads, stale = (12, 90) if long else (5, 30)
    gaps = [Gap(way, found) for way in WAYS]
    for n, each in enumerate(gaps):
        run(lambda loop, n=n, g=each: _gap(loop, _in(folder, n), g, threads, stale))
    return Verdict(
        "What was written while the bot was away is found; what is old by then leaves only when somebody says so",
        f"{len(WAYS)} gaps of 30 minutes ({', '.join(WAYS)}), {threads} threads each, "
        f"{sum(len(each.missed) + each.lines for each in gaps)} messages missed",
        found.lost,
        found.doubled,
        found.out_of_order,
        also=also(found) | {what: sum(each.wrong[what] for each in gaps) for what in WRONG},
        examples=found.examples,
    )


async def _gap(loop: VirtualLoop, folder: Path, gap: Gap, threads: int, stale: int) -> None:
    async with listening() as log, town(loop, folder, catching=True) as there, Mailbox(there) as mailbox:
        await there.open(threads)
        for case in there.cases:
            await there.write(case)
            there.hear(case)
        await until(lambda: there.all_sent() and there.all_shown(), "the first words")
        await until(lambda: log.said, "the first line in the log")
        log.said.clear()
        mailbox.open = False
        if gap.way not in {"connection lost", "nobody noticed"}:
            await there.world.die()
        await _write_meanwhile(there, gap, stale)
        await _come_back(there, mailbox, gap.way)
        await _known(there, gap)
        _judge_before(there, gap, log)
        chosen = await _decide(there, gap)
        await asyncio.sleep(10 * MINUTE)  # Slack's last retries
        await until(there.all_shown, "every line", HOUR)
        _judge_after(there, gap, chosen)


async def _write_meanwhile(there: Town, gap: Gap, stale: int) -> None:
    """What is written in the first half is old at the end of it. The first thread has most of it."""
    first = there.cases[0]
    for n in range(stale):
        await _miss(there, gap, first if n % 2 else there.chance.choice(there.cases))
        await asyncio.sleep(14 * MINUTE / stale)
    await asyncio.sleep(4 * MINUTE)
    for _ in range(12):
        await _miss(there, gap, there.chance.choice(there.cases))
        there.hear(there.chance.choice(there.cases))
        gap.lines += 1
        await asyncio.sleep(MINUTE - 7)  # none of Slack's repeats comes at the very moment of the return


async def _miss(there: Town, gap: Gap, case: Case) -> None:
    ts = await there.write(case)
    gap.missed.append((case, case.replies[-1], ts))


async def _come_back(there: Town, mailbox: Mailbox, way: str) -> None:
    world = there.world
    if way == "died twice":
        await _die_again(there, mailbox)
    if way == "one page a minute":
        world.slack.limits.set("unlisted")
    mailbox.open = True
    if way == "connection lost":
        world.catch_up.poke()
    elif way != "nobody noticed":
        world.start()


async def _die_again(there: Town, mailbox: Mailbox) -> None:
    """Newer messages are stored while Slack does not let the threads be read; then the bot dies once more."""
    world = there.world
    world.slack.faults.order("conversations.replies", "ratelimited", retry_after=60, times=ALWAYS)
    world.start()
    mailbox.open = True
    for case in there.cases:
        await there.write(case)
    await asyncio.sleep(30)
    mailbox.open = False
    await world.die()
    world.slack.faults.clear()


async def _known(there: Town, gap: Gap) -> None:
    """Until each that was missed is on the other side or in a question."""

    def known() -> bool:
        return all(text in there.sent(case) or text in _asked(there, case) for case, text, _ in gap.missed)

    with suppress(AssertionError):
        await until(known, "everything that was missed", 2 * HOUR)
    await asyncio.sleep(MINUTE)


def _questions(there: Town, case: Case) -> list[dict[str, Any]]:
    """What the bot asks in a thread now."""
    return [m for m in there.messages(case)[1:] if m.get("user") == BOT_USER and "reply" in m["text"]]


def _asked(there: Town, case: Case) -> str:
    return " ".join(message["text"] for message in _questions(there, case))


def _judge_before(there: Town, gap: Gap, log: Log) -> None:
    """Before anybody has pressed a button."""
    out, decide = 0, 0
    for case in there.cases:
        sent, asked = there.sent(case), _asked(there, case)
        mine = [(text, ts) for other, text, ts in gap.missed if other is case]
        for text, _ in mine:
            gap.found.compare(f"{gap.way}: {case.name}", [text], [text] * (sent.count(text) + asked.count(text)))
        out += sum(text in sent for text, _ in mine)
        waiting = sum(text in asked for text, _ in mine)
        decide += waiting
        if gap.way in IN_ORDER:
            gap.found.compare(f"{gap.way}: {case.name}", sent, sent)
        if len(_questions(there, case)) > -(-waiting // LISTED):
            gap.tell("questions too many", f"{len(_questions(there, case))} about {waiting} replies")
    _judge_age(there, gap)
    if gap.way == "died" and log.said != [f"caught up: {gap.lines} in, {out} out, {decide} to decide"]:
        gap.tell("wrong words in the log", f"{log.said} instead of {gap.lines}, {out}, {decide}")


def _judge_age(there: Town, gap: Gap) -> None:
    """Nothing older than a quarter of an hour has left by itself."""
    for case, text, ts in gap.missed:
        for effect in there.world.evo.effects(there.session(case).evo_id, "sent"):
            if effect.detail["body"].endswith(text) and effect.at / 1e6 - float(ts) > STALE + 30:
                gap.tell("sent unasked when it was old", f"{text} after {effect.at / 1e6 - float(ts):.0f} s")


async def _decide(there: Town, gap: Gap) -> set[str]:
    """In every other thread everything is sent, in the others it is left. Returns what is to be sent."""
    chosen: set[str] = set()
    for n, case in enumerate(there.cases):
        for question in _questions(there, case):
            buttons = [
                element for block in question["blocks"] if block["type"] == "actions" for element in block["elements"]
            ]
            if len(buttons) != 2:
                gap.tell("questions without buttons", question["text"])
                continue
            await _press(there, buttons[n % 2])
            if n % 2 == 0:
                chosen |= {text for other, text, _ in gap.missed if other is case and text in question["text"]}
    return chosen


async def _press(there: Town, button: Mapping[str, Any]) -> None:
    """As the listeners do it. A second press changes nothing."""
    bridge, by = there.world.bridge, Actor(TeamId(TEAM), UserId(ANNA))
    for _ in range(2):
        if button["action_id"].startswith("missed_answer"):
            await bridge.answer_missed(*unpack_missed(button["action_id"], button["value"]), by)
        else:
            await bridge.answer(*unpack_answer(button["action_id"], button["value"]), by)


def _judge_after(there: Town, gap: Gap, chosen: set[str]) -> None:
    """What was chosen is there, what was left is not, nothing is there twice, and every line stands in its thread."""
    for case in there.cases:
        sent = there.sent(case)
        gap.found.compare(f"{gap.way}: {case.name}", case.lines, there.shown(case))
        for text in set(sent):
            gap.found.compare(f"{gap.way}: {case.name}", [text], sent)
        for text in chosen & set(case.replies):
            gap.found.compare(f"{gap.way}: {case.name}", [text], sent)
    there.judge_calls(gap.found)


EXPERIMENTS = (slack_outage, lost_answers, slack_refusals, pace, gap)
