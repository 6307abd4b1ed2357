"""`/metrics`, as Prometheus reads it: text format 0.0.4, on a port of its own, for this machine unless told otherwise.

What happens is counted in `bot/counts.py`; how much there is of what is not done is asked of the database at most every
few seconds, by an index, however often somebody looks.
"""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import resource
import shutil
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol

from bot.clock import Clock
from bot.counts import BOUNDS, COUNTED, Counts, Histogram, Labels, Metric
from bot.intake import listen, serve
from bot.intake.wire import NOT_FOUND, Answer, Request
from bot.model import State
from bot.place import Place
from bot.settings import host_and_port
from bot.store import Store, StoreError

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
FRESH_SECONDS: Final = 5.0
WAITING: Final = (State.PENDING, State.SENDING, State.UNKNOWN)
TOLD: Final = (State.ASKED, *WAITING, State.NEEDS_PERSON)
PROC: Final = Path("/proc/self")

READY: Final = Metric(
    "evobot_ready", "gauge", "1 when Slack, Evo Voice and the database are as they should be, as /readyz says"
)
TROUBLES: Final = Metric("evobot_troubles", "gauge", "Lines that /readyz has; each says in words what is wrong")
HELD: Final = Metric("evobot_held_back", "gauge", "Stops, freezes and letters set aside; /readyz says which")
WORKSPACES: Final = Metric("evobot_workspaces", "gauge", "Slack workspaces that are served")
ITEMS: Final = Metric(
    "evobot_items", "gauge",
    "What is to be sent to Evo Voice, by state: asked and needs_person wait for people, the others for us", ("state",),
)  # fmt: skip
OLDEST: Final = Metric(
    "evobot_oldest_item_seconds", "gauge", "Age of what has waited longest for us; 0 when nothing does"
)
QUESTION: Final = Metric(
    "evobot_oldest_question_seconds", "gauge", "Age of what has waited longest for a person's decision"
)
POSTS: Final = Metric("evobot_posts_waiting", "gauge", "What is to be posted in Slack and is not there yet")
SESSIONS: Final = Metric("evobot_sessions_active", "gauge", "Sessions that are listened to")
LETTERS: Final = Metric(
    "evobot_letters", "gauge", "Messages written down in a rush: kept (taken in a moment), aside (broke our own code)",
    ("state",),
)  # fmt: skip
CHANGES: Final = Metric("evobot_store_waiting", "gauge", "Changes that wait for the disk")
COMMITS: Final = Metric("evobot_store_commits_total", "counter", "How often something was put on the disk")
CHANGED: Final = Metric("evobot_store_changes_total", "counter", "Changes that were; many share a commit in a burst")
REFUSALS: Final = Metric("evobot_store_refusals_total", "counter", "How often the database took nothing")
BYTES: Final = Metric("evobot_database_bytes", "gauge", "Size of the database, with its log")
FREE: Final = Metric("evobot_disk_free_bytes", "gauge", "What is left on the disk on which the database lies")
BUILD: Final = Metric("evobot_build_info", "gauge", "Always 1; its labels say what runs", ("version", "python"))
MEMORY: Final = Metric("process_resident_memory_bytes", "gauge", "Memory in use")
CPU: Final = Metric("process_cpu_seconds_total", "counter", "Time spent computing")
FILES: Final = Metric("process_open_fds", "gauge", "Open files and connections")
BEGAN: Final = Metric("process_start_time_seconds", "gauge", "Start of the process, in seconds since 1970")
LOOKED_UP: Final = (
    READY, TROUBLES, HELD, WORKSPACES, ITEMS, OLDEST, QUESTION, POSTS, SESSIONS, LETTERS, CHANGES, COMMITS, CHANGED,
    REFUSALS, BYTES, FREE, BUILD, MEMORY, CPU, FILES, BEGAN,
)  # fmt: skip
ALL: Final = (*COUNTED, *LOOKED_UP)

Sample = tuple[Metric, Labels, float]


class Served(Protocol):
    """A workspace, as far as figures tell of it."""

    @property
    def store(self) -> Store | None: ...
    def failures(self) -> list[str]: ...
    def blocked(self) -> list[str]: ...


