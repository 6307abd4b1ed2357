from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """The stand-in's idea of now, in seconds since 1970.

    Rules about expiry (trigger_id, response_url, rate limits) and message ts follow it. Waiting does not: retries
    wait in real time, shortened by the time scale, and requests are signed with the real time, since the app under test
    compares them with its own clock.
    """

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._ahead = 0.0

    def now(self) -> float:
        """Seconds since 1970, plus whatever was advanced."""
        return self._source() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self._ahead += seconds
