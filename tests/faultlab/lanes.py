"""What goes to Evo Voice: once, in order, patiently; whatever Slack delivers twice and whatever goes wrong there."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from bot.model import Actor, Answer, Said, Session, State, TeamId, Ts, UserId
from sandbox import steady
from sandbox.evo import EvoStandIn, JournalEntry
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, SUPPORT, TEAM
from sandbox.stage import Mode, Stage
from tests import helpers
from tests.faultlab.core import core
from tests.faultlab.line import REFUSED, SILENT, UNNAMED, Line
from tests.faultlab.verdict import Verdict
from tests.faultlab.virtual import VirtualLoop, run, until
from tests.helpers import chat
from tests.world import World

SETTLE, POLL, DEADLINE = 60.0, 2.0, 15.0
REAL = {"settle": SETTLE, "poll": POLL, "deadline": DEADLINE}  # as an installation is shipped
SHOWN = 5  # examples of each sort of violation


@dataclass
class Findings:
    """What is wrong, counted; the first few in words."""

    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    examples: list[str] = field(default_factory=list)

    def tell(self, example: str) -> None:
        if len(self.examples) < SHOWN:
            self.examples.append(example)


def compare(expected: Mapping[str, Sequence[str]], sent: Mapping[str, Sequence[str]]) -> Findings:
    """What should have been said in each session, in order and once, against what was."""
    found = Findings()
    for session, wanted in expected.items():
        there = Counter(sent.get(session, ()))
        for text, times in (Counter(wanted) - there).items():
            found.lost += times
            found.tell(f"lost in {session}: {text!r}")
        for text, times in (there - Counter(wanted)).items():
            found.doubled += times
            found.tell(f"{times} too many in {session}: {text!r}")
        found.out_of_order += _overtakings(session, wanted, sent.get(session, ()), found)
    return found


def _overtakings(session: str, wanted: Sequence[str], there: Sequence[str], found: Findings) -> int:
    """How many came directly before one that should have been earlier."""
    place = {text: n for n, text in enumerate(wanted)}
    ranked = [text for text in there if text in place]
    pairs = [(a, b) for a, b in pairwise(ranked) if place[a] > place[b]]
    for late, early in pairs:
        found.tell(f"in {session} {late!r} came before {early!r}")
    return len(pairs)


# The stage


async def open_sessions(world: World, count: int) -> list[Session]:
    keys = [await world.open(chat(f"Nr. {n}"), n=n) for n in range(1, count + 1)]
    for key in keys:
        await until(lambda key=key: _is_open(world.store.read.session(key)), f"session {key}")
    return [world.store.read.session(key) for key in keys]


def _is_open(session: Session) -> bool:
    return session.evo_id is not None and session.thread_ts is not None


def sent_in(world: World, sessions: Iterable[Session]) -> dict[str, list[str]]:
    return {str(session.evo_id): world.sent(session) for session in sessions}


def count(world: World, *states: State) -> int:
    """Items in these states, as anybody could read them in the file."""
    marks = ", ".join("?" for _ in states)
    return int(rows(world, f"SELECT count(*) FROM item WHERE state IN ({marks})", *states)[0][0])


def rows(world: World, sql: str, *values: object) -> list[sqlite3.Row]:
    return list(world.store.read._connection.execute(sql, values))


async def all_finished(world: World, seconds: float = 7200.0) -> None:
    under_way = (State.PENDING, State.SENDING, State.UNKNOWN)
    await until(lambda: not count(world, *under_way), "every item to be finished", seconds)


# Order


@dataclass(frozen=True)
class Told:
    """A message as Slack delivered it. `stored` is when the bot had said so, later than it was."""

    session: str
    ts: str
    text: str
    stored: float


def inversions(told: Sequence[Told], left: Mapping[str, float], order: Mapping[str, Sequence[str]]) -> list[str]:
    """Who was stored before a message with a later ts was marked as leaving, and yet left after it.

    `left`: text → when it was marked. `order`: session → texts as they took effect. Texts are unique.
    """
    by_text = {one.text: one for one in told}
    found = []
    for texts in order.values():
        ours = [by_text[text] for text in texts if text in by_text]
        for n, late in enumerate(ours):
            overtook = [one for one in ours[:n] if float(one.ts) > float(late.ts) and late.stored < left[one.text]]
            found += [f"{one.text!r} left before {late.text!r}, which was stored" for one in overtook[:1]]
    return found


FAULTS: tuple[tuple[str, dict[str, object]], ...] = (
    ("cut_before", {}),
    ("cut_after", {}),
    ("503", {"body": "html"}),
    ("502", {"after": True}),
    ("429", {"seconds": 2}),
    ("truncate", {}),
)


def order(folder: Path, long: bool) -> Verdict:
    """Slack delivers in any order; a fifth of what is asked of Evo Voice goes wrong."""
    sessions, each = (200, 50) if long else (12, 40)
    return run(lambda loop: _order(loop, folder, sessions, each))


async def _order(loop: VirtualLoop, folder: Path, sessions: int, each: int) -> Verdict:
    chance = random.Random(11)  # noqa: S311 - the same dice every time
    async with core(loop, folder, **REAL) as world:
        there = await open_sessions(world, sessions)
        for kind, options in FAULTS:
            world.evo.fault(kind, "*", times=None, probability=0.2 / len(FAULTS), **options)
        told = await _tell_shuffled(world, there, each, chance)
        world.evo.clear_faults()
        await all_finished(world)
        items = rows(world, "SELECT sent_text, sending_at, state FROM item WHERE sent_text IS NOT NULL")
        sent = sent_in(world, there)
    asked = {text for text, _, state in items if state == State.NEEDS_PERSON}
    wanted: dict[str, list[str]] = {str(session.evo_id): [] for session in there}
    for one in told:
        if one.text not in asked:
            wanted[one.session].append(one.text)
    found = compare(wanted, sent)
    overtakings = inversions(told, {text: left for text, left, _ in items}, sent)
    return Verdict(
        "each session keeps Slack's order, for what was stored before its turn",
        f"{sessions} sessions × {each} messages, shuffled, 20 % faults",
        lost=found.lost,
        doubled=found.doubled,
        out_of_order=len(overtakings),
        measured=f"{len(asked)} questions",
        examples=[*overtakings[:SHOWN], *(text for text in found.examples if "came before" not in text)],
    )


async def _tell_shuffled(world: World, sessions: Sequence[Session], each: int, chance: random.Random) -> list[Told]:
    """Messages in bursts, delivered within two seconds of being written, in any order."""
    told: list[Told] = []

    async def deliver(session: Session, text: str, said: Said, delay: float) -> None:
        await asyncio.sleep(delay)
        await world.relay(said)
        told.append(Told(str(session.evo_id), said.ts, f"Ben: {text}", world.clock.now()))

    deliveries = []
    for n in range(each):
        for session in chance.sample(list(sessions), len(sessions)):
            text = f"{session.key}.{n}"
            assert session.thread is not None
            ts = Ts(await world.slack.say(BEN, SUPPORT, text, session.thread.ts))
            said = Said(session.thread, ts, UserId(BEN), text)
            deliveries.append(asyncio.create_task(deliver(session, text, said, chance.uniform(0, 2))))
        await asyncio.sleep(chance.choice((0.05, 0.5, 5, 20)))
    await asyncio.gather(*deliveries)
    return told


# Outage


@dataclass(frozen=True)
class Outage:
    """How Evo Voice is away, and what is wanted of it meanwhile."""

    trouble: str
    sessions: int
    replies: int
    minutes: float = 10.0

    @property
    def unnoticed(self) -> float:
        """Seconds in which nobody can know yet: requests that were under way, or that hang."""
        return DEADLINE + 1 if self.trouble in {SILENT, "hang"} else 1.0


@dataclass
class Aftermath:
    """What came of one outage, as the far side and the file tell it."""

    plan: Outage
    found: Findings
    attempts: int
    crowded: int  # attempts less than a second after the one before
    late: list[str]  # delivered more than a minute after the end of it
    questions: int
    doubts: int


def outage(folder: Path, long: bool) -> Verdict:
    """Evo Voice is away in every way there is; people go on writing."""
    fewer = 1 if long else 5
    ways = [Outage(REFUSED, 50, 1000 if long else 400)]
    ways += [Outage(way, 50 // fewer, 500 // fewer) for way in (UNNAMED, SILENT, "503", "down", "hang")]
    if long:
        ways += [Outage("503", 50, 1000), Outage("502", 3, 60), Outage("down", 200, 2000, 55)]
    came = [run(lambda loop, n=n, plan=plan: _outage(loop, place(folder, n), plan)) for n, plan in enumerate(ways)]
    hour, unasked = run(lambda loop: _longer_than_an_hour(loop, place(folder, "hour")))
    return Verdict(
        "after an outage everything goes out, in order, by itself; after an hour only when somebody says so",
        f"{len(ways)} outages of 10 min and more, {sum(plan.replies for plan in ways):,} replies, one of 70 min",
        lost=sum(one.found.lost for one in came) + hour.lost,
        doubled=sum(one.found.doubled for one in came) + hour.doubled,
        out_of_order=sum(one.found.out_of_order for one in came) + hour.out_of_order,
        also={
            "attempts within a second of another": sum(one.crowded for one in came),
            "later than 60 s after the end": sum(len(one.late) for one in came),
            "questions after ten minutes": sum(one.questions for one in came),
            "not asked about after an hour": unasked,
        },
        measured=f"{max(one.attempts / one.plan.minutes for one in came):.1f} attempts a minute at most, "
        f"{max(one.doubts for one in came)} sessions in doubt at most",
        examples=[f"{one.plan.trouble}: {text}" for one in came for text in one.found.examples + one.late[:2]],
    )


def place(folder: Path, name: object) -> Path:
    there = folder / str(name)
    there.mkdir()
    return there


def leave(world: World, line: Line, trouble: str) -> None:
    """The line is cut, or whoever answers has nothing good to say."""
    if trouble in {REFUSED, UNNAMED, SILENT}:
        line.cut(trouble)
    else:
        world.evo.fault(trouble, "*", times=None, seconds=3600)


def come_back(world: World, line: Line) -> None:
    line.mend()
    world.evo.clear_faults()
    world.evo.drop_connections()  # those that hang


async def _outage(loop: VirtualLoop, folder: Path, plan: Outage) -> Aftermath:
    async with core(loop, folder, **REAL) as world:
        line = Line(loop, world.evo)
        there = await open_sessions(world, plan.sessions)
        gone, known = world.clock.now(), len(world.evo.journal())
        leave(world, line, plan.trouble)
        expected = await _talk(world, there, plan.replies, plan.minutes * 60)
        attempts = attempts_since(world, line, gone, known)
        come_back(world, line)
        back = world.clock.now()
        await all_finished(world)
        doubtful = sessions_in_doubt(world)
        asked = count(world, State.NEEDS_PERSON)
        found = compare(expected, sent_in(world, there))
        late = [
            f"{effect.detail['body']!r} {effect.at / 1e6 - back:.0f} s after the end"
            for effect in world.evo.effects(None, "sent")
            if effect.at / 1e6 - back > 60 + (SETTLE + 10 if effect.session_id in doubtful else 0)
        ]
    return Aftermath(plan, found, len(attempts), crowded(attempts, plan.unnoticed), late, asked, len(doubtful))


async def _talk(world: World, there: Sequence[Session], replies: int, seconds: float) -> dict[str, list[str]]:
    """Replies, spread over the time; and somebody opens another session halfway. What should become of it."""
    expected: dict[str, list[str]] = {str(session.evo_id): [] for session in there}
    for n in range(replies):
        session = there[n % len(there)]
        await world.say(session, f"reply {n}")
        expected[str(session.evo_id)].append(f"Ben: reply {n}")
        if n == replies // 2:
            await world.open(chat("Opened meanwhile"), n=len(there) + 1)
        await asyncio.sleep(seconds / replies)
    return expected


def attempts_since(world: World, line: Line, gone: float, known: int) -> list[float]:
    """When somebody tried while Evo Voice was away: connections while there is none, requests while it answers."""
    if line.trouble:
        return [at - gone for at in line.attempts if at >= gone]
    return [entry.at / 1e6 - gone for entry in world.evo.journal()[known:]]


def crowded(attempts: Sequence[float], unnoticed: float) -> int:
    """Attempts that came less than a second after the one before, once the trouble could be known."""
    pairs = pairwise(attempts)
    return sum(1 for before, after in pairs if before > unnoticed and after - before < 1)


def sessions_in_doubt(world: World) -> set[str]:
    """Those in which the outcome of something was unknown for a while."""
    found = rows(
        world,
        "SELECT DISTINCT session.evo_id FROM item JOIN session ON session.key = item.session "
        "WHERE item.unknown_at IS NOT NULL",
    )
    return {row[0] for row in found}


async def _longer_than_an_hour(loop: VirtualLoop, folder: Path) -> tuple[Findings, int]:
    """Nothing is sent so late without a click; half of it gets one."""
    async with core(loop, folder, **REAL) as world:
        line = Line(loop, world.evo)
        there = await open_sessions(world, 4)
        leave(world, line, "503")
        await _talk(world, there, 20, 300)
        await asyncio.sleep(3900)
        unasked = 20 - len(rows(world, "SELECT 1 FROM item WHERE kind = 'say' AND state = 'needs_person'"))
        come_back(world, line)
        await all_finished(world)
        early = compare({str(session.evo_id): [] for session in there}, sent_in(world, there))
        wanted = await _answer_every_other(world)
        await all_finished(world)
        found = compare(wanted, sent_in(world, there))
    early.lost += found.lost
    early.doubled += found.doubled
    early.out_of_order += found.out_of_order
    return early, unasked


async def _answer_every_other(world: World) -> dict[str, list[str]]:
    """Presses "send now" and "leave it" in turn; what should be sent because of it."""
    asked = rows(
        world,
        "SELECT item.key, session.evo_id, json_extract(item.body, '$.text') FROM item JOIN session "
        "ON session.key = item.session WHERE item.kind = 'say' AND item.state = 'needs_person' ORDER BY item.key",
    )
    wanted: dict[str, list[str]] = {}
    for n, (key, evo_id, text) in enumerate(asked):
        send = n % 8 < 4  # four sessions take turns
        await world.bridge.answer(key, Answer.AGAIN if send else Answer.LEAVE, Actor(TeamId(TEAM), UserId(BEN)))
        if send:
            wanted.setdefault(evo_id, []).append(f"Ben: {text}")
    return wanted


# Signing in


def expired_login(folder: Path, long: bool) -> Verdict:
    """The session ends again and again, then the password is changed, then changed back; people go on writing."""
    sessions, each = (50, 100) if long else (6, 20)
    came = {
        way: run(lambda loop, way=way: _expired_login(loop, place(folder, way), way == "basic", sessions, each))
        for way in ("cookie", "basic")
    }
    return Verdict(
        "a login that ends is renewed with care, and nothing is lost over it",
        f"{2 * sessions * each:,} replies, {EXPIRIES} ends of the login, a wrong password for 12 min, both ways",
        lost=sum(found.lost for found, *_ in came.values()),
        doubled=sum(found.doubled for found, *_ in came.values()),
        out_of_order=sum(found.out_of_order for found, *_ in came.values()),
        also={
            "logins too many in five minutes": sum(logins for _, logins, _ in came.values()),
            "questions": sum(asked for *_, asked in came.values()),
        },
        examples=[f"{way}: {text}" for way, (found, *_) in came.items() for text in found.examples],
    )


EXPIRIES = 30
LOGINS, WINDOW = 2, 300.0


async def _expired_login(
    loop: VirtualLoop, folder: Path, basic: bool, sessions: int, each: int
) -> tuple[Findings, int, int]:
    async with core(loop, folder, **{**REAL, "poll": 10.0}, basic=basic) as world:
        there = await open_sessions(world, sessions)
        talking = asyncio.create_task(_talk(world, there, sessions * each, 1800))
        await asyncio.sleep(60)
        for _ in range(EXPIRIES):
            await asyncio.sleep(20)
            world.evo.expire_sign_ins()
            if not basic and not world.evo.faults():
                world.evo.fault("401", "SendMessage")  # in the middle of things
        change_password(world.evo, "something else")
        await asyncio.sleep(720)
        change_password(world.evo, "correct-horse")
        expected = await talking
        await all_finished(world)
        tries = logins(world.evo, basic)
        asked = count(world, State.NEEDS_PERSON, State.REFUSED)
        return compare(expected, sent_in(world, there)), too_many(tries), asked


def change_password(evo: EvoStandIn, password: str) -> None:
    seeds = evo.seeds()
    changed = [
        replace(login, password=password) if login.email == "bot@example.com" else login for login in seeds.logins
    ]
    evo.reseed(replace(seeds, logins=tuple(changed)))
    evo.expire_sign_ins()


def logins(evo: EvoStandIn, basic: bool) -> list[float]:
    """When a password was tried: a login, or with Basic a request that was told that it is wrong.

    With Basic, requests that are under way when the password changes all carry the old one: they count as one.
    """
    if basic:
        refused = [entry.at / 1e6 for entry in evo.journal() if entry.status == 401]
        return [at for n, at in enumerate(refused) if n == 0 or at - refused[n - 1] > 1]
    return [entry.at / 1e6 for entry in evo.journal(operation="Authenticate")]


def too_many(times: Sequence[float]) -> int:
    """Logins that were at least the third within five minutes."""
    return sum(1 for n, at in enumerate(times) if n >= LOGINS and at - times[n - LOGINS] < WINDOW)


# Patience

SLACKEN = 0.2  # seconds of grace: time passes while a request is on its way
AT_MOST = 900.0


@dataclass(frozen=True)
class Asked:
    """How a 429 asked for patience, and when the next request may come at the earliest and at the latest."""

    options: Mapping[str, Any]
    earliest: float
    latest: float


PATIENCE = {
    "seconds": Asked({"seconds": 40}, 40, 70),
    "a date": Asked({"seconds": 40, "retry_after": "date"}, 39, 70),
    "ten days": Asked({"header": "864000"}, AT_MOST, AT_MOST + 30),
    "a date in a year": Asked({"header": "Fri, 31 Dec 2100 23:59:59 GMT"}, AT_MOST, AT_MOST + 30),
    "negative": Asked({"header": "-5"}, 1, 30),
    "words": Asked({"header": "soon"}, 1, 30),
    "a date gone by": Asked({"header": "Fri, 31 Dec 1999 23:59:59 GMT"}, 1, 30),
    "nothing": Asked({"retry_after": "none"}, 1, 30),
    "zero": Asked({"seconds": 0}, 1, 30),
}


def patience(folder: Path, long: bool) -> Verdict:
    """Too many requests, said in every way; to a message and to a question."""
    meets = ("SendMessage", "*") if not long else ("SendMessage", "*", "GetChatTranscript", "ListSessions")
    came = [run(lambda loop, op=op: _patience(loop, place(folder, op.strip("*") or "all"), op)) for op in meets]
    complaints = [complaint for _, told in came for complaint in told]
    return Verdict(
        "when Evo Voice asks for patience, nothing whatever is asked before the time",
        f"{len(PATIENCE)} ways to say it, to {len(meets)} sorts of requests",
        lost=sum(found.lost for found, _ in came),
        doubled=sum(found.doubled for found, _ in came),
        out_of_order=sum(found.out_of_order for found, _ in came),
        also={"too early or too late": len(complaints)},
        examples=[*complaints[:SHOWN], *(text for found, _ in came for text in found.examples)],
    )


async def _patience(loop: VirtualLoop, folder: Path, operation: str) -> tuple[Findings, list[str]]:
    complaints = []
    async with core(loop, folder, **REAL) as world:
        there = await open_sessions(world, 3)
        expected: dict[str, list[str]] = {str(session.evo_id): [] for session in there}
        for how, asked in PATIENCE.items():
            known = len(world.evo.journal())
            world.evo.fault("429", operation, **asked.options)
            for n in range(6):
                session = there[n % len(there)]
                await world.say(session, f"{how} {n}")
                expected[str(session.evo_id)].append(f"Ben: {how} {n}")
                await asyncio.sleep(2)
            await all_finished(world)
            after = _next_after_the_first_429(world.evo.journal()[known:])
            if not asked.earliest - SLACKEN <= after <= asked.latest:
                complaints.append(f"{how}, {operation}: the next request came after {after:.1f} s")
        return compare(expected, sent_in(world, there)), complaints


def _next_after_the_first_429(journal: Sequence[JournalEntry]) -> float:
    """Seconds; those that were under way already do not count."""
    told = next(entry.at / 1e6 for entry in journal if entry.status == 429)
    return min(entry.at / 1e6 - told for entry in journal if entry.at / 1e6 > told + SLACKEN)


# Duplicates

COLLEAGUES = ("+15035550101", "+15035550102", "+15035550103")


def duplicates(folder: Path, long: bool) -> Verdict:
    """Slack delivers everything three times and more, in both modes."""
    events = 600 if long else 60
    came = steady.run(_in_both_modes(folder, events))
    found = [each for each, _ in came.values()]
    return Verdict(
        "what Slack delivers more than once happens once",
        f"{events} events in each mode, 3 copies each, mentions twice, {events // 6} lost acks, reconnects",
        lost=sum(each.lost for each in found),
        doubled=sum(each.doubled for each in found),
        out_of_order=None,
        measured=f"{sum(deliveries for _, deliveries in came.values()):,} deliveries",
        examples=[f"{mode}: {text}" for mode, (each, _) in came.items() for text in each.examples],
    )


async def _in_both_modes(folder: Path, events: int) -> dict[str, tuple[Findings, int]]:
    modes: tuple[Mode, ...] = ("socket", "http")
    came = await asyncio.gather(*(_duplicates(place(folder, mode), mode, events) for mode in modes))
    return dict(zip(modes, came, strict=True))


async def _duplicates(folder: Path, mode: Mode, events: int) -> tuple[Findings, int]:
    settings = {"EVOBOT_PHONE_REGIONS": "US", "EVOBOT_CONFIRM_PHONES": "0", "EVOBOT_POLL_SECONDS": "0.1"}
    async with Stage(helpers.generous(folder), mode, settings, manifest=Path("manifest.yml")) as stage:
        await stage.slack.limits("off")
        threads = await _opened_by_hand(stage, 3)
        wanted, hints = await _twice_told(stage, threads, events)
        await helpers.until(lambda: _delivered(stage, wanted), "everything to be delivered", 60)
        await stage.slack.clear_faults()
        await helpers.until(lambda: _quiet(stage), "Slack to have nothing more to deliver", 60)
        await _end(stage, threads)
        came = await _effects(stage, threads)
        once = {f"ended {evo}": ["ended"] for evo in threads.values()} | {"hints": ["hint"] * hints}
        found = compare(wanted | once, came | {"hints": await _hints_told(stage)})
        deliveries = len([entry for entry in await stage.slack.journal("delivery") if entry["what"] == "events_api"])
    return found, deliveries


async def _opened_by_hand(stage: Stage, count: int) -> dict[str, str]:
    """Thread ts → Evo id."""
    for n in range(count):
        await stage.slack.slash(ANNA, SUPPORT, "/session")
        await stage.slack.fill(ANNA, {"f_name": f"Session {n}", "f_members": "joe@example.com", "f_where": SUPPORT})
        assert (await stage.slack.submit(ANNA)).outcome == "closed"

    async def threads() -> dict[str, str] | None:
        ids = {session.info["displayName"]: session.id for session in await stage.evo.sessions()}
        cards = await stage.slack.messages(SUPPORT)
        found = {
            card["ts"]: ids[name]
            for card in cards
            for name in ids
            if f"{name}." in card["text"] and "Active" in card["text"]
        }
        return found if len(found) == count else None

    found: dict[str, str] = await helpers.until(threads, "all cards", seconds=60)
    return found


async def _twice_told(stage: Stage, threads: Mapping[str, str], events: int) -> tuple[dict[str, list[str]], int]:
    """Replies, invitations and questions for the bot, each delivered again and again. What should come of it."""
    wanted: dict[str, list[str]] = {evo: [] for evo in threads.values()}
    invited: dict[str, list[str]] = {f"invited {evo}": [] for evo in threads.values()}
    hints = 0
    for n in range(events):
        ts, evo = list(threads.items())[n % len(threads)]
        await stage.slack.delivery_faults(duplicates=2, mention_first=n % 2 == 0, drop_acks=2 if n % 6 == 0 else 0)
        if n % 20 == 10 and len(invited[f"invited {evo}"]) < 1:
            number = COLLEAGUES[list(threads).index(ts)]
            await stage.slack.say(BEN, SUPPORT, f"<@{BOT_USER}> invite {number}", ts, raw=True)
            invited[f"invited {evo}"].append(number)
        elif n % 10 == 5:
            await stage.slack.say(BEN, SUPPORT, f"<@{BOT_USER}> help", ts, raw=True)
            hints += 1
        else:
            await stage.slack.say(BEN, SUPPORT, f"message {n}", ts)
            wanted[evo].append(f"Ben: message {n}")
        if n % 25 == 20:
            await stage.slack.drop_sockets()
        await asyncio.sleep(0.02)
    return {**wanted, **invited}, hints


async def _effects(stage: Stage, threads: Mapping[str, str]) -> dict[str, list[str]]:
    """What happened at Evo Voice, invitations as often as they were asked for there."""
    came: dict[str, list[str]] = {}
    for evo in threads.values():
        came[evo] = [effect.detail["body"] for effect in await stage.evo.effects(evo, "sent")]
        came[f"invited {evo}"] = [
            effect.detail["identity"]
            for kind in ("invited", "invite_ignored")
            for effect in await stage.evo.effects(evo, kind)
        ]
        came[f"ended {evo}"] = [str(effect.kind) for effect in await stage.evo.effects(evo, "ended")]
    return came


async def _delivered(stage: Stage, wanted: Mapping[str, Sequence[str]]) -> bool:
    """At least as much as there should be; whether it is too much or in disorder is judged later."""
    sent = [effect for kind in ("sent", "invited") for effect in await stage.evo.effects(None, kind)]
    return len(sent) >= sum(map(len, wanted.values()))


async def _quiet(stage: Stage) -> bool:
    return await stage.slack.pending() == 0


async def _end(stage: Stage, threads: Mapping[str, str]) -> None:
    """Each session is ended by a mention, delivered as often as everything else."""
    await stage.slack.delivery_faults(duplicates=2, mention_first=True)
    for ts in threads:
        await stage.slack.say(BEN, SUPPORT, f"<@{BOT_USER}> end", ts, raw=True)

    async def ended() -> bool:
        return len(await stage.evo.effects(None, "ended")) >= len(threads) and await _quiet(stage)

    await helpers.until(ended, "all sessions to be ended", 60)


async def _hints_told(stage: Stage) -> list[str]:
    return ["hint" for note in await stage.slack.ephemerals(BEN) if "In a session's thread" in note["text"]]


EXPERIMENTS = (duplicates, order, outage, expired_login, patience)
