"""Whatever Slack has signed is acknowledged, known to us or not: it stops sending to an app that fails too often."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.slack.http_door import FORM
from sandbox.slack.seeds import ANNA, APP, BEN, SUPPORT, TEAM
from tests.bot.intake import test_http
from tests.bot.intake.test_http import World, wrapped
from tests.helpers import until

world = test_http.world

EVENTS: list[dict[str, Any]] = [
    {"type": kind, "user": BEN, "channel": SUPPORT, "ts": "1700000000.000100", "event_ts": "1700000000.000100"}
    for kind in (
        "app_home_opened", "app_mention", "app_uninstalled", "assistant_thread_started", "call_rejected",
        "channel_archive", "channel_created", "channel_deleted", "channel_history_changed", "channel_id_changed",
        "channel_left", "channel_rename", "channel_shared", "dnd_updated", "emoji_changed", "file_shared",
        "function_executed", "grid_migration_finished", "group_left", "im_open", "invite_requested", "link_shared",
        "member_joined_channel", "member_left_channel", "message", "message_metadata_posted", "pin_added",
        "reaction_added", "reaction_removed", "shared_channel_invite_accepted", "star_added", "subteam_updated",
        "team_join", "tokens_revoked", "user_change", "user_huddle_changed", "workflow_step_execute",
        "of_the_year_2030",
    )
]  # fmt: skip
SUBTYPES = [
    {**EVENTS[0], "type": "message", "subtype": subtype}
    for subtype in ("bot_message", "channel_join", "message_changed", "message_deleted", "message_replied", "of_2030")
]


def by_ben(kind: str, **more: Any) -> dict[str, Any]:
    who = {"user": {"id": BEN, "team_id": TEAM}, "team": {"id": TEAM}, "api_app_id": APP, "trigger_id": "1.2"}
    return {"type": kind, **who, **more}


VIEW = {"id": "V1", "type": "modal", "callback_id": "of_2030", "state": {"values": {}}, "private_metadata": ""}
ACTION = {"type": "button", "action_id": "of_2030", "block_id": "b", "action_ts": "1.2", "value": "1"}
INTERACTIONS = [
    by_ben("block_actions", actions=[ACTION], view=VIEW),
    by_ben("block_suggestion", action_id="of_2030", block_id="b", value="a", view=VIEW),
    by_ben("dialog_cancellation", callback_id="of_2030", state=""),
    by_ben("dialog_submission", callback_id="of_2030", state="", submission={"a": "b"}),
    by_ben("dialog_suggestion", callback_id="of_2030", name="a", value="b"),
    by_ben("function_executed", function={"callback_id": "of_2030"}),
    by_ben("interactive_message", callback_id="of_2030", actions=[{"name": "a", "type": "button", "value": "b"}]),
    by_ben("message_action", callback_id="of_2030", channel={"id": SUPPORT}, message={"ts": "1.2", "text": ""}),
    by_ben("of_the_year_2030"),
    by_ben("shortcut", callback_id="of_2030"),
    by_ben("view_closed", view=VIEW, is_cleared=False),
    by_ben("view_submission", view=VIEW),
    by_ben("workflow_step_edit", callback_id="of_2030", workflow_step={}),
]


async def test_every_event_is_acknowledged(world: World) -> None:
    found = {_kind(event): (await world.served.event(wrapped(event)))[0] for event in [*EVENTS, *SUBTYPES]}
    assert found == dict.fromkeys(found, 200)


async def test_every_interaction_is_acknowledged(world: World) -> None:
    bodies = {payload["type"]: urlencode({"payload": json.dumps(payload)}).encode() for payload in INTERACTIONS}
    found = {kind: (await world.served.event(body, FORM))[0] for kind, body in bodies.items()}
    assert found == dict.fromkeys(found, 200)


@pytest.mark.parametrize("kind", ["app_rate_limited", "event_callback", "of_the_year_2030"])
async def test_every_envelope_of_events_is_acknowledged(world: World, kind: str) -> None:
    body = json.dumps({"type": kind, "team_id": TEAM, "minute_rate_limited": 1518467820, "api_app_id": APP}).encode()
    assert (await world.served.event(body))[0] == 200


def _kind(event: dict[str, Any]) -> str:
    return str(event.get("subtype") or event["type"])


async def test_who_types_a_command_that_nobody_knows_is_told(world: World) -> None:
    fields = {"command": "/of_2030", "team_id": TEAM, "user_id": BEN, "channel_id": SUPPORT, "trigger_id": "1"}
    status, answer = await world.served.event(urlencode(fields).encode(), FORM)
    assert (status, json.loads(answer)["text"]) == (200, "I do not know what this asks of me, so nothing was done.")


async def test_who_submits_a_form_that_nobody_knows_is_told(world: World) -> None:
    body = urlencode({"payload": json.dumps(by_ben("view_submission", view=VIEW))}).encode()
    _, answer = await world.served.event(body, FORM)
    assert (json.loads(answer)["response_action"], "nothing was done" in answer) == ("push", True)


async def test_who_presses_a_shortcut_that_nobody_knows_is_told(world: World) -> None:
    payload = by_ben("message_action", callback_id="of_2030", channel={"id": SUPPORT}, message={"ts": "1.2"})
    payload["user"]["id"] = ANNA
    await world.served.event(urlencode({"payload": json.dumps(payload)}).encode(), FORM)
    await until(lambda: world.slack.ephemerals(ANNA), "the hint")
