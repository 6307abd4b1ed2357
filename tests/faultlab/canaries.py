"""Things that must not be told, each unguessable, put everywhere; then everything breaks, and it is read who told."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import re
import secrets
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import phonenumbers

from sandbox.evo import Seeds, default_seeds
from sandbox.slack.errors import GestureError
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, PEOPLE, PRIVATE, ROOMS, SUPPORT, Seed
from sandbox.stage import Mode
from tests.faultlab.mirror import EVO, SLACK, Mirror
from tests.faultlab.theatre import Theatre, Wishes, card_of, theatre
from tests.faultlab.verdict import Verdict
from tests.helpers import until

ENOUGH = 8  # answers forged to a program that is starting
STRIKES = (1, 4)  # which calls of each seam go wrong
PATIENCE = 2.0  # seconds for a step while everything breaks; what it was to achieve is not judged here


@dataclass(frozen=True)
class Canary:
    name: str
    value: str

    def sings_in(self, text: str) -> bool:
        """Also when spelt as base64, or, for a number, with other signs between its digits."""
        if self.value.casefold() in text.casefold():
            return True
        if self.value.startswith("+"):
            return self.value[2:] in re.sub(r"[ ().-]", "", text)
        return base64.b64encode(self.value.encode()).decode().rstrip("=") in text


class Canaries:
    """`of` gives each by its name, the same whenever it is asked."""

    def __init__(self) -> None:
        self.all: dict[str, Canary] = {}

    def of(self, name: str, made: Callable[[], str] | None = None) -> str:
        if name not in self.all:
            self.all[name] = Canary(name, made() if made else word())
        return self.all[name].value

    def some(self, *names: str) -> list[Canary]:
        return [self.all[name] for name in names]


def word() -> str:
    """Letters only: no escaping anywhere changes it."""
    return "kanari" + "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(14))


def number() -> str:
    while True:
        made = f"+1503{secrets.choice('23456789')}{secrets.randbelow(10**6):06}"
        if phonenumbers.is_valid_number(phonenumbers.parse(made)):
            return made


def address() -> str:
    return f"{word()}@example.com"


SECRETS = ("bot token", "app token", "signing secret", "password", "basic login")
WORDS = ("first message", "reply", "note", "file name", "heard", "media address", "late reply", "unknown command")
NEVER_AT_EVO = ("note", "private channel", "file name", *SECRETS)


def planted() -> Canaries:
    there = Canaries()
    there.of("bot token", lambda: f"xoxb-{word()}")
    there.of("app token", lambda: f"xapp-{word()}")
    for name in ("signing secret", "password"):
        there.of(name)
    there.of("user name", address)
    there.of("basic login", lambda: _basic(there))
    there.of("account id", lambda: secrets.token_hex(12))
    for name in ("customer number", "second number", "caller id", "draft number"):
        there.of(name, number)
    for name in ("customer e-mail", "colleague e-mail", "invite target"):
        there.of(name, address)
    names = ("colleague name", "customer name", "contact name", "session name", "second session", "private channel")
    for name in (*names, "its message", "search", "command text", "view state", *WORDS):
        there.of(name)
    return there


def _basic(there: Canaries) -> str:
    return base64.b64encode(f"{there.of('user name')}:{there.of('password')}".encode()).decode()


def _seeds(there: Canaries) -> Seeds:
    """The stand-in's usual population, with ours in place of the bot and of Joe."""
    usual = default_seeds()
    account = usual.accounts[0]
    given = json.loads(
        json.dumps({name: [_plain(item) for item in getattr(usual, name)] for name in usual.__slots__})
        .replace(account.id, there.of("account id"))
        .replace("bot@example.com", there.of("user name"))
        .replace("correct-horse", there.of("password"))
        .replace("joe@example.com", there.of("customer e-mail"))
        .replace("Joe Park", there.of("customer name"))
        .replace("Dana Field", there.of("contact name"))
    )
    return Seeds.from_json(given)


def _plain(item: Any) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__slots__}


def _seed(there: Canaries) -> Seed:
    name, email = there.of("colleague name"), there.of("colleague e-mail")
    people = tuple(
        replace(p, name=name, real_name=name, shown=name, email=email) if p.id == ANNA else p for p in PEOPLE
    )
    rooms = tuple(replace(room, name=there.of("private channel")) if room.id == PRIVATE else room for room in ROOMS)
    return Seed(people=people, rooms=rooms)


