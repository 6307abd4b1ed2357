"""Real processes in a storm: kill -9, deaths at named points, restarts, a backend that hangs, connections that break.

The bot is the unmodified program. What came of it is judged by the checker.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from sandbox import steady
from sandbox.slack.errors import GestureError
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, SUPPORT
from sandbox.stage import Mode, Stage
from tests.faultlab import checker, crash
from tests.faultlab.checker import DISORDER, DOUBLED, LOST, Findings, rows
from tests.faultlab.verdict import Verdict
from tests.helpers import generous, until

ROOT = Path(__file__).resolve().parents[2]
SETTLE = 1.0  # seconds; longer than LATE, as it must be
LATE = 0.6
SETTINGS = {
    "EVOBOT_PHONE_REGIONS": "US",
    "EVOBOT_CONFIRM_PHONES": "0",
    "EVOBOT_POLL_SECONDS": "0.2",
    "EVOBOT_SETTLE_SECONDS": str(SETTLE),
    "PYTHONPATH": str(ROOT),
}
MENTION = f"<@{BOT_USER}>"
WORKING = ("SendMessage", "NewSession", "InviteChatMember", "EndSession", "GetChatTranscript", "ListSessions")
QUIET_SECONDS = 240.0
MODES: tuple[Mode, Mode] = ("socket", "http")


def stage_in(folder: Path, mode: Mode = "socket", **settings: str) -> Stage:
    folder.mkdir(parents=True, exist_ok=True)
    return Stage(generous(folder), mode, SETTINGS | settings, time_scale=0.02, manifest=ROOT / "manifest.yml")


class Crowd:
    """People on both sides. They write whether or not the bot is there, and try a form again until it closes."""

    def __init__(self, stage: Stage, chance: random.Random) -> None:
        self.stage = stage
        self.chance = chance
        self.names: list[str] = []  # of sessions whose forms closed
        self.threads: dict[str, tuple[str, str]] = {}  # name → thread, Evo id; of those that are to go on
        self.events = 0
        self._numbers = count(1)
        self._phones = count(100)
        self._form = asyncio.Lock()  # one person, one form at a time

    # Opening

    async def open(self, how_many: int = 1) -> None:
        """Opens sessions and writes under each card as soon as it stands. Returns when all are open or in question."""
        for name in [await self.submit() for _ in range(how_many)]:
            card = await until(lambda name=name: self._card(name), f"the card of {name}", seconds=240)
            await self._write(f"message {next(self._numbers)}", card["ts"])
            await until(lambda name=name: self.active(name), f"{name} to be active", seconds=240)

    async def submit(self) -> str:
        """Fills in the form and submits it until it closes. A person does not start anew while a form is open."""
        async with self._form:
            name = f"Case {len(self.names) + 1:03}"
            await until(lambda: self._submitted(name), f"the form of {name} to close", seconds=240)
            self.names.append(name)
        return name

    async def _submitted(self, name: str) -> bool:
        slack = self.stage.slack
        if await slack.view(ANNA) is None:
            await slack.slash(ANNA, SUPPORT, "/session")
            with suppress(AssertionError):  # whoever does not wait for a form has two, and submits both
                await until(lambda: slack.view(ANNA), "the form", seconds=3)
        with suppress(GestureError):
            await slack.fill(ANNA, {"f_name": name, "f_members": "joe@example.com", "f_where": SUPPORT})
            outcome = (await slack.submit(ANNA)).outcome
            if outcome == "pushed":  # it was stored when nobody was told so: another form asks before it is done twice
                await slack.close(ANNA)
                await slack.close(ANNA)
            return outcome in {"closed", "pushed"}
        return False

    async def _card(self, name: str) -> dict[str, Any] | None:
        messages = await self.stage.slack.messages(SUPPORT)
        return next((each for each in messages if f"session {name}. State: " in each["text"]), None)

    async def active(self, name: str) -> bool:
        card = await self._card(name)
        if card is not None and "I cannot tell whether it was created" in card["text"]:
            return True  # a question; nobody answers it here
        if card is None or "State: Active" not in card["text"]:
            return False
        ids = [each.id for each in await self.stage.evo.sessions() if each.info["displayName"] == name]
        self.threads[name] = (card["ts"], ids[0])
        return True

    # Saying

    async def act(self) -> None:
        """One event, of one side or the other."""
        what = self.chance.choices((self.reply, self.hear, self.invite, self.note), (78, 14, 3, 5))[0]
        await what()

    async def reply(self) -> None:
        number = next(self._numbers)
        words = f"message {number}" if number % 15 else f"hello {MENTION}, message {number}"
        await self._write(words, self._somewhere()[0])

    async def note(self) -> None:
        await self._write(f"note: remark {next(self._numbers)}", self._somewhere()[0])

    async def invite(self) -> None:
        """Somebody outside by phone, or a colleague by e-mail; sometimes two at once."""
        phone = f"+150355501{next(self._phones) % 100:02}"
        people = self.chance.choice([phone, "mia@example.com", f"{phone}, lee@example.com"])
        await self._write(f"{MENTION} invite {people}", self._somewhere()[0])

    async def hear(self) -> None:
        """Somebody outside says something; to a session that is over nobody can."""
        _, evo_id = self._somewhere()
        with suppress(LookupError, ValueError):
            await self.stage.evo.hear(evo_id, "joe@example.com", f"answer {next(self._numbers)}")
            self.events += 1

    async def end(self) -> None:
        """Somebody ends a session, and somebody else still writes into it."""
        name = next(iter(self.threads))
        ts, _ = self.threads.pop(name)
        await self._write(f"{MENTION} end", ts)
        await self._write(f"message {next(self._numbers)}", ts)

    def _somewhere(self) -> tuple[str, str]:
        return self.chance.choice(list(self.threads.values()))

    async def _write(self, words: str, ts: str) -> None:
        await self.stage.slack.say(self.chance.choice([ANNA, BEN]), SUPPORT, words, ts, raw=True)
        self.events += 1


async def open_sessions(stage: Stage, count: int) -> dict[str, str]:
    """Thread → Evo id of new sessions in which nothing has been said yet."""
    crowd = Crowd(stage, random.Random(0))  # noqa: S311 - throws no dice here
    for name in [await crowd.submit() for _ in range(count)]:
        await until(lambda name=name: crowd.active(name), f"{name} to be active", seconds=60)
    return dict(crowd.threads.values())


# Judging


async def quiet(stage: Stage) -> None:
    """Until everything is finished that finishes by itself. The bot must run."""
    await until(lambda: _nothing_on_its_way(stage), "Slack to have delivered everything", seconds=QUIET_SECONDS)
    with suppress(AssertionError):  # what never finishes is for the checker to name
        await until(lambda: finished(stage.database), "everything to be finished", seconds=QUIET_SECONDS)
        await until(lambda: _all_heard(stage), "the last lines", seconds=30)
        await until(lambda: finished(stage.database), "the last lines to be posted", seconds=60)


async def _nothing_on_its_way(stage: Stage) -> bool:
    return await stage.slack.pending() == 0


def unfinished() -> tuple[str, str, str]:
    """What is still to be done, counted in SQL."""
    items = (
        "SELECT count(*) FROM item JOIN session ON session.key = item.session "
        "WHERE (state IN ('sending', 'unknown') OR (state = 'pending' AND life <> 'failed')) OR mark <> shown"
    )
    posts = "SELECT count(*) FROM post WHERE state IN ('pending', 'sending') OR (state = 'done' AND wanted <> shown)"
    ends = (
        "SELECT count(*) FROM session JOIN item ON item.session = session.key "
        "WHERE kind = 'end' AND item.state = 'delivered' AND life = 'active'"
    )
    return items, posts, ends


def finished(database: Path) -> bool:
    with suppress(sqlite3.OperationalError):  # just being made anew
        return all(rows(database, sql)[0][0] == 0 for sql in unfinished())
    return False


async def _all_heard(stage: Stage) -> bool:
    said = sum(effect.kind == "heard" for effect in await stage.evo.effects())
    return rows(stage.database, "SELECT count(*) FROM line WHERE item IS NULL")[0][0] >= said


async def judged(stage: Stage, crowd: Crowd, *, again: bool = True) -> Findings:
    """All well again, one more start if `again`, one orderly end, and then the histories are read."""
    await stage.evo.clear_faults()
    await stage.slack.clear_faults()
    if not stage.bot.running:
        await stage.start_bot(ready=False)
    await asyncio.sleep(LATE)  # what is late has happened
    await quiet(stage)
    if again:
        await stage.kill_bot()
        await stage.start_bot()
        await quiet(stage)
    if await stage.bot.end() != 0:
        raise AssertionError("the bot did not end in order")
    return checker.check(await checker.history(stage, crowd.names))


def verdict(promise: str, tried: str, found: Findings, measured: str = "", **also: int) -> Verdict:
    others = {rule: found.counts[rule] for rule in sorted(found.counts) if rule not in {LOST, DOUBLED, DISORDER}}
    return Verdict(
        promise,
        tried,
        lost=found.counts[LOST],
        doubled=found.counts[DOUBLED],
        out_of_order=found.counts[DISORDER],
        also=others | {what.replace("_", " "): number for what, number in also.items() if number},
        measured=measured,
        examples=found.examples[:20],
    )


# Kills


async def faulty(stage: Stage) -> None:
    """A fifth of what reaches Evo Voice goes wrong, in every way there is."""
    for operation in WORKING:
        for kind, chance, more in (
            ("cut_before", 0.04, {}),
            ("cut_after", 0.04, {}),
            ("503", 0.03, {"retry_after": "none"}),
            ("503", 0.03, {"after": True}),
            ("late", 0.03, {"seconds": LATE}),
            ("429", 0.02, {"seconds": 1}),
            ("garbage", 0.01, {}),
            ("truncate", 0.01, {}),
        ):
            await stage.evo.fault(kind, operation, times=None, probability=chance, **more)


async def kills_in(folder: Path, mode: Mode, seed: int, events: int, deaths: int, life: float) -> Findings:
    """People write, Evo Voice is faulty, Slack brings everything three times, and the bot is killed again and again."""
    chance = random.Random(seed)  # noqa: S311 - the same dice every time
    async with stage_in(folder, mode) as stage:
        await stage.slack.limits("off")
        crowd = Crowd(stage, chance)
        await crowd.open(6)
        await stage.slack.delivery_faults(duplicates=2)
        await faulty(stage)
        torment = Torment(stage, chance, deaths, life)
        await talked(crowd, events, torment)
        found = await judged(stage, crowd)
        found.seen["events"] += crowd.events
        return found


async def talked(crowd: Crowd, events: int, torment: Torment) -> None:
    """As far as the killing is, so far is the talk. Opens now and then, and ends two sessions near the end."""
    tasks = [asyncio.create_task(torment.run())]
    while crowd.events < events:
        await crowd.act()
        if crowd.events % (events // 4) == 0:
            tasks.append(asyncio.create_task(crowd.open()))
        if crowd.events in {events * 8 // 10, events * 9 // 10}:
            await crowd.end()
        await asyncio.sleep(crowd.chance.uniform(0, 0.04))
        await torment.as_far_as(min(1.0, crowd.events / events))
    await asyncio.gather(*tasks)


class Torment:
    """Killed at any moment, one time in three while starting. Now and then it stands still before, once for longer
    than any request may take.
    """

    def __init__(self, stage: Stage, chance: random.Random, deaths: int, life: float) -> None:
        self._stage = stage
        self._chance = chance
        self._deaths = deaths
        self._life = life
        self._done = 0

    async def as_far_as(self, share: float) -> None:
        """Returns when so much of it is over, the present life included."""
        await until(lambda: (self._done + 1) / self._deaths >= share, f"{share:.0%} of the kills", seconds=120)

    async def run(self) -> None:
        longest, bot, since = self._chance.randrange(self._deaths), self._stage.bot, 0
        for number in range(self._deaths):
            self._done = number
            await self._live(since)
            if number == longest or number % 7 == 3:
                await stand_still(self._stage, 16.5 if number == longest else self._chance.uniform(0.2, 2.0))
                await asyncio.sleep(self._chance.uniform(0.0, 1.0))
            await self._stage.kill_bot()
            since = bot.log.stat().st_size
            await bot.start()

    async def _live(self, since: int) -> None:
        if self._chance.random() < 1 / 3:
            await asyncio.sleep(self._chance.uniform(0.05, 1.0))
        else:
            await self._stage.bot.until("signed in to Evo Voice", since)
            await asyncio.sleep(self._chance.uniform(0.0, 2 * self._life))


async def stand_still(stage: Stage, seconds: float) -> None:
    """As on a machine that swaps, or is moved."""
    stage.bot.signal(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    stage.bot.signal(signal.SIGCONT)


def kills(folder: Path, long: bool) -> Verdict:
    """Killed at random, again and again, under load and faults."""
    rounds, deaths, life = (5, 100, 0.6) if long else (1, 10, 0.8)
    events = 1000 if long else 300

    async def both(number: int) -> list[Findings]:
        return await asyncio.gather(
            *(
                kills_in(folder / f"{number}-{mode}", mode, 10 * number + n, events, deaths, life)
                for n, mode in enumerate(MODES)
            )
        )

    found = Findings()
    for number in range(rounds):
        for one in steady.run(both(number)):
            found.merge(one)
    return verdict(
        "Killed at any moment, it loses, doubles and reorders nothing",
        f"{found.seen['events']:,} events each brought three times, {2 * rounds * deaths:,} kills, 20 % faults",
        found,
        f"{found.asked_share:.1%} ended as a question",
        more_than_one_in_twenty_asked=int(found.asked_share > 0.05),
    )


# Failpoints


DEATH_SECONDS = 180.0  # in which a life comes to its point, on a busy machine, too
TALK = 60  # events of a life, before people write less


async def deaths_in(folder: Path, mode: Mode, seed: int, points: Sequence[str], times: int, pause: float) -> Findings:
    """One life after another, each of which ends at a named point, while people write, `pause` seconds apart."""
    chance = random.Random(seed)  # noqa: S311 - the same dice every time
    async with stage_in(folder, mode) as stage:
        await stage.slack.limits("off")
        found, crowd = Findings(), Crowd(stage, chance)
        first = [point for point in points if crash.POINTS[point].needs == "no file"]
        for point in first * times:
            await _die_in_migration(stage, point, chance, found)
        if first:
            await stage.start_bot()
        await crowd.open(4)
        await stage.slack.delivery_faults(duplicates=2)
        for point in shuffled(chance, [point for point in points if point not in first] * times):
            nth = 1 if crash.POINTS[point].once else chance.randint(1, 3)
            await _die_at(stage, crowd, point, nth, pause, found)
        found.merge(await judged(stage, crowd))
        found.seen["events"] += crowd.events
        return found


def shuffled(chance: random.Random, points: Sequence[str]) -> list[str]:
    mixed = list(points)
    chance.shuffle(mixed)
    return mixed


async def _die_at(stage: Stage, crowd: Crowd, point: str, nth: int, pause: float, found: Findings) -> None:
    """Whatever runs now is killed; the next life passes the point as people go on, or that is a failure as well."""
    needs = crash.POINTS[point].needs
    await stage.kill_bot()
    if needs == "doubt":
        await stage.evo.fault("cut_before", "SendMessage", times=nth)
    since, over = stage.bot.log.stat().st_size, asyncio.Event()
    await stage.bot.start("tests.faultlab.crash", point, str(nth))
    gesture = asyncio.create_task(_gestures(stage, crowd, needs, since, over))
    deadline = time.monotonic() + DEATH_SECONDS
    said = 0
    while stage.bot.running and time.monotonic() < deadline:
        await crowd.act()
        said += 1
        if said == TALK:
            pause *= 10  # a life that is slow to come to its point would pile up more than Slack's pace takes away
        await asyncio.sleep(crowd.chance.uniform(pause / 3, pause * 5 / 3))
    code = await stage.bot.end(signal.SIGKILL)
    if time.monotonic() > deadline or code != -signal.SIGKILL:
        found.add("points never reached", f"{point}, passage {nth}, exit code {code}")
    found.seen["deaths"] += 1
    found.seen[point] += 1
    over.set()
    if not gesture.done():
        await stage.bot.start()  # who has a form open submits it again
        await gesture
    await stage.evo.clear_faults()


async def _gestures(stage: Stage, crowd: Crowd, needs: str, since: int, over: asyncio.Event) -> None:
    """What a point needs besides talk, again and again until it is over. `since`: where this life's log begins."""
    if needs == "stop":
        await stage.bot.until("listening on", since)
        await asyncio.sleep(crowd.chance.uniform(0.1, 0.6))
        stage.bot.signal(signal.SIGTERM)
        return
    while needs in {"open", "invite", "end"} and not over.is_set():
        if needs == "open":
            await crowd.submit()
        elif needs == "invite":
            await crowd.invite()
        elif needs == "end" and len(crowd.threads) > 3:
            await crowd.end()
        elif needs == "end":
            await crowd.open()
        await asyncio.sleep(0.5)  # each leaves a post, and posts have their pace


