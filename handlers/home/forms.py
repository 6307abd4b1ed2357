"""The forms that open from the Home, submitted, and the list that one of them has."""

from __future__ import annotations

from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot import texts
from bot.grammar import Find, Me, parse
from bot.model import Actor, name_of_view
from bot.policy import Action
from bot.store import Unavailable
from bot.views import directory, home, notices
from bot.views.home import Settings
from bot.views.results import OVER
from handlers.door import Door
from handlers.home.drawing import looking
from handlers.orders import identity
from handlers.orders.looking import find
from handlers.orders.order import Unclear
from handlers.payloads import actor

Answer = dict[str, Any]

CLOSE: Answer = {}
NO_USER = "That is no user of Evo Voice. Type user:ID or an e-mail address, or choose from the list."
NOTHING_TO_FIND = "Say what to look for: words, a name or a number."


def register(app: AsyncApp, door: Door) -> None:
    @app.options(home.USER)
    async def users(ack: AsyncAck, body: dict[str, Any]) -> None:
        query = str(body.get("value") or "")
        people = [one for one in await door.directory.search(query) if one.group == "People"]
        await ack(**directory.options(people, query))

    @app.view(home.SETTINGS_CALLBACK)
    async def settings(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(**await submitted_settings(door, body))

    @app.view(home.FIND_CALLBACK)
    async def found(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(**await submitted_find(door, body))

    @app.view(home.END_CALLBACK)
    async def end(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(**await submitted_end(door, body))


async def submitted_settings(door: Door, body: dict[str, Any]) -> Answer:
    by, wanted = actor(body), home.read_settings(body["view"]["state"]["values"])
    if why := await door.against(by.user, Action.SEE):
        return _wrong(wanted.block, why)
    try:
        await door.bridge.settle(by, notify=wanted.notify, **await _identity(door, by, wanted))
    except Unclear as unclear:
        return _wrong(wanted.block, unclear.message.text.replace("`", ""))
    except Unavailable:
        return _wrong(wanted.block, texts.NOT_STORED)
    return CLOSE


async def _identity(door: Door, by: Actor, wanted: Settings) -> dict[str, str | None]:
    """Who they say they are at Evo Voice; nothing when that is as it was. Raises Unclear for somebody who is not there.

    Who is known already need not be found again: Evo Voice may be away.
    """
    if wanted.user == (door.read.person(by.team, by.user).evo_address or ""):
        return {}
    if not wanted.user:
        return {"evo_address": None, "evo_name": None}
    read = parse(f"me link {wanted.user}", region=door.house.region, in_thread=False)
    if not isinstance(read, Me) or read.link is None:
        raise Unclear(NO_USER)
    user = await identity.meant(door, read.link)
    return {"evo_address": user.address, "evo_name": user.label}


async def submitted_find(door: Door, body: dict[str, Any]) -> Answer:
    by, query = actor(body), home.read_query(body["view"]["state"]["values"])
    read = parse(f"find {query}", region=door.house.region, in_thread=False)
    if not isinstance(read, Find):
        return _wrong(home.QUERY, NOTHING_TO_FIND)
    if why := await door.against(by.user, Action.SEE):
        return _wrong(home.QUERY, why)
    return {"response_action": "update", "view": home.find_form(query, await find(door, looking(by), read))}


async def submitted_end(door: Door, body: dict[str, Any]) -> Answer:
    """The id of the view names the gesture, so a second click ends nothing more."""
    by, view = actor(body), body["view"]
    session = door.read.session(home.unpack_end(view["private_metadata"]))
    over = texts.ALREADY_OVER if session.life in OVER else None
    if why := over or await door.against_in(by.user, Action.END, session):
        return {"response_action": "update", "view": notices.notice_view(why)}
    await door.bridge.end(session.key, by, name_of_view(by.team, view["id"]))
    return CLOSE


def _wrong(block: str, why: str) -> Answer:
    return {"response_action": "errors", "errors": {block: why}}
