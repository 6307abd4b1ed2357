"""Move session: to another channel or thread. The thread that it leaves keeps a line that says so."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.grammar import Permalink
from bot.model import Actor, ChannelId, Session, ThreadKey
from bot.policy import Action
from bot.views import View, move
from bot.views.about import About
from bot.views.move import Begun
from handlers.door import Door
from handlers.modals.answers import CLOSE, Answer, stored, wrong
from handlers.modals.choosing import UNKNOWN, meant
from handlers.payloads import actor
from handlers.seeing import against_channel, against_new

NOT_HERE_YET = "Its card does not stand yet, so it cannot be moved. Try again in a moment."
ALREADY_THERE = "It is there already."
SOMEBODY = "Somebody"


def view_of(door: Door, about: About, begun: Begun) -> View:
    return move.form(about, door.read.session(about.session) if about.session else None, begun)


async def submitted(door: Door, body: dict[str, Any]) -> Answer:
    by, view = actor(body), body["view"]
    about = About.unpack(view["private_metadata"])
    form = move.parse(view["state"]["values"], about)
    if isinstance(form, dict):
        return wrong(form)
    elsewhere, session = await asyncio.gather(_against(door, by, form.to), meant(door, by, about, form.evo_id))
    there = form.to.channel if isinstance(form.to, Permalink) else form.to
    why = await door.against(by.user, Action.LINK, there, session)
    if session is not None and not why:
        why = await door.against_in(by.user, Action.LINK, session)
    if session is None and not why:
        return wrong({move.SESSION: UNKNOWN})
    field = move.LINK if isinstance(form.to, Permalink) else move.CHANNEL
    if why or elsewhere or session is None:
        return wrong({field: why or elsewhere or UNKNOWN})
    return await _moved(door, by, session, _leaving(door, by, session, about), form.to, field)


async def _moved(
    door: Door, by: Actor, session: Session, leaving: ThreadKey | None, to: ChannelId | Permalink, field: str
) -> Answer:
    place = ThreadKey(by.team, to.channel, to.root) if isinstance(to, Permalink) else to
    if leaving is None:
        return wrong({field: NOT_HERE_YET})
    if place in {leaving, leaving.channel}:
        return wrong({field: ALREADY_THERE})
    return await stored(field, _move(door, by, session, place, leaving))


async def _move(door: Door, by: Actor, session: Session, to: ChannelId | ThreadKey, leaving: ThreadKey) -> Answer:
    await door.bridge.move(session.key, to, door.workspace.known_name(by.user) or SOMEBODY, leaving, by)
    return CLOSE


async def _against(door: Door, by: Actor, to: ChannelId | Permalink) -> str | None:
    look = against_new(door, to, by.user) if isinstance(to, Permalink) else against_channel(door, to, by.user)
    return await look


def _leaving(door: Door, by: Actor, session: Session, about: About) -> ThreadKey | None:
    """The thread from which it was asked for, if it shows the session; else its home."""
    here = about.thread_in(by.team)
    return here if here in door.read.threads_of(session.key) else session.thread
