"""The environment, checked at the door: everything wrong with it is said at once, and no secret with it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.settings import (
    NO_EMAIL,
    BadSettings,
    Settings,
    SharedSettings,
    doubtful,
    load,
    misspelt,
    readable_by_others,
    variable,
)

BOT, APP, SIGNING, PASSWORD = "xoxb-1-secretbot", "xapp-1-secretapp", "secretsigning", "secretpassword"
LEAST = {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP, "EVO_USERNAME": "bot@example.com", "EVO_PASSWORD": PASSWORD}
DEFAULTS: dict[str, Any] = {
    "slack_bot_token": SecretStr(BOT),
    "slack_app_token": SecretStr(APP),
    "slack_signing_secret": None,
    "slack_client_id": None,
    "slack_client_secret": None,
    "slack_api_url": "https://slack.com/api/",
    "evo_base_url": "https://evovoice.io",
    "evo_username": "bot@example.com",
    "evo_password": SecretStr(PASSWORD),
    "evo_account_id": None,
    "evobot_database": Path("evobot.db"),
    "evobot_public_url": None,
    "evobot_host": "127.0.0.1",
    "evobot_port": 3000,
    "evobot_default_region": "US",
    "evobot_phone_regions": frozenset(),
    "evobot_confirm_phones": True,
    "evobot_policy": None,
    "evobot_hold_seconds": 0.0,
    "evobot_poll_seconds": 2.0,
    "evobot_settle_seconds": 60.0,
    "evobot_media_hosts": frozenset(),
    "evobot_files_out": "refuse",
    "evobot_file_megabytes": 20.0,
    "evobot_evo_login": "cookie",
    "evobot_log_level": "INFO",
    "evobot_log_format": "text",
    "evobot_metrics": None,
}


class Surroundings:
    """The environment of this process and the working folder, for one test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self.folder = folder

    def read(self, **changes: str | None) -> Settings:
        """The settings with the least there must be, and these changes; None takes a variable away."""
        for name, value in {**LEAST, **changes}.items():
            if value is None:
                self._monkeypatch.delenv(name, raising=False)
            else:
                self._monkeypatch.setenv(name, value)
        return load()

    def complaint(self, **changes: str | None) -> str:
        with pytest.raises(BadSettings) as raised:
            self.read(**changes)
        return str(raised.value)

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)


@pytest.fixture
def around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Surroundings:
    for name in list(os.environ):
        if name.startswith(("SLACK_", "EVO_", "EVOBOT_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return Surroundings(monkeypatch, tmp_path)


# What is read


def test_the_least_there_must_be(around: Surroundings) -> None:
    assert around.read().model_dump() == DEFAULTS


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("SLACK_BOT_TOKEN", "xoxe.xoxb-1-rotated", SecretStr("xoxe.xoxb-1-rotated")),
        ("SLACK_BOT_TOKEN", f"  {BOT}\n", SecretStr(BOT)),
        ("SLACK_APP_TOKEN", "xapp-2", SecretStr("xapp-2")),
        ("SLACK_SIGNING_SECRET", SIGNING, SecretStr(SIGNING)),
        ("SLACK_API_URL", "http://127.0.0.1:1/api/", "http://127.0.0.1:1/api/"),
        ("EVO_BASE_URL", "https://evo.example", "https://evo.example"),
        ("EVO_USERNAME", " ana@example.com ", "ana@example.com"),
        ("EVO_PASSWORD", " spaces belong to it ", SecretStr(" spaces belong to it ")),
        ("EVO_ACCOUNT_ID", "a1", "a1"),
        ("EVOBOT_DATABASE", "/srv/evobot.db", Path("/srv/evobot.db")),
        ("EVOBOT_HOST", "::1", "::1"),
        ("EVOBOT_PORT", "0", 0),
        ("EVOBOT_POLICY", "/etc/evobot/policy.toml", Path("/etc/evobot/policy.toml")),
        ("EVOBOT_PORT", "65535", 65535),
        ("EVOBOT_DEFAULT_REGION", "de", "DE"),
        ("EVOBOT_PHONE_REGIONS", "US,CA", frozenset({"US", "CA"})),
        ("EVOBOT_PHONE_REGIONS", " us ; ca,, ", frozenset({"US", "CA"})),
        ("EVOBOT_PHONE_REGIONS", "", frozenset()),
        ("EVOBOT_PHONE_REGIONS", " , ", frozenset()),
        ("EVOBOT_CONFIRM_PHONES", "0", False),
        ("EVOBOT_CONFIRM_PHONES", "false", False),
        ("EVOBOT_CONFIRM_PHONES", "1", True),
        ("EVOBOT_CONFIRM_PHONES", "", True),
        ("EVOBOT_POLL_SECONDS", "0.05", 0.05),
        ("EVOBOT_SETTLE_SECONDS", "0", 0.0),
        ("EVOBOT_SETTLE_SECONDS", "1.5", 1.5),
        (
            "EVOBOT_MEDIA_HOSTS",
            " Media.example.com ; *.cdn.example.net:8443,,",
            frozenset({"media.example.com", "*.cdn.example.net:8443"}),
        ),
        ("EVOBOT_MEDIA_HOSTS", "127.0.0.1:8080", frozenset({"127.0.0.1:8080"})),
        ("EVOBOT_FILES_OUT", "link", "link"),
        ("EVOBOT_FILE_MEGABYTES", "0.5", 0.5),
        ("EVOBOT_EVO_LOGIN", "basic", "basic"),
        ("EVOBOT_LOG_LEVEL", "DEBUG", "DEBUG"),
        ("EVOBOT_LOG_FORMAT", "json", "json"),
        ("EVOBOT_METRICS", "[::1]:9464", "[::1]:9464"),
    ],
)
def test_each_variable_sets_its_own_setting_and_no_other(
    around: Surroundings, name: str, text: str, value: object
) -> None:
    assert around.read(**{name: text}).model_dump() == DEFAULTS | {name.lower(): value}


