"""`python -m bot run` as an operator meets it: its exit codes, its sentences, its patience, its end."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import aiohttp
import pytest
from sqlite_utils import Database

from bot.store import open_store
from sandbox.evo import EvoStandIn, Seeds, default_seeds
from sandbox.evo.seeds import ACME, GLOBEX
from sandbox.slack import SlackStandIn
from sandbox.slack.seeds import ANNA, BEN, SUPPORT
from sandbox.stage import free_port
from tests.helpers import until

ROOT = Path(__file__).parents[2]
SETTINGS, STORE, REFUSED = 2, 3, 4
SEE = "See docs/REFERENCE.md, section Settings. A file .env in this folder is read, too."
LEAST = {
    "SLACK_BOT_TOKEN": "xoxb-standin-bot",
    "SLACK_SIGNING_SECRET": "standin-signing-secret",
    "SLACK_API_URL": "http://127.0.0.1:9/api/",
    "EVO_BASE_URL": "http://127.0.0.1:9",
    "EVO_USERNAME": "bot@example.com",
    "EVO_PASSWORD": "correct-horse",
    "EVOBOT_PORT": "0",
}


@dataclass
class Bot:
    """The program, in a folder of its own."""

    process: asyncio.subprocess.Process
    log: Path
    url: str

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    async def ends(self, seconds: float = 60.0) -> tuple[int, str]:
        """Exit code and everything said."""
        async with asyncio.timeout(seconds):
            code = await self.process.wait()
        return code, self.said

    async def ask(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
            return answer.status, await answer.text()

    async def says(self, path: str, expected: tuple[int, str]) -> None:
        async def so() -> bool:
            assert self.process.returncode is None, self.said
            try:
                return await self.ask(path) == expected
            except aiohttp.ClientError:
                return False

        await until(so, f"{path} to say {expected}")


@asynccontextmanager
async def running(
    folder: Path, changes: Mapping[str, str | None], program: Sequence[str] = ("-m", "bot", "run")
) -> AsyncIterator[Bot]:
    port = free_port()
    wanted = {**LEAST, "EVOBOT_PORT": str(port), **changes}
    environment = {name: value for name, value in wanted.items() if value is not None}
    environment |= {"PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], str(ROOT)]), "PATH": os.environ["PATH"]}
    log = folder / "bot.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *program, cwd=folder, env=environment, stdout=output, stderr=output
        )
    try:
        yield Bot(process, log, f"http://127.0.0.1:{port}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def outcome(folder: Path, **changes: str | None) -> tuple[int, str]:
    """How a bot ends that must not run."""
    async with running(folder, changes) as bot:
        return await bot.ends()


def last_line(said: str) -> str:
    """Nothing but the sentence: no trace."""
    assert "Traceback" not in said, said
    return said.splitlines()[-1]


# Settings


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (dict.fromkeys(LEAST),
         ["SLACK_BOT_TOKEN: is not set", "EVO_USERNAME: is not set", "EVO_PASSWORD: is not set",
          "set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP mode"]),
        ({"SLACK_BOT_TOKEN": "xapp-secret", "EVO_PASSWORD": " "},
         ["SLACK_BOT_TOKEN: is an app-level token; it belongs in SLACK_APP_TOKEN", "EVO_PASSWORD: is blank"]),
        ({"SLACK_SIGNING_SECRET": None},
         ["set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP mode"]),
        ({"EVO_PASSWORD": None, "EVO_PASSWORD_FILE": "nowhere"},
         ["EVO_PASSWORD_FILE: cannot read its file (FileNotFoundError)"]),
    ],
)  # fmt: skip
async def test_settings_that_cannot_be_used_are_all_named_and_nothing_starts(
    tmp_path: Path, changes: dict[str, str | None], lines: list[str]
) -> None:
    code, said = await outcome(tmp_path, **changes)
    assert (code, said) == (SETTINGS, "\n".join(["The settings cannot be used:", *lines, SEE, ""]))
    assert os.listdir(tmp_path) == ["bot.log"]  # noqa: PTH208 - a word of the file system, not of asyncio


async def test_a_policy_that_cannot_be_used_is_told_whole_and_nothing_starts(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[admins]\nwho = ["#admins"]\n[budget]\n', encoding="utf-8")
    policy.chmod(0o600)
    lines = [
        "The policy cannot be used:",
        "policy.toml:2: “#admins” is a channel, and who lists people. Write its id into where.",
        ("policy.toml:3: “budget” is no part of a policy. Did you mean “budgets”? There are allow, deny, admins, "
        "phones, budgets and retention."),
        "See docs/REFERENCE.md, section Who may do what. `evobot policy check` says when it is well.",
        "",
    ]  # fmt: skip
    assert await outcome(tmp_path) == (SETTINGS, "\n".join(lines))
    assert sorted(os.listdir(tmp_path)) == ["bot.log", "policy.toml"]  # noqa: PTH208 - the file system's own word


async def test_a_policy_that_others_can_write_is_not_used(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("", encoding="utf-8")
    policy.chmod(0o666)
    code, said = await outcome(tmp_path)
    assert (code, "policy.toml: others than its owner can write it (mode 666)" in said) == (SETTINGS, True)


# The database


async def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "cats.db"
    Database(path)["cats"].insert({"name": "Cleo"})
    before = path.read_bytes()
    code, said = await outcome(tmp_path, EVOBOT_DATABASE=str(path))
    sentence = (
        f"The database cannot be used: {path} is not an evobot database. Choose another file with EVOBOT_DATABASE."
    )
    assert (code, last_line(said), path.read_bytes()) == (STORE, sentence, before)


async def test_a_damaged_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "evobot.db"
    path.write_bytes(b"no database at all " * 500)
    code, said = await outcome(tmp_path)
    assert (code, path.read_bytes()) == (STORE, b"no database at all " * 500)
    assert last_line(said).endswith("It was left as it is; restore a backup, or choose another file.")


async def test_a_database_in_use_names_its_user(tmp_path: Path) -> None:
    store = open_store(tmp_path / "evobot.db")
    code, said = await outcome(tmp_path)
    store.close()
    assert code == STORE
    assert last_line(said).startswith(f"The database cannot be used: Another evobot (process {os.getpid()} on ")


async def test_a_database_in_no_folder_is_said(tmp_path: Path) -> None:
    code, said = await outcome(tmp_path, EVOBOT_DATABASE="nowhere/evobot.db")
    assert (code, last_line(said)) == (
        STORE, "The database cannot be used: The folder of the database does not exist: nowhere"
    )  # fmt: skip


async def test_a_postgresql_that_is_not_there_yet_may_be_asked_again(tmp_path: Path) -> None:
    """The unit of systemd starts it anew after this code, and not after that of a database that cannot be used."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: the extra `postgres`")
    code, said = await outcome(tmp_path, EVOBOT_DATABASE=f"postgresql://ana@/evobot?host={tmp_path}")
    assert (code, last_line(said).endswith("Starting again may help.")) == (1, True)


