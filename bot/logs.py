"""Logging: to stderr, one line each, scrubbed of secrets, numbers and addresses at the last stage.

Numbers and addresses become short keyed hashes as soon as the key is known: one customer can be followed through a log
by whoever has the database, and nobody else can find out who it is, not even by trying all numbers.

Nobody here logs what people wrote. This catches what a library or a mistake would let through: of an error only its
type and place are told, for its words may quote a request; and what a library says is told without the words of errors.
"""

from __future__ import annotations

import copy
import errno
import json
import logging
import re
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from bot.counts import LOGGED, Counts
from bot.trace import trace, workspace

if TYPE_CHECKING:
    ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

Hasher = Callable[[str], str]
Format = Literal["text", "json"]

log = logging.getLogger(__name__)

OURS = ("bot", "handlers")
LONGEST = 8000  # characters of a message
OFTEN, WINDOW = 10, 60.0  # so often the same line is told in so many seconds: a fault that lasts must not fill the disk
MOST_LINES = 1000  # that are remembered for it
FRAMES = 60  # of an error's trace: enough for any but endless recursion

# These log requests, tokens' companions or whole payloads below the level given here.
LOUD = {
    "aiohttp": logging.WARNING,
    "asyncio": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "slack_bolt": logging.ERROR,
    "slack_sdk": logging.WARNING,
}

