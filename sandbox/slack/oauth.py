"""Installing the app: codes, tokens, refresh tokens. Source: docs authentication/ installing-with-oauth and
using-token-rotation.

Not known, and how it is here: a refresh token is good until a token that came of it is used.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web

from sandbox.slack.errors import RefusedError

if TYPE_CHECKING:
    from sandbox.slack.clock import Clock
    from sandbox.slack.desk import Desk
    from sandbox.slack.webapi.call import Call
    from sandbox.slack.world import Json

CODE_SECONDS = 600


@dataclass(slots=True)
class Grants:
    """What the workspace has granted the app. `token_seconds`: a token ends after so long; None: never."""

    clock: Clock
    token_seconds: float | None = None
    codes: dict[str, float] = field(default_factory=dict)
    tokens: dict[str, float | None] = field(default_factory=dict)
    refreshers: set[str] = field(default_factory=set)
    spent_by: dict[str, str] = field(default_factory=dict)  # token that is not used yet → what it was given for

    def code(self) -> str:
        """What somebody who agrees takes along."""
        code = f"code-{uuid.uuid4().hex}"
        self.codes[code] = self.clock.now() + CODE_SECONDS
        return code

    def accepts(self, token: str) -> bool:
        """Whether it is good; from its first use on, that for which it was given is not. Raises token_expired."""
        if token not in self.tokens:
            return False
        until = self.tokens[token]
        if until is not None and until <= self.clock.now():
            raise RefusedError("token_expired")
        self.refreshers.discard(self.spent_by.pop(token, ""))
        return True

    def revoke(self) -> None:
        """The app is not installed any more."""
        self.codes, self.tokens, self.refreshers, self.spent_by = {}, {}, set(), {}

    def grant(self, spent: str = "") -> Json:
        """A new token, as oauth.v2.access tells it."""
        token = f"xoxb-{uuid.uuid4().hex}"
        self.tokens[token] = None
        if self.token_seconds is None:
            return {"access_token": token}
        token = f"xoxe.{token}"
        refresher = f"xoxe-1-{uuid.uuid4().hex}"
        self.tokens[token] = self.clock.now() + self.token_seconds
        self.refreshers.add(refresher)
        self.spent_by[token] = spent
        return {"access_token": token, "refresh_token": refresher, "expires_in": int(self.token_seconds)}


def access(call: Call) -> Json:
    """oauth.v2.access. Raises invalid_client_id, bad_client_secret, invalid_code, invalid_refresh_token."""
    settings, grants, seed = call.desk.settings, call.desk.grants, call.desk.world.seed
    _check_app(call)
    spent = ""
    if call.text("grant_type") == "refresh_token":
        spent = call.text("refresh_token")
        if spent not in grants.refreshers:
            raise RefusedError("invalid_refresh_token")
    elif grants.codes.pop(call.text("code"), 0.0) <= call.desk.clock.now():
        raise RefusedError("invalid_code")
    whole = seed.is_enterprise_install
    organization = {"id": seed.enterprise_id, "name": seed.team_name} if seed.enterprise_id else None
    return {
        "app_id": seed.app_id,
        "authed_user": {"id": next(person.id for person in seed.people if person.is_admin)},
        "scope": ",".join(sorted(settings.manifest.scopes)),
        "token_type": "bot",
        "bot_user_id": seed.bot_user,
        "team": None if whole else {"id": seed.team_id, "name": seed.team_name},
        "enterprise": organization,
        "is_enterprise_install": whole,
        **grants.grant(spent),
    }


def uninstall(call: Call) -> Json:
    """apps.uninstall. Raises invalid_client_id, bad_client_secret."""
    _check_app(call)
    call.desk.remove_app()
    return {}


def revoke(call: Call) -> Json:
    """auth.revoke; here of all tokens, for nobody has more than one that is used."""
    call.desk.grants.revoke()
    call.desk.tell({"type": "tokens_revoked", "tokens": {"bot": [call.desk.world.seed.bot_user]}}, None)
    return {"revoked": True}


def _check_app(call: Call) -> None:
    if call.text("client_id") != call.desk.settings.client_id:
        raise RefusedError("invalid_client_id")
    if call.text("client_secret") != call.desk.settings.client_secret:
        raise RefusedError("bad_client_secret")


async def authorize(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The page on which a person agrees: who comes here does, for the workspace named by `team`, or for this one.

    With `refuse` in its address the person does not.
    """
    query = request.query
    if query.get("client_id") != desk.settings.client_id or "redirect_uri" not in query:
        return web.Response(status=400, text="invalid client_id or redirect_uri")
    said = {"state": query.get("state", "")}
    if "refuse" in query:
        said["error"] = "access_denied"
    else:
        said["code"] = next((d for d in desk.all() if d.world.seed.team_id == query.get("team")), desk).grants.code()
    return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}?{urlencode(said)}"})
