"""/session: opens the modal, or helps. Slack does not allow it inside threads; there a mention does the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.bridge import House
from bot.grammar import End, Help, Incomplete, Invite, New, Parsed, TooLong, Unknown, Verb, help_text, parse
from bot.policy import refusal
from bot.views import notices
from bot.views.blocks import name
from bot.views.new_session import Typed, typed
from handlers.door import Door
from handlers.payloads import command_actor, command_channel
from handlers.session_form import FirstLook, open_form

COMMAND = "/session"
KNOWN = (Verb.NEW, Verb.INVITE, Verb.END, Verb.HELP)
OFFERED = ("new", "chat", "voice", "fax", "call", "text", "sms", "help", "invite", "add", "end", "close")
LONGEST = 200  # characters of a sentence that repeats what was typed
IN_THREADS: Mapping[type, str] = {Invite: "invite +1 503 555 0123, ana@example.com", End: "end"}


@dataclass(frozen=True, slots=True)
class Told:
    """Words for the person who typed, safe for mrkdwn."""

    text: str


def read(text: str, house: House) -> Typed | Told:
    """What was typed after /session, as Slack escapes it: a form to begin with, or an answer."""
    parsed = parse(text, region=house.region, in_thread=False, offered=OFFERED)
    match parsed:
        case New():
            return typed(parsed)
        case Incomplete(New() as new, problems):
            return typed(new, problems)
    return Told(_answer_to(parsed, f"<@{house.bot}>"))


def _answer_to(parsed: Parsed, bot: str) -> str:
    command = parsed.command if isinstance(parsed, Incomplete) else parsed
    match command:
        case Help(topic):
            return help_text(topic, bot, KNOWN)
        case Unknown() | TooLong():
            return f"{name(command.why, LONGEST)} {notices.SEE_HELP}"
        case Invite() | End():
            return notices.IN_THE_THREAD.format(words=f"{bot} {IN_THREADS[type(command)]}")
    return f"{notices.NOT_YET} {notices.SEE_HELP}"


def register(app: AsyncApp, door: Door) -> None:
    @app.command(COMMAND)
    async def session(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        told = await _answer(door, body, client)
        await (ack(text=told, response_type="ephemeral") if told else ack())


async def _answer(door: Door, body: dict[str, Any], client: AsyncWebClient) -> str | None:
    """What the person is told; None when the modal says it all."""
    wanted = read(body.get("text") or "", door.house)
    if isinstance(wanted, Told):
        return wanted.text
    profile = await door.profile(command_actor(body).user)
    # Who cannot be checked now is checked when the form is submitted.
    if profile is not None and (why := refusal(profile, door.home)):
        return why
    look = FirstLook(command_channel(body), wanted, profile.name if profile else "")
    return None if await open_form(door, client, body["trigger_id"], look) else notices.TOO_SLOW