# Backup and restore: they need nothing but the file


async def verb(folder: Path, *words: str, **changes: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, cwd=folder, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT, env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], **changes},
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_a_backup_and_its_restore_say_what_they_did(tmp_path: Path) -> None:
    open_store(tmp_path / "evobot.db").close()
    code, said = await verb(tmp_path, "backup", "copy.db")
    assert (code, bool(re.fullmatch(r"copy\.db: 0\.\d MB, 0 sessions, 0 messages, still empty\n", said))) == (
        0,
        True,
    ), said
    code, said = await verb(tmp_path, "restore", "copy.db")
    (kept,) = re.findall(r"What was there before is kept as \S*/(evobot\.db\.before-restore-[\d-]+)\.", said)
    assert (code, said.startswith("evobot.db is now copy.db: ")) == (0, True)
    assert kept in os.listdir(tmp_path)  # noqa: PTH208 - a word of the file system, not of asyncio


async def test_the_console_stops_everything_lets_it_go_on_and_lifts(tmp_path: Path) -> None:
    store = open_store(tmp_path / "evobot.db")  # as by a bot that runs
    number = store.read.hashed("+15035550123")
    await store.write(lambda tx: tx.opt_out(number, "+1 503 •••• 0123", "STOP", None, 1.0))
    said = [await verb(tmp_path, "panic", "a", "wrong", "list"), await verb(tmp_path, "panic")]
    stop = store.read.stop()
    said += [await verb(tmp_path, "panic", "--off"), await verb(tmp_path, "panic", "--off")]
    said += [await verb(tmp_path, "lift", number) for number in ("+1 503 555 0123", "+15035550123", "5035550123")]
    over = store.read.stop()
    store.close()
    assert (stop and (stop.who, stop.why), over) == (("", "a wrong list"), None)
    assert [(code, line.partition(".")[0].strip()) for code, line in said] == [
        (0, "Nothing leaves to Evo Voice any more, from now on and after a restart"),
        (0, "Everything was stopped before"),
        (0, "Everything goes on"),
        (0, "Nothing was stopped, so nothing was changed"),
        (0, "Lifted: the STOP of +1 503 •••• 0123"),
        (0, "Nothing stood against this number, so nothing was changed"),
        (SETTINGS, "Give the whole number with its country code, as +15035550123"),
    ]


