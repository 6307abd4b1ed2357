"""The only caller of chat.*, conversations.*, files.*, reactions.*, usergroups.*, users.* and views.publish.

Each call is tried once.

While Slack asks for patience with a method, or has failed at it again and again, nobody calls it: whoever wants to is
told at once how long that lasts.

SlackError
├── SlackAway        no effect, may be tried again after .retry_after seconds (not reached, or 429)
├── SlackUnsure      may have had its effect (answer lost, 5xx, internal_error)
├── SlackGone        this channel or message cannot be reached any more
├── SlackSignedOut   the token is no longer good
└── SlackRefused     a definite no: .code is Slack's word for it
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock
from bot.model import ChannelId, EvoSessionId, FileId, Mark, Mode, Profile, Shows, TeamId, Ts, UserId
from bot.policy import PlaceKind
from bot.text import Mentions, Names
from bot.views import Blocks, Message, View

log = logging.getLogger(__name__)

MEMBERS_SECONDS, MEMBERS_PAGE = 60.0, 1000
PROFILE_SECONDS = 300.0  # how long a person's name and rights are believed
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=4)
UPLOAD = aiohttp.ClientTimeout(total=60, connect=4)
MOST_ANSWER = 8 << 20  # bytes; a page of 200 messages has far less
OK, TOO_MANY, SERVER_TROUBLE = 200, 429, 500
FAILING = 4  # failures in a row that are no slip any more
LONGEST_PAUSE = 15.0
LONGEST_PATIENCE = 900.0  # whatever Slack asks for; a clock that was set back makes nobody wait longer
EVENT_TYPE = "evobot_post"  # of the metadata by which a post is found again; holds opaque names only
PAGE = 200

GONE = frozenset(
    {
        "cannot_reply_to_message",
        "cant_update_message",
        "channel_not_found",
        "edit_window_closed",
        "is_archived",
        "message_not_found",
        "no_permission",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "thread_not_found",
    }
)
SIGNED_OUT = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})
MAYBE = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
# Said with HTTP 200, but passing.
LATER = frozenset(
    {
        "accesslimited",
        "message_limit_exceeded",
        "org_login_required",
        "rate_limited",
        "ratelimited",
        "team_added_to_org",
    }
)
_CODE = re.compile(r"[a-z][a-z0-9_]{1,79}")  # what does not look like one is somebody's words, and not repeated
ALREADY_SO = frozenset({"already_reacted", "no_reaction"})


class SlackError(Exception):
    """Slack did not do what was asked."""


class SlackAway(SlackError):
    """Slack was not reached, or asks for patience. Nothing happened."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SlackUnsure(SlackError):
    """The answer was lost; it may have happened."""


class SlackRefused(SlackError):
    """Slack said no."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SlackGone(SlackRefused):
    """The channel, thread or message is out of reach."""


class SlackAstray(SlackGone):
    """Slack put a reply somewhere else than into its thread; it has been taken back."""


class SlackSignedOut(SlackError):
    """Slack no longer knows this token. Nothing happened, and nothing will until a person acts."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are in Slack (auth.test)."""

    team: TeamId
    team_name: str
    user: UserId
    bot_id: str
    scopes: frozenset[str]  # granted to the token; empty when Slack does not say
    url: str = "https://slack.com/"  # of the workspace
    name: str = ""  # the bot's user name


