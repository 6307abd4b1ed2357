"""The whole bot in this process, between both stand-ins: how it starts, what it says of itself, how it ends."""

from __future__ import annotations

import asyncio
import logging
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.clock import SystemClock
from bot.evoside import WrongAccount
from bot.intake import CannotListen, listen
from bot.logs import ScrubbingFormatter
from bot.model import Deed, SlackName, TeamId, UserId
from bot.phones import PhoneRules
from bot.scopes import FEATURES
from bot.service import Service
from bot.settings import Settings
from bot.store import InUse, Unavailable, Unusable, open_store
from bot.workspace import Identity, SlackSignedOut
from sandbox.evo import EvoStandIn, Seeds, default_seeds
from sandbox.slack import SlackStandIn
from sandbox.slack.manifest import Manifest
from sandbox.slack.seeds import ANNA, BEN, SUPPORT
from sandbox.stage import free_port
from tests.bot.store.canary import found_in
from tests.helpers import until

NO_SLACK, NO_EVO = "not connected to Slack yet\n", "not connected to Evo Voice yet\n"


class QuickClock(SystemClock):
    """The pauses between two attempts are a fiftieth of what they are."""

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        await super().wait(event, seconds / 50)


@dataclass
class World:
    evo: EvoStandIn
    slack: SlackStandIn
    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "evobot.db"

    def settings(self, **changes: Any) -> Settings:
        usual = {
            "slack_bot_token": "xoxb-standin-bot",
            "slack_signing_secret": "standin-signing-secret",
            "slack_api_url": self.slack.api_url,
            "evo_base_url": self.evo.url,
            "evo_username": "bot@example.com",
            "evo_password": "correct-horse",
            "evobot_database": self.database,
            "evobot_port": free_port(),
            "evobot_poll_seconds": 0.1,
        }
        return Settings(**{**usual, **changes})

    async def order_a_card(self, bot: Running) -> None:
        """Somebody opens a session; its card is to be posted."""
        self.slack.configure(events_url=f"{bot.url}/slack/events")
        await self.slack.slash(ANNA, SUPPORT, "/session", "chat Broken boiler")
        await until(lambda: self.slack.view(ANNA), "the modal")
        blocks = self.slack.view(ANNA)["blocks"]
        people = next(
            block["block_id"] for block in blocks
            if block.get("element", {}).get("type") == "plain_text_input" and "people" in str(block).lower()
        )  # fmt: skip
        await self.slack.fill(ANNA, {people: "joe@example.com"})
        assert (await self.slack.submit(ANNA)).outcome in {"closed", "cleared"}

    @asynccontextmanager
    async def running(self, **changes: Any) -> AsyncIterator[Running]:
        settings = self.settings(**changes)
        service = Service(settings, QuickClock())
        work = asyncio.ensure_future(service.run())
        async with aiohttp.ClientSession() as session:
            running = Running(service, work, session, f"http://127.0.0.1:{settings.evobot_port}")
            await until(running.lives, "the bot to listen")
            yield running
        service.stop()
        await work


@dataclass
class Running:
    service: Service
    work: asyncio.Future[None]
    session: aiohttp.ClientSession
    url: str

    async def ask(self, path: str) -> tuple[int, str]:
        async with self.session.get(self.url + path) as answer:
            return answer.status, await answer.text()

    async def lives(self) -> bool:
        if self.work.done():
            self.work.result()
        try:
            return (await self.ask("/healthz"))[0] == 200
        except aiohttp.ClientError:
            return False

    async def says(self, text: str) -> None:
        """Waits until /readyz says so."""

        async def so() -> bool:
            return (await self.ask("/readyz")) == (503 if text != "ready\n" else 200, text)

        await until(so, f"/readyz to say {text!r}, it says {await self.ask('/readyz')}")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with EvoStandIn() as evo, SlackStandIn() as slack:
        slack.limits.set("off")
        yield World(evo, slack, tmp_path)