async def test_what_cannot_be_backed_up_or_restored_is_said_with_its_exit_code(tmp_path: Path) -> None:
    open_store(tmp_path / "evobot.db").close()
    (tmp_path / "noise.db").write_bytes(b"no database at all " * 500)
    running_on_it = open_store(tmp_path / "busy.db")
    outcomes = [
        await verb(tmp_path, "backup", "noise.db"),
        await verb(tmp_path, "backup", "copy.db", EVOBOT_DATABASE="noise.db"),
        await verb(tmp_path, "restore", "noise.db"),
        await verb(tmp_path, "restore", "evobot.db", EVOBOT_DATABASE="busy.db"),
        await verb(tmp_path, "backup", "copy.db", EVOBOT_DATABASE_FILE="nowhere"),
    ]
    running_on_it.close()
    assert [code for code, _ in outcomes] == [SETTINGS, STORE, STORE, STORE, SETTINGS]
    assert [said for _, said in outcomes if "Traceback" in said] == []
    assert not (tmp_path / "copy.db").exists()


# The others


async def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = await outcome(tmp_path, EVOBOT_PORT=str(port))
    assert code == REFUSED
    assert last_line(said).startswith(f"Cannot listen on 127.0.0.1:{port}: ")
    assert last_line(said).endswith(" Change EVOBOT_PORT.")


@dataclass
class Sides:
    evo: EvoStandIn
    slack: SlackStandIn

    def environment(self, **changes: str | None) -> dict[str, str | None]:
        return {"SLACK_API_URL": self.slack.api_url, "EVO_BASE_URL": self.evo.url, **changes}

    def change_login(self, **changes: tuple[str, ...]) -> None:
        seeds = default_seeds()
        logins = tuple(replace(each, **changes) if each.email == "bot@example.com" else each for each in seeds.logins)
        self.evo.reseed(Seeds.from_json(asdict(replace(seeds, logins=logins))))


@pytest.fixture
async def sides() -> AsyncIterator[Sides]:
    async with EvoStandIn() as evo, SlackStandIn() as slack:
        slack.limits.set("off")
        yield Sides(evo, slack)


async def test_a_login_in_the_wrong_role_is_said(tmp_path: Path, sides: Sides) -> None:
    sides.change_login(roles=("Manager",))
    code, said = await outcome(tmp_path, **sides.environment())
    assert (code, last_line(said)) == (
        REFUSED,
        "EVO_USERNAME has the roles Manager but needs User: use the e-mail and password of a User endpoint.",
    )


async def test_a_login_that_sees_several_accounts_is_told_to_choose(tmp_path: Path, sides: Sides) -> None:
    sides.change_login(account_ids=(ACME, GLOBEX))
    code, said = await outcome(tmp_path, **sides.environment())
    expected = f"EVO_USERNAME sees several accounts. Set EVO_ACCOUNT_ID to one of: {ACME} (Acme), {GLOBEX} (Globex)."
    assert (code, last_line(said)) == (REFUSED, expected)


async def test_a_revoked_bot_token_is_said(tmp_path: Path, sides: Sides) -> None:
    sides.slack.faults.order("auth.test", "error", error="token_revoked", times=-1)
    code, said = await outcome(tmp_path, **sides.environment())
    assert (code, last_line(said)) == (
        REFUSED, "Slack does not accept SLACK_BOT_TOKEN (token_revoked). Install the app again and copy it."
    )  # fmt: skip


async def test_an_app_token_that_slack_does_not_know_is_said(tmp_path: Path, sides: Sides) -> None:
    code, said = await outcome(tmp_path, **sides.environment(SLACK_APP_TOKEN="xapp-other"))
    assert (code, last_line(said)) == (
        REFUSED, "Slack does not accept SLACK_APP_TOKEN (invalid_auth). It needs the scope connections:write."
    )  # fmt: skip


# Patience


async def test_while_nobody_is_there_it_lives_and_it_works_once_they_are(tmp_path: Path) -> None:
    """Both sides are down at start and come up one after the other."""
    slack_port, evo_port = free_port(), free_port()
    changes = {"SLACK_API_URL": f"http://127.0.0.1:{slack_port}/api/", "EVO_BASE_URL": f"http://127.0.0.1:{evo_port}"}
    async with running(tmp_path, changes) as bot:
        await bot.says("/readyz", (503, "not connected to Evo Voice yet\nnot connected to Slack yet\n"))
        assert await bot.ask("/healthz") == (200, "ok\n")
        async with SlackStandIn(port=slack_port) as slack:
            slack.configure(events_url=f"{bot.url}/slack/events")
            await bot.says("/readyz", (503, "not connected to Evo Voice yet\n"))
            assert (await slack.slash(BEN, SUPPORT, "/session", "help")).outcome == "acked"
            async with EvoStandIn(port=evo_port):
                await bot.says("/readyz", (200, "ready\n"))
                assert await bot.ask("/healthz") == (200, "ok\n")


