"""Judges what the bot did in Slack by what stands there and by what it asked Slack for, read as anybody could."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sandbox.slack.seeds import BOT_USER
from tests.helpers import unfolded

Json = Mapping[str, Any]
ON_THE_WAY = (
    3.0  # seconds in which a request may arrive that left before the answer to another one: real ones pass, too
)
SHOWN = 8
ROOTS = ("card/", "direct/")  # posts that belong to no thread


@dataclass
class Findings:
    """What is wrong, counted; the first few in words."""

    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    misplaced: int = 0
    impatient: int = 0
    examples: list[str] = field(default_factory=list)

    def tell(self, example: str) -> None:
        if len(self.examples) < SHOWN:
            self.examples.append(example)

    def compare(self, place: str, wanted: Sequence[str], there: Iterable[str]) -> None:
        """What should stand or have been said in one place, once and in this order, against what did."""
        shown = [text for text in there if text in set(wanted)]
        counts = Counter(shown)
        for text in wanted:
            if counts[text] != 1:
                self.tell(f"{place}: {text!r} is there {counts[text]} times")
            self.lost += counts[text] == 0
            self.doubled += max(0, counts[text] - 1)
        number = {text: n for n, text in enumerate(wanted)}
        first = list(dict.fromkeys(shown))
        for one, other in pairwise(first):
            if number[one] > number[other]:
                self.out_of_order += 1
                self.tell(f"{place}: {other!r} stands below {one!r}")

    def placed(self, calls: Sequence[Json], homes: Mapping[str, str]) -> None:
        """Did any post go elsewhere than into its thread? `homes`: the card under which some words belong."""
        for call in calls:
            if call["effect"] and (wrong := _misplaced(call["args"], homes)):
                self.misplaced += 1
                self.tell(wrong)

    def patient(self, calls: Sequence[Json]) -> None:
        """Was a method called while Slack had asked for patience with it?"""
        closed: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        for call in calls:
            asked, until = closed[call["method"]]
            if asked + ON_THE_WAY < call["at"] < until - 0.01:
                self.impatient += 1
                self.tell(f"{call['method']} {until - call['at']:.1f} s too early")
            if call["retry_after"]:
                closed[call["method"]] = (call["at"], call["at"] + call["retry_after"])


def _misplaced(args: Json, homes: Mapping[str, str]) -> str | None:
    name, thread = args["metadata"]["event_payload"]["name"], args.get("thread_ts")
    if name.startswith(ROOTS):
        return f"{name} went into a thread" if thread else None
    home = next((ts for words, ts in homes.items() if words in args["text"]), thread)
    return f"{name} stands under {thread}, not under {home}" if thread is None or home != thread else None


def lines_under(messages: Sequence[Json], card: str) -> list[str]:
    """What the bot has posted under a card, line by line, oldest first, without the senders' names."""
    ours = [m for m in messages if m.get("thread_ts") == card and m["ts"] != card and m.get("user") == BOT_USER]
    return [text.partition(": ")[2] or text for message in ours for text in unfolded(message)]


def strays(messages: Sequence[Json]) -> list[str]:
    """What the bot has in the open channel, save cards."""
    roots = [m for m in messages if m.get("user") == BOT_USER and m.get("thread_ts") in {None, m["ts"]}]
    names = [(m.get("metadata") or {}).get("event_payload", {}).get("name", "") for m in roots]
    return [name for name in names if not name.startswith(ROOTS)]


def busiest(calls: Sequence[Json], seconds: float) -> int:
    """The most posts that one channel took within so many seconds."""
    times: dict[str, list[float]] = defaultdict(list)
    for call in calls:
        if call["effect"]:
            times[call["args"]["channel"]].append(call["at"])
    return max((sum(at <= t < at + seconds for t in there) for there in times.values() for at in there), default=0)
