"""The lists in forms: people and teams, our numbers, customers, sessions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.model import ChannelId, SessionType
from bot.policy import Action
from bot.views import directory, invite, new_session
from bot.views.state import Fields
from handlers.door import Door
from handlers.modals import choosing
from handlers.payloads import actor

SESSIONS = 1000  # the newest, searched by name

Options = Callable[[Door, dict[str, Any], str], Awaitable[dict[str, Any]]]


def register(app: AsyncApp, door: Door) -> None:
    lists: dict[str, Options] = {
        new_session.WITH: people_and_teams,
        new_session.FROM: own_numbers,
        new_session.CUSTOMER: customers,
        new_session.PARENT: sessions,
        invite.CALLER_ID: texting_numbers,
        **dict.fromkeys(choosing.LISTS, choosing.sessions),
    }
    for action_id, options in lists.items():
        app.options(action_id)(_listener(door, options))


def _listener(door: Door, options: Options) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(**await options(door, body, str(body.get("value") or "")))

    return listener


async def people_and_teams(door: Door, _body: dict[str, Any], query: str) -> dict[str, Any]:
    return directory.options(await door.directory.search(query), query)


async def own_numbers(door: Door, body: dict[str, Any], query: str) -> dict[str, Any]:
    chosen = _fields(body).option(new_session.TYPE)
    texts = chosen is not None and chosen[0] == SessionType.CHAT
    numbers = await door.directory.numbers(query, texts=texts)
    whole = door.directory.listed.numbers is not None
    return directory.number_options(numbers, query, door.house.region, whole=whole)


async def texting_numbers(door: Door, _body: dict[str, Any], query: str) -> dict[str, Any]:
    """Those that a text message can come from."""
    numbers = await door.directory.numbers(query, texts=True)
    whole = door.directory.listed.numbers is not None
    return directory.number_options(numbers, query, door.house.region, whole=whole)


async def customers(door: Door, _body: dict[str, Any], query: str) -> dict[str, Any]:
    found = await door.directory.customers(query)
    return directory.customer_options(found, query, whole=door.directory.listed.customers is not None)


async def sessions(door: Door, body: dict[str, Any], query: str) -> dict[str, Any]:
    """Those of this person, and those of the channel that they have chosen for the card, which they can see."""
    if await door.against(actor(body).user, Action.SEE):
        return directory.session_options([], "")
    channel = ChannelId(_fields(body).conversation(new_session.WHERE)) or _channel_of_thread(body)
    return directory.session_options(door.read.sessions_to_join(actor(body).user, channel, SESSIONS), query)


def _channel_of_thread(body: dict[str, Any]) -> ChannelId:
    """A form for a thread does not ask where; "" for every other."""
    try:
        shape, _hidden = new_session.unpack(str((body.get("view") or {}).get("private_metadata")))
    except ValueError:
        return ChannelId("")
    return shape.thread.channel if shape.thread else ChannelId("")


def _fields(body: dict[str, Any]) -> Fields:
    """What the form holds while somebody searches in it; nothing where Slack does not say."""
    state = (body.get("view") or {}).get("state") or {}
    return Fields(state.get("values") or {})
