"""Submitted modals: parse → check → verb, or what is wrong under the right field.

Each function returns what Slack is answered with, so that nothing is acknowledged before it is stored.
"""

from __future__ import annotations

from typing import Any

from slack_bolt.app.async_app import AsyncApp

from bot import texts
from bot.model import Actor, ThreadKey, name_of_view
from bot.policy import wishes
from bot.views import confirm, new_session
from handlers.checking import checked, of_its_parts
from handlers.door import Door
from handlers.drafts import InviteDraft, NewDraft
from handlers.modals import Submitted, invite, listener
from handlers.modals.answers import CLOSE, CLOSE_ALL, Answer, only, push, stored, stored_or_over, wrong
from handlers.payloads import actor


def register(app: AsyncApp, door: Door) -> None:
    listeners: dict[str, Submitted] = {
        new_session.CALLBACK: submitted_new,
        confirm.CALLBACK: submitted_confirm,
    }
    for callback_id, submitted in listeners.items():
        app.view(callback_id)(listener(door, submitted))


# New session


async def submitted_new(door: Door, body: dict[str, Any]) -> Answer:
    view, by = body["view"], actor(body)
    house, listed = door.house, door.directory.listed
    shape, _hidden = new_session.unpack(view["private_metadata"])
    form = new_session.parse(
        view["state"]["values"], house.region, house.phones, listed, door.signature(by.user), shape
    )
    if isinstance(form, dict):
        return wrong(form)
    emails = await checked(door, by, form)
    if isinstance(emails, dict):
        return wrong(emails)
    draft = NewDraft(new_session.with_emails(form.request, emails), form.home)
    return await stored(new_session.NAME, _open_or_ask(door, by, view["id"], draft, form))


async def _open_or_ask(door: Door, by: Actor, view: str, draft: NewDraft, form: new_session.NewSessionForm) -> Answer:
    if form.outside_phones and door.house.confirm_phones:
        await door.bridge.keep_draft(view, draft.pack())
        asked = confirm.Draft(view, confirm.Asked.NEW)
        said = of_its_parts(draft.request, door.signature(by.user))
        return push(confirm.modal_for(asked, form.outside_phones, draft.request.type, said))
    await _open(door, by, view, draft)
    return CLOSE


async def _open(door: Door, by: Actor, view: str, draft: NewDraft) -> None:
    """The id of the first view names the gesture, so a second click opens nothing more."""
    await door.bridge.open(draft.request, by, draft.home, name_of_view(by.team, view))


# Confirm


async def submitted_confirm(door: Door, body: dict[str, Any]) -> Answer:
    by, asked = actor(body), confirm.unpack(body["view"]["private_metadata"])
    kept = door.read.draft(asked.view)
    if kept is None:
        return only(texts.DRAFT_GONE)
    if why := await _against(door, by, asked, kept):
        return only(why)
    if why := door.bridge.against_phones(by.user, ()):
        return only(why)
    return await stored_or_over(_confirmed(door, by, asked, kept))


async def _against(door: Door, by: Actor, asked: confirm.Draft, kept: dict[str, Any]) -> str | None:
    """Rights can be lost while somebody looks at a question."""
    if asked.kind is confirm.Asked.INVITE:
        invited = InviteDraft.unpack(kept)
        needed = wishes.of_invitations(invited.people, invited.caller_id)
        return await door.against_all(by.user, needed, door.read.session(invited.session).channel)
    new = NewDraft.unpack(kept)
    channel = new.home.channel if isinstance(new.home, ThreadKey) else new.home
    return await door.against_all(by.user, wishes.of_request(new.request), channel)


async def _confirmed(door: Door, by: Actor, asked: confirm.Draft, kept: dict[str, Any]) -> Answer:
    if asked.kind is confirm.Asked.INVITE:
        return await invite.carry_out(door, by, asked.view, InviteDraft.unpack(kept), CLOSE_ALL)
    await _open(door, by, asked.view, NewDraft.unpack(kept))
    return CLOSE_ALL
