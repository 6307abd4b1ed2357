"""Whole messages and views: blocks in their surface, and the rules that look across blocks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sandbox.slack.blocks.elements import ACCESSORIES, IMAGE, IN_ACTIONS, IN_INPUT, KIND, SLACK_FILE
from sandbox.slack.blocks.objects import GROUPS, ID_MOST, OPTIONS, URL_MOST, mrkdwn, plain, text
from sandbox.slack.blocks.richtext import RICH_TEXT
from sandbox.slack.blocks.shapes import (
    Check,
    Json,
    Spot,
    also,
    anything,
    array,
    boolean,
    one_of,
    shape,
    string,
    typed,
)

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
VIEW_BYTES = 250_000
NAMED: dict[str, Check] = {"block_id": string(ID_MOST)}
ONLY_IN_MODALS = frozenset({"file_input", "email_text_input", "url_text_input", "number_input"})


def _text_or_fields(block: Any, spot: Spot) -> None:
    if block.get("text") is None and block.get("fields") is None:
        spot.note("a section needs text or fields")


def _image_source(block: Any, spot: Spot) -> None:
    if bool(block.get("image_url")) == bool(block.get("slack_file")):
        spot.note("exactly one of image_url and slack_file is required")


def _no_dispatch_of_files(block: Any, spot: Spot) -> None:
    element = block.get("element")
    if block.get("dispatch_action") and isinstance(element, dict) and element.get("type") == "file_input":
        spot.note("dispatch_action is not allowed with file_input")


CELL = typed({"raw_text": shape({**KIND, "text": string(3000)}, {}), "rich_text": RICH_TEXT}, "table cell")
CONTEXT_ITEM = typed({"image": IMAGE, "plain_text": plain(), "mrkdwn": mrkdwn()}, "context element")
SECTION_OPTIONAL = {
    **NAMED,
    "text": text(3000),
    "fields": array(text(2000), 10),
    "accessory": typed(ACCESSORIES, "accessory"),
    "expand": boolean,
}
INPUT_OPTIONAL = {**NAMED, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean}
IMAGE_OPTIONAL = {**NAMED, "title": plain(2000), "image_url": string(URL_MOST), "slack_file": SLACK_FILE}
VIDEO = {
    "alt_text": string(2000),
    "title": plain(199),
    "thumbnail_url": string(URL_MOST),
    "video_url": string(URL_MOST),
}
VIDEO_OPTIONAL = {
    **NAMED,
    "author_name": string(49),
    "description": plain(199),
    "provider_icon_url": string(URL_MOST),
    "provider_name": string(ID_MOST),
    "title_url": string(URL_MOST),
}
EVERYWHERE: dict[str, Check] = {
    "section": also(shape(KIND, SECTION_OPTIONAL), _text_or_fields),
    "divider": shape(KIND, NAMED),
    "header": shape({**KIND, "text": plain(150)}, NAMED),
    "context": shape({**KIND, "elements": array(CONTEXT_ITEM, 10)}, NAMED),
    "actions": shape({**KIND, "elements": array(typed(IN_ACTIONS, "element"), 25)}, NAMED),
    "image": also(shape({**KIND, "alt_text": string(2000)}, IMAGE_OPTIONAL), _image_source),
    "input": also(
        shape({**KIND, "label": plain(2000), "element": typed(IN_INPUT, "element")}, INPUT_OPTIONAL),
        _no_dispatch_of_files,
    ),
    "rich_text": RICH_TEXT,
    "video": shape({**KIND, **VIDEO}, VIDEO_OPTIONAL),
}
IN_MESSAGES: dict[str, Check] = {
    **EVERYWHERE,
    "markdown": shape({**KIND, "text": string(12_000)}, NAMED),
    "table": shape(
        {**KIND, "rows": array(array(CELL, 20), 100)},
        {**NAMED, "column_settings": array(anything, 20)},
    ),
}
IN_MODALS: dict[str, Check] = {
    **EVERYWHERE,
    "alert": shape(
        {**KIND, "text": text(200)},
        {**NAMED, "level": one_of("default", "info", "warning", "error", "success")},
    ),
}
VIEW_OPTIONAL: dict[str, Check] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(ID_MOST, 0),
    "external_id": string(ID_MOST, 0),
    "title": plain(24),
    "submit": plain(24),
    "close": plain(24),
    "clear_on_close": boolean,
    "notify_on_close": boolean,
    "submit_disabled": boolean,
}


def _view(table: dict[str, Check], needed: dict[str, Check]) -> Check:
    blocks = {"blocks": array(typed(table, "block"), VIEW_BLOCKS)}
    optional = {name: check for name, check in VIEW_OPTIONAL.items() if name not in needed}
    return shape({**KIND, **blocks, **needed}, optional)


VIEWS: dict[str, Check] = {
    "modal": _view(IN_MODALS, {"title": plain(24)}),
    "home": _view(EVERYWHERE, {}),
}


def check_message(blocks: Any) -> list[str]:
    """The faults of a message's blocks; none means Slack would take them."""
    spot = Spot("/blocks", [])
    array(typed(IN_MESSAGES, "block"), MESSAGE_BLOCKS, 0)(blocks, spot)
    return spot.faults or _across(blocks, spot, modal=False)


