"""Every experiment at its short size. `make faultlab` runs the long ones."""

from __future__ import annotations

import gc
import warnings
from pathlib import Path

import pytest

from tests.faultlab.experiments import Experiment, experiments
from tests.faultlab.verdict import complain

LONG_ONLY = {"replicas"}  # a minute at its short size: tests/bot/store/test_others.py has its rules


@pytest.mark.parametrize(
    "experiment", [pytest.param(work, id=name) for name, work in experiments() if name not in LONG_ONLY]
)
def test_promise_holds(experiment: Experiment, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whoever is killed leaves things open
        verdict = experiment(tmp_path, False)
        gc.collect()
    assert verdict.holds, complain(verdict)