async def test_the_head_of_the_audit_is_in_the_log_from_the_start(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """By it, one can tell later that all up to there is as it was."""
    store = open_store(world.database)
    await store.write(lambda tx: tx.audit(Deed.STOPPED, 1.0))
    head = store.read.audit_head()
    store.close()
    caplog.set_level("INFO")
    async with world.running():
        told = [message for message in caplog.messages if "the audit" in message]
    assert told[:1] == [f"the head of the audit is row 1, {head.hash}"]


async def test_with_both_sides_there_it_is_ready(world: World) -> None:
    async with world.running() as bot:
        await bot.says("ready\n")
        assert await bot.ask("/healthz") == (200, "ok\n")


async def test_a_start_asks_evo_voice_once_who_we_are(world: World) -> None:
    """Whoever lists numbers and customers needs to know it, too, and is told."""
    seeds = default_seeds()
    logins = tuple(replace(login, roles=("User", "Customer")) for login in seeds.logins)
    world.evo.reseed(Seeds.from_json(asdict(replace(seeds, logins=logins))))
    async with world.running():
        for operation in ("ListEndpoints", "ListCustomers"):
            await until(lambda operation=operation: world.evo.journal(operation=operation), operation)
        asked = {
            operation: len(world.evo.journal(operation=operation)) for operation in ("GetAuthStatus", "GetAppConfig")
        }
    assert asked == {"GetAuthStatus": 1, "GetAppConfig": 1}


async def test_without_slack_it_lives_and_says_so_and_works_once_slack_is_there(world: World) -> None:
    world.slack.faults.order("auth.test", "http_503", times=-1)
    async with world.running() as bot:
        await until(lambda: len(world.slack.journal.calls("auth.test")) > 2, "several attempts")
        assert await bot.ask("/healthz") == (200, "ok\n")
        assert await bot.ask("/readyz") == (503, NO_EVO + NO_SLACK)
        world.slack.faults.clear()
        await bot.says("ready\n")


async def test_without_evo_voice_it_takes_what_comes_and_works_once_it_is_there(world: World) -> None:
    world.evo.fault("429", "GetAuthStatus", times=None, retry_after="none")
    async with world.running() as bot:
        await bot.says(NO_EVO)
        world.slack.configure(events_url=f"{bot.url}/slack/events")
        heard = await world.slack.slash(BEN, SUPPORT, "/session", "help")
        assert heard.outcome == "acked"
        assert await bot.ask("/takez") == (200, "takes what comes\n")  # so a load balancer brings it
        world.evo.clear_faults()
        await bot.says("ready\n")


async def test_while_the_file_takes_nothing_a_load_balancer_is_told(world: World) -> None:
    async with world.running() as bot:
        await bot.says("ready\n")
        with closing(sqlite3.connect(world.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # somebody keeps it
            assert bot.service._tenant.store is not None
            with pytest.raises(Unavailable):
                await bot.service._tenant.store.write(lambda tx: tx.audit(Deed.STOPPED, 1.0))
            assert await bot.ask("/takez") == (503, "takes nothing now\n")
        await until(bot.service._tenant.takes, "it to take what comes again")


async def test_a_file_that_is_gone_ends_an_idle_bot_and_is_told_by_readiness(world: World) -> None:
    why = f"{world.database} was moved, deleted or replaced while I ran. Nothing more is taken."

    async def taken_away() -> None:
        async with world.running() as bot:
            await bot.says("ready\n")
            world.database.rename(world.folder / "elsewhere.db")
            assert bot.service._tenant.failures() == [f"the database does not take anything: {why}"]
            assert not bot.service._tenant.takes()
            await asyncio.wait([bot.work])

    with pytest.raises(Unusable) as raised:
        await taken_away()
    assert str(raised.value) == why


async def test_a_token_that_is_taken_away_is_told_by_readiness(world: World) -> None:
    """Slack itself is not reachable then, so health is the only place to say it."""
    async with world.running() as bot:
        await bot.says("ready\n")
        world.slack.faults.order("chat.postMessage", "error", error="token_revoked", times=-1)
        await world.order_a_card(bot)
        await bot.says("Slack does not accept the bot token any more\n")
        world.slack.faults.clear()


@pytest.mark.parametrize(("scope", "status", "first"), [("reactions:write", 200, "ready\n"), ("users:read", 503, "")])
async def test_a_missing_scope_is_told_and_only_the_core_makes_it_unready(
    world: World, scope: str, status: int, first: str
) -> None:
    world.slack.settings.manifest = Manifest(frozenset(FEATURES) - {scope})
    told = status, f"{first}Slack has not granted {scope}: {FEATURES[scope].lost}\n"

    async with world.running() as bot:

        async def so() -> bool:
            return await bot.ask("/readyz") == told

        await until(so, "/readyz to say what is off")
        assert bot.service._tenant.troubles() == [told[1].removeprefix("ready\n").strip()]


# Not at all


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_token_that_slack_does_not_know_ends_it(world: World, code: str) -> None:
    world.slack.faults.order("auth.test", "error", error=code)
    with pytest.raises(SlackSignedOut):
        await Service(world.settings(), QuickClock()).run()


async def test_a_wrong_account_ends_it_and_frees_everything(world: World) -> None:
    """The port and the file can be used again, and no connection is left open."""
    settings = world.settings(evo_account_id="elsewhere")
    with pytest.raises(WrongAccount):
        await Service(settings, QuickClock()).run()
    listen("127.0.0.1", settings.evobot_port).close()
    open_store(world.database).close()
    assert world.slack.connections == 0


async def test_a_port_that_is_taken_ends_it(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=rf"^Cannot listen on 127\.0\.0\.1:{port}: .+\. Change EVOBOT_PORT\.$"):
            await Service(world.settings(evobot_port=port)).run()
    open_store(world.database).close()
    assert world.slack.journal.calls("auth.test") == []


async def test_a_second_one_on_the_same_file_ends_and_the_first_goes_on(world: World) -> None:
    async with world.running() as bot:
        with pytest.raises(InUse):
            await Service(world.settings()).run()
        await bot.says("ready\n")


@pytest.mark.parametrize(("host", "said"), [("192.0.2.1", "EVOBOT_PORT"), ("no.such.host.invalid", "EVOBOT_PORT")])
def test_an_address_that_is_not_ours_is_said(host: str, said: str) -> None:
    with pytest.raises(CannotListen, match=said):
        listen(host, 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_it_listens_where_it_is_told_to(host: str) -> None:
    with listen(host, 0) as bound, socket.create_connection(bound.getsockname()[:2]):
        assert bound.getsockname()[0] in {"127.0.0.1", "::1"}


# The end


async def test_a_stop_is_quick_with_clients_that_hold_on(world: World) -> None:
    """A connection kept alive, one with half a request, and one that says nothing."""
    async with world.running() as bot:
        await bot.says("ready\n")
        port = int(bot.url.rpartition(":")[2])
        writers = []
        for sent in (b"", b"GET /hea", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            await writer.drain()
            writers.append(writer)
        async with asyncio.timeout(8):
            bot.service.stop()
            await bot.work
        for writer in writers:
            writer.close()


async def test_a_stop_before_anybody_answered_is_quick(world: World) -> None:
    world.slack.faults.order("auth.test", "http_503", times=-1)
    async with world.running() as bot, asyncio.timeout(20):
        await until(lambda: world.slack.journal.calls("auth.test"), "the first attempt")
        bot.service.stop()
        await bot.work


async def test_a_stop_while_evo_voice_is_away_is_quick(world: World) -> None:
    world.evo.fault("429", "GetAuthStatus", times=None, retry_after="none")
    async with world.running() as bot, asyncio.timeout(20):
        await bot.says(NO_EVO)
        bot.service.stop()
        await bot.work


async def test_a_stopped_bot_starts_again_on_the_same_file(world: World) -> None:
    for _ in range(2):
        async with world.running() as bot:
            await bot.says("ready\n")
    connection = sqlite3.connect(world.database)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


async def test_from_the_event_on_that_a_channel_is_shared_nothing_of_a_customer_stands_there(world: World) -> None:
    async with world.running() as bot:
        await bot.says("ready\n")
        await world.order_a_card(bot)
        card = await until(lambda: next(iter(world.slack.messages(SUPPORT)), None), "the card")
        opened = await until(world.evo.sessions, "the session")
        await world.slack.share(SUPPORT)
        await until(lambda: _is_known_as_shared(world), "Slack to be asked anew")
        world.evo.hear(opened[0].id, "joe@example.com", "My account is 4711")
        letters = await until(lambda: world.slack.messages("D0ANNA0001"), "who opened it is told")
        assert "is shared with another organization" in letters[0]["text"]
        assert "4711" not in str(world.slack.messages(SUPPORT, card["ts"]))


def _is_known_as_shared(world: World) -> bool:
    with sqlite3.connect(f"{world.database.as_uri()}?mode=ro", uri=True) as file:
        return bool(file.execute("SELECT 1 FROM channel WHERE shared = 1").fetchone())


POLICY = '[phones]\nregions = ["GB"]\nkinds = ["voip"]\nsecond_person = {second}\n'


ASKED = [(True, False, True), (False, False, False), (False, True, True)]


@pytest.mark.parametrize(("confirms", "second", "asked"), ASKED)
def test_the_policy_opens_phones_besides_the_settings_and_a_second_person_is_always_asked(
    tmp_path: Path, *, confirms: bool, second: bool, asked: bool
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY.format(second=str(second).lower()), encoding="utf-8")
    policy.chmod(0o600)
    settings = Settings(
        slack_bot_token="xoxb-1", slack_app_token="xapp-1", evo_username="bot@example.com",
        evo_password="x", evobot_phone_regions="US", evobot_confirm_phones=confirms, evobot_policy=policy,
    )  # fmt: skip
    house = Service(settings)._tenant._house(Identity(TeamId("T1"), "", UserId("UBOT"), "B1", frozenset()))
    assert (house.phones, house.confirm_phones) == (PhoneRules(frozenset({"US", "GB"}), frozenset({"voip"})), asked)
    assert house.policy.source == str(policy)


async def test_which_policy_holds_is_said_once_and_nothing_of_what_it_says(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY.format(second="false"), encoding="utf-8")
    policy.chmod(0o600)
    with caplog.at_level("INFO", "bot.service"):
        async with world.running(evobot_policy=policy) as bot:
            await bot.says("ready\n")
    assert [line for line in caplog.messages if "policy" in line] == [f"policy: {policy}, 4 rules"]


async def test_what_has_been_kept_long_enough_goes_and_the_log_tells_numbers_apart(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are parts of the running bot: what is old is gone soon after the start."""
    handler = logging.StreamHandler()
    handler.setFormatter(scrubbing := ScrubbingFormatter("%(message)s"))
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    before = open_store(world.database)
    await before.write(lambda tx: tx.carried_out(SlackName("kanari"), 1.0))
    before.close()
    async with world.running():
        await until(lambda: found_in(world.database, ["kanari"]) == {}, "the old command to go")
        assert scrubbing.hashed is not None
