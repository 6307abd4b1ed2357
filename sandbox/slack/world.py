"""The workspace: people, conversations, messages. No rules of the Web API and no network here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.slack.errors import RefusedError
from sandbox.slack.seeds import Group, Kind, Person, Room, Seed

if TYPE_CHECKING:
    from sandbox.slack.clock import Clock

Json = dict[str, Any]
MICROSECONDS = 1_000_000


@dataclass(slots=True)
class Message:
    """One message. `body` holds what has no rule of its own: blocks, bot_id, files, edited and the like."""

    ts: str
    channel: str
    user: str | None
    text: str
    thread_ts: str | None = None
    subtype: str | None = None
    body: Json = field(default_factory=dict)
    metadata: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_reply(self) -> bool:
        """In a thread, and not its parent."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def in_channel(self) -> bool:
        """Shown in the channel itself."""
        return not self.is_reply or self.subtype == "thread_broadcast"

    def wire(self) -> Json:
        """As Slack writes it, with the whole metadata; a thread's counts are the conversation's to add."""
        facts = {"subtype": self.subtype, "user": self.user, "thread_ts": self.thread_ts}
        known = {name: value for name, value in facts.items() if value is not None}
        extras = {"metadata": self.metadata} if self.metadata else {}
        shown = {"reactions": self._counts()} if self.reactions else {}
        return {"type": "message", "ts": self.ts, "text": self.text, **known, **self.body, **extras, **shown}

    def _counts(self) -> list[Json]:
        return [{"name": name, "users": list(users), "count": len(users)} for name, users in self.reactions.items()]


@dataclass(slots=True)
class Channel:
    """One conversation; `messages` by ts, in order."""

    id: str
    name: str
    kind: Kind
    members: list[str]
    created: int
    is_archived: bool = False
    is_ext_shared: bool = False
    messages: dict[str, Message] = field(default_factory=dict)

    def replies(self, thread_ts: str) -> list[Message]:
        """The replies to a parent, oldest first, without it."""
        return [found for found in self.messages.values() if found.thread_ts == thread_ts and found.is_reply]

    def threads(self) -> dict[str, list[Message]]:
        """The replies to every parent, oldest first: all threads at the price of one."""
        found: dict[str, list[Message]] = {}
        for message in self.messages.values():
            if message.is_reply:
                found.setdefault(message.thread_ts or "", []).append(message)
        return found

    def render(self, message: Message, *, all_metadata: bool = True, replies: list[Message] | None = None) -> Json:
        """A message as Slack answers it, parents with their counts; without the flag only metadata's event_type.

        `replies` are those to this message; None has them looked for.
        """
        data = message.wire()
        if message.metadata and not all_metadata:
            data["metadata"] = {"event_type": message.metadata["event_type"]}
        if message.is_reply:
            parent = self.messages.get(message.thread_ts or "")
            return {**data, "parent_user_id": parent.user} if parent else data
        return {**data, **_counts(message.ts, self.replies(message.ts) if replies is None else replies)}


def _counts(ts: str, replies: list[Message]) -> Json:
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies if reply.user))
    return {
        "thread_ts": ts,
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": False,
    }


@dataclass(slots=True)
class Ephemeral:
    """A message only one person sees; `body` as in Message."""

    ts: str
    channel: str
    user: str
    text: str
    thread_ts: str | None = None
    body: Json = field(default_factory=dict)

    def wire(self) -> Json:
        """As an interaction's payload carries it."""
        thread = {"thread_ts": self.thread_ts} if self.thread_ts else {}
        return {"type": "message", "ts": self.ts, "channel": self.channel, "text": self.text, **thread, **self.body}


