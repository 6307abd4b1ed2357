"""Rights, asked of Slack and decided by the policy: who somebody is, in which groups, and whose eyes a
channel is for.

Asked before something is shown or stored, and again when it is carried out: rights can be lost in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bot.counts import Counts
from bot.model import ChannelId, Profile, TeamId, UserId
from bot.policy import COSTLY, Place, PlaceKind, Policy, Subject, Verdict, Wish, decide, is_admin
from bot.workspace import SlackRefused, SlackUngranted, Workspace

BELIEVED_SECONDS: Final = 300.0  # for which an answer of Slack is good enough
COSTLY_SECONDS: Final = 5.0  # the same before something that costs money, or is for administrators


class Rights:
    """What the policy says of people, as Slack knows them. Raises SlackError where Slack does not say: nobody knows.

    `counts`: is told of what is refused.
    """

    def __init__(self, workspace: Workspace, policy: Policy, home: TeamId, counts: Counts | None = None) -> None:
        self.policy = policy
        self._counts = counts or Counts()
        self._workspace = workspace
        self._home = home

    async def verdict(
        self, user: UserId, wish: Wish, channel: ChannelId | None = None, *, fresh: bool = True
    ) -> Verdict:
        """`channel`: where it is to happen, when it is about one. `fresh`: what is costly is asked of Slack anew."""
        within = COSTLY_SECONDS if fresh and wish.action in COSTLY else BELIEVED_SECONDS
        subject, place = await asyncio.gather(self.subject(user, within), self.place(channel))
        return decide(self.policy, subject, replace(wish, place=place))

    async def against_all(
        self, user: UserId, wishes: Iterable[Wish], channel: ChannelId | None, *, fresh: bool = True
    ) -> tuple[Wish, Verdict] | None:
        """The first of several that the policy does not allow, and what it says."""
        for wish in wishes:
            verdict = await self.verdict(user, wish, channel, fresh=fresh)
            if not verdict.allowed:
                if fresh:  # else nobody has asked for anything yet: it decides what people are offered
                    self._counts.refused("policy")
                return wish, verdict
        return None

    async def is_admin(self, user: UserId) -> bool:
        return is_admin(self.policy, await self.subject(user, COSTLY_SECONDS))

    async def subject(self, user: UserId, within: float = BELIEVED_SECONDS) -> Subject:
        """Somebody as rules see them; what Slack says is at most `within` seconds old."""
        groups = sorted(self.policy.groups)
        profile, found = await asyncio.gather(
            self._workspace.profile(user, within),
            asyncio.gather(*(self._in_group(group, user, within) for group in groups)),
        )
        return Subject(profile, is_home(profile, self._home), dict(zip(groups, found, strict=True)))

    async def _in_group(self, group: str, user: UserId, within: float) -> bool | None:
        """None when Slack will never say. Raises SlackError when it may, later."""
        try:
            return await self._workspace.in_group(group, user, within)
        except SlackRefused:
            return None

    async def place(self, channel: ChannelId | None) -> Place | None:
        """A channel that Slack does not show us is nobody else's either: nothing will be posted there."""
        if channel is None:
            return None
        try:
            return Place(channel, await self._workspace.kind_of(channel))
        except SlackRefused as error:
            if channel.startswith("D"):
                return Place(channel, PlaceKind.DIRECT)
            return Place(channel, None if isinstance(error, SlackUngranted) else PlaceKind.PRIVATE)


def is_home(person: Profile, home: TeamId) -> bool:
    """Slack does not always say whose somebody is; a stranger is marked as one besides."""
    return not person.stranger and (person.team in {None, home} or person.organization == home)
