"""What has happened since the start, counted under fixed labels. `bot/metrics.py` shows it to the operator.

A label is one of a few words of ours, of Slack or of Evo Voice: never somebody's name, number, words, or an id.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, product
from typing import Any, Final

from bot.model import Kind, State

BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds; what is above is the last
# Of Evo Voice's paths; what else stands in one is somebody's.
_WORDS: Final = frozenset({
    "DeleteChatMember", "active", "app", "auth", "config", "contacts", "credentials", "customers", "endpoints", "files",
    "json", "members", "messages", "my", "reply", "sessions", "status", "transcript",
})  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """What is told, known by itself. `kind` is Prometheus's: counter, gauge or histogram (of seconds, in BOUNDS).

    `words`: of each label all it can be, where that is known; such a count stands at 0 before anything has happened.
    Else Prometheus would take the first that does for the beginning, and count it as none.
    """

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()
    words: tuple[tuple[str, ...], ...] = ()


KINDS: Final = (
    "message", "mention", "command", "button", "view", "shortcut", "options", "app_home", "channel", "other",
)  # fmt: skip
EVENTS: Final = Metric(
    "evobot_events_total", "counter",
    "What Slack brought: taken (stored, handed on, or none of ours), later (it is to bring it again), ignored (for a "
    "workspace that is not served)",
    ("kind", "outcome"), (KINDS, ("taken", "later", "ignored")),
)  # fmt: skip
UNSIGNED: Final = Metric(
    "evobot_unsigned_requests_total", "counter", "Requests that Slack has not signed, or more than five minutes ago"
)
OUTCOMES: Final = Metric(
    "evobot_outcomes_total", "counter",
    "What came of what was to be sent, each time: delivered, refused, unknown (in doubt), needs_person (held back), "
    "withdrawn, kept (a note)",
    ("kind", "state"),
    (tuple(Kind), (
        State.DELIVERED, State.REFUSED, State.UNKNOWN, State.NEEDS_PERSON, State.WITHDRAWN, State.KEPT,
    )),
)  # fmt: skip
PHONE: Final = "phone"
REFUSALS: Final = Metric(
    "evobot_refusals_total", "counter",
    "Wishes that were refused, by what stood against them: policy, phone (its country or kind is not open), budget, "
    "frozen (numbers), optout",
    ("by",), (("policy", PHONE, "budget", "frozen", "optout"),),
)  # fmt: skip
ACKS: Final = Metric("evobot_ack_seconds", "histogram", "From an event's arrival to its acknowledgement")
EVO_CALLS: Final = Metric(
    "evobot_evo_requests_total", "counter",
    "Requests to Evo Voice: ok, notsent, throttled, unsure (may have had its effect), refused, unauthorized",
    ("operation", "outcome"), ((), ("ok", "notsent", "throttled", "unsure", "refused", "unauthorized")),
)  # fmt: skip
EVO_SECONDS: Final = Metric(
    "evobot_evo_request_seconds", "histogram", "How long Evo Voice takes, a renewed login included", ("operation",)
)
SLACK_CALLS: Final = Metric(
    "evobot_slack_requests_total", "counter",
    "Calls of Slack's Web API: ok, throttled, away, unsure (may have had its effect), refused, ungranted, signedout",
    ("method", "outcome"),
    ((), ("ok", "throttled", "away", "unsure", "refused", "ungranted", "signedout")),
)  # fmt: skip
SLACK_SECONDS: Final = Metric("evobot_slack_request_seconds", "histogram", "How long Slack takes")
LOGGED: Final = Metric(
    "evobot_log_messages_total", "counter", "Lines in the log that tell of trouble",
    ("level",), (("warning", "error", "critical"),),
)  # fmt: skip
LAG: Final = Metric(
    "evobot_heard_seconds", "histogram", "From the date of a line in Evo Voice until it stands in Slack, by both clocks"
)
COUNTED: Final = (
    EVENTS, ACKS, UNSIGNED, OUTCOMES, REFUSALS, EVO_CALLS, EVO_SECONDS, SLACK_CALLS, SLACK_SECONDS, LAG, LOGGED,
)  # fmt: skip
_ENDS: Final = frozenset(OUTCOMES.words[1])
_OF_EVENT: Final = {
    "message": "message", "app_mention": "mention", "app_home_opened": "app_home",
    "channel_shared": "channel", "channel_unshared": "channel",
}  # fmt: skip
_OF_GESTURE: Final = {
    "block_actions": "button", "view_submission": "view", "view_closed": "view", "shortcut": "shortcut",
    "message_action": "shortcut", "block_suggestion": "options",
}  # fmt: skip

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

    def acked(self, kind: str, taken: bool, seconds: float) -> None:
        """An event is acknowledged, or is not. `kind`: one of KINDS."""
        self._counters[EVENTS][kind, "taken" if taken else "later"] += 1
        self.acks.took(seconds)

    def came_of(self, kind: Kind, state: State) -> None:
        """Something that was to be sent has come to this; what is on the way to an outcome is none."""
        if state in _ENDS:
            self._counters[OUTCOMES][kind, state] += 1

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

    def refused(self, by: str) -> None:
        """`by`: what stood against it; empty when it is only held back."""
        if by:
            self._counters[REFUSALS][by,] += 1

    def counter(self, metric: Metric) -> Mapping[Labels, int]:
        """What can happen and has not is there, too."""
        seen = self._counters[metric]
        names = metric.words or tuple(() for _ in metric.labels)
        known = (words or sorted({labels[n] for labels in seen}) for n, words in enumerate(names))
        return {**dict.fromkeys(product(*known), 0), **seen}

    def histogram(self, metric: Metric) -> Mapping[Labels, Histogram]:
        return dict(self._histograms[metric])

    def _took(self, metric: Metric, labels: Labels, seconds: float) -> None:
        self._histograms[metric].setdefault(labels, Histogram()).took(seconds)


def kind_of_event(payload: Mapping[str, Any]) -> str:
    """One of KINDS, of what comes by the Events API."""
    event = payload.get("event")
    return _word(_OF_EVENT, event.get("type") if isinstance(event, dict) else None)


def kind_of_gesture(payload: Mapping[str, Any]) -> str:
    """One of KINDS, of a command, a button, a form."""
    return "command" if "command" in payload else _word(_OF_GESTURE, payload.get("type"))


def _word(words: Mapping[str, str], said: object) -> str:
    return words.get(said, "other") if isinstance(said, str) else "other"


def operation_of(method: str, path: str) -> str:
    """One of as many as Evo Voice has: of `POST /sessions/8f3a…/messages` this is `POST /sessions/{}/messages`."""
    return f"{method} " + "/".join(part if not part or part in _WORDS else "{}" for part in path.split("/"))


def outcome_of(error: Exception | None) -> str:
    """The kind of error in small letters; "ok" when there was none, "throttled" when it says how long to wait."""
    if getattr(error, "retry_after", None) is not None:
        return "throttled"
    return "ok" if error is None else type(error).__name__.removeprefix("Slack").lower()