async def _die_in_migration(stage: Stage, point: str, chance: random.Random, found: Findings) -> None:
    """Nothing has been asked of it yet: its file is taken away, and the making of the next one is interrupted."""
    await stage.kill_bot()
    for left in stage.database.parent.glob(f"{stage.database.name}*"):
        left.unlink()
    await stage.bot.start("tests.faultlab.crash", point, str(chance.randint(1, 20)))
    await until(lambda: not stage.bot.running, f"the end at {point}", seconds=DEATH_SECONDS)
    if await stage.bot.end() != -signal.SIGKILL:
        found.add("points never reached", point)
    found.seen["deaths"] += 1
    found.seen[point] += 1


def failpoints(folder: Path, long: bool) -> Verdict:
    """Dies at each named point, starts again, dies again."""
    times, pause = (20, 0.09) if long else (1, 0.2)
    names = list(crash.POINTS)

    async def both() -> list[Findings]:
        halves = zip(MODES, (names[::2], names[1::2]), strict=True)
        return await asyncio.gather(*(deaths_in(folder / mode, mode, 3, half, times, pause) for mode, half in halves))

    found = Findings()
    for one in steady.run(both()):
        found.merge(one)
    return verdict(
        "Dying between any two steps, it loses, doubles and reorders nothing",
        f"{len(names)} named points, {found.seen['deaths']} deaths, {found.seen['events']:,} events",
        found,
        f"{found.asked_share:.1%} ended as a question",
    )


