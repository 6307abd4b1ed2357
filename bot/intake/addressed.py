"""Which installation is it for? Told by the ids of what Slack sends, which spell it in three ways.

An organization-wide installation is known by its organization. [Slack docs: apis/events-api, enterprise-grid]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.model import TeamId


def of_event(payload: Mapping[str, Any]) -> TeamId:
    """What the event was sent for; "" when it does not say.

    In a channel that organizations share `team_id` may be somebody else's: the authorization tells whose it is.
    """
    return _named(_grant(payload))


def is_of_organization(payload: Mapping[str, Any]) -> bool:
    """Is it sent for a workspace of an organization? Others of the same one may see the channel as well."""
    return bool(_text(_grant(payload).get("enterprise_id")))


def of_interaction(payload: Mapping[str, Any]) -> TeamId:
    """The same for a command, a button, a form. A message of ours knows whose bot wrote it, whoever presses there."""
    organization, view, message = (payload.get(name) for name in ("enterprise", "view", "message"))
    if str(payload.get("is_enterprise_install")).lower() == "true":
        return _text(payload.get("enterprise_id")) or _id_in(organization)
    if isinstance(view, dict) and (there := _text(view.get("app_installed_team_id"))):
        return there
    ours = payload.get("type") == "block_actions" and isinstance(message, dict)
    wrote = _text(message.get("team")) if ours and isinstance(message, dict) else TeamId("")
    return wrote or _text(payload.get("team_id")) or _id_in(payload.get("team")) or _team_of(payload.get("user"))


def _grant(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whose installation Slack names; the event itself when it names none."""
    grants = payload.get("authorizations")
    grant = grants[0] if isinstance(grants, list) and grants else None
    return grant if isinstance(grant, dict) else payload


def _named(told: Mapping[str, Any]) -> TeamId:
    team, organization = _text(told.get("team_id")), _text(told.get("enterprise_id"))
    return organization if told.get("is_enterprise_install") is True or not team else team


def _text(value: object) -> TeamId:
    return TeamId(value if isinstance(value, str) else "")


def _id_in(value: object) -> TeamId:
    return _text(value.get("id") if isinstance(value, dict) else None)


def _team_of(value: object) -> TeamId:
    return _text(value.get("team_id") if isinstance(value, dict) else None)
