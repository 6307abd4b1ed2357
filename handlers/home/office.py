"""What administrators do from their Home: read the policy and the audit, stop everything, let it go on."""

from __future__ import annotations

from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot import texts
from bot.model import Actor
from bot.policy import Action, Wish
from bot.views import Message, home, notices
from bot.views.home import Office
from handlers.door import Door
from handlers.opening import open_modal
from handlers.orders.admin import newest, rules
from handlers.payloads import Click, actor


def register(app: AsyncApp, door: Door) -> None:
    @app.view(home.STOP_CALLBACK)
    async def stop(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(response_action="update", view=notices.notice_view(await submitted_stop(door, body)))


async def for_administrators(door: Door, by: Actor) -> Office | None:
    """None for everybody else, and while Slack does not say who they are."""
    if await door.against_all(by.user, [Wish(Action.ADMIN)], None, fresh=False):
        return None
    read = door.read
    return Office(read.unfinished(), read.posts_waiting(), read.sessions_active(), read.stop() is not None)


async def policy(door: Door, client: AsyncWebClient, pressed: Click) -> str | None:
    return await _told(door, client, pressed, rules(door))


async def audit(door: Door, client: AsyncWebClient, pressed: Click) -> str | None:
    return await _told(door, client, pressed, newest(door))


async def stop(door: Door, client: AsyncWebClient, pressed: Click) -> str | None:
    if why := await door.surely_against(pressed.by.user, Action.ADMIN):
        return why
    return None if await open_modal(client, pressed.trigger, home.stop_form()) else texts.TOO_SLOW_CLICK


async def resume(door: Door, _client: AsyncWebClient, pressed: Click) -> str | None:
    if why := await door.against(pressed.by.user, Action.ADMIN):
        return why
    return texts.GOES_ON_NEWS if await door.bridge.go_on(pressed.by) else texts.NOT_STOPPED


async def submitted_stop(door: Door, body: dict[str, Any]) -> str:
    by = actor(body)
    if why := await door.against(by.user, Action.ADMIN):
        return why
    stopped = await door.bridge.stop_everything(by, home.read_why(body["view"]["state"]["values"]))
    return texts.STOPPED_NEWS if stopped else texts.STOPPED_ALREADY


async def _told(door: Door, client: AsyncWebClient, pressed: Click, told: Message) -> str | None:
    if why := await door.against(pressed.by.user, Action.ADMIN):
        return why
    return None if await open_modal(client, pressed.trigger, home.told_view(told)) else texts.TOO_SLOW_CLICK
