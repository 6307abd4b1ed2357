"""What comes in from strangers, and what comes back from far sides that have gone mad."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import steady
from sandbox.slack.seeds import ANNA, BEN, SUPPORT
from sandbox.stage import SIGNING_SECRET, Stage
from tests.faultlab import odd
from tests.faultlab.mad import FAST, PATIENT, Answer, Bewitched, RawServer, drip, endless_gzip, huge
from tests.faultlab.verdict import Verdict
from tests.faultlab.wire import Wire, event_request, forget_peak, request, resident, signature, signed
from tests.helpers import until

MANIFEST = Path("manifest.yml")
SETTINGS = {"EVOBOT_CONFIRM_PHONES": "0", "EVOBOT_POLL_SECONDS": "0.2"}
CLIENTS = 32
STILL = 15  # looks a tenth of a second apart: longer than the pause between two things said in a channel
MIB = 1 << 20


@dataclass
class Findings:
    """Violations by name, with the first few of each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def expect(self, *names: str) -> None:
        """So that they stand in the table even when there are none."""
        self.counts.update(dict.fromkeys(names, 0))

    def add(self, name: str, example: object = "", count: int = 1) -> None:
        if count:
            self.counts[name] += count
            if self.counts[name] <= 3:
                self.examples.append(f"{name}: {str(example)[:500]}")


# The bot between its stand-ins


async def open_session(stage: Stage, name: str = "Boiler") -> tuple[str, str]:
    """Thread and Evo id of a session that Anna opens by hand."""
    await stage.slack.limits("off")
    await stage.slack.slash(ANNA, SUPPORT, "/session")
    await stage.slack.fill(ANNA, {"f_name": name, "f_members": "joe@example.com", "f_where": SUPPORT})
    await stage.slack.submit(ANNA)

    async def card() -> str | None:
        messages = await stage.slack.messages(SUPPORT)
        return next((each["ts"] for each in messages if "Active" in each["text"] and name in each["text"]), None)

    thread = str(await until(card, "the card", seconds=60))
    evo_id = next(each.id for each in await stage.evo.sessions() if each.info["displayName"] == name)
    return thread, evo_id


async def relays(stage: Stage, thread: str, evo_id: str, text: str) -> bool:
    """Does a reply still reach the other side?"""
    await stage.slack.say(BEN, SUPPORT, text, thread)

    async def there() -> bool:
        return any(text in effect.detail["body"] for effect in await stage.evo.effects(evo_id, "sent"))

    try:
        await until(there, text, seconds=30)
    except AssertionError:
        return False
    return True


