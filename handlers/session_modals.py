"""Submitted modals: parse → check → verb, or what is wrong under the right field.

Each function returns what Slack is answered with, so that nothing is acknowledged before it is stored.
"""

from __future__ import annotations

import asyncio
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from bot.model import Actor, Email, NewSessionRequest, Profile, name_of_view
from bot.people import Unreadable, read_email
from bot.policy import refusal
from bot.views import confirm, new_session, notices, parts
from bot.views.state import Errors
from handlers.door import Door
from handlers.drafts import InviteDraft, NewDraft
from handlers.modals import Submitted, invite, listener
from handlers.modals.answers import CLOSE, CLOSE_ALL, Answer, only, push, stored, stored_or_over, wrong
from handlers.payloads import actor

LOOK_UP_SECONDS = 1.5  # for everything asked of Slack, side by side; the disk may need as much again

NO_EMAIL = "No e-mail is visible for {name}. Type the address below, or ask an admin to allow users:read.email."
SILENT = "Slack did not tell me their e-mail addresses in time. Submit again, or type the addresses below."
NOT_THERE = "I am not in that channel. Type `/invite @Evo` there, then submit again."


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
    author = door.signature(by.user)
    form = new_session.parse(view["state"]["values"], house.region, house.phones, listed, author)
    if isinstance(form, dict):
        return wrong(form)
    emails = await _checked(door, by, form)
    if isinstance(emails, dict):
        return wrong(emails)
    draft = NewDraft(new_session.with_emails(form.request, emails), form.where)
    return await stored(new_session.NAME, _open_or_ask(door, by, view["id"], draft, form))


async def _open_or_ask(door: Door, by: Actor, view: str, draft: NewDraft, form: new_session.NewSessionForm) -> Answer:
    if form.outside_phones and door.house.confirm_phones:
        await door.bridge.keep_draft(view, draft.pack())
        asked = confirm.Draft(view, confirm.Asked.NEW)
        said = _of_its_parts(draft.request, door.signature(by.user))
        return push(confirm.modal_for(asked, form.outside_phones, draft.request.type, said))
    await _open(door, by, view, draft)
    return CLOSE


def _of_its_parts(request: NewSessionRequest, author: str) -> str:
    return parts.first_message(request.first_message, author) if request.first_message else ""


async def _open(door: Door, by: Actor, view: str, draft: NewDraft) -> None:
    """The id of the first view names the gesture, so a second click opens nothing more."""
    await door.bridge.open(draft.request, by, draft.where, name_of_view(by.team, view))


async def _checked(door: Door, by: Actor, form: new_session.NewSessionForm) -> tuple[Email, ...] | Errors:
    """The addresses of the people chosen from Slack, or what stands against this form."""
    people = [by.user, *form.slack_members]
    member, profiles = await asyncio.gather(_is_member(door, form), door.profiles(people, LOOK_UP_SECONDS))
    author, *chosen = profiles
    found = [profile for profile in chosen if profile]
    if why := _why_not(door, author):
        return {new_session.NAME: why}
    if member is False:
        return {new_session.WHERE: NOT_THERE}
    if len(found) < len(chosen):
        return {new_session.SLACK_MEMBERS: SILENT}
    return _emails(found)


def _why_not(door: Door, author: Profile | None) -> str | None:
    return notices.CANNOT_CHECK if author is None else refusal(author, door.home)


async def _is_member(door: Door, form: new_session.NewSessionForm) -> bool | None:
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            return await door.workspace.is_member(form.where)
    except TimeoutError:
        return None


def _emails(profiles: list[Profile]) -> tuple[Email, ...] | Errors:
    read = [(profile, read_email(profile.email or "")) for profile in profiles]
    unseen = ", ".join(profile.name for profile, email in read if isinstance(email, Unreadable))
    if unseen:
        return {new_session.SLACK_MEMBERS: NO_EMAIL.format(name=unseen[:200])}
    return tuple(email for _, email in read if isinstance(email, Email))


# Confirm


async def submitted_confirm(door: Door, body: dict[str, Any]) -> Answer:
    by, asked = actor(body), confirm.unpack(body["view"]["private_metadata"])
    kept = door.read.draft(asked.view)
    if kept is None:
        return only(notices.DRAFT_GONE)
    if why := await door.refusal(by.user):
        return only(why)
    return await stored_or_over(_confirmed(door, by, asked, kept))


async def _confirmed(door: Door, by: Actor, asked: confirm.Draft, kept: dict[str, Any]) -> Answer:
    if asked.kind is confirm.Asked.INVITE:
        return await invite.carry_out(door, by, asked.view, InviteDraft.unpack(kept), CLOSE_ALL)
    await _open(door, by, asked.view, NewDraft.unpack(kept))
    return CLOSE_ALL