# Restarts, while all is well


async def restarts_in(folder: Path, mode: Mode, seed: int, times: int) -> Findings:
    """Told to stop under load again and again; nothing else goes wrong."""
    chance = random.Random(seed)  # noqa: S311 - the same dice every time
    async with stage_in(folder, mode) as stage:
        await stage.slack.limits("off")
        crowd = Crowd(stage, chance)
        await crowd.open(5)
        talk = asyncio.create_task(_talk(crowd, 0.05))
        found = Findings()
        for _ in range(times):
            await asyncio.sleep(chance.uniform(0.3, 1.5))
            started = steady.now()
            code = await stage.bot.end()
            found.seen["longest stop, ms"] = max(found.seen["longest stop, ms"], int(1000 * (steady.now() - started)))
            if code != 0:
                found.add("bad ends", f"exit code {code}")
            await stage.start_bot()
        talk.cancel()
        await asyncio.gather(talk, return_exceptions=True)
        found.merge(await judged(stage, crowd, again=False))
        found.seen["events"] += crowd.events
        doubts = rows(stage.database, "SELECT key, kind, state FROM item WHERE unknown_at IS NOT NULL")
        for key, kind, state in doubts:
            found.add("items ever in doubt", f"item {key}, {kind}, {state}")
        return found


async def _talk(crowd: Crowd, pause: float) -> None:
    """Until cancelled, which never interrupts a gesture in the middle: nobody else is told what became of it."""
    while True:
        await asyncio.shield(asyncio.ensure_future(crowd.act()))
        await asyncio.sleep(crowd.chance.uniform(0, 2 * pause))