_SECRETS = (
    (re.compile(r"\bx(?:ox[a-z]|app|oxe\.xox[bp])-[\w.-]+"), "[token]"),
    (re.compile(r"\bwss?://\S+"), "[socket]"),
    (re.compile(r"https://hooks\.slack\.com/\S+"), "[response_url]"),
    (re.compile(r"\bv0=[0-9A-Za-z]+"), "[signature]"),
    (re.compile(r"(?i)\b(basic|bearer)\s+[\w.~+/=-]+"), r"\1 [secret]"),
    (re.compile(r"(?i)(authorization|cookie|password|secret|ss-p?id)[\"']?\s*[:=]\s*[^\s,;}]+"), r"\1=[secret]"),
)
# No address has more before its "@"; without a bound, a long word would be looked at from each of its letters.
_EMAIL = re.compile(r"[\w.+-]{1,64}(?:@|%40)[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"(?:\+|%2B)\d[\d ().-]{6,}\d")
SHORT = 6  # digits of a hash: enough to follow somebody
_NOT_ONE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


class ScrubbingFormatter(logging.Formatter):
    """Works on the finished text, traces included, so nothing can slip past it by its form."""

    hashed: Hasher | None = None  # until the database is open, nobody can tell one number from another

    def format(self, record: logging.LogRecord) -> str:
        told = copy.copy(record)  # other handlers get theirs unchanged
        told.msg, told.args, told.exc_text, told.stack_info = _message(record), None, None, None
        if found := " ".join(filter(None, (workspace(), trace()))):
            told.msg = f"{told.msg} [{found}]"
        return scrub(super().format(told), self.hashed)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's own name
        return "" if ei[1] is None else "\n".join(_trace(ei[1]))


class JsonFormatter(ScrubbingFormatter):
    """One object a line, for collectors. Nothing else than these fields gets in, whatever a record brings along."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrub(_message(record), self.hashed),
        }
        if where := workspace():
            said["workspace"] = where
        if found := trace():
            said["trace"] = found
        if record.exc_info and (error := self.formatException(record.exc_info)):
            said["error"] = scrub(error, self.hashed)
        return json.dumps(said, ensure_ascii=False)


class Repeating(logging.Filter):
    """Lets the same line about the same thing pass some times a minute; the next after that says how many were not."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, str, str, str], tuple[float, int]] = {}  # since when, and how often

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        line, now = (record.name, _message(record), workspace(), trace()), time.monotonic()
        since, told = self._told.get(line, (now, 0))
        if now - since > WINDOW:
            if told > OFTEN:
                record.left_out = told - OFTEN
            since, told = now, 0
        told += 1
        if len(self._told) >= MOST_LINES:
            self._told.clear()
        self._told[line] = since, told
        return told <= OFTEN


class Counting(logging.Filter):
    """Counts what tells of trouble, and lets everything pass."""

    counts: Counts | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        if self.counts is not None and record.levelno >= logging.WARNING:
            self.counts.count(LOGGED, record.levelname.lower())
        return True


def scrub(text: str, hashed: Hasher | None = None) -> str:
    """`hashed`: makes the keyed hash of a number in E.164, or of an address."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    text = _EMAIL.sub(lambda found: _instead("e-mail", found[0].replace("%40", "@"), hashed), text)
    return _NUMBER.sub(lambda found: _instead("number", "+" + _digits(found[0]), hashed), text)


def _instead(what: str, identity: str, hashed: Hasher | None) -> str:
    return f"[{what}]" if hashed is None else f"[{what} {hashed(identity)[:SHORT]}]"


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number.removeprefix("%2B"))


# Messages


def _message(record: logging.LogRecord) -> str:
    """One line: nobody can write lines of their own into the log."""
    try:
        text = record.getMessage()
    except Exception as error:  # noqa: BLE001 - whatever an argument's own words do, logging must not end anything
        text = f"a message that cannot be put together ({type(error).__name__})"
    if record.name.partition(".")[0] not in OURS:
        text = _without_words(text, record)
    return _NOT_ONE_LINE.sub(" ", _in_part(text)).strip() + _and_more(record)


def _in_part(text: str) -> str:
    """As much as anybody reads. It ends between two words, and not in a number: half a secret is not known as one."""
    if len(text) <= LONGEST:
        return text
    begins = text[: max(text.rfind(" ", 0, LONGEST), 0)].rstrip("+0123456789 ().-")
    return f"{begins} … ({len(text)} characters)"


def _and_more(record: logging.LogRecord) -> str:
    left_out = getattr(record, "left_out", 0)
    return f" ({left_out} more of this line were left out)" if left_out else ""


def _without_words(text: str, record: logging.LogRecord) -> str:
    """A library's message; where it quotes the error it is about, that error's type stands instead."""
    if record.name == "asyncio":
        text = re.split(r"[\n(<]", text)[0]  # what follows are arguments and results
    quoted = {words: type(error).__name__ for error in _errors_of(record) for words in _words_of(error)}
    for words in sorted(quoted, key=len, reverse=True):
        text = text.replace(words, quoted[words])
    return text


def _errors_of(record: logging.LogRecord) -> Iterator[BaseException]:
    """The error that is logged, the one being handled just now, and what led to them."""
    for error in (record.exc_info[1] if record.exc_info else None, sys.exc_info()[1]):
        if error is not None:
            yield from _family(error)


def _words_of(error: BaseException) -> set[str]:
    said = set()
    for spell in (str, repr):
        try:
            said.add(spell(error))
        except Exception:  # noqa: BLE001, S112 - what cannot be said cannot have been quoted either
            continue
    return {words for words in said | {arg for arg in error.args if isinstance(arg, str)} if words.strip()}


# Traces


def _trace(error: BaseException) -> list[str]:
    """Where it happened, and types only, the first cause first."""
    lines = []
    for each in reversed(list(_family(error))):
        frames = traceback.extract_tb(each.__traceback__)[-FRAMES:]
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        lines.append(f"{type(each).__qualname__}{_harmless(each)}")
    return lines


def _family(error: BaseException) -> list[BaseException]:
    """The error, those in its group, and what it came from; each once."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop(0)
        if each is None or any(each is known for known in found):
            continue
        found.append(each)
        waiting += [*_members(each), each.__cause__ or (None if each.__suppress_context__ else each.__context__)]
    return found


def _members(error: BaseException) -> Iterable[BaseException]:
    return error.exceptions if isinstance(error, BaseExceptionGroup) else ()


def _harmless(error: BaseException) -> str:
    """What can be said of an error without its own words."""
    if isinstance(error, sqlite3.Error):
        return f" ({name})" if (name := getattr(error, "sqlite_errorname", "")) else ""
    if isinstance(error, OSError):
        return f" ({name})" if (name := errno.errorcode.get(error.errno or 0, "")) else ""
    return ""


# The whole program's


def configure(level: str, form: Format = "text") -> None:
    """Sets up logging for the whole program, and has what ends it told the same way."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter() if form == "json" else ScrubbingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    handler.addFilter(Counting())  # all of them
    handler.addFilter(Repeating())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, lowest in LOUD.items():
        logging.getLogger(name).setLevel(max(lowest, logging.getLevelName(level)))
    logging.raiseExceptions = False  # it would print the arguments of a message that cannot be written
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed
    sys.unraisablehook = _unraisable


def know_numbers(hashed: Hasher) -> None:
    """From now on the program's log tells numbers and addresses apart. `hashed` is called by any thread."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, ScrubbingFormatter):
            handler.formatter.hashed = hashed


def count_trouble(counts: Counts) -> None:
    """From now on warnings and errors are counted."""
    for handler in logging.getLogger().handlers:
        for each in handler.filters:
            if isinstance(each, Counting):
                each.counts = counts


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("the program broke on its own side and ends", exc_info=(kind, error, trace))


def _thread_crashed(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        log.error("a thread broke on our side", exc_info=(args.exc_type, args.exc_value, args.exc_traceback))


def _unraisable(args: sys.UnraisableHookArgs) -> None:
    if args.exc_value is not None:
        log.error("something broke while it was cleaned up", exc_info=args.exc_value)
