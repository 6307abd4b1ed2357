"""Invite to session: from the card, from a message, from a command; people, a number, a greeting."""

from __future__ import annotations

import asyncio
from typing import Any

from bot import texts
from bot.bridge.drafts import InviteDraft
from bot.model import Actor, ChannelId, Kind, Phone, Session, SessionType, TeamId, name_of_view
from bot.packing import unpack_phone, unpack_request
from bot.policy import Action, Wish, wishes
from bot.richtext import words_of
from bot.store import Reads
from bot.views import View, invite, notices
from bot.views.about import About
from bot.views.invite import Begun, InviteForm
from bot.views.results import OVER
from bot.views.state import Errors
from handlers import confirming
from handlers.door import Door
from handlers.modals.answers import CLOSE, Answer, push, stored, wrong
from handlers.modals.choosing import UNKNOWN, meant
from handlers.payloads import actor, shortcut_thread

LOOK_UP_SECONDS = 1.5  # for everything asked of Slack, side by side; the disk may need as much again
SESSIONS = 5  # of a channel, in which the number that was used last is looked for


def view_of(door: Door, team: TeamId, about: About, begun: Begun) -> View:
    """The modal, with the number that was last used in this channel when none is given."""
    session = door.read.session(about.session) if about.session else None
    last = _last_number(door.read, team, session.channel if session else about.channel)
    ours = door.directory.listed.numbers
    number = begun.caller_id or (last if ours is None or last in ours else "")
    known = Begun(begun.choice, begun.people, begun.users, number, begun.said, begun.hint)
    return invite.form(about, session, known, numbers=door.directory.lists_numbers)


def for_session(door: Door, session: Session) -> View:
    return view_of(door, session.team, About(session.channel, session.thread_ts, session.key), Begun())


def for_message(door: Door, body: dict[str, Any]) -> View:
    """With whom a message names; where its thread shows no session, that is asked for."""
    thread = shortcut_thread(body)
    session = door.read.session_in(thread)
    if session is not None and session.life in OVER:
        return notices.notice_view(texts.ALREADY_OVER)
    people, users = invite.people_in(words_of(body["message"]), door.house.region, door.house.bot)
    hint = "" if people or users else invite.NOTHING_FOUND
    about = About(thread.channel, thread.ts, session.key if session else None)
    return view_of(door, thread.team, about, Begun(people=people, users=users, hint=hint))


def _last_number(read: Reads, team: TeamId, channel: ChannelId) -> str:
    for session in read.sessions_in_channel(team, channel, SESSIONS):
        for item in reversed(read.items_of(session.key, Kind.OPEN, Kind.INVITE)):
            opening = item.kind is Kind.OPEN
            number = unpack_request(item.body).from_number if opening else unpack_phone(item.body["caller_id"])
            if isinstance(number, Phone):
                return number.e164
    return ""


# Submitted


async def submitted(door: Door, body: dict[str, Any]) -> Answer:
    view, by = body["view"], actor(body)
    about, house = About.unpack(view["private_metadata"]), door.house
    author = door.signature(by.user)
    listed = door.directory.listed
    form = invite.parse(view["state"]["values"], about, house.region, house.phones_wanted, listed, author)
    if isinstance(form, dict):
        return wrong(form)
    session, errors = await _checked(door, by, about, form)
    if errors or session is None:
        return wrong(errors)
    # The id of the modal names the gesture, so a second click invites nobody twice.
    draft = InviteDraft(session.key, form.people, form.caller_id, name_of_view(by.team, view["id"]), form.greeting)
    return await stored(invite.PEOPLE, _invite_or_ask(door, by, draft))


async def _checked(door: Door, by: Actor, about: About, form: InviteForm) -> tuple[Session | None, Errors]:
    session, profiles = await asyncio.gather(
        meant(door, by, about, form.evo_id), door.profiles(form.users, LOOK_UP_SECONDS)
    )
    if session is None:
        why = await door.against(by.user, Action.SEE, about.channel)
        return None, {invite.PEOPLE: why} if why else {invite.SESSION: UNKNOWN}
    needed = [*wishes.of_invitations(form.people, form.caller_id), *([Wish(Action.REPLY)] if form.greeting else [])]
    why = await door.against_all(by.user, needed, session.channel)
    if why := why or door.bridge.against_phones(by.user, form.phones):
        return session, {invite.PEOPLE: why}
    against = texts.ALREADY_OVER if session.life in OVER else None
    against = against or invite.there_already(session.members, form, [one for one in profiles if one])
    if against:
        return session, {invite.PEOPLE: against}
    takes_none = form.greeting and session.type is not SessionType.CHAT
    return session, {invite.GREETING: invite.NO_TEXT} if takes_none else {}


async def _invite_or_ask(door: Door, by: Actor, draft: InviteDraft) -> Answer:
    if draft.phones and door.house.asks_first:
        return push(await confirming.about_form(door, by, draft))
    await door.bridge.invite(
        draft.session,
        draft.people,
        by,
        draft.name,
        caller_id=draft.caller_id,
        confirmed=True,
        greeting=draft.greeting,
    )
    return CLOSE