def test_an_empty_variable_is_no_variable(around: Surroundings) -> None:
    empty = {variable(field): "" for field in DEFAULTS if variable(field) not in LEAST}
    assert around.read(**empty).model_dump() == DEFAULTS


def test_other_variables_are_nobodys_business(around: Surroundings) -> None:
    assert around.read(EVOBOT_OF_THE_YEAR_2030="1", SLACK_TOKEN="x").model_dump() == DEFAULTS


def test_settings_do_not_change(around: Surroundings) -> None:
    settings = around.read()
    with pytest.raises(ValueError, match="frozen"):
        settings.evobot_port = 1


# Files


@pytest.mark.parametrize("name", sorted(LEAST))
def test_a_value_may_come_from_a_file(around: Surroundings, name: str) -> None:
    """As Docker and Kubernetes hand secrets out; the line break at the end is not part of it."""
    path = around.write("given", f"{LEAST[name]}\n")
    assert around.read(**{name: None, f"{name}_FILE": path}).model_dump() == DEFAULTS


def test_a_value_that_is_set_goes_before_its_file(around: Surroundings) -> None:
    path = around.write("given", "xoxb-of-the-file")
    assert around.read(SLACK_BOT_TOKEN_FILE=path).slack_bot_token == SecretStr(BOT)


@pytest.mark.parametrize("what", ["folder", "not_text"])
def test_a_file_that_cannot_be_read_is_named(around: Surroundings, what: str) -> None:
    path = around.folder / "given"
    if what == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"\xff\xfe\x00secret")
    said = around.complaint(EVO_PASSWORD=None, EVO_PASSWORD_FILE=str(path))
    assert said.startswith(f"EVO_PASSWORD_FILE: cannot read {path} (")
    assert "secret" not in said


@pytest.mark.parametrize("misplaced", [PASSWORD, BOT, "secret" * 1000, "se/cret"])
def test_a_secret_in_the_place_of_its_file_is_not_told(around: Surroundings, misplaced: str) -> None:
    said = around.complaint(EVO_PASSWORD=None, EVO_PASSWORD_FILE=misplaced)
    assert re.fullmatch(r"EVO_PASSWORD_FILE: cannot read its file \(\w+\)", said)


def test_a_file_without_an_end_is_not_read_to_its_end(around: Surroundings) -> None:
    said = around.complaint(EVO_PASSWORD=None, EVO_PASSWORD_FILE="/dev/zero")
    assert said == "EVO_PASSWORD_FILE: /dev/zero is too big to be a value"


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_what_editors_add_is_not_part_of_a_secret_and_spaces_are(around: Surroundings, mark: str, end: str) -> None:
    path = around.write("given", f"{mark} {PASSWORD} {end}")
    assert around.read(EVO_PASSWORD=None, EVO_PASSWORD_FILE=path).evo_password == SecretStr(f" {PASSWORD} ")


def test_a_file_that_is_empty_is_a_blank_secret(around: Surroundings) -> None:
    path = around.write("given", "\n")
    assert around.complaint(EVO_PASSWORD=None, EVO_PASSWORD_FILE=path) == "EVO_PASSWORD: is blank"


# .env


