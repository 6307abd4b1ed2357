"""The ⋯ menu of a card. Anybody in the channel can open it, outsiders too: everybody is checked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot import texts
from bot.model import Session
from bot.policy import Action
from bot.views import View, menu
from bot.views import link as link_view
from bot.views import move as move_view
from bot.views import remove as remove_view
from bot.views.about import About, Choice
from bot.views.menu import More
from bot.views.results import OVER
from handlers.door import Door
from handlers.modals import link, move, remove, transcript
from handlers.opening import open_modal
from handlers.payloads import Click, click
from handlers.session_openings import follow_up
from handlers.telling import tell_presser

# What its presser is told; None when a modal says it all.
Entry = Callable[[Door, AsyncWebClient, Click, Session], Awaitable[str | None]]
Drawn = Callable[[Door, Click, Session], View]

# What opens a form is decided when that is submitted; a follow-up by its type.
NEEDED: Final[Mapping[More, Action]] = {
    More.TRANSCRIPT: Action.SEE,
    More.REMOVE: Action.REMOVE,
    More.LINK: Action.LINK,
    More.MOVE: Action.LINK,
    More.FOLLOW_UP: Action.SEE,
    More.REVEAL: Action.REVEAL,
}
NOT_YET = "That cannot be done from here yet. Nothing was done."


def register(app: AsyncApp, door: Door) -> None:
    @app.action(menu.ACTION)
    async def chosen(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        pressed = click(body)
        await tell_presser(door, client, pressed, await _carry_out(door, client, pressed))
        await ack()


async def _carry_out(door: Door, client: AsyncWebClient, pressed: Click) -> str | None:
    what, key = menu.unpack_more(pressed.value)
    session = door.read.session(key)
    if why := await door.against_in(pressed.by.user, NEEDED[what], session):
        return why
    return await ENTRIES[what](door, client, pressed, session) if what in ENTRIES else NOT_YET


def _modal(drawn: Drawn, *, living: bool = False) -> Entry:
    """`living`: only while the session is."""

    async def entry(door: Door, client: AsyncWebClient, pressed: Click, session: Session) -> str | None:
        if living and session.life in OVER:
            return texts.ALREADY_OVER
        opened = await open_modal(client, pressed.trigger, drawn(door, pressed, session))
        return None if opened else texts.TOO_SLOW_CLICK

    return entry


def _transcript(door: Door, _pressed: Click, session: Session) -> View:
    return transcript.view_of(door, session)


def _remove(door: Door, pressed: Click, session: Session) -> View:
    return remove.view_of(door, About(pressed.channel, session=session.key), session, remove_view.Begun())


def _link(door: Door, pressed: Click, session: Session) -> View:
    """This session into another thread, which the modal asks for."""
    begun = link_view.Begun(Choice.of(session), link.look_at(door, session, None))
    return link.view_of(door, pressed.by, About(pressed.channel), begun)


def _move(door: Door, pressed: Click, session: Session) -> View:
    """Away from the thread in which this card stands; without one, from the session's home."""
    thread = None if pressed.view else pressed.thread or pressed.message
    return move.view_of(door, About(pressed.channel, thread, session.key), move_view.Begun())


ENTRIES: Final[Mapping[More, Entry]] = {
    More.TRANSCRIPT: _modal(_transcript),
    More.REMOVE: _modal(_remove, living=True),
    More.LINK: _modal(_link),
    More.MOVE: _modal(_move),
    More.FOLLOW_UP: follow_up,
}