def _wishes(there: Canaries, program: tuple[str, ...]) -> Wishes:
    at_evo = [there.of(name) for name in ("password", "user name", "basic login")]
    return Wishes(
        seeds=_seeds(there),
        seed=_seed(there),
        secrets={name.replace(" ", "_"): there.of(name) for name in ("bot token", "app token", "signing secret")},
        login=(there.of("user name"), there.of("password")),
        before_evo=Mirror(EVO, " ".join(at_evo)),
        before_slack=Mirror(SLACK, there.of("bot token")),
        settings={"EVO_ACCOUNT_ID": there.of("account id"), "PYTHONFAULTHANDLER": "1"},
        program=program,
    )


# The experiment


def canaries(folder: Path, long: bool) -> Verdict:
    """Errors at every seam and nonsense from both sides, at DEBUG; afterwards everything that was told is searched."""
    modes: tuple[Mode, ...] = ("socket", "http") if long else ("http",)
    rounds = 8 if long else 1
    wrong, broken, forged, planted_ = [], 0, 0, 0
    for mode in modes:
        place = folder / mode
        place.mkdir()
        there = planted()
        found = asyncio.run(_play(place, mode, there, rounds))
        wrong += [f"{mode} mode: {line}" for line in found.leaks]
        broken, forged, planted_ = broken + found.broken, forged + found.forged, len(there.all)
    return Verdict(
        promise="secrets and customers' words stay out of logs, health, crashes and other threads",
        tried=f"{planted_} canaries, {broken} errors raised, {forged} answers forged; {'/'.join(modes)} mode, DEBUG",
        also={"canaries told": len(wrong), "modes in which nothing broke": 0 if broken and forged else 1},
        examples=wrong[:20],
    )


@dataclass
class Found:
    leaks: list[str]
    broken: int = 0
    forged: int = 0


async def _play(folder: Path, mode: Mode, there: Canaries, rounds: int) -> Found:
    fired, crash = folder / "fired.txt", folder / "crash"
    wishes = _wishes(there, _saboteur(folder / "plan.json", there, STRIKES))
    evo, slack = wishes.before_evo, wishes.before_slack
    assert isinstance(evo, Mirror)
    assert isinstance(slack, Mirror)
    async with theatre(folder, mode, wishes) as stage, _health(stage) as health:
        for n in range(rounds):
            await _life(stage, there, (evo, slack), n)
        await _crash(stage, crash, _saboteur(folder / "quiet.json", there, ()))
        await _abort(stage, (evo, slack))
        console = [await stage.output_of("doctor", "bot", "doctor")]
        evo.forging = slack.forging = True
        asked = (stage.output_of(f"doctor-{n}", "bot", "doctor") for n in range(2 * rounds))
        console += await asyncio.gather(*asked)
        for verbs in (("audit", "show"), ("audit", "verify"), ("policy", "show")):
            console.append(await stage.output_of("-".join(verbs), "bot", *verbs))
        for cookie in evo.cookies:
            there.of(f"cookie {cookie[:4]}", lambda cookie=cookie: cookie)
        leaks = [
            *_told(there, "the log", stage.bot.said().splitlines()),
            *_told(there, "health", health),
            *_told(there, "the console", _but_the_account("\n".join(console), there).splitlines()),
            *_in_slack(stage, there),
            *_at_evo(stage, there),
        ]
    return Found(leaks, len(fired.read_text().splitlines()), _forged((evo, slack)))


def _but_the_account(text: str, there: Canaries) -> str:
    """Whoever asks the doctor wants to know in which account the bot works."""
    return text.replace(f"account {there.of('account id')}", "")


def _saboteur(plan: Path, there: Canaries, strikes: Sequence[int]) -> tuple[str, ...]:
    folder, told = plan.parent, [canary.value for canary in there.all.values()]
    given = {"told": told, "strikes": strikes, "fired": str(folder / "fired.txt"), "crash": str(folder / "crash")}
    plan.write_text(json.dumps(given), encoding="utf-8")
    return ("tests.faultlab.saboteur", "--plan", str(plan))


async def _life(stage: Theatre, there: Canaries, mirrors: tuple[Mirror, Mirror], n: int) -> None:
    """One process: first its own seams break, then both sides talk nonsense."""
    await stage.start()
    await _job(stage, there, f"{n}a")
    for mirror in mirrors:
        mirror.forging = True
    await _job(stage, there, f"{n}b")
    if stage.mode == "http":
        await _malformed(stage, there)
    for mirror in mirrors:
        mirror.forging = False
    await stage.bot.end()


async def _crash(stage: Theatre, crash: Path, program: Sequence[str]) -> None:
    """An error that nobody catches ends the program."""
    await stage.start(*program)
    crash.touch()  # noqa: ASYNC240 - one small file
    await stage.ended()
    await stage.bot.end()
    crash.unlink()  # noqa: ASYNC240 - likewise


