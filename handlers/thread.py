"""Messages in threads, on their way in. Stands before Bolt, which acknowledges an event before anything is stored."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bot.bridge import House, NotYet, Wanted
from bot.model import (
    Addressed,
    ChannelId,
    File,
    FileId,
    Said,
    SlackName,
    TeamId,
    ThreadKey,
    Ts,
    UserId,
    name_of_message,
)
from bot.richtext import words_of
from bot.store import StoreError, Unavailable
from bot.text import addressee_of, command_of, with_mention
from bot.trace import about
from bot.views import Message
from bot.views.parts import is_short
from handlers.door import Door
from handlers.preflight import hint_of_parts

EVENTS = frozenset({"message", "app_mention"})
SUBTYPES = frozenset({None, "file_share", "thread_broadcast", "me_message"})  # an allow-list: new kinds are left alone
REMEMBERED = 1000
MOST_FILES, MOST_SIZE = 50, 1 << 40  # more than Slack has
PLACE_LOOKS, LOOK_SECONDS = 40, 0.05  # two seconds: Slack waits three

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")


def glances(
    home: Callable[[Mapping[str, Any]], None], channel: Callable[[ChannelId], None]
) -> Callable[[Mapping[str, Any]], None]:
    """For events that are not stored: somebody looks at their Home; others see a channel now, or see it no more."""

    def glance(payload: Mapping[str, Any]) -> None:
        event = payload["event"]
        if event["type"] == "app_home_opened":
            home(payload)
        elif ident := _like(_ID, event.get("channel")):
            channel(ChannelId(ident))

    return glance


class ThreadDoor:
    """Takes an event of the Events API; when the call returns, what it asked for is on the disk.

    Raises Unavailable or NotYet when it is not: then Slack must not be acknowledged, and brings it again.
    """

    def __init__(self, door: Door, shared: Callable[[ChannelId], None] = lambda _: None) -> None:
        """`shared` is told of a channel that another organization sees, when we did not know that."""
        self._door = door
        self._shared = shared
        self._told: OrderedDict[SlackName, None] = OrderedDict()
        self._linked: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def may_wait(self, payload: Mapping[str, Any]) -> bool:
        """Is it enough, for the moment, to have it written down? A person's words in a thread that shows a session are.

        So is what becomes of them later; nothing else is kept, nor what comes from a channel that others see.
        """
        event = payload.get("event")
        if not isinstance(event, dict) or payload.get("is_ext_shared_channel") is True:
            return False
        message = event
        for nested in ("message", "previous_message"):
            if isinstance(inner := event.get(nested), dict):
                message = inner
                break
        if not isinstance(message.get("user"), str) or message["user"] == self._door.house.bot:
            return False
        return self._shows_a_session(payload.get("team_id"), event.get("channel"), message.get("thread_ts"))

    def _shows_a_session(self, team: object, channel: object, ts: object) -> bool:
        """A thread that did a moment ago is believed: what has changed since is found out when the message is taken."""
        if not (isinstance(team, str) and isinstance(channel, str) and isinstance(ts, str)):
            return False
        key = (team, channel, ts)
        if key in self._linked:
            return True
        if not (_like(_ID, team) and _like(_ID, channel) and _like(_TS, ts)):
            return False
        if not self._door.read.is_linked(ThreadKey(TeamId(team), ChannelId(channel), Ts(ts))):
            return False
        self._linked[key] = None
        if len(self._linked) > REMEMBERED:
            self._linked.popitem(last=False)
        return True

    async def __call__(self, payload: Mapping[str, Any], /, *, late: bool = False) -> None:
        """`late`: it was written a while ago, so what is old by now is not sent without asking."""
        house = self._door.house
        if payload.get("is_ext_shared_channel") is True:
            self._note_shared(payload)
        if (said := said_in(payload, house)) is not None:
            await self._said(said, late=late)
        elif (said := edited_in(payload, house)) is not None:
            about(said.name())
            told = await self._door.bridge.edited(await self._addressed(said))
            self._tell_once(said, told, _name_of_edit(said, payload))
        elif (gone := deleted_in(payload)) is not None:
            about(name_of_message(gone[0].team, gone[0].channel, gone[1]))
            await self._door.bridge.deleted(*gone)

    def _note_shared(self, payload: Mapping[str, Any]) -> None:
        """Each event says whether another organization sees its channel: what was known before does not count then."""
        event = payload.get("event")
        if not isinstance(event, dict):
            return
        team, channel = (_like(_ID, value) for value in (payload.get("team_id"), event.get("channel")))
        self._door.workspace.doubt_channel(ChannelId(channel))
        if not self._door.read.is_shared(TeamId(team), ChannelId(channel)):
            self._shared(ChannelId(channel))

    async def _said(self, said: Said, *, late: bool) -> None:
        about(said.name())
        said = await self._addressed(said)
        came = await self._relay(said, late=late)
        if isinstance(came, Wanted):
            if self._first_time(said.name()):
                self._tell(said, await self._carried_out(came))
        elif isinstance(came, Message):
            self._tell_once(said, came, said.name())
        if not is_short(said.text):
            self._door.later(self._tell_of_parts(said))

    async def _tell_of_parts(self, said: Said) -> None:
        hint, name = await hint_of_parts(self._door, said.name()), SlackName(f"{said.name()}/parts")
        if hint and self._first_time(name) and await self._door.bridge.is_first(name):
            await self._door.workspace.hint(said.thread.channel, said.user, hint, _in_thread(said))

    def _tell_once(self, said: Said, message: Message | None, name: SlackName) -> None:
        if message is not None and self._first_time(name):
            self._door.later(self._tell_first(said, message, name))

    async def _tell_first(self, said: Said, message: Message, name: SlackName) -> None:
        """Nothing of it is in the store, so another bot that was brought it, or its twin, would tell it as well."""
        if await self._door.bridge.is_first(name):
            where = said.thread.channel, said.user
            await self._door.workspace.hint(*where, message.text, _in_thread(said), message.blocks)

    async def _carried_out(self, wanted: Wanted) -> Message | None:
        name = wanted.said.name()
        try:
            if await self._door.bridge.is_first(name):
                return await self._surely_carry_out(wanted)
            self._told.pop(name, None)  # who is the first tells it: here, when it was found in a thread
            await self._done_elsewhere(name)
        except BaseException:
            self._told.pop(name, None)  # Slack brings it again
            raise
        return None

    async def _surely_carry_out(self, wanted: Wanted) -> Message | None:
        try:
            return await self._carry_out(wanted)
        except BaseException:
            with suppress(StoreError):
                await self._door.bridge.not_done(wanted.said.name())
            raise

    async def _done_elsewhere(self, name: SlackName) -> None:
        """Another bot is at it. Acknowledged before that has ended, it would be lost with that bot. Raises NotYet."""
        for _ in range(PLACE_LOOKS):
            if self._door.read.is_asked_under(name):
                return
            await asyncio.sleep(LOOK_SECONDS)
        raise NotYet

    async def _carry_out(self, wanted: Wanted) -> Message | None:
        await self._door.completed.wait()
        from handlers import orders  # noqa: PLC0415 - imported when the door is complete, not before messages are taken

        return await orders.carry_out(self._door, wanted)

    def _tell(self, said: Said, message: Message | None) -> None:
        if message is not None:
            self._door.show(said.thread.channel, said.user, message, _in_thread(said))

    async def _relay(self, said: Said, *, late: bool) -> Message | Wanted | None:
        """A card that is being posted has its place in a moment; Slack would come again in a minute, and newer messages
        would have overtaken this one.
        """
        for _ in range(PLACE_LOOKS):
            with suppress(NotYet):
                return await self._door.bridge.relay(said, missed=late)
            await asyncio.sleep(LOOK_SECONDS)
        return await self._door.bridge.relay(said, missed=late)

    async def _addressed(self, said: Said) -> Said:
        """With what Slack knows of the colleague whom it begins by addressing: they may be in the session."""
        user = addressee_of(said.text)
        if not user or user == self._door.house.bot:
            return said
        profile = await self._door.profile(user)
        known = Addressed(user, profile.email, profile.name) if profile else Addressed(user)
        return replace(said, addressed=known)

    async def missed(self, payload: Mapping[str, Any]) -> bool:
        """A message that was written while nobody listened. True when it was new.

        No hints are given that late, save what came of a command: nothing else may tell it.
        """
        said = said_in(payload, self._door.house)
        if said is None or self._door.read.item_named(said.name()) is not None:
            return False
        came = await self._door.bridge.relay(await self._addressed(said), missed=True)
        if isinstance(came, Wanted):
            await self._carry_out_missed(came)
        return self._door.read.item_named(said.name()) is not None

    async def _carry_out_missed(self, wanted: Wanted) -> None:
        """Raises Unavailable while another bot is at it: it may have died at it, so the thread is to be read again."""
        name = wanted.said.name()
        if await self._door.bridge.is_first(name):
            told = await self._surely_carry_out(wanted)
            if self._first_time(name):  # else Slack has brought it meanwhile
                self._tell(wanted.said, told)
        elif not self._door.read.is_asked_under(name):
            raise Unavailable("another bot has begun this command")

    def _first_time(self, name: SlackName) -> bool:
        """A message and its app_mention twin are two events: its author is told once."""
        if name in self._told:
            return False
        self._told[name] = None
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return True


def _name_of_edit(said: Said, payload: Mapping[str, Any]) -> SlackName:
    """The same when Slack brings this very change again."""
    at = _like(_TS, payload["event"].get("event_ts"))
    return SlackName(f"{said.name()}/edit/{at}/{hashlib.sha256(said.text.encode()).hexdigest()[:16]}")


def _in_thread(said: Said) -> Ts | None:
    """Where its author is told: in the thread, if the message is in one."""
    return said.thread.ts if said.thread.ts != said.ts else None


def said_in(payload: Mapping[str, Any], house: House) -> Said | None:
    """What a person said in a thread, or to the bot in a channel; None for everything else, however odd it is."""
    event, bot = payload.get("event"), house.bot
    if not isinstance(event, dict) or not _is_speech(event) or not _by_person(event, payload, house):
        return None
    team, channel, user = (_like(_ID, value) for value in (payload.get("team_id"), event.get("channel"), event["user"]))
    ts, thread = _like(_TS, event.get("ts")), _like(_TS, event.get("thread_ts"))
    text = with_mention(_text(words_of(event)), bot, house.names)
    in_thread = thread and thread != ts
    if not (team and channel and user and ts) or not (in_thread or command_of(text, bot) is not None):
        return None
    return Said(
        thread=ThreadKey(TeamId(team), ChannelId(channel), Ts(thread if in_thread else ts)),
        ts=Ts(ts),
        user=UserId(user),
        text=text,
        files=tuple(_files(event.get("files"))),
        edited=_edited_at(event.get("edited")),
    )


def _edited_at(told: object) -> str:
    return _like(_TS, told.get("ts")) if isinstance(told, dict) else ""


def edited_in(payload: Mapping[str, Any], house: House) -> Said | None:
    """What a message in a thread says now that somebody has changed it; None for every other event.

    Slack calls it a change, too, when a link unfolds or a reply is counted: then the text is the same as before.
    """
    event = _change(payload, "message_changed")
    now, before = (event or {}).get("message"), (event or {}).get("previous_message")
    if event is None or not isinstance(now, dict) or not isinstance(before, dict):
        return None
    if now.get("text") == before.get("text"):
        return None
    changed = {**now, "type": "message", "channel": event.get("channel")}
    return said_in({**payload, "event": changed}, house)


def deleted_in(payload: Mapping[str, Any]) -> tuple[ThreadKey, Ts] | None:
    """Which message is gone, and its thread; a message without one is its own. None for every other event."""
    event = _change(payload, "message_deleted") or _buried(payload)
    before = (event or {}).get("previous_message")
    if event is None or not isinstance(before, dict):
        return None
    team, channel = (_like(_ID, value) for value in (payload.get("team_id"), event.get("channel")))
    ts, thread = _like(_TS, before.get("ts")), _like(_TS, before.get("thread_ts"))
    if not (team and channel and ts):
        return None
    return ThreadKey(TeamId(team), ChannelId(channel), Ts(thread or ts)), Ts(ts)


def _buried(payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What had replies leaves a stone behind when it is deleted, and Slack calls that a change."""
    event = _change(payload, "message_changed")
    now = (event or {}).get("message")
    return event if isinstance(now, dict) and now.get("subtype") == "tombstone" else None


