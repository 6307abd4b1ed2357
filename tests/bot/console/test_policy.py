"""`evobot policy`, as whoever sits at the console uses it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.policy import default_policy, read
from bot.policy.remarks import NO_ADMINS
from bot.policy.showing import Surroundings, show
from bot.store import open_store
from sandbox.slack import SlackStandIn
from sandbox.slack.seeds import ANNA, SUPPORT

REFUSED, SETTINGS, NO_SLACK = 1, 2, 4
MINE = """\
[[deny]]
name = "Ben calls nobody"
who = ["ben@workshop.example"]
what = ["call"]

[admins]
who = ["@desk"]
"""


THEIRS = MINE.replace('"call"', '"chat"')


class Place:
    """A working folder, and what `evobot policy` says in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def write(self, text: str, name: str = "policy.toml") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path

    def says(self, *words: str) -> tuple[int, str]:
        """Exit code and whatever was said, on either way out."""
        code = main(["policy", *words])
        said = self._capsys.readouterr()
        return code, said.out + said.err


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    for name in list(os.environ):
        if name.startswith(("SLACK_", "EVO_", "EVOBOT_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path, capsys)


@pytest.fixture
async def slack(place: Place, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackStandIn]:
    """Everything that the bot would need, but for Evo Voice, which nobody asks."""
    async with SlackStandIn() as standin:
        standin.settings.use_manifest(Path(__file__).parents[3] / "manifest.yml")
        for name, value in {
            "SLACK_API_URL": standin.api_url,
            "SLACK_BOT_TOKEN": standin.settings.bot_token,
            "SLACK_APP_TOKEN": standin.settings.app_token,
            "EVO_USERNAME": "bot@example.com",
            "EVO_PASSWORD": "secret",
            "EVOBOT_PHONE_REGIONS": "GB",
        }.items():
            monkeypatch.setenv(name, value)
        yield standin


# Show and check: no other setting is needed


@pytest.mark.parametrize(("workspace", "holds"), [("T1", THEIRS), ("T2", MINE)])
def test_of_several_workspaces_each_may_have_its_own(
    place: Place, monkeypatch: pytest.MonkeyPatch, workspace: str, holds: str
) -> None:
    (place.folder / "workspaces").mkdir()
    place.write(MINE)
    file = place.write(THEIRS, "workspaces/T1.toml")
    monkeypatch.setenv("EVOBOT_WORKSPACE", workspace)
    assert place.says("show") == (
        0,
        show(read(holds, str(file.relative_to(place.folder)) if holds == THEIRS else "policy.toml")),
    )


def test_what_holds_is_shown_as_a_file(place: Place) -> None:
    assert place.says("show") == (0, show(default_policy()))
    place.write(MINE)
    assert place.says("show") == (0, show(read(MINE, "policy.toml")))


def test_what_the_settings_say_besides_is_shown(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOBOT_PHONE_REGIONS", "us, CA")
    monkeypatch.setenv("EVOBOT_CONFIRM_PHONES", "0")
    assert place.says("show") == (0, show(default_policy(), Surroundings(frozenset({"US", "CA"}), confirms=False)))


def test_another_file_can_be_named_in_the_settings(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOBOT_POLICY", str(place.write(MINE, "other.toml")))
    assert place.says("check") == (0, f"{place.folder / 'other.toml'}: 5 rules, all well.\n")


def test_a_file_is_checked_before_it_is_used(place: Place) -> None:
    place.write("this is none", "policy.toml")
    good = place.write(MINE, "new.toml")
    assert place.says("check", str(good)) == (0, f"{good}: 5 rules, all well.\n")
    assert place.says("check")[0] == SETTINGS


def test_what_may_not_have_been_meant_is_said(place: Place) -> None:
    said = f"The defaults (there is no policy file): 4 rules, all well.\nBut: {NO_ADMINS}\n"
    assert place.says("check") == (0, said)


@pytest.mark.parametrize("word", ["show", "check"])
def test_all_that_is_wrong_is_said(place: Place, word: str) -> None:
    place.write(MINE.replace("call", "cal").replace("@desk", "Desk"))
    code, said = place.says(word)
    assert code == SETTINGS
    assert [line.partition(" ")[0] for line in said.splitlines()] == ["The", "policy.toml:4:", "policy.toml:7:", "See"]


def test_settings_that_are_wrong_are_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOBOT_PHONE_REGIONS", "Q")
    code, said = place.says("show")
    assert (code, "EVOBOT_PHONE_REGIONS: “Q” is not a country code" in said) == (SETTINGS, True)


# Test


async def tried(place: Place, words: str) -> tuple[int, str]:
    """The console has a loop of its own, and Slack runs in ours."""
    return await asyncio.to_thread(place.says, "test", *words.split())


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("@anna invite +447400123456", 0, "So: allowed."),
        ("@anna invite +15035550123", REFUSED, "So: refused."),
        ("@ben call", REFUSED, "So: refused."),
        ("@anna call", 0, "So: allowed."),
        (f"{ANNA} end --others --in {SUPPORT}", 0, "So: allowed."),
        ("@carla end", 0, "So: allowed."),
        ("@carla end --own", 0, "So: allowed."),
        ("@carla end --others", REFUSED, "So: refused."),
        ("@carla admin", REFUSED, "So: refused."),
        ("ben@workshop.example admin", 0, "So: allowed."),
        ("@nobody see", SETTINGS, "Slack knows nobody called “@nobody”."),
        ("@anna chat 911", REFUSED, "“911” is a short or emergency number."),
    ],
)
async def test_it_is_told_whether_somebody_may(
    place: Place, slack: SlackStandIn, words: str, code: int, said: str
) -> None:
    place.write(MINE)
    found = await tried(place, words)
    assert (found[0], found[1].splitlines()[-1].startswith(said)) == (code, True), found


@pytest.mark.parametrize("words", ["@anna snd", "@anna see --in #support", "@anna see --own --others", "@anna"])
async def test_what_makes_no_sense_is_no_answer(place: Place, slack: SlackStandIn, words: str) -> None:
    with pytest.raises(SystemExit) as caught:
        await tried(place, words)
    assert caught.value.code == SETTINGS


async def test_budgets_are_known_where_there_is_a_database(place: Place, slack: SlackStandIn) -> None:
    _, before = await tried(place, "@anna invite +447400123456")
    open_store(place.folder / "evobot.db").close()
    _, after = await tried(place, "@anna invite +447400123456")
    assert ("Budgets left" in before, "Budgets left: 5 of 5 for them in a minute" in after) == (False, True)


async def test_without_slack_nobody_can_tell(
    place: Place, slack: SlackStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/api/")
    code, said = await tried(place, "@anna see")
    assert (code, said) == (
        NO_SLACK,
        "Slack does not say who that is, or where (ClientConnectorError), so nobody can tell. The bot would refuse.\n",
    )


async def test_nothing_is_done_by_asking(place: Place, slack: SlackStandIn) -> None:
    await tried(place, "@anna invite +447400123456")
    called = {entry["method"] for entry in slack.journal.entries("api")}
    assert called == {"auth.test", "users.list"}
