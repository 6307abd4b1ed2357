"""Send correction: what was edited after it had left goes out as a new message, if its author says so."""

from __future__ import annotations

import asyncio
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot import texts
from bot.model import Actor, Item, ItemKey, Session, name_of_view
from bot.policy import Action
from bot.text import Names, mentions, to_plain
from bot.views import again, correct
from bot.views.results import OVER
from bot.views.state import read_key
from handlers.door import Door
from handlers.modals.answers import CLOSE, Answer, stored, wrong
from handlers.opening import open_modal
from handlers.payloads import Click, actor

NAME_SECONDS = 0.5  # of the three that Slack gives for everything
NO_NAMES = Names({}, {}, {})


async def open_for(door: Door, pressed: Click, client: AsyncWebClient) -> str | None:
    """Returns what its presser is told; None when the modal says it all."""
    item = door.read.item(ItemKey(read_key(pressed.value)))
    session = door.read.session(item.session)
    if why := _against(pressed.by, item, session) or await door.against(
        pressed.by.user, Action.REPLY, item.channel, session
    ):
        return why
    view = correct.form(item, session, await _words(door, item))
    return None if await open_modal(client, pressed.trigger, view) else texts.TOO_SLOW_CLICK


async def submitted(door: Door, body: dict[str, Any]) -> Answer:
    by, view = actor(body), body["view"]
    item = door.read.item(correct.unpack(view["private_metadata"]))
    session = door.read.session(item.session)
    words = correct.parse(view["state"]["values"])
    if isinstance(words, dict):
        return wrong(words)
    if why := _against(by, item, session) or await door.against(by.user, Action.REPLY, item.channel, session):
        return wrong({correct.TEXT: why})
    return await stored(correct.TEXT, _send(door, by, session, words, view["id"]))


async def _send(door: Door, by: Actor, session: Session, words: str, view: str) -> Answer:
    already = await door.bridge.say_new(session.key, words, by, name_of_view(by.team, view), plain=True)
    return CLOSE if already is None else wrong({correct.TEXT: again.said_before(already, door.bridge.now())})


def _against(by: Actor, item: Item, session: Session) -> str | None:
    """Words go out under their author's name, so nobody else may change them."""
    if item.author != by.user:
        return texts.NOT_YOURS
    return texts.ALREADY_OVER if session.life in OVER else None


async def _words(door: Door, item: Item) -> str:
    """What the message says now, as the other side would read it."""
    text = str(item.body.get("edited") or "")
    try:
        async with asyncio.timeout(NAME_SECONDS):
            names = await door.workspace.names(mentions(text))
    except TimeoutError:
        names = NO_NAMES
    return to_plain(text, names)
