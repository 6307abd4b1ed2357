"""The Block Kit validator: what Slack would take, and what it would refuse."""

from __future__ import annotations

import pytest

from sandbox.slack.blocks import check_message, check_options, check_view


def plain(text="x"):
    return {"type": "plain_text", "text": text}


def mrkdwn(text="x"):
    return {"type": "mrkdwn", "text": text}


def option(number=0, text="x", value=None):
    return {"text": plain(text), "value": value or str(number)}


def button(**changes):
    return {"type": "button", "text": plain(), "action_id": "a", **changes}


def section(**changes):
    return {"type": "section", "text": mrkdwn(), **changes}


def actions(*elements):
    return {"type": "actions", "elements": list(elements)}


def field(element=None, **changes):
    return {"type": "input", "label": plain(), "element": element or {"type": "plain_text_input"}, **changes}


def select(**changes):
    return {"type": "static_select", "options": [option()], **changes}


def modal(*blocks, **changes):
    return {"type": "modal", "title": plain(), "submit": plain(), "blocks": list(blocks or [section()]), **changes}


def rich(*parts):
    return {"type": "rich_text", "elements": list(parts)}


def run(*elements, kind="rich_text_section", **changes):
    return {"type": kind, "elements": list(elements), **changes}


WORD = {"type": "text", "text": "x", "style": {"bold": True}}

GOOD_MESSAGES = {
    "nothing": [],
    "fifty blocks": [section()] * 50,
    "longest section": [section(text=mrkdwn("x" * 3000))],
    "ten fields": [section(fields=[mrkdwn("x" * 2000)] * 10)],
    "longest button": [actions(button(text=plain("x" * 75), value="v" * 2000, url="h" * 3000, style="danger"))],
    "twenty-five buttons": [actions(*(button(action_id=str(number)) for number in range(25)))],
    "same action_id in two blocks": [actions(button()), actions(button())],
    "header": [{"type": "header", "text": plain("x" * 150)}],
    "context": [{"type": "context", "elements": [mrkdwn()] * 10}],
    "image accessory": [section(accessory={"type": "image", "image_url": "u", "alt_text": "x"})],
    "overflow": [section(accessory={"type": "overflow", "options": [option(i) for i in range(5)]})],
    "hundred options": [actions(select(options=[option(i, "x" * 75, f"{i:0150}") for i in range(100)]))],
    "rich text": [rich(run(WORD), run(run(WORD), kind="rich_text_list", style="bullet", indent=8))],
    "input": [field()],
}

BAD_MESSAGES = {
    "51 blocks": [section()] * 51,
    "unknown block": [{"type": "hologram"}],
    "untyped block": [{"text": mrkdwn()}],
    "not a block": ["x"],
    "unknown property": [section(colour="red")],
    "empty section": [{"type": "section"}],
    "empty text": [section(text=mrkdwn(""))],
    "long section": [section(text=mrkdwn("x" * 3001))],
    "eleven fields": [section(fields=[mrkdwn()] * 11)],
    "long field": [section(fields=[mrkdwn("x" * 2001)])],
    "mrkdwn header": [{"type": "header", "text": mrkdwn()}],
    "long header": [{"type": "header", "text": plain("x" * 151)}],
    "eleven context elements": [{"type": "context", "elements": [mrkdwn()] * 11}],
    "button in context": [{"type": "context", "elements": [button()]}],
    "26 actions": [actions(*(button(action_id=str(number)) for number in range(26)))],
    "no actions": [actions()],
    "mrkdwn button": [actions(button(text=mrkdwn()))],
    "long button": [actions(button(text=plain("x" * 76)))],
    "long button value": [actions(button(value="x" * 2001))],
    "long button url": [actions(button(url="x" * 3001))],
    "bad style": [actions(button(style="warning"))],
    "long action_id": [actions(button(action_id="x" * 256))],
    "long block_id": [section(block_id="x" * 256)],
    "text input in actions": [actions({"type": "plain_text_input"})],
    "twice the action_id": [actions(button(), button())],
    "twice the block_id": [section(block_id="b"), section(block_id="b")],
    "101 options": [actions(select(options=[option(i) for i in range(101)]))],
    "no options": [actions({"type": "static_select"})],
    "options and groups": [actions(select(option_groups=[{"label": plain(), "options": [option()]}]))],
    "long option": [actions(select(options=[option(0, "x" * 76)]))],
    "long option value": [actions(select(options=[option(value="x" * 151)]))],
    "long description": [actions(select(options=[{**option(), "description": plain("x" * 76)}]))],
    "stranger as initial option": [actions(select(initial_option=option(9)))],
    "long placeholder": [actions(select(placeholder=plain("x" * 151)))],
    "six overflow options": [section(accessory={"type": "overflow", "options": [option(i) for i in range(6)]})],
    "eleven radio buttons": [actions({"type": "radio_buttons", "options": [option(i) for i in range(11)]})],
    "long confirm title": [actions(button(confirm={"title": plain("x" * 101), "text": plain()}))],
    "max_selected_items 0": [
        section(accessory={"type": "multi_static_select", "options": [option()], "max_selected_items": 0}),
    ],
    "email input outside a modal": [field({"type": "email_text_input"})],
    "alert outside a modal": [{"type": "alert", "text": plain()}],
    "image without source": [{"type": "image", "alt_text": "x"}],
    "rich text with a stray word": [rich(WORD)],
    "rich text list of words": [rich(run(WORD, kind="rich_text_list", style="bullet"))],
    "rich text list without style": [rich(run(run(WORD), kind="rich_text_list"))],
    "rich text deep indent": [rich(run(run(WORD), kind="rich_text_list", style="bullet", indent=9))],
    "rich text loud broadcast": [rich(run({"type": "broadcast", "range": "all"}))],
}

