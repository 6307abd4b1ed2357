"""/session: opens the modal, or helps. Slack does not allow it inside threads; there a mention does the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.model import SessionType
from bot.policy import refusal
from bot.text import Names, to_plain
from bot.views import notices
from bot.views.blocks import name
from handlers.door import Door
from handlers.payloads import command_actor, command_channel
from handlers.session_form import FirstLook, open_form

COMMAND = "/session"
TYPES = {
    "": SessionType.CHAT,
    "new": SessionType.CHAT,
    "chat": SessionType.CHAT,
    "text": SessionType.CHAT,
    "sms": SessionType.CHAT,
    "voice": SessionType.VOICE,
    "call": SessionType.VOICE,
    "fax": SessionType.FAX,
}
NO_NAMES = Names(users={}, channels={}, groups={})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A form of this type, with this name in it."""

    type: SessionType
    name: str


@dataclass(frozen=True, slots=True)
class Told:
    """Words for the person who typed."""

    text: str


def read(text: str) -> Wanted | Told:
    """What was typed after /session, as Slack escapes it."""
    word, _, rest = text.strip().partition(" ")
    first = word.lower()
    if first == "help":
        return Told(notices.HELP)
    if first not in TYPES:
        return Told(notices.unknown_word(name(to_plain(word, NO_NAMES), 40)))
    second = rest.strip().partition(" ")
    if first == "new" and second[0].lower() in TYPES.keys() - {"", "new"}:
        return Wanted(TYPES[second[0].lower()], to_plain(second[2], NO_NAMES).strip())
    return Wanted(TYPES[first], to_plain(rest, NO_NAMES).strip())


def register(app: AsyncApp, door: Door) -> None:
    @app.command(COMMAND)
    async def session(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        told = await _answer(door, body, client)
        await (ack(text=told, response_type="ephemeral") if told else ack())


async def _answer(door: Door, body: dict[str, Any], client: AsyncWebClient) -> str | None:
    """What the person is told; None when the modal says it all."""
    wanted = read(body.get("text") or "")
    if isinstance(wanted, Told):
        return wanted.text
    profile = await door.profile(command_actor(body).user)
    # Who cannot be checked now is checked when the form is submitted.
    if profile is not None and (why := refusal(profile, door.home)):
        return why
    look = FirstLook(command_channel(body), wanted.type, wanted.name, profile.name if profile else "")
    return None if await open_form(door, client, body["trigger_id"], look) else notices.TOO_SLOW
