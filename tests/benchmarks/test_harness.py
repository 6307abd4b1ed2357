"""Does `make bench` work? Not how fast anything is: that is nothing a test can say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import chart
from benchmarks.contenders import BOLT, BOLT_SYNC, BOT, BOT_DELIVERING, FLOOR, NODE
from benchmarks.figures import Part, Spread, Table, Target, percentile
from benchmarks.report import text

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A whole run, at the size that only shows whether it works."""
    folder = tmp_path_factory.mktemp("bench")
    command = [sys.executable, "-m", "benchmarks", "--short", "--json", str(folder / "result.json")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads((folder / "result.json").read_text("utf-8"))
    return found


@pytest.mark.e2e
def test_everybody_is_measured_or_left_out_with_a_reason(result: dict[str, Any]) -> None:
    rows = {table["title"]: set(table["rows"]) for table in result["tables"]}
    left_out = {line.partition(":")[0] for line in result["left_out"]}
    everybody = {FLOOR, BOLT, BOLT_SYNC, BOT, BOT_DELIVERING, NODE} - left_out
    assert rows["HTTP, milliseconds until the ack"] == everybody
    assert rows["HTTP, as fast as it goes"] == everybody - {BOT_DELIVERING}
    assert {"Memory, MB", "Listening", "The file", "Start to first ack, seconds"} < set(rows)
    figures = [value for target in result["targets"] for value in target["measured"]]
    assert len(figures) >= len(result["targets"])
    assert all(value > 0 for value in figures)
    bars = next(table["rows"] for table in result["tables"] if table["title"] == chart.SPEED)
    drawn = chart.draw(result)
    assert [drawn.count(f">{name}</text>") for name in bars] == [1] * len(bars)


def test_a_ratio_is_taken_within_each_round() -> None:
    """A round in which the machine was slow is slow for both."""
    assert Spread.of([10, 100]).over(Spread.of([5, 50])) == Spread.of([2, 2])


@pytest.mark.parametrize(("value", "met"), [(1.8, True), (1.79, False)])
def test_a_target_is_met_by_the_median(value: float, met: bool) -> None:
    target = Target("faster", Spread.of([0.1, value, 9]), least=1.8)
    assert target.met is met
    assert ("MISSED" in text([Part(targets=[target])], {})) is not met


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, percent) for percent in (50, 99, 100)] == [50, 99, 100]


def test_the_table_says_what_was_measured_with_its_spread() -> None:
    table = Table("Speed", ("acks/s",), [("the bot", [Spread.of([1000, 2000, 3500])]), ("nobody", [None])])
    assert text([Part([table], left_out=["node: it is not there"])], {"cores": "2"}) == (
        "Speed\n-----\n         acks/s\nthe bot  2,000 (1,000..3,500)\nnobody   –\n\n"
        "Targets\n-------\n  wanted  measured\n\nLeft out: node: it is not there.\n\ncores 2\n"
    )
