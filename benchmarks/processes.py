"""Programs that are measured and programs that help: each a process, started, pinned to a core, watched, ended."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import ProxyHandler, Request, build_opener

from benchmarks.load import PATIENCE, Plan, Tally
from benchmarks.machine import cores_for_others
from benchmarks.names import HOST

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS, END_SECONDS = 60.0, 20.0
LOOK_SECONDS = 0.005


class NotMeasured(Exception):
    """Something did not do what it should; what was to be measured was not."""


class Child:
    """`async with Child(…)` starts it, and ends it at last. `cores`: which it may use."""

    def __init__(
        self, name: str, folder: Path, command: Sequence[str], environment: Mapping[str, str], cores: set[int]
    ) -> None:
        self.log = folder / f"{name}.log"
        self._folder = folder
        self._command = command
        self._environment = {**_usual(), "PYTHONPATH": _path(), **environment}
        self._cores = cores
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.end()

    async def start(self) -> None:
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdout=output, stderr=output, env=self._environment, cwd=self._folder
            )
        os.sched_setaffinity(self._process.pid, self._cores)

    async def end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        self.resume()
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), END_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    def pause(self) -> None:
        """It stands still until `resume`."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    @property
    def pid(self) -> int:
        """Raises NotMeasured when it does not run any more."""
        if self._process is None or self._process.returncode is not None:
            raise NotMeasured(f"{self.log.stem} ended:\n{self.said()[-2000:]}")
        return self._process.pid

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    async def until_said(self, pattern: str) -> re.Match[str]:
        """A line in its log. Raises NotMeasured when it does not come."""
        found: re.Match[str] = await until(
            lambda: self.pid and re.search(pattern, self.said()), f"{self.log.stem}: {pattern}"
        )
        return found


class StandIn:
    """A far side: `address` is known once it has started."""

    def __init__(self, module: str, name: str, folder: Path) -> None:
        command = [sys.executable, "-m", f"benchmarks.standins.{module}"]
        self._child = Child(name, folder, command, {}, cores_for_others())
        self.address = ""

    async def __aenter__(self) -> Self:
        await self._child.start()
        self.address = (await self._child.until_said(r"on (http://\S+)"))[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._child.end()

    async def ask(self, what: str, body: object = None) -> Any:
        """What it tells a benchmark."""
        return await asyncio.to_thread(_fetch, f"{self.address}/bench/{what}", body)


async def load(plan: Plan) -> Tally:
    """Runs the generator as a process of its own. Raises NotMeasured unless every answer was a 200."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    os.sched_setaffinity(process.pid, cores_for_others())
    said, complaint = await process.communicate(json.dumps(asdict(plan)).encode())
    if process.returncode:
        raise NotMeasured(f"the generator failed:\n{complaint.decode()[-2000:]}")
    return checked(Tally.unpacked(json.loads(said)), plan)


def checked(tally: Tally, plan: Plan) -> Tally:
    """Raises NotMeasured unless each request was answered well: a refusal is quicker than work."""
    if tally.good != plan.count:
        raise NotMeasured(f"of {plan.count} requests {dict(tally.answers)}")
    return tally


async def until(condition: Callable[[], Any | Awaitable[Any]], what: str, seconds: float = PATIENCE) -> Any:
    """Looks until it holds. Raises NotMeasured when it does not in time."""
    over = time.monotonic() + seconds
    while time.monotonic() < over:
        found = condition()
        found = await found if isinstance(found, Awaitable) else found
        if found:
            return found
        await asyncio.sleep(LOOK_SECONDS)
    raise NotMeasured(f"not in time: {what}")


def free_port() -> int:
    """A port that is free right now."""
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


def answers_to(port: int, request: bytes) -> bool:
    """Is one request answered with 200?"""
    with suppress(OSError), socket.create_connection((HOST, port), timeout=START_SECONDS) as wire:
        wire.sendall(request)
        return wire.recv(1024).startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))
    return False


def _usual() -> dict[str, str]:
    """Python keeps what it has compiled unless somebody forbids it; a start that compiles everything measures that."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _path() -> str:
    return os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))


def _fetch(address: str, body: object) -> Any:
    data = None if body is None else json.dumps(body).encode()
    asked = Request(address, data, {"Content-Type": "application/json"})  # noqa: S310 - a stand-in's, on loopback
    with build_opener(ProxyHandler({})).open(asked, timeout=PATIENCE) as answer:
        return json.load(answer)