def rows(database: Path) -> frozenset[str]:
    """Everything in a bot's file, read as anybody could; the counter by which SQLite numbers rows is none."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return frozenset(line for line in connection.iterdump() if "sqlite_sequence" not in line)
    finally:
        connection.close()


async def quiet(stage: Stage) -> None:
    """Returns when the bot has nothing more to do."""
    seen: list[tuple[frozenset[str], Outside]] = []

    async def same() -> bool:
        seen.append((rows(stage.database), await Outside.seen(stage)))
        await asyncio.sleep(0.1)
        return len(seen) > STILL and len(set(seen[-STILL:])) == 1

    await until(same, "the bot to have nothing to do")


@dataclass(frozen=True)
class Outside:
    """How much the far sides have seen of the bot; reading of transcripts aside, which goes on by itself."""

    slack_calls: int
    evo_writes: int

    @classmethod
    async def seen(cls, stage: Stage) -> Outside:
        calls = await stage.slack.journal("api")
        writes = [entry for entry in await stage.evo.journal() if entry.method != "GET"]
        return cls(len(calls), len(writes))


Standing = tuple[frozenset[str], Outside]


def pid_of(stage: Stage) -> int:
    process = stage.bot._process
    assert process is not None
    return process.pid


async def by_several(count: int, work: Callable[[Wire, int], Awaitable[None]], port: int) -> None:
    """`work` for each number below `count`, by some clients side by side."""
    numbers = iter(range(count))

    async def one() -> None:
        wire = Wire(port)
        for number in numbers:
            await work(wire, number)
        await wire.close()

    await asyncio.gather(*(one() for _ in range(CLIENTS)))


def port_of(stage: Stage) -> int:
    return int(stage.bot_url.rsplit(":", 1)[1])


# Malformed requests


def malformed_requests(folder: Path, long: bool) -> Verdict:
    return steady.run(_malformed(folder, seconds=600.0 if long else 0.0))


@dataclass
class Fuzz:
    """Throws requests at a bot and notes what must not come of them."""

    stage: Stage
    thread: str
    found: Findings
    chance: random.Random
    statuses: Counter[int | None] = field(default_factory=Counter)
    sent: int = 0

    async def unsigned(self, count: int) -> None:
        async def one(wire: Wire, _: int) -> None:
            raw, whole = odd.unsigned(self.chance, self.thread)
            statuses = [await wire.ask(raw)] if whole else await wire.throw(raw)
            self._note(statuses, raw)
            for status in statuses:
                if status is not None and 200 <= status < 400:
                    self.found.add("unsigned ones taken", raw)

        await quiet(self.stage)
        before, seen = await standing(self.stage)
        await by_several(count, one, port_of(self.stage))
        after, seen_now = await standing(self.stage)
        if after != before:
            self.found.add("rows from unsigned ones", sorted(after ^ before)[:4])
        if seen_now != seen:
            self.found.add("calls caused by unsigned ones", f"{seen}, then {seen_now}")

    async def signed(self, count: int) -> None:
        async def one(wire: Wire, _: int) -> None:
            raw = odd.signed_but_odd(self.chance, self.thread)
            self._note([await wire.ask(raw)], raw)

        await by_several(count, one, port_of(self.stage))

    def _note(self, statuses: Sequence[int | None], raw: bytes) -> None:
        self.sent += 1
        self.statuses.update(statuses)
        for status in statuses:
            if status is not None and status >= 500:
                self.found.add("server errors", f"{status} for {raw[-800:]!r}")


async def _malformed(folder: Path, seconds: float) -> Verdict:
    found = Findings()
    found.expect("server errors", "unsigned ones taken", "rows from unsigned ones", "calls caused by unsigned ones")
    found.expect("words in the log", "traces in the log", "lines in the log beyond measure", "not serving afterwards")
    async with Stage(folder, "http", SETTINGS, manifest=MANIFEST) as stage:
        thread, _ = await open_session(stage)
        later = await open_session(stage, "Roof")
        await quiet(stage)
        fuzz = Fuzz(stage, thread, found, random.Random(1))  # noqa: S311 - the same dice every time
        await fuzz.unsigned(300)
        memory = resident(pid_of(stage))
        logged = await _fuzz(fuzz, seconds)
        grown = resident(pid_of(stage)) - memory
        if not stage.bot.running or not await relays(stage, *later, "still there"):
            found.add("not serving afterwards", stage.bot.said()[-2000:])
        _judge_log(found, stage, logged)
    found.expect("20 MiB more memory")
    found.add("20 MiB more memory", f"{grown / MIB:.1f} MiB", int(grown > 20 * MIB))
    answers = ", ".join(f"{count} x {status or 'hung up'}" for status, count in sorted(fuzz.statuses.items(), key=str))
    return Verdict(
        "malformed requests harm nobody",
        f"{fuzz.sent:,} requests",
        also=found.counts,
        measured=f"{answers}; memory +{grown / MIB:.1f} MiB",
        examples=found.examples,
    )


async def _fuzz(fuzz: Fuzz, seconds: float) -> tuple[int, int]:
    """Unsigned ones for so long, then signed ones. Bytes of log for a request of either kind."""
    log = fuzz.stage.bot.log
    logged = []
    for work, count in [(fuzz.unsigned, 7700), (fuzz.signed, 2000)]:
        ends, before, sent = time.monotonic() + seconds / 2, log.stat().st_size, fuzz.sent
        while True:
            await work(count)
            if time.monotonic() >= ends or fuzz.sent >= 1_000_000:
                break
        logged.append((log.stat().st_size - before) // (fuzz.sent - sent))
    return logged[0], logged[1]


def _judge_log(found: Findings, stage: Stage, logged: tuple[int, int]) -> None:
    said = stage.bot.said()
    found.add("words in the log", said.count(odd.MARKED), said.count(odd.MARKED))
    traces = said.count("Traceback (most recent call last)") + said.count("Exception in ASGI")
    found.add("traces in the log", said[said.find("Traceback") - 300 :][:2000], traces)
    if logged[0] > 5 or logged[1] > 300:
        found.add("lines in the log beyond measure", f"{logged} bytes a request")


# Forged requests


def forged_requests(folder: Path, long: bool) -> Verdict:
    return steady.run(_forged(folder))


async def _forged(folder: Path) -> Verdict:
    found = Findings()
    found.expect("forged ones taken", "traces of forged ones", "genuine ones refused", "changes by a replay")
    async with Stage(folder, "http", SETTINGS, manifest=MANIFEST) as stage:
        thread, evo_id = await open_session(stage)
        await quiet(stage)
        body = json.dumps(odd.message(thread, text="once", ts=f"{time.time():.6f}", files=[])).encode()
        forged = list(forgeries(body))
        before = await standing(stage)
        await _all_refused(found, port_of(stage), forged)
        _nothing_changed(found, "traces of forged ones", before, await standing(stage))
        await _all_taken(found, port_of(stage), genuine(body))
        await until(lambda: sent_to(stage, evo_id), "the genuine one to arrive")
        await quiet(stage)
        before = await standing(stage)
        await _all_taken(found, port_of(stage), [("again", event_request(body))] * 200)
        await quiet(stage)
        _nothing_changed(found, "changes by a replay", before, await standing(stage))
        arrived = len(await sent_to(stage, evo_id))
    return Verdict(
        "only Slack is believed, and a request counts once",
        f"{len(forged):,} forgeries, 200 replays",
        lost=int(arrived < 1),
        doubled=max(arrived - 1, 0),
        also=found.counts,
        examples=found.examples,
    )


def _nothing_changed(found: Findings, name: str, before: Standing, after: Standing) -> None:
    if before != after:
        found.add(name, f"{before[1]}, then {after[1]}; {sorted(after[0] ^ before[0])[:4]}")


async def sent_to(stage: Stage, evo_id: str) -> list[str]:
    return [effect.detail["body"] for effect in await stage.evo.effects(evo_id, "sent")]


async def standing(stage: Stage) -> Standing:
    """The bot's file, and what the far sides have seen."""
    return rows(stage.database), await Outside.seen(stage)


