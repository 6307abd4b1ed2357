"""Which fields a form shows, and what was put into those that it does not show just now. What packs also unpacks.

Slack keeps what stands in a field as long as the field is there. What stands in the others travels in the form's own
metadata, which holds 3,000 characters: so nothing is stored for a form that is never submitted.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.model import ChannelId, SessionType, TeamId, ThreadKey, Ts
from bot.views.state import Values

METADATA = 3000  # characters that Slack takes

# By action id: a text, or a list: value and label of what was chosen, people, ticks.
Held = dict[str, str | list[str]]


class Entry(StrEnum):
    """How a number of ours, or a customer, is given. Settled once for each form, for a field keeps its kind."""

    LOADING = "loading"  # not settled yet: the field is not there
    LIST = "list"
    TYPED = "typed"


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides which fields are there, and what is settled before anybody fills them in."""

    type: SessionType = SessionType.CHAT
    more: bool = False
    numbers: Entry = Entry.LOADING
    customers: Entry = Entry.LOADING
    thread: ThreadKey | None = None  # in which the card will stand: then nobody is asked where
    here: ChannelId | None = None  # where the form was asked for
    text: str = ""  # of the message that it was started from, to be sent if that is wanted

    @property
    def loading(self) -> bool:
        return Entry.LOADING in (self.numbers, self.customers)


def pack(shape: Shape, hidden: Held) -> tuple[str, list[str]]:
    """The metadata, and the fields whose content is too long for it: the longest are given up first."""
    kept, given_up = dict(hidden), []
    while len(packed := _packed(shape, kept)) > METADATA and kept:
        longest = max(kept, key=lambda name: len(json.dumps(kept[name], ensure_ascii=False)))
        given_up.append(longest)
        del kept[longest]
    return packed, given_up


def unpack(metadata: str) -> tuple[Shape, Held]:
    """Raises ValueError when this is no metadata of ours."""
    try:
        body = json.loads(metadata)
        return _shape(body), {str(name): _as_held(value) for name, value in body["kept"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not the metadata of a new session") from error


def held_in(values: Values) -> Held:
    """What stands in the fields of a form, those included that were left empty."""
    return {name: _held(element) for elements in values.values() for name, element in elements.items()}


def as_submitted(inputs: Sequence[Mapping[str, Any]]) -> Values:
    """What Slack would say of these fields if they were submitted as they are drawn."""
    return {block["block_id"]: {block["element"]["action_id"]: _standing(block["element"])} for block in inputs}


def without(held: Held, names: Collection[str]) -> Held:
    return {name: value for name, value in held.items() if name not in names}


def _packed(shape: Shape, kept: Held) -> str:
    body = {"type": shape.type, "more": shape.more, "numbers": shape.numbers, "customers": shape.customers}
    thread = shape.thread and [shape.thread.team, shape.thread.channel, shape.thread.ts]
    settled = {"thread": thread, "here": shape.here, "text": shape.text}
    known = {name: value for name, value in settled.items() if value}
    return json.dumps(body | known | {"kept": kept}, ensure_ascii=False, separators=(",", ":"))


def _shape(body: Mapping[str, Any]) -> Shape:
    return Shape(
        SessionType(body["type"]),
        body["more"] is True,
        Entry(body["numbers"]),
        Entry(body["customers"]),
        _thread(*body["thread"]) if body.get("thread") else None,
        ChannelId(str(body["here"])) if body.get("here") else None,
        str(body.get("text", "")),
    )


def _thread(team: object, channel: object, ts: object) -> ThreadKey:
    return ThreadKey(TeamId(str(team)), ChannelId(str(channel)), Ts(str(ts)))


def _as_held(value: object) -> str | list[str]:
    return [str(part) for part in value] if isinstance(value, list) else str(value)


def _held(element: Mapping[str, object]) -> str | list[str]:
    match element:
        case {"selected_option": {"value": str(value), "text": {"text": str(label)}}}:
            return [value, label]
        case {"selected_options": [*ticked]}:
            return [str(one["value"]) for one in ticked if isinstance(one, dict)]
        case {"selected_users": [*users]}:
            return [str(user) for user in users]
        case {"selected_conversation": str(channel)}:
            return channel
        case {"value": str(text)}:
            return text
    return ""


# By the kind of a field: what Slack calls that which stands in it, and what it was drawn with.
_STANDING = {
    "plain_text_input": ("value", "initial_value", None),
    "conversations_select": ("selected_conversation", "initial_conversation", None),
    "multi_users_select": ("selected_users", "initial_users", ()),
    "checkboxes": ("selected_options", "initial_options", ()),
}


def _standing(element: Mapping[str, Any]) -> dict[str, object]:
    called, drawn, empty = _STANDING.get(element["type"], ("selected_option", "initial_option", None))
    return {called: element.get(drawn, empty)}
