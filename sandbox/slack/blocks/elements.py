"""Block elements, and which block may hold which. Source: docs reference/block-kit/block-elements."""

from __future__ import annotations

import re
from typing import Any

from sandbox.slack.blocks.objects import (
    CHOICE,
    CONFIRM,
    CONVERSATION_FILTER,
    DISPATCH,
    GROUPS,
    ID_MOST,
    OPTION,
    OPTIONS,
    OVERFLOW_OPTION,
    URL_MOST,
    closed_menu,
    known_initial,
    plain,
)
from sandbox.slack.blocks.richtext import RICH_TEXT
from sandbox.slack.blocks.shapes import Check, Spot, also, anything, array, boolean, number, one_of, shape, string

KIND: dict[str, Check] = {"type": anything}
ACTION: dict[str, Check] = {"action_id": string(ID_MOST)}
CONFIRMABLE: dict[str, Check] = {**ACTION, "confirm": CONFIRM}
FOCUSED: dict[str, Check] = {"focus_on_load": boolean}
PLACEHELD: dict[str, Check] = {"placeholder": plain(150)}
MENU: dict[str, Check] = {**CONFIRMABLE, **FOCUSED, **PLACEHELD}
MULTI: dict[str, Check] = {**MENU, "max_selected_items": number(1)}
TYPED: dict[str, Check] = {**ACTION, **FOCUSED, **PLACEHELD, "dispatch_action_config": DISPATCH}
LISTED: dict[str, Check] = {"options": OPTIONS, "option_groups": GROUPS}
IDS = array(string(ID_MOST), 100, 0)
MOST_TYPED = 3000


def _pattern(expression: str, what: str) -> Check:
    def check(value: Any, spot: Spot) -> None:
        if not isinstance(value, str) or not re.fullmatch(expression, value):
            spot.note(f"must be {what}")

    return check


DATE = _pattern(r"\d{4}-\d\d-\d\d", "a date: YYYY-MM-DD")
TIME = _pattern(r"([01]\d|2[0-3]):[0-5]\d", "a time: HH:MM")


def _ordered_lengths(element: Any, spot: Spot) -> None:
    least, most = element.get("min_length"), element.get("max_length")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        spot.note("min_length must not be greater than max_length")


def _one_source(element: Any, spot: Spot) -> None:
    if bool(element.get("image_url")) == bool(element.get("slack_file")):
        spot.note("exactly one of image_url and slack_file is required")


SLACK_FILE = shape({}, {"id": string(ID_MOST), "url": string(URL_MOST)})
IMAGE = also(
    shape({**KIND, "alt_text": string(2000)}, {"image_url": string(URL_MOST), "slack_file": SLACK_FILE}),
    _one_source,
)
BUTTON = shape(
    {**KIND, "text": plain(75)},
    {
        **CONFIRMABLE,
        "url": string(URL_MOST),
        "value": string(2000),
        "style": one_of("primary", "danger"),
        "accessibility_label": string(75),
    },
)
STATIC = also(shape(KIND, {**MENU, **LISTED, "initial_option": OPTION}), closed_menu)
MULTI_STATIC = also(shape(KIND, {**MULTI, **LISTED, "initial_options": OPTIONS}), closed_menu)
EXTERNAL = {**MENU, "initial_option": OPTION, "min_query_length": number(0)}
MULTI_EXTERNAL = {**MULTI, "initial_options": OPTIONS, "min_query_length": number(0)}
RADIOS = {**CONFIRMABLE, **FOCUSED, "initial_option": CHOICE}
BOXES = {**CONFIRMABLE, **FOCUSED, "initial_options": array(CHOICE, 10)}
TEN_CHOICES: dict[str, Check] = {"options": array(CHOICE, 10)}
CONVERSATION_MENU: dict[str, Check] = {"default_to_current_conversation": boolean, "filter": CONVERSATION_FILTER}
ASKS_WHERE: dict[str, Check] = {"response_url_enabled": boolean}
NUMERIC = string(100)

ELEMENTS: dict[str, Check] = {
    "button": BUTTON,
    "workflow_button": anything,
    "image": IMAGE,
    "overflow": shape({**KIND, "options": array(OVERFLOW_OPTION, 5)}, CONFIRMABLE),
    "static_select": STATIC,
    "external_select": shape(KIND, EXTERNAL),
    "users_select": shape(KIND, {**MENU, "initial_user": string(ID_MOST)}),
    "conversations_select": shape(
        KIND,
        {**MENU, **CONVERSATION_MENU, **ASKS_WHERE, "initial_conversation": string(ID_MOST)},
    ),
    "channels_select": shape(KIND, {**MENU, **ASKS_WHERE, "initial_channel": string(ID_MOST)}),
    "multi_static_select": MULTI_STATIC,
    "multi_external_select": shape(KIND, MULTI_EXTERNAL),
    "multi_users_select": shape(KIND, {**MULTI, "initial_users": IDS}),
    "multi_conversations_select": shape(KIND, {**MULTI, **CONVERSATION_MENU, "initial_conversations": IDS}),
    "multi_channels_select": shape(KIND, {**MULTI, "initial_channels": IDS}),
    "radio_buttons": also(shape({**KIND, **TEN_CHOICES}, RADIOS), known_initial),
    "checkboxes": also(shape({**KIND, **TEN_CHOICES}, BOXES), known_initial),
    "datepicker": shape(KIND, {**MENU, "initial_date": DATE}),
    "timepicker": shape(KIND, {**MENU, "initial_time": TIME, "timezone": string(ID_MOST)}),
    "datetimepicker": shape(KIND, {**CONFIRMABLE, **FOCUSED, "initial_date_time": number(10**9, 10**10 - 1)}),
    "plain_text_input": also(
        shape(
            KIND,
            {
                **TYPED,
                "multiline": boolean,
                "initial_value": string(MOST_TYPED, 0),
                "min_length": number(0, MOST_TYPED),
                "max_length": number(1, MOST_TYPED),
            },
        ),
        _ordered_lengths,
    ),
    "email_text_input": shape(KIND, {**TYPED, "initial_value": string(MOST_TYPED, 0)}),
    "url_text_input": shape(KIND, {**TYPED, "initial_value": string(MOST_TYPED, 0)}),
    "number_input": shape(
        {**KIND, "is_decimal_allowed": boolean},
        {**TYPED, "initial_value": NUMERIC, "min_value": NUMERIC, "max_value": NUMERIC},
    ),
    "rich_text_input": shape(KIND, {**TYPED, "initial_value": RICH_TEXT}),
    "file_input": shape(KIND, {**ACTION, "filetypes": array(string(50), 100), "max_files": number(1, 10)}),
}

SELECTS = ("static_select", "external_select", "users_select", "conversations_select", "channels_select")
MULTIS = tuple(f"multi_{name}" for name in SELECTS)
PICKERS = ("datepicker", "timepicker")
CHOOSERS = ("radio_buttons", "checkboxes")
WRITTEN = ("plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input")
BUTTONS = ("button", "overflow", "workflow_button")


def _pick(*names: str) -> dict[str, Check]:
    return {name: ELEMENTS[name] for name in names}


ACCESSORIES = _pick(*BUTTONS, *SELECTS, *MULTIS, *PICKERS, *CHOOSERS, "image")
IN_ACTIONS = _pick(*BUTTONS, *SELECTS, *MULTIS, *PICKERS, *CHOOSERS, "datetimepicker", "rich_text_input")
IN_INPUT = _pick(*SELECTS, *MULTIS, *PICKERS, *CHOOSERS, "datetimepicker", *WRITTEN, "file_input")
