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
    """A button that was pressed on a message of ours."""

    by: Actor
    channel: ChannelId
    message: Ts
    thread: Ts | None  # None on the card itself, whose answers belong into the channel
    action_id: str
    value: str
    at: str
    trigger: str

    @property
    def name(self) -> SlackName:
        """The same when Slack brings this very click again."""
        return SlackName(f"{self.by.team}/{self.channel}/{self.message}/click/{self.at}")


def click(body: Payload) -> Click:
    action = body["actions"][0]
    where = body["container"]
    return Click(
        by=actor(body),
        channel=ChannelId(where["channel_id"]),
        message=Ts(where["message_ts"]),
        thread=_reply_of(where, body.get("message") or {}),
        action_id=str(action["action_id"]),
        value=str(action["value"]),
        at=str(action["action_ts"]),
        trigger=str(body["trigger_id"]),
    )


def shortcut_thread(body: Payload) -> ThreadKey:
    """The thread of the message that a message shortcut was used on; a message without one is its own."""
    message = body["message"]
    ts = message.get("thread_ts") or message["ts"]
    return ThreadKey(actor(body).team, ChannelId(body["channel"]["id"]), Ts(ts))


def _reply_of(where: Payload, message: Payload) -> Ts | None:
    thread = where.get("thread_ts") or message.get("thread_ts")
    return Ts(thread) if thread and thread != where["message_ts"] else None