def dotenv(**values: str) -> str:
    return "".join(f'{name}="{value}"\n' for name, value in values.items())


def test_a_dotenv_file_in_the_working_folder_is_read(around: Surroundings) -> None:
    around.write(".env", "# ours\n" + dotenv(**LEAST, EVOBOT_PORT="4000", NOBODYS="x"))
    assert around.read(**dict.fromkeys(LEAST)).model_dump() == DEFAULTS | {"evobot_port": 4000}


def test_the_environment_goes_before_the_dotenv_file(around: Surroundings) -> None:
    around.write(".env", dotenv(SLACK_BOT_TOKEN="xoxb-old", EVOBOT_PORT="4000"))
    found = around.read(EVOBOT_PORT="5000")
    assert (found.slack_bot_token, found.evobot_port) == (SecretStr(BOT), 5000)


def test_a_dotenv_file_may_name_a_file(around: Surroundings) -> None:
    path = around.write("given", PASSWORD)
    around.write(".env", dotenv(EVO_PASSWORD_FILE=path))
    assert around.read(EVO_PASSWORD=None).evo_password == SecretStr(PASSWORD)


def test_a_blank_in_the_dotenv_file_is_no_value(around: Surroundings) -> None:
    around.write(".env", "EVOBOT_PORT=\nEVO_ACCOUNT_ID=\n")
    assert around.read().model_dump() == DEFAULTS


@pytest.mark.parametrize("password", ["pa$$word", "a${SLACK_BOT_TOKEN}b", "$HOME", "a#b", "ünï"])
def test_a_password_stands_in_the_dotenv_file_as_it_is(around: Surroundings, password: str) -> None:
    around.write(".env", f"EVO_PASSWORD='{password}'\n")
    assert around.read(EVO_PASSWORD=None).evo_password == SecretStr(password)


@pytest.mark.parametrize(
    ("mode", "text", "others"),
    [
        (0o600, dotenv(**LEAST), False), (0o640, dotenv(**LEAST), False), (0o644, dotenv(**LEAST), True),
        (0o602, dotenv(**LEAST), True), (0o644, "EVOBOT_PORT=1\n", False), (0o644, "EVO_PASSWORD_FILE=x\n", False),
    ],
)  # fmt: skip
def test_secrets_that_everybody_can_read_are_noticed(around: Surroundings, mode: int, text: str, others: bool) -> None:
    Path(around.write(".env", text)).chmod(mode)
    assert readable_by_others() is others


def test_without_a_dotenv_file_nobody_reads_it(around: Surroundings) -> None:
    assert not readable_by_others()


