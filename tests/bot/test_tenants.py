"""One bot for several workspaces: each has its own database, login and works, and nothing crosses."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot import metrics, tenants
from bot.__main__ import main
from bot.clock import SystemClock
from bot.console.common import EXIT_SETTINGS
from bot.console.workspaces import NOBODY_SITS, PURGED
from bot.doctor.several import CONNECT, IDLE
from bot.installing import COOKIE, States, Tokens
from bot.intake.addressed import of_event, of_interaction
from bot.model import EvoLogin, Installation, TeamId, UserId
from bot.settings import SharedSettings
from bot.slackerrors import SlackSignedOut
from bot.store import open_store
from bot.store.aside import write_aside
from bot.store.tx import Tx
from bot.tenants import GRACE_SECONDS, Tenants
from bot.texts import APP_GONE, APP_LEFT, APP_STAYS, NOT_CONNECTED
from sandbox.evo import EvoStandIn
from sandbox.slack import Settings as SlackSettings
from sandbox.slack import SlackStandIn
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, PEOPLE, SHARED, SUPPORT, TEAM, Group, Seed
from sandbox.stage import Program, free_port
from tests.bot.test_metrics import Figures, read_as_prometheus
from tests.helpers import TestClock, until

OTHER = "T0OTHERONE"
ORGANIZATION = "E0HOLDING1"
IGNORED = "evobot_events_total", (("kind", "message"), ("outcome", "ignored"))


def another(team: str = OTHER, **more: Any) -> Seed:
    """A workspace in which everybody and everything has the same ids, but for its own."""
    people = tuple(replace(each, team_id=team) if each.team_id == TEAM else each for each in PEOPLE)
    return Seed(team_id=team, team_name="Another", people=people, **more)


@dataclass
class World:
    """Two workspaces of one Slack, two hosts of Evo Voice, a folder for the bot."""

    slack: SlackStandIn
    other: SlackStandIn
    evos: tuple[EvoStandIn, EvoStandIn]
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def register(self) -> Path:
        return self.folder / "evobot.db"

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path.cwd()),
            "SLACK_CLIENT_ID": "1.2",
            "SLACK_CLIENT_SECRET": "standin-client-secret",
            "SLACK_SIGNING_SECRET": "standin-signing-secret",
            "SLACK_API_URL": self.slack.api_url,
            "EVOBOT_PUBLIC_URL": self.url,
            "EVOBOT_DATABASE": str(self.register),
            "EVOBOT_PORT": str(self.port),
            "EVOBOT_POLL_SECONDS": "0.1",
            "EVOBOT_SETTLE_SECONDS": "0.5",
            "EVO_BASE_URL": self.evos[0].url,
        }

    def settings(self) -> SharedSettings:
        given = {name.lower(): value for name, value in self.environment().items() if "PATH" not in name}
        return SharedSettings(**given)

    async def install(self, team: str, **changes: str) -> tuple[int, str]:
        """A person's browser: the page, Slack's page, and back. Returns what they see at last."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
            async with browser.get(f"{self.url}/slack/install") as page:
                way = re.search(r'href="([^"]+)"', await page.text())
                cookie = page.headers["set-cookie"].partition(";")[0]
            assert way is not None
            slacks = way[1].replace("&amp;", "&") + f"&team={team}" + changes.get("more", "")
            async with browser.get(slacks, allow_redirects=False) as agreed:
                back = agreed.headers["Location"]
            async with browser.get(back, headers={"cookie": changes.get("cookie", cookie)}) as seen:
                return seen.status, await seen.text()

    def connect(self, team: str, evo: EvoStandIn, password: str = "correct-horse") -> None:
        """As `evobot workspaces connect` does, without asking Evo Voice."""
        login = EvoLogin(evo.url, "bot@example.com", password)
        write_aside(self.register, lambda tx: tx.connect_evo(team, login))  # type: ignore[arg-type]  # a register is asked

    def write_policy(self, team: str, text: str) -> None:
        file = self.folder / "workspaces" / f"{team}.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    def rows(self, team: str, sql: str) -> list[Any]:
        with closing(sqlite3.connect(self.register.parent / "workspaces" / f"{team}.db")) as file:
            return [row[0] for row in file.execute(sql)]

    async def opened(self, slack: SlackStandIn, channel: str = SUPPORT) -> str:
        """Somebody opens a session. Returns the thread of its card."""
        before = len(slack.messages(channel))
        heard = await slack.slash(ANNA, channel, "/session", 'chat "Boiler" member:joe@example.com message:"Hello"')
        assert heard.outcome == "acked"
        await until(lambda: len(slack.messages(channel)) > before, "the card")
        return str(slack.messages(channel)[before]["ts"])  # what stands behind it may be in its thread


