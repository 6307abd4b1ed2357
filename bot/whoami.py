"""Who we are in Slack: needed before the first message can be taken, and asked for without slack-sdk.

What goes wrong here is left to `Workspace.identity`, which is asked again and again.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from bot.model import TeamId, UserId
from bot.slackerrors import SlackUnsure, refusal

SECONDS = 4.0
MOST_ANSWER = 64 << 10  # bytes
OK = 200


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are in Slack (auth.test)."""

    team: TeamId
    team_name: str
    user: UserId
    bot_id: str
    scopes: frozenset[str]  # granted to the token; empty when Slack does not say
    url: str = "https://slack.com/"  # of the workspace
    name: str = ""  # the bot's user name
    whole: bool = False  # is it an organization's that has installed the app as a whole?


def identity_in(answer: Mapping[str, Any], scopes: str) -> Identity:
    """`scopes`: the header x-oauth-scopes."""
    return Identity(
        team=TeamId(answer.get("team_id", "")),
        team_name=answer.get("team", ""),
        user=UserId(answer.get("user_id", "")),
        bot_id=answer.get("bot_id", ""),
        url=str(answer.get("url") or "https://slack.com/"),
        name=str(answer.get("user") or ""),
        whole=answer.get("is_enterprise_install") is True,
        scopes=frozenset(scope.strip() for scope in scopes.split(",") if scope.strip()),
    )


def ask(token: str, base_url: str) -> Identity:
    """Calls auth.test once, following no redirect. Raises SlackError. Blocks: for a thread."""
    api = urlsplit(base_url)
    if getproxies().get(api.scheme):
        raise SlackUnsure("through a proxy slack-sdk finds the way")
    connection = _connection(api.scheme, api.netloc)
    try:
        connection.request("POST", f"{api.path.rstrip('/')}/auth.test", headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        answer = json.loads(response.read(MOST_ANSWER))
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise SlackUnsure(type(error).__name__) from error
    finally:
        connection.close()
    if response.status != OK or not isinstance(answer, dict) or answer.get("ok") is not True:
        raise refusal(response.status, response.headers.get("Retry-After"), answer)
    return identity_in(answer, response.headers.get("x-oauth-scopes", ""))


def _connection(scheme: str, place: str) -> HTTPConnection:
    if scheme == "http":
        return HTTPConnection(place, timeout=SECONDS)
    return HTTPSConnection(place, timeout=SECONDS, context=ssl.create_default_context())
