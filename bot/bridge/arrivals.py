"""Does Slack bring messages in their order just now? Only where that is being seen, nobody waits for stragglers."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

MEMORY: Final = 1.0  # seconds in which a message is remembered: who comes later than that is not waited for anyhow
LATELY: Final = 60.0  # seconds for which what was seen counts
WITNESSES: Final = 50  # so many pairs, each written in quick succession, of which none was turned round


class Arrivals:
    """Is told of each message as it comes, of whatever thread, and says how long to wait for an older one.

    Messages that were written far apart come in order whatever happens on the way: they are no evidence. So the answer
    is `wait` seconds in a quiet workspace, right after a start, and for a minute after a message that was late.
    """

    def __init__(self, wait: float, *, sees_all: bool = True) -> None:
        """Where messages come through other doors as well, what this one sees is no evidence."""
        self._wait = wait
        self._sees_all = sees_all
        self._came: OrderedDict[float, float] = OrderedDict()  # what was newer than all before it: when, by time stamp
        self._pairs: deque[float] = deque(maxlen=WITNESSES)  # when each of the last pairs came in order
        self._disorder = float("-inf")  # when a message was last late

    def came(self, ts: float, now: float) -> None:
        """A message with this time stamp, at this moment; both in seconds. The same message again changes nothing."""
        came = self._came
        while came and now - next(iter(came.values())) > MEMORY:
            came.popitem(last=False)
        if ts in came:
            return  # such as the app_mention twin of a message
        newest = next(reversed(came), None)
        if newest is not None and ts < newest:
            self._disorder = now
            return
        if newest is not None and ts - newest <= self._wait:
            self._pairs.append(now)
        came[ts] = now

    def wait(self, now: float) -> float:
        """Seconds in which something older than what came last may still come."""
        in_order = self._sees_all and len(self._pairs) == WITNESSES and 0 <= now - self._pairs[0] <= LATELY
        return 0.0 if in_order and now - self._disorder > LATELY else self._wait
