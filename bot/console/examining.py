"""`evobot doctor`, `evobot config check`, `evobot manifest print` and `check`: is everything as it should be?

None of them sends anything to anybody.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from functools import partial
from urllib.parse import urlsplit

from bot import manifest
from bot.console.common import (
    EXIT_BROKEN,
    EXIT_SETTINGS,
    Verbs,
    say,
    settings_or_why,
    tell,
    unusable,
    unusable_policy,
)
from bot.doctor import Finding, Health, examine, examine_several, worst
from bot.doctor.manifest import look_at_app
from bot.policy import BadPolicy, policy_in_use
from bot.settings import BadSettings, SharedSettings, chosen_workspace, workspace_policies

GOOD_CONFIG = "The settings and the policy can be used. `evobot doctor` tries them out."


def add(verbs: Verbs) -> None:
    doctor = verbs.add_parser("doctor", help="look at settings, database, Slack and Evo Voice; sends nothing")
    doctor.add_argument("--json", action="store_true", help="one JSON document, for monitoring")
    doctor.set_defaults(run=_doctor)
    config = verbs.add_parser("config", help="settings and policy, without asking the network")
    of_config = config.add_subparsers(title="commands", required=True, metavar="COMMAND")
    check = of_config.add_parser("check", help="can both be used? Exit code 2 when not, with a line for each mistake")
    check.set_defaults(run=_config_check)
    about = verbs.add_parser("manifest", help="the app as Slack has to know it: written out, or compared")
    of_manifest = about.add_subparsers(title="commands", required=True, metavar="COMMAND")
    shown = of_manifest.add_parser("print", help="a manifest to paste at https://api.slack.com/apps")
    shown.add_argument(
        "--http", type=_address, metavar="URL", help="for HTTP at this address, such as https://bot.example.com"
    )
    shown.set_defaults(run=_manifest_print)
    compared = of_manifest.add_parser(
        "check", help="is the installed app what the manifest asks for? As far as Slack tells"
    )
    compared.add_argument("--json", action="store_true", help="one JSON document")
    compared.set_defaults(run=_manifest_check)


def _doctor(parsed: argparse.Namespace) -> int:
    settings = settings_or_why(of_all=True)
    if isinstance(settings, str):
        if parsed.json:
            tell(_document([Finding("Settings", Health.BROKEN, settings, "Correct them.")]))
        return say(EXIT_SETTINGS, settings)
    try:
        looks = _of_several(settings) if isinstance(settings, SharedSettings) else examine(settings)
    except BadSettings as error:
        return say(EXIT_SETTINGS, unusable(error))
    return asyncio.run(_examine(looks, as_json=parsed.json))


def _of_several(settings: SharedSettings) -> AsyncIterator[Finding]:
    """All, or the one that is chosen. Raises BadSettings. Of a register that cannot be used the findings say why."""
    from bot.store import Unusable  # noqa: PLC0415 - only where there are several
    from bot.store.aside import reading  # noqa: PLC0415 - likewise
    from bot.tenants import settings_for  # noqa: PLC0415 - likewise

    chosen = chosen_workspace()
    try:
        with reading(settings.evobot_database) as read:
            installed = read.installations()
    except Unusable:
        installed = []
    meant = [who for who in installed if chosen in {"", who.id}]
    if chosen and not meant:
        raise BadSettings(f"{chosen} has not installed the app; `evobot workspaces list` shows who has.")
    return examine_several(settings, meant, partial(settings_for, settings))


async def _examine(looks: AsyncIterator[Finding], *, as_json: bool) -> int:
    found: list[Finding] = []
    async for finding in looks:
        found.append(finding)
        if not as_json:
            tell(str(finding))
    return _ended(found, as_json=as_json)


def _ended(found: Sequence[Finding], *, as_json: bool) -> int:
    if as_json:
        tell(_document(found))
    return EXIT_BROKEN if worst(found) is Health.BROKEN else 0


def _document(found: Sequence[Finding]) -> str:
    document = {"state": worst(found).value, "checks": [finding.as_json() for finding in found]}
    return json.dumps(document, ensure_ascii=False, indent=2)


def _config_check(_: argparse.Namespace) -> int:
    settings = settings_or_why(of_all=True)
    if isinstance(settings, str):
        return say(EXIT_SETTINGS, settings)
    several = isinstance(settings, SharedSettings)
    for own in [None, *(workspace_policies(settings.evobot_database) if several else [])]:
        try:
            policy_in_use(own or settings.evobot_policy)
        except BadPolicy as error:
            return say(EXIT_SETTINGS, f"{own}: {unusable_policy(error)}" if own else unusable_policy(error))
    tell(GOOD_CONFIG)
    return 0


def _address(text: str) -> str:
    url = urlsplit(text)
    if url.scheme != "https" or not url.hostname or url.path not in {"", "/"} or url.query or url.fragment:
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as https://bot.example.com")
    return f"https://{url.netloc}"


def _manifest_print(parsed: argparse.Namespace) -> int:
    try:
        text = manifest.text()
    except OSError as error:
        return say(EXIT_BROKEN, f"manifest.yml was not installed with the program ({error.strerror}).")
    tell((manifest.over_http(text, parsed.http) if parsed.http else text).rstrip())
    return 0


def _manifest_check(parsed: argparse.Namespace) -> int:
    settings = settings_or_why()
    if isinstance(settings, str):
        return say(EXIT_SETTINGS, settings)
    found = asyncio.run(look_at_app(settings))
    if not parsed.json:
        for finding in found:
            tell(str(finding))
    return _ended(found, as_json=parsed.json)
