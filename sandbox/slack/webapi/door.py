"""The way in: read the arguments, check the token, apply faults and limits, run the method, write the journal."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.slack.errors import RefusedError
from sandbox.slack.faults import AFTER, ApiFault, Fault
from sandbox.slack.journal import Kind
from sandbox.slack.webapi.call import Call
from sandbox.slack.webapi.methods import METHODS, Method

if TYPE_CHECKING:
    from sandbox.slack.desk import Desk
    from sandbox.slack.world import Json

MANY = 429
SECRETS = frozenset({"client_secret", "refresh_token", "code"})
BROKEN = {Fault.HTTP_500: 500, Fault.HTTP_503: 503, Fault.HTTP_503_AFTER: 503}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the app will read; status 0: nothing, the connection is cut."""

    status: int
    body: Json | None
    headers: dict[str, str] = field(default_factory=dict)
    effect: bool = False


async def serve(desk: Desk, request: web.Request) -> web.StreamResponse:
    """One call."""
    method = request.match_info["method"]
    args = await _arguments(request)
    token = _token(request, args)
    desk = desk.whose(token, args)
    fault = desk.faults.take(method)
    if fault is not None and fault.fault is Fault.SLOW:
        await asyncio.sleep(fault.seconds)
    reply = _reply(desk, method, token, args, fault)
    _note(desk, method, args, fault, reply)
    return _send(desk, request, reply)


async def _arguments(request: web.Request) -> Json:
    args: Json = dict(request.query)
    if request.method != "POST":
        return args
    method = METHODS.get(request.match_info["method"])
    if request.content_type == "application/json" and method is not None and method.form_only:
        return args
    if request.content_type == "application/json":
        return args | _parsed(await request.text())
    return args | dict(await request.post())


def _parsed(text: str) -> Json:
    try:
        found: Any = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _token(request: web.Request, args: Json) -> str:
    own = str(args.pop("token", "") or "")
    header = request.headers.get("Authorization", "")
    return header.removeprefix("Bearer ").strip() or own


def _reply(desk: Desk, method: str, token: str, args: Json, fault: ApiFault | None) -> Reply:
    if fault is None:
        return _regular(desk, method, token, args)
    if fault.fault not in AFTER:
        return _spoiled(fault, effect=False)
    done = _regular(desk, method, token, args)
    if fault.fault is Fault.SLOW or not done.effect:
        return done
    return _spoiled(fault, effect=True)


def _spoiled(fault: ApiFault, *, effect: bool) -> Reply:
    if fault.fault is Fault.RATELIMITED:
        return _ratelimited(fault.retry_after)
    if fault.fault in BROKEN:
        return Reply(BROKEN[fault.fault], None, effect=effect)
    if fault.fault in (Fault.CUT_BEFORE, Fault.CUT_AFTER):
        return Reply(0, None, effect=effect)
    return Reply(200, {"ok": False, "error": fault.error}, effect=effect)


def _ratelimited(seconds: int) -> Reply:
    return Reply(MANY, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(seconds)})


def _regular(desk: Desk, name: str, token: str, args: Json) -> Reply:
    method = METHODS.get(name)
    if method is None:
        return Reply(200, {"ok": False, "error": "unknown_method", "req_method": name})
    try:
        _authorise(desk, name, method, token)
        call = Call(_meant(desk, args) if method.of_team else desk, args)
        wait = desk.limits.wait(name, method.tier, call.text("channel"))
        if wait:
            return _ratelimited(wait)
        if method.scope:
            call.need_scope(method.scope)
        return Reply(200, {"ok": True, **method.run(call)}, effect=True)
    except RefusedError as refusal:
        return Reply(200, refusal.answer())


def _meant(desk: Desk, args: Json) -> Desk:
    """The workspace that is meant with an organization's token; a workspace's token means its own, whatever is said.

    Raises missing_argument, team_access_not_granted.
    """
    if not desk.world.seed.is_enterprise_install:
        return desk
    if not args.get("team_id"):
        raise RefusedError(
            "missing_argument", response_metadata={"messages": ["[ERROR] missing required field: team_id"]}
        )
    found = next((each for each in desk.organization() if each.world.seed.team_id == args["team_id"]), None)
    if found is None:
        raise RefusedError("team_access_not_granted")
    return found


def _authorise(desk: Desk, name: str, method: Method, token: str) -> None:
    """Raises not_authed, invalid_auth, not_allowed_token_type."""
    settings = desk.settings
    if name == "api.test" or method.open:
        return
    if not token:
        raise RefusedError("not_authed")
    if token not in (settings.bot_token, settings.app_token) and not desk.grants.accepts(token):
        raise RefusedError("invalid_auth")
    if (token == settings.app_token) != method.app_level:
        raise RefusedError("not_allowed_token_type")


def _note(desk: Desk, method: str, args: Json, fault: ApiFault | None, reply: Reply) -> None:
    desk.journal.note(
        Kind.API,
        method=method,
        args={name: value for name, value in args.items() if name not in SECRETS},
        status=reply.status,
        answer={name: value for name, value in (reply.body or {}).items() if not name.endswith("_token")} or None,
        fault=str(fault.fault) if fault else None,
        effect=reply.effect,
        retry_after=float(reply.headers["Retry-After"]) if "Retry-After" in reply.headers else None,
    )


def _send(desk: Desk, request: web.Request, reply: Reply) -> web.StreamResponse:
    headers = {"X-OAuth-Scopes": ",".join(sorted(desk.settings.manifest.scopes)), **reply.headers}
    if reply.status == 0:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if reply.body is None:
        return web.Response(status=reply.status, text="upstream trouble", headers=headers)
    return web.json_response(reply.body, status=reply.status, headers=headers)