def rolling_restarts(folder: Path, long: bool) -> Verdict:
    """SIGTERM under load: what is under way is finished, so nothing is ever in doubt."""
    times = 50 if long else 2

    async def both() -> list[Findings]:
        return await asyncio.gather(*(restarts_in(folder / mode, mode, 20 + n, times) for n, mode in enumerate(MODES)))

    found, slowest = Findings(), 0
    for one in steady.run(both()):
        slowest = max(slowest, one.seen["longest stop, ms"])
        found.merge(one)
    return verdict(
        "An orderly restart under load leaves nothing in doubt",
        f"{2 * times} restarts, {found.seen['events']:,} events",
        found,
        f"longest stop {slowest / 1000:.1f} s",
        stops_longer_than_25_s=int(slowest > 25_000),
        asked=found.seen["questions"],
    )


# A backend that hangs

HANG = 7200.0
ACK_SECONDS = 3.0  # Slack's own patience


async def hang_in(folder: Path, mode: Mode, seconds: float, sessions: int) -> tuple[Findings, list[float]]:
    """Evo Voice takes everything and answers nothing; what was queued there takes effect when it is over."""
    chance = random.Random(31)  # noqa: S311 - the same dice every time
    async with stage_in(folder, mode) as stage:
        await stage.slack.limits("off")
        await stage.slack.configure(ack_seconds=ACK_SECONDS)
        crowd = Crowd(stage, chance)
        await crowd.open(sessions)
        await stage.evo.fault("late", "SendMessage", times=None, seconds=HANG, hang=True)
        await stage.evo.fault("slow", "*", times=None, seconds=HANG)
        await _write_steadily(crowd, seconds, per_second=50)
        await until(lambda: _nothing_on_its_way(stage), "Slack to have delivered everything", seconds=60)
        await stage.evo.clear_faults()
        await stage.evo.advance(HANG)
        found = await judged(stage, crowd, again=False)
        found.seen["events"] += crowd.events
        return found, await _acks(stage, found)