def slack_client(token: str, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client that never repeats a call by itself.

    slack-sdk's default retry handler sends chat.postMessage twice after a dropped connection.
    """
    base = base_url if base_url.endswith("/") else base_url + "/"
    return AsyncWebClient(token=token, base_url=base, session=session, retry_handlers=[])


class BoundedAnswer(aiohttp.ClientResponse):
    """By itself aiohttp keeps, and unpacks, whatever comes: a gigabyte, if it comes in time."""

    async def read(self) -> bytes:
        if self._body is None:
            parts, size = [], 0
            async for part in self.content.iter_any():
                parts.append(part)
                size += len(part)
                if size > MOST_ANSWER:
                    self.close()
                    raise aiohttp.ClientPayloadError("too big")
            self._body = b"".join(parts)
        return await super().read()


def slack_session() -> aiohttp.ClientSession:
    """Follows no redirect: what is meant for Slack goes to nobody else."""
    tracing = aiohttp.TraceConfig()
    tracing.on_request_redirect.append(_stay_here)
    return aiohttp.ClientSession(timeout=TIMEOUT, response_class=BoundedAnswer, trace_configs=[tracing])


async def _stay_here(*_: object) -> None:
    raise aiohttp.ClientError("Slack redirected a call")


class Workspace:
    """Slack, as far as the bot needs it."""

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._profiles: dict[UserId, tuple[float, Profile]] = {}
        self._group_ids: tuple[float, dict[str, str]] = (float("-inf"), {})
        self._in_groups: dict[str, tuple[float, frozenset[UserId]]] = {}
        self._channels: dict[ChannelId, tuple[float, dict[str, Any]]] = {}
        self._there: dict[ChannelId, tuple[float, frozenset[UserId]]] = {}
        self._closed: dict[str, float] = {}  # methods, and until when they are left alone
        self._failures: Counter[str] = Counter()  # of methods, one after another
        self.signed_out = False  # for health: the last answer was that our token is no good

    # Who and where

    async def identity(self) -> Identity:
        answer = await self._call("auth.test", {})
        granted = str(answer["__headers__"].get("x-oauth-scopes", ""))
        return Identity(
            team=TeamId(answer.get("team_id", "")),
            team_name=answer.get("team", ""),
            user=UserId(answer.get("user_id", "")),
            bot_id=answer.get("bot_id", ""),
            url=str(answer.get("url") or "https://slack.com/"),
            name=str(answer.get("user") or ""),
            scopes=frozenset(scope.strip() for scope in granted.split(",") if scope.strip()),
        )

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
        found: list[Profile] = []
        cursor: str | None = ""
        while cursor is not None:
            arguments = {"limit": PAGE, **({"cursor": cursor} if cursor else {})}
            answer = await self._call("users.list", arguments, verb="GET")
            found += [self._met(info) for info in answer.get("members", []) if name.casefold() in _names_of(info)]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
        return found

    def _met(self, info: Mapping[str, Any]) -> Profile:
        profile = _profile(UserId(info["id"]), info)
        self._profiles[profile.user] = (self._clock.now(), profile)
        return profile

    async def in_group(self, group: str, user: UserId, within: float = PROFILE_SECONDS) -> bool | None:
        """Is somebody in a user group, known by its id or its handle? None when there is no such group.

        At most `within` seconds old. Raises SlackError: then nobody knows (usergroups.list, usergroups.users.list).
        """
        ident = (await self._groups(PROFILE_SECONDS)).get(group.casefold())
        if ident is None:
            return None
        kept = self._in_groups.get(ident)
        if kept is None or self._clock.now() - kept[0] >= within:
            answer = await self._call("usergroups.users.list", {"usergroup": ident}, verb="GET")
            kept = self._clock.now(), frozenset(UserId(each) for each in answer.get("users", []))
            self._in_groups[ident] = kept
        return user in kept[1]

    async def is_group(self, group: str) -> bool:
        """Is there such a user group, by its id or its handle? Raises SlackError: then nobody knows."""
        return group.casefold() in await self._groups(PROFILE_SECONDS)

    async def _groups(self, within: float) -> dict[str, str]:
        """The ids of the workspace's user groups, by id and by handle, both in lower case."""
        when, known = self._group_ids
        if self._clock.now() - when >= within:
            answer = await self._call("usergroups.list", {}, verb="GET")
            listed = answer.get("usergroups", [])
            known = {str(group["handle"]).casefold(): str(group["id"]) for group in listed}
            known |= {str(group["id"]).casefold(): str(group["id"]) for group in listed}
            self._group_ids = self._clock.now(), known
        return known

    def forget_channel(self, channel: ChannelId) -> None:
        """Something has changed there: Slack is asked anew."""
        self._channels.pop(channel, None)
        self._there.pop(channel, None)

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
            return False
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
        except SlackRefused:
            return False

    async def channels(self) -> list[ChannelId]:
        """Where the bot is a member."""
        found: list[ChannelId] = []
        cursor: str | None = ""
        while cursor is not None:
            arguments = {
                "types": "public_channel,private_channel",
                "limit": PAGE,
                **({"cursor": cursor} if cursor else {}),
            }
            answer = await self._call("users.conversations", arguments, verb="GET")
            found += [ChannelId(channel["id"]) for channel in answer.get("channels", [])]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
        return found

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
        if not self._is_slacks(address):
            raise SlackRefused("not_an_upload_address")
        try:
            async with self._files().post(address, data=data, timeout=UPLOAD) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SlackAway(type(error).__name__) from None
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

    def _files(self) -> aiohttp.ClientSession:
        if self._client.session is None:
            raise AssertionError("the client was made without a session")
        return self._client.session

    def _is_slacks(self, address: str) -> bool:
        """What a customer has sent is uploaded there only: to Slack itself, or to what takes its place."""
        there, api = urlsplit(address), urlsplit(self._client.base_url)
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
            self._failures[method] = 0
            self.signed_out = isinstance(error, SlackSignedOut)
            raise
        self._failures[method] = 0
        self.signed_out = False
        return data

    def _expect(self, method: str) -> None:
        """Raises SlackAway, without asking, while Slack wants no call of this method."""
        patience = self._closed.get(method, 0.0) - self._clock.now()
        if 0 < patience <= LONGEST_PATIENCE:
            raise SlackAway("rate limited", patience)

    async def _request(self, method: str, arguments: Mapping[str, Any], verb: str) -> dict[str, Any]:
        try:
            if verb == "GET":
                answer = await self._client.api_call(method, http_verb="GET", params=dict(arguments))
            elif verb == "FORM":  # uploads read nothing else
                answer = await self._client.api_call(method, data=dict(arguments))
            else:
                answer = await self._client.api_call(method, json=dict(arguments))
        except Exception as error:
            raise consequence(error) from error
        data: dict[str, Any] = dict(answer.data) if isinstance(answer.data, dict) else {}
        data["__headers__"] = {name.lower(): value for name, value in answer.headers.items()}
        return data


def is_shared(channel: Mapping[str, Any]) -> bool:
    """With another organization, or soon: an invitation that is only sent counts (conversations.info)."""
    return bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"))


def consequence(error: Exception) -> SlackError:
    """What a failed call means for us. One place, so that nobody else interprets slack-sdk's exceptions."""
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return SlackAway(type(error).__name__)
    if isinstance(error, SlackApiError):
        return _refusal(error)
    return SlackUnsure(type(error).__name__)


def _refusal(error: SlackApiError) -> SlackError:
    response = error.response
    status = getattr(response, "status_code", getattr(response, "status", 0))
    headers = getattr(response, "headers", None) or {}
    data = getattr(response, "data", None)
    said = data.get("error") if isinstance(data, dict) else None
    code = said if isinstance(said, str) and _CODE.fullmatch(said) else ""
    if status == TOO_MANY or code in LATER:
        return SlackAway("rate limited", _seconds(headers.get("Retry-After")))
    if not code or code in MAYBE:
        return SlackUnsure(code or f"HTTP {status}")
    if code in SIGNED_OUT:
        return SlackSignedOut(code)
    return SlackGone(code) if code in GONE else SlackRefused(code)


def _pause(failures: int) -> float:
    """A slip is tried again at once; an outage is not run against by everybody."""
    return 0.0 if failures < FAILING else min(2.0 ** min(failures - FAILING, 6), LONGEST_PAUSE)


def _seconds(text: str | None) -> float:
    try:
        return min(max(float(text or 1), 0.1), LONGEST_PATIENCE)
    except ValueError:
        return 30.0


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
    )


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
