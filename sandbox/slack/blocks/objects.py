"""Composition objects: text, options, confirmation dialogs. Source: docs reference/block-kit/composition-objects."""

from __future__ import annotations

from typing import Any

from sandbox.slack.blocks.shapes import Check, Spot, also, array, boolean, one_of, shape, string, typed

TEXT_MOST = 3000
OPTION_TEXT, OPTION_VALUE, OPTION_DESCRIPTION = 75, 150, 75
URL_MOST, ID_MOST = 3000, 255


def plain(most: int = TEXT_MOST) -> Check:
    """A plain_text object; mrkdwn is refused."""
    fields = {"type": one_of("plain_text"), "text": string(most)}
    return shape(fields, {"emoji": boolean})


def mrkdwn(most: int = TEXT_MOST) -> Check:
    """A mrkdwn object."""
    return shape({"type": one_of("mrkdwn"), "text": string(most)}, {"verbatim": boolean})


def text(most: int = TEXT_MOST) -> Check:
    """A text object of either type."""
    return typed({"plain_text": plain(most), "mrkdwn": mrkdwn(most)}, "text object")


def option(label: Check | None = None, **more: Check) -> Check:
    """One choice; `more` are properties only some menus know."""
    described = text(OPTION_DESCRIPTION) if label else plain(OPTION_DESCRIPTION)
    fields = {"text": label or plain(OPTION_TEXT), "value": string(OPTION_VALUE)}
    return shape(fields, {"description": described, **more})


OPTION = option()
CHOICE = option(text(OPTION_TEXT))
OVERFLOW_OPTION = option(url=string(URL_MOST))
OPTIONS = array(OPTION, 100)
GROUP = shape({"label": plain(OPTION_TEXT), "options": OPTIONS}, {})
GROUPS = array(GROUP, 100)
CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
DISPATCH = shape(
    {},
    {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 2)},
)
CONVERSATION_FILTER = shape(
    {},
    {
        "include": array(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)


def _choices(element: Any) -> list[Any]:
    groups = element.get("option_groups")
    nested = [group.get("options") or [] for group in groups] if isinstance(groups, list) else []
    flat = [choice for options in nested for choice in options]
    return (element.get("options") or []) + flat


def one_kind_of_options(element: Any, spot: Spot) -> None:
    """Either options or option_groups."""
    if (element.get("options") is None) == (element.get("option_groups") is None):
        spot.note("exactly one of options and option_groups is required")


def known_initial(element: Any, spot: Spot) -> None:
    """What is chosen at first must be among the choices, exactly."""
    first = element.get("initial_options") or []
    single = element.get("initial_option")
    for chosen in [*first, *([single] if single else [])]:
        if chosen not in _choices(element):
            spot.note("initial option must exactly match one of the provided options")


def distinct_values(element: Any, spot: Spot) -> None:
    """No two choices of one menu with one value."""
    values = [choice.get("value") for choice in _choices(element) if isinstance(choice, dict)]
    if len(set(map(str, values))) != len(values):
        spot.note("option values must be unique")


closed_menu = also(one_kind_of_options, known_initial)
