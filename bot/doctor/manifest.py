"""Is the installed app what the manifest asks for? A bot token can tell the scopes, an app-level token Socket Mode.

Which events, commands and shortcuts the app has, Slack tells no token that a bot has.
"""

from __future__ import annotations

import aiohttp

from bot.clock import SystemClock
from bot.doctor.finding import Finding, broken, degraded, ok
from bot.doctor.slack import granted
from bot.scopes import FEATURES, Scopes
from bot.settings import Settings
from bot.slackerrors import SlackAway, SlackError, SlackUnsure
from bot.slackweb import request, slack_client, slack_session
from bot.workspace import Identity, Workspace

SOCKET, EVENTS, MORE = "Socket Mode", "Events and commands", "More scopes"
UNTOLD = "Slack does not tell a bot which the app has. Update the app from `evobot manifest print` when in doubt."


async def look_at_app(settings: Settings) -> list[Finding]:
    """In Socket Mode it asks for the address of a connection, and leaves it unused."""
    async with slack_session() as session:
        client = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, session)
        try:
            identity = await Workspace(client, SystemClock()).identity()
        except SlackError as error:
            return [broken("Slack", f"does not say what it has granted ({error}).", "`evobot doctor` says more.")]
        return [granted(identity, Scopes()), *_more(identity), await _way_in(settings, session), ok(EVENTS, UNTOLD)]


def _more(identity: Identity) -> list[Finding]:
    more = sorted(identity.scopes - FEATURES.keys())
    then = "Take them out of the app: what it may not do, nobody can make it do."
    return [degraded(MORE, f"{', '.join(more)}: granted, and not used.", then)] if more else []


async def _way_in(settings: Settings, session: aiohttp.ClientSession) -> Finding:
    if settings.slack_app_token is None:
        return ok(SOCKET, "off here: SLACK_APP_TOKEN is not set. The app must have it off, too.")
    client = slack_client(settings.slack_app_token.get_secret_value(), settings.slack_api_url, session)
    try:
        await request(client, "apps.connections.open", {}, "POST")
    except (SlackAway, SlackUnsure) as error:
        return degraded(SOCKET, f"not known ({error}).", "Try again in a minute.")
    except SlackError as error:
        then = "Switch Socket Mode on in the app, and give SLACK_APP_TOKEN the scope connections:write."
        return broken(SOCKET, f"Slack opens no connection ({error}).", then)
    return ok(SOCKET, "on")