class MetricsApp:
    """Answers GET /metrics, and nothing else. `served`: the workspaces of this moment."""

    def __init__(self, counts: Counts, served: Callable[[], Sequence[Served]], database: Place, clock: Clock) -> None:
        self._counts = counts
        self._served = served
        self._database = database
        self._clock = clock
        self._began = clock.now()
        self._looked_up: tuple[float, list[Sample]] = (float("-inf"), [])

    def at_once(self, request: Request) -> Answer:
        if request.path != "/metrics":
            return Answer(NOT_FOUND)
        return Answer(200, self.text(), {"content-type": [CONTENT_TYPE]})

    async def answer(self, request: Request) -> Answer:
        return self.at_once(request)

    def text(self) -> str:
        now = self._clock.now()
        if not 0 <= now - self._looked_up[0] < FRESH_SECONDS:
            self._looked_up = now, list(self._look(now))
        return "".join(f"{line}\n" for line in [*counted(self._counts), *shown(LOOKED_UP, self._looked_up[1])])

    def _look(self, now: float) -> Iterator[Sample]:
        served = self._served()
        troubles, held = sum(len(each.failures()) for each in served), sum(len(each.blocked()) for each in served)
        yield from ((READY, (), float(not troubles)), (TROUBLES, (), troubles), (HELD, (), held))
        yield WORKSPACES, (), len(served)
        stores = [each.store for each in served if each.store is not None]
        try:
            yield from _of_stores(stores, now)
        except StoreError as error:
            log.warning("the database gives no figures: %s", error)
        if isinstance(self._database, Path):
            yield from _of_disk(self._database)
        yield BUILD, (version("evobot"), platform.python_version()), 1
        yield from _of_process(self._began)


def _of_stores(stores: Sequence[Store], now: float) -> Iterator[Sample]:
    """Raises StoreError."""
    found = [store.read.unfinished() for store in stores]
    for state in TOLD:
        yield ITEMS, (state,), sum(each.get(state, (0, now))[0] for each in found)
    for metric, states in ((OLDEST, WAITING), (QUESTION, (State.ASKED, State.NEEDS_PERSON))):
        yield (
            metric,
            (),
            now - min((each[state][1] for each in found for state in states if state in each), default=now),
        )
    yield POSTS, (), sum(store.read.posts_waiting() for store in stores)
    yield SESSIONS, (), sum(store.read.sessions_active() for store in stores)
    yield LETTERS, ("kept",), sum(store.read.letters_kept() for store in stores)
    yield LETTERS, ("aside",), sum(store.read.letters_aside() for store in stores)
    yield CHANGES, (), sum(store.waiting for store in stores)
    yield COMMITS, (), sum(store.committed[0] for store in stores)
    yield CHANGED, (), sum(store.committed[1] for store in stores)
    yield REFUSALS, (), sum(store.refusals for store in stores)


def _of_disk(database: Path) -> Iterator[Sample]:
    try:
        sizes = [
            each.stat().st_size for each in (database, database.with_name(database.name + "-wal")) if each.exists()
        ]
        yield BYTES, (), sum(sizes)
        yield FREE, (), shutil.disk_usage(database.parent).free
    except OSError as error:
        log.warning("the disk gives no figures: %s", error)


def _of_process(began: float) -> Iterator[Sample]:
    """Under the names that every program has them. What the system does not tell is left out."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield CPU, (), used.ru_utime + used.ru_stime
    yield BEGAN, (), began
    try:
        pages = int((PROC / "statm").read_text().split()[1])
        yield MEMORY, (), pages * os.sysconf("SC_PAGE_SIZE")
        yield FILES, (), len(list((PROC / "fd").iterdir()))
    except OSError:
        return


def figures(app: MetricsApp, place: str, stopping: asyncio.Event, stack: AsyncExitStack) -> Awaitable[None]:
    """What is to run until stopped. `place`: as EVOBOT_METRICS says it. Raises CannotListen."""
    host, port = host_and_port(place)
    bound = stack.enter_context(listen(host, port, "for /metrics", "Change EVOBOT_METRICS."))
    return serve(app, bound, stopping)


# The text


def counted(counts: Counts) -> Iterator[str]:
    """What has been counted. What never happened stands there as well, where it has no labels."""
    for metric in COUNTED:
        yield from _head(metric)
        if metric.kind == "histogram":
            for labels, histogram in sorted(counts.histogram(metric).items()):
                yield from _histogram(metric, labels, histogram)
        else:
            for labels, count in sorted(counts.counter(metric).items()):
                yield _line(metric.name, metric.labels, labels, count)


def shown(metrics: Iterable[Metric], samples: Iterable[Sample]) -> Iterator[str]:
    found: Mapping[Metric, list[Sample]] = {metric: [] for metric in metrics}
    for sample in samples:
        found[sample[0]].append(sample)
    for metric, those in found.items():
        yield from _head(metric)
        yield from (_line(metric.name, metric.labels, labels, value) for _, labels, value in those)


def _head(metric: Metric) -> tuple[str, str]:
    return f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"


def _histogram(metric: Metric, labels: Labels, histogram: Histogram) -> Iterator[str]:
    up_to = histogram.up_to
    for bound, count in zip((*map(_number, BOUNDS), "+Inf"), up_to, strict=True):
        yield _line(f"{metric.name}_bucket", (*metric.labels, "le"), (*labels, bound), count)
    yield _line(f"{metric.name}_sum", metric.labels, labels, histogram.total)
    yield _line(f"{metric.name}_count", metric.labels, labels, up_to[-1])


def _line(name: str, names: Sequence[str], labels: Labels, value: float) -> str:
    said = ",".join(f'{each}="{_escaped(label)}"' for each, label in zip(names, labels, strict=True))
    return f"{name}{{{said}}} {_number(value)}" if said else f"{name} {_number(value)}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
