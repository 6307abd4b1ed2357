"""What a person is told when a listener fails: a known error has a sentence, an unknown one a reference number."""

from __future__ import annotations

import json
import logging
import secrets
import traceback
from collections.abc import Sequence
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from bot.model import ChannelId, UserId
from bot.store import Forgotten, StoreError
from bot.texts import FORGOTTEN, NOT_KNOWN, NOT_STORED
from bot.views.directory import NO_OPTIONS
from bot.views.notices import broken, notice_view
from handlers.door import Door
from handlers.payloads import click, in_home

log = logging.getLogger(__name__)
FRAMES = 4
JSON: dict[str, str | Sequence[str]] = {"content-type": "application/json;charset=utf-8"}


def register(app: AsyncApp, door: Door) -> None:
    @app.error
    async def failed(error: Exception, body: dict[str, Any]) -> BoltResponse:
        return answer(door, body, sentence(error))


def sentence(error: Exception) -> str:
    if isinstance(error, StoreError):
        return NOT_STORED
    if isinstance(error, Forgotten):
        return FORGOTTEN
    if isinstance(error, BoltUnhandledRequestError):
        return NOT_KNOWN
    reference = secrets.token_hex(4)
    # Neither the payload nor the error's own words: both may hold what customers and colleagues wrote.
    log.error("ref %s: %s in %s", reference, type(error).__name__, _where(error))
    return broken(reference)


def answer(door: Door, body: dict[str, Any], text: str) -> BoltResponse:
    """A failure is a 200 with words: anything else only says that the payload did not arrive."""
    match body.get("type"):
        case None if "command" in body:
            return _json({"response_type": "ephemeral", "text": text})
        case "view_submission":
            return _json({"response_action": "push", "view": notice_view(text)})
        case "block_suggestion":
            return _json(NO_OPTIONS)
        case "block_actions" | "message_action":
            _tell(door, body, text)
    return BoltResponse(status=200, body="")


def _tell(door: Door, body: dict[str, Any], text: str) -> None:
    """Beside the button, as far as a payload that may be the trouble itself says where that is; the Home has no such
    place.
    """
    try:
        user = UserId(body["user"]["id"])
        if in_home(body):
            door.write_to(user, text)
            return
        channel = ChannelId(body["channel"]["id"])
        thread = click(body).thread if body.get("actions") else None
    except (KeyError, TypeError, ValueError, IndexError):
        return
    door.tell(channel, user, text, thread)


def _json(body: dict[str, Any]) -> BoltResponse:
    return BoltResponse(status=200, body=json.dumps(body), headers=JSON)


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return " > ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
