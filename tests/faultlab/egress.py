"""To whom the bot talks: the two hosts of its settings, and nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.slack.seeds import ANNA, BEN, SUPPORT
from sandbox.stage import Mode
from tests.faultlab.theatre import Theatre, Wishes, evo_id, open_session, theatre
from tests.faultlab.verdict import Verdict
from tests.helpers import until

LISTENING = "0A"
_REMOTE = re.compile(r"\s*\d+: (\w+):(\w+) (\w+):(\w+) (\w\w) \S+ \S+ \S+\s+\d+\s+\d+ (\d+)")


def egress(folder: Path, long: bool) -> Verdict:
    """Audited on the plain loop; on uvloop, which no hook sees, read from the system's table of connections."""
    modes: tuple[Mode, ...] = ("socket", "http") if long else ("socket",)
    rounds, wrong, seen = (10 if long else 1), [], 0
    for mode in modes:
        for audited in (True, False):
            place = folder / f"{mode}-{audited}"
            place.mkdir()
            contacted, configured = asyncio.run(_play(place, mode, rounds, audited=audited))
            how = f"{mode} mode, {'audited' if audited else 'as shipped'}"
            wrong += [f"{how}: {where} was contacted" for where in sorted(contacted - configured)]
            wrong += [f"{how}: {where} was never contacted" for where in sorted(configured - contacted)]
            seen += len(contacted)
    return Verdict(
        promise="it talks to Slack and Evo Voice and to nobody else",
        tried=f"{len(modes) * 2} lives of the main job, {rounds} sessions each, audited and as shipped",
        also={"hosts too many or too few": len(wrong)},
        measured=f"{seen} addresses, 2 a life",
        examples=wrong,
    )


async def _play(folder: Path, mode: Mode, rounds: int, *, audited: bool) -> tuple[set[str], set[str]]:
    hosts = folder / "hosts.txt"
    program = ("tests.faultlab.saboteur", "--hosts", str(hosts)) if audited else ("bot", "run")
    async with theatre(folder, mode, Wishes(program=program, settings={"EVOBOT_CONFIRM_PHONES": "0"})) as there:
        async with _watching(there) as remotes:
            await there.start()
            for n in range(rounds):
                await main_job(there, n)
        await there.bot.end()
        if audited:
            remotes = {line.partition(" ")[2] for line in hosts.read_text(encoding="utf-8").splitlines()}
        return remotes, {urlsplit(url).netloc for url in (there.evo.url, there.slack.url)}


async def main_job(there: Theatre, n: int) -> None:
    """Open, search, reply, hear, invite, end: everything for which the bot turns to somebody."""
    name, slack = f"Session {n}", there.slack
    await slack.slash(ANNA, SUPPORT, "/session", "chat x")
    await slack.suggest(ANNA, "f_with", "joe")
    await slack.close(ANNA)
    ts = await open_session(there, ANNA, SUPPORT, name, f_members="joe@example.com")
    session = evo_id(there, name)
    await slack.say(BEN, SUPPORT, "see https://elsewhere.invalid/x and http://192.0.2.9/y", ts)
    there.evo.hear(
        session, "joe@example.com", "https://elsewhere.invalid/z", "http://192.0.2.9/picture.png", "image/png"
    )
    await slack.say(BEN, SUPPORT, f"<@{slack.world.seed.bot_user}> invite +12025550123, mia@example.com", ts, raw=True)
    await until(lambda: len(there.evo.effects(session, "invited")) == 2, "everybody to be in", 30)
    await until(lambda: there.evo.effects(session, "sent"), "the reply to be sent", 30)
    await until(lambda: "elsewhere" in str(slack.messages(SUPPORT, ts)), "the other side's words", 30)
    await slack.say(ANNA, SUPPORT, f"<@{slack.world.seed.bot_user}> end", ts, raw=True)
    await until(lambda: there.evo.effects(session, "ended"), "the end", 30)


# As shipped


@asynccontextmanager
async def _watching(there: Theatre) -> AsyncIterator[set[str]]:
    """Collects to whom the bot's process has connections, as the system sees it."""
    found: set[str] = set()

    async def watch() -> None:
        while True:
            if there.bot.running and there.bot._process is not None:
                found.update(_connections(there.bot._process.pid))
            await asyncio.sleep(0.01)

    watching = asyncio.create_task(watch())
    try:
        yield found
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def _connections(pid: int) -> set[str]:
    """Outgoing TCP connections of a process; those that others opened to its own port are not among them."""
    with contextlib.suppress(OSError):
        own = {_inode(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
        rows = [row for table in ("tcp", "tcp6") for row in _rows(Path(f"/proc/{pid}/net/{table}")) if row[5] in own]
        doors = {row[1] for row in rows if row[4] == LISTENING}
        return {f"{_address(row[2])}:{int(row[3], 16)}" for row in rows if row[4] != LISTENING and row[1] not in doors}
    return set()


def _inode(link: Path) -> str:
    with contextlib.suppress(OSError):
        return link.readlink().name.removeprefix("socket:[").removesuffix("]")
    return ""


def _rows(table: Path) -> list[tuple[str, ...]]:
    lines = table.read_text(encoding="ascii").splitlines()[1:]
    return [found.groups() for line in lines if (found := _REMOTE.match(line))]


def _address(packed: str) -> str:
    """IPv4 as people write it; an IPv6 address of this host is left as the system spells it."""
    if len(packed) > 8:
        return packed
    return ".".join(str(int(packed[at : at + 2], 16)) for at in (6, 4, 2, 0))
