"""Fills in a modal as a person would: only fields that are there, only values that fit."""

from __future__ import annotations

from typing import Any

from bot.views import View


def fill(view: View, **given: Any) -> dict[str, Any]:
    """`view.state.values` after typing what is given; what is left out keeps what stands there already."""
    elements = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    assert given.keys() <= elements.keys()
    return {name: {element["action_id"]: _value(element, given.get(name))} for name, element in elements.items()}


def _value(element: dict[str, Any], given: Any) -> dict[str, Any]:
    kind = element["type"]
    match kind:
        case "plain_text_input":
            typed = element.get("initial_value") if given is None else given
            assert len(typed or "") <= element["max_length"]
            return {"type": kind, "value": typed or None}
        case "radio_buttons":
            by_value = {option["value"]: option for option in element["options"]}
            return {"type": kind, "selected_option": by_value[given] if given else element["initial_option"]}
        case "static_select":
            chosen = [one for one in element["options"] if one["value"] == given]
            return {"type": kind, "selected_option": chosen[0] if given else element["initial_option"]}
        case "checkboxes":
            ticked = [one for one in element["options"] if one["value"] in (given or ())]
            return {"type": kind, "selected_options": element.get("initial_options", []) if given is None else ticked}
        case "external_select":
            option = {"value": given[0], "text": {"type": "plain_text", "text": given[1]}} if given else None
            return {"type": kind, "selected_option": option or element.get("initial_option")}
        case "multi_users_select":
            return {"type": kind, "selected_users": list(element.get("initial_users", ()) if given is None else given)}
        case "conversations_select":
            return {"type": kind, "selected_conversation": given or element.get("initial_conversation")}
    raise AssertionError(f"nobody knows how to fill in a {kind}")