def _change(payload: Mapping[str, Any], subtype: str) -> Mapping[str, Any] | None:
    event = payload.get("event")
    if not isinstance(event, dict) or event.get("type") != "message" or event.get("subtype") != subtype:
        return None
    return event


def _is_speech(event: Mapping[str, Any]) -> bool:
    kind, subtype = event.get("type"), event.get("subtype")
    return isinstance(kind, str) and kind in EVENTS and isinstance(subtype, str | None) and subtype in SUBTYPES


def _like(pattern: re.Pattern[str], value: object) -> str:
    """An id or time stamp as Slack writes them; empty for what is none: it could be neither stored nor compared."""
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""


def _text(value: object) -> str:
    """Half an emoji cannot be stored."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _files(value: object) -> Iterator[File]:
    for file in value[:MOST_FILES] if isinstance(value, list) else ():
        yield _file(file if isinstance(file, dict) else {})


def _file(told: Mapping[str, Any]) -> File:
    """What a file object says, as far as it can be believed. Of one that is gone, or from elsewhere, that is little."""
    size, mode = told.get("size"), told.get("mode")
    return File(
        name=_text(told.get("name")) or "a file",
        id=FileId(_like(_ID, told.get("id"))),
        size=size if isinstance(size, int) and 0 <= size < MOST_SIZE else 0,
        type=_text(told.get("mimetype"))[:100],
        url=_text(told.get("url_private"))[:2000],
        there=mode not in ("tombstone", "hidden_by_limit"),
        outside=mode == "external" or bool(told.get("is_external")),
    )


def _by_person(event: Mapping[str, Any], payload: Mapping[str, Any], house: House) -> bool:
    """Our own posts come back as events; relayed, they would never stop. Other bots speak if the policy names them."""
    user = event.get("user")
    if not isinstance(user, str) or not user or user == house.bot or event.get("hidden"):
        return False
    if (event.get("bot_id") or event.get("bot_profile")) and not house.policy.hears(user):
        return False
    return not event.get("app_id") or event["app_id"] != payload.get("api_app_id")
