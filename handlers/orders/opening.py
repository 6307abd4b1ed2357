"""New sessions: at once when everything was said, else by the form."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot import texts
from bot.bridge.drafts import NewDraft
from bot.bridge.following import follow, left_out
from bot.courier.errands import new_session as as_sent
from bot.grammar import FollowUp, Incomplete, New, Parsed
from bot.model import Actor, ChannelId, Kind, NewSessionRequest, Phone, Session, SessionType, ThreadKey
from bot.policy import Action, wishes
from bot.views import Message, hints, new_session
from bot.views.blocks import name, sentence
from bot.views.new_session import LABELS, UNDER_MORE, Typed, dry, typed
from bot.views.results import OVER
from handlers import confirming
from handlers.checking import checked
from handlers.door import Door
from handlers.orders.choosing import AT_HAND, chosen, home_of
from handlers.orders.finding import session_meant
from handlers.orders.order import Order, Unclear
from handlers.seeing import may_open
from handlers.session_form import FirstLook, settled, shape_of

CHECK_SECONDS = 2.2  # for everything that is looked up; Slack gives three for the whole
LINE, MOST = 600, 2500  # characters of what stands against one field, and against a command

STILL_ALIVE = "“{name}” has not ended yet, so nothing can follow it. `{how} end` ends it. Nothing was done."
LEFT_OUT = "Left out, because Evo Voice did not add them the last time: {who}."
FORM = "Nothing was done yet: the form asks for what is missing."
CORRECT = "Nothing was done yet: the form shows it under its field."
CHECK = "Nothing was sent yet: numbers are called, texted or faxed only after you have checked them."
NOTHING_SENT = "Nothing was sent."
NOTHING_DONE = "No session was opened."
TOO_LONG = "This is too long to be kept."


@dataclass(frozen=True, slots=True)
class Wrong:
    """A command that cannot be carried out as it was typed: the form begins with it."""

    begun: Typed


@dataclass(frozen=True, slots=True)
class Right:
    """A command that can."""

    draft: NewDraft


async def new(door: Door, order: Order, parsed: Parsed) -> Message | None:
    """At once when it is complete and right; else by the form, which begins with what was typed."""
    match parsed:
        case New() if parsed.opens_form:
            return await by_form(door, order, typed(parsed), home_of(door, order, parsed))
        case New():
            return await _complete(door, order, parsed)
        case Incomplete(New() as command, problems) if command.dry:
            raise Unclear(f"{_listed(Incomplete(command, problems).by_field)}{NOTHING_SENT}")
        case Incomplete(New() as command, problems):
            begun = await chosen(door, order, command, typed(command, problems), AT_HAND)
            return await by_form(door, order, begun, home_of(door, order, command))
    raise AssertionError("only a new session is opened here")


async def by_form(door: Door, order: Order, begun: Typed, thread: ThreadKey | None = None) -> Message | None:
    """Where nobody can look at a form, a button opens it."""
    if why := await may_open(door, order.by.user, begun.type):
        raise Unclear(why)
    if order.form is None:
        return hints.by_button(f"{_listed(begun.said)}{CORRECT}" if begun.said else FORM, order.words)
    author = door.called(order.by, await door.profile(order.by.user))
    look = replace(_look(order, begun, thread), author=author)
    return None if await order.form(look) else hints.said(texts.TOO_SLOW)


def _look(order: Order, begun: Typed, thread: ThreadKey | None) -> FirstLook:
    return FirstLook(order.channel if order.cards else None, begun, thread=thread)


def _listed(said: Mapping[str, str]) -> str:
    """What stands against a command, where there is no field to put it under. Safe for mrkdwn."""
    made = ""
    for field, why in said.items():
        line = sentence(f"{LABELS[field]}: {why}" if field in LABELS else why, LINE)
        if len(made) + len(line) < MOST:
            made += f"• {line}\n"
    return made


# At once


async def _complete(door: Door, order: Order, command: New) -> Message | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            found = await _checked(door, order, command)
    except TimeoutError:
        return hints.said(texts.TOO_SLOW)
    match found:
        case Wrong(begun) if command.dry:
            raise Unclear(f"{_listed(begun.said)}{NOTHING_SENT}")
        case Wrong(begun):
            return await by_form(door, order, begun, home_of(door, order, command))
        case Right() if command.dry:
            return await _dry(door, order, found)
        case Right(draft) if draft.phones and door.house.asks_first:
            return await _ask(door, order, draft)
        case Right() if not order.at_once:
            return await by_form(door, order, typed(command), home_of(door, order, command))
    return await _open(door, order, found.draft)


async def _open(door: Door, order: Order, draft: NewDraft, *, confirmed: bool = True) -> Message | None:
    """A message is repeated by Slack until it is heard; a command is typed anew by who was told that it failed."""
    if order.show is None:
        await door.bridge.open(draft.request, order.by, draft.home, draft.name, confirmed=confirmed)
        return None
    already = await door.bridge.open_new(draft, order.by, confirmed=confirmed)
    if already is None:
        return None
    view = await confirming.about_another(door, order.by, draft, already, close="Cancel")
    return None if await order.show(view) else hints.said(texts.TOO_SLOW)


async def _checked(door: Door, order: Order, command: New) -> Right | Wrong:
    """The same checks as for a form on which Create was pressed as it was drawn."""
    await door.directory.ready()
    begun = await chosen(door, order, command, typed(command))
    look = _look(order, begun, home_of(door, order, command))
    author = door.called(order.by, await door.profile(order.by.user))
    shape = settled(shape_of(look), door.directory, give_up=True)
    values, lost = new_session.unchanged(shape, new_session.begun(look.channel) | begun.held, author)
    listed, house = door.directory.listed, door.house
    form = new_session.parse(values, house.region, house.phones_wanted, listed, author, shape)
    if begun.said or lost or isinstance(form, dict):
        return _wrong(begun, dict.fromkeys(lost, TOO_LONG) | (form if isinstance(form, dict) else {}))
    emails = await checked(door, order.by, form)
    if isinstance(emails, dict):
        return _wrong(begun, emails)
    return Right(NewDraft(new_session.with_emails(form.request, emails), form.home, order.name))


def _wrong(begun: Typed, errors: Mapping[str, str]) -> Wrong:
    """What was said first of a field is why; the rest may follow from it."""
    said = {**errors, **begun.said}
    return Wrong(replace(begun, said=said, more=begun.more or bool(said.keys() & UNDER_MORE)))


async def _ask(door: Door, order: Order, draft: NewDraft) -> Message | None:
    """Numbers are shown before anything leaves; a message cannot show them, so a button does."""
    if order.show is None:
        return hints.by_button(CHECK, order.words, "Check the numbers")
    view = await confirming.about_form(door, order.by, draft, close="Cancel")
    return None if await order.show(view) else hints.said(texts.TOO_SLOW)


async def _dry(door: Door, order: Order, found: Right) -> Message:
    author = door.signature(order.by.user)
    request = found.draft.request
    sent = as_sent(request, author).model_dump(mode="json", by_alias=True, exclude_none=True)
    confirmed = found.draft.phones if door.house.asks_first else ()
    return dry.would_send(sent, request, author, found.draft.home, confirmed)


# After another one


async def follow_up(door: Door, order: Order, command: FollowUp) -> Message | None:
    """The same people, in the same thread, with the one that has ended as its parent."""
    session = await session_meant(door, order, command.session)
    if session.life not in OVER:
        raise Unclear(STILL_ALIVE.format(name=name(session.name), how=order.before(door.house.called)))
    if why := await door.against_in(order.by.user, Action.SEE, session):
        raise Unclear(why)
    request = following(door, session)
    asks = request.type is not SessionType.CHAT or request.dialled or left_out(session, request)
    if asks or not order.at_once:
        begun = await form_after(door, order.by, session)
        return await by_form(door, order, begun, thread_of(door, order, session))
    if why := door.bridge.against_phones(order.by.user, request.phones):
        raise Unclear(sentence(f"{why} {NOTHING_DONE}", LINE))
    home = thread_of(door, order, session) or session.channel
    channel = home.channel if isinstance(home, ThreadKey) else home
    if why := await door.against_all(order.by.user, wishes.of_request(request), channel):
        raise Unclear(why)
    return await _open(door, order, NewDraft(request, home, order.name), confirmed=False)


def following(door: Door, session: Session) -> NewSessionRequest:
    openings = door.read.items_of(session.key, Kind.OPEN)
    return follow(session, openings[0] if openings else None, door.house.region, door.house.login)


async def form_after(door: Door, by: Actor, session: Session) -> Typed:
    """The form as it follows a session. Raises Unavailable.

    It shows numbers whole. Where they are masked on the session's card, that is a look at them like any other: it is
    recorded before, and whoever may not look types them.
    """
    request = following(door, session)
    hidden = (request.phones or request.dialled) and not door.read.is_private(session.team, session.channel)
    if hidden and await door.against_in(by.user, Action.REVEAL, session):
        request = _without_numbers(request)
    elif hidden:
        await door.bridge.reveal(session.key, by)
    begun = _begun_by(request, session)
    if out := left_out(session, request):
        begun = replace(begun, said={**begun.said, new_session.MEMBERS: LEFT_OUT.format(who=", ".join(out))})
    return begun


def _without_numbers(request: NewSessionRequest) -> NewSessionRequest:
    to, at, back = request.to_address, request.destination, request.from_address
    return replace(
        request,
        phones=(),
        to=None,
        to_address=None if isinstance(to, Phone) else to,
        destination=None if isinstance(at, Phone) else at,
        from_address=None if isinstance(back, Phone) else back,
    )


def _begun_by(request: NewSessionRequest, before: Session) -> Typed:
    form = new_session.NewSessionForm(request, (), ChannelId(""))
    begun = typed(new_session.command_of(form, new_session.Shape()))
    held = dict(begun.held)
    if request.with_address:
        held[new_session.WITH] = [request.with_address, request.with_label or request.with_address]
    if request.parent_id:
        held[new_session.PARENT] = [request.parent_id, before.name or request.parent_id]
    if request.customer_id:
        held[new_session.CUSTOMER] = [request.customer_id, request.customer_label or request.customer_id]
    return replace(begun, held=held)


def thread_of(door: Door, order: Order, session: Session) -> ThreadKey | None:
    """Where a session ended; of several threads, the one in which somebody asks."""
    here = order.in_thread
    shown = here is not None and any(link.session == session.key for link in door.read.links_in(here))
    return here if shown else session.thread
