"""Backups under load, and what a restored bot does about everything that its file does not know."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import stat
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from bot.bridge import Bridge
from bot.hearing import Hearing
from bot.model import Actor, Invitee, Phone, Session, SlackName, TeamId, UserId
from bot.store import Store, StoreError, open_store
from bot.store.backup import backup, restore
from bot.workspace import Workspace
from sandbox import steady
from sandbox.slack import Raw, mention
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, SUPPORT, TEAM
from sandbox.stage import Stage
from tests.faultlab.verdict import Verdict
from tests.faultlab.virtual import LoopClock, VirtualLoop, run, until
from tests.helpers import chat, unfolded
from tests.helpers import until as real_until
from tests.world import World, playing

SETTLE, POLL = 30.0, 2.0
NAMES = {ANNA: "Anna", BEN: "Ben"}
EQUALS = ("ok", "yes", "thanks")
SHOWN = 8
UNFINISHED = "SELECT count(*) FROM item WHERE state IN ('pending', 'sending', 'unknown')"
UNPOSTED = "SELECT count(*) FROM post WHERE state IN ('pending', 'sending')"


@dataclass
class Findings:
    """What is wrong, counted; the first few in words."""

    counts: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def tell(self, kind: str, example: str, times: int = 1) -> None:
        self.counts[kind] += times
        if len(self.examples) < SHOWN:
            self.examples.append(f"{kind}: {example}")

    def add(self, other: Findings) -> None:
        self.counts += other.counts
        self.tried += other.tried
        self.examples += other.examples[: SHOWN - len(self.examples)]


@dataclass
class Said:
    """A reply as its author knows it."""

    thread: str
    ts: str
    words: str  # as it should be at Evo Voice


@dataclass
class Traffic:
    """What people do on both sides, and what they did: `events` off means that nobody brings it to the bot."""

    world: World
    chance: random.Random
    said: list[Said] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)
    heard: dict[str, list[str]] = field(default_factory=dict)  # Evo id → lines of the other side
    invited: list[tuple[str, str]] = field(default_factory=list)  # session's name, phone
    opened: list[str] = field(default_factory=list)
    events: bool = True
    n: int = 0

    def number(self) -> int:
        self.n += 1
        return self.n

    async def some(self, count: int) -> None:
        for _ in range(count):
            work = self.chance.choices(
                [self.reply, self.equal, self.line, self.note, self.invite, self.mention, self.open, self.end],
                [30, 20, 25, 4, 6, 5, 5, 1],
            )[0]
            await work()
            await asyncio.sleep(self.chance.uniform(0, 2.0))

    def session(self) -> Session | None:
        there = [session for session in self.world.store.read.open_sessions() if session.thread_ts]
        return self.chance.choice(there) if there else None

    async def say(self, thread: str, text: str, user: str | None = None) -> str:
        user = user or self.chance.choice([ANNA, BEN])
        ts = await self.world.slack.say(user, SUPPORT, text, thread)
        if self.events:
            await self.world.threads(event(user, text, ts, thread))
        return ts

    async def reply(self, text: str = "", thread: str = "") -> None:
        session = None if thread else self.session()
        thread = thread or (str(session.thread_ts) if session else "")
        if thread:
            user, words = self.chance.choice([ANNA, BEN]), text or f"message {self.number()}"
            ts = await self.say(thread, words, user)
            self.said.append(Said(thread, ts, f"{NAMES[user]}: {words}"))

    async def equal(self) -> None:
        await self.reply(self.chance.choice(EQUALS))

    async def note(self) -> None:
        if session := self.session():
            words = f"note: secret {self.number()}"
            self.notes.add(words)
            await self.say(str(session.thread_ts), words)

    async def line(self) -> None:
        if session := self.session():
            self.hear(str(session.evo_id))

    def hear(self, evo_id: str) -> None:
        live = next(each for each in self.world.evo.sessions() if each.id == evo_id)
        if not live.info.get("ended"):
            words = f"line {self.number()}" if self.chance.random() < 0.8 else self.chance.choice(EQUALS)
            self.world.evo.hear(evo_id, "joe@example.com", words)
            self.heard.setdefault(evo_id, []).append(words)

    async def invite(self) -> None:
        if session := self.session():
            phone, n = self.phone(session), self.number()
            name = SlackName(f"{TEAM}/view/I{n}")
            by = Actor(TeamId(TEAM), UserId(ANNA))
            await self.world.bridge.invite(session.key, [Invitee(phone=phone)], by, name, confirmed=True)

    async def mention(self) -> None:
        if session := self.session():
            text = f"{mention(BOT_USER)} invite {self.phone(session).e164}"
            await self.say(str(session.thread_ts), Raw(text), ANNA)

    def phone(self, session: Session) -> Phone:
        phone = Phone(f"+150355501{len(self.invited) % 100:02}", "US")
        self.invited.append((session.name, phone.e164))
        return phone

    async def open(self) -> None:
        n = self.number()
        name = f"Session {n}"
        self.opened.append(name)
        await self.world.open(chat(name, first_message=f"first {n}" if n % 2 else ""), n=n)

    async def end(self) -> None:
        there = self.world.store.read.open_sessions()
        if len(there) > 2 and (session := self.session()):
            by = Actor(TeamId(TEAM), UserId(ANNA))
            await self.world.bridge.end(session.key, by, SlackName(f"{TEAM}/end/{self.number()}"))


def event(user: str, text: str, ts: str, thread: str) -> dict[str, Any]:
    said = {"type": "message", "user": user, "text": str(text), "ts": ts, "thread_ts": thread, "channel": SUPPORT}
    return {"type": "event_callback", "team_id": TEAM, "event": said}


# Lives


def reborn(world: World, store: Store) -> World:
    """The same two sides, another process."""
    there: list[World] = []
    bridge = Bridge(store, world.clock, world.house, lambda: there[0].wake() if there else None)
    hearing = Hearing(world.client, bridge, world.hearing._own)
    workspace = Workspace(world.workspace.client, world.clock)
    again = World(world.evo, world.slack, store, bridge, world.client, workspace, hearing, world.clock,
                  settle=SETTLE, poll=POLL, catching=True)  # fmt: skip
    there.append(again)
    return again


@asynccontextmanager
async def life(loop: VirtualLoop, world: World, database: Path) -> AsyncIterator[World]:
    """Ends as kill -9 would end it."""
    store = open_store(database)
    loop.watch(store)
    again = reborn(world, store)
    again.start()
    try:
        yield again
    finally:
        await again.die()
        store.close()


@dataclass(frozen=True)
class Plan:
    seed: int
    before: int = 25
    after: int = 30
    away: int = 4
    later: int = 6

    @property
    def in_flight(self) -> bool:
        return self.seed % 2 == 0

    @property
    def restarts(self) -> bool:
        return self.seed % 3 == 0

    @property
    def evo_away(self) -> bool:
        return self.seed % 3 == 1

    @property
    def slack_in_trouble(self) -> bool:
        return self.seed % 4 == 1

    @property
    def twice(self) -> bool:
        return self.seed % 4 == 2


def trial(folder: Path, plan: Plan) -> Findings:
    folder.mkdir()

    async def main(loop: VirtualLoop) -> Findings:
        unused = open_store(folder / "unused.db")
        try:
            clock = LoopClock(loop)
            async with playing(unused, clock, sides=clock.now) as sides:
                return await _trial(loop, sides, folder, plan)
        finally:
            unused.close()

    return run(main)


async def _trial(loop: VirtualLoop, world: World, folder: Path, plan: Plan) -> Findings:
    database, copy = folder / "evobot.db", folder / "backup.db"
    traffic = Traffic(world, random.Random(plan.seed))  # noqa: S311 - the same dice every time
    async with life(loop, world, database) as first:
        await _first_life(first, traffic, plan, copy, database)
    await _while_away(world, traffic, plan)
    if plan.twice:
        restore(database, copy, world.clock.now())
        async with life(loop, world, database) as second:
            traffic.world, traffic.events = second, True
            await traffic.open()
            await asyncio.sleep(traffic.chance.uniform(0, 60))
            await traffic.some(plan.after // 2)
        traffic.events = False
    past = Past(len(traffic.said), len(world.evo.effects()), len(traffic.opened))
    restore(database, copy, world.clock.now())
    await asyncio.sleep(traffic.chance.uniform(0, 600))
    _trouble_at_start(world, plan)
    for _ in range(3 if plan.restarts else 0):
        async with life(loop, world, database):
            await asyncio.sleep(traffic.chance.uniform(0, 20))
    async with life(loop, world, database) as last:
        await _last_life(last, traffic, plan)
        return judge(traffic, past)


async def _first_life(first: World, traffic: Traffic, plan: Plan, copy: Path, database: Path) -> None:
    """With the backup in its middle, whatever may be under way then."""
    traffic.world = first
    for _ in range(2):
        await traffic.open()
    await until(lambda: len(first.store.read.open_sessions()) == 2, "two sessions")
    if plan.in_flight:
        _troubled(first)
    await traffic.some(plan.before)
    backup(database, copy)
    await traffic.some(plan.after)


async def _while_away(world: World, traffic: Traffic, plan: Plan) -> None:
    traffic.events = False
    for thread in traffic.chance.choices(list(_threads(world)), k=plan.away):
        await traffic.reply(thread=thread)
    world.evo.clear_faults()
    for evo_id in list(traffic.heard):
        traffic.hear(evo_id)


def _trouble_at_start(world: World, plan: Plan) -> None:
    if plan.slack_in_trouble:
        for method in ("conversations.history", "conversations.replies", "users.conversations"):
            world.slack.faults.order(method, "http_503", times=2)
            world.slack.faults.order(method, "ratelimited", retry_after=7)
    if plan.evo_away:
        world.evo.fault("down")


async def _last_life(last: World, traffic: Traffic, plan: Plan) -> None:
    traffic.world, traffic.events = last, True
    await traffic.open()
    if plan.evo_away:
        await asyncio.sleep(60)
        last.evo.clear_faults()
    await asyncio.sleep(traffic.chance.uniform(0, 5))
    for _ in range(plan.later):
        await traffic.reply()
        await traffic.line()
    await until(lambda: _settled(last.store), "everything to be settled", seconds=4 * 3600)
    await asyncio.sleep(120)


def _troubled(world: World) -> None:
    for operation in ("SendMessage", "InviteChatMember", "NewSession"):
        world.evo.fault("slow", operation, times=None, probability=0.3, seconds=10)
        world.evo.fault("cut_after", operation, times=None, probability=0.1)
        world.evo.fault("cut_before", operation, times=None, probability=0.1)


def _threads(world: World) -> dict[str, str]:
    """Threads of cards in Slack, and the text of each."""
    return {
        str(message["ts"]): str(message["text"])
        for message in world.slack.messages(SUPPORT)
        if message.get("user") == BOT_USER and message.get("thread_ts") in {None, message["ts"]}
    }


def _settled(store: Store) -> bool:
    counts = (store.read._connection.execute(sql).fetchone()[0] for sql in (UNFINISHED, UNPOSTED))
    return not any(counts) and not store.read.to_compare() and store.read.unlooked_since() is None


# Judging: by what both sides have, and by the file as anybody could read it


@dataclass(frozen=True)
class Past:
    """How much there was at the time of the restore."""

    said: int
    effects: int
    opened: int


def judge(traffic: Traffic, past: Past) -> Findings:
    found = Findings()
    _judge_replies(traffic, past, found)
    _judge_lines(traffic, found)
    _judge_posts(traffic, found)
    _judge_costly(traffic, past, found)
    _judge_silence(traffic, found)
    found.tried["questions"] = len(_asked(traffic.world, [said.ts for said in traffic.said]))
    found.tried.update(replies=len(traffic.said), lines=sum(map(len, traffic.heard.values())),
                       invitations=len(traffic.invited), openings=len(traffic.opened))  # fmt: skip
    return found


def _judge_replies(traffic: Traffic, past: Past, found: Findings) -> None:
    world = traffic.world
    all_effects = world.evo.effects()
    sent: dict[str, list[str]] = {}
    for effect in all_effects:
        if effect.kind == "sent":
            sent.setdefault(str(effect.session_id), []).append(effect.detail["body"])
    again = Counter(effect.detail["body"] for effect in all_effects[past.effects :] if effect.kind == "sent")
    allowed = Counter(said.words for said in traffic.said[past.said :])
    allowed.update(f"Anna: first {name.split()[1]}" for name in traffic.opened[past.opened :])
    for words, times in (again - allowed).items():
        found.tell("sent again after the restore", repr(words), times)
    for thread in {said.thread for said in traffic.said}:
        _judge_thread(traffic, thread, sent, found)
    for body in (body for bodies in sent.values() for body in bodies if "secret" in body):
        found.tell("notes that left", body)


def _judge_thread(traffic: Traffic, thread: str, sent: dict[str, list[str]], found: Findings) -> None:
    world = traffic.world
    wanted = [said for said in traffic.said if said.thread == thread]
    evo_id = _session_of(world, thread)
    there = sent.get(evo_id or "", [])
    for words, times in (Counter(there) - Counter(said.words for said in wanted)).items():
        if "first" not in words:
            found.tell("sent too often", f"{words!r} in {evo_id}", times)
    unique = [said.words for said in wanted if "message" in said.words]
    places = [there.index(words) for words in unique if words in there]
    inversions = sum(a > b for a, b in pairwise(places))
    if inversions:
        found.tell("out of order", f"{[there[place] for place in places]}", inversions)
    if _is_told(world, thread):
        return
    missing = Counter(said.words for said in wanted) - Counter(there)
    asked = _asked(world, [said.ts for said in wanted])
    for words in {said.words for said in wanted if "message" in said.words} & set(there) & set(asked):
        found.tell("asked about, though it is there", repr(words))
    for words, times in (missing - asked).items():
        found.tell("lost", f"{words!r} in thread {thread} of {evo_id}", times)


def _asked(world: World, stamps: Sequence[str]) -> Counter[str]:
    """Replies that are visible to people as not sent, or as a question."""
    marks = ", ".join("?" for _ in stamps)
    rows = world.store.read._connection.execute(
        f"SELECT author, json_extract(body, '$.text') FROM item WHERE ts IN ({marks}) "
        "AND state IN ('needs_person', 'refused')",
        tuple(stamps),
    )
    return Counter(f"{NAMES[author]}: {text}" for author, text in rows)


def _session_of(world: World, thread: str) -> str | None:
    text = _threads(world).get(thread, "")
    return next((session.id for session in world.evo.sessions() if session.id in text), None) or next(
        (each.id for each in world.evo.sessions() if f"{each.info['displayName']}." in text), None
    )


def _is_told(world: World, thread: str) -> bool:
    return any("do not know this session any more" in text for text in _texts(world, thread))


def _texts(world: World, thread: str) -> list[str]:
    return [str(message["text"]) for message in world.slack.messages(SUPPORT, thread)[1:]]


def _judge_lines(traffic: Traffic, found: Findings) -> None:
    """Each line of the other side stands in its thread once, in its order; our own words not at all."""
    world = traffic.world
    by_session = {_session_of(world, thread): thread for thread in _threads(world)}
    for evo_id, lines in traffic.heard.items():
        thread = by_session.get(evo_id)
        if thread is None or _is_told(world, thread):
            continue
        shown = [text.removeprefix("Joe Park: ") for text in world_lines(world, thread)]
        for words, times in (Counter(shown) - Counter(lines)).items():
            found.tell("doubled or foreign lines in Slack", f"{words!r} in {thread}", times)
        for words, times in (Counter(lines) - Counter(shown)).items():
            found.tell("lines missing in Slack", f"{words!r} in {thread}", times)
        if sorted(shown) == sorted(lines) and shown != lines:
            found.tell("lines out of order", f"{shown} instead of {lines}")


def _judge_posts(traffic: Traffic, found: Findings) -> None:
    """Whatever we post has a name of its own, and stands in Slack once."""
    names: Counter[str] = Counter()
    for thread in _threads(traffic.world):
        for message in traffic.world.slack.messages(SUPPORT, thread):
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            names.update([str(payload.get("name")), *payload.get("also", ())] if payload else ())
    for name, times in names.items():
        if times > 1:
            found.tell("posted twice", name, times - 1)


def world_lines(world: World, thread: str) -> list[str]:
    """What stands in a thread as somebody's words, each line of folded posts by itself."""
    messages = world.slack.messages(SUPPORT, thread)[1:]
    ours = [message for message in messages if message.get("user") == BOT_USER]
    names = {str(message["ts"]): (message.get("metadata") or {}).get("event_payload", {}) for message in ours}
    return [
        text
        for message in ours
        if str(names[str(message["ts"])].get("name", "")).startswith("line/")
        for text in unfolded(message)
    ]


