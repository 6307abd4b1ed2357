"""The load generator, a process of its own: `python -m benchmarks.load`, a plan as JSON on stdin, a tally on stdout.

Requests are made and signed before the clock starts. Every answer's status is looked at. Latency counts from the moment
at which a request was due, so a server that is late cannot hide it by keeping the generator waiting.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

import httptools
import uvloop

from benchmarks.letters import Letter, letters
from benchmarks.machine import cpu_seconds
from benchmarks.names import HOST

PATIENCE = 60.0  # seconds; whoever has not answered by then never will
SPIN_SECONDS = 0.002
GOOD = 200
LOST = "lost"


@dataclass(frozen=True, slots=True)
class Plan:
    """`rate`: requests a second, whatever the server does; 0: all at once; None: each connection when it is free.

    `pid`: whose CPU time to count while this goes on.
    """

    port: int
    first: int
    count: int
    threads: int
    connections: int
    pid: int
    rate: float | None = None


@dataclass(slots=True)
class Tally:
    """What came of it. `seconds` from the first request to the last answer, `latencies` in milliseconds.

    `due`: when each request was due, by number, on the machine's monotonic clock; only where there was a timetable.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    due: dict[int, float] = field(default_factory=dict)

    @property
    def good(self) -> int:
        return self.answers[str(GOOD)]

    def packed(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"seconds": self.seconds, "cpu": self.cpu, "latencies": self.latencies, "answers": dict(self.answers),
                "due": self.due}  # fmt: skip

    @classmethod
    def unpacked(cls, told: dict[str, Any]) -> Tally:
        due = {int(number): moment for number, moment in told["due"].items()}
        return cls(told["seconds"], told["cpu"], told["latencies"], Counter(told["answers"]), due)


class Line(asyncio.Protocol):
    """One connection, at most one request on it at a time."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._letter: Letter | None = None
        self._status = ""
        self._transport: asyncio.WriteTransport
        self._parser = httptools.HttpResponseParser(self)

    def send(self, letter: Letter) -> None:
        self._letter, self._status = letter, ""
        self._transport.write(letter.request)

    # What asyncio and httptools call

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override]  # as it is
        self._transport = transport
        self._crowd.is_free(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_headers_complete(self) -> None:
        self._status = str(self._parser.get_status_code())

    def on_message_complete(self) -> None:
        if not self._parser.should_keep_alive():
            self._transport.close()  # answered when it is closed
            return
        self._answered()
        self._crowd.is_free(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - lost is lost
        if self._letter is not None:
            self._answered()
        self._crowd.is_gone(self)

    def _answered(self) -> None:
        letter, self._letter = self._letter, None
        if letter is not None:
            self._crowd.answered(letter, self._status or LOST)


class Crowd:
    """All connections, and what is still to be sent."""

    def __init__(self, plan: Plan, post: list[Letter]) -> None:
        self._plan = plan
        self._post = post
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Letter] = deque()
        self._free: deque[Line] = deque()
        self._due: dict[int, float] = {}
        self._tally = Tally()
        self._over = asyncio.Event()
        self._dialling: set[asyncio.Task[None]] = set()

    async def run(self) -> Tally:
        """Until the last answer. Raises TimeoutError."""
        for _ in range(self._plan.connections):
            self._dial()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*self._dialling)
            began, cpu = time.monotonic(), cpu_seconds(self._plan.pid)
            await self._hand_out(began)
            await self._over.wait()
        self._tally.seconds = time.monotonic() - began
        self._tally.cpu = cpu_seconds(self._plan.pid) - cpu
        return self._tally

    def is_free(self, line: Line) -> None:
        self._free.append(line)
        self._pump()

    def is_gone(self, line: Line) -> None:
        if line in self._free:
            self._free.remove(line)
        if not self._over.is_set():
            self._dial()

    def answered(self, letter: Letter, status: str) -> None:
        now, due = time.monotonic(), self._due[letter.number]
        self._tally.latencies.append((now - due) * 1000)
        self._tally.answers[status] += 1
        if self._plan.rate is not None:
            self._tally.due[letter.number] = due
        if self._tally.answers.total() == len(self._post):
            self._over.set()

    async def _hand_out(self, began: float) -> None:
        if self._plan.rate:
            await self._by_timetable(began, self._plan.rate)
            return
        if self._plan.rate == 0:
            self._due = {letter.number: began for letter in self._post}
        self._waiting.extend(self._post)
        self._pump()

    async def _by_timetable(self, began: float, rate: float) -> None:
        """Timers are a millisecond coarse, so the last two are waited for without one."""
        for n, letter in enumerate(self._post):
            due = self._due[letter.number] = began + n / rate
            while (left := due - time.monotonic()) > 0:  # noqa: ASYNC110 - for time itself
                await asyncio.sleep(max(0.0, left - SPIN_SECONDS))
            self._waiting.append(letter)
            self._pump()

    def _pump(self) -> None:
        while self._waiting and self._free:
            letter = self._waiting.popleft()
            if self._plan.rate is None:
                self._due[letter.number] = time.monotonic()
            self._free.popleft().send(letter)

    def _dial(self) -> None:
        task = asyncio.create_task(self._connect())
        self._dialling.add(task)
        task.add_done_callback(self._dialling.discard)

    async def _connect(self) -> None:
        await self._loop.create_connection(lambda: Line(self), HOST, self._plan.port)


async def _run(plan: Plan) -> Tally:
    return await Crowd(plan, letters(plan.first, plan.count, plan.threads)).run()


def main() -> None:
    plan = Plan(**json.load(sys.stdin))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(_run(plan)).packed(), sys.stdout)


if __name__ == "__main__":
    main()
