"""Slack: does it know us, what has it granted, are we still where sessions stand, and how often may we read?"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator

from bot.clock import SystemClock
from bot.doctor.finding import Finding, Health, broken, degraded, ok
from bot.model import ChannelId
from bot.policy import Policy
from bot.policy.words import is_group_id
from bot.scopes import FEATURES, NEXT, Scopes, unused
from bot.settings import Settings
from bot.slackweb import slack_client, slack_session
from bot.store import Unavailable, Unusable
from bot.store.aside import reading
from bot.workspace import Identity, SlackError, SlackSignedOut, Workspace

SLACK, SCOPES, APP, CHANNELS, RATE, GROUPS = (
    "Slack", "Slack scopes", "Slack app", "Slack channels", "Slack rate", "User groups",
)  # fmt: skip
DENIED = "what is denied to it is denied to everybody."
AGAIN = "Install the app again and copy its bot token."
ALIKE = " In an organization two may have the same name: then write its id."
SHOWN = 10  # channels that are named
LOW_PAGE = 15  # messages on a page for apps that are distributed outside of Slack's Marketplace
SLOW = (
    f"Slack gives this app {LOW_PAGE} messages a minute, as it does to apps that are distributed commercially outside "
    "of its Marketplace: what was missed in an outage is read slowly."
)
OWN_APP = "Create the app in your own workspace from the manifest (`evobot manifest print`)."
_APP_TOKEN = re.compile(r"xapp-\d+-(A[A-Z0-9]+)-.*")


async def look(settings: Settings, policy: Policy) -> AsyncIterator[Finding]:
    carries = settings.evobot_files_out == "link"
    async with slack_session() as session:
        client = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, session)
        scopes = Scopes(unused(groups=bool(policy.groups), carries_files=carries))
        workspace = Workspace(client, SystemClock(), scopes)
        try:
            identity = await workspace.identity()
        except SlackSignedOut as error:
            yield broken(SLACK, f"{error}.", AGAIN)
            return
        except SlackError as error:
            yield broken(SLACK, f"not reached ({error}).", "Check the network and SLACK_API_URL.")
            return
        yield ok(SLACK, f"{identity.team_name}, as {identity.user}")
        yield granted(identity, scopes)
        yield await _app(workspace, identity, settings)
        yield await _channels(workspace, settings)
        yield await _rate(workspace, settings)
        for finding in await _groups(workspace, policy):
            yield finding


def granted(identity: Identity, scopes: Scopes) -> Finding:
    """Which are missing, and what each is missed for."""
    if not identity.scopes:
        return degraded(SCOPES, "Slack does not say which it has granted.")
    scopes.heard(",".join(identity.scopes))
    if not scopes.missing:
        return ok(SCOPES, "all there")
    listed = "; ".join(f"{scope} ({FEATURES[scope].lost})" for scope in sorted(scopes.missing))
    return Finding(SCOPES, Health.BROKEN if scopes.core() else Health.DEGRADED, f"missing: {listed}.", NEXT)


async def _app(workspace: Workspace, identity: Identity, settings: Settings) -> Finding:
    """Are both tokens of one app? An app-level token says in itself whose it is."""
    token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    named = _APP_TOKEN.fullmatch(token)
    try:
        app = await workspace.app_of(identity.bot_id)
    except SlackError as error:
        return ok(APP, f"Slack does not say which it is ({error})")
    if named and app and named[1] != app:
        then = f"Make one in {app}: Basic Information → App-Level Tokens."
        return broken(APP, f"SLACK_APP_TOKEN is of the app {named[1]}, SLACK_BOT_TOKEN of {app}.", then)
    return ok(APP, app or "not told")


async def _channels(workspace: Workspace, settings: Settings) -> Finding:
    """Of the channels that show open sessions: in which is the bot no member any more?"""
    known = _shown_in(settings)
    try:
        there = set(await workspace.channels())
    except SlackError as error:
        return degraded(CHANNELS, f"Slack does not say in which the bot is ({error}).", NEXT)
    left = sorted(known - there)
    if left:
        named = ", ".join(left[:SHOWN]) + (f" and {len(left) - SHOWN} more" if len(left) > SHOWN else "")
        text = f"It is not in {named}, where open sessions stand: nothing is heard or shown there."
        return degraded(CHANNELS, text, "Type /invite @Evo there.")
    if not there:
        return degraded(CHANNELS, "It is in none.", "Type /invite @Evo in the channel where the cards shall stand.")
    return ok(CHANNELS, f"in {len(there)}; open sessions stand in {len(known)} of them")


def _shown_in(settings: Settings) -> set[ChannelId]:
    try:
        with reading(settings.evobot_database) as read:
            return {thread.channel for _, thread, _ in read.threads_to_read(time.time())}
    except (Unusable, Unavailable):
        return set()


async def _rate(workspace: Workspace, settings: Settings) -> Finding:
    """A page shows it, where there is more than one small page to read. No message is kept or shown."""
    for channel in sorted(_shown_in(settings))[:1]:
        try:
            messages, more = await workspace.page(channel, None, 0.0)
        except SlackError as error:
            return degraded(RATE, f"not known: Slack did not show a channel's messages ({error}).", "Try again later.")
        if more and len(messages) <= LOW_PAGE:
            return degraded(RATE, SLOW, OWN_APP)
        if len(messages) > LOW_PAGE:
            return ok(RATE, "that of a workspace's own app")
    return ok(RATE, f"not known yet: no channel with sessions has more than {LOW_PAGE} messages")


async def _groups(workspace: Workspace, policy: Policy) -> list[Finding]:
    """A rule that denies something to a group of which nobody knows who is in it denies it to everybody."""
    if not policy.groups:
        return []
    denied = frozenset[str]().union(*(rule.who.groups for rule in policy.rules if not rule.allows))
    try:
        unknown = [group for group in sorted(policy.groups) if not await workspace.is_group(group)]
    except SlackError as error:
        text = f"Slack does not say which there are ({error}): who is allowed something by one may not, {DENIED}"
        return [broken(GROUPS, text)]
    alike = ALIKE if workspace.whole else ""
    found = [_unknown(group, alike, denies=group in denied) for group in unknown]
    return found or [ok(GROUPS, f"{len(policy.groups)} in the policy, and Slack shows them")]


def _unknown(group: str, alike: str, *, denies: bool) -> Finding:
    what = f"{'' if is_group_id(group) else '@'}{group} is none that Slack shows, so"
    if denies:
        return broken(GROUPS, f"{what} {DENIED}", f"Correct it in the policy, or take it out.{alike}")
    return degraded(GROUPS, f"{what} nobody is in it.", f"Correct it in the policy.{alike}")