def _judge_costly(traffic: Traffic, past: Past, found: Findings) -> None:
    world = traffic.world
    everything = world.evo.effects()
    invited = Counter((effect.session_id, str(effect.detail.get("member", effect.detail))) for effect in everything
                      if effect.kind in {"invited", "invite_ignored"})  # fmt: skip
    for who, times in invited.items():
        if times > 1:
            found.tell("invited again", f"{who}", times - 1)
    new = {
        session.id for session in world.evo.sessions() if session.info["displayName"] in traffic.opened[past.opened :]
    }
    for effect in everything[past.effects :]:
        if effect.kind in {"invited", "invite_ignored", "opened"} and effect.session_id not in new:
            found.tell("invited or opened again after the restore", f"{effect.kind} {effect.detail}")
    opened = Counter(session.info["displayName"] for session in world.evo.sessions())
    for name, times in opened.items():
        if times > 1:
            found.tell("opened again", str(name), times - 1)
    cards = Counter(text.split(".")[0] for text in _threads(world).values())
    for name, times in cards.items():
        if times > 1:
            found.tell("doubled cards", name, times - 1)


def _judge_silence(traffic: Traffic, found: Findings) -> None:
    """Under every card either a session lives, or somebody said that it does not."""
    world = traffic.world
    sql = (
        "SELECT link.thread_ts, session.name FROM link JOIN session ON session.key = link.session WHERE role = 'target'"
    )
    known = {str(thread): str(name) for thread, name in world.store.read._connection.execute(sql)}
    for thread, text in _threads(world).items():
        if thread not in known:
            found.tell("threads met with silence", thread)
        elif f"{known[thread]}." not in text and not _is_told(world, thread):
            found.tell("threads of another session", f"{thread} shows {known[thread]}, its card: {text}")


