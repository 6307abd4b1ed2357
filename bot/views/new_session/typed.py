"""A typed command in the form: every value in its field, and every objection under it. Nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.grammar import Channel, ChannelName, EvoAddress, Handle, How, New, Problem, SessionRef, Who
from bot.model import Email, Mode, Phone, SessionType
from bot.text import with_emoji
from bot.views.new_session import fields as f
from bot.views.new_session.shape import Held

UNDER_MORE = frozenset(
    {f.CUSTOMER, f.PARENT, f.DIRECTION, f.STATE, f.FROM_ADDRESS, f.TO_ADDRESS, f.DESTINATION, f.FROM_NAME, f.MODE}
)
ONLY_CHAT = "Kept for a chat, and not sent for another type: {names}."
WHICH_CHANNEL = "I cannot tell which channel “#{name}” is. Choose it here."
ONE_NUMBER = "One number is used for everything: {number} was left out."
NO_TEXT = "Its thread is kept for notes: {type} takes no text."
TAKES_NO_TEXT = {SessionType.VOICE: "a call", SessionType.FAX: "a fax"}

# The command's attributes, and the fields of the form.
_FIELDS: Mapping[str, str] = {
    "type": f.TYPE,
    "name": f.NAME,
    "with_address": f.WITH,
    "people": f.MEMBERS,
    "unreadable": f.MEMBERS,
    "from_number": f.FROM,
    "caller_id": f.FROM,
    "to": f.TO,
    "destination": f.DESTINATION,
    "to_address": f.TO_ADDRESS,
    "from_address": f.FROM_ADDRESS,
    "customer": f.CUSTOMER,
    "parent": f.PARENT,
    "direction": f.DIRECTION,
    "call_state": f.STATE,
    "message": f.MESSAGE,
    "card": f.WHERE,
    "mode": f.MODE,
    "from_name": f.FROM_NAME,
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form begins with. `said`: by field, what was wrong with what was typed; under "" what belongs to none."""

    type: SessionType = SessionType.CHAT
    held: Held = field(default_factory=dict)
    more: bool = False
    said: Mapping[str, str] = field(default_factory=dict)


def typed(new: New, problems: Sequence[Problem] = ()) -> Typed:
    """What is merely missing is not said: whoever looks at the form sees that."""
    type_ = new.type or SessionType.CHAT
    wrong = [problem for problem in problems if problem.typed]
    held = _held(new, type_) | _as_typed(new, wrong)
    said = _said(new, type_, held, wrong)
    more = bool((held.keys() | said.keys()) & UNDER_MORE) or f.START_OTHERS in held
    return Typed(type_, held, more, said)


def _held(new: New, type_: SessionType) -> Held:
    start = f.START if type_ is SessionType.VOICE else f.START_OTHERS
    own = new.from_number or new.caller_id
    held: Held = {
        f.NAME: with_emoji(new.name),
        f.WITH: str(new.with_address or ""),
        f.SLACK_MEMBERS: [one for one in new.people if isinstance(one, str)],
        f.MEMBERS: "\n".join([*filter(None, map(line_of, new.people)), *(one.text for one in new.unreadable)]),
        f.FROM: own.e164 if own else "",
        f.TO: new.to.e164 if new.to else "",
        f.DESTINATION: _address(new.destination),
        f.TO_ADDRESS: _address(new.to_address),
        f.FROM_ADDRESS: _address(new.from_address),
        f.CUSTOMER: new.customer,
        f.PARENT: _session(new.parent),
        f.DIRECTION: [str(new.direction)] if new.direction else "",
        f.STATE: [str(new.call_state)] if new.call_state else "",
        f.MESSAGE: with_emoji(new.message),
        f.FROM_NAME: with_emoji(new.from_name),
        f.MODE: [str(new.mode)] if new.mode and type_ is SessionType.CHAT else "",
        f.WHERE: str(new.card.id) if isinstance(new.card, Channel) else "",
    }
    ticked: Held = {} if new.start is None else {start: [f.RUN] if new.start else []}
    return {name: value for name, value in held.items() if value} | ticked


def _as_typed(new: New, wrong: Sequence[Problem]) -> Held:
    """What could not be read stands where it was meant to stand, if nothing else does."""
    texts = {_FIELDS[one.field]: one.typed for one in wrong if one.field in _FIELDS and one.field != "unreadable"}
    filled = _held(new, new.type or SessionType.CHAT)
    free = texts.keys() - filled.keys() - {f.TYPE, f.DIRECTION, f.STATE, f.MODE, f.WHERE}
    return {name: texts[name] for name in free}


def _said(new: New, type_: SessionType, held: Held, wrong: Sequence[Problem]) -> dict[str, str]:
    said: dict[str, str] = {}
    for place, why in [*((_FIELDS.get(one.field, ""), one.why) for one in wrong), *_left_out(new, type_, held)]:
        said[place] = f"{said[place]} {why}" if place in said else why
    return said


def _left_out(new: New, type_: SessionType, held: Held) -> Iterator[tuple[str, str]]:
    """What was understood, and yet does not stand in the form: it is never passed over in silence."""
    only_in_chat = [f.LABELS[name] for name in f.ONLY_IN_CHAT if name in held]
    if only_in_chat and type_ is not SessionType.CHAT:
        yield f.TYPE, ONLY_CHAT.format(names=", ".join(f"“{name}”" for name in only_in_chat))
    if isinstance(new.card, ChannelName):
        yield f.WHERE, WHICH_CHANNEL.format(name=new.card.name)
    if new.caller_id and new.from_number and new.caller_id != new.from_number:
        yield f.FROM, ONE_NUMBER.format(number=new.caller_id.e164)
    if new.mode not in {None, Mode.NOTES} and type_ is not SessionType.CHAT:
        yield f.TYPE, NO_TEXT.format(type=TAKES_NO_TEXT[type_])


def line_of(one: Who) -> str:
    """A person as the form's text has them; Slack people have a field of their own."""
    match one:
        case Phone() | Email():
            return _address(one)
        case EvoAddress():
            return str(one)
        case Handle(name):
            return f"@{name}"
        case _:
            return ""


def _address(address: Phone | Email | None) -> str:
    match address:
        case Phone(e164):
            return e164
        case Email(text):
            return text
    return ""


def _session(parent: SessionRef | None) -> str:
    return parent.text if parent and parent.how in {How.ID, How.NAME} else ""
