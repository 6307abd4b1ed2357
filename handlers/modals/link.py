"""Link session: opened for a thread or for a session, drawn anew when one is chosen, and submitted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.evo import is_safe_id
from bot.model import Actor, ChannelId, EvoSessionId, Life, Role, Session, SlackName, ThreadKey, name_of_view
from bot.policy import Action
from bot.scopes import CHANNELS
from bot.texts import NOT_IN_CHANNEL
from bot.views import View, link
from bot.views.about import About, Choice
from bot.views.link import Begun, LinkForm, Look, Unseen
from bot.views.results import OVER
from bot.views.state import Errors
from handlers.door import Door
from handlers.modals.answers import CLOSE, Answer, stored, wrong
from handlers.modals.choosing import UNKNOWN, chosen, while_filled_in
from handlers.modals.transcript import said_in
from handlers.opening import Changed, Opener, Shown, change_modal
from handlers.payloads import actor
from handlers.seeing import against_channel, against_new
from handlers.session_form import Newest

ALREADY = "This thread shows it already, and replies in it go there."
UNUSABLE = "This is no id that Evo Voice could have given."
SOMEBODY = "Somebody"


async def open_form(door: Door, show: Opener, by: Actor, about: About, begun: Begun) -> bool:
    """With a look at what is chosen already; False when it was too late."""
    begun = replace(begun, look=await _first_look(door, by, about, begun.choice))
    shown = await show(view_of(door, by, about, begun))
    _look_again_later(door, show.client, shown, by, about, begun)
    return shown is not None


def view_of(door: Door, by: Actor, about: About, begun: Begun) -> View:
    """The modal. Looks into the store only."""
    thread = about.thread_in(by.team)
    return link.form(about, begun, door.read.session_in(thread) if thread else None, door.house.slack_url)


def look_at(door: Door, session: Session, thread: ThreadKey | None) -> Look:
    """What the store knows. `thread`: that into which it is to come."""
    sayings = said_in(door.read, session)
    return Look(
        name=session.name,
        type=session.type,
        over=session.life in OVER,
        members=session.members,
        lines=len(sayings),
        first=sayings[: link.FIRST],
        threads=[one for one in door.read.threads_of(session.key) if one != thread],
    )


# While it is filled in


async def choose(door: Door, client: AsyncWebClient, body: dict[str, Any], newest: Newest) -> None:
    """Shows what was chosen: at once what we know, and what Evo Voice says when that comes."""
    at, shown = str(body["actions"][0]["action_ts"]), Shown.of(body["view"])
    newest.note(shown.id, at)
    values, about = while_filled_in(body)
    choice, by = link.chosen_in(values), actor(body)
    begun = Begun(choice, await _first_look(door, by, about, choice))
    drawn = view_of(door, by, about, begun)
    changed, now = await change_modal(client, shown, drawn)
    if changed is Changed.STALE and newest.is_last(shown.id, at):
        changed, now = await change_modal(client, replace(shown, hash=""), drawn)
    _look_again_later(door, client, now if changed is Changed.DONE else None, by, about, begun)


async def _first_look(door: Door, by: Actor, about: About, choice: Choice | None) -> Look | Unseen | None:
    if choice is None:
        return None
    if await door.against(by.user, Action.LINK, about.channel):
        return Unseen.NOBODY
    known = door.read.session_of(EvoSessionId(choice.evo_id))
    if known is None or known.life is Life.FAILED:
        return Unseen.LOOKING
    seen = await chosen(door, by, about.channel, choice.evo_id)
    return look_at(door, seen, about.thread_in(by.team)) if seen else Unseen.NOBODY


def _look_again_later(
    door: Door, client: AsyncWebClient, shown: Shown | None, by: Actor, about: About, begun: Begun
) -> None:
    if shown is not None and begun.look is Unseen.LOOKING and begun.choice is not None:
        door.later(_look_again(door, client, shown, by, about, begun, EvoSessionId(begun.choice.evo_id)))


async def _look_again(
    door: Door, client: AsyncWebClient, shown: Shown, by: Actor, about: About, begun: Begun, evo_id: EvoSessionId
) -> None:
    """Slack refuses it when something else was chosen meanwhile: `shown` names the modal as it was."""
    drawn = view_of(door, by, about, replace(begun, look=await door.peek(evo_id)))
    await change_modal(client, shown, drawn)


# Submitted


async def submitted(door: Door, body: dict[str, Any]) -> Answer:
    by, view = actor(body), body["view"]
    about = About.unpack(view["private_metadata"])
    form = link.parse(view["state"]["values"], about)
    if isinstance(form, dict):
        return wrong(form)
    thread = about.thread_in(by.team) or _linked(by, form)
    known, errors = await _checked(door, by, about, form, thread)
    if errors:
        return wrong(errors)
    return await stored(link.SESSION, _link(door, by, name_of_view(by.team, view["id"]), form, thread, known))


def _linked(by: Actor, form: LinkForm) -> ThreadKey:
    if form.thread is None:
        raise AssertionError("a form without a thread has been refused")
    return ThreadKey(by.team, form.thread.channel, form.thread.root)


async def _checked(
    door: Door, by: Actor, about: About, form: LinkForm, thread: ThreadKey
) -> tuple[Session | None, Errors]:
    """The session, if it is known here; and what stands against linking it."""
    known, elsewhere = await asyncio.gather(
        chosen(door, by, about.channel, form.evo_id), _against_thread(door, by, about, form)
    )
    left = {one.channel for one in door.read.threads_of(known.key)} if known and form.move else set[ChannelId]()
    against_each = [await door.against(by.user, Action.LINK, one, known) for one in {thread.channel, *left}]
    why = next(filter(None, against_each), None)
    hidden = door.read.session_of(form.evo_id) is not None and known is None
    against = why or (UNKNOWN if hidden else None) or _against_session(door, form, thread, known)
    if against:
        return known, {link.SESSION: against}
    return known, {} if elsewhere is None else {link.SESSION if about.thread else link.THREAD: elsewhere}


async def _against_thread(door: Door, by: Actor, about: About, form: LinkForm) -> str | None:
    if form.thread is not None:
        return await against_new(door, form.thread, by.user)
    why = await against_channel(door, about.channel, by.user)
    # They see it: it was opened from a message there.
    return why and door.workspace.scopes.because(NOT_IN_CHANNEL, *CHANNELS)


def _against_session(door: Door, form: LinkForm, thread: ThreadKey, known: Session | None) -> str | None:
    if known is None:
        return None if is_safe_id(form.evo_id) else UNUSABLE
    here = any(one.session == known.key and one.role is Role.TARGET for one in door.read.links_in(thread))
    return ALREADY if here and not form.move and known.life is not Life.FAILED else None


async def _link(
    door: Door, by: Actor, name: SlackName, form: LinkForm, thread: ThreadKey, known: Session | None
) -> Answer:
    await door.bridge.link(
        known.key if known else form.evo_id,
        thread,
        by,
        name,
        mode=form.mode,
        history=form.history,
        moved_by=(door.workspace.known_name(by.user) or SOMEBODY) if form.move else "",
    )
    return CLOSE
