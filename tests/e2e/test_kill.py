"""The promise on real processes: kill -9 in the middle, faults on, nothing lost, doubled or out of order."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from pathlib import Path

import pytest

from sandbox.slack.seeds import ANNA, BEN, SUPPORT
from sandbox.stage import Mode, Stage
from tests.helpers import until

pytestmark = pytest.mark.e2e

SETTINGS = {"EVOBOT_PHONE_REGIONS": "US", "EVOBOT_CONFIRM_PHONES": "0", "EVOBOT_POLL_SECONDS": "0.1"}
SESSIONS, EVENTS, KILLS = 5, 200, 10


async def open_sessions(stage: Stage, count: int) -> dict[str, str]:
    """Thread ts → Evo id, opened by hand through the modal."""
    for n in range(count):
        await stage.slack.slash(ANNA, SUPPORT, "/session")
        await stage.slack.fill(ANNA, {"f_name": f"Session {n}", "f_members": "joe@example.com", "f_where": SUPPORT})
        assert (await stage.slack.submit(ANNA)).outcome == "closed"

    async def cards() -> dict[str, str]:
        evo_ids = {session.info["displayName"]: session.id for session in await stage.evo.sessions()}
        messages = await stage.slack.messages(SUPPORT)
        return {
            message["ts"]: evo_ids[name]
            for message in messages
            for name in evo_ids
            if f"{name}." in message["text"] and "Active" in message["text"]
        }

    async def ready() -> dict[str, str] | None:
        found = await cards()
        return found if len(found) == count else None

    found: dict[str, str] = await until(ready, "all cards", seconds=60)
    return found


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_kills_and_faults_lose_and_double_nothing(tmp_path: Path, mode: Mode) -> None:
    chance = random.Random(7)  # noqa: S311 - the same dice every time
    async with Stage(tmp_path, mode, SETTINGS, manifest=Path("manifest.yml")) as stage:
        await stage.slack.limits("off")
        threads = await open_sessions(stage, SESSIONS)
        await stage.evo.fault("cut_after", "SendMessage", times=None, probability=0.08)
        await stage.evo.fault("cut_before", "SendMessage", times=None, probability=0.05)
        await stage.evo.fault("503", "SendMessage", times=None, probability=0.05)
        await stage.slack.delivery_faults(duplicates=2)
        expected = await talk(stage, threads, chance)
        await stage.evo.clear_faults()
        await until(lambda: finished(stage.database), "every item to be finished", seconds=120)
        sent = {evo: [effect.detail["body"] for effect in await stage.evo.effects(evo, "sent")] for evo in expected}
        shown = {ts: await lines_under(stage, ts) for ts in threads}
        await until(lambda: stage.bot.running)
    asked = asked_a_person(stage.database)
    assert len(asked) <= EVENTS // 20, "people stop reading questions that come too often"
    assert sent == {evo: [text for text in texts if text not in asked] for evo, texts in expected.items()}
    assert shown == {ts: [f"Joe Park: {evo[-4:]} says {n}" for n in range(10)] for ts, evo in threads.items()}


async def talk(stage: Stage, threads: dict[str, str], chance: random.Random) -> dict[str, list[str]]:
    """People write on both sides while the bot is killed again and again."""
    expected: dict[str, list[str]] = {evo: [] for evo in threads.values()}
    kills = set(chance.sample(range(10, EVENTS), KILLS))
    for n in range(EVENTS):
        ts = chance.choice(list(threads))
        user, name = chance.choice([(ANNA, "anna"), (BEN, "ben")])
        await stage.slack.say(user, SUPPORT, f"message {n}", ts)
        expected[threads[ts]].append(f"{name}: message {n}")
        if n % (EVENTS // 10) == 0:
            for evo in threads.values():
                await stage.evo.hear(evo, "joe@example.com", f"{evo[-4:]} says {n // (EVENTS // 10)}")
        if n in kills:
            await stage.kill_bot()
            await stage.start_bot(ready=False)
        await asyncio.sleep(chance.uniform(0, 0.02))
    await until(lambda: settled(stage), "Slack to have delivered everything", seconds=60)
    return expected


async def settled(stage: Stage) -> bool:
    return await stage.slack.pending() == 0


async def lines_under(stage: Stage, ts: str) -> list[str]:
    async def lines() -> list[str]:
        return [message["text"] for message in await stage.slack.messages(SUPPORT, ts) if " says " in message["text"]]

    async def enough() -> bool:
        return len(await lines()) >= 10

    await until(enough, "the other side's lines", seconds=60)
    return await lines()


def finished(database: Path) -> bool:
    """Reads the bot's file as anybody could."""
    return _count(database, "SELECT count(*) FROM item WHERE state IN ('pending', 'sending', 'unknown')") == 0


def asked_a_person(database: Path) -> set[str]:
    """What met two faults in a row: it is not there, and its author has been asked whether to send it again."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        rows = connection.execute("SELECT state, sent_text FROM item WHERE state <> 'delivered'").fetchall()
    finally:
        connection.close()
    assert {state for state, _ in rows} <= {"needs_person"}
    return {text for _, text in rows}


def _count(database: Path, sql: str) -> int:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return int(connection.execute(sql).fetchone()[0])
    finally:
        connection.close()