def check_view(view: Any) -> list[str]:
    """The faults of a view: modal or home."""
    spot = Spot("/view", [])
    typed(VIEWS, "view type")(view, spot)
    if spot.faults:
        return spot.faults
    modal = view["type"] == "modal"
    if modal and _has_inputs(view["blocks"]) and not view.get("submit"):
        spot.note("missing required field: submit (the view has input blocks)")
    return _across(view["blocks"], spot.at("blocks"), modal=modal)


def check_options(answer: Any) -> list[str]:
    """The faults of an answer to block_suggestion: up to 100 options or 100 groups of 100."""
    spot = Spot("", [])
    if isinstance(answer, dict) and ("options" in answer) == ("option_groups" in answer):
        spot.note("exactly one of options and option_groups is required")
    else:
        few = array(anything, 0, 0)
        options = few if isinstance(answer, dict) and answer.get("options") == [] else OPTIONS
        groups = few if isinstance(answer, dict) and answer.get("option_groups") == [] else GROUPS
        shape({}, {"options": options, "option_groups": groups})(answer, spot)
    return spot.faults


def elements_of(block: Json) -> Iterator[Json]:
    """The interactive elements of one block."""
    if block["type"] == "actions":
        yield from block["elements"]
    elif block["type"] == "input":
        yield block["element"]
    elif block.get("accessory") and block["accessory"]["type"] != "image":
        yield block["accessory"]


def _has_inputs(blocks: list[Json]) -> bool:
    return any(block["type"] == "input" for block in blocks)


def _across(blocks: list[Json], spot: Spot, *, modal: bool) -> list[str]:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        _unique_block(block, seen, spot.at(index))
        _unique_actions(block, spot.at(index))
        if not modal:
            _no_modal_elements(block, spot.at(index))
    _one_focus(blocks, spot)
    return spot.faults


def _unique_block(block: Json, seen: set[str], spot: Spot) -> None:
    name = block.get("block_id")
    if name in seen:
        spot.note(f"block_id {json.dumps(name)} already exists for another block")
    if name:
        seen.add(name)


def _unique_actions(block: Json, spot: Spot) -> None:
    names = [element["action_id"] for element in elements_of(block) if element.get("action_id")]
    for name in sorted({name for name in names if names.count(name) > 1}):
        spot.note(f"action_id {json.dumps(name)} already exists for another action")


def _no_modal_elements(block: Json, spot: Spot) -> None:
    for element in elements_of(block):
        if element["type"] in ONLY_IN_MODALS:
            spot.note(f"{element['type']} is allowed in modals only")


def _one_focus(blocks: list[Json], spot: Spot) -> None:
    focused = [element for block in blocks for element in elements_of(block) if element.get("focus_on_load")]
    if len(focused) > 1:
        spot.note("only one element can have focus_on_load set to true")


__all__ = ["VIEW_BYTES", "check_message", "check_options", "check_view", "elements_of"]
