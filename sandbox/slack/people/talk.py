"""Talking: messages, edits, reactions, membership."""

from __future__ import annotations

import base64
import dataclasses
import uuid
from typing import TYPE_CHECKING, Any

from sandbox.slack import events
from sandbox.slack.errors import GestureError
from sandbox.slack.files import brought
from sandbox.slack.people.hands import Gestures
from sandbox.slack.seeds import PARTNER_TEAM, Group, Kind
from sandbox.slack.text import rich_text, typed
from sandbox.slack.webapi.reactions import is_emoji
from sandbox.slack.world import Channel, Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.slack.world import Json

TABS = ("home", "messages")


class Talk(Gestures):
    """Every gesture raises GestureError when a client would not allow it."""

    async def say(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        *,
        broadcast: bool = False,
        files: Sequence[Json] = (),
        tables: Sequence[Sequence[Sequence[str]]] = (),
        raw: bool = False,
    ) -> str:
        """Write a message and return its ts. `text` is escaped as typed text is, unless it is Raw or `raw` is set.

        `thread_ts` answers in a thread, `broadcast` shows the reply in the channel too; `files` are file objects
        and make it a file_share; their `content` is base64, without it something of their `size` is made up.
        `tables` are cells pasted from a spreadsheet, row by row: the text holds nothing of them.
        """
        place = self._active(user, channel)
        self._check_thread(place, thread_ts)
        message = Message(self.desk.world.new_ts(), channel, user, text if raw else typed(text), thread_ts)
        message.subtype = _subtype(thread_ts, files, broadcast=broadcast)
        message.body = self._body(user, [self._kept(user, file) for file in files]) | self._written(message.text)
        message.body |= _pasted(tables)
        return self.desk.publish(message).ts

    async def edit(self, user: str, channel: str, ts: str, text: str, raw: bool = False) -> None:
        """Change one's own message; `text` and `raw` as in `say`."""
        message = self._own(user, channel, ts)
        before = self.desk.world.channel(channel).render(message)
        message.text = text if raw else typed(text)
        edited = {"edited": {"user": user, "ts": self.desk.world.new_ts()}}
        kept = {name: value for name, value in message.body.items() if name != "blocks"}
        message.body = kept | self._written(message.text) | edited
        self.desk.change(message, before)

    async def unfurl(self, channel: str, ts: str) -> None:
        """A link's preview appears: the message changes, its text does not. Slack's servers do this."""
        message = self._message(channel, ts)
        before = self.desk.world.channel(channel).render(message)
        preview = {"id": 1, "title": "A page", "from_url": "https://example.org", "fallback": "A page"}
        message.body = {**message.body, "attachments": [*message.body.get("attachments", []), preview]}
        self.desk.change(message, before)

    async def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete one's own message; admins delete any."""
        if not self._person(user).is_admin:
            self._own(user, channel, ts)
        self._active(user, channel)
        self.desk.delete(self._message(channel, ts))

    async def react(self, user: str, channel: str, ts: str, name: str, remove: bool = False) -> None:
        """Add a reaction, or take one's own back."""
        self._active(user, channel)
        if not is_emoji(name, self.desk.world.seed.custom_emoji):
            raise GestureError(f"there is no emoji {name!r}")
        message = self._message(channel, ts)
        if (user in message.reactions.get(name, [])) != remove:
            raise GestureError("nothing would change")
        self.desk.react(message, name, user, added=not remove)

    async def join(self, user: str, channel: str) -> None:
        """Come into a conversation, or be brought; also for the bot, whom people invite."""
        place = self._channel(channel)
        if user in place.members:
            raise GestureError("already there")
        place.members.append(self._person(user).id)
        self._tell_membership(place, user, joined=True)

    async def leave(self, user: str, channel: str, actor: str | None = None) -> None:
        """Leave; for the bot: be removed by `actor`."""
        place = self._present(user, channel)
        place.members.remove(user)
        self._tell_membership(place, user, joined=False)
        if user == self.desk.world.seed.bot_user:
            self.desk.tell(events.bot_left(place, actor or user, self.desk.world.new_ts()), place)

    async def group(self, group: str, users: Sequence[str] | None = None, **changes: Any) -> None:
        """Found a user group by its id, or change one: its users, handle, name, whether it is disabled.

        No event tells of it: no app here asks for subteam_updated.
        """
        there = self.desk.world.groups.get(group) or Group(group, group.lower(), group)
        members: Json = {} if users is None else {"users": tuple(self._person(user).id for user in users)}
        self.desk.world.groups[group] = dataclasses.replace(there, **members, **changes)

    async def archive(self, user: str, channel: str, undo: bool = False) -> None:
        """Archive a conversation, or bring it back."""
        place = self._present(user, channel)
        if place.is_archived != undo:
            raise GestureError("nothing would change")
        place.is_archived = not undo
        if self.desk.world.has_bot(place):
            self.desk.tell(events.archived(place, user, self.desk.world.new_ts(), archive=not undo), place)

    async def share(self, channel: str, undo: bool = False) -> None:
        """Another organization comes into a channel, or leaves it (Slack Connect)."""
        place = self.desk.world.channel(channel)
        if place.is_ext_shared != undo:
            raise GestureError("nothing would change")
        place.is_ext_shared = not undo
        if self.desk.world.has_bot(place):
            told = events.shared(place, PARTNER_TEAM, self.desk.world.new_ts(), shared=not undo)
            self.desk.tell(told, place)

    async def open_home(self, user: str, tab: str = "home") -> None:
        """Look at the app: at its Home tab, or at the messages with it."""
        if tab not in TABS:
            raise GestureError(f"the app has no tab {tab!r}")
        direct, _known = self.desk.world.open_direct([self._person(user).id])
        view = self.desk.board.home(user)
        shown = self.desk.board.wire(view) if view else None
        self.desk.tell(events.home_opened(user, direct.id, tab, shown, self.desk.world.new_ts()), None)

    def _check_thread(self, place: Channel, thread_ts: str | None) -> None:
        if thread_ts is not None and self._message(place.id, thread_ts).is_reply:
            raise GestureError(f"{thread_ts} is a reply: a thread has one level")

    def _own(self, user: str, channel: str, ts: str) -> Message:
        self._active(user, channel)
        message = self._message(channel, ts)
        if message.user != user:
            raise GestureError("not their message")
        return message

    def _kept(self, user: str, told: Json) -> Json:
        try:
            content = None if told.get("content") is None else base64.b64decode(told["content"], validate=True)
        except ValueError as error:
            raise GestureError("the content of a file is no base64") from error
        return brought(self.desk, user, told, content).wire(self.desk)

    def _body(self, user: str, files: Sequence[Json]) -> Json:
        person = self._person(user)
        attached = {"files": [dict(file) for file in files], "upload": False} if files else {}
        bot = {"bot_id": person.bot_id, "app_id": "A0ELSEWHERE"} if person.bot_id else {}
        return {"client_msg_id": str(uuid.uuid4()), "team": person.team_id, **attached, **bot}

    def _written(self, text: str) -> Json:
        blocks = rich_text(text, self.desk.world.seed.custom_emoji)
        return {"blocks": blocks} if blocks else {}

    def _tell_membership(self, place: Channel, user: str, *, joined: bool) -> None:
        if place.kind in (Kind.IM, Kind.MPIM):
            return
        is_bot = user == self.desk.world.seed.bot_user
        if self.desk.world.has_bot(place) or is_bot:
            ts, team = self.desk.world.new_ts(), self.desk.world.seed.team_id
            self.desk.tell(events.membership(place, user, team, ts, joined=joined), place)


def _pasted(tables: Sequence[Sequence[Sequence[str]]]) -> Json:
    """An attachment each, as the clients send them."""
    blocks = [{"type": "table", "rows": [[_cell(cell) for cell in row] for row in rows]} for rows in tables]
    made = [{"id": n, "fallback": "[no preview available]", "blocks": [one]} for n, one in enumerate(blocks, start=1)]
    return {"attachments": made} if made else {}


def _cell(text: str) -> Json:
    return {"type": "raw_text", "text": text}


def _subtype(thread_ts: str | None, files: Sequence[Json], *, broadcast: bool) -> str | None:
    if broadcast and thread_ts is None:
        raise GestureError("only a reply can be shown in the channel too")
    if broadcast:
        return "thread_broadcast"
    return "file_share" if files else None
