"""What the doctor finds, with both far sides real servers."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from bot.doctor import Finding, Health, database, examine, here, in_time
from bot.doctor.network import MOST_SKEW, _clock, _way
from bot.doctor.slack import LOW_PAGE, SLOW
from bot.model import Deed, Stop
from bot.policy.remarks import NO_ADMINS
from bot.scopes import FEATURES
from bot.settings import Settings
from bot.store import Store, open_store
from sandbox.evo import EvoStandIn
from sandbox.slack import SlackStandIn
from sandbox.slack.manifest import Manifest
from sandbox.slack.seeds import ANNA, BOT_USER
from tests.world import playing


def settings(slack: SlackStandIn, evo: EvoStandIn, folder: Path, **changes: Any) -> Settings:
    given = {
        "slack_bot_token": slack.settings.bot_token,
        "slack_app_token": slack.settings.app_token,
        "slack_api_url": slack.api_url,
        "evo_base_url": evo.url,
        "evo_username": "bot@example.com",
        "evo_password": "correct-horse",
        "evobot_database": folder / "evobot.db",
    }
    return Settings(**{**given, **changes})


def written(folder: Path, policy: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(policy, encoding="utf-8")
    path.chmod(0o600)
    return path


async def healths(given: Settings) -> dict[str, str]:
    return {finding.what: finding.health.value async for finding in examine(given)}


async def test_a_good_installation_is_well(tmp_path: Path) -> None:
    async with SlackStandIn() as slack, EvoStandIn() as evo:
        slack.settings.use_manifest(Path("manifest.yml"))
        policy = written(tmp_path, '[admins]\nwho = ["@desk"]\n')
        assert await healths(settings(slack, evo, tmp_path, evobot_policy=policy)) == {
            "Secrets": "ok",
            "Slack's way in": "ok",
            "Database": "ok",
            "Policy": "ok",
            "Network to Slack": "ok",
            "Network to Evo Voice": "ok",
            "Clock": "ok",
            "Running bot": "ok",
            "Slack": "ok",
            "Slack scopes": "ok",
            "Slack app": "ok",
            "Slack channels": "ok",
            "Slack rate": "ok",
            "User groups": "ok",
            "Evo Voice": "ok",
            "Evo role": "ok",
            "Evo account": "ok",
            "Directory": "ok",
            "Outside phones": "ok",
            "Files": "ok",
        }
        assert not (tmp_path / "evobot.db").exists()


@pytest.mark.parametrize(
    ("changes", "what", "health"),
    [
        ({"slack_bot_token": "xoxb-wrong"}, "Slack", "broken"),
        ({"slack_api_url": "http://127.0.0.1:9/api/"}, "Slack", "broken"),
        ({"slack_api_url": "http://127.0.0.1:9/api/"}, "Network to Slack", "broken"),
        ({"slack_app_token": "xapp-1-A0ANOTHER-1-x"}, "Slack app", "broken"),
        ({"evobot_database": Path("/nowhere/evobot.db")}, "Database", "broken"),
        ({"evo_password": "wrong"}, "Evo Voice", "broken"),
        ({"evo_base_url": "http://127.0.0.1:9"}, "Evo Voice", "broken"),
        ({"evo_username": "nobody@example.com", "evo_password": "nobody-pass"}, "Evo Voice", "broken"),
        ({"evo_account_id": "elsewhere"}, "Evo Voice", "broken"),
    ],
)
async def test_what_is_broken_is_named(tmp_path: Path, changes: dict[str, Any], what: str, health: str) -> None:
    async with SlackStandIn() as slack, EvoStandIn() as evo:
        assert (await healths(settings(slack, evo, tmp_path, **changes)))[what] == health


ADMINS = '[admins]\nwho = ["owners"]\n'
NOT_SHOWN = "is none that Slack shows, so"
DENIED = "what is denied to it is denied to everybody."


def denying(group: str) -> str:
    return f'[[deny]]\nname = "not them"\nwho = ["{group}"]\nwhat = ["call"]\n{ADMINS}'


@pytest.mark.parametrize(
    ("policy", "findings"),
    [
        (ADMINS, ["ok        Policy: {file}; 4 rules"]),
        ("", ["ok        Policy: {file}; 4 rules", f"degraded  Policy: {NO_ADMINS}"]),
        (
            denying("@desk"),
            ["ok        Policy: {file}; 5 rules", "ok        User groups: 1 in the policy, and Slack shows them"],
        ),
        (
            denying("@desks"),
            [
                "ok        Policy: {file}; 5 rules",
                f"broken    User groups: @desks {NOT_SHOWN} {DENIED} Correct it in the policy, or take it out.",
            ],
        ),
        (
            '[admins]\nwho = ["S0FORMER01"]\n',
            [
                "ok        Policy: {file}; 4 rules",
                f"degraded  User groups: S0FORMER01 {NOT_SHOWN} nobody is in it. Correct it in the policy.",
            ],
        ),
    ],
)
async def test_what_is_odd_about_the_policy_is_said(tmp_path: Path, policy: str, findings: list[str]) -> None:
    async with SlackStandIn() as slack, EvoStandIn() as evo:
        given = settings(slack, evo, tmp_path, evobot_policy=written(tmp_path, policy))
        said = [str(each) async for each in examine(given) if each.what in {"Policy", "User groups"}]
    assert said == [each.format(file=tmp_path / "policy.toml") for each in findings]


async def test_a_policy_that_cannot_be_used_is_broken(tmp_path: Path) -> None:
    async with SlackStandIn() as slack, EvoStandIn() as evo:
        policy = written(tmp_path, '[[deny]]\nname = "x"\nwho = ["members"]\nwhat = ["everythin"]\n[phone]\n')
        said = [str(each) async for each in examine(settings(slack, evo, tmp_path, evobot_policy=policy))]
    (found,) = (each for each in said if each.startswith("broken"))
    assert found.startswith(f"broken    Policy: {policy}:4: “everythin” is no action. Did you mean “everything”?")
    assert found.endswith(" And 1 more: `evobot policy check`. The bot does not start with it.")


async def test_the_scope_for_user_groups_is_missed_when_the_policy_speaks_of_some(tmp_path: Path) -> None:
    async with SlackStandIn() as slack, EvoStandIn() as evo:
        slack.settings.manifest = Manifest(frozenset(FEATURES) - {"usergroups:read"})
        without = await healths(settings(slack, evo, tmp_path))
        with_one = settings(slack, evo, tmp_path, evobot_policy=written(tmp_path, denying("@desk")))
        found = {each.what: str(each) async for each in examine(with_one)}
    assert without["Slack scopes"] == "ok"
    assert found["Slack scopes"].startswith("degraded  Slack scopes: missing: usergroups:read (a user group")
    assert found["User groups"].startswith("broken    User groups: Slack does not say which there are (missing_scope)")


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ('[phones]\nregions = ["GB"]\n', "GB, US; a person confirms each"),
        ("[phones]\nsecond_person = true\n", "US; somebody else than who asks confirms each"),
    ],
)
async def test_phones_are_what_settings_and_policy_open(tmp_path: Path, policy: str, said: str) -> None:
    async with SlackStandIn() as slack, EvoStandIn() as evo:
        given = settings(
            slack, evo, tmp_path, evobot_phone_regions="US", evobot_policy=written(tmp_path, ADMINS + policy)
        )
        assert [each.text async for each in examine(given) if each.what == "Outside phones"] == [said]


async def test_a_database_in_use_is_no_trouble_and_a_foreign_one_is(tmp_path: Path) -> None:
    async with SlackStandIn() as slack, EvoStandIn() as evo:
        store = open_store(tmp_path / "evobot.db")
        used = (await healths(settings(slack, evo, tmp_path)))["Database"]
        store.close()
        (tmp_path / "other.db").write_bytes(b"something else " * 300)
        foreign = await healths(settings(slack, evo, tmp_path, evobot_database=tmp_path / "other.db"))
        assert (used, foreign["Database"]) == ("ok", "broken")


async def test_what_is_stopped_or_frozen_is_named_whether_the_bot_runs_or_not(tmp_path: Path) -> None:
    async with SlackStandIn() as slack, EvoStandIn() as evo:
        given = settings(slack, evo, tmp_path)
        store = open_store(given.evobot_database)
        await store.write(lambda tx: tx.begin_stop(Stop(1.0, "", "a wrong list")))
        await store.write(lambda tx: tx.freeze("hash", "+15035•••", 1.0))
        running = [str(each) async for each in examine(given) if each.what == "Blocked"]
        store.close()
        stopped = [str(each) async for each in examine(given) if each.what == "Blocked"]
    assert (
        running
        == stopped
        == [
            "degraded  Blocked: everything that leaves to Evo Voice is stopped by an administrator (a wrong list)",
            "degraded  Blocked: numbers that begin with +15035••• are frozen: too many different ones within an hour",
        ]
    )


async def test_an_audit_that_was_tampered_with_is_named(tmp_path: Path) -> None:
    async with SlackStandIn() as slack, EvoStandIn() as evo:
        store = open_store(tmp_path / "evobot.db")
        await store.write(lambda tx: tx.audit(Deed.STOPPED, 1.0))
        given = settings(slack, evo, tmp_path)
        whole = [str(finding) async for finding in examine(given) if finding.what == "Audit"]
        await store.write(lambda tx: tx._connection.execute("DROP TRIGGER audit_stays"))
        await store.write(lambda tx: tx._connection.execute("UPDATE audit SET at = 2.0"))
        forged = [str(finding) async for finding in examine(given) if finding.what == "Audit"]
        store.close()
        why = "was changed, or was added by somebody else: its hash is not that of what it says."
        assert (whole, forged) == (
            ["ok        Audit: 1 rows, as they were written"],
            [f"broken    Audit: Row 1 {why} Keep a copy, and ask who had the file in their hands."],
        )


def test_the_doctor_looks_for_what_the_manifest_asks() -> None:
    manifest = yaml.safe_load(Path("manifest.yml").read_text(encoding="utf-8"))
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == FEATURES.keys()


def test_secrets_that_everybody_can_read_are_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("EVO_PASSWORD=kanari\n", encoding="utf-8")
    (tmp_path / ".env").chmod(0o600)
    found = here.secrets()
    (tmp_path / ".env").chmod(0o644)
    assert [str(found), str(here.secrets())] == [
        "ok        Secrets: each has the shape it should have; none is shown",
        "degraded  Secrets: Everybody on this machine can read the secrets in .env. Say: chmod 600 .env",
    ]


# Beside the bot


async def test_what_waits_is_counted_beside_a_running_bot_and_nothing_of_the_file_is_changed(tmp_path: Path) -> None:
    store, now = open_store(tmp_path / "evobot.db"), time.time()
    await store.write(lambda tx: tx.keep_letter("{}", now))
    waiting = [str(each) for each in database.look(tmp_path / "evobot.db") if each.what == "Queue"]
    before = (tmp_path / "evobot.db").read_bytes()
    looked = [each.what for each in database.look(tmp_path / "evobot.db")]
    assert (tmp_path / "evobot.db").read_bytes() == before
    await store.write(lambda tx: tx.letters_taken([], [1]))
    aside = [str(each) for each in database.look(tmp_path / "evobot.db") if each.what == "Queue"]
    store.close()
    assert looked == ["Database", "Database rights", "Disk", "Audit", "Queue"]
    assert waiting == ["ok        Queue: 1 to be sent, the oldest for 0 min"]
    text = "0 to be sent; 1 set aside, because they broke the bot's own code."
    assert aside == [f"degraded  Queue: {text} `evobot queue list` says which, and why."]


def test_a_database_that_was_taken_from_its_bot_is_not_one_that_is_still_to_be_made(tmp_path: Path) -> None:
    path = tmp_path / "evobot.db"
    assert [each.health for each in database.look(path)] == [Health.OK]
    store = open_store(path)
    try:
        path.rename(tmp_path / "taken")
        (told,) = database.look(path)
    finally:
        store.close()
    assert told.health is Health.BROKEN
    assert "is empty or gone, but what stood beside it is not. Put the file or a copy of it back." in str(told)


async def test_others_who_may_read_the_database_are_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "evobot.db"
    open_store(path).close()
    path.chmod(0o644)
    found = {each.what: str(each) for each in database.look(path)}
    assert found["Database rights"] == (
        f"degraded  Database rights: Others on this machine may read it. Say: chmod 600 {path}"
    )


# Slack knows more


@pytest.mark.parametrize(("most", "text"), [(LOW_PAGE, SLOW), (200, "that of a workspace's own app")])
async def test_how_often_the_app_may_read_is_told_by_a_page(store: Store, most: int, text: str, tmp_path: Path) -> None:
    async with playing(store) as world:
        world.start()
        session = await world.opened()
        for n in range(LOW_PAGE + 5):
            await world.slack.say(ANNA, session.channel, f"{n}")
        world.slack.limits.set("unlisted" if most == LOW_PAGE else "off")
        given = settings(world.slack, world.evo, tmp_path)
        found = {each.what: each.text async for each in examine(given)}
        await world.slack.leave(BOT_USER, session.channel)
        left = {each.what: str(each) async for each in examine(given)}
    assert found["Slack rate"] == text
    assert left["Slack channels"].startswith(f"degraded  Slack channels: It is not in {session.channel}, where open")


@pytest.mark.parametrize(
    ("reset", "begins"),
    [(True, b""), (True, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal"), (False, b"HTTP/1.1 200"), (False, b"")],
)
async def test_a_connection_that_is_cut_is_not_one_that_never_was(reset: bool, begins: bytes) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(begins)
        if reset:
            await writer.drain()
            no_goodbye = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_goodbye)
        writer.close()

    async with await asyncio.start_server(cut, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        found = (await _way("Network to Slack", urlsplit(f"http://127.0.0.1:{port}/"))).finding
    nobody = (await _way("Network to Slack", urlsplit("http://127.0.0.1:9/"))).finding
    text, _, name = found.text.rpartition(" ")
    assert (text, found.next) == (
        "The connection to 127.0.0.1, directly, was cut before an answer was whole",
        "Try again; if it stays so, look at what stands in between (proxy, firewall).",
    )
    assert name in {"(ReadError).", "(RemoteProtocolError)."}
    assert nobody.text == "127.0.0.1 is not reached directly (ConnectError)."


async def test_a_refused_login_is_not_tried_again_without_thought(tmp_path: Path) -> None:
    async with SlackStandIn() as slack, EvoStandIn() as evo:
        given = settings(slack, evo, tmp_path, evo_password="wrong")
        said = [(each.text, each.next) async for each in examine(given) if each.what.startswith("Evo")]
        tried = len(evo.journal(operation="Authenticate"))
    text = "does not accept EVO_USERNAME and EVO_PASSWORD. Evo Voice refused the login: HTTP 401."
    step = "Check both before the next try: each look signs in once, and wrong tries may lock the login."
    assert (said, tried) == ([(text, step)], 1)


async def test_who_does_not_answer_takes_no_longer_than_its_time() -> None:
    async def silent() -> AsyncIterator[Finding]:
        yield Finding("Slack", Health.OK, "acme")
        await asyncio.Event().wait()

    async with asyncio.timeout(20):
        found = await in_time("Slack", silent(), 0.01)
    assert [(each.health.value, each.text) for each in found] == [
        ("ok", "acme"),
        ("broken", "did not answer everything within 0.01 seconds."),
    ]


@pytest.mark.parametrize(
    ("ahead", "signed", "health"),
    [
        (MOST_SKEW, True, "broken"),
        (-MOST_SKEW, True, "broken"),
        (MOST_SKEW, False, "degraded"),
        (70.0, True, "degraded"),
        (20.0, True, "ok"),
    ],
)
def test_a_clock_that_is_far_off_is_named(ahead: float, signed: bool, health: str) -> None:
    assert _clock([1.0, ahead], signed=signed).health == health