def forgeries(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Everything that looks like a request of Slack's and is none."""
    (_, kind), (stamp_name, stamp), (name, good) = signed(body)
    plain, stamped = [(b"Content-Type", kind)], [(b"Content-Type", kind), (stamp_name, stamp)]
    for seconds in (301, -302, 3600, -3600, 86400):
        yield f"{seconds} s late", request(body, signed(body, late=seconds))
    for secret in ("", " ", SIGNING_SECRET[:-1], SIGNING_SECRET + " ", SIGNING_SECRET.upper()):
        yield f"secret {secret!r}", request(body, signed(body, secret=secret))
    for bit in range(len(body) * 8):
        turned = bytearray(body)
        turned[bit // 8] ^= 1 << bit % 8
        yield f"bit {bit}", request(bytes(turned), signed(body))
    for at in range(len(good)):
        yield f"digit {at}", request(body, [*stamped, (name, good[:at] + b"x" + good[at + 1 :])])
    for at in range(len(stamp)):
        other = stamp[:at] + (b"1" if stamp[at : at + 1] != b"1" else b"2") + stamp[at + 1 :]
        yield f"stamp {other!r}", request(body, [*plain, (stamp_name, other), (name, good)])
    for value in _bent(good):
        yield f"signature {value!r}", request(body, [*stamped, (name, value)])
    for value in (b"", b"+" + stamp, stamp + b".0", b"0x6553f100", b"1e9", stamp[:5] + b" " + stamp[5:], b"-" + stamp):
        signs = signature(body, value)
        yield f"stamp {value!r}", request(body, [*plain, (stamp_name, value), (name, signs)])
    for other in (good, b"v0=" + b"0" * 64, b""):
        yield "two signatures", request(body, [*stamped, (name, other), (name, good)])
        yield "two stamps", request(body, [*stamped, (stamp_name, stamp), (name, good)])
    yield "no signature", request(body, stamped)
    yield "no stamp", request(body, [*plain, (name, good)])
    yield "nothing", request(body, plain)
    yield "another body's", request(body, signed(body + b" "))
    yield "another address", request(body, signed(body), line=b"POST /slack/events/ HTTP/1.1")
    yield "another method", request(body, signed(body), line=b"PUT /slack/events HTTP/1.1")


def _bent(good: bytes) -> list[bytes]:
    return [
        b"", b"v0=", good[3:], b"v1=" + good[3:], b"V0=" + good[3:], good.upper(), b"v0=" + good[3:].upper(), good[:-1],
        good + b"0", b"v0= " + good[3:], good + b", " + good, good[:3] + good, b"v0=" + b"0" * 64, b'"' + good + b'"',
    ]  # fmt: skip


def genuine(body: bytes) -> list[tuple[str, bytes]]:
    """The same request in forms that HTTP allows."""
    usual = signed(body)
    return [
        ("as Slack sends it", request(body, usual)),
        ("names in lower case", request(body, [(name.lower(), value) for name, value in usual])),
        ("names in upper case", request(body, [(name.upper(), value) for name, value in usual])),
        *((f"{late} s late", request(body, signed(body, late=late))) for late in (295, -295)),
    ]


async def _all_refused(found: Findings, port: int, forged: Sequence[tuple[str, bytes]]) -> None:
    async def one(wire: Wire, number: int) -> None:
        what, raw = forged[number]
        status = await wire.ask(raw)
        if status is None or not 400 <= status < 500:
            found.add("forged ones taken", f"{what}: {status}")

    await by_several(len(forged), one, port)


async def _all_taken(found: Findings, port: int, requests: Sequence[tuple[str, bytes]]) -> None:
    async def one(wire: Wire, number: int) -> None:
        what, raw = requests[number]
        status = await wire.ask(raw)
        if status != 200:
            found.add("genuine ones refused", f"{what}: {status}")

    await by_several(len(requests), one, port)


# Half-open clients

CLOSED_SECONDS = 10.0
SLACK_WAITS = 3.0
HEAD = b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\nContent-Length: 500\r\n"
HALVES: dict[str, tuple[bytes, bytes]] = {  # what is sent at once, and then a byte of it every second
    "nothing": (b"", b""),
    "half a line": (b"POST /sla", b""),
    "half a head": (HEAD, b""),
    "half a body": (HEAD + b"\r\n{", b""),
    "an endless line": (b"GET /", b"a"),
    "an endless head": (HEAD + b"X: ", b"a"),
    "an endless body": (HEAD + b"\r\n", b"a"),
    "endless chunks": (HEAD.replace(b"Content-Length: 500", b"Transfer-Encoding: chunked") + b"\r\n", b"1\r\na\r\n"),
    "empty lines": (b"", b"\r\n"),
    "idle after a request": (b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n", b""),
    "an answer unread": (b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n" * 8, b""),
}


def half_open_clients(folder: Path, long: bool) -> Verdict:
    return steady.run(_half_open(folder, 500 if long else 100))


async def _half_open(folder: Path, clients: int) -> Verdict:
    found, waits = Findings(), list[float]()
    found.expect("still open after 10 s", "events not answered in time")
    async with Stage(folder, "http", SETTINGS, manifest=MANIFEST) as stage:
        thread, evo_id = await open_session(stage)
        port, over = port_of(stage), asyncio.Event()
        knocking = asyncio.create_task(_knock(port, thread, over, waits))
        kinds = list(HALVES)
        open_for = await asyncio.gather(*(_hang(port, *HALVES[kinds[n % len(kinds)]]) for n in range(clients)))
        over.set()
        await knocking
        arrived = await all_sent(stage, evo_id, len(waits))
    for number, seconds in enumerate(open_for):
        if seconds > CLOSED_SECONDS:
            found.add("still open after 10 s", f"{kinds[number % len(kinds)]}: {seconds:.1f} s")
    late = [wait for wait in waits if wait > SLACK_WAITS]
    found.add("events not answered in time", late, len(late) or int(not waits))
    p99 = sorted(waits)[int(len(waits) * 0.99)] if waits else 0.0
    return Verdict(
        "who only holds a connection does not keep Slack out",
        f"{clients} half-open clients of {len(HALVES)} kinds, {len(waits)} events meanwhile",
        lost=len(waits) - len(set(arrived)),
        doubled=len(arrived) - len(set(arrived)),
        also=found.counts,
        measured=f"p99 of an answer {p99 * 1000:.0f} ms; longest open {max(open_for):.1f} s",
        examples=found.examples,
    )


async def all_sent(stage: Stage, evo_id: str, expected: int) -> list[str]:
    """What has reached the other side, once so much has; or what has reached it by then."""

    async def enough() -> bool:
        return len(set(await sent_to(stage, evo_id))) >= expected

    with suppress(AssertionError):
        await until(enough, "everything to arrive", seconds=60)
    return await sent_to(stage, evo_id)


async def _knock(port: int, thread: str, over: asyncio.Event, waits: list[float]) -> None:
    """Slack's events, each on a connection of its own, while the others hold theirs."""
    while not over.is_set():
        started = steady.now()
        spoken = odd.message(thread, text=f"knock {len(waits)}", ts=f"{time.time():.6f}", files=[])
        wire = Wire(port)
        status = await wire.ask(event_request(json.dumps(spoken).encode()))
        waits.append(steady.now() - started if status == 200 else float("inf"))
        await wire.close()
        await asyncio.sleep(0.05)


async def _hang(port: int, first: bytes, then: bytes) -> float:
    """How long the bot leaves such a client its connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    started = steady.now()
    writer.write(first)
    ended = asyncio.create_task(_until_closed(reader))
    while not ended.done() and steady.now() - started < CLOSED_SECONDS + 2:
        await asyncio.wait({ended}, timeout=1.0)
        writer.write(then)
    ended.cancel()
    writer.transport.abort()
    return steady.now() - started if not ended.done() else (await ended) - started


async def _until_closed(reader: asyncio.StreamReader) -> float:
    with suppress(ConnectionError):
        while await reader.read(1 << 16):
            pass
    return steady.now()


# Far sides gone mad

EVO_MEMORY, SLACK_MEMORY = 8 * MIB, 12 * MIB  # of one answer
BOT_MEMORY = 48 * MIB  # of a bot whose feed and lanes read several at once, each packed and unpacked
OTHERS_WAIT = 10.0


def slow_backends(folder: Path, long: bool) -> Verdict:
    return steady.run(_slow_backends(folder, long=long))


async def _slow_backends(folder: Path, *, long: bool) -> Verdict:
    found = Findings()
    found.expect("slots held too long", "answers that took too much memory", "lanes held up by another")
    madnesses = (*FAST, *PATIENT) if long else (huge, endless_gzip, drip)
    evo, slack, (lost, doubled) = await asyncio.gather(
        _ask_the_mad(found, "evo", 15.0 if long else 1.5, EVO_MEMORY),
        _ask_the_mad(found, "slack", 10.0 if long else 1.5, SLACK_MEMORY),
        _beside_a_mad_one(found, folder, madnesses),
    )
    return Verdict(
        "a far side gone mad costs neither memory nor other sessions",
        f"{evo + slack} slow, endless and huge answers; {len(madnesses)} in the lane of one session of two",
        lost=lost,
        doubled=doubled,
        also=found.counts,
        examples=found.examples,
    )


async def _ask_the_mad(found: Findings, side: str, deadline: float, memory: int) -> int:
    """Every madness, asked by a process of its own; how many answers were judged."""
    async with RawServer() as server:
        asker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faultlab.asker", side, server.url, str(deadline)),
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await asker.communicate()
    lines = [json.loads(line) for line in told.splitlines()]
    for each in lines:
        if each["seconds"] > deadline + 1:
            found.add("slots held too long", each)
        if each["grown"] > memory:
            found.add("answers that took too much memory", each)
    if asker.returncode or not lines:
        found.add("broken", f"the asker ended with {asker.returncode}")
    return len(lines)


async def _beside_a_mad_one(found: Findings, folder: Path, madnesses: Sequence[Answer]) -> tuple[int, int]:
    """Two sessions; for one of them Evo Voice goes mad again and again. How much was lost and doubled in it."""
    slowest = 0.0
    async with Bewitched() as evo:
        stage = Stage(folder, "http", {**SETTINGS, "EVO_BASE_URL": evo.url}, manifest=MANIFEST)
        evo.behind = lambda: str(stage.evo._http.base_url)
        async with stage:
            ill, well = await open_session(stage, "Ill"), await open_session(stage, "Well")
            memory = resident(pid_of(stage))
            forget_peak(pid_of(stage))
            evo.about = f"/sessions/{ill[1]}"
            for number, evo.mad in enumerate(madnesses):
                await stage.slack.say(BEN, SUPPORT, f"to the ill {number}", ill[0])
                slowest = max(slowest, await _reaches(stage, well, f"to the well {number}"))
            evo.heal()
            grown = resident(pid_of(stage), "VmHWM") - memory
            arrived = await all_sent(stage, ill[1], len(madnesses))
    found.add("lanes held up by another", f"{slowest:.1f} s", int(slowest > OTHERS_WAIT))
    found.add("answers that took too much memory", f"the bot: {grown / MIB:.1f} MiB", int(grown > BOT_MEMORY))
    return len(madnesses) - len(set(arrived)), len(arrived) - len(set(arrived))


async def _reaches(stage: Stage, session: tuple[str, str], text: str) -> float:
    """In how many seconds a reply reaches the other side."""
    started = steady.now()
    return steady.now() - started if await relays(stage, *session, text) else float("inf")


# Everything at once

HELD_SECONDS = 3.0  # as long as Slack waits


def replay_storm(folder: Path, long: bool) -> Verdict:
    return steady.run(_storm(folder, 30_000 if long else 1000))


async def _storm(folder: Path, events: int) -> Verdict:
    found, answers = Findings(), Counter[int | None]()
    found.expect("answers but 200 and 503", "40 MiB more memory")
    async with Stage(folder, "http", SETTINGS, manifest=MANIFEST) as stage:
        thread, _ = await open_session(stage)
        first, memory = time.time(), resident(pid_of(stage))
        forget_peak(pid_of(stage))

        async def one(wire: Wire, number: int) -> None:
            """As Slack does, again until it is taken. A note: it stays here, so that only the door is measured."""
            spoken = odd.message(thread, text=f"note: {number}", ts=f"{first + number / 1000:.6f}", files=[])
            status = None
            while status != 200:
                status = await wire.ask(event_request(json.dumps(spoken).encode()))
                answers[status] += 1
                if status not in {200, 503}:
                    found.add("answers but 200 and 503", status)
                if status == 503:
                    await asyncio.sleep(0.05)

        started = steady.now()
        await asyncio.gather(by_several(events, one, port_of(stage)), hold(stage.database))
        took = steady.now() - started
        await until(lambda: not letters_kept(stage.database), "all that came in the rush is looked at")
        grown = resident(pid_of(stage), "VmHWM") - memory
        notes = kept_notes(stage.database)
    found.add("40 MiB more memory", f"{grown / MIB:.1f} MiB", int(grown > 40 * MIB))
    return Verdict(
        "a flood of events is stored whole",
        f"{events:,} signed events as fast as they are taken, the disk held for {HELD_SECONDS:.0f} s",
        lost=events - len(set(notes)),
        doubled=len(notes) - len(set(notes)),
        also=found.counts,
        measured=f"{events / took:,.0f} events/s, {answers[503]} x 503; memory +{grown / MIB:.1f} MiB",
        examples=found.examples,
    )


async def hold(database: Path) -> None:
    """Another program keeps the file to itself for a while."""
    await asyncio.sleep(0.1)
    other = sqlite3.connect(database, isolation_level=None, timeout=30)
    other.execute("BEGIN IMMEDIATE")
    await asyncio.sleep(HELD_SECONDS)
    other.execute("ROLLBACK")
    other.close()


def letters_kept(database: Path) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM letter WHERE aside = 0").fetchone()[0])


def kept_notes(database: Path) -> list[str]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        rows = connection.execute("SELECT slack_name FROM item WHERE state = 'kept'").fetchall()
    finally:
        connection.close()
    return [name for (name,) in rows]


EXPERIMENTS = (malformed_requests, forged_requests, half_open_clients, slow_backends, replay_storm)