def sent(evo: EvoStandIn, who: str = "Ben") -> list[str]:
    """What somebody has said."""
    bodies = [str(effect.detail["body"]) for effect in evo.effects(kind="sent")]
    return [body for body in bodies if body.startswith(f"{who}: ")]


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(tenants, "LOOK_SECONDS", 0.05)  # of those bots that are not programs of their own
    async with (
        EvoStandIn() as one,
        EvoStandIn() as two,
        SlackStandIn(settings=SlackSettings(time_scale=0.005)) as slack,
        SlackStandIn(another(), settings=SlackSettings(time_scale=0.005), beside=slack) as other,
    ):
        world = World(slack, other, (one, two), tmp_path, free_port())
        for each in (slack, other):
            each.limits.set("off")
            each.settings.use_manifest(Path("manifest.yml"))
            each.configure(events_url=f"{world.url}/slack/events", mode="http")
        yield world


def installed(team: str, token: str) -> Installation:
    return Installation(TeamId(team), "", "One", UserId(BOT_USER), token, None, None, "U2", 1.0)


@asynccontextmanager
async def running(world: World, clock: SystemClock | None = None, **changes: Any) -> AsyncIterator[Tenants]:
    bot = Tenants(world.settings().model_copy(update=changes), clock)
    work = asyncio.ensure_future(bot.run())
    await until(lambda: work.done() or hasattr(bot, "_register"), "the register")
    await answers(world)
    try:
        yield bot
    finally:
        bot.stop()
        await work


async def served(bot: Tenants) -> None:
    """Until whoever is connected can be answered."""
    await until(lambda: bot._branches and not bot._remarks(), "the works")


async def answers(world: World) -> None:
    async def up() -> bool:
        try:
            async with aiohttp.ClientSession() as browser, browser.get(f"{world.url}/healthz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    await until(up, "the door")


async def test_figures_are_of_all_workspaces_and_one_in_trouble_does_not_look_like_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "FRESH_SECONDS", 0.0)
    port = free_port()
    async with running(world, evobot_metrics=str(port)) as bot, aiohttp.ClientSession() as prometheus:

        async def told() -> Figures:
            async with prometheus.get(f"http://127.0.0.1:{port}/metrics") as answer:
                return read_as_prometheus(await answer.text())

        async def figures_say(one: Any) -> None:
            async def so() -> bool:
                return (await told())[one] == 1

            await until(so, f"one {one}")

        assert [(await world.install(team))[0] for team in (TEAM, OTHER)] == [200, 200]
        world.connect(TEAM, world.evos[0])
        await served(bot)
        await world.opened(world.slack)
        await world.other.say(BEN, SUPPORT, "nobody is connected here")
        await figures_say(IGNORED)
        world.connect(OTHER, world.evos[1], "wrong")
        await figures_say(("evobot_evo_logins_refused", ()))
        found = await told()
        files = [world.register, *(world.register.parent / "workspaces").glob("*.db")]
    assert [found[f"evobot_{name}", ()] for name in ("ready", "troubles", "remarks", "on_duty", "sessions_active")] == [
        1, 0, 1, 2, 1,
    ]  # fmt: skip
    assert [found["evobot_workspaces", (("state", state),)] for state in ("well", "troubled")] == [1, 1]
    assert found["evobot_outcomes_total", (("kind", "open"), ("state", "delivered"))] == 1
    assert len(files) == 3
    assert found["evobot_database_bytes", ()] > sum(file.stat().st_size for file in files)


