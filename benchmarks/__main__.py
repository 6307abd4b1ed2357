"""`make bench`: everything side by side in one run, one table, a JSON result. Exit code 1 when a target was missed."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from benchmarks import chart, report
from benchmarks.figures import Part
from benchmarks.machine import described, load_average
from benchmarks.measures import delivery, feed, http, socket_mode, starting, storing
from benchmarks.processes import ROOT
from benchmarks.sizes import FULL, SHORT, USUAL, Size

Measure = Callable[[Size, Path], Awaitable[Part]]
MEASURES: dict[str, Measure] = {
    "http": http.measure,
    "socket": socket_mode.measure,
    "delivery": delivery.measure,
    "feed": feed.measure,
    "store": storing.measure,
    "start": starting.measure,
}
LATEST = ROOT / "benchmarks" / ".cache" / "latest.json"


def main() -> int:
    given = _arguments()
    size = SHORT if given.short else FULL if given.full else USUAL
    names = given.names or list(MEASURES)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        parts = runner.run(_run(names, size))
    about = {"size": size.name, "load before and after": parts[1], **described()}
    sys.stdout.write(report.text(parts[0], about))
    report.write(given.json, parts[0], about)
    if given.chart:
        chart.write(given.chart, given.json)
    missed = any(not target.met for part in parts[0] for target in part.targets)
    return int(missed and not given.short)


async def _run(names: list[str], size: Size) -> tuple[list[Part], str]:
    before, parts = load_average(), []
    for name in names:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as folder:
            parts.append(await MEASURES[name](size, Path(folder)))
        sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    return parts, f"{before:.1f} {load_average():.1f}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"what to measure: {', '.join(MEASURES)}; all when none is named")
    parser.add_argument("--short", action="store_true", help="only whether the harness works; its figures say nothing")
    parser.add_argument("--full", action="store_true", help="with a file of ten million links (8 GB of disk)")
    parser.add_argument("--json", type=Path, default=LATEST, help="where the result goes")
    parser.add_argument("--chart", type=Path, help="draw the chart of docs/COMPARISON.md there")
    given = parser.parse_args()
    if unknown := set(given.names) - set(MEASURES):
        parser.error(f"nobody measures {', '.join(sorted(unknown))}")
    return given


if __name__ == "__main__":
    sys.exit(main())
