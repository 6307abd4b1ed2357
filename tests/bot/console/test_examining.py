"""`evobot doctor --json`, `config check` and `manifest`, between both stand-ins."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import yaml

from bot.__main__ import main
from bot.console.examining import GOOD_CONFIG
from bot.scopes import FEATURES
from bot.settings import NO_EMAIL
from sandbox.evo import EvoStandIn
from sandbox.slack import SlackStandIn
from sandbox.slack.manifest import Manifest

HTTP = "https://bot.example.com"


def set_up(monkeypatch: pytest.MonkeyPatch, folder: Path, **more: str) -> None:
    monkeypatch.chdir(folder)
    given = {
        "SLACK_BOT_TOKEN": "xoxb-standin-bot",
        "SLACK_APP_TOKEN": "xapp-standin-app",
        "EVO_USERNAME": "bot@example.com",
        "EVO_PASSWORD": "correct-horse",
        "EVOBOT_DATABASE": str(folder / "evobot.db"),
    }
    for name, value in (given | more).items():
        monkeypatch.setenv(name, value)


async def test_monitoring_gets_one_document_and_degraded_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackStandIn() as slack, EvoStandIn() as evo:
        set_up(monkeypatch, tmp_path, SLACK_API_URL=slack.api_url, EVO_BASE_URL=evo.url)
        told = {}
        for missing in ("reactions:write", "chat:write"):
            slack.settings.manifest = Manifest(frozenset(FEATURES) - {missing})
            code = await asyncio.to_thread(main, ["doctor", "--json"])
            out, err = capsys.readouterr()
            assert " INFO " not in err  # what a running bot tells would stand between its lines
            said = json.loads(out)
            (scopes,) = (each for each in said["checks"] if each["name"] == "Slack scopes")
            told[missing] = code, said["state"], scopes
    step = "Update the app from the manifest (`evobot manifest print`) and install it again."
    assert told == {
        scope: (
            code,
            state,
            {
                "name": "Slack scopes",
                "state": state,
                "text": f"missing: {scope} ({FEATURES[scope].lost}).",
                "next": step,
            },
        )
        for scope, code, state in (("reactions:write", 0, "degraded"), ("chat:write", 1, "broken"))
    }


def test_settings_that_cannot_be_used_are_a_document_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(monkeypatch, tmp_path, SLACK_BOT_TOKEN="nonsense")
    assert main(["doctor", "--json"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert (said["state"], [each["name"] for each in said["checks"]]) == ("broken", ["Settings"])


@pytest.mark.parametrize(
    ("policy", "token", "code", "said"),
    [
        ('[admins]\nwho = ["owners"]\n', "xoxb-standin-bot", 0, "can be used."),
        ('[admins]\nwho = ["nobodies"]\n', "xoxb-standin-bot", 2, "The policy cannot be used:"),
        ('[admins]\nwho = ["owners"]\n', "nonsense", 2, "The settings cannot be used:"),
    ],
)
def test_a_config_that_cannot_be_used_is_code_2_and_no_network_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    policy: str, token: str, code: int, said: str,
) -> None:  # fmt: skip
    set_up(monkeypatch, tmp_path, SLACK_BOT_TOKEN=token, SLACK_API_URL="https://slack.invalid/api/")
    (tmp_path / "policy.toml").write_text(policy, encoding="utf-8")
    (tmp_path / "policy.toml").chmod(0o600)
    assert main(["config", "check"]) == code
    assert said in "".join(capsys.readouterr())


def test_a_config_that_can_hardly_be_meant_is_told_and_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(monkeypatch, tmp_path, EVO_USERNAME="evobot")
    assert main(["config", "check"]) == 0
    out, err = capsys.readouterr()
    assert (out, NO_EMAIL in err) == (f"{GOOD_CONFIG}\n", True)


def test_the_manifest_is_printed_for_both_ways_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "print"]) == 0
    by_socket = capsys.readouterr().out
    assert main(["manifest", "print", "--http", f"{HTTP}/"]) == 0
    by_http = capsys.readouterr().out
    assert by_socket == Path("manifest.yml").read_text(encoding="utf-8")
    expected = yaml.safe_load(by_socket)
    url = f"{HTTP}/slack/events"
    expected["features"]["slash_commands"][0]["url"] = url
    expected["settings"]["event_subscriptions"]["request_url"] = url
    expected["settings"]["interactivity"] |= {"request_url": url, "message_menu_options_url": url}
    expected["settings"]["socket_mode_enabled"] = False
    assert yaml.safe_load(by_http) == expected
    assert "HTTP:" not in by_http


async def test_the_installed_app_is_compared_as_far_as_slack_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackStandIn() as slack:
        set_up(monkeypatch, tmp_path, SLACK_API_URL=slack.api_url)
        slack.settings.manifest = Manifest(frozenset(FEATURES) - {"commands"} | {"channels:join"})
        assert await asyncio.to_thread(main, ["manifest", "check"]) == 0
        found = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
        slack.faults.order("apps.connections.open", "error", error="missing_scope", times=1)
        assert await asyncio.to_thread(main, ["manifest", "check"]) == 1
    assert list(found) == [
        "degraded  Slack scopes", "degraded  More scopes", "ok        Socket Mode", "ok        Events and commands",
    ]  # fmt: skip
    assert found["degraded  Slack scopes"].startswith("missing: commands (/session")
    assert found["degraded  More scopes"].startswith("channels:join: granted, and not used.")
