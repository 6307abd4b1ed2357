"""The register of installations: what changes it says whose it was, for somebody may be installed again meanwhile."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.console.common import EXIT_SETTINGS, EXIT_STORE
from bot.console.moving import SEVERAL
from bot.model import Installation, TeamId, UserId
from bot.settings import FILES_ONLY
from bot.store import open_store

TEAM = TeamId("T1")


def installed(token: str) -> Installation:
    return Installation(TEAM, "", "One", UserId("U1"), token, None, None, "U2", 1.0)


async def test_an_end_is_that_of_one_token_and_puts_off_nothing(tmp_path: Path) -> None:
    with closing(open_store(tmp_path / "register.db")) as store:
        await store.write(lambda tx: tx.install(installed("new")))
        assert not await store.write(lambda tx: tx.uninstall(TEAM, "old", 5.0, 100.0))
        assert store.read.installation(TEAM) == installed("new")
        await store.write(lambda tx: tx.purge_from(TEAM, 6.0))
        assert await store.write(lambda tx: tx.uninstall(TEAM, "new", 7.0, 100.0))
        gone = store.read.installation(TEAM)
        assert gone is not None
        assert (gone.token, gone.removed_at, gone.purge_at) == (None, 7.0, 6.0)


async def test_who_is_installed_again_is_not_forgotten(tmp_path: Path) -> None:
    with closing(open_store(tmp_path / "register.db")) as store:
        for token in ("old", "new"):
            await store.write(lambda tx, token=token: tx.install(installed(token)))
            await store.write(lambda tx: tx.forget_installation(TEAM))
        assert store.read.installations() == [installed("new")]
        await store.write(lambda tx: tx.purge_from(TEAM, 6.0))
        await store.write(lambda tx: tx.forget_installation(TEAM))
        assert store.read.installations() == []


async def test_what_belongs_to_several_workspaces_stays_in_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a PostgreSQL no bot would serve them; said before anything is moved, and by a start."""
    file = tmp_path / "register.db"
    with closing(open_store(file)) as store:
        await store.write(lambda tx: tx.install(installed("new")))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVOBOT_DATABASE", str(file))
    assert main(["migrate", "--to", "postgresql://127.0.0.1:9/evobot"]) == EXIT_STORE
    assert SEVERAL.format(file) in capsys.readouterr().err
    monkeypatch.setenv("EVOBOT_DATABASE", "postgresql://127.0.0.1:9/evobot")
    shared = {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "secret", "SLACK_SIGNING_SECRET": "secret"}
    for name, value in {**shared, "EVOBOT_PUBLIC_URL": "https://bot.example.com"}.items():
        monkeypatch.setenv(name, value)
    assert main(["run"]) == EXIT_SETTINGS
    assert f"EVOBOT_DATABASE: {FILES_ONLY}" in capsys.readouterr().err
