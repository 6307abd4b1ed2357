"""response_url: where an app answers an interaction. Source: docs interactivity/handling-user-interaction."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.slack.blocks import check_message
from sandbox.slack.errors import RefusedError
from sandbox.slack.journal import Kind
from sandbox.slack.naming import named
from sandbox.slack.world import Ephemeral, Message

if TYPE_CHECKING:
    from sandbox.slack.desk import Desk
    from sandbox.slack.world import Json, World

USES = 5
SECONDS = 1800.0


@dataclass(slots=True)
class ResponseUrl:
    """One address; `ts` is the message it came from, None for a slash command or a modal."""

    user: str
    channel: str
    ts: str | None
    expires: float
    used: int = 0


class ResponseUrls:
    """Mints and remembers the addresses."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[str, ResponseUrl] = {}

    def new(self, user: str, channel: str, ts: str | None = None) -> str:
        """A path below the stand-in's base address."""
        team = self._world.seed.team_id
        path = f"/{'actions' if ts else 'commands'}/{team}/{self._world.serial()}/{secrets.token_hex(12)}"
        self._known[path] = ResponseUrl(user, channel, ts, self._world.clock.now() + SECONDS)
        return path

    def use(self, path: str) -> ResponseUrl:
        """Count one use. Raises no_such_url, expired_url, used_url."""
        found = self._known.get(path)
        if found is None:
            raise RefusedError("no_such_url")
        if self._world.clock.now() > found.expires:
            raise RefusedError("expired_url")
        if found.used >= USES:
            raise RefusedError("used_url")
        found.used += 1
        return found


async def serve(desk: Desk, request: web.Request) -> web.Response:
    """One POST to a response_url."""
    body, url = _parsed(await request.text()), None
    try:
        url = desk.response_urls.use(request.path)
        answer(desk, url, _object(body))
    except RefusedError as refusal:
        status, said = 400 if url else 404, refusal.answer()
    else:
        status, said = 200, {"ok": True}
    facts = {"user": url.user, "used": url.used} if url else {"user": None, "used": None}
    desk.journal.note(Kind.RESPONSE_URL, path=request.path, status=status, answer=said, body=body, **facts)
    if status == 200:  # noqa: PLR2004 - HTTP's OK
        return web.Response(text="ok")
    return web.json_response(said, status=status)


def _parsed(text: str) -> Any:
    """JSON as what it says, other text as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _object(body: Any) -> Json:
    if not isinstance(body, dict):
        raise RefusedError("invalid_payload")
    return body


def answer(desk: Desk, url: ResponseUrl, body: Json) -> None:
    """Do what the app asks for. Raises no_text, invalid_blocks, message_not_found."""
    if body.get("delete_original") and url.ts:
        _delete(desk, url)
        return
    content = _content(desk, body)
    if body.get("replace_original") and url.ts:
        _replace(desk, url, content)
    elif body.get("response_type") == "in_channel":
        _post(desk, url, body, content)
    else:
        note = Ephemeral(desk.world.new_ts(), url.channel, url.user, content["text"], body.get("thread_ts"))
        note.body = {**desk.bot_body(), "blocks": content["blocks"]}
        desk.whisper(note)


def _content(desk: Desk, body: Json) -> Json:
    blocks, text = body.get("blocks") or [], body.get("text") or ""
    faults = check_message(blocks)
    if faults:
        messages = [f"[ERROR] {fault}" for fault in faults]
        raise RefusedError("invalid_blocks", errors=faults, response_metadata={"messages": messages})
    if not blocks and not text and not body.get("attachments"):
        raise RefusedError("no_text")
    return {"text": text, "blocks": named(blocks, desk.world.serial)}


def _post(desk: Desk, url: ResponseUrl, body: Json, content: Json) -> None:
    message = Message(desk.world.new_ts(), url.channel, desk.world.seed.bot_user, content["text"])
    message.thread_ts = body.get("thread_ts")
    message.body = {**desk.bot_body(), "blocks": content["blocks"]}
    desk.publish(message)


def _ephemeral(desk: Desk, url: ResponseUrl) -> Ephemeral | None:
    found = (note for note in desk.world.ephemerals if (note.ts, note.user) == (url.ts, url.user))
    return next(found, None)


def _delete(desk: Desk, url: ResponseUrl) -> None:
    note = _ephemeral(desk, url)
    if note is not None:
        desk.world.ephemerals.remove(note)
    else:
        desk.delete(desk.world.message(url.channel, url.ts or ""))


def _replace(desk: Desk, url: ResponseUrl, content: Json) -> None:
    note = _ephemeral(desk, url)
    if note is not None:
        note.text, note.body = content["text"], {**note.body, "blocks": content["blocks"]}
        return
    message = desk.world.message(url.channel, url.ts or "")
    before = desk.world.channel(url.channel).render(message)
    message.text, message.body = content["text"], {**message.body, "blocks": content["blocks"]}
    desk.change(message, before)
