"""Shortcuts: a new session from anywhere; from a message an invitation, or a session for its thread."""

from __future__ import annotations

from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot import texts
from bot.policy import Action
from bot.views import View, notices
from bot.views.about import About
from bot.views.link import Begun
from handlers.door import Door
from handlers.modals import invite, link
from handlers.opening import open_modal
from handlers.payloads import actor, shortcut_thread
from handlers.seeing import may_open
from handlers.session_form import FirstLook, open_form

NEW_SESSION = "new_session"
INVITE = "invite_to_session"
LINK = "link_thread"


def register(app: AsyncApp, door: Door) -> None:
    # When a modal comes too late, Slack itself shows that the shortcut failed: a global one has no place to answer in.
    @app.global_shortcut(NEW_SESSION)
    async def new(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await _open_new(door, body, client)
        await ack()

    @app.message_shortcut(INVITE)
    async def invite_from_message(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await _open(door, client, body, await _invitation(door, body))
        await ack()

    @app.message_shortcut(LINK)
    async def link_thread(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await _open(door, client, body, await _linking(door, body))
        await ack()


async def _open(door: Door, client: AsyncWebClient, body: dict[str, Any], view: View) -> None:
    if not await open_modal(client, body["trigger_id"], view):
        door.tell(shortcut_thread(body).channel, actor(body).user, texts.TOO_SLOW_CLICK)


async def _open_new(door: Door, body: dict[str, Any], client: AsyncWebClient) -> None:
    """Who cannot be checked now is checked when the form is submitted."""
    by = actor(body)
    if why := await may_open(door, by.user):
        await open_modal(client, body["trigger_id"], notices.notice_view(why))
    else:
        author = door.called(by, await door.profile(by.user))
        await open_form(door, client, body["trigger_id"], FirstLook(None, author=author))


async def _invitation(door: Door, body: dict[str, Any]) -> View:
    why = await door.surely_against(actor(body).user, Action.SEE, shortcut_thread(body).channel)
    return notices.notice_view(why) if why else invite.for_message(door, body)


async def _linking(door: Door, body: dict[str, Any]) -> View:
    thread = shortcut_thread(body)
    why = await door.surely_against(actor(body).user, Action.LINK, thread.channel)
    about = About(thread.channel, thread.ts)
    return notices.notice_view(why) if why else link.view_of(door, actor(body), about, Begun())
