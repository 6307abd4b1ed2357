"""Which fields a form shows, and what was put into those that it does not show just now. What packs also unpacks.

Slack keeps what stands in a field as long as the field is there. What stands in the others travels in the form's own
metadata, which holds 3,000 characters: so nothing is stored for a form that is never submitted.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.model import SessionType
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
    """What decides which fields are there."""

    type: SessionType = SessionType.CHAT
    more: bool = False
    numbers: Entry = Entry.LOADING
    customers: Entry = Entry.LOADING

    @property
    def loading(self) -> bool:
        return Entry.LOADING in (self.numbers, self.customers)


def pack(shape: Shape, hidden: Held) -> tuple[str, list[str]]:
    """The metadata, and the fields whose content is too long for it: the longest are given up first."""
    kept, given_up = dict(hidden), []
    while len(packed := _packed(shape, kept)) > METADATA:
        longest = max(kept, key=lambda name: len(json.dumps(kept[name], ensure_ascii=False)))
        given_up.append(longest)
        del kept[longest]
    return packed, given_up


def unpack(metadata: str) -> tuple[Shape, Held]:
    """Raises ValueError when this is no metadata of ours."""
    try:
        body = json.loads(metadata)
        shape = Shape(SessionType(body["type"]), body["more"] is True, Entry(body["numbers"]), Entry(body["customers"]))
        return shape, {str(name): _as_held(value) for name, value in body["kept"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not the metadata of a new session") from error


def held_in(values: Values) -> Held:
    """What stands in the fields of a form, those included that were left empty."""
    return {name: _held(element) for elements in values.values() for name, element in elements.items()}


def without(held: Held, names: Collection[str]) -> Held:
    return {name: value for name, value in held.items() if name not in names}


def _packed(shape: Shape, kept: Held) -> str:
    body = {"type": shape.type, "more": shape.more, "numbers": shape.numbers, "customers": shape.customers}
    return json.dumps(body | {"kept": kept}, ensure_ascii=False, separators=(",", ":"))


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
