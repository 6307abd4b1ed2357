"""Is everything as it should be? One line a thing, each with the next step when it is not. Sends nothing to anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from bot.clock import SystemClock
from bot.evo import EvoError, EvoVoice, Unauthorized, connect
from bot.evoside import WrongAccount, sign_in
from bot.settings import Settings
from bot.store import InUse, Unusable, open_store
from bot.workspace import Identity, SlackError, SlackSignedOut, Workspace, slack_client, slack_session

# What the bot calls needs these; the manifest asks for the same ones (a test compares them).
SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "reactions:write",
        "users:read",
        "users:read.email",
    }
)


class Health(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    health: Health
    text: str

    def __str__(self) -> str:
        return f"{self.health:<9} {self.what}: {self.text}"


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Looks at everything, in the order in which a newcomer sets it up."""
    yield _door(settings)
    yield _database(settings)
    async for finding in _slack(settings):
        yield finding
    async for finding in _evo(settings):
        yield finding
    yield _phones(settings)
    yield _files(settings)


def _door(settings: Settings) -> Finding:
    if settings.slack_app_token is not None:
        return Finding("Slack's way in", Health.OK, "Socket Mode, no public address needed")
    where = f"http://{settings.evobot_host}:{settings.evobot_port}/slack/events"
    return Finding("Slack's way in", Health.OK, f"HTTP at {where}; put TLS in front of it")


def _database(settings: Settings) -> Finding:
    path = settings.evobot_database
    if not path.exists():
        return Finding("Database", Health.OK, f"{path} will be made at the first start")
    try:
        open_store(path).close()
    except InUse as error:
        return Finding("Database", Health.OK, f"in use: {error}")
    except Unusable as error:
        return Finding("Database", Health.BROKEN, str(error))
    return Finding("Database", Health.OK, str(path))


async def _slack(settings: Settings) -> AsyncIterator[Finding]:
    async with slack_session() as session:
        client = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, session)
        try:
            identity = await Workspace(client, SystemClock()).identity()
        except SlackSignedOut as error:
            yield Finding("Slack", Health.BROKEN, f"{error}. Install the app again and copy its bot token.")
        except SlackError as error:
            yield Finding("Slack", Health.BROKEN, f"not reached ({error}). Check the network and SLACK_API_URL.")
        else:
            yield Finding("Slack", Health.OK, f"{identity.team_name}, as {identity.user}")
            yield _scopes(identity)


def _scopes(identity: Identity) -> Finding:
    if not identity.scopes:
        return Finding("Slack scopes", Health.DEGRADED, "Slack does not say which it has granted")
    missing = sorted(SCOPES - identity.scopes)
    if missing:
        text = f"{', '.join(missing)} missing. Update the app from manifest.yml and install it again."
        return Finding("Slack scopes", Health.DEGRADED, text)
    return Finding("Slack scopes", Health.OK, "all there")


async def _evo(settings: Settings) -> AsyncIterator[Finding]:
    password, basic = settings.evo_password.get_secret_value(), settings.evobot_evo_login == "basic"
    evo = connect(settings.evo_base_url, settings.evo_username, password, basic=basic)
    try:
        await sign_in(evo, settings.evo_account_id)
        yield Finding("Evo Voice", Health.OK, f"signed in at {settings.evo_base_url}")
        yield await _contacts(evo)
    except WrongAccount as error:
        yield Finding("Evo Voice", Health.BROKEN, str(error))
    except Unauthorized:
        yield Finding("Evo Voice", Health.BROKEN, "does not accept EVO_USERNAME and EVO_PASSWORD. Check both.")
    except EvoError as error:
        yield Finding("Evo Voice", Health.BROKEN, f"not reached ({type(error).__name__}). Check EVO_BASE_URL.")
    finally:
        await evo.aclose()


async def _contacts(evo: EvoVoice) -> Finding:
    found = len(await evo.get_my_contacts())
    if not found:
        return Finding("Directory", Health.DEGRADED, "empty: the field “With” will offer nobody")
    return Finding("Directory", Health.OK, f"{found} people and teams")


def _phones(settings: Settings) -> Finding:
    regions = ", ".join(sorted(settings.evobot_phone_regions))
    if not regions:
        return Finding("Outside phones", Health.OK, "off. EVOBOT_PHONE_REGIONS=US would allow mobile phones of the US.")
    asked = "a person confirms each" if settings.evobot_confirm_phones else "nobody is asked before one is invited"
    return Finding("Outside phones", Health.OK, f"{regions}; {asked}")


def _files(settings: Settings) -> Finding:
    hosts = ", ".join([urlsplit(settings.evo_base_url).hostname or "", *sorted(settings.evobot_media_hosts)])
    size = f"{settings.evobot_file_megabytes:g} MB at most"
    if settings.evobot_files_out == "refuse":
        return Finding("Files", Health.OK, f"in from {hosts}, {size}; out: named as not sent")
    return Finding("Files", Health.OK, f"in from {hosts}, {size}; out: as addresses at Evo Voice. Who can open those?")
