"""`evobot export everything`: sessions, threads, messages and the record of a time or a session, for whoever counts.

JSON lines in one file, or CSV in a folder, a file a kind. Without words and numbers unless they are asked for. What is
kept about one person is another question: `evobot export WHOM`, in bot/console/privacy.py.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bot.console.audit import Unclear, sessions_meant
from bot.console.common import operating, progress
from bot.model import Deed, Item, Kind, Line, Session
from bot.numbers import masked
from bot.place import Place
from bot.store.aside import reading, write_aside
from bot.store.search import Search
from bot.views.audit import masked_identity

EVERYTHING: Final = "everything"  # in the place of a person; no number and no address
LOOKED_THROUGH: Final = 1_000_000  # sessions
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "session": (
        "key", "id", "type", "life", "channel", "thread_ts", "began", "ended", "last_word", "by", "members", "name",
        "replies", "heard", "invitations", "waiting", "failed",
    ),
    "link": ("session_key", "channel", "thread_ts", "role", "mode"),
    "message": (
        "session_key", "ref", "direction", "what", "state", "by", "asked", "left", "seen", "attempts", "reason",
        "words",
    ),
    "audit": ("key", "at", "who", "what", "session_key", "ref", "about", "asked_in", "detail"),
}  # fmt: skip
WORDY: Final = frozenset({"name", "words"})
_BEGINS: Final = r"[=+\-@|%＝＋－＠]"
_BLANK: Final = r"\s\x00-\x1f\ufeff"
_FORMULA: Final = re.compile(rf"[{_BLANK}]*{_BEGINS}")
_INNER: Final = re.compile(rf"(?<![{_BLANK};\"])[{_BLANK};\"]++(?={_BEGINS})")  # once over each: it may be long
_LAST_PART: Final = re.compile(r"\A.*[;\t\r\n\v\f]", re.DOTALL)
Row = tuple[str, dict[str, Any]]


def everything(place: Place, parsed: argparse.Namespace) -> str:
    """Returns what there is to say. Raises Unclear, FileExistsError; then, and interrupted, nothing is left behind."""
    if parsed.format == "csv" and parsed.file == "-":
        raise Unclear("CSV is a file a kind: name a folder, which is made.")
    with reading(place) as read:
        rows = [_without_words(row) if not parsed.words else row for row in _rows(read, parsed)]
    write_aside(place, lambda tx: tx.audit(Deed.EXPORTED, time.time(), by=operating(), detail=_detail(parsed)))
    if parsed.format == "csv":
        return _in_folder(Path(parsed.file), rows)
    text = "\n".join(json.dumps({"kind": kind, **row}, ensure_ascii=False) for kind, row in rows)
    if parsed.file == "-":
        return text
    write_new(Path(parsed.file), lambda file: file.write(f"{text}\n"))
    return f"{parsed.file}: {len(rows)} rows. Only you can read it."


def _detail(parsed: argparse.Namespace) -> str:
    return "everything, with words" if parsed.words else "everything, without words"


# What


def _rows(read: Search, parsed: argparse.Namespace) -> Iterator[Row]:
    since, until = parsed.since or 0.0, parsed.until or float("inf")
    keys = sessions_meant(read, parsed.session) if parsed.session is not None else None
    known = [one for one in reversed(read.newest_sessions(LOOKED_THROUGH)) if keys is None or one.key in keys]
    chosen = [one for one in known if one.created_at <= until and max(one.active_at, one.ended_at or 0.0) >= since]
    for n, session in enumerate(chosen, 1):
        progress(f"Session {n} of {len(chosen)}")
        yield from _of_session(read, session, since, until)
    progress("")
    for record in read.audited():
        if since <= record.at <= until and (keys is None or record.session in keys):
            about = ", ".join(masked_identity(each) for each in read.about(record))
            row = (record.key, _time(record.at), record.who, record.what, record.session, record.item, about)
            yield "audit", dict(zip(COLUMNS["audit"], (*row, record.message, record.detail), strict=True))


def _of_session(read: Search, session: Session, since: float, until: float) -> Iterator[Row]:
    items, lines, own = read.items_of(session.key, *Kind), read.lines_of(session.key), read.own_lines(session.key)
    theirs = [line for line in lines if line.name not in own]
    yield "session", _session(session, items, theirs)
    for link in read.links_of(session.key):
        where = (session.key, link.thread.channel, link.thread.ts, link.role, link.mode)
        yield "link", dict(zip(COLUMNS["link"], where, strict=True))
    said = [(item.asked_at, _item(read, item)) for item in items]
    said += [(_moment(line.date), _line(session, line)) for line in theirs]
    yield from (("message", row) for at, row in sorted(said, key=lambda each: each[0]) if since <= at <= until)


def _session(session: Session, items: Sequence[Item], theirs: Sequence[Line]) -> dict[str, Any]:
    states = [item.state for item in items]
    row = (
        session.key, session.evo_id, session.type, session.life, session.channel, session.thread_ts,
        _time(session.created_at), _time(session.ended_at), _time(session.active_at), session.created_by,
        len(session.members), session.name, sum(item.kind is Kind.SAY for item in items), len(theirs),
        sum(item.kind is Kind.INVITE for item in items),
        sum(state in {"asked", "pending", "sending", "unknown", "needs_person"} for state in states),
        states.count("refused"),  # type: ignore[arg-type]  # a State is its word
    )  # fmt: skip
    return dict(zip(COLUMNS["session"], row, strict=True))


def _item(read: Search, item: Item) -> dict[str, Any]:
    words = "" if item.gone else str(item.sent_text or item.body.get("plain") or item.body.get("text") or "")
    row = (
        item.session, item.key, "out", item.kind, item.state, item.author, _time(item.asked_at), _time(item.sending_at),
        _time(read.seen_at(item.key)), item.attempts, masked(item.reason), words,
    )  # fmt: skip
    return dict(zip(COLUMNS["message"], row, strict=True))


def _line(session: Session, line: Line) -> dict[str, Any]:
    sender = masked_identity(line.sender) if "@" in line.sender or line.sender.startswith("+") else masked(line.sender)
    row = (session.key, None, "in", "line", "heard", sender, line.date, None, None, None, "", line.text)
    return dict(zip(COLUMNS["message"], row, strict=True))


def _without_words(row: Row) -> Row:
    kind, told = row
    return kind, {name: value for name, value in told.items() if name not in WORDY}


def _time(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _moment(date: str) -> float:
    try:
        return datetime.fromisoformat(date).timestamp()
    except ValueError:
        return 0.0


# Where to


def _in_folder(folder: Path, rows: Sequence[Row]) -> str:
    """The folder gets its name when all of it is there."""
    if os.path.lexists(folder):
        raise FileExistsError(folder)
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    part.mkdir(mode=0o700)
    try:
        for kind in COLUMNS:
            there = [row for each, row in rows if each == kind]
            write_new(part / f"{kind}s.csv".replace("audits", "audit"), lambda file, there=there: _csv(file, there))
        part.rename(folder)
    except BaseException:
        for left in part.iterdir():
            left.unlink()
        part.rmdir()
        raise
    return f"{folder}: {len(rows)} rows in {len(COLUMNS)} files. Only you can read them."


def _csv(file: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    if rows:
        writer.writerow(rows[0])
    writer.writerows([cell(value) for value in row.values()] for row in rows)


def cell(value: Any) -> str:
    """As a spreadsheet shows it, and never reckons with it: what begins like a formula has a ' before it.

    Also behind a semicolon, a tab or a line's end: where these part cells and a comma does not, as in many countries,
    the quotation marks of a cell in the middle of a row protect nothing.
    """
    text = "" if value is None else str(value).replace("\x00", "\ufffd")
    if not isinstance(value, str):
        return text
    text = _INNER.sub(lambda found: _LAST_PART.sub(r"\g<0>'", found[0]), text)
    return f"'{text}" if _FORMULA.match(text) else text


def write_new(path: Path, write: Any) -> None:
    """A file of one owner, which is there when all of it is. Raises FileExistsError, OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            write(file)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def with_everything(export: argparse.ArgumentParser, moment: Any) -> None:
    """The options that `everything` takes."""
    export.add_argument("--session", metavar="ID|NAME", help="everything: of this session only")
    export.add_argument("--since", type=moment, metavar="WHEN", help="everything: since 7d, 12h, 30m or 2026-05-31")
    export.add_argument("--until", type=moment, metavar="WHEN", help="everything: until then")
    export.add_argument("--format", choices=("jsonl", "csv"), default="jsonl", help="everything: JSON lines, or CSV")
    export.add_argument("--words", action="store_true", help="everything: with what was written, and names")
