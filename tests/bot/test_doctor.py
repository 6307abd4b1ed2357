"""What the doctor finds, with both far sides real servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.doctor import SCOPES, _secrets, examine
from bot.model import Deed
from bot.settings import Settings
from bot.store import open_store
from sandbox.evo import EvoStandIn
from sandbox.slack import SlackStandIn


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


async def healths(given: Settings) -> dict[str, str]:
    return {finding.what: finding.health.value async for finding in examine(given)}


async def test_a_good_installation_is_well(tmp_path: Path) -> None:
    async with SlackStandIn() as slack, EvoStandIn() as evo:
        slack.settings.use_manifest(Path("manifest.yml"))
        policy = tmp_path / "policy.toml"
        policy.write_text('[admins]\nwho = ["@desk"]\n', encoding="utf-8")
        policy.chmod(0o600)
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


async def test_a_database_in_use_is_no_trouble_and_a_foreign_one_is(tmp_path: Path) -> None:
    async with SlackStandIn() as slack, EvoStandIn() as evo:
        store = open_store(tmp_path / "evobot.db")
        used = (await healths(settings(slack, evo, tmp_path)))["Database"]
        store.close()
        (tmp_path / "other.db").write_bytes(b"something else " * 300)
        foreign = await healths(settings(slack, evo, tmp_path, evobot_database=tmp_path / "other.db"))
        assert (used, foreign["Database"]) == ("ok", "broken")


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
