"""The table of methods: who may call each, how often, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.slack import oauth
from sandbox.slack.webapi import chat, conversations, files, people, reactions, views

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.slack.webapi.call import Call
    from sandbox.slack.world import Json

SPECIAL = 5


@dataclass(frozen=True, slots=True)
class Method:
    """`scope` None: asked for by the method itself, or none needed; `app_level`: wants the xapp- token; `open`: none;
    `of_team`: with an organization's token it wants to know of which workspace (docs: team_id, in each method's page);
    `form_only`: does not read JSON bodies, whatever its page says (langchain-ai/open-swe#2269, gugu91/pinet#569).
    """

    run: Callable[[Call], Json]
    tier: int
    scope: str | None = None
    app_level: bool = False
    form_only: bool = False
    open: bool = False
    of_team: bool = False


METHODS: dict[str, Method] = {
    "api.test": Method(people.api_test, SPECIAL),
    "apps.connections.open": Method(people.open_connection, 2, app_level=True),
    "apps.uninstall": Method(oauth.uninstall, 1, form_only=True),
    "auth.revoke": Method(oauth.revoke, SPECIAL),
    "auth.teams.list": Method(people.teams, 2),
    "auth.test": Method(people.auth_test, SPECIAL),
    "bots.info": Method(people.bot_info, 3, "users:read"),
    "chat.delete": Method(chat.delete, 3, "chat:write"),
    "chat.getPermalink": Method(chat.get_permalink, SPECIAL),
    "chat.postEphemeral": Method(chat.post_ephemeral, 4, "chat:write"),
    "chat.postMessage": Method(chat.post_message, SPECIAL, "chat:write"),
    "chat.update": Method(chat.update, 3, "chat:write"),
    "conversations.history": Method(conversations.history, 3),
    "conversations.info": Method(conversations.info, 3),
    "conversations.join": Method(conversations.join, 3),
    "conversations.list": Method(conversations.list_, 2, of_team=True),
    "conversations.members": Method(conversations.members, 4),
    "conversations.open": Method(conversations.open_, 3),
    "conversations.replies": Method(conversations.replies, 3),
    "files.completeUploadExternal": Method(files.complete_upload, 4, "files:write", form_only=True),
    "files.getUploadURLExternal": Method(files.get_upload_url, 4, "files:write", form_only=True),
    "files.info": Method(files.info, 4, "files:read"),
    "oauth.v2.access": Method(oauth.access, SPECIAL, open=True, form_only=True),
    "reactions.add": Method(reactions.add, 3, "reactions:write"),
    "reactions.get": Method(reactions.get, 3, "reactions:read"),
    "reactions.remove": Method(reactions.remove, 3, "reactions:write"),
    "team.info": Method(people.team_info, 3, "team:read"),
    "usergroups.list": Method(people.usergroups, 2, "usergroups:read", of_team=True),
    "usergroups.users.list": Method(people.usergroup_users, 2, "usergroups:read", of_team=True),
    "users.conversations": Method(conversations.mine, 3, of_team=True),
    "users.info": Method(people.info, 4, "users:read"),
    "users.list": Method(people.list_, 2, "users:read", of_team=True),
    "users.lookupByEmail": Method(people.lookup_by_email, 3, "users:read.email"),
    "views.open": Method(views.open_, 4),
    "views.publish": Method(views.publish, 4),
    "views.push": Method(views.push, 4),
    "views.update": Method(views.update, 4),
}
