"""Buttons and menus of the Home. What waits for a person is answered as under it in its thread: session_card.py."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot import texts
from bot.model import SessionType
from bot.policy import Action
from bot.views import View, home
from bot.views.home import Chosen, Look, Which
from bot.views.new_session import Typed
from bot.views.results import OVER
from handlers.door import Door
from handlers.home import office
from handlers.home.keeping import Homes
from handlers.modals import invite
from handlers.opening import open_modal
from handlers.payloads import Click, actor, click
from handlers.seeing import may_invite, may_open
from handlers.session_form import FirstLook, open_form
from handlers.session_openings import follow_up
from handlers.telling import tell_presser

Pressed = Callable[[Door, AsyncWebClient, Click], Awaitable[str | None]]
Looked = Callable[[Look, Click], Look]


def register(app: AsyncApp, door: Door, homes: Homes) -> None:
    buttons: dict[str | re.Pattern[str], Pressed] = {
        re.compile(f"^{home.NEW}"): new,
        home.SETTINGS: settings,
        home.FIND: find,
        home.TIPS: tips_seen,
        home.ROW: row,
        home.POLICY: office.policy,
        home.AUDIT: office.audit,
        home.STOP: office.stop,
        home.RESUME: office.resume,
    }
    for action_id, pressed in buttons.items():
        app.action(action_id)(_button(door, pressed))
    looks: dict[str | re.Pattern[str], Looked] = {
        home.WHICH: lambda look, choice: replace(look, which=Which(choice.value), page=0),
        home.TYPE: lambda look, choice: replace(look, type=_type(choice.value), page=0),
        re.compile(f"^{home.PAGE}"): lambda look, choice: replace(look, page=home.unpack_page(choice.value)),
    }
    for action_id, looked in looks.items():
        app.action(action_id)(_look(homes, looked))


def _button(door: Door, pressed: Pressed) -> Callable[..., Awaitable[None]]:
    """Each returns what its presser alone should know."""

    async def listener(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        button = click(body)
        await tell_presser(door, client, button, await pressed(door, client, button))
        await ack()

    return listener


def _look(homes: Homes, looked: Looked) -> Callable[..., Awaitable[None]]:
    """The Home is drawn anew behind this: Slack does not wait for it."""

    async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
        homes.show(actor(body), looked(home.unpack(body["view"]["private_metadata"]), click(body)))
        await ack()

    return listener


def _type(value: str) -> SessionType | None:
    return None if value == home.ANY else SessionType(value)


async def new(door: Door, client: AsyncWebClient, pressed: Click) -> str | None:
    return await _new(door, client, pressed, FirstLook(None, Typed(home.new_type(pressed.action_id))))


async def _new(door: Door, client: AsyncWebClient, pressed: Click, look: FirstLook) -> str | None:
    if why := await may_open(door, pressed.by.user, look.typed.type):
        return why
    look = replace(look, author=door.called(pressed.by, await door.profile(pressed.by.user)))
    return None if await open_form(door, client, pressed.trigger, look) else texts.TOO_SLOW_CLICK


async def settings(door: Door, client: AsyncWebClient, pressed: Click) -> str | None:
    person = door.read.person(pressed.by.team, pressed.by.user)
    return await _open(client, pressed, home.settings_form(person))


async def find(_door: Door, client: AsyncWebClient, pressed: Click) -> str | None:
    return await _open(client, pressed, home.find_form())


async def tips_seen(door: Door, _client: AsyncWebClient, pressed: Click) -> None:
    await door.bridge.settle(pressed.by, tips_seen=True)


async def row(door: Door, client: AsyncWebClient, pressed: Click) -> str | None:
    """What was chosen for one of their sessions. It may have gone on since the Home was drawn."""
    chosen, key = home.unpack_row(pressed.value)
    session = door.read.session(key)
    if chosen is Chosen.FOLLOW_UP:
        return await follow_up(door, client, pressed, session)
    if session.life in OVER:
        return texts.ALREADY_OVER
    if chosen is Chosen.INVITE:
        why = await may_invite(door, pressed.by.user, session)
        return why or await _open(client, pressed, invite.for_session(door, session))
    why = await door.against_in(pressed.by.user, Action.END, session)
    return why or await _open(client, pressed, home.end_form(session))


async def _open(client: AsyncWebClient, pressed: Click, view: View) -> str | None:
    return None if await open_modal(client, pressed.trigger, view) else texts.TOO_SLOW_CLICK
