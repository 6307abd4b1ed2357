"""What has happened since the start, counted under fixed labels. `bot/metrics.py` shows it to the operator.

A label is one of a few words of ours, of Slack or of Evo Voice: never somebody's name, number, words, or an id.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds; what is above is the last
# Of Evo Voice's paths; what else stands in one is somebody's.
_WORDS: Final = frozenset({
    "DeleteChatMember", "active", "app", "auth", "config", "contacts", "credentials", "customers", "endpoints", "files",
    "json", "members", "messages", "my", "reply", "sessions", "status", "transcript",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metric:
    """What is told. `kind` is Prometheus's: counter, gauge or histogram (of seconds, in BOUNDS)."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()


EVENTS: Final = Metric(
    "evobot_events_total", "counter",
    "Events of Slack, by what became of them: taken (stored, or none of ours), later (Slack brings it again)",
    ("outcome",),
)  # fmt: skip
ACKS: Final = Metric("evobot_ack_seconds", "histogram", "From an event's arrival to its acknowledgement")
EVO_CALLS: Final = Metric(
    "evobot_evo_requests_total", "counter",
    "Requests to Evo Voice: ok, notsent, throttled, unsure (may have had its effect), refused, unauthorized",
    ("operation", "outcome"),
)  # fmt: skip
EVO_SECONDS: Final = Metric(
    "evobot_evo_request_seconds", "histogram", "How long Evo Voice takes, a renewed login included", ("operation",)
)
SLACK_CALLS: Final = Metric(
    "evobot_slack_requests_total", "counter",
    "Calls of Slack's Web API: ok, throttled, away, unsure (may have had its effect), refused, ungranted, signedout",
    ("method", "outcome"),
)  # fmt: skip
SLACK_SECONDS: Final = Metric("evobot_slack_request_seconds", "histogram", "How long Slack takes")
LOGGED: Final = Metric("evobot_log_messages_total", "counter", "Lines in the log that tell of trouble", ("level",))
LAG: Final = Metric(
    "evobot_heard_seconds", "histogram", "From the date of a line in Evo Voice until it stands in Slack, by both clocks"
)
COUNTED: Final = (EVENTS, ACKS, EVO_CALLS, EVO_SECONDS, SLACK_CALLS, SLACK_SECONDS, LAG, LOGGED)

Labels = tuple[str, ...]


class Histogram:
    """How often something took how long."""

    __slots__ = ("_within", "total")

    def __init__(self) -> None:
        self._within = [0] * (len(BOUNDS) + 1)
        self.total = 0.0  # seconds

    def took(self, seconds: float) -> None:
        self._within[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    @property
    def up_to(self) -> list[int]:
        """How many took no longer than each of BOUNDS; the last is all of them."""
        return list(accumulate(self._within))


class Counts:
    """One for the whole program. Counting costs about a microsecond."""

    def __init__(self) -> None:
        self.acks = Histogram()
        self._counters: defaultdict[Metric, Counter[Labels]] = defaultdict(Counter)
        self._histograms: defaultdict[Metric, dict[Labels, Histogram]] = defaultdict(dict)
        self._histograms[ACKS] = {(): self.acks}

    def count(self, metric: Metric, *labels: str) -> None:
        self._counters[metric][labels] += 1

    def acked(self, taken: bool, seconds: float) -> None:
        self._counters[EVENTS][("taken" if taken else "later",)] += 1
        self.acks.took(seconds)

    def evo(self, method: str, path: str, outcome: str, seconds: float) -> None:
        """A request to Evo Voice is over. Of its path only the words are kept."""
        operation = operation_of(method, path)
        self._counters[EVO_CALLS][operation, outcome] += 1
        self._took(EVO_SECONDS, (operation,), seconds)

    def slack(self, method: str, outcome: str, seconds: float) -> None:
        """A call of Slack's Web API is over."""
        self._counters[SLACK_CALLS][method, outcome] += 1
        self._took(SLACK_SECONDS, (), seconds)

    def heard(self, seconds: float) -> None:
        """A line stands in Slack."""
        self._took(LAG, (), max(0.0, seconds))

    def counter(self, metric: Metric) -> Mapping[Labels, int]:
        return dict(self._counters[metric])

    def histogram(self, metric: Metric) -> Mapping[Labels, Histogram]:
        return dict(self._histograms[metric])

    def _took(self, metric: Metric, labels: Labels, seconds: float) -> None:
        self._histograms[metric].setdefault(labels, Histogram()).took(seconds)


def operation_of(method: str, path: str) -> str:
    """One of as many as Evo Voice has: of `POST /sessions/8f3a…/messages` this is `POST /sessions/{}/messages`."""
    return f"{method} " + "/".join(part if not part or part in _WORDS else "{}" for part in path.split("/"))


def outcome_of(error: Exception | None) -> str:
    """The kind of error in small letters; "ok" when there was none, "throttled" when it says how long to wait."""
    if getattr(error, "retry_after", None) is not None:
        return "throttled"
    return "ok" if error is None else type(error).__name__.removeprefix("Slack").lower()
