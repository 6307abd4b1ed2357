"""Submitted modals: parse → check → verb, or what is wrong under the right field.

Each function returns what Slack is answered with, so that nothing is acknowledged before it is stored.
"""

from __future__ import annotations

from typing import Any

from slack_bolt.app.async_app import AsyncApp

from bot.bridge.drafts import NewDraft
from bot.model import Actor, name_of_view
from bot.views import confirm, new_session
from handlers import confirming
from handlers.checking import checked
from handlers.door import Door
from handlers.modals import Submitted, listener
from handlers.modals.answers import CLOSE, Answer, push, stored, wrong
from handlers.payloads import actor


def register(app: AsyncApp, door: Door) -> None:
    listeners: dict[str, Submitted] = {
        new_session.CALLBACK: submitted_new,
        confirm.CALLBACK: confirming.submitted,
    }
    for callback_id, submitted in listeners.items():
        app.view(callback_id)(listener(door, submitted))


# New session


async def submitted_new(door: Door, body: dict[str, Any]) -> Answer:
    view, by = body["view"], actor(body)
    house, listed = door.house, door.directory.listed
    shape, _hidden = new_session.unpack(view["private_metadata"])
    form = new_session.parse(
        view["state"]["values"], house.region, house.phones_wanted, listed, door.signature(by.user), shape
    )
    if isinstance(form, dict):
        return wrong(form)
    emails = await checked(door, by, form)
    if isinstance(emails, dict):
        return wrong(emails)
    # The id of the view names the gesture, so a second click opens nothing more; another form in the same words asks.
    name = name_of_view(by.team, view["id"])
    draft = NewDraft(new_session.with_emails(form.request, emails), form.home, name)
    return await stored(new_session.NAME, _open_or_ask(door, by, draft))


async def _open_or_ask(door: Door, by: Actor, draft: NewDraft) -> Answer:
    if draft.phones and door.house.asks_first:
        return push(await confirming.about_form(door, by, draft))
    already = await door.bridge.open_new(draft, by)
    return CLOSE if already is None else push(await confirming.about_another(door, by, draft, already))
