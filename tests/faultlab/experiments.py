"""All experiments, by name. Each is a function of a folder to work in and of the size: True is the long one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tests.faultlab.verdict import Verdict

Experiment = Callable[[Path, bool], Verdict]

ROOMS = (
    "storm",  # kill -9, failpoints, restarts, a hanging backend, lost connections
    "lanes",  # duplicates, order, an outage, sign-in, patience
    "doubt",  # the matrix of unknown outcomes
    "slackside",  # Slack in trouble, and the gap
    "disk",  # full, locked, damaged; two processes
    "door",  # forged, malformed and slow requests; slow and endless answers
    "secrets",  # canaries, hostile words, where requests go
    "restore",  # backups
    "replicas",  # several bots on one PostgreSQL
    "model",  # random walks over the core
)


def experiments() -> Iterator[tuple[str, Experiment]]:
    """Name and function, in the order of the table. Each room lists its own in EXPERIMENTS."""
    for room in ROOMS:
        if find_spec(f"tests.faultlab.{room}") is None:
            continue  # being built
        for experiment in import_module(f"tests.faultlab.{room}").EXPERIMENTS:
            yield experiment.__name__, experiment
