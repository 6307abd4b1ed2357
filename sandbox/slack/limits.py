"""Slack's rate limits. Source: docs apis/web-api/rate-limits; tiers by method from the Java SDK's table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.slack.clock import Clock

MINUTE = 60.0
SPECIAL = 600
POSTS_PER_SECOND = 1.0
POST_BURST = 20
UNLISTED_READS = frozenset({"conversations.history", "conversations.replies"})
UNLISTED_PAGE = 15
TIERS = {1: 5, 2: 20, 3: 50, 4: 100, 5: SPECIAL}
"""Calls a minute for each tier; tier 1 promises "1+", the fifth stands for Slack's "special"."""


class Strictness(StrEnum):
    """OFF: none; NORMAL: Slack's figures, a minute's allowance as burst; HARSH: the same rates without any burst.

    UNLISTED: NORMAL, and what Slack leaves to apps that are sold outside its Marketplace: histories once a minute.
    """

    OFF = "off"
    NORMAL = "normal"
    HARSH = "harsh"
    UNLISTED = "unlisted"


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled: float


class Limits:
    """Counts calls and says how long a caller must wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self.strictness = Strictness.NORMAL
        self.post_burst = POST_BURST

    def set(self, strictness: Strictness | str, post_burst: int = POST_BURST) -> None:
        """Change the rules and forget what was counted."""
        self.strictness, self.post_burst = Strictness(strictness), post_burst
        self._buckets.clear()

    def wait(self, method: str, tier: int, channel: str) -> int:
        """Whole seconds to wait before this call is allowed: 0 means it is, and was counted."""
        if self.strictness is Strictness.OFF:
            return 0
        rate, burst = self._rule(method, tier)
        return self._take((method, channel if method == "chat.postMessage" else ""), rate, burst)

    def page(self, most: int) -> int:
        """The most messages that one page of a history may have."""
        return min(most, UNLISTED_PAGE) if self.strictness is Strictness.UNLISTED else most

    def _rule(self, method: str, tier: int) -> tuple[float, float]:
        if self.strictness is Strictness.UNLISTED and method in UNLISTED_READS:
            return 1 / MINUTE, 1.0
        posting = method == "chat.postMessage"
        rate = POSTS_PER_SECOND if posting else TIERS[tier] / MINUTE
        if self.strictness is Strictness.HARSH:
            return rate, 1.0
        return rate, float(self.post_burst if posting else TIERS[tier])

    def _take(self, key: tuple[str, str], rate: float, burst: float) -> int:
        now = self._clock.now()
        bucket = self._buckets.setdefault(key, _Bucket(burst, now))
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.filled) * rate)
        bucket.filled = now
        if bucket.tokens < 1:
            return max(1, math.ceil((1 - bucket.tokens) / rate))
        bucket.tokens -= 1
        return 0
