"""The only reader of the environment. Everything wrong with it is said at once, before anything starts."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

import phonenumbers
from dotenv import dotenv_values
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from bot.place import Place, read_place
from bot.supervisor import Supervisor

T = TypeVar("T", bound=BaseModel)
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?")


_WHOLE_TOKEN = re.compile(r"(?:xoxb|xoxe\.xoxb|xapp)-[A-Za-z0-9-]+")
_TOKENS = {
    "xoxb-": "a bot token; it belongs in SLACK_BOT_TOKEN",
    "xapp-": "an app-level token; it belongs in SLACK_APP_TOKEN",
    "xoxp-": "a user token; the bot must not act as a person",
    "xoxe.xoxp-": "a user token; the bot must not act as a person",
    "xoxe-": "a refresh token; the bot token is the other one",
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")  # enough to tell it from a name
NO_EMAIL = "EVO_USERNAME: is no e-mail address, and a User endpoint signs in with one. Evo Voice shows it there."
_INSTALLATION = re.compile(r"[TE][A-Z0-9]{1,30}")
NO_WAY_IN = "set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP mode"
OURS = ("EVOBOT_", "EVO_")  # what our settings begin with
WHICH = "One bot serves several workspaces here: say which one is meant with --workspace T…; nothing was done."
FILES_ONLY = "must be a file where one bot serves several workspaces: each has a file of its own beside it"
WORKSPACES = "workspaces"  # the folder of their databases
LONGEST_SECRET = 64 << 10  # characters of a file that a value is read from
OPEN_SECRETS = "Everybody on this machine can read the secrets in .env. Say: chmod 600 .env"
LAST_PORT = 65535
OTHERS = 0o007  # the bits of a file's mode that are everybody's


Database = Annotated[Place, BeforeValidator(lambda given: read_place(given) if isinstance(given, str) else given)]


class BadSettings(Exception):
    """The settings cannot be used. The message is for the operator and holds no value of a secret."""


class Settings(BaseModel):
    """Each setting is an environment variable of the same name; NAME_FILE names a file to read it from."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    slack_bot_token: SecretStr = Field(description="Bot token of the Slack app, `xoxb-…`")
    slack_app_token: SecretStr | None = Field(
        default=None, description="App-level token, `xapp-…`; when set, Socket Mode is used and no port need be public"
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None, description="Signing secret; needed for HTTP mode, when there is no app-level token"
    )
    slack_client_id: str | None = Field(
        default=None, description="Client ID of the app; when set, one bot serves every workspace that installs it"
    )
    slack_client_secret: SecretStr | None = Field(default=None, description="Client secret of the app; goes with it")
    slack_api_url: str = Field(default="https://slack.com/api/", description="Slack's Web API; change it for stand-ins")

    evo_base_url: str = Field(default="https://evovoice.io", description="Your Evo Voice host")
    evo_username: str = Field(description="E-mail of the Evo Voice user (a User endpoint) that the bot signs in as")
    evo_password: SecretStr = Field(description="Password of that user")
    evo_account_id: str | None = Field(
        default=None, description="Evo Voice account that the user must work in; a check, needed when it sees several"
    )

    evobot_database: Database = Field(
        default=Path("evobot.db"),
        description="SQLite file on a local disk, or `postgresql://…` (password: PGPASSFILE)",
    )
    evobot_public_url: str | None = Field(
        default=None,
        description="Public address of the bot, `https://…`, where several workspaces install it: the app's redirect "
        "URL is this and `/slack/oauth_redirect`",
    )
    evobot_host: str = Field(default="127.0.0.1", description="Address to listen on")
    evobot_port: int = Field(default=3000, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    evobot_default_region: str = Field(
        default="US", description="Country for phone numbers typed without a country code, two letters"
    )
    evobot_phone_regions: frozenset[str] = Field(
        default=frozenset(),
        description="Countries whose phones may be invited, called or texted, for example `US,CA`; empty: none at all",
    )
    evobot_confirm_phones: bool = Field(
        default=True, description="Ask a person to confirm number, country and cost before an outside phone is invited"
    )
    evobot_policy: Path | None = Field(
        default=None,
        description="File that says who may do what and what it may cost; when it is not set, `policy.toml` in the "
        "working folder, and without that what `evobot policy show` says",
    )
    evobot_hold_seconds: float = Field(
        default=0.0, ge=0, le=60, description="Seconds in which a reply can be taken back before it leaves; 0: none"
    )
    evobot_poll_seconds: float = Field(
        default=2.0, ge=0.05, le=60, description="Seconds between two looks at a busy session"
    )
    evobot_settle_seconds: float = Field(
        default=60.0,
        ge=0,
        le=3600,
        description="Seconds before an unknown outcome is decided; longer than Evo Voice may still work on a request",
    )
    evobot_media_hosts: frozenset[str] = Field(
        default=frozenset(),
        description="Hosts besides Evo Voice's own from which files that customers send may be fetched into the "
        "thread: names, or `*.example.com` for all below one; empty: none",
    )
    evobot_files_out: Literal["refuse", "link"] = Field(
        default="refuse",
        description="Files that people put into a thread: `refuse` says by name that they are not sent; `link` uploads "
        "them to Evo Voice and sends their addresses, which may be open to whoever has them",
    )
    evobot_file_megabytes: float = Field(
        default=20.0, gt=0, le=200, description="Size of the largest file that is carried either way"
    )
    evobot_evo_login: Literal["cookie", "basic"] = Field(
        default="cookie", description="How to sign in to Evo Voice: `cookie` (one session) or `basic` (each request)"
    )
    evobot_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="How much to log; customers' words and secrets are never logged"
    )
    evobot_log_format: Literal["text", "json"] = Field(
        default="text", description="`text` for people, or `json`: one object a line, for what collects logs"
    )
    evobot_metrics: str | None = Field(
        default=None,
        description="Where Prometheus may ask for `/metrics`: a port on this machine, or `host:port`; empty: nowhere",
    )

    @field_validator("slack_bot_token")
    @classmethod
    def _bot_token(cls, token: SecretStr) -> SecretStr:
        return _token(token, "xoxb-", "xoxe.xoxb-")

    @field_validator("slack_app_token")
    @classmethod
    def _app_token(cls, token: SecretStr | None) -> SecretStr | None:
        return None if token is None else _token(token, "xapp-")

    @field_validator("slack_signing_secret", "slack_client_secret", "evo_password")
    @classmethod
    def _not_blank(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not secret.get_secret_value().strip():
            raise ValueError("is blank")
        return secret

    @field_validator("slack_signing_secret")
    @classmethod
    def _signs(cls, secret: SecretStr | None) -> SecretStr | None:
        """Slack says nowhere what a signing secret looks like; but no token is one, and none has a gap."""
        if secret is None:
            return None
        text = secret.get_secret_value().strip()
        if text.startswith(tuple(_TOKENS)):
            raise ValueError("is a token; the signing secret stands under Basic Information → App Credentials")
        if not text.isascii() or len(text.split()) > 1:
            raise ValueError("holds signs that no signing secret has; was it copied whole, and alone?")
        return SecretStr(text)

    @field_validator("slack_api_url", "evo_base_url", "evobot_public_url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url.strip())
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("is not an address such as https://evovoice.io")
        if parts.scheme == "http" and not _is_this_machine(parts.hostname):
            raise ValueError("must be https: passwords travel there")
        return url.strip()

    @field_validator("evo_username")
    @classmethod
    def _somebody(cls, name: str) -> str:
        if not name.strip():
            raise ValueError("is blank")
        return name.strip()

    @field_validator("evobot_metrics")
    @classmethod
    def _place(cls, place: str | None) -> str | None:
        if place is not None:
            host_and_port(place)
        return place

    @field_validator("evobot_default_region")
    @classmethod
    def _one_region(cls, region: str) -> str:
        return _region(region)

    @field_validator("evobot_phone_regions", mode="before")
    @classmethod
    def _regions(cls, value: object) -> object:
        return _read_regions(value)

    @field_validator("evobot_media_hosts", mode="before")
    @classmethod
    def _hosts(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return frozenset(_host(part) for part in value.replace(";", ",").split(",") if part.strip())

    @model_validator(mode="after")
    def _one_way_in(self) -> Settings:
        if self.slack_app_token is None and self.slack_signing_secret is None:
            raise ValueError(NO_WAY_IN)
        return self


class SharedSettings(Settings):
    """One bot for several workspaces: their tokens and logins stand in the register, not in the environment."""

    slack_client_id: str
    slack_client_secret: SecretStr
    evobot_public_url: str
    slack_bot_token: SecretStr = SecretStr("")
    evo_username: str = ""
    evo_password: SecretStr = SecretStr("")

    @field_validator("evobot_database")
    @classmethod
    def _beside_which_files_stand(cls, database: Place) -> Place:
        if not isinstance(database, Path):
            raise ValueError(FILES_ONLY)  # noqa: TRY004 - it is what somebody has set
        return database

    @model_validator(mode="after")
    def _no_one_of_them(self) -> SharedSettings:
        for name in ("slack_bot_token", "evo_username", "evo_password", "evo_account_id"):
            if name in self.model_fields_set:
                raise ValueError(f"SLACK_CLIENT_ID is set, so {variable(name)} must not be: each workspace has its own")
        return self


class _Database(BaseModel):
    """What is enough for whoever only handles the file. `evobot_workspace`: whose it is, where there are several."""

    model_config = Settings.model_config

    evobot_database: Database = Settings.model_fields["evobot_database"].default
    evobot_workspace: str = ""
    slack_client_id: str | None = None


class PolicySettings(BaseModel):
    """What is enough for whoever only looks at the policy."""

    model_config = Settings.model_config

    evobot_policy: Path | None = None
    evobot_database: Database = Settings.model_fields["evobot_database"].default
    evobot_workspace: str = ""
    evobot_phone_regions: frozenset[str] = frozenset()
    evobot_confirm_phones: bool = True

    @field_validator("evobot_phone_regions", mode="before")
    @classmethod
    def _regions(cls, value: object) -> object:
        return _read_regions(value)


def load(env_file: Path | None = Path(".env")) -> Settings:
    """Reads the environment, then `.env`. Raises BadSettings with one line for each thing that is wrong."""
    shared = _load(_Shared, env_file).slack_client_id
    return _load(SharedSettings if shared else Settings, env_file)


class _Shared(BaseModel):
    """Which of the two it is."""

    model_config = Settings.model_config

    slack_client_id: str | None = None


class RegisterSettings(BaseModel):
    """What is enough for whoever looks after several workspaces."""

    model_config = Settings.model_config

    evobot_database: Database = Settings.model_fields["evobot_database"].default
    evobot_public_url: str | None = None
    slack_client_id: str = ""
    slack_client_secret: SecretStr = SecretStr("")
    slack_api_url: str = Settings.model_fields["slack_api_url"].default
    evo_base_url: str = Settings.model_fields["evo_base_url"].default
    evobot_evo_login: Literal["cookie", "basic"] = "cookie"


class PrivacySettings(BaseModel):
    """What is enough for whoever looks for one person."""

    model_config = Settings.model_config

    evobot_database: Database = Settings.model_fields["evobot_database"].default
    evobot_workspace: str = ""
    slack_client_id: str | None = None
    evobot_default_region: str = Settings.model_fields["evobot_default_region"].default
    evo_username: str = ""

    @field_validator("evobot_default_region")
    @classmethod
    def _one_region(cls, region: str) -> str:
        return _region(region)


def load_for_privacy(env_file: Path | None = Path(".env")) -> PrivacySettings:
    """What the settings say, whatever else is set or not. Raises BadSettings."""
    found = _load(PrivacySettings, env_file)
    return found.model_copy(update={"evobot_database": _meant(found)})


def load_database(env_file: Path | None = Path(".env"), *, or_register: bool = False) -> Place:
    """Where the database is, whatever else is set or not. Raises BadSettings.

    `or_register`: where there are several workspaces and none is named, it is their register.
    """
    return _meant(_load(_Database, env_file), or_register=or_register)


def load_for_register(env_file: Path | None = Path(".env")) -> RegisterSettings:
    """What is needed to look after several workspaces, whatever else is set or not. Raises BadSettings."""
    return _load(RegisterSettings, env_file)


def chosen_workspace(env_file: Path | None = Path(".env")) -> str:
    """Which of several is meant; "" when nobody says. Raises BadSettings."""
    return _load(_Database, env_file).evobot_workspace


def secret_in(path: Path) -> str:
    """What a file holds, without the line break at its end. Raises BadSettings."""
    return _read_secret("--password", str(path))


def workspace_file(database: Place, ident: str) -> Path:
    """The database of one of several workspaces, beside the main one. Raises BadSettings for what is no id."""
    if not isinstance(database, Path):
        raise BadSettings(FILES_ONLY)
    if not is_installation(ident):
        raise BadSettings("A workspace is named by its id, T… or E…; `evobot workspaces list` shows them.")
    return database.parent / WORKSPACES / f"{ident}.db"


def workspace_policy(database: Place, ident: str) -> Path | None:
    """Of one of several workspaces: its own, if something stands beside its database. Raises BadSettings."""
    own = workspace_file(database, ident).with_suffix(".toml")
    return own if os.path.lexists(own) else None


def workspace_policies(database: Place) -> list[Path]:
    """Those that workspaces have of their own. Raises BadSettings."""
    return sorted(workspace_file(database, "T1").parent.glob("[TE]*.toml"))


def is_installation(ident: str) -> bool:
    """Is it an id of a workspace or an organization?"""
    return _INSTALLATION.fullmatch(ident) is not None


def _meant(found: _Database | PrivacySettings, *, or_register: bool = False) -> Place:
    """In the register nobody would find a message, and nobody look for a stop. Raises BadSettings."""
    if found.slack_client_id and not found.evobot_workspace and not or_register:
        raise BadSettings(WHICH)
    database, ident = found.evobot_database, found.evobot_workspace
    return workspace_file(database, ident) if ident else database


def load_for_policy(env_file: Path | None = Path(".env")) -> PolicySettings:
    """What the settings say of the policy, whatever else is set or not. Raises BadSettings."""
    found = _load(PolicySettings, env_file)
    own = workspace_policy(found.evobot_database, found.evobot_workspace) if found.evobot_workspace else None
    return found.model_copy(update={"evobot_policy": own or found.evobot_policy})


def supervisor() -> Supervisor:
    """What systemd says of itself, for no person sets this."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return Supervisor(os.environ.get("NOTIFY_SOCKET", ""), int(microseconds) / 1e6 if microseconds.isdigit() else 0.0)


def readable_by_others(env_file: Path = Path(".env")) -> bool:
    """Whether everybody on this machine can read the secrets in `.env`."""
    secrets = [variable(name) for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    written = _read_env_file(env_file)
    return any(name in written for name in secrets) and bool(env_file.stat().st_mode & OTHERS)


def _load(kind: type[T], env_file: Path | None) -> T:
    """The environment goes before `.env`, and of the same place a value before its file. Empty is not set."""
    given = _given(kind, {name.upper(): value for name, value in os.environ.items()})
    given |= _given(kind, _read_env_file(env_file), but_not=given)
    try:
        return kind(**given)
    except ValidationError as error:
        lines = _complaints(error)
        if issubclass(kind, Settings) and not {"slack_app_token", "slack_signing_secret"} & given.keys():
            lines = list(dict.fromkeys([*lines, NO_WAY_IN]))  # pydantic asks for it only when all else is well
        raise BadSettings("\n".join(lines)) from None


def misspelt(env_file: Path = Path(".env")) -> list[str]:
    """A line for each name that looks like a setting, in `.env` or the environment, and is none. Raises BadSettings."""
    known = {variable(name) for kind in (Settings, _Database) for name in kind.model_fields}
    ours = [name for name in os.environ if name.startswith(OURS)]  # the others may be for another program
    written = [name for name in _read_env_file(env_file) if name.startswith((*OURS, "SLACK_"))]
    strange = sorted({name for name in (*ours, *written) if name.removesuffix("_FILE") not in known})
    return [f"{name}: is no setting, and does nothing.{_nearest(name, known)}" for name in strange]


def doubtful(settings: Settings) -> list[str]:
    """A line for each value that can be used, and is hardly what was meant."""
    login = settings.evo_username
    return [NO_EMAIL] if login and not _EMAIL.fullmatch(login) else []


def _nearest(name: str, known: Iterable[str]) -> str:
    import difflib  # noqa: PLC0415 - a start without mistakes needs none

    near = difflib.get_close_matches(name, known, 1, 0.75)
    return f" Did you mean {near[0]}?" if near else ""


def variable(field: str) -> str:
    """The environment variable of a field."""
    return field.upper()


def _given(kind: type[BaseModel], values: Mapping[str, str], but_not: Container[str] = ()) -> dict[str, Any]:
    """What one place says of the fields, itself or by naming a file; nothing of those in `but_not`."""
    found = {}
    for field in kind.model_fields:
        name = variable(field)
        if field in but_not:
            continue
        if value := values.get(name):
            found[field] = value
        elif path := values.get(f"{name}_FILE"):
            found[field] = _read_secret(name, path)
    return found


def _read_secret(name: str, path: str) -> str:
    """Without the line break that editors put at the end, and without their mark at the beginning.

    What is not there is not quoted: somebody may have put the secret itself where its file should be named.
    """
    try:
        with open(path, encoding="utf-8-sig") as file:  # noqa: PTH123 - a Path would not take what is no path at all
            text = file.read(LONGEST_SECRET + 1)
    except (OSError, ValueError) as error:
        which = path if os.path.exists(path) else "its file"  # noqa: PTH110 - likewise
        raise BadSettings(f"{name}_FILE: cannot read {which} ({type(error).__name__})") from None
    if len(text) > LONGEST_SECRET:
        raise BadSettings(f"{name}_FILE: {path} is too big to be a value")
    return text.rstrip("\r\n")


def _read_env_file(path: Path | None) -> Mapping[str, str]:
    """As it stands there: a `$` in a password is a `$`."""
    if path is None or not path.is_file():
        return {}
    try:
        found = dotenv_values(path, interpolate=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path}: cannot be read ({type(error).__name__})") from None
    return {name.upper(): value for name, value in found.items() if value}


_PLAINLY = {
    "missing": "is not set",
    "float_parsing": "is not a number",
    "int_parsing": "is not a whole number",
    "bool_parsing": "is neither 1 nor 0",
}


def _complaints(error: ValidationError) -> list[str]:
    lines = []
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        name = variable(str(each["loc"][0])) if each["loc"] else ""
        what = _PLAINLY.get(each["type"]) or each["msg"].removeprefix("Value error, ").replace("Input should", "must")
        lines.append(f"{name}: {what}" if name else what)
    return lines


def _token(token: SecretStr, *prefixes: str) -> SecretStr:
    text = token.get_secret_value().strip()
    if not text:
        raise ValueError("is blank")
    if not text.startswith(prefixes):
        known = next((what for prefix, what in _TOKENS.items() if text.startswith(prefix)), "")
        raise ValueError(f"does not start with {prefixes[0]}; is it another token?" if not known else f"is {known}")
    if not _WHOLE_TOKEN.fullmatch(text):
        raise ValueError("holds signs that no token has; was it copied whole, and alone?")
    return SecretStr(text)


def host_and_port(place: str) -> tuple[str, int]:
    """Of "9464", "10.0.0.7:9464" or "[::]:9464"; a port alone is this machine's. Raises ValueError."""
    host, _, port = place.strip().rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) <= LAST_PORT):
        raise ValueError("is not a port such as 9464, or host:port")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


def _is_this_machine(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")


def _host(text: str) -> str:
    """A suffix must have a dot: `*.com` would be half of the internet."""
    host = text.strip().lower()
    if not _HOST.fullmatch(host) or (host.startswith("*.") and host.count(".") < 2):  # noqa: PLR2004 - of `*.` and one
        raise ValueError(f"“{text.strip()}” is not a host such as media.example.com or *.example.com")
    return host


def _read_regions(value: object) -> object:
    if not isinstance(value, str):
        return value
    return frozenset(_region(part) for part in value.replace(";", ",").split(",") if part.strip())


def _region(text: str) -> str:
    region = text.strip().upper()
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"“{text.strip()}” is not a country code of two letters, such as US")
    return region
