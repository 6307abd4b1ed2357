"""Three bots on one PostgreSQL behind a load balancer: whichever is asked, it is done, and it is done once."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest
from aiohttp import web

from bot import texts
from bot.bridge import NotYet
from bot.model import ChannelId, SlackName, TeamId, Ts, name_of_message
from bot.place import Postgres
from bot.policy.defaults import TEXT as DEFAULTS
from bot.service import Service
from bot.settings import Settings
from bot.store import Unavailable, open_store
from bot.views.hints import SENT_BEFORE
from handlers import orders, thread
from sandbox.evo import EvoStandIn
from sandbox.slack import SlackStandIn
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, SUPPORT, TEAM
from sandbox.stage import free_port
from tests.bot.test_service import QuickClock
from tests.helpers import until
from tests.postgres import Server

BOTS = 3
JOE = "joe@example.com"
_LISTENING = "pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%listening'"


class Balancer:
    """Each request to the next bot, or all of them to one."""

    def __init__(self, ports: list[int], session: aiohttp.ClientSession) -> None:
        self.only: int | None = None
        self.away: set[int] = set()
        self._next = cycle(range(len(ports)))
        self._ports = ports
        self._session = session

    async def pass_on(self, request: web.Request) -> web.Response:
        to = next(n for n in self._next if n not in self.away) if self.only is None else self.only
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        url = f"http://127.0.0.1:{self._ports[to]}{request.path}"
        try:
            async with self._session.post(url, data=await request.read(), headers=headers) as answer:
                kind = answer.headers.get("content-type", "text/plain")
                return web.Response(status=answer.status, body=await answer.read(), headers={"content-type": kind})
        except aiohttp.ClientError:
            return web.Response(status=502)


@dataclass
class Fleet:
    slack: SlackStandIn
    evo: EvoStandIn
    balancer: Balancer
    services: list[Service]
    work: list[asyncio.Task[None]]
    place: Postgres

    def worker(self) -> int | None:
        """Who carries out what is stored."""
        works = [service._tenant._works for service in self.services]
        return next((number for number, each in enumerate(works) if each and each._duty and each._duty._courier), None)

    def idle(self) -> list[int]:
        worker = self.worker()
        assert worker is not None
        return [number for number in range(BOTS) if number != worker]

    async def opened(self) -> str:
        """A session that was asked for at one bot, in a form that another one was given. Returns where its card is."""
        one, other = self.idle()
        self.balancer.only = one
        await self.slack.slash(ANNA, SUPPORT, "/session", "chat Broken boiler")
        view = await until(lambda: self.slack.view(ANNA), "the form")
        people = next(
            block["block_id"] for block in view["blocks"]
            if block.get("element", {}).get("type") == "plain_text_input" and "people" in str(block).lower()
        )  # fmt: skip
        await self.slack.fill(ANNA, {people: JOE})
        self.balancer.only = other
        assert (await self.slack.submit(ANNA)).outcome in {"closed", "cleared"}
        self.balancer.only = None
        await until(lambda: [text for text in self.ours() if "Active" in text], "the card")
        return next(str(message["ts"]) for message in self.slack.messages(SUPPORT) if message.get("user") == BOT_USER)

    def ours(self, thread: str | None = None) -> list[str]:
        return [str(each["text"]) for each in self.slack.messages(SUPPORT, thread) if each.get("user") == BOT_USER]

    def sent(self) -> list[str]:
        """What has arrived on the other side."""
        return [str(effect.detail["body"]) for effect in self.evo.effects(kind="sent")]

    def asked(self, thread: str) -> str | None:
        """Where a question of ours stands."""
        found = [
            each for each in self.slack.messages(SUPPORT, thread) if "item_answer:again" in str(each.get("blocks"))
        ]
        return str(found[0]["ts"]) if found else None

    def written_to(self, user: str) -> list[str]:
        """In their own messages with the app."""
        rooms = [room for room in self.slack.world.channels.values() if room.id.startswith("D")]
        return [str(each["text"]) for room in rooms if user in room.members for each in self.slack.messages(room.id)]

    async def deafened(self) -> None:
        """Whoever listens loses the connection by which it does, and has another one."""
        with psycopg.connect(self.place.url, autocommit=True) as there:
            lost = there.execute(f"SELECT pid, pg_terminate_backend(pid) FROM {_LISTENING}").fetchall()

            def listens_again() -> bool:
                now = {pid for (pid,) in there.execute(f"SELECT pid FROM {_LISTENING}")}
                return len(now) == BOTS and now.isdisjoint(pid for pid, _ in lost)

            await until(listens_again, "all of them to listen again")

    async def exchange(self, number: int, meanwhile: Callable[[], Awaitable[object]]) -> None:
        """One is stopped; another one starts in its place. Requests go past it in between."""
        self.services[number].stop()
        self.balancer.away.add(number)
        await meanwhile()
        await self.work[number]
        self.services[number] = Service(self.services[number]._settings, QuickClock())
        self.work[number] = asyncio.create_task(self.services[number].run())
        await self.all_well()
        self.balancer.away.clear()

    async def all_well(self) -> None:
        def well() -> bool:
            return self.worker() is not None and not any(each._tenant.troubles() for each in self.services)

        await until(well, "all of them to be well")

    async def settled(self) -> None:
        await until(lambda: not self.slack.pending(), "Slack to have brought everything")


@pytest.fixture
async def fleet(tmp_path: Path, postgres: Server) -> AsyncIterator[Fleet]:
    async with bots_on(postgres.fresh(), tmp_path, BOTS) as fleet:
        await fleet.all_well()
        yield fleet


@asynccontextmanager
async def bots_on(place: Postgres, folder: Path, count: int) -> AsyncIterator[Fleet]:
    policy = folder / "policy.toml"
    policy.write_text(DEFAULTS.replace("who = []", f'who = ["{ANNA}"]'))
    policy.chmod(0o600)
    async with AsyncExitStack() as stack:
        evo, slack = await stack.enter_async_context(EvoStandIn()), await stack.enter_async_context(SlackStandIn())
        slack.limits.set("off")
        session = await stack.enter_async_context(aiohttp.ClientSession())
        ports = [free_port() for _ in range(count)]
        balancer = Balancer(ports, session)
        slack.configure(events_url=await stack.enter_async_context(serving(balancer)))
        slack.faults.delivery.duplicates = count - 1
        services = [Service(settings(slack, evo, place, port, policy), QuickClock()) for port in ports]
        work = [asyncio.create_task(service.run()) for service in services]
        fleet = Fleet(slack, evo, balancer, services, work, place)
        try:
            yield fleet
        finally:
            for service in fleet.services:
                service.stop()
            await asyncio.gather(*fleet.work)


def settings(slack: SlackStandIn, evo: EvoStandIn, place: Postgres, port: int, policy: Path) -> Settings:
    return Settings(
        slack_bot_token=slack.settings.bot_token, slack_signing_secret=slack.settings.signing_secret,
        slack_api_url=slack.api_url, evo_base_url=evo.url, evo_username="bot@example.com", evo_password="correct-horse",
        evobot_database=place, evobot_port=port, evobot_poll_seconds=0.1, evobot_policy=policy,
    )  # type: ignore[arg-type] # as texts, like the environment says them  # fmt: skip


@asynccontextmanager
async def serving(balancer: Balancer) -> AsyncIterator[str]:
    app, port = web.Application(), free_port()
    app.router.add_post("/slack/events", balancer.pass_on)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}/slack/events"
    finally:
        await runner.cleanup()


async def test_whatever_is_brought_to_whichever_bot_is_done_once(fleet: Fleet) -> None:
    """A form that two bots were given in turn; a reply, its change, a command and a hint, each brought to all three; a
    stop, a resumption and a button at bots that carry nothing out.
    """
    slack, (one, other) = fleet.slack, fleet.idle()
    card = await fleet.opened()
    first = await slack.say(BEN, SUPPORT, "On our way", card)
    await until(lambda: fleet.sent() == ["Ben: On our way"], "it to arrive")
    await slack.edit(BEN, SUPPORT, first, "On our way!")
    await fleet.settled()
    await slack.say(BEN, SUPPORT, f"<@{BOT_USER}> why", card, raw=True)
    await fleet.settled()
    fleet.balancer.only = one
    await slack.slash(ANNA, SUPPORT, "/session", "admin panic")
    fleet.balancer.only = None
    await slack.say(BEN, SUPPORT, "Stopped", card)
    question = await until(lambda: fleet.asked(card), "the question what is to become of it")
    await fleet.settled()
    fleet.balancer.only = other
    await slack.slash(ANNA, SUPPORT, "/session", "admin resume")
    await slack.click(BEN, SUPPORT, question, "item_answer:again")
    await until(lambda: len(fleet.sent()) > 1, "what was held back")
    assert fleet.sent() == ["Ben: On our way", "Ben: Stopped"]
    assert [str(told["text"]).partition(" · ")[0] for told in slack.ephemerals(BEN)] == [
        SENT_BEFORE.format(whom="The other side"), "*A message*: “Ben: On our way”", texts.STOPPED_REPLY
    ]  # fmt: skip


async def test_the_working_bot_minds_what_another_one_hears_of_a_channel_and_what_nobody_heard(fleet: Fleet) -> None:
    """By itself it asks once in five minutes whose eyes a channel is for."""
    slack, (one, _) = fleet.slack, fleet.idle()
    card = await fleet.opened()
    slack.world.channels[SUPPORT].is_ext_shared = True  # and the event is lost
    await fleet.deafened()
    fleet.evo.hear(fleet.evo.sessions()[0].id, JOE, "secret")
    await until(lambda: fleet.written_to(ANNA), "who opened it to be told")
    assert len(fleet.ours(card)) == 1
    fleet.balancer.only = one
    await slack.share(SUPPORT, undo=True)
    await until(lambda: "Joe Park: secret" in fleet.ours(card), "it to stand where only we are again")


async def test_a_command_ends_with_no_bot_that_has_only_begun_it(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is brought it meanwhile acknowledges nothing: Slack would not bring it again."""
    monkeypatch.setattr(thread, "PLACE_LOOKS", 2)
    one, other = (works for number in fleet.idle() if (works := fleet.services[number]._tenant._works))
    died, failed = (command(f"{time.time() + n:.6f}") for n in range(2))
    assert await one._door.bridge.is_first(name_of(died))
    with pytest.raises(NotYet):
        await other._threads(died)
    with pytest.raises(Unavailable):
        await other._threads.missed(died)
    await one._door.bridge.carried_out(name_of(died))
    await other._threads(died)
    with monkeypatch.context() as broken:
        broken.setattr(orders, "carry_out", refuse)
        with pytest.raises(Unavailable):
            await one._threads(failed)
    await other._threads(failed)
    await until(lambda: len(fleet.slack.ephemerals(BEN)) == 1, "an answer to the one that failed at first")


