"""Both stand-ins and the bot, each a process of its own, as they would be on three machines."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from sandbox.evo import EvoDriver
from sandbox.slack.driver import SlackDriver

Mode = Literal["socket", "http"]
BotState = Literal["starting", "running", "stopped"]

BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-standin-bot", "xapp-standin-app", "standin-signing-secret"
START_SECONDS = 30.0
TERM = signal.SIGTERM
END_SECONDS = 30.0  # then it is killed; its exit code tells


class NotStarted(Exception):
    """A process did not come up; the message has the end of what it said."""


class Program:
    """One process: started, watched through its log file, stopped or killed."""

    def __init__(self, name: str, folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self.log = folder / f"{name}.log"
        self._folder = folder  # to work in: nobody's .env lies there
        self._arguments = arguments
        self._environment = dict(environment or {})
        self._process: asyncio.subprocess.Process | None = None
        self._ended: int | None = None

    async def start(self, *instead: str) -> None:
        """`instead` are other arguments for this one time, such as a launcher that starts the same program."""
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *(instead or self._arguments),
                stdout=output,
                stderr=output,
                env=self._environment,
                cwd=self._folder,
            )

    async def until(self, pattern: str, since: int = 0) -> re.Match[str]:
        """Waits for a line in the log, from the `since`-th byte on. Raises NotStarted when it does not come."""
        try:
            async with asyncio.timeout(START_SECONDS):
                while (found := re.search(pattern, self.said(since))) is None:
                    if self._process is None or self._process.returncode is not None:
                        raise NotStarted(f"{self.log.stem} ended:\n{self.said()[-2000:]}")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise NotStarted(f"{self.log.stem} does not come up:\n{self.said()[-2000:]}") from None
        return found

    def said(self, since: int = 0) -> str:
        """The log, from the `since`-th byte on."""
        with self.log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")

    def signal(self, number: int) -> None:
        """Sends a signal to a running process, such as SIGSTOP and SIGCONT, and does not wait."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def end(self, number: int = TERM) -> int | None:
        """Sends a signal and waits. Returns the exit code, None when it was not running."""
        process = self._process
        if process is None:
            return None
        if process.returncode is None:
            process.send_signal(number)
        try:
            code = await asyncio.wait_for(process.wait(), END_SECONDS)
        except TimeoutError:
            process.kill()
            code = await process.wait()
        if self._process is process:  # somebody else may have started it anew
            self._process, self._ended = None, code
        return code

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """While it runs."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def ended(self) -> int | None:
        """The exit code of the last run, negative for a signal; None while it runs, or when it never ran."""
        return self._ended if self._process is None else self._process.returncode


class Stage:
    """`async with Stage(folder) as stage:` has all three running; `stage.slack` and `stage.evo` drive the far sides.

    `settings` are more environment variables for the bot. The bot is the unmodified program `python -m bot run`.
    """

    def __init__(
        self,
        folder: Path,
        mode: Mode = "socket",
        settings: Mapping[str, str] | None = None,
        *,
        time_scale: float = 0.05,
        manifest: Path | None = None,
    ) -> None:
        self._folder = folder
        self._mode = mode
        self._settings = dict(settings or {})
        self._time_scale = time_scale
        self._manifest = manifest
        self._stack = AsyncExitStack()
        self._port = free_port()
        self._evo_program = Program("evo", folder, "sandbox.evo", "--control", "--database", str(folder / "evo.db"),
                                    environment=os.environ)  # fmt: skip
        self._slack_program = Program("slack", folder, "sandbox.slack", *self._slack_options(), environment=os.environ)
        self.bot = Program("bot", folder, "bot", "run")
        self.database = folder / "evobot.db"
        self.evo: EvoDriver
        self.slack: SlackDriver
        self.evo_url = ""  # known once it is set
        self._starting = asyncio.Lock()
        self._ready = False

    async def __aenter__(self) -> Self:
        try:
            await self._set()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def _set(self) -> None:
        await asyncio.gather(self._evo_program.start(), self._slack_program.start())
        self.evo_url = evo = (await self._evo_program.until(r"evo stand-in on (http://\S+)"))[1]
        slack = (await self._slack_program.until(r"slack stand-in on (http://\S+)"))[1]
        self.evo = await self._stack.enter_async_context(EvoDriver(evo))
        self.slack = await self._stack.enter_async_context(SlackDriver(slack))
        self.bot = Program("bot", self._folder, "bot", "run", environment=self._bot_environment(slack, evo))
        if self._mode == "http":
            await self.slack.configure(events_url=f"{self.bot_url}/slack/events")
        await self.start_bot()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        for program in (self.bot, self._slack_program, self._evo_program):
            await program.end()

    @property
    def bot_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def bot_state(self) -> BotState:
        """Whether the process lives, and is connected to both sides as far as `start_bot` has waited for that."""
        if not self.bot.running:
            return "stopped"
        return "running" if self._ready else "starting"

    async def start_bot(self, *, ready: bool = True) -> None:
        """Starts the bot unless it runs; returns when it is connected to both sides. Raises NotStarted."""
        async with self._starting:
            if not self.bot.running:
                self._ready = False
                await self._start_bot(ready=ready)
                self._ready = True

    async def _start_bot(self, *, ready: bool) -> None:
        since = self.bot.log.stat().st_size if self.bot.log.exists() else 0
        await self.bot.start()
        await self.bot.until("listening on", since)
        if ready:
            await self.bot.until("signed in to Evo Voice", since)
            if self._mode == "socket":
                await self.bot.until("connected to Slack", since)

    async def kill_bot(self) -> None:
        """Kill -9: no last words."""
        await self.bot.end(signal.SIGKILL)

    def _slack_options(self) -> list[str]:
        given = ["--mode", self._mode, "--time-scale", str(self._time_scale)]
        return [*given, "--manifest", str(self._manifest.resolve())] if self._manifest else given

    def _bot_environment(self, slack: str, evo: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
        door = {"SLACK_APP_TOKEN": APP_TOKEN} if self._mode == "socket" else {"SLACK_SIGNING_SECRET": SIGNING_SECRET}
        return {
            **kept,
            **door,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_API_URL": f"{slack}/api/",
            "EVO_BASE_URL": evo,
            "EVO_USERNAME": "bot@example.com",
            "EVO_PASSWORD": "correct-horse",
            "EVOBOT_DATABASE": str(self.database),
            "EVOBOT_PORT": str(self._port),
            "EVOBOT_POLL_SECONDS": "0.2",
            "EVOBOT_SETTLE_SECONDS": "1.5",
            **self._settings,
        }


def free_port() -> int:
    """A port that is free right now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
