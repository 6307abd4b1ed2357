"""Which channels, threads and sessions somebody may see, and where the bot can post."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from bot.grammar import Permalink
from bot.model import ChannelId, Session, SessionType, UserId
from bot.policy import Action, wishes
from bot.scopes import CHANNELS
from bot.texts import NOT_IN_CHANNEL, NOT_SEEN, OTHER_SLACK
from bot.workspace import SlackError
from handlers.door import Door

LOOK_SECONDS = 1.5  # for everything asked of Slack, side by side; Slack gives three for the whole

NO_MESSAGE = "There is no message any more where that link leads. Nothing was done."


async def sees(door: Door, channel: ChannelId, user: UserId) -> bool:
    """May this person read the channel? Whom Slack does not tell about in time, may not."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await door.workspace.may_see(channel, user)
    except (SlackError, TimeoutError):
        return False


async def visible(door: Door, user: UserId, here: ChannelId, sessions: Sequence[Session]) -> list[Session]:
    """Those of this person, of this channel, and of the channels that they can see. In doubt, none of the others."""
    channels = {one.channel for one in sessions if one.created_by != user and one.channel != here}
    seen = await asyncio.gather(*(sees(door, channel, user) for channel in channels))
    theirs = {channel for channel, sees_it in zip(channels, seen, strict=True) if sees_it} | {here}
    found = [one for one in sessions if one.created_by == user or one.channel in theirs]
    return await allowed(door, user, found)


async def allowed(door: Door, user: UserId, sessions: Sequence[Session]) -> list[Session]:
    """Where the policy says of places who may look: without those that it does not let this person see."""
    if not door.house.policy.looks_at_places:
        return list(sessions)
    channels = list(dict.fromkeys(one.channel for one in sessions))
    against = await asyncio.gather(*(door.against(user, Action.SEE, channel) for channel in channels))
    hidden = {channel for channel, why in zip(channels, against, strict=True) if why}
    return [one for one in sessions if one.channel not in hidden]


async def may_invite(door: Door, user: UserId, session: Session) -> str | None:
    """Why somebody may invite nobody at all into a session; None when they may invite some."""
    why = await door.against_in(user, Action.INVITE, session)
    return why and await door.against_in(user, Action.PHONE, session) and why


async def may_open(door: Door, user: UserId, type_: SessionType | None = None) -> str | None:
    """Why somebody may open nothing of this type anywhere, or nothing at all. Who cannot be checked now is later."""
    actions = [wishes.OPENS[type_]] if type_ else list(wishes.OPENS.values())
    against = [await door.surely_against(user, action) for action in actions]
    return None if None in against else against[0]


async def against_channel(door: Door, channel: ChannelId, user: UserId) -> str | None:
    """Why nothing can be brought into a channel by this person; None when it can."""
    seen, member = await asyncio.gather(sees(door, channel, user), _is_member(door, channel))
    if member is False and seen:
        return NOT_IN_CHANNEL
    return None if seen else door.workspace.scopes.because(NOT_SEEN, *CHANNELS)


async def against_link(door: Door, link: Permalink, user: UserId) -> str | None:
    """Why a thread that is linked to cannot be used by this person; None when it can."""
    if urlsplit(door.house.slack_url).netloc not in {"", link.host}:
        return OTHER_SLACK
    return await against_channel(door, link.channel, user)


async def against_new(door: Door, link: Permalink, user: UserId) -> str | None:
    """The same for a thread into which something is to come: its message must be there."""
    why, stands = await asyncio.gather(against_link(door, link, user), _stands(door, link))
    return why or (NO_MESSAGE if stands is False else None)


async def _stands(door: Door, link: Permalink) -> bool | None:
    """Is there a message under which a thread can be? None when Slack does not say."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await door.workspace.has_thread(link.channel, link.root)
    except (SlackError, TimeoutError):
        return None


async def _is_member(door: Door, channel: ChannelId) -> bool | None:
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await door.workspace.is_member(channel)
    except TimeoutError:
        return None
