"""The New session form while somebody fills it in: opened at once, completed when the directory is known, drawn anew
when the type changes or more options are wanted. Nothing that happens here is stored.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.directory import Directory
from bot.model import ChannelId, ThreadKey
from bot.views import View, new_session
from bot.views.new_session import Entry, Held, Shape, Typed
from bot.views.results import OVER
from handlers.door import Door
from handlers.opening import Changed, Shown, change_modal, open_modal
from handlers.payloads import actor

TRIES, PAUSE_SECONDS = 3, 1.0  # of completing a form: while one is lost, "Loading" stands there
REMEMBERED = 1000  # forms


@dataclass(frozen=True, slots=True)
class FirstLook:
    """A form as a command or a shortcut asks for it.

    `author` is what the person is called, when that is known; `thread` where the card will stand, when that is settled;
    `text` what a message says from which the form is started.
    """

    channel: ChannelId | None
    typed: Typed = field(default_factory=Typed)
    author: str = ""
    thread: ThreadKey | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A form, and what is needed to draw it anew."""

    shape: Shape
    held: Held
    author: str
    said: Mapping[str, str] = field(default_factory=dict)

    def view(self, door: Door) -> View:
        away = not self.shape.loading and door.directory.away
        return new_session.draw(
            self.shape,
            self.held,
            author=self.author,
            away=away,
            said=self.said,
            instead=shown_in(door, self.shape.thread),
            region=door.house.region,
        )


def shown_in(door: Door, thread: ThreadKey | None) -> str:
    """What a thread's session is called while replies there reach it; "" when they reach none."""
    session = door.read.session_in(thread) if thread else None
    return session.name if session and session.life not in OVER else ""


class Newest:
    """The last gesture in each form: of two that overlap, the later one decides how it looks."""

    def __init__(self) -> None:
        self._at: OrderedDict[str, str] = OrderedDict()

    def note(self, view: str, at: str) -> None:
        self._at[view] = max(at, self._at.pop(view, ""))
        if len(self._at) > REMEMBERED:
            self._at.popitem(last=False)

    def is_last(self, view: str, at: str) -> bool:
        return self._at.get(view, at) == at


async def open_form(door: Door, client: AsyncWebClient, trigger: str, look: FirstLook) -> bool:
    """Opens the form without waiting for Evo Voice; False when it was too late."""
    shape = settled(shape_of(look), door.directory)
    held = new_session.begun(look.channel) | look.typed.held
    drawing = Drawing(shape, held, look.author, look.typed.said)
    shown = await open_modal(client, trigger, drawing.view(door))
    if shown is not None:
        _complete_later(door, client, shown, drawing)
    return shown is not None


def shape_of(look: FirstLook) -> Shape:
    typed = look.typed
    return Shape(typed.type, typed.more, thread=look.thread, here=look.channel, text=look.text)


def register(app: AsyncApp, door: Door) -> None:
    newest = Newest()

    @app.action(new_session.TYPE)
    @app.action(new_session.MORE)
    async def other_fields(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await _redraw(door, client, body, newest)
        await ack()


async def _redraw(door: Door, client: AsyncWebClient, body: dict[str, Any], newest: Newest) -> None:
    view, pressed = body["view"], body["actions"][0]
    shown, at = Shown.of(view), str(pressed["action_ts"])
    newest.note(shown.id, at)
    before, held = new_session.redrawn(view["state"]["values"], view["private_metadata"], str(pressed["action_id"]))
    by = actor(body)
    drawing = Drawing(settled(before, door.directory), held, door.called(by, await door.profile(by.user)))
    drawn = drawing.view(door)
    changed, now = await change_modal(client, shown, drawn)
    if changed is Changed.STALE and newest.is_last(shown.id, at):
        changed, now = await change_modal(client, replace(shown, hash=""), drawn)
    if changed is Changed.DONE:
        _complete_later(door, client, now, drawing)


def _complete_later(door: Door, client: AsyncWebClient, shown: Shown, drawing: Drawing) -> None:
    if drawing.shape.loading and shown.id:
        door.later(_complete(door, client, shown, drawing))


async def _complete(door: Door, client: AsyncWebClient, shown: Shown, drawing: Drawing) -> None:
    """Within a second it is known what there is to choose from, or that people must type.

    What stands in the fields meanwhile stays there: Slack keeps it.
    """
    await door.directory.ready()
    view = replace(drawing, shape=settled(drawing.shape, door.directory, give_up=True)).view(door)
    for _ in range(TRIES):
        changed, _now = await change_modal(client, shown, view)
        if changed is not Changed.LOST:
            return
        await asyncio.sleep(PAUSE_SECONDS)


def settled(shape: Shape, directory: Directory, *, give_up: bool = False) -> Shape:
    """How numbers and customers are given, once that is known; what has been settled stays so."""
    if not shape.loading or not (directory.known or give_up):
        return shape
    numbers = Entry.LIST if directory.lists_numbers else Entry.TYPED
    customers = Entry.LIST if directory.lists_customers else Entry.TYPED
    return replace(shape, numbers=numbers, customers=customers)
