"""Shortcuts: a new session from anywhere, an invitation from a message in a session's thread."""

from __future__ import annotations

from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.policy import refusal
from bot.views import View, invite, notices
from bot.views.results import OVER
from handlers.door import Door
from handlers.opening import open_modal
from handlers.payloads import actor, shortcut_thread
from handlers.session_form import FirstLook, open_form

NEW_SESSION = "new_session"
INVITE = "invite_to_session"


def register(app: AsyncApp, door: Door) -> None:
    # When a modal comes too late, Slack itself shows that the shortcut failed: a global one has no place to answer in.
    @app.global_shortcut(NEW_SESSION)
    async def new(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await _open_new(door, body, client)
        await ack()

    @app.message_shortcut(INVITE)
    async def invite_from_message(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        opened = await open_modal(client, body["trigger_id"], await _invitation(door, body))
        if not opened:
            thread = shortcut_thread(body)
            door.tell(thread.channel, actor(body).user, notices.TOO_SLOW_CLICK)
        await ack()


async def _open_new(door: Door, body: dict[str, Any], client: AsyncWebClient) -> None:
    """Who cannot be checked now is checked when the form is submitted."""
    profile = await door.profile(actor(body).user)
    if profile is not None and (why := refusal(profile, door.home)):
        await open_modal(client, body["trigger_id"], notices.notice_view(why))
    else:
        await open_form(door, client, body["trigger_id"], FirstLook(None, author=profile.name if profile else ""))


async def _invitation(door: Door, body: dict[str, Any]) -> View:
    session = door.read.session_in(shortcut_thread(body))
    if session is None:
        return notices.notice_view(notices.NO_SESSION_HERE)
    if session.life in OVER:
        return notices.notice_view(notices.OVER)
    if why := await _refusal(door, body):
        return notices.notice_view(why)
    return invite.form(session, invite.people_in(str(body["message"].get("text") or ""), door.house.region))


async def _refusal(door: Door, body: dict[str, Any]) -> str | None:
    """Who cannot be checked now is checked when the form is submitted."""
    profile = await door.profile(actor(body).user)
    return refusal(profile, door.home) if profile else None
