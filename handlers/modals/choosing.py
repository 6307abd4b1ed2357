"""Which session a modal is about, where it asks for that: the list, and what was chosen in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.evo import is_safe_id
from bot.grammar import read_permalink
from bot.model import Actor, ChannelId, EvoSessionId, Session, ThreadKey
from bot.policy import Action
from bot.views import directory, invite, link, move, remove
from bot.views.about import About
from bot.views.results import OVER
from handlers.door import Door
from handlers.payloads import actor
from handlers.seeing import visible

SEARCHED = 1000  # the newest sessions, searched by name
ELSEWHERE = 10  # channels that Slack is asked about at most

UNKNOWN = "No session that you can see is this one. Choose it from the list."

LISTS = (link.SESSION, move.SESSION, remove.SESSION, invite.SESSION)
_LIVING = frozenset({invite.SESSION, remove.SESSION})
_URL = re.compile(r"https://\S+")


async def sessions(door: Door, body: dict[str, Any], query: str) -> dict[str, Any]:
    """Those of this person, of the channel, and of channels that they can see; a link is looked up."""
    if await door.against(actor(body).user, Action.SEE):
        return directory.session_options([], "")
    block, typed = str(body.get("action_id") or ""), query.strip()
    found = await _found(door, actor(body), About.unpack(body["view"]["private_metadata"]).channel, typed)
    if block in _LIVING:
        found = [one for one in found if one.life not in OVER]
    # An id that only Evo Voice may know can be linked, and nothing else can be done with it.
    ident = _id_in(typed) if block == link.SESSION else ""
    return directory.session_options(found, "" if _URL.fullmatch(typed) else typed, typed=ident)


async def _found(door: Door, by: Actor, here: ChannelId, typed: str) -> list[Session]:
    if _URL.fullmatch(typed):
        return await visible(door, by.user, here, _by_link(door, by, typed))
    words = typed.casefold().split()
    fit = [one for one in door.read.newest_sessions(SEARCHED) if _fits(one, words)]
    return await visible(door, by.user, here, _near(fit, by, here)[: directory.MOST])


def _fits(session: Session, words: Sequence[str]) -> bool:
    text = f"{session.name} {session.evo_id}".casefold()
    return session.evo_id is not None and all(word in text for word in words)


def _near(found: Sequence[Session], by: Actor, here: ChannelId) -> list[Session]:
    """Without those of many other channels: Slack would have to be asked about each."""
    elsewhere = dict.fromkeys(one.channel for one in found if one.created_by != by.user and one.channel != here)
    asked = {here, *list(elsewhere)[:ELSEWHERE]}
    return [one for one in found if one.created_by == by.user or one.channel in asked]


def _by_link(door: Door, by: Actor, url: str) -> list[Session]:
    there = read_permalink(url)
    if there is not None:
        found = door.read.session_in(ThreadKey(by.team, there.channel, there.root))
    else:
        found = door.read.session_of(EvoSessionId(_id_in(url)))
    return [found] if found else []


def _id_in(typed: str) -> str:
    """What could be an id: as it was typed, or at the end of a link that leads to no message in Slack."""
    if not _URL.fullmatch(typed):
        return typed
    last = urlsplit(typed).path.rstrip("/").rpartition("/")[2]
    return last if is_safe_id(last) and read_permalink(typed) is None else ""


async def chosen(door: Door, by: Actor, here: ChannelId, evo_id: str) -> Session | None:
    """The session of this id, if it is known and this person may see it."""
    known = door.read.session_of(EvoSessionId(evo_id))
    return next(iter(await visible(door, by.user, here, [known] if known else [])), None)


async def meant(door: Door, by: Actor, about: About, evo_id: str | None) -> Session | None:
    """The session that the modal was opened for, else the one that was chosen in it."""
    if about.session is not None:
        return door.read.session(about.session)
    return await chosen(door, by, about.channel, evo_id or "")


def while_filled_in(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], About]:
    """What a modal holds so far, and what it is about."""
    view = body["view"]
    return view["state"]["values"], About.unpack(str(view["private_metadata"]))