class World:
    """Who is there, where, and what was said. Lookups raise RefusedError with Slack's code for what is missing."""

    def __init__(self, seed: Seed, clock: Clock) -> None:
        self.seed = seed
        self.clock = clock
        self.people = {person.id: person for person in seed.people}
        self.channels = {room.id: self._open_room(room) for room in seed.rooms}
        self.groups = {group.id: group for group in seed.groups}
        self.ephemerals: list[Ephemeral] = []
        self.created = clock.now()
        self._last_tick = 0
        self._serial = 0

    def serial(self) -> int:
        """1, 2, 3 …: for ids that must never come twice."""
        self._serial += 1
        return self._serial

    def new_ts(self) -> str:
        """The next message's ts: the time now, and later than every one before."""
        self._last_tick = max(int(self.clock.now() * MICROSECONDS), self._last_tick + 1)
        return f"{self._last_tick // MICROSECONDS}.{self._last_tick % MICROSECONDS:06d}"

    def person(self, user: str) -> Person:
        """Raises user_not_found."""
        if user not in self.people:
            raise RefusedError("user_not_found")
        return self.people[user]

    def group(self, group: str) -> Group:
        """A user group. Raises no_such_subteam."""
        if group not in self.groups:
            raise RefusedError("no_such_subteam")
        return self.groups[group]

    def channel(self, channel: str) -> Channel:
        """Raises channel_not_found."""
        if channel not in self.channels:
            raise RefusedError("channel_not_found")
        return self.channels[channel]

    def visible(self, channel: str) -> Channel:
        """A conversation the bot can see: a public one, or one it is in. Raises channel_not_found."""
        found = self.channel(channel)
        if found.kind is not Kind.PUBLIC and self.seed.bot_user not in found.members:
            raise RefusedError("channel_not_found")
        return found

    def has_bot(self, channel: Channel) -> bool:
        """Whether the bot is in it."""
        return self.seed.bot_user in channel.members

    def message(self, channel: str, ts: str) -> Message:
        """Raises channel_not_found, message_not_found."""
        found = self.channel(channel).messages.get(ts)
        if found is None:
            raise RefusedError("message_not_found")
        return found

    def thread(self, channel: Channel, thread_ts: str) -> Message:
        """A thread's parent. Raises thread_not_found, cannot_reply_to_message."""
        parent = channel.messages.get(thread_ts)
        if parent is None:
            raise RefusedError("thread_not_found")
        if parent.is_reply or (parent.subtype or "").startswith("channel_"):
            raise RefusedError("cannot_reply_to_message")
        return parent

    def add(self, message: Message) -> Message:
        """Put a message into its conversation; the parent of a first reply becomes a thread."""
        channel = self.channel(message.channel)
        channel.messages[message.ts] = message
        if message.thread_ts in channel.messages:
            channel.messages[message.thread_ts].thread_ts = message.thread_ts
        return message

    def remove(self, channel: Channel, ts: str) -> Message | None:
        """Delete a message. A parent with replies stays as a tombstone, which is returned."""
        if not channel.replies(ts):
            del channel.messages[ts]
            return None
        body = {"hidden": True}
        stone = Message(ts, channel.id, "USLACKBOT", "This message was deleted.", ts, "tombstone", body)
        channel.messages[ts] = stone
        return stone

    def open_direct(self, users: list[str]) -> tuple[Channel, bool]:
        """The direct messages among these people, and whether they were open before."""
        members = sorted({self.seed.bot_user, *users})
        for channel in self.channels.values():
            if channel.kind in (Kind.IM, Kind.MPIM) and sorted(channel.members) == members:
                return channel, True
        two = len(users) == 1
        room = Room(f"{'D' if two else 'G'}0OPEN{self.serial():05d}", "", Kind.IM if two else Kind.MPIM, tuple(members))
        return self.channels.setdefault(room.id, self._open_room(room)), False

    def _open_room(self, room: Room) -> Channel:
        created = int(self.clock.now())
        return Channel(
            room.id,
            room.name,
            room.kind,
            list(room.members),
            created,
            room.is_archived,
            room.is_ext_shared,
        )
