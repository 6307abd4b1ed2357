"""Which policy holds, and that one which cannot be read is never replaced by the defaults."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.policy import BadPolicy, default_policy, policy_in_use

RULE = '[[deny]]\nname = "not now"\nwho = ["everyone"]\nwhat = ["call"]\n'


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, text: str = RULE, mode: int = 0o644) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def complaint(chosen: Path | None) -> str:
    with pytest.raises(BadPolicy) as caught:
        policy_in_use(chosen)
    return str(caught.value)


def test_without_a_file_the_defaults_hold(folder: Path) -> None:
    assert policy_in_use(None) is default_policy()


def test_the_usual_file_of_the_working_folder_holds(folder: Path) -> None:
    write(folder / "policy.toml")
    assert (policy_in_use(None).source, policy_in_use(None).rules[0].name) == ("policy.toml", "not now")


def test_the_file_that_was_chosen_holds_and_no_other(folder: Path) -> None:
    write(folder / "policy.toml")
    chosen = write(folder / "other.toml", RULE.replace("not now", "other"))
    assert (policy_in_use(chosen).source, policy_in_use(chosen).rules[0].name) == (str(chosen), "other")


def test_a_chosen_file_that_is_missing_is_told(folder: Path) -> None:
    write(folder / "policy.toml")
    expected = "EVOBOT_POLICY: there is no file nowhere.toml. Write one, or leave the setting out."
    assert complaint(Path("nowhere.toml")) == expected


def test_what_is_there_and_cannot_be_read_is_told(folder: Path) -> None:
    """A link to nothing, a folder, a pipe that nobody writes into."""
    usual = folder / "policy.toml"
    usual.symlink_to(folder / "gone.toml")
    assert complaint(None) == "policy.toml: cannot be read (No such file or directory)."
    usual.unlink()
    usual.mkdir()
    assert complaint(None) == "policy.toml: is no file."
    usual.rmdir()
    os.mkfifo(usual, 0o644)
    assert complaint(None) == "policy.toml: is no file."


def test_a_link_to_a_good_file_is_good(folder: Path) -> None:
    (folder / "policy.toml").symlink_to(write(folder / "elsewhere.toml"))
    assert policy_in_use(None).rules[0].name == "not now"


@pytest.mark.parametrize(
    ("mode", "good"), [(0o600, True), (0o644, True), (0o444, True), (0o664, False), (0o646, False)]
)
def test_who_can_write_it_could_give_themselves_rights(folder: Path, mode: int, *, good: bool) -> None:
    write(folder / "policy.toml", mode=mode)
    if good:
        assert policy_in_use(None).rules[0].name == "not now"
    else:
        assert complaint(None) == (
            f"policy.toml: others than its owner can write it (mode {mode:o}), so somebody else could give themselves "
            "rights. Take that away: chmod go-w policy.toml"
        )


def test_what_is_wrong_in_it_is_told_with_its_name(folder: Path) -> None:
    write(folder / "policy.toml", "[[allw]]\n")
    assert complaint(None).startswith("policy.toml:1: “allw” is no part of a policy. Did you mean “allow”?")
