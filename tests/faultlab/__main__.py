"""`make faultlab`: every experiment at its long size, one table, exit code 1 when a promise broke."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.faultlab.experiments import Experiment, experiments
from tests.faultlab.verdict import Verdict, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="faultlab")
    parser.add_argument("names", nargs="*", help="experiments to run; all when none is named")
    parser.add_argument("--short", action="store_true", help="the size that `make test` runs")
    parser.add_argument("--list", action="store_true", help="name the experiments and end")
    given = parser.parse_args()
    chosen = [(name, work) for name, work in experiments() if not given.names or name in given.names]
    if given.list:
        print("\n".join(name for name, _ in chosen))  # noqa: T201 - what was asked for
        return 0
    verdicts = [_run(name, work, long=not given.short) for name, work in chosen]
    print(table(verdicts))  # noqa: T201 - the product of this program
    return 0 if verdicts and all(verdict.holds for verdict in verdicts) else 1


def _run(name: str, work: Experiment, *, long: bool) -> Verdict:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"faultlab-{name}-") as folder:
        try:
            verdict = work(Path(folder), long)
        except Exception:  # noqa: BLE001 - an experiment that breaks is a failed one, and the others go on
            verdict = Verdict(name.replace("_", " "), "broke", also={"broken": 1}, examples=[traceback.format_exc()])
    print(f"{name}: {time.monotonic() - started:.0f} s", *verdict.examples, sep="\n  ", file=sys.stderr)  # noqa: T201 - how far it is
    return verdict


if __name__ == "__main__":
    sys.exit(main())
