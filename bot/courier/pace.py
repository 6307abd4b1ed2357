"""How fast we post. Slack takes about one message a second in a channel, and a few at once after a silence.

Whoever keeps to it is not told to wait, so what people wait for is not held up behind what they do not.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.clock import Clock
from bot.model import ChannelId

PER_SECOND = 1.0
BURST = 10
FORGET_SECONDS = 600.0  # Slack allows a burst again, or does not: then we are told again


@dataclass(slots=True)
class _Purse:
    """What a channel has left, how much it holds, when that was reckoned, and when Slack last had enough."""

    left: float
    most: float
    at: float
    told_at: float = float("-inf")


class Pace:
    """One purse a channel. A post costs one; a purse that is overdrawn is waited for."""

    def __init__(self, clock: Clock, per_second: float = PER_SECOND, burst: int = BURST) -> None:
        self._clock = clock
        self._per_second = per_second
        self._burst = float(burst)
        self._purses: dict[ChannelId, _Purse] = {}

    def wait(self, channel: ChannelId) -> float:
        """Seconds until the next post may go."""
        return max(0.0, (1 - self._purse(channel).left) / self._per_second)

    def spend(self, channel: ChannelId) -> None:
        """A post goes now."""
        self._purse(channel).left -= 1

    def empty(self, channel: ChannelId) -> None:
        """Slack counts otherwise, and had enough: smaller bursts for a while."""
        purse = self._purse(channel)
        purse.left, purse.most, purse.told_at = min(purse.left, 0.0), max(1.0, purse.most / 2), purse.at

    def _purse(self, channel: ChannelId) -> _Purse:
        """As it is now. A clock that was set back gives nothing and takes nothing."""
        now = self._clock.now()
        purse = self._purses.setdefault(channel, _Purse(self._burst, self._burst, now))
        if now - purse.told_at > FORGET_SECONDS:
            purse.most = self._burst
        purse.left = min(purse.most, purse.left + max(0.0, now - purse.at) * self._per_second)
        purse.at = now
        return purse
