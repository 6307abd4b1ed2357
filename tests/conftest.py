from __future__ import annotations

import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from bot.logs import LOUD, ScrubbingFormatter
from bot.store import Store, open_store
from sandbox.evo import EvoDriver, EvoStandIn
from sandbox.slack import SlackStandIn
from sandbox.slack.driver import SlackDriver
from sandbox.slack.seeds import Kind
from sandbox.slack.webapi import door
from sandbox.steady import SteadyLoop
from tests.guards import CanaryNet, Egress, for_children, tap
from tests.helpers import store_in
from tests.lint import LINT

EGRESS, NET = Egress(), CanaryNet(ScrubbingFormatter("%(levelname)s %(name)s: %(message)s"), LOUD)
LONG = ("tests/faultlab/test_experiments.py", "tests/e2e/", "tests/benchmarks/")
WORKERS = 3  # as `make test` has them; on two cores, too, for most tests wait most of the time
REPORT = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("ci")  # the same examples each time, and no example fails for taking long
    config.addinivalue_line("markers", "logs_secrets: a test about what the log does with secrets: it logs some")
    folder = tempfile.TemporaryDirectory(prefix="evobot-tests-")
    config.add_cleanup(folder.cleanup)
    start, config.stash[REPORT] = for_children(Path(folder.name))
    if config.getoption("numprocesses", None):
        return  # the tests run in processes of their own, which come here as well
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(start), os.environ.get("PYTHONPATH", "")]))
    EGRESS.install()
    NET.install()
    for owner, verb in ((SlackStandIn, "say"), (SlackDriver, "say"), (EvoStandIn, "hear"), (EvoDriver, "hear")):
        tap(owner, verb, NET.note)
    _read_what_is_said()


def pytest_asyncio_loop_factories() -> dict[str, type[SteadyLoop]]:
    return {"steady": SteadyLoop}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, a part of it for each worker: at the end nobody waits for one long test."""
    long = [item for item in items if item.nodeid.startswith(LONG)]
    short = [item for item in items if not item.nodeid.startswith(LONG)]
    part = -(-len(short) // WORKERS)
    parts = [(*long[n::WORKERS], *short[n * part : (n + 1) * part]) for n in range(WORKERS)]
    items[:] = [item for each in parts for item in each]


def _read_what_is_said() -> None:
    note = door._note

    def noted(desk: Any, method: str, args: dict[str, Any], *more: Any) -> None:
        channel = desk.world.channels.get(str(args.get("channel")))
        LINT.look(method, args, private=channel is None or channel.kind is not Kind.PUBLIC)
        note(desk, method, args, *more)

    door._note = noted


@pytest.fixture(autouse=True)
def everybody_can_read_what_is_said(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails the test in which a message of ours is not for everybody. Tests of the stand-in say what they like, and
    whoever is called by two thousand emoji cannot be read aloud.
    """
    LINT.begin(
        looking=not request.node.nodeid.startswith("tests/sandbox/") and "hostile_words" not in request.node.name
    )
    yield
    assert not LINT.found, "not for everybody: " + "\n".join(dict.fromkeys(LINT.found))


@pytest.fixture(autouse=True)
def nothing_leaves_and_nothing_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails the test in which something turned to another machine, or something secret got into a log."""
    node, report = request.node, request.config.stash[REPORT]
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    EGRESS.refused.clear()
    NET.begin(looking=not node.get_closest_marker("logs_secrets"))
    before = report.stat().st_size
    yield
    if NET.looking and folder is not None:
        NET.look_at_files(folder.rglob("bot*.log"))
    left = [*EGRESS.refused, *_refusals(report, before)]
    assert not left, f"left this machine: {left}"
    assert not NET.found, "in the log: " + "\n".join(NET.found)


@pytest.fixture(autouse=True)
def the_log_stays_as_it_was() -> Iterator[None]:
    """A command that a test runs in this process sets up the log, and what is done at a crash, for itself."""
    root = logging.getLogger()
    handlers, raises = list(root.handlers), logging.raiseExceptions
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield
    root.handlers[:], logging.raiseExceptions = handlers, raises
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


@pytest.fixture
def left_on_purpose() -> Iterator[list[str]]:
    """For a test of the guard itself: what it refused, which is not held against the test."""
    yield EGRESS.refused
    EGRESS.refused.clear()


def _refusals(report: Path, before: int) -> list[str]:
    """What child processes have reported since."""
    if report.stat().st_size == before:
        return []
    with report.open(encoding="utf-8") as lines:
        lines.seek(before)
        return [line.strip() for line in lines if line.startswith("refused")]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A server of this worker's own. Skips where none is installed, unless TESTS_POSTGRES=needed."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: the extra `postgres`")
    from tests.postgres import programs, serving  # noqa: PLC0415 - only now is it surely there

    if programs() is None:
        missing = "there is no PostgreSQL on this machine"
        pytest.fail(missing) if os.environ.get("TESTS_POSTGRES") == "needed" else pytest.skip(missing)
    with serving() as server:
        yield server


@pytest.fixture
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A real store: in a real file, and with TESTS_STORE=postgres on a real server."""
    if os.environ.get("TESTS_STORE") == "postgres":
        opened = open_store(request.getfixturevalue("postgres").fresh())
    else:
        opened = store_in(tmp_path / "evobot.db")
    yield opened
    opened.close()
