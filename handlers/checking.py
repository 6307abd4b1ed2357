"""What must be asked of Slack before a session is opened: who asks, who the people are, may a card stand there."""

from __future__ import annotations

import asyncio

from bot.model import Actor, Email, NewSessionRequest, Profile
from bot.people import read_email
from bot.phones import Unreadable
from bot.policy import Action, Wish, wishes
from bot.texts import NO_EMAIL_BELOW, NOT_IN_CHANNEL_FORM, SILENT
from bot.views import new_session, parts
from bot.views.new_session import NewSessionForm
from bot.views.new_session.fields import TO
from bot.views.state import Errors
from handlers.door import Door

LOOK_UP_SECONDS = 1.5  # for everything asked of Slack, side by side; the disk may need as much again


async def checked(door: Door, by: Actor, form: NewSessionForm) -> tuple[Email, ...] | Errors:
    """The addresses of the people chosen from Slack, or what stands against this form, by field."""
    member, why, chosen = await asyncio.gather(
        _is_member(door, form), against(door, by, form), door.profiles(form.slack_members, LOOK_UP_SECONDS)
    )
    found = [profile for profile in chosen if profile]
    if why:
        return {new_session.NAME: why}
    if why := door.bridge.against_phones(by.user, form.outside_phones):
        return {_field_of_phones(form): why}
    if member is False:
        return {new_session.NAME if form.thread else new_session.WHERE: NOT_IN_CHANNEL_FORM}
    if len(found) < len(chosen):
        return {new_session.SLACK_MEMBERS: SILENT}
    return _emails(found)


def _field_of_phones(form: NewSessionForm) -> str:
    """Under which field it stands that the phones cannot be reached now."""
    if form.request.phones:
        return new_session.MEMBERS
    return TO if form.request.to else new_session.NAME


def of_its_parts(request: NewSessionRequest, author: str) -> str:
    """A sentence about the first message, if there is one, for whoever is about to confirm numbers."""
    return parts.first_message(request.first_message, author) if request.first_message else ""


async def against(door: Door, by: Actor, form: NewSessionForm) -> str | None:
    """Why the policy does not allow such a session there."""
    needed = wishes.of_request(form.request)
    needed += [Wish(Action.INVITE)] if form.slack_members else []
    return await door.against_all(by.user, needed, form.where, LOOK_UP_SECONDS)


async def _is_member(door: Door, form: NewSessionForm) -> bool | None:
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            return await door.workspace.is_member(form.where)
    except TimeoutError:
        return None


def _emails(profiles: list[Profile]) -> tuple[Email, ...] | Errors:
    read = [(profile, read_email(profile.email or "")) for profile in profiles]
    unseen = ", ".join(profile.name for profile, email in read if isinstance(email, Unreadable))
    if unseen:
        return {new_session.SLACK_MEMBERS: NO_EMAIL_BELOW.format(name=unseen[:200])}
    return tuple(email for _, email in read if isinstance(email, Email))