async def _abort(stage: Theatre, mirrors: tuple[Mirror, Mirror]) -> None:
    """Nonsense from the first question on; then an abort, with the interpreter's own trace."""
    before = _forged(mirrors)
    for mirror in mirrors:
        mirror.forging = True
    await stage.bot.start()
    with contextlib.suppress(AssertionError):
        await until(lambda: _forged(mirrors) - before >= ENOUGH, seconds=PATIENCE)
    await stage.bot.end(signal.SIGABRT)
    for mirror in mirrors:
        mirror.forging = False


def _forged(mirrors: Iterable[Mirror]) -> int:
    return sum(sum(mirror.forged.values()) for mirror in mirrors)


@asynccontextmanager
async def _health(stage: Theatre) -> AsyncIterator[set[str]]:
    """Everything the health endpoints say meanwhile."""
    said: set[str] = set()

    async def ask() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            while True:
                for path in ("/healthz", "/readyz", f"/{word()}"):
                    with contextlib.suppress(httpx.HTTPError):
                        answer = await client.get(stage.url + path)
                        said.add(f"{path[:8]} {answer.text} {dict(answer.headers)}")
                await asyncio.sleep(0.05)

    asking = asyncio.create_task(ask())
    try:
        yield said
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


# What people do, whatever comes of it


async def _job(stage: Theatre, there: Canaries, n: str) -> None:
    name = f"{there.of('session name')} {n}"
    await _patiently(lambda: _opened(stage, there, name, SUPPORT, there.of("first message")))
    ts = card_of(stage, SUPPORT, name)
    await _patiently(
        lambda: _opened(stage, there, f"{there.of('second session')} {n}", PRIVATE, there.of("its message"))
    )
    if not ts:
        return
    await _talk(stage, there, ts, name)
    await _invite(stage, there, ts)
    await stage.slack.say(ANNA, SUPPORT, f"<@{BOT_USER}> end", ts, raw=True)
    await _patiently(lambda: _done(stage))


async def _opened(stage: Theatre, there: Canaries, name: str, channel: str, first: str) -> bool:
    with contextlib.suppress(GestureError, AssertionError):
        await stage.slack.slash(ANNA, channel, "/session", there.of("command text"))
        await stage.slack.slash(ANNA, channel, "/session", f"chat {there.of('command text')}")
        await stage.slack.suggest(ANNA, "f_with", there.of("search"))
        nobody = {"f_members": f"{there.of('view state')}, {there.of('customer e-mail')}"}
        await stage.slack.fill(ANNA, {"f_name": name, "f_where": channel, "f_message": first, **nobody})
        await stage.slack.submit(ANNA)  # refused: one of them is nobody
        await stage.slack.fill(ANNA, {"f_members": f"{there.of('customer e-mail')}, {there.of('customer number')}"})
        await stage.slack.submit(ANNA)
        await stage.slack.submit(ANNA)  # yes, the phone, too
    return bool(card_of(stage, channel, name))


async def _talk(stage: Theatre, there: Canaries, ts: str, name: str) -> None:
    say, joe = stage.slack.say, there.of("customer e-mail")
    await say(ANNA, SUPPORT, f"{there.of('reply')} <@{ANNA}> <#{PRIVATE}> <#C0SECRET01>", ts, raw=True)
    await say(BEN, SUPPORT, f"note: {there.of('note')}", ts)
    file = [{"id": "F1", "name": there.of("file name")}]
    await say(BEN, SUPPORT, there.of("late reply"), ts, files=file)
    await say(BEN, SUPPORT, f"<@{BOT_USER}> {there.of('unknown command')}", ts, raw=True)
    for session in stage.evo.sessions():
        if session.info["displayName"] == name and session.info.get("callState") != "Disconnected":
            with contextlib.suppress(LookupError, ValueError):
                stage.evo.hear(session.id, joe, there.of("heard"))
                stage.evo.hear(session.id, joe, "", f"https://x.example/{there.of('media address')}", "image/png")
    await _patiently(lambda: _done(stage))


async def _invite(stage: Theatre, there: Canaries, ts: str) -> None:
    target = f"{there.of('invite target')}, {there.of('second number')}"
    await stage.slack.say(ANNA, SUPPORT, f"<@{BOT_USER}> invite {target}", ts, raw=True)
    with contextlib.suppress(GestureError):
        await stage.slack.click(ANNA, SUPPORT, ts, "session_invite")
        await stage.slack.fill(ANNA, {"i_people": there.of("draft number"), "i_callerid": there.of("caller id")})
        await stage.slack.submit(ANNA)
        await stage.slack.submit(ANNA)
    await _patiently(lambda: _done(stage))
    for message in stage.slack.messages(SUPPORT, ts)[1:]:
        if any(block["type"] == "actions" for block in message.get("blocks") or []):
            with contextlib.suppress(GestureError):
                await stage.slack.click(ANNA, SUPPORT, message["ts"], index=0)


