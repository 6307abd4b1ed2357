"""`/metrics`, as Prometheus reads it: text format 0.0.4, on a port of its own, for this machine unless told otherwise.

What happens is counted in `bot/counts.py`; how much there is of what is not done is asked of the database at most every
few seconds, by an index, however often somebody looks.
"""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import re
import resource
import shutil
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import version
from ipaddress import ip_address
from operator import neg
from pathlib import Path
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from bot.clock import Clock
from bot.counts import BOUNDS, COUNTED, Counts, Histogram, Labels, Metric
from bot.intake import listen, serve
from bot.intake.wire import NOT_FOUND, Answer, Request
from bot.model import State
from bot.place import Place
from bot.rush import Rush
from bot.settings import host_and_port, workspace_file
from bot.store import Store, StoreError

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
FRESH_SECONDS: Final = 5.0
WAITING: Final = (State.PENDING, State.SENDING, State.UNKNOWN)
TOLD: Final = (State.ASKED, *WAITING, State.NEEDS_PERSON)
ELSEWHERE: Final = Answer(
    421, "Not told under this name. Ask by an address, or put the name into EVOBOT_METRICS: name:port.\n"
)
_PORT: Final = re.compile(r":[0-9]{1,5}\Z")
PROC: Final = Path("/proc/self")

