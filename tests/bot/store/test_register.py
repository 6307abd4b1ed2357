"""The register of installations: what changes it says whose it was, for somebody may be installed again meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.console.common import EXIT_SETTINGS, EXIT_STORE
from bot.console.workspaces import SHARED, TAKEN_UP
from bot.model import Installation, TeamId, UserId
from bot.settings import FILES_ONLY
from bot.store import open_store
from bot.store.aside import write_aside
from bot.store.tx import Tx
from bot.texts import NEEDS_FILES
from sandbox.evo import EvoStandIn

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
    assert NEEDS_FILES.format(file) in capsys.readouterr().err
    monkeypatch.setenv("EVOBOT_DATABASE", "postgresql://127.0.0.1:9/evobot")
    shared = {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "secret", "SLACK_SIGNING_SECRET": "secret"}
    for name, value in {**shared, "EVOBOT_PUBLIC_URL": "https://bot.example.com"}.items():
        monkeypatch.setenv(name, value)
    assert main(["run"]) == EXIT_SETTINGS
    assert f"EVOBOT_DATABASE: {FILES_ONLY}" in capsys.readouterr().err


def test_a_backup_is_of_every_workspace_and_a_damaged_one_keeps_no_other_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / "register.db", *(tmp_path / "workspaces" / f"T{number}.db" for number in (1, 2, 3))]
    files[1].parent.mkdir()
    for file in files:
        open_store(file).close()
    for ident in ("T1", "T2", "T3", "T4"):
        write_aside(files[0], partial(Tx.install, new=replace(installed("new"), id=TeamId(ident))))
    files[2].write_bytes(b"no database" * 1000)
    monkeypatch.setenv("EVOBOT_DATABASE", str(files[0]))
    assert main(["backup", str(tmp_path / "night.db")]) == EXIT_STORE
    assert str(files[2]) in capsys.readouterr().err
    assert sorted(copy.name for copy in tmp_path.glob("night*")) == ["night.T1.db", "night.T3.db", "night.db"]
    monkeypatch.setenv("EVOBOT_WORKSPACE", "T1")
    assert main(["backup", str(tmp_path / "one.db")]) == 0
    assert [copy.name for copy in tmp_path.glob("one*")] == ["one.db"]
    assert main(["restore", str(tmp_path / "night.T1.db")]) == 0


async def test_who_connects_two_of_them_to_one_account_is_told_what_that_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, password = tmp_path / "register.db", tmp_path / "password"
    password.write_text("correct-horse")
    with closing(open_store(file)) as store:
        for ident in ("T1", "T2"):
            await store.write(partial(Tx.install, new=replace(installed("new"), id=TeamId(ident))))
    monkeypatch.setenv("EVOBOT_DATABASE", str(file))
    async with EvoStandIn() as evo:
        for ident in ("T1", "T2"):
            more = ["--user", "Bot@example.com", "--password-file", str(password), "--url", evo.url]
            assert await asyncio.to_thread(main, ["workspaces", "connect", ident, *more]) == 0
    bare = ["--user", "Bot@example.com", "--password-file", str(password), "--url", "http://evo.example"]
    assert await asyncio.to_thread(main, ["workspaces", "connect", "T2", *bare]) == 4
    taken = [TAKEN_UP.format(ident=ident, username="Bot@example.com") for ident in ("T1", "T2")]
    said = capsys.readouterr()
    assert said.out.splitlines() == [*taken, SHARED.format(others="T1")]
    assert "must be https: the password travels over it. Nothing was changed." in said.err
