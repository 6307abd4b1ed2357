"""Transcript: what both sides have said, from the store, a page at a time."""

from __future__ import annotations

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.model import Session
from bot.policy import Action
from bot.store import Reads
from bot.views import View, transcript
from bot.views.notices import notice_view
from bot.views.transcript import Saying
from handlers.door import Door
from handlers.opening import Shown, change_modal
from handlers.payloads import actor


def view_of(door: Door, session: Session, end: int | None = None) -> View:
    """The page that ends before line number `end`; None: the last one."""
    return transcript.page(session, said_in(door.read, session), end)


def said_in(read: Reads, session: Session) -> list[Saying]:
    """What was said in a session, oldest first, as far as it is known here."""
    theirs = [transcript.heard(line, session) for line in read.foreign_lines(session.key)]
    ours = [transcript.delivered(item) for item in read.delivered(session.key)]
    return sorted([*theirs, *ours], key=lambda saying: saying.at)


async def turn(door: Door, client: AsyncWebClient, body: dict[str, Any]) -> None:
    """Another page in the place of this one."""
    key, end = transcript.unpack_page(str(body["actions"][0]["value"]))
    session = door.read.session(key)
    why = await door.against_in(actor(body).user, Action.SEE, session)
    drawn = notice_view(why) if why else view_of(door, session, end)
    await change_modal(client, Shown.of(body["view"]), drawn)
