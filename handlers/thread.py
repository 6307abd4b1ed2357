"""Messages in threads, on their way in. Stands before Bolt, which acknowledges an event before anything is stored."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from bot.bridge import NotYet
from bot.model import ChannelId, File, Said, SlackName, TeamId, ThreadKey, Ts, UserId
from bot.richtext import words_of
from bot.text import command_of
from handlers.door import Door

EVENTS = frozenset({"message", "app_mention"})
SUBTYPES = frozenset({None, "file_share", "thread_broadcast", "me_message"})  # an allow-list: new kinds are left alone
REMEMBERED = 1000
PLACE_LOOKS, LOOK_SECONDS = 40, 0.05  # two seconds: Slack waits three

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")


class ThreadDoor:
    """Takes an event of the Events API; when the call returns, what it asked for is on the disk.

    Raises Unavailable or NotYet when it is not: then Slack must not be acknowledged, and brings it again.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._told: OrderedDict[SlackName, None] = OrderedDict()

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        said = said_in(payload, self._door.house.bot)
        if said is None:
            return
        words = await self._relay(said)
        if words and self._first_time(said.name()):
            in_thread = said.thread.ts if said.thread.ts != said.ts else None
            self._door.tell(said.thread.channel, said.user, words, in_thread)

    async def _relay(self, said: Said) -> str | None:
        """A card that is being posted has its place in a moment; Slack would come again in a minute, and newer messages
        would have overtaken this one.
        """
        for _ in range(PLACE_LOOKS):
            with suppress(NotYet):
                return await self._door.bridge.relay(said)
            await asyncio.sleep(LOOK_SECONDS)
        return await self._door.bridge.relay(said)

    async def missed(self, payload: Mapping[str, Any]) -> bool:
        """A message that was written while nobody listened. True when it was new; no hints are given that late."""
        said = said_in(payload, self._door.house.bot)
        if said is None or self._door.read.item_named(said.name()) is not None:
            return False
        await self._door.bridge.relay(said, missed=True)
        return self._door.read.item_named(said.name()) is not None

    def _first_time(self, name: SlackName) -> bool:
        """A message and its app_mention twin are two events: its author is told once."""
        if name in self._told:
            return False
        self._told[name] = None
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return True


def said_in(payload: Mapping[str, Any], bot: UserId) -> Said | None:
    """What a person said in a thread, or to the bot in a channel; None for everything else, however odd it is."""
    event = payload.get("event")
    if not isinstance(event, Mapping) or not _is_speech(event) or not _by_person(event, payload, bot):
        return None
    team, channel, user = (_like(_ID, value) for value in (payload.get("team_id"), event.get("channel"), event["user"]))
    ts, thread, text = _like(_TS, event.get("ts")), _like(_TS, event.get("thread_ts")), _text(words_of(event))
    in_thread = thread and thread != ts
    if not (team and channel and user and ts) or not (in_thread or command_of(text, bot) is not None):
        return None
    return Said(
        thread=ThreadKey(TeamId(team), ChannelId(channel), Ts(thread if in_thread else ts)),
        ts=Ts(ts),
        user=UserId(user),
        text=text,
        files=tuple(_files(event.get("files"))),
    )


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
    for file in value if isinstance(value, list) else ():
        yield File(_text(file.get("name") if isinstance(file, Mapping) else None) or "a file")


def _by_person(event: Mapping[str, Any], payload: Mapping[str, Any], bot: UserId) -> bool:
    """Our own posts come back as events; relayed, they would never stop."""
    user = event.get("user")
    if not user or user == bot or event.get("bot_id") or event.get("bot_profile") or event.get("hidden"):
        return False
    return not event.get("app_id") or event["app_id"] != payload.get("api_app_id")