def restores(folder: Path, long: bool) -> Verdict:
    """Backup at a random moment, more life, kill -9, restore, and everything settles."""
    found = Findings()
    count = 40 if long else 2
    for seed in range(count):
        found.add(trial(folder / f"trial-{seed}", Plan(seed)))
    tried = ", ".join(f"{count} {what}" for what, count in found.tried.items())
    lost = ("lost", "lines missing in Slack", "threads met with silence")
    order = ("out of order", "lines out of order")
    return Verdict(
        "A restored bot sends nothing again, posts nothing twice, and asks where it cannot tell",
        f"{count} restores; {tried}",
        lost=sum(found.counts[kind] for kind in lost),
        doubled=sum(times for kind, times in found.counts.items() if kind not in {*lost, *order}),
        out_of_order=sum(found.counts[kind] for kind in order),
        examples=found.examples,
    )


# Backups under load


RATE = 50.0  # events a second
ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {"EVOBOT_POLL_SECONDS": "0.5", "PYTHONPATH": str(ROOT)}


def backups(folder: Path, long: bool) -> Verdict:
    """`evobot backup` again and again while people write and the bot is killed: each copy is whole and restores."""
    found = steady.run(_backups(folder, rounds=20 if long else 2))
    return Verdict(
        "A backup of a running bot is whole: everything taken before it began is in it",
        f"{found.tried['backups']} backups at {found.tried['events'] / found.tried['seconds']:.0f} events/s, "
        f"{found.tried['kills']} kills, {found.tried['rows']} rows compared",
        lost=found.counts["missing"],
        also={"backups that fail": found.counts["failed"], "restores that fail": found.counts["broken"]},
        examples=found.examples,
    )


