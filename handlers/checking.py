"""What must be asked of Slack before a session is opened: who asks, who the people are, may a card stand there."""

from __future__ import annotations

import asyncio

from bot import texts
from bot.model import Actor, Email, NewSessionRequest, Profile
from bot.people import read_email
from bot.phones import Unreadable
from bot.policy import refusal
from bot.texts import NO_EMAIL_BELOW, NOT_IN_CHANNEL_FORM, SILENT
from bot.views import new_session, parts
from bot.views.new_session import NewSessionForm
from bot.views.state import Errors
from handlers.door import Door

LOOK_UP_SECONDS = 1.5  # for everything asked of Slack, side by side; the disk may need as much again


async def checked(door: Door, by: Actor, form: NewSessionForm) -> tuple[Email, ...] | Errors:
    """The addresses of the people chosen from Slack, or what stands against this form, by field."""
    people = [by.user, *form.slack_members]
    member, profiles = await asyncio.gather(_is_member(door, form), door.profiles(people, LOOK_UP_SECONDS))
    author, *chosen = profiles
    found = [profile for profile in chosen if profile]
    if why := _why_not(door, author):
        return {new_session.NAME: why}
    if member is False:
        return {new_session.NAME if form.thread else new_session.WHERE: NOT_IN_CHANNEL_FORM}
    if len(found) < len(chosen):
        return {new_session.SLACK_MEMBERS: SILENT}
    return _emails(found)


def of_its_parts(request: NewSessionRequest, author: str) -> str:
    """A sentence about the first message, if there is one, for whoever is about to confirm numbers."""
    return parts.first_message(request.first_message, author) if request.first_message else ""


def _why_not(door: Door, author: Profile | None) -> str | None:
    return texts.CANNOT_CHECK if author is None else refusal(author, door.home)


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
