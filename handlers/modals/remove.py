"""Remove member: choose somebody, confirm the name."""

from __future__ import annotations

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot import texts
from bot.model import Actor, Member, Session, name_of_view
from bot.policy import Action
from bot.views import View, remove
from bot.views.about import About
from bot.views.remove import Begun, Removal
from bot.views.results import OVER
from handlers.door import Door
from handlers.modals.answers import CLOSE_ALL, Answer, only, push, stored_or_over, wrong
from handlers.modals.choosing import UNKNOWN, chosen, meant, while_filled_in
from handlers.opening import Shown, change_modal
from handlers.payloads import actor


def view_of(door: Door, about: About, session: Session | None, begun: Begun) -> View:
    return remove.form(about, session, members_of(door, session) if session else (), begun)


def members_of(door: Door, session: Session) -> list[Member]:
    """Who may be removed: without the bot itself nothing would reach the thread any more."""
    own = door.house.login.casefold()
    return [one for one in session.members if own not in {one.identity.casefold(), one.name.casefold()}]


async def choose(door: Door, client: AsyncWebClient, body: dict[str, Any]) -> None:
    """Shows the members of the session that was chosen."""
    values, about = while_filled_in(body)
    choice = remove.chosen_in(values)
    session = await chosen(door, actor(body), about.channel, choice.evo_id) if choice else None
    await change_modal(client, Shown.of(body["view"]), view_of(door, about, session, Begun(choice)))


async def submitted(door: Door, body: dict[str, Any]) -> Answer:
    """Asks once more, with the name."""
    by, view = actor(body), body["view"]
    about = About.unpack(view["private_metadata"])
    form = remove.parse(view["state"]["values"], about)
    if isinstance(form, dict):
        return wrong(form)
    evo_id, mark = form
    session = await meant(door, by, about, evo_id)
    if session is None:
        return wrong({remove.MEMBER: await door.against(by.user, Action.REMOVE, about.channel) or UNKNOWN})
    if why := await door.against_in(by.user, Action.REMOVE, session):
        return wrong({remove.MEMBER: why})
    member = remove.marked(members_of(door, session), mark)
    if session.life in OVER or member is None:
        return wrong({remove.MEMBER: texts.ALREADY_OVER if session.life in OVER else remove.GONE})
    settled = About(about.channel, about.thread, session.key)
    return push(remove.sure(Removal(settled, view["id"], mark), session, member))


async def confirmed(door: Door, body: dict[str, Any]) -> Answer:
    by, removal = actor(body), Removal.unpack(body["view"]["private_metadata"])
    session = await meant(door, by, removal.about, None)
    if session is None:
        raise ValueError("a removal from no session")
    if why := await door.against_in(by.user, Action.REMOVE, session):
        return only(why)
    member = remove.marked(members_of(door, session), removal.mark)
    if session.life in OVER or member is None:
        return only(texts.ALREADY_OVER if session.life in OVER else remove.GONE)
    return await stored_or_over(_remove(door, by, session, member, removal.view))


async def _remove(door: Door, by: Actor, session: Session, member: Member, view: str) -> Answer:
    """The id of the first modal names the gesture, so a second click is the same removal."""
    await door.bridge.remove(session.key, member, by, name_of_view(by.team, view))
    return CLOSE_ALL
