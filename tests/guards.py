"""Two nets under the whole suite: nothing leaves this machine, and nothing secret gets into a log.

Child processes load this file too, at their very start, so it imports little at the top.
"""

from __future__ import annotations

import functools
import os
import re
import socket
import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

# --- where things go --------------------------------------------------------------------------------------------------

_LOOPBACK = re.compile(r"127(?:\.[0-9]{1,3}){3}|::1|::ffff:127(?:\.[0-9]{1,3}){3}|localhost\.?|", re.IGNORECASE)
_ANY = {"0.0.0.0", "::"}  # to listen on
_NOWHERE = ".invalid"  # tests may ask for such names: nobody has them, and no question leaves for them either


class LeftTheMachine(Exception):
    """A test, or a process of one, turned to another machine."""


class Egress:
    """Refuses whatever a process does towards another machine, and keeps it in `refused`.

    `contacted` are the addresses on this machine that were connected or sent to; `tell` gets a line for each new one
    and for each refusal. An audit hook cannot be taken back: make one a process. uvloop connects without telling it.
    """

    def __init__(self, tell: Callable[[str], None] | None = None) -> None:
        self.refused: list[str] = []
        self.contacted: set[str] = set()
        self._tell = tell
        self._looks = {
            "socket.connect": self._towards,
            "socket.sendto": self._towards,
            "socket.sendmsg": self._towards,
            "socket.getaddrinfo": self._asked,
            "socket.gethostbyname": self._asked,
            "socket.gethostbyaddr": self._asked,
            "socket.getnameinfo": lambda event, args: self._asked(event, args[0]),
        }

    def install(self) -> Egress:
        sys.addaudithook(self._hook)
        return self

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        look = self._looks.get(event)
        if look is not None:
            look(event, args)

    def _towards(self, event: str, args: tuple[Any, ...]) -> None:
        address = args[1]
        if not isinstance(address, tuple):
            return  # AF_UNIX, or where it was connected to before
        host, port = _text(address[0]), address[1]
        if not _LOOPBACK.fullmatch(host):
            self._refuse(event, f"{host}:{port}")
        where = f"{host}:{port}"
        if where not in self.contacted:
            self.contacted.add(where)
            self._say(f"contacted {where}")

    def _asked(self, event: str, args: tuple[Any, ...]) -> None:
        host = _text(args[0])
        if host.lower().rstrip(".").endswith(_NOWHERE):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if host not in _ANY and not _LOOPBACK.fullmatch(host):
            self._refuse(event, host)

    def _refuse(self, event: str, where: str) -> None:
        self.refused.append(f"{event} {where}")
        self._say(f"refused {event} {where}")
        raise LeftTheMachine(f"{event} towards {where}")

    def _say(self, line: str) -> None:
        if self._tell is not None:
            self._tell(line)


def _text(host: object) -> str:
    return host.decode(errors="replace") if isinstance(host, bytes) else str(host or "")


# --- child processes --------------------------------------------------------------------------------------------------

_START = """import importlib.util
spec = importlib.util.spec_from_file_location("_guards", {guards!r})
guards = importlib.util.module_from_spec(spec)
spec.loader.exec_module(guards)
guards.Egress(guards.teller({report!r})).install()
"""


def for_children(folder: Path) -> tuple[Path, Path]:
    """A folder for PYTHONPATH by which every child is guarded, and the file in which they report, line by line."""
    report = folder / "egress.txt"
    report.touch()
    start = folder / "start"
    start.mkdir()
    (start / "sitecustomize.py").write_text(_START.format(guards=__file__, report=str(report)), encoding="utf-8")
    return start, report


def teller(report: str) -> Callable[[str], None]:
    """Writes lines that several processes may write at once."""

    def tell(line: str) -> None:
        there = os.open(report, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(there, f"{line}\n".encode())
        finally:
            os.close(there)

    return tell


# --- what is in the logs ----------------------------------------------------------------------------------------------

CANARIES = re.compile(
    r"standin-bot|standin-app|standin-signing-secret|correct-horse|admin-pass|nobody-pass|s3cret-pass|session-one"
    r"|[\w.+-]+@(?:example\.|[\w-]+\.example)"  # everybody's e-mail
    r"|\+?1?[ (-]{0,2}(?:202|503)[) .-]{0,2}555[ .-]?\d{4}"  # everybody's number
    r"|\b(?:Anna Arnold|Ben Berger|Carla Conti|Gus Guest|Joe Park|Ana Ruiz|Mia Stone|Lee Wong|Dana Field)\b"
    r"|ss-p?id=(?!\[secret\])"
)
RECOGNISABLE = 8  # characters; shorter words may stand in a log by themselves


class CanaryNet:
    """Looks at each record as production would write it with EVOBOT_LOG_LEVEL=DEBUG, whatever a test sets.

    `words` are what people have said on either side in this test.
    """

    def __init__(self, formatter: logging.Formatter, loud: dict[str, int]) -> None:
        self.words: set[str] = set()
        self.found: list[str] = []
        self.looking = True
        self._formatter = formatter
        self._loud = loud
        self._make: Callable[..., logging.LogRecord] | None = None

    def install(self) -> CanaryNet:
        """Sees every record from now on, wherever it goes afterwards."""
        import logging  # noqa: PLC0415 - see above

        self.listen()
        self._make = logging.getLogRecordFactory()
        logging.setLogRecordFactory(self._record)
        return self

    def listen(self) -> None:
        """Nothing is left out, whatever a program that was run here has set for itself."""
        import logging  # noqa: PLC0415 - see above

        logging.getLogger().setLevel(logging.DEBUG)
        for name, lowest in self._loud.items():
            logging.getLogger(name).setLevel(lowest)

    def begin(self, *, looking: bool) -> None:
        """A test begins."""
        self.listen()
        self.looking = looking
        self.words.clear()
        self.found.clear()

    def note(self, text: object) -> None:
        """Somebody said this."""
        words = str(text).strip()
        if len(words) >= RECOGNISABLE:
            self.words.add(words)

    def _record(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        assert self._make is not None
        record = self._make(*args, **kwargs)
        if self.looking and record.levelno >= self._loud.get(record.name.partition(".")[0], 0):
            self.look(self._formatter.format(record))
        return record

    def look(self, text: str, where: str = "a log record") -> None:
        """Finds what must not stand in a log."""
        self.found += [f"{where}: {canary!r} in {text[:400]!r}" for canary in self.canaries_in(text)]

    def canaries_in(self, text: str) -> Iterator[str]:
        yield from CANARIES.findall(text)
        yield from (words for words in self.words if words in text)

    def look_at_files(self, files: Iterable[Path]) -> None:
        """The logs of other processes."""
        for file in files:
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                self.look(line, file.name)


def tap(owner: type, verb: str, note: Callable[[object], None]) -> None:
    """What people say through this verb of a stand-in or driver is noted: its third argument, the text."""
    import inspect  # noqa: PLC0415 - see above

    spoken = getattr(owner, verb)
    arguments = inspect.signature(spoken)
    text = list(arguments.parameters)[3]

    @functools.wraps(spoken)  # the stand-in's control surface looks at the names of its arguments
    def noted(*args: Any, **kwargs: Any) -> Any:
        note(arguments.bind(*args, **kwargs).arguments[text])
        return spoken(*args, **kwargs)

    setattr(owner, verb, noted)
