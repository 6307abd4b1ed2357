"""A filled-in form as the command that would have done the same."""

from __future__ import annotations

from bot.grammar import HERE, Channel, EvoAddress, How, Incomplete, New, Place, SessionRef, parse, render
from bot.grammar.escapes import plain
from bot.model import ChannelId, SessionType
from bot.views.blocks import Block, context, quiet
from bot.views.new_session.reading import NewSessionForm
from bot.views.new_session.shape import Shape

SAME_AS = "Same as: {command}"
SAME_IN_THREAD = "Same as, written in this thread: {command}"
SHOWN = 400  # characters of a command


def same_as(form: NewSessionForm, shape: Shape, region: str) -> list[Block]:
    """A line that teaches the command; none for what cannot be typed."""
    typed = spelt(form, shape, region)
    if typed is None:
        return []
    bot, said = ("@Evo", SAME_IN_THREAD) if shape.thread else ("/session", SAME_AS)
    shown = _cut(f"{bot} {typed}")
    if "`" in shown or "\n" in shown:  # where Slack's mark for a command would end too early
        return [quiet(said.format(command=plain(shown)))]
    return [context(said.format(command=f"`{shown}`"))]


def spelt(form: NewSessionForm, shape: Shape, region: str) -> str | None:
    """The command, escaped as Slack sends it; None when it would be read as another one."""
    command = command_of(form, shape)
    text = render(command)
    read = parse(text, region=region, in_thread=shape.thread is not None)
    return text if command == (read.command if isinstance(read, Incomplete) else read) else None


def command_of(form: NewSessionForm, shape: Shape) -> New:
    """What a form asks for, as it can be typed. What is usual is left out."""
    request = form.request
    return New(
        type=request.type,
        name=request.name,
        with_address=_evo_address(request.with_address),
        people=(*form.slack_members, *request.emails, *request.phones),
        from_number=request.from_number,
        to=request.to,
        destination=request.destination,
        to_address=request.to_address,
        from_address=request.from_address,
        customer=request.customer_id or "",
        parent=SessionRef(How.ID, request.parent_id) if request.parent_id else None,
        direction=request.direction,
        call_state=request.call_state,
        start=None if request.start == (request.type is SessionType.VOICE) else request.start,
        message=request.first_message,
        mode=request.mode,
        card=_card(form, shape),
        from_name=request.from_name or "",
    )


def _evo_address(address: str | None) -> EvoAddress | None:
    kind, found, ident = (address or "").partition(":")
    return EvoAddress(kind.lower(), ident) if found else None


def _card(form: NewSessionForm, shape: Shape) -> Place | None:
    if shape.thread:
        return HERE
    return Channel(ChannelId(form.where)) if form.where and form.where != shape.here else None


def _cut(text: str) -> str:
    """Between two words: what Slack has escaped holds no blank, so that nothing of it is split."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN].rpartition(' ')[0]} …"