GOOD_VIEWS = {
    "hundred blocks": modal(*[section()] * 100),
    "longest title": modal(title=plain("x" * 24), close=plain("x" * 24), private_metadata="x" * 3000),
    "no submit without inputs": {"type": "modal", "title": plain(), "blocks": [section()]},
    "every text limit": modal(field({"type": "plain_text_input", "min_length": 0, "max_length": 3000})),
    "modal only inputs": modal(field({"type": "email_text_input"}), {"type": "alert", "text": plain("x" * 200)}),
    "home": {"type": "home", "blocks": [section()]},
}

BAD_VIEWS = {
    "101 blocks": modal(*[section()] * 101),
    "no blocks": {"type": "modal", "title": plain(), "blocks": []},
    "no title": {"type": "modal", "blocks": [section()]},
    "long title": modal(title=plain("x" * 25)),
    "mrkdwn title": modal(title=mrkdwn()),
    "long submit": modal(submit=plain("x" * 25)),
    "long close": modal(close=plain("x" * 25)),
    "inputs without submit": {"type": "modal", "title": plain(), "blocks": [field()]},
    "long private_metadata": modal(private_metadata="x" * 3001),
    "long callback_id": modal(callback_id="x" * 256),
    "unknown property": modal(colour="red"),
    "long label": modal(field(label=plain("x" * 2001))),
    "mrkdwn label": modal(field(label=mrkdwn())),
    "no label": modal({"type": "input", "element": {"type": "plain_text_input"}}),
    "button as input": modal(field(button())),
    "max_length 3001": modal(field({"type": "plain_text_input", "max_length": 3001})),
    "min above max": modal(field({"type": "plain_text_input", "min_length": 5, "max_length": 4})),
    "long alert": modal({"type": "alert", "text": plain("x" * 201)}),
    "dispatched file input": modal(field({"type": "file_input"}, dispatch_action=True)),
    "two focused": modal(*[field({"type": "plain_text_input", "focus_on_load": True})] * 2),
    "unknown type": {"type": "drawer", "title": plain(), "blocks": [section()]},
}


@pytest.mark.parametrize("name", GOOD_MESSAGES)
def test_a_good_message_has_no_fault(name):
    assert check_message(GOOD_MESSAGES[name]) == []


@pytest.mark.parametrize("name", BAD_MESSAGES)
def test_a_bad_message_has_a_fault(name):
    assert check_message(BAD_MESSAGES[name]) != []


@pytest.mark.parametrize("name", GOOD_VIEWS)
def test_a_good_view_has_no_fault(name):
    assert check_view(GOOD_VIEWS[name]) == []


@pytest.mark.parametrize("name", BAD_VIEWS)
def test_a_bad_view_has_a_fault(name):
    assert check_view(BAD_VIEWS[name]) != []


def test_a_fault_points_to_its_place():
    fault = "must be less than 76 characters [json-pointer:/blocks/1/elements/0/text/text]"
    assert check_message([section(), actions(button(text=plain("x" * 76)))]) == [fault]


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        ({"options": []}, True),
        ({"options": [option(i) for i in range(100)]}, True),
        ({"option_groups": [{"label": plain(), "options": [option()]}]}, True),
        ({"options": [option(i) for i in range(101)]}, False),
        ({"options": [option(text="x" * 76)]}, False),
        ({"options": [option(value="x" * 151)]}, False),
        ({"options": [], "option_groups": []}, False),
        ({}, False),
        (None, False),
    ],
)
def test_an_answer_to_an_external_menu(answer, good):
    assert (check_options(answer) == []) is good