async def _write_steadily(crowd: Crowd, seconds: float, per_second: int) -> None:
    """By the clock: whoever writes does not wait because others are slow."""
    started = time.monotonic()
    writing = set()
    for number in range(int(seconds * per_second)):
        await asyncio.sleep(max(0.0, started + number / per_second - time.monotonic()))
        writing.add(asyncio.create_task(crowd.reply()))
        writing = {task for task in writing if not task.done()}
    await asyncio.gather(*writing)


async def _acks(stage: Stage, found: Findings) -> list[float]:
    """Seconds from each message to Slack's receipt for it, at the first attempt."""
    people = {message["ts"] for message in await stage.slack.messages(SUPPORT) if message.get("user") != BOT_USER}
    seconds = []
    for entry in await stage.slack.journal("delivery"):
        if entry["ts"] in people and entry["type"] == "message":
            if entry["attempt"] or entry["outcome"] != "acked":
                found.add("events not acknowledged at the first attempt", f"{entry}")
            seconds.append(entry["at"] - float(entry["ts"]))
    return seconds


def hanging_backend(folder: Path, long: bool) -> Verdict:
    """Slack is answered in time whatever Evo Voice does."""
    seconds, sessions = (600.0, 30) if long else (5.0, 6)

    async def both() -> list[tuple[Findings, list[float]]]:
        return await asyncio.gather(*(hang_in(folder / mode, mode, seconds, sessions) for mode in MODES))

    found, acks = Findings(), []
    for one, seconds_each in steady.run(both()):
        found.merge(one)
        acks += seconds_each
    return verdict(
        "While Evo Voice hangs, Slack is answered at once and everything is kept in order",
        f"{len(acks):,} messages, 50/s in each mode, Evo Voice silent for {seconds:.0f} s",
        found,
        f"ack p99 {_part(acks, 0.99) * 1000:.0f} ms, longest {max(acks, default=0) * 1000:.0f} ms; "
        f"{found.asked_share:.1%} ended as a question",
        no_acks_at_all=int(not acks),
    )


