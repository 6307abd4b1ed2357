"""The only caller of chat.*, conversations.*, files.*, reactions.*, usergroups.*, users.* and views.publish.

Each call is tried once; one that was refused for its token, which had been replaced meanwhile, has not been tried.

While Slack asks for patience with a method, or has failed at it again and again, nobody calls it: whoever wants to is
told at once how long that lasts. The errors are those of `bot/slackerrors.py`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.clock import Clock
from bot.counts import Counts, outcome_of
from bot.model import ChannelId, EvoSessionId, FileId, Mark, Mode, Profile, Shows, TeamId, Ts, UserId
from bot.policy import PlaceKind
from bot.scopes import Scopes, scopes_in
from bot.slackerrors import (
    LONGEST_PATIENCE,
    TOO_MANY,
    SlackAstray,
    SlackAway,
    SlackError,
    SlackGone,
    SlackRefused,
    SlackSignedOut,
    SlackUngranted,
    SlackUnsure,
)
from bot.text import Mentions, Names
from bot.views import Blocks, Message, View
from bot.whoami import Identity, identity_in

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

__all__ = [
    "Identity",
    "SlackAstray",
    "SlackAway",
    "SlackError",
    "SlackGone",
    "SlackRefused",
    "SlackSignedOut",
    "SlackUngranted",
    "SlackUnsure",
    "Workspace",
    "files_in",
    "is_shared",
    "names_in",
    "shown_in",
]

log = logging.getLogger(__name__)

MEMBERS_SECONDS, MEMBERS_PAGE = 60.0, 1000
PROFILE_SECONDS = 300.0  # how long a person's name and rights are believed
OK, SERVER_TROUBLE = 200, 500
FAILING = 4  # failures in a row that are no slip any more
LONGEST_PAUSE = 15.0
UNGRANTED_SECONDS = 60.0  # before that is tried again for which a scope is missing
EVENT_TYPE = "evobot_post"  # of the metadata by which a post is found again; holds opaque names only
PAGE = 200

Of = Mapping[str, str]  # the argument that says which workspace of an organization is meant; empty where there is one

ALREADY_SO = frozenset({"already_reacted", "no_reaction"})


class Workspace:
    """Slack, as far as the bot needs it. Without a client, whoever calls it waits until there is one."""

    def __init__(
        self,
        client: AsyncWebClient | None,
        clock: Clock,
        scopes: Scopes | None = None,
        counts: Counts | None = None,
    ) -> None:
        self._counts = counts or Counts()
        self.client: AsyncWebClient | None = None
        self._connected_to = asyncio.Event()
        self._clock = clock
        self.scopes = scopes or Scopes()
        self._off: dict[str, tuple[float, SlackUngranted]] = {}  # what is not tried before then
        self._profiles: dict[UserId, tuple[float, Profile]] = {}
        self.whole = False  # is it an organization? Then Slack lists what each of its workspaces has, one at a time
        self._teams: tuple[float, list[Of]] = (float("-inf"), [])
        self._group_ids: tuple[float, dict[str, tuple[str, Of]]] = (float("-inf"), {})
        self._in_groups: dict[str, tuple[float, frozenset[UserId]]] = {}
        self._channels: dict[ChannelId, tuple[float, dict[str, Any]]] = {}
        self._there: dict[ChannelId, tuple[float, frozenset[UserId]]] = {}
        self._closed: dict[str, float] = {}  # methods, and until when they are left alone
        self._failures: Counter[str] = Counter()  # of methods, one after another
        self.signed_out = False  # for health: the last answer was that our token is no good
        if client is not None:
            self.connect(client)

    def connect(self, client: AsyncWebClient) -> None:
        """Messages are taken before slack-sdk is imported: it comes later, as does whatever calls Slack."""
        self.client = client
        self._connected_to.set()

    # Who and where

    async def identity(self) -> Identity:
        answer = await self._call("auth.test", {})
        found = identity_in(answer, str(answer["__headers__"].get("x-oauth-scopes", "")))
        self.whole = found.whole
        return found

    async def app_of(self, bot_id: str) -> str:
        """The id of the app that a bot belongs to; "" when Slack does not say (bots.info)."""
        answer = await self._call("bots.info", {"bot": bot_id}, verb="GET")
        return str((answer.get("bot") or {}).get("app_id") or "")

    async def profile(self, user: UserId, within: float = PROFILE_SECONDS) -> Profile:
        """What Slack says about a person, at most `within` seconds old. Raises SlackError: then nobody knows."""
        kept = self._profiles.get(user)
        if kept and self._clock.now() - kept[0] < within:
            return kept[1]
        answer = await self._call("users.info", {"user": user}, verb="GET")
        profile = _profile(user, answer["user"])
        self._profiles[user] = (self._clock.now(), profile)
        return profile

    async def with_email(self, email: str) -> Profile | None:
        """Whose address this is. Raises SlackError: then nobody knows."""
        try:
            answer = await self._call("users.lookupByEmail", {"email": email}, verb="GET")
        except SlackRefused as error:
            if error.code == "users_not_found":
                return None
            raise
        return self._met(answer["user"])

    async def called(self, name: str) -> list[Profile]:
        """Everybody of this workspace with this user name or display name, in any case. Asks for all of them."""
        listed = await self._all("users.list", {"limit": PAGE}, "members")
        found = [self._met(info) for _, info in listed if name.casefold() in _names_of(info)]
        return list({profile.user: profile for profile in found}.values())  # somebody may be in several workspaces

    def _met(self, info: Mapping[str, Any]) -> Profile:
        profile = _profile(UserId(info["id"]), info)
        self._profiles[profile.user] = (self._clock.now(), profile)
        return profile

    async def in_group(self, group: str, user: UserId, within: float = PROFILE_SECONDS) -> bool | None:
        """Is somebody in a user group, known by its id or its handle? None when there is no such group.

        At most `within` seconds old. Raises SlackError: then nobody knows (usergroups.list, usergroups.users.list).
        """
        found = (await self._groups(PROFILE_SECONDS)).get(group.casefold())
        if found is None:
            return None
        ident, of = found
        kept = self._in_groups.get(ident)
        if kept is None or self._clock.now() - kept[0] >= within:
            answer = await self._call("usergroups.users.list", {"usergroup": ident, **of}, verb="GET")
            kept = self._clock.now(), frozenset(UserId(each) for each in answer.get("users", []))
            self._in_groups[ident] = kept
        return user in kept[1]

    async def is_group(self, group: str) -> bool:
        """Is there such a user group, by its id or its handle? Raises SlackError: then nobody knows."""
        return group.casefold() in await self._groups(PROFILE_SECONDS)

    async def _groups(self, within: float) -> dict[str, tuple[str, Of]]:
        """The workspace's user groups, by id and by handle, both in lower case: which it is, and whose.

        Of an organization, a handle that is not one group's alone is nobody's: else whoever may make a group in one of
        its workspaces would be in that of another.
        """
        when, known = self._group_ids
        if self._clock.now() - when >= within:
            by_id: dict[str, tuple[str, Of]] = {}
            by_handle: dict[str, dict[str, tuple[str, Of]]] = {}
            for of, group in await self._all("usergroups.list", {}, "usergroups"):
                ident, handle = str(group["id"]), str(group["handle"]).casefold()
                by_id[ident.casefold()] = by_handle.setdefault(handle, {})[ident] = ident, of
            alone = {handle: next(iter(meant.values())) for handle, meant in by_handle.items() if len(meant) == 1}
            known = alone | by_id
            self._group_ids = self._clock.now(), known
        return known

    def forget_channel(self, channel: ChannelId) -> None:
        """Something has changed there: Slack is asked anew."""
        self._channels.pop(channel, None)
        self._there.pop(channel, None)

    def forget_channels(self) -> None:
        """The same of all."""
        self._channels.clear()
        self._there.clear()

    def doubt_channel(self, channel: ChannelId) -> None:
        """Somebody says that it is shared: what we knew before that is forgotten."""
        kept = self._channels.get(channel)
        if kept and not is_shared(kept[1]):
            self.forget_channel(channel)

    async def kind_of(self, channel: ChannelId) -> PlaceKind:
        """Whose eyes a conversation is for, at most five minutes old. Raises SlackError: then nobody knows."""
        info = await self._channel(channel)
        if is_shared(info):
            return PlaceKind.SHARED
        if info.get("is_im"):
            return PlaceKind.DIRECT
        if info.get("is_mpim"):
            return PlaceKind.GROUP
        return PlaceKind.PRIVATE if info.get("is_private") else PlaceKind.PUBLIC

    def known_name(self, user: UserId) -> str:
        """What a person was called when Slack was last asked; "" when it was not. Asks nobody."""
        kept = self._profiles.get(user)
        return kept[1].name if kept else ""

    async def names(self, mentions: Mentions) -> Names:
        """Names for what a text mentions. Who or what cannot be named is left out: never an id instead."""
        users = await asyncio.gather(*(self._name_of(user) for user in mentions.users))
        channels = await asyncio.gather(*(self._channel_name(channel) for channel in mentions.channels))
        return Names(
            users={user: name for user, name in users if name},
            channels=dict(channel for channel in channels if channel is not None),
            groups={},
        )

    async def is_member(self, channel: ChannelId) -> bool | None:
        """Is the bot in this channel? None when Slack does not say."""
        try:
            info = await self._channel(channel, fresh=True)
        except SlackGone:
            return None if self.scopes.lacks("groups:read") else False
        except SlackError:
            return None
        return bool(info.get("is_member") or info.get("is_im"))

    async def is_private(self, channel: ChannelId) -> bool:
        """Is it for its members only? At most five minutes old. Raises SlackError: then nobody knows."""
        info = await self._channel(channel)
        return bool(info.get("is_private") or info.get("is_im") or info.get("is_mpim"))

    async def may_see(self, channel: ChannelId, user: UserId) -> bool:
        """May this person read a channel? Raises SlackError: then nobody knows."""
        try:
            return not await self.is_private(channel) or user in await self._members(channel)
        except SlackUngranted:
            raise
        except SlackRefused:
            return False

    async def channels(self) -> list[ChannelId]:
        """Where the bot is a member."""
        arguments = {"types": "public_channel,private_channel", "limit": PAGE}
        listed = await self._all("users.conversations", arguments, "channels")
        return list(dict.fromkeys(ChannelId(channel["id"]) for _, channel in listed))

    # Messages

    async def post(
        self,
        channel: ChannelId,
        thread_ts: Ts | None,
        message: Message,
        name: str,
        *also: str,
        shows: Shows | None = None,
    ) -> Ts:
        """Posts once, with `name` in its metadata, and with the names of whatever `also` stands in it.

        `shows`: what a card does.

        Returns where it stands. Never links, unfurls or mentions anybody that the blocks do not mention themselves.
        """
        arguments: dict[str, Any] = {
            "channel": channel,
            "text": message.text,
            "blocks": message.blocks,
            "metadata": _metadata(name, also, shows),
            "unfurl_links": False,
            "unfurl_media": False,
            "link_names": False,
        }
        if thread_ts is not None:
            arguments["thread_ts"] = thread_ts
        answer = await self._call("chat.postMessage", arguments)
        ts = Ts(answer["ts"])
        shown = answer.get("message")
        if thread_ts is not None and isinstance(shown, Mapping) and shown.get("thread_ts") != thread_ts:
            await self._take_back(channel, ts)
        return ts

    def may_post(self) -> None:
        """Raises SlackAway while Slack has asked for patience with posts."""
        self._expect("chat.postMessage")

    async def standing(self, channel: ChannelId, thread_ts: Ts | None, since: float) -> dict[str, Ts]:
        """Which of our posts stand in a thread, or in a channel, and where: what to ask before one is posted again."""
        found: dict[str, Ts] = {}
        cursor: str | None = ""
        while cursor is not None:
            messages, cursor = await self.page(channel, thread_ts, since, cursor)
            found |= {name: Ts(message["ts"]) for message in messages for name in names_in(message)}
        return found

    async def messages_in(self, channel: ChannelId, thread_ts: Ts, since: float) -> set[Ts]:
        """Where anything stands in a thread, whoever has written it."""
        found: set[Ts] = set()
        cursor: str | None = ""
        while cursor is not None:
            messages, cursor = await self.page(channel, thread_ts, since, cursor)
            found |= {Ts(message["ts"]) for message in messages}
        return found

    async def has_thread(self, channel: ChannelId, thread_ts: Ts) -> bool:
        """Is the message there under which a thread stands?"""
        try:
            messages, _ = await self.page(channel, thread_ts, float(thread_ts))
        except SlackGone:
            return False
        return any(message["ts"] == thread_ts for message in messages)

    async def page(
        self, channel: ChannelId, thread_ts: Ts | None, since: float, cursor: str = ""
    ) -> tuple[list[dict[str, Any]], str | None]:
        """One page of conversations.history, or of a thread's .replies, and where the next begins; None: nowhere.

        How much is on a page is Slack's choice: for some apps it is 15 messages a minute.
        """
        arguments: dict[str, Any] = {
            "channel": channel,
            "include_all_metadata": True,
            "limit": PAGE,
            "oldest": f"{since:.6f}",
        }
        if cursor:
            arguments["cursor"] = cursor
        method = "conversations.history"
        if thread_ts is not None:
            method, arguments["ts"] = "conversations.replies", thread_ts
        answer = await self._call(method, arguments, verb="GET")
        following = (answer.get("response_metadata") or {}).get("next_cursor")
        return list(answer.get("messages", [])), following or None

    async def update(
        self, channel: ChannelId, ts: Ts, message: Message, name: str = "", shows: Shows | None = None
    ) -> None:
        """Draws it anew; with a `name` its metadata, too."""
        arguments = {"channel": channel, "ts": ts, "text": message.text, "blocks": message.blocks, "link_names": False}
        await self._call("chat.update", arguments | ({"metadata": _metadata(name, (), shows)} if name else {}))

    async def react(self, channel: ChannelId, ts: Ts, was: Iterable[Mark], mark: Mark) -> None:
        """Leaves one reaction on a message, where those of `was` may stand. Doing it again changes nothing."""
        for old in was:
            if old is not mark:
                await self._reaction("reactions.remove", channel, ts, old)
        if mark is not Mark.NONE:
            await self._reaction("reactions.add", channel, ts, mark)

    async def hint(
        self, channel: ChannelId, user: UserId, text: str, thread_ts: Ts | None = None, blocks: Blocks | None = None
    ) -> None:
        """Tells one person something. It does not survive a reload, so nothing may depend on it; never raises."""
        arguments: dict[str, Any] = {"channel": channel, "user": user, "text": text}
        if blocks:
            arguments["blocks"] = blocks
        if thread_ts is not None:
            arguments["thread_ts"] = thread_ts
        try:
            await self._call("chat.postEphemeral", arguments)
        except SlackError:
            return

    async def write_to(self, user: UserId, text: str) -> None:
        """Tells one person something in their own messages with the app; never raises."""
        try:
            await self._call("chat.postMessage", {"channel": user, "text": text, "link_names": False})
        except SlackError:
            return

    async def publish(self, user: UserId, view: View) -> None:
        """What stands in somebody's Home from now on (views.publish)."""
        await self._call("views.publish", {"user_id": user, "view": view})

    # Files

    async def place_for(self, name: str, size: int) -> tuple[str, FileId]:
        """Where to put a file of so many bytes, and the id that it has from then on. Shown to nobody yet."""
        arguments = {"filename": name, "length": str(size)}
        answer = await self._call("files.getUploadURLExternal", arguments, verb="FORM")
        return str(answer["upload_url"]), FileId(answer["file_id"])

    async def put(self, address: str, data: bytes) -> None:
        """Uploads a file. Nobody sees it yet, so whatever goes wrong has had no effect: a new place makes it good."""
        if not self._is_slacks(address, (await self._connected()).base_url):
            raise SlackRefused("not_an_upload_address")
        from bot import slackweb  # noqa: PLC0415 - see connect

        status = await slackweb.put(await self._connected(), address, data)
        if status >= SERVER_TROUBLE or status == TOO_MANY:
            raise SlackAway(f"HTTP {status}")
        if status != OK:
            raise SlackRefused("upload_refused")

    async def share(self, file: FileId, title: str, channel: ChannelId, thread_ts: Ts) -> None:
        """Shows an uploaded file in a thread, a moment after this has returned. Slack does it once for each file."""
        files = json.dumps([{"id": file, "title": title}])
        arguments = {"files": files, "channel_id": channel, "thread_ts": thread_ts}
        await self._call("files.completeUploadExternal", arguments, verb="FORM")

    async def shared(self, channel: ChannelId, thread_ts: Ts, since: float) -> dict[FileId, Ts]:
        """Which files stand in a thread, and where."""
        found: dict[FileId, Ts] = {}
        cursor: str | None = ""
        while cursor is not None:
            messages, cursor = await self.page(channel, thread_ts, since, cursor)
            found |= {file: Ts(message["ts"]) for message in messages for file in files_in(message)}
        return found

    async def address_of(self, file: FileId) -> str:
        """Where the bytes of a file lie, when its message did not say."""
        answer = await self._call("files.info", {"file": file}, verb="GET")
        return str((answer.get("file") or {}).get("url_private") or "")

    # How

    def _is_slacks(self, address: str, base_url: str) -> bool:
        """What a customer has sent is uploaded there only: to Slack itself, or to what takes its place."""
        there, api = urlsplit(address), urlsplit(base_url)
        if (there.scheme, there.netloc) == (api.scheme, api.netloc):
            return True
        below = (".slack.com", f".{api.hostname}")  # another Slack, such as that of a government, has its own
        return there.scheme == "https" and there.port in {None, 443} and (there.hostname or "").endswith(below)

    async def _take_back(self, channel: ChannelId, ts: Ts) -> None:
        """What was meant for a thread may not stand in the open channel. Always raises SlackAstray."""
        log.error("Slack put a reply outside its thread; taking it back")
        try:
            await self._call("chat.delete", {"channel": channel, "ts": ts})
        except SlackError as error:
            log.error("a reply outside its thread could not be taken back: %s", error)
        raise SlackAstray("thread_not_found")

    async def _reaction(self, method: str, channel: ChannelId, ts: Ts, mark: Mark) -> None:
        try:
            await self._call(method, {"channel": channel, "timestamp": ts, "name": mark.value})
        except SlackRefused as error:
            if error.code not in ALREADY_SO:
                raise

    async def _all(self, method: str, arguments: Mapping[str, Any], under: str) -> list[tuple[Of, dict[str, Any]]]:
        """What Slack lists on all pages, and of which workspace it is where there are several."""
        found: list[tuple[Of, dict[str, Any]]] = []
        for of in await self._each_team():
            try:
                found += [(of, item) for item in await self._pages(method, {**arguments, **of}, under)]
            except SlackRefused as error:
                if error.code == "team_access_not_granted":
                    self._teams = (float("-inf"), [])  # the app has been taken out there a moment ago
                raise
        return found

    async def _pages(self, method: str, arguments: Mapping[str, Any], under: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            answer = await self._call(method, {**arguments, **({"cursor": cursor} if cursor else {})}, verb="GET")
            found += answer.get(under, [])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
        return found

    async def _each_team(self) -> list[Of]:
        """In which workspaces of the organization the app is, at most five minutes old (auth.teams.list)."""
        if not self.whole:
            return [{}]
        when, known = self._teams
        if self._clock.now() - when >= PROFILE_SECONDS:
            known = [{"team_id": str(team["id"])} for team in await self._pages("auth.teams.list", {}, "teams")]
            self._teams = self._clock.now(), known
        return known

    async def _name_of(self, user: UserId) -> tuple[UserId, str | None]:
        try:
            return user, (await self.profile(user)).name
        except SlackRefused:
            return user, None

    async def _channel_name(self, channel: ChannelId) -> tuple[ChannelId, str | None] | None:
        try:
            info = await self._channel(channel)
        except SlackRefused:
            return None
        private = info.get("is_private") or info.get("is_im") or info.get("is_mpim")
        return channel, None if private else info.get("name")

    async def _members(self, channel: ChannelId) -> frozenset[UserId]:
        """Who is in a channel, at most a minute old (conversations.members)."""
        kept = self._there.get(channel)
        if kept and self._clock.now() - kept[0] < MEMBERS_SECONDS:
            return kept[1]
        found: set[UserId] = set()
        cursor: str | None = ""
        while cursor is not None:
            arguments = {"channel": channel, "limit": MEMBERS_PAGE, **({"cursor": cursor} if cursor else {})}
            answer = await self._call("conversations.members", arguments, verb="GET")
            found |= {UserId(user) for user in answer.get("members", [])}
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
        self._there[channel] = (self._clock.now(), frozenset(found))
        return frozenset(found)

    async def _channel(self, channel: ChannelId, *, fresh: bool = False) -> dict[str, Any]:
        kept = self._channels.get(channel)
        if kept and not fresh and self._clock.now() - kept[0] < PROFILE_SECONDS:
            return kept[1]
        answer = await self._call("conversations.info", {"channel": channel}, verb="GET")
        info: dict[str, Any] = answer["channel"]
        self._channels[channel] = (self._clock.now(), info)
        return info

    async def _call(self, method: str, arguments: Mapping[str, Any], verb: str = "POST") -> dict[str, Any]:
        self._expect(method)
        what = _granted_by(method, arguments)
        self._expect_granted(what)
        failures = self._failures[method]
        try:
            data = await self._request(method, arguments, verb)
        except (SlackAway, SlackUnsure) as error:
            if failures == self._failures[method]:  # those that failed together count once
                self._failures[method] += 1
            patience = error.retry_after if isinstance(error, SlackAway) else None
            self._closed[method] = self._clock.now() + (patience or _pause(self._failures[method]))
            raise
        except SlackError as error:
            if isinstance(error, SlackUngranted):
                self._switch_off(what, error)
            self._failures[method] = 0
            self.signed_out = isinstance(error, SlackSignedOut)
            raise
        self._failures[method] = 0
        self.signed_out = False
        self.scopes.heard(str(data["__headers__"].get("x-oauth-scopes", "")))
        return data

    def _switch_off(self, what: str, error: SlackUngranted) -> None:
        """For a minute, or until Slack shows the scope among those that it has granted."""
        self.scopes.heard(error.provided)
        self._off[what] = self._clock.now() + UNGRANTED_SECONDS, error

    def _expect_granted(self, what: str) -> None:
        """Raises SlackUngranted, without asking, for what has lacked a scope a moment ago and lacks it still."""
        until, error = self._off.get(what, (0.0, None))
        if error is None:
            return
        wait = until - self._clock.now()
        if 0 < wait <= UNGRANTED_SECONDS and self.scopes.lacks(*scopes_in(error.needed)):
            raise SlackUngranted(error.needed)
        del self._off[what]

    def _expect(self, method: str) -> None:
        """Raises SlackAway, without asking, while Slack wants no call of this method."""
        patience = self._closed.get(method, 0.0) - self._clock.now()
        if 0 < patience <= LONGEST_PATIENCE:
            raise SlackAway("rate limited", patience)

    async def _request(self, method: str, arguments: Mapping[str, Any], verb: str) -> dict[str, Any]:
        from bot import slackweb  # noqa: PLC0415 - see connect

        client, began, raised = await self._connected(), time.monotonic(), None
        token = client.token
        try:
            try:
                return await slackweb.request(client, method, arguments, verb)
            except SlackSignedOut:
                if client.token == token:
                    raise
                return await slackweb.request(client, method, arguments, verb)  # with what has replaced it meanwhile
        except SlackError as error:
            raised = error
            raise
        finally:
            self._counts.slack(method, outcome_of(raised), time.monotonic() - began)

    async def _connected(self) -> AsyncWebClient:
        await self._connected_to.wait()
        if self.client is None:
            raise AssertionError("connected to nothing")
        return self.client


def is_shared(channel: Mapping[str, Any]) -> bool:
    """With another organization, or soon: an invitation that is only sent counts (conversations.info)."""
    return bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"))


def _granted_by(method: str, arguments: Mapping[str, Any]) -> str:
    """What one scope grants: a method, and for conversations one kind of channel, of which we may not know the kind."""
    return f"{method}/{arguments.get('channel', '')}" if method.startswith("conversations.") else method


def _pause(failures: int) -> float:
    """A slip is tried again at once; an outage is not run against by everybody."""
    return 0.0 if failures < FAILING else min(2.0 ** min(failures - FAILING, 6), LONGEST_PAUSE)


def _names_of(info: Mapping[str, Any]) -> set[str]:
    profile = info.get("profile") or {}
    return {str(name).casefold() for name in (info.get("name"), profile.get("display_name")) if name}


def _profile(user: UserId, info: Mapping[str, Any]) -> Profile:
    profile = info.get("profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or info.get("real_name") or info.get("name") or ""
    return Profile(
        user=user,
        team=TeamId(info["team_id"]) if info.get("team_id") else None,
        name=str(name) or "Somebody",
        email=profile.get("email") or None,
        bot=bool(info.get("is_bot")) or user == "USLACKBOT",
        guest=bool(info.get("is_restricted") or info.get("is_ultra_restricted")),
        stranger=bool(info.get("is_stranger")),
        deleted=bool(info.get("deleted")),
        owner=bool(info.get("is_admin") or info.get("is_owner") or info.get("is_primary_owner")),
        organization=_organization(info.get("enterprise_user")),
    )


def _organization(told: object) -> TeamId | None:
    ident = told.get("enterprise_id") if isinstance(told, Mapping) else None
    return TeamId(ident) if isinstance(ident, str) else None


def _metadata(name: str, also: Sequence[str], shows: Shows | None) -> dict[str, Any]:
    payload: dict[str, Any] = {"name": name}
    if also:
        payload["also"] = list(also)
    if shows and shows.session:
        payload["session"] = shows.session
    if shows and shows.mode:
        payload["mode"] = shows.mode
    return {"event_type": EVENT_TYPE, "event_payload": payload}


def shown_in(message: Mapping[str, Any]) -> Shows:
    """What a card of ours says of itself."""
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    session, mode = payload.get("session"), payload.get("mode")
    return Shows(
        EvoSessionId(session) if isinstance(session, str) and session else None,
        Mode(mode) if mode in set(Mode) else None,
    )


def files_in(message: Mapping[str, Any]) -> list[FileId]:
    """The files that a message shows."""
    files = message.get("files")
    listed = [file.get("id") for file in files if isinstance(file, Mapping)] if isinstance(files, list) else []
    return [FileId(file) for file in listed if isinstance(file, str)]


def names_in(message: Mapping[str, Any]) -> list[str]:
    """The names of what a message of ours shows."""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return []
    payload = metadata.get("event_payload") or {}
    also = payload.get("also")
    return [name for name in (payload.get("name"), *(also if isinstance(also, list) else ())) if isinstance(name, str)]
