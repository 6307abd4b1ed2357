"""What the elements of a form hold, and what a client lets a person put into them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.slack.errors import GestureError
from sandbox.slack.naming import interactive

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.slack.world import Json, World

WRITTEN = ("plain_text_input", "email_text_input", "url_text_input", "number_input")
CHOSEN = ("static_select", "external_select", "radio_buttons")
CHOSEN_MANY = ("multi_static_select", "multi_external_select", "checkboxes")

HOLDS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(WRITTEN, ("value", "initial_value")),
    "rich_text_input": ("rich_text_value", "initial_value"),
    **dict.fromkeys(CHOSEN, ("selected_option", "initial_option")),
    **dict.fromkeys(CHOSEN_MANY, ("selected_options", "initial_options")),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "file_input": ("files", "initial_files"),
}
"""Element type → the key of its value in state, and the key of its first value in the element."""

Held = dict[str, Any]
Values = dict[str, dict[str, Held]]


@dataclass(frozen=True, slots=True)
class Room:
    """What a person can pick from: the workspace, and the options an external menu has offered."""

    world: World
    offered: list[Json]


def first_state(blocks: list[Json], channel: str | None = None) -> Values:
    """What the form holds before anybody touches it; `channel` is where it was opened from."""
    values: Values = {}
    for block, element in interactive(blocks):
        if element["type"] in HOLDS:
            values.setdefault(block["block_id"], {})[element["action_id"]] = _first(element, channel)
    return values


def kept_state(blocks: list[Json], before: Values) -> Values:
    """State after an update: inputs whose block_id, action_id and type stayed keep what they held."""
    values = first_state(blocks)
    for block_id, held in values.items():
        for action_id, value in held.items():
            old = before.get(block_id, {}).get(action_id)
            if old is not None and old["type"] == value["type"]:
                held[action_id] = old
    return values


def _first(element: Json, channel: str | None) -> Held:
    key, initial = HOLDS[element["type"]]
    many = element["type"].startswith("multi_") or element["type"] in ("checkboxes", "file_input")
    value = element.get(initial, [] if many else None)
    if value is None and element.get("default_to_current_conversation"):
        value = channel
    return {"type": element["type"], key: value}


def is_empty(held: Held) -> bool:
    """Whether an element holds nothing."""
    value = held[HOLDS[held["type"]][0]]
    return value in (None, "", [])


def hold(element: Json, given: Any, room: Room) -> Held:
    """The state after a person puts `given` in: text, an option's value, an id, or a list of these; None empties.

    Raises GestureError where the client would not let them.
    """
    kind = element["type"]
    if kind not in HOLDS:
        raise GestureError(f"nothing can be put into a {kind}")
    if given is None:
        return _first({"type": kind}, None)
    take = next(rule for kinds, rule in _RULES if kind in kinds)
    return {"type": kind, HOLDS[kind][0]: take(element, given, room)}


def _text(element: Json, given: Any, _room: Room) -> str:
    text = str(given)
    if len(text) > int(element.get("max_length") or 3000):
        raise GestureError("too long")
    if 0 < len(text) < int(element.get("min_length") or 0):
        raise GestureError("too short")
    _shape_of_text(element["type"], text)
    return text


_TEXT_SHAPES = {
    "email_text_input": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "url_text_input": r"https?://\S+",
    "number_input": r"-?\d+(\.\d+)?",
}


def _shape_of_text(kind: str, text: str) -> None:
    pattern = _TEXT_SHAPES.get(kind)
    if pattern and text and not re.fullmatch(pattern, text):
        raise GestureError(f"{text!r} does not fit a {kind}")


def _option(element: Json, given: Any, room: Room) -> Json:
    for option in _options(element, room):
        if given in (option, option.get("value"), option["text"]["text"]):
            return option
    raise GestureError(f"there is no option {given!r}")


def _options(element: Json, room: Room) -> list[Json]:
    if "external" in element["type"]:
        first = element.get("initial_option")
        return [*room.offered, *([first] if first else []), *element.get("initial_options", [])]
    grouped = [option for group in element.get("option_groups") or [] for option in group["options"]]
    return [*(element.get("options") or []), *grouped]


def _user(_element: Json, given: Any, room: Room) -> str:
    person = room.world.people.get(given)
    if person is None or person.deleted:
        raise GestureError(f"there is nobody {given!r} to pick")
    return str(given)


def _conversation(_element: Json, given: Any, room: Room) -> str:
    if given not in room.world.channels:
        raise GestureError(f"there is no conversation {given!r} to pick")
    return str(given)


def _as_is(_element: Json, given: Any, _room: Room) -> Any:
    return given


def _many(single: Callable[[Json, Any, Room], Any]) -> Callable[[Json, Any, Room], Any]:
    def take(element: Json, given: Any, room: Room) -> list[Any]:
        most = element.get("max_selected_items")
        if most is not None and len(given) > most:
            raise GestureError(f"no more than {most} can be selected")
        return [single(element, one, room) for one in given]

    return take


_RULES: tuple[tuple[tuple[str, ...], Callable[[Json, Any, Room], Any]], ...] = (
    (WRITTEN, _text),
    (CHOSEN, _option),
    (CHOSEN_MANY, _many(_option)),
    (("users_select",), _user),
    (("multi_users_select",), _many(_user)),
    (("conversations_select", "channels_select"), _conversation),
    (("multi_conversations_select", "multi_channels_select"), _many(_conversation)),
    (("datepicker", "timepicker", "datetimepicker", "rich_text_input", "file_input"), _as_is),
)
