"""Reading Slack's payloads in one place. [Slack docs: reference/interaction-payloads]

Every function raises KeyError or ValueError for a payload that is not of its kind; errors.py answers for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.model import Actor, ChannelId, SlackName, TeamId, ThreadKey, Ts, UserId

Payload = Mapping[str, Any]
NO_CARDS_HERE = ("directmessage", "mpdm-")  # how a slash command calls conversations between people


def claim(body: dict[str, Any], team: TeamId) -> None:
    """Everything is kept under the team that installed the app, whoever presses: in an organization, or in a channel
    that several share, a payload names somebody else's. Who it is, and whether they may, is asked of Slack.
    """
    if "team_id" in body:
        body["team_id"] = team
    if "user" in body:
        body["team"] = {**(body.get("team") or {}), "id": team}


def command_actor(body: Payload) -> Actor:
    """Who typed a slash command."""
    return Actor(TeamId(body["team_id"]), UserId(body["user_id"]))


def command_channel(body: Payload) -> ChannelId | None:
    """Where it was typed, if a card can stand there."""
    there = str(body.get("channel_name", ""))
    return None if there.startswith(NO_CARDS_HERE) else ChannelId(body["channel_id"])


def command_name(body: Payload) -> SlackName:
    """Slack never brings a command twice; its trigger is good for one use."""
    return SlackName(f"{body['team_id']}/command/{body['trigger_id']}")


def actor(body: Payload) -> Actor:
    """Who clicked or submitted. An organisation-wide installation names the team beside the user only."""
    user = body["user"]
    team = (body.get("team") or {}).get("id") or user["team_id"]
    return Actor(TeamId(team), UserId(user["id"]))


@dataclass(frozen=True, slots=True)
class Click:
    """Something that was pressed or chosen on a message of ours, or in the app's Home."""

    by: Actor
    channel: ChannelId  # in the Home: their own messages with the app
    message: Ts | None  # None in the Home
    thread: Ts | None  # None on the card itself, whose answers belong into the channel
    action_id: str
    value: str
    at: str
    trigger: str
    view: str = ""  # the Home's id

    @property
    def name(self) -> SlackName:
        """The same when Slack brings this very click again."""
        where = f"view/{self.view}" if self.view else f"{self.channel}/{self.message}"
        return SlackName(f"{self.by.team}/{where}/click/{self.at}")


def click(body: Payload) -> Click:
    action, where, by = body["actions"][0], body["container"], actor(body)
    on_message = where["type"] != "view"
    return Click(
        by=by,
        channel=ChannelId(where["channel_id"] if on_message else by.user),
        message=Ts(where["message_ts"]) if on_message else None,
        thread=_reply_of(where, body.get("message") or {}) if on_message else None,
        action_id=str(action["action_id"]),
        value=_value(action),
        at=str(action["action_ts"]),
        trigger=str(body["trigger_id"]),
        view="" if on_message else str(where["view_id"]),
    )


def in_home(body: Payload) -> bool:
    """Was this done in the app's Home?"""
    return (body.get("view") or {}).get("type") == "home"


def shortcut_thread(body: Payload) -> ThreadKey:
    """The thread of the message that a message shortcut was used on; a message without one is its own."""
    message = body["message"]
    ts = message.get("thread_ts") or message["ts"]
    return ThreadKey(actor(body).team, ChannelId(body["channel"]["id"]), Ts(ts))


def _reply_of(where: Payload, message: Payload) -> Ts | None:
    thread = where.get("thread_ts") or message.get("thread_ts")
    return Ts(thread) if thread and thread != where["message_ts"] else None


def _value(action: Payload) -> str:
    """What a button stands for, or what was chosen in a menu."""
    chosen = action.get("selected_option")
    return str(chosen["value"] if chosen else action["value"])
