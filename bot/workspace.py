"""The only caller of chat.*, reactions.*, users.* and conversations.*: each call is tried once.

SlackError
├── SlackAway        no effect, may be tried again after .retry_after seconds (not reached, or 429)
├── SlackUnsure      may have had its effect (answer lost, 5xx, internal_error)
├── SlackGone        this channel or message cannot be reached any more
├── SlackSignedOut   the token is no longer good
└── SlackRefused     a definite no: .code is Slack's word for it
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock
from bot.model import ChannelId, Mark, Profile, TeamId, Ts, UserId
from bot.text import Mentions, Names
from bot.views import Message

PROFILE_SECONDS = 300.0  # how long a person's name and rights are believed
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=4)
TOO_MANY = 429
EVENT_TYPE = "evobot_post"  # of the metadata by which a post is found again; holds an opaque name only

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


def slack_client(token: str, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client that never repeats a call by itself.

    slack-sdk's default retry handler sends chat.postMessage twice after a dropped connection.
    """
    base = base_url if base_url.endswith("/") else base_url + "/"
    return AsyncWebClient(token=token, base_url=base, session=session, retry_handlers=[])


def slack_session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=TIMEOUT)


class Workspace:
    """Slack, as far as the bot needs it."""

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._profiles: dict[UserId, tuple[float, Profile]] = {}
        self._channels: dict[ChannelId, tuple[float, dict[str, Any]]] = {}

    # Who and where

    async def identity(self) -> Identity:
        answer = await self._call("auth.test", {})
        granted = str(answer["__headers__"].get("x-oauth-scopes", ""))
        return Identity(
            team=TeamId(answer.get("team_id", "")),
            team_name=answer.get("team", ""),
            user=UserId(answer.get("user_id", "")),
            bot_id=answer.get("bot_id", ""),
            scopes=frozenset(scope.strip() for scope in granted.split(",") if scope.strip()),
        )

    async def profile(self, user: UserId) -> Profile:
        """What Slack says about a person, at most five minutes old. Raises SlackError: then nobody knows."""
        kept = self._profiles.get(user)
        if kept and self._clock.now() - kept[0] < PROFILE_SECONDS:
            return kept[1]
        answer = await self._call("users.info", {"user": user}, verb="GET")
        profile = _profile(user, answer["user"])
        self._profiles[user] = (self._clock.now(), profile)
        return profile

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

    # Messages

    async def post(self, channel: ChannelId, thread_ts: Ts | None, message: Message, name: str) -> Ts:
        """Posts once, with `name` in its metadata. Returns where it stands.

        Never links, unfurls or mentions anybody that the blocks do not mention themselves.
        """
        arguments: dict[str, Any] = {
            "channel": channel,
            "text": message.text,
            "blocks": message.blocks,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"name": name}},
            "unfurl_links": False,
            "unfurl_media": False,
            "link_names": False,
        }
        if thread_ts is not None:
            arguments["thread_ts"] = thread_ts
        answer = await self._call("chat.postMessage", arguments)
        return Ts(answer["ts"])

    async def find(self, channel: ChannelId, thread_ts: Ts | None, name: str, since: float) -> Ts | None:
        """Where our post of this name stands, if it does: what to ask before posting it again."""
        async for message in self._messages(channel, thread_ts, since):
            if _name_in(message) == name:
                return Ts(message["ts"])
        return None

    async def replies(self, channel: ChannelId, thread_ts: Ts, since: float) -> list[dict[str, Any]]:
        """What stands in a thread, oldest first, without its root."""
        messages = [message async for message in self._messages(channel, thread_ts, since)]
        return sorted(
            (message for message in messages if message["ts"] != thread_ts), key=lambda message: message["ts"]
        )

    async def _messages(self, channel: ChannelId, thread_ts: Ts | None, since: float) -> AsyncIterator[dict[str, Any]]:
        """conversations.history, or .replies of a thread, page by page."""
        arguments: dict[str, Any] = {
            "channel": channel,
            "include_all_metadata": True,
            "limit": 200,
            "oldest": f"{since:.6f}",
        }
        method = "conversations.history"
        if thread_ts is not None:
            method, arguments["ts"] = "conversations.replies", thread_ts
        cursor = ""
        while True:
            answer = await self._call(method, arguments | ({"cursor": cursor} if cursor else {}), verb="GET")
            for message in answer.get("messages", []):
                yield message
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def update(self, channel: ChannelId, ts: Ts, message: Message) -> None:
        await self._call(
            "chat.update",
            {"channel": channel, "ts": ts, "text": message.text, "blocks": message.blocks, "link_names": False},
        )

    async def react(self, channel: ChannelId, ts: Ts, was: Mark, mark: Mark) -> None:
        """Changes the reaction of a message. Doing it again changes nothing."""
        if was is not Mark.NONE:
            await self._reaction("reactions.remove", channel, ts, was)
        if mark is not Mark.NONE:
            await self._reaction("reactions.add", channel, ts, mark)

    async def hint(self, channel: ChannelId, user: UserId, text: str, thread_ts: Ts | None = None) -> None:
        """Tells one person something. It does not survive a reload, so nothing may depend on it; never raises."""
        arguments = {"channel": channel, "user": user, "text": text}
        if thread_ts is not None:
            arguments["thread_ts"] = thread_ts
        try:
            await self._call("chat.postEphemeral", arguments)
        except SlackError:
            return

    # How

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

    async def _channel(self, channel: ChannelId, *, fresh: bool = False) -> dict[str, Any]:
        kept = self._channels.get(channel)
        if kept and not fresh and self._clock.now() - kept[0] < PROFILE_SECONDS:
            return kept[1]
        answer = await self._call("conversations.info", {"channel": channel}, verb="GET")
        info: dict[str, Any] = answer["channel"]
        self._channels[channel] = (self._clock.now(), info)
        return info

    async def _call(self, method: str, arguments: Mapping[str, Any], verb: str = "POST") -> dict[str, Any]:
        try:
            if verb == "GET":
                answer = await self._client.api_call(method, http_verb="GET", params=dict(arguments))
            else:
                answer = await self._client.api_call(method, json=dict(arguments))
        except Exception as error:
            raise consequence(error) from error
        data: dict[str, Any] = dict(answer.data) if isinstance(answer.data, dict) else {}
        data["__headers__"] = {name.lower(): value for name, value in answer.headers.items()}
        return data


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
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status == TOO_MANY or code in LATER:
        return SlackAway("rate limited", _seconds(headers.get("Retry-After")))
    if not code or code in MAYBE:
        return SlackUnsure(code or f"HTTP {status}")
    if code in SIGNED_OUT:
        return SlackSignedOut(code)
    return SlackGone(code) if code in GONE else SlackRefused(code)


def _seconds(text: str | None) -> float:
    try:
        return min(max(float(text or 1), 0.1), 900.0)
    except ValueError:
        return 30.0


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
    )


def _name_in(message: Mapping[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    name = (metadata.get("event_payload") or {}).get("name")
    return name if isinstance(name, str) else None
