"""A command that lacks something opens its modal, filled with what was typed, with what is wrong under its field."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from bot import texts
from bot.grammar import (
    Channel,
    ChannelName,
    Incomplete,
    Invite,
    Kick,
    Link,
    Move,
    Permalink,
    Problem,
    SessionRef,
    permalink_url,
)
from bot.model import History, Member, Session
from bot.policy import Action
from bot.text import shorten
from bot.texts import ALREADY_OVER
from bot.views import Message, hints
from bot.views import invite as invite_view
from bot.views import link as link_view
from bot.views import move as move_view
from bot.views import remove as remove_view
from bot.views.about import About, Choice
from bot.views.blocks import sentence
from bot.views.new_session.typed import line_of
from bot.views.results import OVER
from handlers.door import Door
from handlers.modals import invite, link, move, remove
from handlers.opening import Opener
from handlers.orders.finding import evo_id_meant, session_meant
from handlers.orders.order import Order, Unclear
from handlers.orders.people import member_meant

LONGEST = 1000  # characters of sentences that repeat what was typed
SHOWN = 60  # characters of a name that a sentence repeats

NOTHING_DONE = "Nothing was done."
NO_SUCH_SESSION = "No session that you can see is “{typed}”. Choose it here."
WHICH_CHANNEL = "I cannot tell which channel “#{name}” is. Choose it here."

Form = Callable[[Door, Order, Opener, Any, Sequence[Problem]], Awaitable[bool]]


def has_form(parsed: Incomplete) -> bool:
    return type(parsed.command) in _FORMS


async def by_form(door: Door, order: Order, parsed: Incomplete) -> Message | None:
    """Raises Unclear when no form could help. Where nobody can look at one, a button opens it."""
    if order.show is None:
        return hints.by_button(objections(parsed), order.words)
    if why := await door.surely_against(order.by.user, Action.SEE, order.channel):
        raise Unclear(why)
    wrong = [problem for problem in parsed.problems if problem.typed]  # what is merely missing is plain to see
    opened = await _FORMS[type(parsed.command)](door, order, order.show, parsed.command, wrong)
    return None if opened else hints.said(texts.TOO_SLOW)


def objections(parsed: Incomplete) -> str:
    """What stands against a command, safe for mrkdwn."""
    said = " ".join(dict.fromkeys(parsed.by_field.values()))
    return f"{sentence(said, LONGEST)} {NOTHING_DONE}"


async def _invite(door: Door, order: Order, show: Opener, command: Invite, wrong: Sequence[Problem]) -> bool:
    session, said = await _session(door, order, command.session, invite_view.SESSION, living=True)
    typed = [*filter(None, map(line_of, command.people)), *(one.text for one in command.unreadable)]
    begun = invite_view.Begun(
        people="\n".join(typed),
        users=[one for one in command.people if isinstance(one, str)],
        caller_id=command.caller_id.e164 if command.caller_id else _typed(wrong, "caller_id"),
        said=_said(said, wrong, _INVITE),
    )
    return bool(await show(invite.view_of(door, order.by.team, _about(order, session), begun)))


async def _kick(door: Door, order: Order, show: Opener, command: Kick, wrong: Sequence[Problem]) -> bool:
    session, said = await _session(door, order, command.session, remove_view.SESSION, living=True)
    member: Member | None = None
    if session is not None and command.who is not None:
        member = await member_meant(door, session, command.who)
    begun = remove_view.Begun(member=member, said=_said(said, wrong, _KICK))
    return bool(await show(remove.view_of(door, _about(order, session), session, begun)))


async def _move(door: Door, order: Order, show: Opener, command: Move, wrong: Sequence[Problem]) -> bool:
    session, said = await _session(door, order, command.session, move_view.SESSION)
    to = command.to
    if isinstance(to, ChannelName):
        said |= {move_view.CHANNEL: WHICH_CHANNEL.format(name=to.name)}
    begun = move_view.Begun(
        channel=to.id if isinstance(to, Channel) else None,
        link=permalink_url(to) if isinstance(to, Permalink) else _typed(wrong, "to"),
        said=_said(said, wrong, _MOVE),
    )
    return bool(await show(move.view_of(door, _about(order, session), begun)))


async def _link(door: Door, order: Order, show: Opener, command: Link, wrong: Sequence[Problem]) -> bool:
    """The thread in which it was typed, unless another one was."""
    elsewhere = isinstance(command.thread, Permalink) or any(one.field == "thread" for one in wrong)
    about = About(order.channel, order.thread.ts if order.thread and not elsewhere else None)
    choice, said = await _to_link(door, order, command.session)
    begun = link_view.Begun(
        choice=choice,
        thread=permalink_url(command.thread) if isinstance(command.thread, Permalink) else _typed(wrong, "thread"),
        history=command.history or History.NONE,
        said=_said(said, wrong, _LINK),
    )
    return await link.open_form(door, show, order.by, about, begun)


async def _to_link(door: Door, order: Order, meant: SessionRef | None) -> tuple[Choice | None, dict[str, str]]:
    """A session that is known and may be seen; else what looks like the id of one that only Evo Voice knows."""
    if meant is None:
        return None, {}
    session, said = await _session(door, order, meant, link_view.SESSION)
    evo_id = evo_id_meant(meant)
    if session is None and evo_id is not None and door.read.session_of(evo_id) is None:
        return Choice(evo_id, evo_id), {}
    return Choice.of(session) if session else None, said


async def _session(
    door: Door, order: Order, meant: SessionRef | None, field: str, *, living: bool = False
) -> tuple[Session | None, dict[str, str]]:
    """The session that is meant, if it can be told; else what is said under its field. Raises Unclear when it must be
    `living` and is over.
    """
    if meant is None:
        return None, {}
    try:
        session = await session_meant(door, order, meant)
    except Unclear:
        return None, {field: NO_SUCH_SESSION.format(typed=shorten(meant.text, SHOWN))} if meant.text else {}
    if living and session.life in OVER:
        raise Unclear(ALREADY_OVER)
    return session, {}


def _about(order: Order, session: Session | None) -> About:
    return About(order.channel, order.thread.ts if order.thread else None, session.key if session else None)


def _typed(wrong: Sequence[Problem], attribute: str) -> str:
    """What could not be read stands where it was meant to stand."""
    return next((one.typed for one in wrong if one.field == attribute), "")


def _said(said: Mapping[str, str], wrong: Sequence[Problem], fields: Mapping[str, str]) -> dict[str, str]:
    """By field; under "" what belongs to none."""
    all_ = dict(said)
    for one in wrong:
        place = fields.get(one.field, "")
        all_[place] = f"{all_[place]} {one.why}" if place in all_ else one.why
    return all_


# A command's attributes, and the fields of its form.
_INVITE: Final = {
    "people": invite_view.PEOPLE,
    "unreadable": invite_view.PEOPLE,
    "caller_id": invite_view.CALLER_ID,
    "session": invite_view.SESSION,
}
_KICK: Final = {"who": remove_view.MEMBER, "session": remove_view.SESSION}
_MOVE: Final = {"to": move_view.LINK, "session": move_view.SESSION}
_LINK: Final = {"session": link_view.SESSION, "thread": link_view.THREAD, "history": link_view.HISTORY}

_FORMS: Final[Mapping[type, Form]] = {Invite: _invite, Kick: _kick, Link: _link, Move: _move}
