"""What Slack's events look like. Pure: facts in, event out. Source: docs reference/events."""

from __future__ import annotations

from sandbox.slack.seeds import Kind
from sandbox.slack.world import Channel, Json, Message

CHANNEL_TYPES = {Kind.PUBLIC: "channel", Kind.PRIVATE: "group", Kind.IM: "im", Kind.MPIM: "mpim"}
HISTORY_NAMES = {Kind.PUBLIC: "channels", Kind.PRIVATE: "groups", Kind.IM: "im", Kind.MPIM: "mpim"}


def _where(channel: Channel, event_ts: str) -> Json:
    return {"channel": channel.id, "event_ts": event_ts, "channel_type": CHANNEL_TYPES[channel.kind]}


def posted(channel: Channel, message: Message, team: str) -> Json:
    """A new message."""
    parent = channel.messages.get(message.thread_ts or "")
    reply = {"parent_user_id": parent.user} if message.is_reply and parent else {}
    return {**message.wire(), **reply, "team": team, **_where(channel, message.ts)}


def mentioned(channel: Channel, message: Message, team: str) -> Json:
    """The app_mention twin of a message that names the bot."""
    wire = message.wire()
    wire.pop("subtype", None)
    return {**wire, "type": "app_mention", "team": team, "channel": channel.id, "event_ts": message.ts}


def changed(channel: Channel, now: Message, before: Json, event_ts: str) -> Json:
    """An edit, an unfurl, or a parent turned to a tombstone."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "ts": event_ts,
        "message": channel.render(now),
        "previous_message": before,
        **_where(channel, event_ts),
    }


def deleted(channel: Channel, before: Json, event_ts: str) -> Json:
    """A message is gone."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "ts": event_ts,
        "deleted_ts": before["ts"],
        "previous_message": before,
        **_where(channel, event_ts),
    }


def reacted(name: str, user: str, message: Message, event_ts: str, *, added: bool) -> Json:
    """A reaction came or went."""
    item = {"type": "message", "channel": message.channel, "ts": message.ts}
    author = {"item_user": message.user} if message.user else {}
    kind = "reaction_added" if added else "reaction_removed"
    return {"type": kind, "user": user, "reaction": name, "item": item, **author, "event_ts": event_ts}


def membership(channel: Channel, user: str, team: str, event_ts: str, *, joined: bool) -> Json:
    """Someone came or left."""
    kind = "member_joined_channel" if joined else "member_left_channel"
    letter = "C" if channel.kind is Kind.PUBLIC else "G"
    return {
        "type": kind,
        "user": user,
        "channel": channel.id,
        "channel_type": letter,
        "team": team,
        "event_ts": event_ts,
    }


def bot_left(channel: Channel, actor: str, event_ts: str) -> Json:
    """The bot itself was removed: Slack tells it by another name."""
    kind = "channel_left" if channel.kind is Kind.PUBLIC else "group_left"
    return {"type": kind, "channel": channel.id, "actor_id": actor, "event_ts": event_ts}


def archived(channel: Channel, user: str, event_ts: str, *, archive: bool) -> Json:
    """A conversation was archived or brought back."""
    prefix = "channel" if channel.kind is Kind.PUBLIC else "group"
    kind = f"{prefix}_{'archive' if archive else 'unarchive'}"
    return {"type": kind, "channel": channel.id, "user": user, "is_moved": 0, "event_ts": event_ts}


def shared(channel: Channel, partner: str, event_ts: str, *, shared: bool) -> Json:
    """Another organization came into a channel, or left it (Slack Connect)."""
    kind = "channel_shared" if shared else "channel_unshared"
    teams = (
        {"connected_team_id": partner} if shared else {"previously_connected_team_id": partner, "is_ext_shared": False}
    )
    return {"type": kind, "channel": channel.id, **teams, "event_ts": event_ts}


def home_opened(user: str, channel: str, tab: str, view: Json | None, event_ts: str) -> Json:
    """Someone looks at a tab of the app. `view`: what the Home tab shows, once something was published."""
    seen = {"view": view} if view and tab == "home" else {}
    return {"type": "app_home_opened", "user": user, "channel": channel, "tab": tab, **seen, "event_ts": event_ts}


def subscription(event: Json, channel: Channel | None) -> str:
    """The name one subscribes to: message.channels for a message in a public channel."""
    if event["type"] == "message" and channel is not None:
        return f"message.{HISTORY_NAMES[channel.kind]}"
    return str(event["type"])
