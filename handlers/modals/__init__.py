"""Modals about one session, save the form that opens a new one: link, move, invite, remove, correct, transcript."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.views import correct as correct_view
from bot.views import invite as invite_view
from bot.views import link as link_view
from bot.views import move as move_view
from bot.views import remove as remove_view
from bot.views import transcript as transcript_view
from handlers.door import Door
from handlers.modals import correct, invite, link, move, remove, transcript
from handlers.modals.answers import Answer
from handlers.session_form import Newest

Submitted = Callable[[Door, dict[str, Any]], Awaitable[Answer]]


def register(app: AsyncApp, door: Door) -> None:
    listeners: dict[str, Submitted] = {
        invite_view.CALLBACK: invite.submitted,
        link_view.CALLBACK: link.submitted,
        move_view.CALLBACK: move.submitted,
        remove_view.CALLBACK: remove.submitted,
        remove_view.SURE: remove.confirmed,
        correct_view.CALLBACK: correct.submitted,
    }
    for callback_id, submitted in listeners.items():
        app.view(callback_id)(listener(door, submitted))
    _register_choices(app, door)


def listener(door: Door, submitted: Submitted) -> Callable[..., Awaitable[None]]:
    """Answers Slack with what came of a submission."""

    async def listen(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(**await submitted(door, body))

    return listen


def _register_choices(app: AsyncApp, door: Door) -> None:
    newest = Newest()

    @app.action(link_view.SESSION)
    async def session_to_link(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await link.choose(door, client, body, newest)
        await ack()

    @app.action(remove_view.SESSION)
    async def session_of_member(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await remove.choose(door, client, body)
        await ack()

    @app.action(transcript_view.EARLIER)
    @app.action(transcript_view.LATEST)
    async def other_page(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await transcript.turn(door, client, body)
        await ack()