async def _backups(folder: Path, rounds: int) -> Findings:
    found = Findings()
    async with Stage(folder, settings=SETTINGS, time_scale=0.02, manifest=ROOT / "manifest.yml") as stage:
        await stage.slack.limits("off")
        thread = await _a_thread(stage)
        talking = asyncio.create_task(_talk(stage, thread, found))
        try:
            for n in range(rounds):
                await asyncio.sleep(0.5)
                await _one_backup(stage, folder, n, found)
                if n % 2 == 0:
                    await stage.kill_bot()
                    found.tried["kills"] += 1
                    await _one_backup(stage, folder, rounds + n, found)
                    await stage.start_bot(ready=False)
        finally:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
    return found


async def _a_thread(stage: Stage) -> str:
    await stage.slack.slash(ANNA, SUPPORT, "/session")
    await stage.slack.fill(ANNA, {"f_name": "Boiler", "f_members": "joe@example.com", "f_where": SUPPORT})
    assert (await stage.slack.submit(ANNA)).outcome == "closed"

    async def card() -> str | None:
        there = await stage.slack.messages(SUPPORT)
        return next((str(message["ts"]) for message in there if "Active" in message["text"]), None)

    return str(await real_until(card, "the card", seconds=60))


async def _talk(stage: Stage, thread: str, found: Findings) -> None:
    started = time.monotonic()
    while True:
        await asyncio.gather(*(stage.slack.say(BEN, SUPPORT, f"note: {n}", thread) for n in range(5)))
        found.tried["events"] += 5
        found.tried["seconds"] = round(time.monotonic() - started) or 1
        await asyncio.sleep(max(0.0, started + found.tried["events"] / RATE - time.monotonic()))


async def _one_backup(stage: Stage, folder: Path, n: int, found: Findings) -> None:
    taken = _names(stage.database)
    target = folder / f"backup-{n}.db"
    environment = {"EVOBOT_DATABASE": str(stage.database), "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "backup", str(target), env=environment, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    found.tried["backups"] += 1
    if process.returncode != 0 or stat.S_IMODE(target.stat().st_mode) != 0o600:
        found.tell("failed", said.decode())
        return
    try:
        (folder / str(n)).mkdir()
        restore(folder / str(n) / "evobot.db", target, time.time())
        open_store(folder / str(n) / "evobot.db").close()
    except (StoreError, OSError) as error:
        found.tell("broken", repr(error))
        return
    missing = taken - _names(folder / str(n) / "evobot.db")
    found.tried["rows"] += len(taken)
    if missing:
        found.tell("missing", f"{sorted(missing)[:3]} in backup {n}", len(missing))


def _names(database: Path) -> set[str]:
    """What had been taken, as anybody could read it."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return {row[0] for row in connection.execute("SELECT slack_name FROM item")}
    finally:
        connection.close()


EXPERIMENTS = (backups, restores)