# What is wrong


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SLACK_BOT_TOKEN": None}, "SLACK_BOT_TOKEN: is not set"),
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN: is not set"),
        ({"SLACK_BOT_TOKEN": "  "}, "SLACK_BOT_TOKEN: is blank"),
        ({"SLACK_BOT_TOKEN": "secret"}, "SLACK_BOT_TOKEN: does not start with xoxb-; is it another token?"),
        ({"SLACK_BOT_TOKEN": "xoxp-user-secret"}, "SLACK_BOT_TOKEN: is a user token; the bot must not act as a person"),
        ({"SLACK_BOT_TOKEN": "xoxe.xoxp-secret"}, "SLACK_BOT_TOKEN: is a user token; the bot must not act as a person"),
        ({"SLACK_BOT_TOKEN": "xoxe-1-secret"}, "SLACK_BOT_TOKEN: is a refresh token; the bot token is the other one"),
        ({"SLACK_BOT_TOKEN": APP}, "SLACK_BOT_TOKEN: is an app-level token; it belongs in SLACK_APP_TOKEN"),
        ({"SLACK_APP_TOKEN": BOT}, "SLACK_APP_TOKEN: is a bot token; it belongs in SLACK_BOT_TOKEN"),
        ({"SLACK_APP_TOKEN": " "}, "SLACK_APP_TOKEN: is blank"),
        *(({"SLACK_BOT_TOKEN": cut},
           "SLACK_BOT_TOKEN: holds signs that no token has; was it copied whole, and alone?")
          for cut in ("xoxb-", "xoxb-…", "xoxb-1 2", "xoxb-1\nx", "xoxb-1;x", '"xoxb-1"'[1:])),
        ({"SLACK_SIGNING_SECRET": BOT},
         "SLACK_SIGNING_SECRET: is a token; the signing secret stands under Basic Information → App Credentials"),
        *(({"SLACK_SIGNING_SECRET": cut},
           "SLACK_SIGNING_SECRET: holds signs that no signing secret has; was it copied whole, and alone?")
          for cut in ("ab cd", "ab\ncd", "abcdef…")),
        ({"SLACK_SIGNING_SECRET": " \t"}, "SLACK_SIGNING_SECRET: is blank"),
        ({"EVO_USERNAME": None}, "EVO_USERNAME: is not set"),
        ({"EVO_USERNAME": "  "}, "EVO_USERNAME: is blank"),
        ({"EVO_PASSWORD": None}, "EVO_PASSWORD: is not set"),
        ({"EVO_PASSWORD": "  "}, "EVO_PASSWORD: is blank"),
        ({"EVOBOT_DEFAULT_REGION": "Germany"},
         "EVOBOT_DEFAULT_REGION: “Germany” is not a country code of two letters, such as US"),
        *(({"EVOBOT_MEDIA_HOSTS": f"ok.example.com,{bad}"},
           f"EVOBOT_MEDIA_HOSTS: “{bad}” is not a host such as media.example.com or *.example.com")
          for bad in ("https://media.example.com", "*", "*.com", "a/b", "*.*.example.com", "a b", "x@y.example")),
        ({"EVOBOT_FILES_OUT": "maybe"}, "EVOBOT_FILES_OUT: must be 'refuse' or 'link'"),
        ({"EVOBOT_FILE_MEGABYTES": "0"}, "EVOBOT_FILE_MEGABYTES: must be greater than 0"),
        ({"EVOBOT_PHONE_REGIONS": "US,+49"},
         "EVOBOT_PHONE_REGIONS: “+49” is not a country code of two letters, such as US"),
        ({"EVOBOT_PHONE_REGIONS": "US CA"},
         "EVOBOT_PHONE_REGIONS: “US CA” is not a country code of two letters, such as US"),
        ({"EVOBOT_PHONE_REGIONS": "*"}, "EVOBOT_PHONE_REGIONS: “*” is not a country code of two letters, such as US"),
        ({"SLACK_APP_TOKEN": None}, "set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP mode"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_sentence(around: Surroundings, changes: dict[str, str | None], said: str) -> None:
    assert around.complaint(**changes) == said


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("EVOBOT_PORT", "http"), ("EVOBOT_PORT", "-1"), ("EVOBOT_PORT", "65536"), ("EVOBOT_PORT", "80.5"),
        ("EVOBOT_POLL_SECONDS", "0"), ("EVOBOT_POLL_SECONDS", "61"), ("EVOBOT_POLL_SECONDS", "nan"),
        ("EVOBOT_POLL_SECONDS", "soon"), ("EVOBOT_SETTLE_SECONDS", "-1"), ("EVOBOT_SETTLE_SECONDS", "3601"),
        ("EVOBOT_SETTLE_SECONDS", "inf"), ("EVOBOT_SETTLE_SECONDS", "nan"), ("EVOBOT_CONFIRM_PHONES", "perhaps"),
        ("EVOBOT_EVO_LOGIN", "token"), ("EVOBOT_LOG_LEVEL", "LOUD"),
        ("EVOBOT_METRICS", "yes"), ("EVOBOT_METRICS", "1.2.3.4:70000"), ("EVOBOT_DEFAULT_REGION", "ZZ"),
    ],
)  # fmt: skip
def test_a_value_out_of_its_limits_is_refused_by_name(around: Surroundings, name: str, text: str) -> None:
    said = around.complaint(**{name: text})
    assert said.startswith(f"{name}: ")
    assert said.count("\n") == 0


@pytest.mark.parametrize("name", ["EVO_BASE_URL", "SLACK_API_URL"])
@pytest.mark.parametrize("url", ["evovoice.io", "http://evovoice.io", "https://", "ftp://x", "not a url", "//x"])
def test_an_address_to_which_no_password_should_go_is_refused(around: Surroundings, name: str, url: str) -> None:
    assert around.complaint(**{name: url}).startswith(f"{name}: ")


@pytest.mark.parametrize("name", ["EVO_BASE_URL", "SLACK_API_URL"])
@pytest.mark.parametrize("url", ["https://evo.example", "http://127.0.0.1:8080", "http://localhost:8080"])
def test_an_address_is_safe_over_https_or_on_this_machine(around: Surroundings, name: str, url: str) -> None:
    assert getattr(around.read(**{name: url}), name.lower()) == url