async def _done(stage: Theatre) -> bool:
    return stage.slack.pending() == 0 and stage.unfinished() == 0


async def _patiently(work: Callable[[], Awaitable[bool]]) -> None:
    with contextlib.suppress(AssertionError):
        await until(work, seconds=PATIENCE)


async def _malformed(stage: Theatre, there: Canaries) -> None:
    """Signed by Slack's secret, and nothing that Slack would ever send."""
    told = {canary.name: canary.value for canary in there.all.values()}
    in_thread = {"type": "message", "user": "U1", "thread_ts": "9.9", "channel": "C1", "text": "x", "ts": "9.91"}
    events: list[dict[str, Any]] = [
        {"type": "message", "text": told, "user": told, "ts": told, "thread_ts": "1"},
        {**in_thread, "ts": list(told)[:1], "channel": told},
        {**in_thread, "ts": " ".join(told.values()), "files": list(told.values())},
    ]
    shapes: list[Any] = [{"type": "event_callback", "team_id": "T1", "event": event} for event in events]
    shapes += [{"type": "event_callback", "team_id": told, "event": in_thread}, {"type": told}, list(told)]
    forms: list[Any] = [
        {"type": kind, "actions": [told], "view": told, "user": told, "team": told, "callback_id": "session_new"}
        for kind in ("block_actions", "view_submission", "block_suggestion", "message_action", "shortcut", "odd")
    ]
    async with httpx.AsyncClient(trust_env=False) as client:
        for shape in shapes:
            await _send(client, stage, json.dumps(shape), "application/json")
        for form in forms:
            await _send(client, stage, f"payload={quote(json.dumps(form))}", "application/x-www-form-urlencoded")
        await _send(client, stage, f"command=/session&text={quote(str(told))}", "application/x-www-form-urlencoded")


async def _send(client: httpx.AsyncClient, stage: Theatre, body: str, kind: str) -> None:
    stamp = str(int(time.time()))
    secret = stage.environment["SLACK_SIGNING_SECRET"].encode()
    signed = hmac.new(secret, f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signed}", "Content-Type": kind}
    with contextlib.suppress(httpx.HTTPError):
        await client.post(f"{stage.url}/slack/events", content=body, headers=headers)


# Who told


def _told(there: Canaries, where: str, lines: Iterable[str]) -> list[str]:
    found = []
    for line in lines:
        singing = [canary for canary in there.all.values() if canary.sings_in(line)]
        if singing:
            names = ", ".join(canary.name for canary in singing[:4]) + (" …" if len(singing) > 4 else "")
            found.append(f"{where} tells the {names}: {_around(line, singing[0].value)}")
    return sorted(set(found))


def _around(line: str, value: str) -> str:
    at = max(line.casefold().find(value.casefold()), 0)
    return repr(line[max(0, at - 160) : at + len(value) + 40])


def _in_slack(stage: Theatre, there: Canaries) -> list[str]:
    """Secrets nowhere; what was said in one session's thread nowhere but in that session's channel and thread."""
    hidden = there.some(*SECRETS) + [c for c in there.all.values() if c.name.startswith("cookie")]
    said = there.some(*WORDS)
    cards = [message for message in stage.slack.messages(SUPPORT) if there.of("session name") in message["text"]]
    homes = {card["ts"] for card in cards}
    found = []
    for call in stage.slack.journal.entries("api"):
        text, where = json.dumps(call["args"], ensure_ascii=False), call["args"]
        found += [
            f"Slack is told the {c.name} by {call['method']}: {_around(text, c.value)}"
            for c in hidden
            if c.sings_in(text)
        ]
        at_home = where.get("channel") == SUPPORT and _thread_of(stage, where) in homes
        if call["method"].startswith("chat.") and call["effect"] and not at_home:
            found += [f"the {c.name} stands elsewhere: {where}" for c in said if c.sings_in(text)]
    return sorted(set(found))


def _thread_of(stage: Theatre, where: dict[str, Any]) -> str:
    """The thread that a call writes into."""
    if where.get("thread_ts") or "ts" not in where:
        return str(where.get("thread_ts"))
    message = stage.slack.message(SUPPORT, where["ts"])
    return str(message.get("thread_ts") or message["ts"])


def _at_evo(stage: Theatre, there: Canaries) -> list[str]:
    """What is for Slack alone, in anything that has an effect at Evo Voice."""
    text = " ".join(json.dumps(effect.detail) for effect in stage.evo.effects())
    return [f"Evo Voice has the {c.name}" for c in there.some(*NEVER_AT_EVO) if c.sings_in(text)]
