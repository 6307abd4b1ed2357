"""Whose eyes each channel is for. What is drawn for a public one shows no whole numbers, and drawing reads the store
only: so Slack is asked before anything is drawn for a channel that nobody has asked about for five minutes.

That a channel is shared with another organization now, an event says; that it has become private or public, none does:
it is noticed by the next look.
"""

from __future__ import annotations

import logging

from bot.clock import Clock
from bot.model import ChannelId, TeamId
from bot.policy import PlaceKind
from bot.store import Store
from bot.workspace import SlackError, SlackRefused, Workspace

log = logging.getLogger(__name__)

BELIEVED_SECONDS = 300.0
ASK_AGAIN_SECONDS = 60.0  # after Slack did not say
LOOK_SECONDS = 60.0  # how often somebody looks for channels that are due, though nothing is to be drawn there
AT_A_TIME = 20
FOR_MEMBERS = frozenset({PlaceKind.PRIVATE, PlaceKind.DIRECT, PlaceKind.GROUP})


class Channels:
    """Keeps the store's table of channels up to date."""

    def __init__(self, store: Store, workspace: Workspace, clock: Clock) -> None:
        self._store = store
        self._workspace = workspace
        self._clock = clock
        self._not_before: dict[ChannelId, float] = {}
        self._looked = float("-inf")
        self._since = float("-inf")
        self._doubted: set[ChannelId] = set()
        self._unanswered: set[ChannelId] = set()

    async def ask(self, team: TeamId, channel: ChannelId) -> None:
        """Asks when that is due. Whoever cannot be asked about stays as known; who never was known counts as public."""
        now = self._clock.now()
        checked = self._store.read.channel_checked(team, channel)
        believed = checked is not None and 0 <= now - checked < BELIEVED_SECONDS and checked >= self._since
        if believed and channel not in self._doubted:
            return
        if 0 < self._not_before.get(channel, 0.0) - now <= ASK_AGAIN_SECONDS:
            return
        try:
            kind = await self._workspace.kind_of(channel)
        except SlackError as error:
            log.info("Slack does not say whose eyes a channel is for: %s", error)
            self._not_before[channel] = now + ASK_AGAIN_SECONDS
            if checked is None and not isinstance(error, SlackRefused):
                self._unanswered.add(channel)
            return
        shared, private, now = kind is PlaceKind.SHARED, kind in FOR_MEMBERS, self._clock.now()
        await self._store.write(lambda tx: tx.channel_is(team, channel, private, now, shared=shared))
        self._doubted.discard(channel)
        self._unanswered.discard(channel)

    def knows(self, channel: ChannelId) -> bool:
        """Is it known who sees what stands there, as well as it ever will be? Until then nothing new does."""
        return channel not in self._doubted and channel not in self._unanswered

    def doubt(self, channel: ChannelId) -> None:
        """Something has changed: Slack is asked anew before anything else stands there."""
        self._doubted.add(channel)
        self._not_before.pop(channel, None)
        self._looked = float("-inf")

    def doubt_all(self) -> None:
        """Of what has changed nobody may have told us."""
        self._since = self._clock.now()
        self._not_before.clear()
        self._looked = float("-inf")

    @property
    def is_due(self) -> bool:
        """Is it time to look for channels that nobody has asked about for long?"""
        return not 0 <= self._clock.now() - self._looked < LOOK_SECONDS

    async def look(self) -> None:
        """Asks about every channel that is due and shows a session that is not over."""
        now = self._looked = self._clock.now()
        for team, channel in self._store.read.channels_to_ask(now - BELIEVED_SECONDS, AT_A_TIME):
            await self.ask(team, channel)
        for channel in list(self._doubted):
            for team in self._store.read.teams_in(channel):
                await self.ask(team, channel)
