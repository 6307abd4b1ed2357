"""What settings and policy say by themselves."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.doctor.finding import Finding, broken, degraded, ok
from bot.policy import BadPolicy, Policy, default_policy, policy_in_use
from bot.policy.remarks import remarks
from bot.policy.showing import Surroundings
from bot.settings import OPEN_SECRETS, Settings, readable_by_others


def secrets() -> Finding:
    if readable_by_others():
        return degraded("Secrets", OPEN_SECRETS)
    return ok("Secrets", "each has the shape it should have; none is shown")


def door(settings: Settings) -> Finding:
    if settings.slack_app_token is not None:
        return ok("Slack's way in", "Socket Mode, no public address needed")
    where = f"http://{settings.evobot_host}:{settings.evobot_port}/slack/events"
    return ok("Slack's way in", f"HTTP at {where}; put TLS in front of it")


def policy(settings: Settings) -> tuple[Policy, list[Finding]]:
    """The defaults stand in for one that cannot be read."""
    try:
        used = policy_in_use(settings.evobot_policy)
    except BadPolicy as error:
        more = f" And {len(error.lines) - 1} more: `evobot policy check`." if len(error.lines) > 1 else ""
        return default_policy(), [broken("Policy", f"{error.lines[0]}{more}", "The bot does not start with it.")]
    told = f"{used.source or 'the defaults, for there is no policy.toml'}; {len(used.rules)} rules"
    around = Surroundings(settings.evobot_phone_regions, settings.evobot_confirm_phones)
    return used, [ok("Policy", told), *(degraded("Policy", remark) for remark in remarks(used, around))]


def phones(settings: Settings, policy: Policy) -> Finding:
    regions = ", ".join(sorted(settings.evobot_phone_regions | policy.phones.regions))
    if not regions:
        return ok("Outside phones", "off. EVOBOT_PHONE_REGIONS=US would allow mobile phones of the US.")
    if policy.phones.second_person:
        asked = "somebody else than who asks confirms each"
    elif settings.evobot_confirm_phones:
        asked = "a person confirms each"
    else:
        asked = "nobody is asked before one is invited"
    return ok("Outside phones", f"{regions}; {asked}")


def files(settings: Settings) -> Finding:
    hosts = ", ".join([urlsplit(settings.evo_base_url).hostname or "", *sorted(settings.evobot_media_hosts)])
    size = f"{settings.evobot_file_megabytes:g} MB at most"
    if settings.evobot_files_out == "refuse":
        return ok("Files", f"in from {hosts}, {size}; out: named as not sent")
    return ok("Files", f"in from {hosts}, {size}; out: as addresses at Evo Voice. Who can open those?")
