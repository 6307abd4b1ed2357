"""How much is measured: enough to say something, or just enough to see that the harness works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """`sample`: seconds that one sample of throughput takes; `paced`: seconds at a hundred events a second."""

    name: str
    rounds: int
    sample: float
    paced: float
    burst: int
    envelopes: int
    links: int  # that the bot knows while it is measured
    open: int  # sessions among them
    served: int  # events, until memory is looked at again
    backlog: int  # replies that are delivered at one go
    idle: int  # open sessions in which nothing is said
    minutes: int  # of virtual time
    starts: int
    stores: Sequence[int]  # links in the file
    lookups: int
    enqueued: int


SHORT = Size("short", 1, 0.2, 0.5, 100, 200, 100, 10, 0, 30, 10, 2, 1, (1_000, 10_000), 500, 500)
USUAL = Size("usual", 5, 2.0, 4.0, 1000, 5000, 10_000, 500, 50_000, 1000, 500, 10, 5, (10_000, 1_000_000), 20_000,
             20_000)  # fmt: skip
FULL = Size("full", 7, 3.0, 8.0, 1000, 10_000, 10_000, 500, 50_000, 2000, 500, 10, 7,
            (10_000, 1_000_000, 10_000_000), 50_000, 50_000)  # fmt: skip
