"""What the doctor finds, with both far sides real servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.doctor import SCOPES, _secrets, examine
from bot.model import Deed, Stop
from bot.policy.remarks import NO_ADMINS
from bot.settings import Settings
from bot.store import open_store
from sandbox.evo import EvoStandIn
from sandbox.slack import SlackStandIn
from sandbox.slack.manifest import Manifest


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
            "Slack": "ok",
            "Slack scopes": "ok",
            "User groups": "ok",
            "Evo Voice": "ok",
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
        ({"evo_password": "wrong"}, "Evo Voice", "broken"),
        ({"evo_base_url": "http://127.0.0.1:9"}, "Evo Voice", "broken"),
        ({"evo_username": "nobody@example.com", "evo_password": "nobody-pass"}, "Evo Voice", "broken"),
        ({"evo_account_id": "elsewhere"}, "Evo Voice", "broken"),
    ],
)
async def test_what_is_broken_is_named(tmp_path: Path, changes: dict[str, str], what: str, health: str) -> None:
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
        slack.settings.manifest = Manifest(SCOPES - {"usergroups:read"})
        without = await healths(settings(slack, evo, tmp_path))
        with_one = settings(slack, evo, tmp_path, evobot_policy=written(tmp_path, denying("@desk")))
        found = {each.what: str(each) async for each in examine(with_one)}
    assert without["Slack scopes"] == "ok"
    assert found["Slack scopes"].startswith("degraded  Slack scopes: usergroups:read missing.")
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
            [f"broken    Audit: Row 1 {why}"],
        )


def test_the_doctor_looks_for_what_the_manifest_asks() -> None:
    manifest = yaml.safe_load(Path("manifest.yml").read_text(encoding="utf-8"))
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == SCOPES


def test_secrets_that_everybody_can_read_are_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("EVO_PASSWORD=kanari\n", encoding="utf-8")
    (tmp_path / ".env").chmod(0o600)
    found = _secrets()
    (tmp_path / ".env").chmod(0o644)
    assert [str(found), str(_secrets())] == [
        "ok        Secrets: each has the shape it should have; none is shown",
        "degraded  Secrets: Everybody on this machine can read the secrets in .env. Say: chmod 600 .env",
    ]