def command(ts: str) -> dict[str, Any]:
    event = {"type": "message", "channel": SUPPORT, "user": BEN, "ts": ts, "text": f"<@{BOT_USER}> list"}
    return {"type": "event_callback", "team_id": TEAM, "event": event}


def name_of(payload: dict[str, Any]) -> SlackName:
    return name_of_message(TeamId(TEAM), ChannelId(SUPPORT), Ts(payload["event"]["ts"]))


async def refuse(*_: object) -> None:
    raise Unavailable("the server is not there")


async def test_what_a_file_has_left_is_taken_by_the_bot_that_works_alone(tmp_path: Path, postgres: Server) -> None:
    """Two that take letters at the same time would turn their order round."""
    store = open_store(place := postgres.fresh())
    term = await store.others.term(store, asyncio.Event())
    assert term is not None
    await store.write(lambda tx: tx.keep_letter(json.dumps(command(f"{time.time():.6f}")), time.time()))
    async with bots_on(place, tmp_path, 1) as fleet:
        await until(lambda: fleet.services[0]._tenant.troubles() == [], "the other one to be there")
        await fleet.slack.say(BEN, SUPPORT, f"<@{BOT_USER}> list", raw=True)
        await until(lambda: len(fleet.slack.ephemerals(BEN)) == 1, "an answer to what comes now")
        assert store.read.letters_kept() == 1
        term.end()
        await until(lambda: len(fleet.slack.ephemerals(BEN)) == 2, "an answer to what was kept")
    store.close()


async def test_bots_that_are_exchanged_one_after_another_leave_no_gap(fleet: Fleet) -> None:
    card = await fleet.opened()
    for number in range(BOTS):
        await fleet.exchange(number, lambda: fleet.slack.say(BEN, SUPPORT, f"while {number} is new", card))  # noqa: B023 - awaited here
    await until(lambda: len(fleet.sent()) == BOTS, "all of it")
    assert fleet.sent() == [f"Ben: while {number} is new" for number in range(BOTS)]