READY: Final = Metric("evobot_ready", "gauge", "1 when /readyz says so: the bot can work for whoever it serves")
TROUBLES: Final = Metric("evobot_troubles", "gauge", "Lines of /readyz that say why it is not ready")
REMARKS: Final = Metric(
    "evobot_remarks",
    "gauge",
    "Other lines of /readyz: what is held back or off, or not well in one of several",
)
SOCKETS: Final = Metric(
    "evobot_sockets", "gauge", "Connections to Slack by Socket Mode: with 0 nothing comes in. Over HTTP not told at all"
)
WORKSPACES: Final = Metric(
    "evobot_workspaces", "gauge", "Slack workspaces, by how they are: well, troubled (not served as it should be)",
    ("state",),
)  # fmt: skip
LOGINS: Final = Metric("evobot_evo_logins_refused", "gauge", "Workspaces whose login Evo Voice does not accept")
DUTIES: Final = Metric(
    "evobot_on_duty", "gauge", "Workspaces for which this bot carries out what is stored; of several bots one does"
)
STOPS: Final = Metric("evobot_stops", "gauge", "Workspaces in which a person has stopped everything")
FREEZES: Final = Metric("evobot_freezes", "gauge", "Beginnings of numbers that are frozen: too many alike were called")
RUSH: Final = Metric("evobot_rush", "gauge", "1 in a rush: acknowledgements come first, all else waits a moment")
RUSHES: Final = Metric("evobot_rushes_total", "counter", "How often there was a rush")
ITEMS: Final = Metric(
    "evobot_items", "gauge",
    "What is to be sent to Evo Voice, by state: asked and needs_person wait for people, the others for us", ("state",),
)  # fmt: skip
OLDEST: Final = Metric(
    "evobot_oldest_item_seconds",
    "gauge",
    "Age of what has waited longest for us; 0 when nothing does. What waits for a person's decision does not count",
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
REFUSED: Final = Metric("evobot_store_refusals_total", "counter", "How often the database took nothing")
BYTES: Final = Metric("evobot_database_bytes", "gauge", "Size of the database, with its log")
FREE: Final = Metric("evobot_disk_free_bytes", "gauge", "What is left on the disk on which the database lies")
COPIED: Final = Metric(
    "evobot_backup_timestamp_seconds", "gauge",
    "When the newest copy in `backups`, beside the database, was made, in seconds since 1970; without that folder not "
    "told at all",
)  # fmt: skip
BUILD: Final = Metric("evobot_build_info", "gauge", "Always 1; its labels say what runs", ("version", "python"))
MEMORY: Final = Metric("process_resident_memory_bytes", "gauge", "Memory in use")
CPU: Final = Metric("process_cpu_seconds_total", "counter", "Time spent computing")
FILES: Final = Metric("process_open_fds", "gauge", "Open files and connections")
BEGAN: Final = Metric("process_start_time_seconds", "gauge", "Start of the process, in seconds since 1970")
LOOKED_UP: Final = (
    READY, TROUBLES, REMARKS, SOCKETS, WORKSPACES, LOGINS, DUTIES, STOPS, FREEZES, RUSH, RUSHES, ITEMS, OLDEST,
    QUESTION, POSTS, SESSIONS, LETTERS, CHANGES, COMMITS, CHANGED, REFUSED, BYTES, FREE, COPIED, BUILD, MEMORY, CPU,
    FILES, BEGAN,
)  # fmt: skip
ALL: Final = (*COUNTED, *LOOKED_UP)

Sample = tuple[Metric, Labels, float]


class Served(Protocol):
    """A workspace, as far as figures tell of it."""

    @property
    def store(self) -> Store | None: ...
    @property
    def login_refused(self) -> bool: ...
    @property
    def on_duty(self) -> bool: ...
    def failures(self) -> list[str]: ...


@dataclass(frozen=True)
class Sources:
    """Who is asked. `troubles`, `remarks`: as /readyz says them. `served`: the workspaces of this moment, None for one
    that does not run. `connected`: by Socket Mode; None where that is not used.
    """

    counts: Counts
    rush: Rush
    database: Place
    troubles: Callable[[], list[str]]
    remarks: Callable[[], list[str]]
    served: Callable[[], Sequence[Served | None]]
    connected: Callable[[], bool | None]


class Written:
    """What stores have put on the disk. It only grows, also when a workspace leaves: a smaller sum would look like a
    new start, and everything of the others as if it had just happened.
    """

    def __init__(self) -> None:
        self._seen: WeakKeyDictionary[Store, tuple[int, ...]] = WeakKeyDictionary()
        self._sums: tuple[int, ...] = (0, 0, 0)

    def by(self, stores: Sequence[Store]) -> Iterator[Sample]:
        for store in stores:
            before, now = self._seen.get(store, (0, 0, 0)), (*store.committed, store.refusals)
            self._seen[store] = now
            self._sums = tuple(map(sum, zip(self._sums, now, map(neg, before), strict=True)))
        yield from zip((COMMITS, CHANGED, REFUSED), ((), (), ()), self._sums, strict=True)


class MetricsApp:
    """Answers GET /metrics, and nothing else. `host`: as EVOBOT_METRICS says it."""

    def __init__(self, sources: Sources, clock: Clock, host: str) -> None:
        self._host = host.lower()
        self._sources = sources
        self._clock = clock
        self._began = clock.now()
        self._written = Written()
        self._looked_up: tuple[float, list[Sample]] = (float("-inf"), [])

    def at_once(self, request: Request) -> Answer:
        if not is_asked_here(request.headers.get(b"host", b""), self._host):
            return ELSEWHERE
        if request.path != "/metrics":
            return Answer(NOT_FOUND)
        return Answer(200, self.text(), {"content-type": [CONTENT_TYPE]})

    async def answer(self, request: Request) -> Answer:
        return self.at_once(request)

    def text(self) -> str:
        now = self._clock.now()
        if not 0 <= now - self._looked_up[0] < FRESH_SECONDS:
            self._looked_up = now, list(self._look(now))
        return "".join(f"{line}\n" for line in [*counted(self._sources.counts), *shown(LOOKED_UP, self._looked_up[1])])

    def _look(self, now: float) -> Iterator[Sample]:
        asked, served = self._sources, self._sources.served()
        yield from _of_program(asked)
        yield from _of_workspaces(served)
        stores = [each.store for each in served if each is not None and each.store is not None]
        yield CHANGES, (), sum(store.waiting for store in stores)
        yield from self._written.by(stores)
        try:
            yield from _of_stores(stores, now)
        except StoreError as error:
            log.warning("the database gives no figures: %s", error)
        if isinstance(asked.database, Path):
            yield from _of_disk(asked.database)
        yield BUILD, (version("evobot"), platform.python_version()), 1
        yield from _of_process(self._began)


def is_asked_here(said: bytes, host: str) -> bool:
    """Does the header Host name this very place: by an address, as `localhost`, or as `host`, in lower case?

    A browser on this machine may be led here by a page whose own name was made to mean 127.0.0.1 (DNS rebinding). It
    still says that name. No name can hide behind an address, so any address will do.
    """
    name = _PORT.sub("", said.decode("latin-1").lower())
    if name in {"localhost", host}:
        return True
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _of_program(asked: Sources) -> Iterator[Sample]:
    troubles = asked.troubles()
    yield from ((READY, (), not troubles), (TROUBLES, (), len(troubles)), (REMARKS, (), len(asked.remarks())))
    if (connected := asked.connected()) is not None:
        yield SOCKETS, (), connected
    yield from ((RUSH, (), asked.rush.is_on), (RUSHES, (), asked.rush.times))


def _of_workspaces(served: Sequence[Served | None]) -> Iterator[Sample]:
    running = [each for each in served if each is not None]
    well = sum(not each.failures() for each in running)
    yield from ((WORKSPACES, ("well",), well), (WORKSPACES, ("troubled",), len(served) - well))
    yield LOGINS, (), sum(each.login_refused for each in running)
    yield DUTIES, (), sum(each.on_duty for each in running)


def _of_stores(stores: Sequence[Store], now: float) -> Iterator[Sample]:
    """Raises StoreError."""
    found = [store.read.unfinished() for store in stores]
    for state in TOLD:
        yield ITEMS, (state,), sum(each[state][0] for each in found if state in each)
    since = [store.read.waits_since() for store in stores]
    yield OLDEST, (), now - min((moment for moment in since if moment is not None), default=now)
    asked = [each[state][1] for each in found for state in (State.ASKED, State.NEEDS_PERSON) if state in each]
    yield QUESTION, (), now - min(asked, default=now)
    yield STOPS, (), sum(store.read.stop() is not None for store in stores)
    yield FREEZES, (), sum(len(store.read.frozen()) for store in stores)
    yield POSTS, (), sum(store.read.posts_waiting() for store in stores)
    yield SESSIONS, (), sum(store.read.sessions_active() for store in stores)
    yield LETTERS, ("kept",), sum(store.read.letters_kept() for store in stores)
    yield LETTERS, ("aside",), sum(store.read.letters_aside() for store in stores)


def _of_disk(database: Path) -> Iterator[Sample]:
    """Of several workspaces each has a file of its own."""
    files = [database, *workspace_file(database, "T1").parent.glob("*.db")]
    copies = database.with_name("backups")
    try:
        yield FREE, (), shutil.disk_usage(database.parent).free
        logs = [each.with_name(each.name + "-wal") for each in files]
        yield BYTES, (), sum(each.stat().st_size for each in (*files, *logs) if each.exists())
        if copies.is_dir():
            yield COPIED, (), max((each.stat().st_mtime for each in copies.glob("*.db")), default=0)
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


def figures(
    sources: Sources, place: str, clock: Clock, stopping: asyncio.Event, stack: AsyncExitStack
) -> Awaitable[None]:
    """What is to run until stopped. `place`: as EVOBOT_METRICS says it. Raises CannotListen."""
    host, port = host_and_port(place)
    bound = stack.enter_context(listen(host, port, "for /metrics", "Change EVOBOT_METRICS."))
    return serve(MetricsApp(sources, clock, host), bound, stopping)


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
