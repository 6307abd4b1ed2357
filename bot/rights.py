"""Rights, asked of Slack and decided by the policy: who somebody is, in which groups, and whose eyes a
channel is for.

Asked before something is shown or stored, and again when it is carried out: rights can be lost in between.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from bot.model import ChannelId, Profile, Session, TeamId, UserId
from bot.policy import COSTLY, Action, Place, PlaceKind, Policy, Subject, Verdict, Wish, decide, is_admin
from bot.workspace import SlackError, SlackRefused, Workspace

BELIEVED_SECONDS: Final = 300.0  # for which an answer of Slack is good enough
COSTLY_SECONDS: Final = 5.0  # the same before something that costs money, or is for administrators


class Rights:
    """What the policy says of people, as Slack knows them. Raises SlackError where Slack does not say: nobody knows."""

    def __init__(self, workspace: Workspace, policy: Policy, home: TeamId) -> None:
        self.policy = policy
        self._workspace = workspace
        self._home = home

    async def verdict(self, user: UserId, wish: Wish, channel: ChannelId | None = None) -> Verdict:
        """`channel`: where it is to happen, when it is about one."""
        within = COSTLY_SECONDS if wish.action in COSTLY else BELIEVED_SECONDS
        subject, place = await asyncio.gather(self.subject(user, within), self._place(channel))
        return decide(self.policy, subject, replace(wish, place=place))

    async def against(
        self,
        user: UserId,
        action: Action,
        channel: ChannelId | None = None,
        *,
        own: bool = True,
        region: str = "",
        number: str = "",
    ) -> str | None:
        """Why this person may not; None when they may."""
        verdict = await self.verdict(user, Wish(action, own=own, region=region, number=number), channel)
        return None if verdict.allowed else verdict.why

    async def against_in(self, user: UserId, action: Action, session: Session) -> str | None:
        """The same for something about a session that is there."""
        return await self.against(user, action, session.channel, own=session.created_by == user)

    async def is_admin(self, user: UserId) -> bool:
        return is_admin(self.policy, await self.subject(user, COSTLY_SECONDS))

    async def subject(self, user: UserId, within: float = BELIEVED_SECONDS) -> Subject:
        """Somebody as rules see them; what Slack says is at most `within` seconds old."""
        groups = sorted(self.policy.groups)
        profile, found = await asyncio.gather(
            self._workspace.profile(user, within),
            asyncio.gather(*(self._in_group(group, user, within) for group in groups)),
        )
        return Subject(profile, self._is_home(profile), dict(zip(groups, found, strict=True)))

    def _is_home(self, profile: Profile) -> bool:
        return not profile.stranger and profile.team in {None, self._home}

    async def _in_group(self, group: str, user: UserId, within: float) -> bool | None:
        try:
            return await self._workspace.in_group(group, user, within)
        except SlackError:
            return None

    async def _place(self, channel: ChannelId | None) -> Place | None:
        """A channel that Slack does not show us is nobody else's either: nothing will be posted there."""
        if channel is None:
            return None
        try:
            return Place(channel, await self._workspace.kind_of(channel))
        except SlackRefused:
            return Place(channel, PlaceKind.DIRECT if channel.startswith("D") else PlaceKind.PRIVATE)
