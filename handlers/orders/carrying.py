"""What each command does. Complete ones act at once; what is wrong is said, and nothing is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bot.bridge import Wanted
from bot.grammar import (
    THIS,
    Admin,
    Command,
    End,
    Find,
    FollowUp,
    Help,
    Hold,
    Incomplete,
    Invite,
    Kick,
    Link,
    List,
    Me,
    Move,
    New,
    NoteTo,
    Parsed,
    Resume,
    Send,
    SetMode,
    Show,
    Status,
    Switch,
    TooLong,
    Unknown,
    Unlink,
    Verb,
    Why,
    help_text,
    parse,
)
from bot.grammar.words import VERBS
from bot.model import Actor
from bot.policy import Action
from bot.views import Message, hints
from bot.views.blocks import sentence
from handlers.door import Door
from handlers.orders import admin, explaining, looking, opening, people, steps, threads
from handlers.orders.forms import NOTHING_DONE, by_form, has_form, objections
from handlers.orders.order import Order, Unclear

KNOWN: Final = tuple(Verb)
OFFERED: Final = tuple(word for word, verb in VERBS.items() if verb in KNOWN)
LONGEST = 200  # characters of a sentence that repeats what was typed

SEE_HELP = "See `{how} help`."
TO_THE_SESSION = "Nothing was sent. To write to the session, leave out the mention, or type `{bot} send …`."
NOT_YET = "I cannot do that yet."

Carry = Callable[[Door, Order, Any], Awaitable[Message | None]]

_CARRY: Final[Mapping[type, Carry]] = {
    Invite: people.invite,
    Kick: people.kick,
    Send: steps.send,
    NoteTo: steps.note,
    Hold: steps.hold,
    Resume: steps.hold,
    End: steps.end,
    FollowUp: opening.follow_up,
    Link: threads.link,
    Unlink: threads.unlink,
    Move: threads.move,
    Switch: threads.switch,
    SetMode: threads.set_mode,
    List: looking.list_,
    Find: looking.find,
    Show: looking.show,
    Me: looking.me,
    Why: explaining.why,
    Status: looking.status,
    New: opening.new,
    Admin: admin.admin,
}
# What becomes an item, or a form, is checked when that leaves; the rest is done at once, so it is checked now.
_CHECKED_WHEN_IT_LEAVES: Final = (Invite, Kick, Send, Hold, Resume, End, New)
# What is for administrators is checked there, wherever it is typed.
_CHECKED_LATER: Final = (*_CHECKED_WHEN_IT_LEAVES, Admin)
_CHANGES_LINKS: Final = (Link, Unlink, Move, Switch, SetMode)


async def carry_out(door: Door, wanted: Wanted) -> Message | None:
    """A command in a thread. Returns what who typed it is told, if anything."""
    said = wanted.said
    by = Actor(said.thread.team, said.user)
    order = Order(
        by=by,
        channel=said.thread.channel,
        name=said.name(),
        thread=said.thread,
        position=said.ts,
        session=wanted.session,
        doubt=wanted.doubt,
        words=wanted.words,
    )
    parsed = parse(wanted.words or "help", region=door.house.region, in_thread=True, offered=OFFERED)
    if wanted.doubt and _opens(parsed):
        await door.bridge.was_away(wanted)  # a second session would not undo the first
        return None
    told = await run(door, order, parsed)
    if not door.read.is_asked_under(said.name()):
        await door.bridge.carried_out(said.name())
    return told


async def run(door: Door, order: Order, parsed: Parsed) -> Message | None:
    """Whatever was typed. Raises Unavailable when it could not be stored: then nothing has changed."""
    if isinstance(parsed, Help | Unknown | TooLong):
        return _answer(door, order, parsed)
    command = parsed.command if isinstance(parsed, Incomplete) else parsed
    action = Action.LINK if isinstance(command, _CHANGES_LINKS) else Action.SEE
    if not _is_checked_later(command) and (why := await door.against(order.by.user, action, order.channel)):
        return hints.said(why)
    try:
        if not isinstance(command, New) and isinstance(parsed, Incomplete) and not _can_be_done_in_part(order, parsed):
            return await by_form(door, order, parsed) if has_form(parsed) else hints.said(objections(parsed))
        return await _carry(door, order, parsed if isinstance(command, New) else command)
    except Unclear as unclear:
        return unclear.message


def _is_checked_later(command: Command) -> bool:
    """Not where a session is to be found by what was typed: what there is, is not for everybody to know."""
    return isinstance(command, _CHECKED_LATER) and getattr(command, "session", None) in {None, THIS}


async def _carry(door: Door, order: Order, meant: Parsed) -> Message | None:
    carry = _CARRY.get(New if isinstance(meant, Incomplete) else type(meant))
    if carry is None:
        return hints.said(f"{NOT_YET} {_see_help(door, order)}")
    return await carry(door, order, meant)


def _opens(parsed: Parsed) -> bool:
    return isinstance(parsed, New | FollowUp)


def _can_be_done_in_part(order: Order, parsed: Incomplete) -> bool:
    """Where no form can be shown, whoever could be read is invited, and a line tells of each of the others."""
    command = parsed.command
    if order.show is not None or not isinstance(command, Invite):
        return False
    return bool(command.unreadable) and set(parsed.by_field) == {"people"}


def _answer(door: Door, order: Order, parsed: Help | Unknown | TooLong) -> Message:
    bot = door.house.called
    if isinstance(parsed, Help):
        return hints.said(help_text(parsed.topic, bot, KNOWN))
    then = TO_THE_SESSION.format(bot=bot) if order.session else f"{NOTHING_DONE} {_see_help(door, order)}"
    return hints.said(f"{sentence(parsed.why, LONGEST)} {then}")


def _see_help(door: Door, order: Order) -> str:
    return SEE_HELP.format(how=order.before(door.house.called))