def test_everything_that_is_wrong_is_said_at_once(around: Surroundings) -> None:
    nothing = around.complaint(**dict.fromkeys(LEAST))
    assert nothing.split("\n") == [
        "SLACK_BOT_TOKEN: is not set", "EVO_USERNAME: is not set", "EVO_PASSWORD: is not set",
        "set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP mode",
    ]  # fmt: skip
    said = around.complaint(SLACK_BOT_TOKEN=None, EVO_PASSWORD=" ", EVOBOT_PORT="x", EVOBOT_PHONE_REGIONS="Q")
    assert sorted(line.partition(":")[0] for line in said.split("\n")) == [
        "EVOBOT_PHONE_REGIONS", "EVOBOT_PORT", "EVO_PASSWORD", "SLACK_BOT_TOKEN",
    ]  # fmt: skip


def test_a_name_that_is_no_setting_is_told_and_what_is_another_programs_is_not(around: Surroundings) -> None:
    around.write(".env", "EVO_PASWORD=x\nSLACK_TOKEN=x\nPATH=x\n")
    around.read(EVOBOT_QUITE_OTHER="1", SLACK_WEBHOOK="x", EVOBOT_WORKSPACE="T1")
    assert misspelt() == [
        "EVOBOT_QUITE_OTHER: is no setting, and does nothing.",
        "EVO_PASWORD: is no setting, and does nothing. Did you mean EVO_PASSWORD?",
        "SLACK_TOKEN: is no setting, and does nothing. Did you mean SLACK_BOT_TOKEN?",
    ]


@pytest.mark.parametrize(
    ("login", "lines"),
    [("bot@example.com", []), ("evobot", [NO_EMAIL]), ("bot@", [NO_EMAIL]), ("Evo Bot <bot@example.com>", [NO_EMAIL])],
)
def test_a_login_that_is_no_email_address_is_told(around: Surroundings, login: str, lines: list[str]) -> None:
    assert doubtful(around.read(EVO_USERNAME=login)) == lines


def test_http_mode_needs_the_signing_secret_alone(around: Surroundings) -> None:
    found = around.read(SLACK_APP_TOKEN=None, SLACK_SIGNING_SECRET=SIGNING)
    assert (found.slack_app_token, found.slack_signing_secret) == (None, SecretStr(SIGNING))


# Secrets


def test_no_secret_is_shown_by_the_settings(around: Surroundings) -> None:
    settings = around.read(SLACK_SIGNING_SECRET=SIGNING)
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert [secret for secret in (BOT, APP, SIGNING, PASSWORD) if secret in shown] == []


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "EVO_PASSWORD", "SLACK_SIGNING_SECRET"])
def test_no_secret_is_in_a_complaint_nor_in_what_caused_it(around: Surroundings, name: str) -> None:
    """All of them set, one of them wrong, and another setting wrong besides."""
    given = {"SLACK_SIGNING_SECRET": SIGNING, "EVOBOT_PORT": "x"}
    wrong = {"SLACK_BOT_TOKEN": "secretwrong", "SLACK_APP_TOKEN": "secretwrong"}.get(name, " ")
    with pytest.raises(BadSettings) as raised:
        around.read(**{**given, name: wrong})
    chain = [raised.value, raised.value.__cause__]
    assert "secret" not in " ".join(map(repr, chain)).lower().replace("slack_signing_secret", "")
    assert raised.value.__suppress_context__


def test_the_environment_goes_before_a_file_that_the_dotenv_file_names(around):
    path = around.write("given", "xoxb-old")
    around.write(".env", dotenv(SLACK_BOT_TOKEN_FILE=path))
    assert around.read().slack_bot_token == SecretStr(BOT)


@pytest.mark.parametrize("url", ["evovoice.io", "http://evovoice.io", "https://", "ftp://x", "not a url"])
def test_an_evo_host_that_cannot_be_used_is_said(around, url):
    assert around.complaint(EVO_BASE_URL=url).startswith("EVO_BASE_URL: ")


@pytest.mark.parametrize("url", ["slack.com/api/", "http://slack.example/api/", "https://", "not a url"])
def test_a_slack_address_that_cannot_be_used_is_said(around, url):
    assert around.complaint(SLACK_API_URL=url).startswith("SLACK_API_URL: ")


def test_several_workspaces_have_no_token_and_no_login_in_the_environment(around: Surroundings) -> None:
    shared = {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "hidden", "EVOBOT_PUBLIC_URL": "https://bot.example"}
    gone: dict[str, str | None] = {"SLACK_BOT_TOKEN": None, "EVO_USERNAME": None, "EVO_PASSWORD": None}
    assert isinstance(around.read(**shared, **gone), SharedSettings)
    with pytest.raises(BadSettings, match="SLACK_CLIENT_ID is set, so EVO_PASSWORD must not be"):
        around.read(**shared, **{**gone, "EVO_PASSWORD": "x"})
