"""Is everything as it should be? One line a thing, each with the next step when it is not. Sends nothing to anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from bot.audit import verify
from bot.bridge.safeguards import blocked
from bot.clock import SystemClock
from bot.evo import EvoError, EvoVoice, Unauthorized, connect
from bot.evoside import WrongAccount, sign_in
from bot.place import Postgres
from bot.policy import BadPolicy, Policy, default_policy, policy_in_use
from bot.policy.remarks import remarks
from bot.policy.showing import Surroundings
from bot.policy.words import is_group_id
from bot.settings import OPEN_SECRETS, Settings, readable_by_others
from bot.slackweb import slack_client, slack_session
from bot.store import InUse, Unavailable, Unusable, open_store
from bot.store.aside import reading
from bot.workspace import Identity, SlackError, SlackSignedOut, Workspace

DENIED = "what is denied to it is denied to everybody."
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
        "usergroups:read",
        "users:read",
        "users:read.email",
    }
)


GROUPS = "usergroups:read"  # asked for nothing else than user groups that the policy speaks of


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
    yield _secrets()
    yield _door(settings)
    yield _database(settings)
    for finding in (*_audit(settings), *_blocked(settings)):
        yield finding
    policy, findings = _policy(settings)
    for finding in findings:
        yield finding
    async for finding in _slack(settings, policy):
        yield finding
    async for finding in _evo(settings):
        yield finding
    yield _phones(settings, policy)
    yield _files(settings)


def _secrets() -> Finding:
    if readable_by_others():
        return Finding("Secrets", Health.DEGRADED, OPEN_SECRETS)
    return Finding("Secrets", Health.OK, "each has the shape it should have; none is shown")


def _door(settings: Settings) -> Finding:
    if settings.slack_app_token is not None:
        return Finding("Slack's way in", Health.OK, "Socket Mode, no public address needed")
    where = f"http://{settings.evobot_host}:{settings.evobot_port}/slack/events"
    return Finding("Slack's way in", Health.OK, f"HTTP at {where}; put TLS in front of it")


def _database(settings: Settings) -> Finding:
    path = settings.evobot_database
    if not isinstance(path, Postgres) and not path.exists():
        return Finding("Database", Health.OK, f"{path} will be made at the first start")
    try:
        open_store(path).close()
    except InUse as error:
        return Finding("Database", Health.OK, f"in use: {error}")
    except Unusable as error:
        return Finding("Database", Health.BROKEN, str(error))
    return Finding("Database", Health.OK, str(path))


def _audit(settings: Settings) -> Iterator[Finding]:
    """Is the record of what happened as it was written? Whether the bot runs or not."""
    try:
        with reading(settings.evobot_database) as read:
            records = read.audited()
            broken = verify(records, read.audit_start(), last_key=read.audit_keys_given())
    except (Unusable, Unavailable):
        return  # said above
    if broken is not None:
        yield Finding("Audit", Health.BROKEN, f"Row {broken.key} {broken.why}")
    else:
        yield Finding("Audit", Health.OK, f"{len(records)} rows, as they were written")


def _blocked(settings: Settings) -> Iterator[Finding]:
    """What people or safeguards hold back, whether the bot runs or not."""
    try:
        with reading(settings.evobot_database) as read:
            for what in blocked(read):
                yield Finding("Blocked", Health.DEGRADED, what)
    except (Unusable, Unavailable):
        return  # said above


def _policy(settings: Settings) -> tuple[Policy, list[Finding]]:
    """The defaults stand in for one that cannot be read."""
    try:
        policy = policy_in_use(settings.evobot_policy)
    except BadPolicy as error:
        more = f" And {len(error.lines) - 1} more: `evobot policy check`." if len(error.lines) > 1 else ""
        text = f"{error.lines[0]}{more} The bot does not start with it."
        return default_policy(), [Finding("Policy", Health.BROKEN, text)]
    used = f"{policy.source or 'the defaults, for there is no policy.toml'}; {len(policy.rules)} rules"
    around = Surroundings(settings.evobot_phone_regions, settings.evobot_confirm_phones)
    but = [Finding("Policy", Health.DEGRADED, remark) for remark in remarks(policy, around)]
    return policy, [Finding("Policy", Health.OK, used), *but]


async def _slack(settings: Settings, policy: Policy) -> AsyncIterator[Finding]:
    async with slack_session() as session:
        client = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, session)
        workspace = Workspace(client, SystemClock())
        try:
            identity = await workspace.identity()
        except SlackSignedOut as error:
            yield Finding("Slack", Health.BROKEN, f"{error}. Install the app again and copy its bot token.")
        except SlackError as error:
            yield Finding("Slack", Health.BROKEN, f"not reached ({error}). Check the network and SLACK_API_URL.")
        else:
            yield Finding("Slack", Health.OK, f"{identity.team_name}, as {identity.user}")
            yield _scopes(identity, policy)
            async for finding in _groups(workspace, policy):
                yield finding


def _scopes(identity: Identity, policy: Policy) -> Finding:
    if not identity.scopes:
        return Finding("Slack scopes", Health.DEGRADED, "Slack does not say which it has granted")
    needed = SCOPES if policy.groups else SCOPES - {GROUPS}
    missing = sorted(needed - identity.scopes)
    if missing:
        text = f"{', '.join(missing)} missing. Update the app from manifest.yml and install it again."
        return Finding("Slack scopes", Health.DEGRADED, text)
    return Finding("Slack scopes", Health.OK, "all there")


async def _groups(workspace: Workspace, policy: Policy) -> AsyncIterator[Finding]:
    """A rule that denies something to a group of which nobody knows who is in it denies it to everybody."""
    if not policy.groups:
        return
    denied = frozenset[str]().union(*(rule.who.groups for rule in policy.rules if not rule.allows))
    try:
        unknown = [group for group in sorted(policy.groups) if not await workspace.is_group(group)]
    except SlackError as error:
        text = f"Slack does not say which there are ({error}): who is allowed something by one may not, {DENIED}"
        yield Finding("User groups", Health.BROKEN, text)
        return
    for group in unknown:
        what = f"{'' if is_group_id(group) else '@'}{group} is none that Slack shows, so"
        if group in denied:
            yield Finding("User groups", Health.BROKEN, f"{what} {DENIED} Correct it in the policy, or take it out.")
        else:
            yield Finding("User groups", Health.DEGRADED, f"{what} nobody is in it. Correct it in the policy.")
    if not unknown:
        yield Finding("User groups", Health.OK, f"{len(policy.groups)} in the policy, and Slack shows them")


async def _evo(settings: Settings) -> AsyncIterator[Finding]:
    password, basic = settings.evo_password.get_secret_value(), settings.evobot_evo_login == "basic"
    evo = connect(settings.evo_base_url, settings.evo_username, password, basic=basic)
    try:
        await sign_in(evo, settings.evo_account_id)
        account = f", account {settings.evo_account_id}" if settings.evo_account_id else ""
        yield Finding("Evo Voice", Health.OK, f"signed in at {settings.evo_base_url}{account}")
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


def _phones(settings: Settings, policy: Policy) -> Finding:
    regions = ", ".join(sorted(settings.evobot_phone_regions | policy.phones.regions))
    if not regions:
        return Finding("Outside phones", Health.OK, "off. EVOBOT_PHONE_REGIONS=US would allow mobile phones of the US.")
    if policy.phones.second_person:
        asked = "somebody else than who asks confirms each"
    elif settings.evobot_confirm_phones:
        asked = "a person confirms each"
    else:
        asked = "nobody is asked before one is invited"
    return Finding("Outside phones", Health.OK, f"{regions}; {asked}")


def _files(settings: Settings) -> Finding:
    hosts = ", ".join([urlsplit(settings.evo_base_url).hostname or "", *sorted(settings.evobot_media_hosts)])
    size = f"{settings.evobot_file_megabytes:g} MB at most"
    if settings.evobot_files_out == "refuse":
        return Finding("Files", Health.OK, f"in from {hosts}, {size}; out: named as not sent")
    return Finding("Files", Health.OK, f"in from {hosts}, {size}; out: as addresses at Evo Voice. Who can open those?")