async def test_a_wrong_evo_password_is_said_and_the_program_stays(tmp_path: Path, sides: Sides) -> None:
    async with running(tmp_path, sides.environment(EVO_PASSWORD="wrong-horse")) as bot:
        await until(lambda: "does not accept EVO_USERNAME and EVO_PASSWORD" in bot.said, "the complaint")
        assert await bot.ask("/readyz") == (503, "not connected to Evo Voice yet\n")
        assert "wrong-horse" not in bot.said
    assert len(sides.evo.journal(operation="Authenticate")) <= 2


# The end


@asynccontextmanager
async def in_conversation(
    folder: Path, sides: Sides, program: Sequence[str] = ("-m", "bot", "run"), **changes: str | None
) -> AsyncIterator[tuple[Bot, str]]:
    """A bot with an open session; the session's thread."""
    fast = {"EVOBOT_POLL_SECONDS": "0.1", "EVOBOT_SETTLE_SECONDS": "0.5"}
    async with running(folder, sides.environment(**fast, **changes), program) as bot:
        sides.slack.configure(events_url=f"{bot.url}/slack/events")
        await bot.says("/readyz", (200, "ready\n"))
        await sides.slack.slash(ANNA, SUPPORT, "/session", "chat Broken boiler")
        await until(lambda: sides.slack.view(ANNA), "the modal")
        fields = _people_field(sides.slack.view(ANNA))
        await sides.slack.fill(ANNA, {fields: "joe@example.com"})
        submitted = await sides.slack.submit(ANNA)
        assert submitted.outcome in {"closed", "cleared"}, submitted
        await until(lambda: sides.evo.sessions() and sides.slack.messages(SUPPORT), "the session")
        yield bot, str(sides.slack.messages(SUPPORT)[0]["ts"])


def _people_field(view: object) -> str:
    """The first plain text input that takes people."""
    assert isinstance(view, dict)
    blocks = [block for block in view["blocks"] if block["type"] == "input"]
    return next(
        str(block["block_id"]) for block in blocks
        if block["element"]["type"] == "plain_text_input" and "people" in str(block).lower()
    )  # fmt: skip


def states(database: Path) -> list[str]:
    connection = sqlite3.connect(database)
    rows = connection.execute("SELECT state FROM item WHERE kind = 'say' ORDER BY key").fetchall()
    connection.close()
    return [row[0] for row in rows]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_well_and_in_seconds_while_it_waits_for_both_sides(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with running(tmp_path, {}) as bot:
        await bot.says("/healthz", (200, "ok\n"))
        bot.process.send_signal(number)
        assert (await bot.ends(5))[0] == 0


@pytest.mark.parametrize("app_token", [None, "xapp-standin-app"])
async def test_a_signal_ends_it_well_and_in_seconds_while_it_works(
    tmp_path: Path, sides: Sides, app_token: str | None
) -> None:
    async with running(tmp_path, sides.environment(SLACK_APP_TOKEN=app_token)) as bot:
        await bot.says("/readyz", (200, "ready\n"))
        bot.process.send_signal(signal.SIGTERM)
        code, said = await bot.ends(5)
    assert (code, "Traceback" in said) == (0, False), said


async def test_a_signal_in_the_middle_of_a_request_finishes_it_first(tmp_path: Path, sides: Sides) -> None:
    """Nothing is left behind of which nobody knows whether it arrived."""
    async with in_conversation(tmp_path, sides) as (bot, thread):
        sides.evo.fault("slow", "SendMessage", seconds=1)
        for text in ("one", "two"):
            await sides.slack.say(BEN, SUPPORT, text, thread)
        await until(lambda: sides.evo.journal(operation="SendMessage"), "the request")
        bot.process.send_signal(signal.SIGTERM)
        code, said = await bot.ends(8)
    found = states(tmp_path / "evobot.db")
    assert (code, "sending" in found, found[0]) == (0, False, "delivered"), said


async def test_the_log_of_a_conversation_holds_no_secret_and_no_words(tmp_path: Path, sides: Sides) -> None:
    async with in_conversation(tmp_path, sides, EVOBOT_LOG_LEVEL="DEBUG") as (bot, thread):
        await sides.slack.say(BEN, SUPPORT, "canary-out", thread)
        await until(lambda: len(sides.evo.messages()) == 1, "the message there")
        sides.evo.hear(sides.evo.sessions()[0].id, "joe@example.com", "canary-in")
        await until(lambda: len(sides.slack.messages(SUPPORT, thread)) >= 3, "the answer here")
        bot.process.send_signal(signal.SIGTERM)
        _, said = await bot.ends(8)
    secrets = [*LEAST.values(), "canary", "joe@example.com", "Broken boiler", "ss-id"]
    assert [secret for secret in secrets if secret in said and len(secret) > 4 and "127" not in secret] == []