async def test_two_workspaces_share_a_bot_and_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Installed by the pages, connected by the console, killed, restarted, uninstalled, purged."""
    for name, value in world.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(world.folder)
    password = world.folder / "password"
    password.write_text("correct-horse\n")
    bot = Program("bot", world.folder, "bot", "run", environment=world.environment())
    world.other.rotate(7000.0)  # less than is left when a token is renewed
    try:
        await bot.start()
        await answers(world)
        assert [(await world.install(team))[0] for team in (TEAM, OTHER)] == [200, 200]
        await world.slack.say(BEN, SUPPORT, "nobody is connected")
        for team, evo in zip((TEAM, OTHER), world.evos, strict=True):
            more = ["--user", "bot@example.com", "--password-file", str(password), "--url", evo.url]
            assert await asyncio.to_thread(main, ["workspaces", "connect", team, *more]) == 0
        await bot.until(r"(?s)signed in to Evo Voice.*signed in to Evo Voice")
        threads = [await world.opened(each) for each in (world.slack, world.other)]
        await world.slack.say(BEN, SUPPORT, "for the first", threads[0])
        await world.other.say(BEN, SUPPORT, "for the second", threads[1])
        await until(
            lambda: [sent(evo) for evo in world.evos] == [["Ben: for the first"], ["Ben: for the second"]], "both"
        )

        await bot.end(signal.SIGKILL)
        await world.other.say(BEN, SUPPORT, "while it was dead", threads[1])
        await bot.start()
        await until(lambda: "Ben: while it was dead" in sent(world.evos[1]), "what came meanwhile")
        assert sent(world.evos[0]) == ["Ben: for the first"]
        await bot.until("the token of T0OTHERONE is renewed")

        await world.other.uninstall()
        await bot.until("uninstalled in T0OTHERONE")
        await until(lambda: world.other.pending() == 0, "Slack to have told it")
        assert await asyncio.to_thread(main, ["workspaces", "purge", OTHER, "--yes"]) == 0
        await bot.until("everything of T0OTHERONE has been deleted")
        assert sorted(file.name for file in (world.folder / "workspaces").glob("*.db")) == [f"{TEAM}.db"]
        await world.slack.say(BEN, SUPPORT, "it goes on", threads[0])
        await until(lambda: "Ben: it goes on" in sent(world.evos[0]), "the one that is left")
        assert await bot.end() == 0
        capsys.readouterr()
        assert main(["workspaces", "list"]) == 0
        assert capsys.readouterr().out == f"{TEAM}   Workshop: served, bot@example.com\n"
        assert await asyncio.to_thread(main, ["workspaces", "purge", TEAM, "--yes"]) == 0
        assert capsys.readouterr().out == PURGED.format(ident=TEAM, app=APP_GONE) + "\n"
        assert (list((world.folder / "workspaces").iterdir()), world.slack.desk.grants.tokens) == ([], {})
    finally:
        await bot.end(signal.SIGKILL)
    assert "while it was dead" not in bot.said()
    for team in (TEAM, OTHER):  # each line says whose it is
        assert re.search(rf"signed in to Evo Voice.* \[{team}\]\n", bot.said())


class LaterClock(SystemClock):
    """Runs as usual, from whatever moment a test wants."""

    ahead = 0.0

    def now(self) -> float:
        return super().now() + self.ahead


async def test_who_is_not_connected_costs_nothing_and_gets_nothing(world: World) -> None:
    async with running(world) as bot:
        assert (await world.install(TEAM, cookie=f"{COOKIE}=another"))[0] == 400
        assert (await world.install(TEAM, more="&refuse=1"))[0] == 400
        assert bot._register.read.installations() == []
        assert (await world.install(TEAM))[0] == 200
        await world.slack.say(BEN, SUPPORT, "hello")
        heard = await world.slack.slash(ANNA, SUPPORT, "/session", "chat")
        await until(lambda: world.slack.pending() == 0, "the acks")
        assert (heard.outcome, heard.body) == ("acked", NOT_CONNECTED)
        assert {entry["outcome"] for entry in world.slack.journal.entries("delivery")} == {"acked"}
        assert not (world.folder / "workspaces").exists()


def test_a_way_back_is_good_for_one_browser_for_ten_minutes() -> None:
    clock = TestClock()
    states = States("secret", clock)
    state = states.make()
    assert states.until(state, state) == int(clock.now()) + 600
    assert states.until(state, states.make()) is None
    assert States("another", clock).until(state, state) is None
    clock.advance(600)
    assert states.until(state, state) is None


async def test_a_way_back_is_good_once(world: World) -> None:
    async with running(world) as bot:
        state = States("standin-client-secret", SystemClock()).make()
        where = f"{world.url}/slack/oauth_redirect?state={state}&code="
        seen = []
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
            for _ in range(2):
                code = world.slack.desk.grants.code()
                async with browser.get(where + code, headers={"cookie": f"{COOKIE}={state}"}) as answer:
                    seen.append(answer.status)
        assert (seen, len(bot._register.read.installations())) == ([200, 400], 1)


async def test_a_lost_answer_to_a_renewal_is_asked_for_again_and_who_comes_back_in_time_has_everything(
    world: World,
) -> None:
    clock = LaterClock()
    world.slack.rotate(7000.0)  # less than is left when a token is renewed
    async with running(world, clock) as bot:
        await world.install(TEAM)
        before = bot._register.read.installation(TEAM)
        world.slack.faults.order("oauth.v2.access", "cut_after")
        world.connect(TEAM, world.evos[0])
        await until(lambda: bot._renewals and bot._renewals[TEAM]._task.done(), "the lost answer")
        assert bot._register.read.installation(TEAM).token == before.token
        clock.ahead += 10
        await until(lambda: bot._register.read.installation(TEAM).token != before.token, "the new token")
        await served(bot)
        thread = await world.opened(world.slack)
        await world.slack.say(BEN, SUPPORT, "with the new one", thread)
        await until(lambda: sent(world.evos[0]) == ["Ben: with the new one"], "the reply")

        await world.slack.uninstall()
        await until(lambda: not bot._branches, "its end")
        gone = bot._register.read.installation(TEAM)
        assert (gone.token, gone.refresh_token, gone.purge_at - gone.removed_at) == (None, None, GRACE_SECONDS)
        await until(lambda: world.slack.pending() == 0, "Slack to have told it")
        await world.install(TEAM)
        await served(bot)
        await world.slack.say(BEN, SUPPORT, "back", thread)
        await until(lambda: sent(world.evos[0])[1:] == ["Ben: back"], "the reply after it")

        await world.slack.uninstall()
        await until(lambda: not bot._branches, "its end")
        clock.ahead += GRACE_SECONDS + 1
        await until(lambda: bot._register.read.installation(TEAM) is None, "the purge")
        assert list((world.folder / "workspaces").iterdir()) == []


async def test_what_is_told_of_a_token_of_before_takes_nothing_from_the_one_that_is_good(world: World) -> None:
    """Slack names no token, and brings such things late: it is asked about ours, twice within a minute."""
    clock = LaterClock()
    async with running(world, clock) as bot:
        await world.install(TEAM)
        before = bot._register.read.installation(TEAM)
        for event in ({"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": [BOT_USER]}}):
            world.slack.desk.tell(event, None)
        await until(lambda: len(world.slack.journal.entries("delivery")) >= 2, "Slack to have told it")
        clock.ahead += 60
        await until(lambda: world.slack.pending() == 0, "the acks")
        outcomes = [entry["outcome"] for entry in world.slack.journal.entries("delivery")]
        assert (outcomes[:2], outcomes[-1]) == (["http_error"] * 2, "acked")
        assert bot._register.read.installation(TEAM) == before


async def test_a_channel_that_two_of_them_share_shows_a_session_to_one_and_its_policy_decides(world: World) -> None:
    """Slack brings what is said there for either, or for both: it is sent once, by whom the session is."""
    world.write_policy(TEAM, SHARING)
    async with running(world) as bot:
        for slack, evo in zip((world.slack, world.other), world.evos, strict=True):
            await world.install(slack.world.seed.team_id)
            world.connect(slack.world.seed.team_id, evo)
        await until(lambda: len(bot._branches) == 2, "both")
        await served(bot)
        thread = await world.opened(world.slack, SHARED)
        await world.other.slash(ANNA, SHARED, "/session", 'chat "Boiler" member:joe@example.com message:"Hello"')
        await until(lambda: "No rule of this workspace" in str(world.other.views(ANNA)), "the other's policy")

        await world.slack.say(ANNA, SHARED, "once", thread)
        await until(lambda: "Anna: once" in sent(world.evos[0], "Anna"), "the reply")
        brought = [entry["payload"] for entry in world.slack.journal.deliveries("message")]
        (told,) = (payload for payload in brought if payload["event"].get("text") == "once")
        later = f"{float(told['event']['ts']) + 1:.6f}"
        for number, (text, ts) in enumerate((("once", told["event"]["ts"]), ("by the other", later))):
            event = {**told["event"], "text": text, "ts": ts}
            grant = {**told["authorizations"][0], "team_id": OTHER}
            again = {"event_id": f"EvOTHER{number}", "event": event, "authorizations": [grant]}
            world.other.desk.deliveries.event(told | again)
        await until(lambda: len(sent(world.evos[0], "Anna")) > 2, "what Slack brings for the other alone")
        await until(lambda: world.other.pending() == 0, "the acks")
        assert sent(world.evos[0], "Anna") == ["Anna: Hello", "Anna: once", "Anna: by the other"]
        write_aside(world.register, lambda tx: tx.connect_evo(OTHER, None))
        await until(lambda: len(bot._branches) == 1, "the other to be served no more")
        for number, (outside, organization) in enumerate(((True, None), (False, ORGANIZATION)), 2):
            ts = f"{float(told['event']['ts']) + number:.6f}"
            grant = {**told["authorizations"][0], "team_id": OTHER, "enterprise_id": organization}
            event = {**told["event"], "text": f"for nobody {number}", "ts": ts}
            again = {"event_id": f"EvOTHER{number}", "event": event, "authorizations": [grant]}
            world.other.desk.deliveries.event(told | again | {"is_ext_shared_channel": outside})
        await until(lambda: len(sent(world.evos[0], "Anna")) > 4, "what Slack brings for one that is not served")
        assert sent(world.evos[0], "Anna")[3:] == ["Anna: for nobody 2", "Anna: for nobody 3"]
        assert (world.evos[1].effects(), world.other.messages(SHARED)) == ([], [])
    for table in ("link", "item", "post"):
        assert world.rows(OTHER, f"SELECT 1 FROM {table}") == []


async def test_a_load_balancer_is_told_whether_anything_is_taken_for_anybody(world: World) -> None:
    async def told() -> int:
        async with aiohttp.ClientSession() as balancer, balancer.get(f"{world.url}/takez") as answer:
            return answer.status

    async with running(world) as bot:
        seen = [await told()]
        for team, evo in zip((TEAM, OTHER), world.evos, strict=True):
            await world.install(team)
            world.connect(team, evo)
        await until(lambda: len(bot._branches) == 2, "both")
        await served(bot)
        seen.append(await told())
        for team in (TEAM, OTHER):
            (world.folder / "workspaces" / f"{team}.db").rename(world.folder / f"{team}.db")
            seen.append(await told())
    assert seen == [200, 200, 200, 503]


async def test_one_socket_brings_what_is_for_all_of_them(world: World) -> None:
    for each in (world.slack, world.other):
        each.configure(mode="socket")
    async with running(world, slack_app_token=SecretStr(world.slack.settings.app_token)) as bot:
        for slack, evo in zip((world.slack, world.other), world.evos, strict=True):
            await world.install(slack.world.seed.team_id)
            world.connect(slack.world.seed.team_id, evo)
        await until(lambda: len(bot._branches) == 2, "both")
        await served(bot)
        for slack, evo in zip((world.slack, world.other), world.evos, strict=True):
            await slack.say(BEN, SUPPORT, "by the socket", await world.opened(slack))
            await until(lambda: sent(evo) == ["Ben: by the socket"], "the reply")  # noqa: B023 - read at once
        assert (world.slack.connections, bot._failures()) == (1, [])


async def test_without_a_terminal_nobody_is_asked_for_a_password(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(open_store(world.register)) as register:
        await register.write(partial(Tx.install, new=installed(TEAM, "xoxb-1")))
    for name, value in world.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(world.folder)
    assert main(["workspaces", "connect", TEAM, "--user", "bot@example.com"]) == EXIT_SETTINGS
    assert NOBODY_SITS in capsys.readouterr().err


async def test_the_doctor_looks_at_each_and_says_one_next_step(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One is well but for its policy, one has a token and a login that are no good, one is not connected."""
    ends = {"LEFT": {"purge_at": 4e9}, "IDLE": {}}
    with closing(open_store(world.register)) as register:
        for slack, evo in zip((world.slack, world.other), world.evos, strict=True):
            seed = slack.world.seed
            token = slack.desk.grants.grant()["access_token"] if slack is world.slack else "xoxb-old"
            login = EvoLogin(evo.url, "bot@example.com", "correct-horse" if slack is world.slack else "wrong")
            await register.write(partial(Tx.install, new=installed(seed.team_id, token)))
            await register.write(partial(Tx.connect_evo, ident=seed.team_id, login=login))
        for name, more in ends.items():
            await register.write(partial(Tx.install, new=replace(installed(f"T0{name}", "xoxb-1"), **more)))
    world.write_policy(TEAM, '[admins]\nwho = ["nobodies"]\n')
    for name, value in world.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(world.folder)
    assert await asyncio.to_thread(main, ["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    again = f"Somebody there opens {world.url}/slack/install."
    refused = "does not accept its login. Evo Voice refused the login: HTTP 401."
    expected = [
        "ok        Workspaces: 2 served, 2 not",
        f"degraded  T0IDLE Workspace: {IDLE.format(name='One')} {CONNECT.format(ident='T0IDLE')}",
        "ok        T0LEFT Workspace: One: what it has here is deleted on 2096-10-02",
        f"broken    {OTHER} Slack: invalid_auth. {again}",
        f"broken    {OTHER} Evo Voice: {refused} {CONNECT.format(ident=OTHER)}",
        f"ok        {TEAM} Slack: Workshop, as {BOT_USER}",
        f"ok        {TEAM} Evo Voice: signed in at {world.evos[0].url}",
    ]
    assert [line for line in lines if line in expected] == expected
    assert any(line.startswith(f"broken    {TEAM} Policy: ") for line in lines)
    assert not list((world.folder / "workspaces").glob("*.db*"))

    monkeypatch.setenv("EVOBOT_WORKSPACE", "T0IDLE")
    assert await asyncio.to_thread(main, ["doctor"]) == 0
    about = capsys.readouterr().out
    assert expected[1] in about
    assert OTHER not in about
    monkeypatch.delenv("EVOBOT_WORKSPACE")
    assert main(["config", "check"]) == 2
    assert f"{TEAM}.toml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("faults", "told"),
    [({}, APP_GONE), ({"apps.uninstall": "error"}, APP_STAYS), ({"apps.uninstall": "cut_before"}, APP_LEFT)],
)
async def test_a_token_that_is_not_needed_any_more_is_given_back(
    world: World, faults: dict[str, str], told: str
) -> None:
    token = world.slack.desk.grants.grant()["access_token"]
    for method, fault in faults.items():
        world.slack.faults.order(method, fault, error="no_permission")
    async with aclosing(Tokens(world.settings())) as tokens:
        assert await tokens.is_good(token)
        assert await tokens.give_back(token) == told
        assert await tokens.is_good(token) == (told == APP_LEFT)


async def test_a_token_that_has_ended_by_itself_does_not_say_that_the_app_is_gone(world: World) -> None:
    world.slack.rotate(10.0)
    token = world.slack.desk.grants.grant()["access_token"]
    world.slack.clock.advance(11)
    async with aclosing(Tokens(world.settings())) as tokens:
        with pytest.raises(SlackSignedOut):
            await tokens.is_good(token)


async def test_an_organization_is_one_installation_whichever_workspace_speaks(tmp_path: Path) -> None:
    """Its own policy knows the user groups of all of them."""
    whole: dict[str, Any] = {"enterprise_id": ORGANIZATION, "is_enterprise_install": True}
    elsewhere = replace(Seed(**whole), groups=(Group("S0NIGHT001", "night", "Night", (ANNA, BEN)),))
    async with (
        EvoStandIn() as evo,
        SlackStandIn(another(**whole), settings=SlackSettings(time_scale=0.005)) as slack,
        SlackStandIn(elsewhere, beside=slack),
    ):
        world = World(slack, slack, (evo, evo), tmp_path, free_port())
        world.write_policy(ORGANIZATION, NIGHT)
        slack.limits.set("off")
        slack.configure(events_url=f"{world.url}/slack/events", mode="http")
        async with running(world) as bot:
            await world.install(OTHER)
            world.connect(ORGANIZATION, evo)
            await served(bot)
            thread = await world.opened(slack)
            await slack.say(BEN, SUPPORT, "from somewhere", thread)
            await until(lambda: sent(evo) == ["Ben: from somewhere"], "the reply")
        assert set(world.rows(ORGANIZATION, "SELECT team FROM link")) == {ORGANIZATION}


NIGHT = """
[[allow]]
name = "night"
who = ["@night"]
what = ["everything"]
"""
SHARING = """
[[allow]]
name = "with the partner"
who = ["members"]
what = ["everything"]
where = ["shared"]
"""
GRANT = {"enterprise_id": None, "team_id": "T1", "is_enterprise_install": False}
WHOLE = {"enterprise_id": "E1", "team_id": "T1", "is_enterprise_install": True}
EVENTS: list[tuple[dict[str, Any], str]] = [
    ({"team_id": "T1"}, "T1"),
    ({"team_id": "T9", "authorizations": [GRANT]}, "T1"),
    ({"team_id": "T9", "authorizations": [WHOLE]}, "E1"),
    ({"team_id": None, "enterprise_id": "E1", "authorizations": []}, "E1"),
    ({"team_id": 7, "authorizations": ["x"]}, ""),
]
INTERACTIONS: list[tuple[dict[str, Any], str]] = [
    ({"command": "/session", "team_id": "T1", "is_enterprise_install": "false"}, "T1"),
    ({"command": "/session", "team_id": "T1", "enterprise_id": "E1", "is_enterprise_install": "true"}, "E1"),
    ({"type": "view_submission", "team": {"id": "T9"}, "view": {"app_installed_team_id": "T1"}}, "T1"),
    ({"type": "block_actions", "team": {"id": "T9"}, "message": {"team": "T1"}}, "T1"),
    ({"type": "message_action", "team": {"id": "T1"}, "message": {"team": "T9"}}, "T1"),
    ({"type": "shortcut", "team": None, "user": {"team_id": "T1"}}, "T1"),
    ({"type": "shortcut", "team": None, "enterprise": {"id": "E1"}, "is_enterprise_install": True}, "E1"),
]


@pytest.mark.parametrize(("payload", "ident"), EVENTS)
def test_an_event_is_for_whom_its_authorization_names(payload: dict[str, Any], ident: str) -> None:
    assert of_event(payload) == ident


@pytest.mark.parametrize(("payload", "ident"), INTERACTIONS)
def test_what_somebody_does_is_for_whose_bot_it_was_done_to(payload: dict[str, Any], ident: str) -> None:
    assert of_interaction(payload) == ident