def _part(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0


# Lost connections

WAYS = ("close", "refresh_requested", "break", "warning", "close", "link_disabled", "close", "refresh_requested")


async def losses_in(folder: Path, times: int) -> tuple[Findings, list[float]]:
    """Socket Mode connections break, with and without a word, while people write."""
    chance = random.Random(41)  # noqa: S311 - the same dice every time
    async with stage_in(folder, "socket") as stage:
        await stage.slack.limits("off")
        crowd = Crowd(stage, chance)
        await crowd.open(5)
        talk = asyncio.create_task(_talk(crowd, 0.05))
        found, gaps = Findings(), []
        for number in range(times):
            await asyncio.sleep(chance.uniform(0.05, 0.5))
            gaps.append(await _lose(stage, WAYS[number % len(WAYS)]))
        talk.cancel()
        await asyncio.gather(talk, return_exceptions=True)
        found.merge(await judged(stage, crowd, again=False))
        found.seen["events"] += crowd.events
        return found, gaps


async def _lose(stage: Stage, how: str) -> float:
    """Seconds until a new connection stands."""
    before = await _openings(stage)
    started = steady.now()
    if how in {"close", "break"}:
        await stage.slack.drop_sockets(rude=how == "break")
    else:
        await stage.slack.disconnect(how)

    async def again() -> bool:
        return await _openings(stage) > before and await stage.slack.connections() > 0

    await until(again, f"a new connection after {how}", seconds=60)
    return steady.now() - started


async def _openings(stage: Stage) -> int:
    return sum(entry["what"] == "opened" for entry in await stage.slack.journal("socket"))


def lost_connections(folder: Path, long: bool) -> Verdict:
    """Whatever happens to the connection, each message arrives once."""
    found, gaps = steady.run(losses_in(folder, 100 if long else 8))
    return verdict(
        "A lost connection to Slack loses no message",
        f"{len(gaps)} lost connections, {found.seen['events']:,} events",
        found,
        f"connected again after {statistics.median(gaps):.2f} s, p95 {_part(gaps, 0.95):.2f} s",
        reconnections_longer_than_15_s=sum(gap > 15 for gap in gaps),
    )


EXPERIMENTS = [kills, failpoints, rolling_restarts, hanging_backend, lost_connections]
