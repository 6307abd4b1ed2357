"""`evobot audit show`, `verify` and `export`: beside a running bot, or on a copy of its file."""

from __future__ import annotations

import argparse
import json
import os
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from bot.audit import Anchor, Record, told, verify
from bot.console.common import EXIT_BROKEN, EXIT_SETTINGS, Verbs, say, with_database
from bot.model import SessionKey
from bot.people import read_people
from bot.place import Place
from bot.store import Reads
from bot.store.aside import reading
from bot.views.audit import moment_here, rows, table

LAST = 50  # rows that are shown when nobody says how many
SECONDS = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
NOTHING = "Nothing of that kind is in the audit."
LOOKED_THROUGH = 100_000  # sessions, newest first, among which a name is looked for


class NotWhole(Exception):
    """The record is not as it was written. The message says which row is wrong, and what is wrong with it."""


class Unclear(Exception):
    """What was asked for cannot be found. The message says why."""


def add(verbs: Verbs) -> None:
    audit = verbs.add_parser("audit", help="what happened, who wanted it, and whether that record is whole")
    questions = audit.add_subparsers(title="questions", required=True, metavar="QUESTION")
    show = questions.add_parser("show", help="the newest rows as a table, oldest first; numbers are masked")
    show.add_argument("--session", metavar="ID|NAME", help="of this session only")
    show.add_argument("--user", metavar="U…", help="by this person only, and what came of what they asked for")
    show.add_argument("--about", metavar="WHO", help="about this number or e-mail address only")
    show.add_argument("--since", type=moment, metavar="WHEN", help="7d, 12h, 30m or a date as 2026-05-31")
    show.add_argument("--last", type=_count, default=LAST, metavar="N", help=f"so many rows; {LAST} unless said")
    show.set_defaults(run=lambda parsed: _on(parsed, lambda read: _shown(read, parsed)))
    check = questions.add_parser("verify", help="exit code 0 when no row was changed, taken out or put in, else 1")
    check.add_argument("--head", metavar="HASH", help="a head that was noted earlier: is it still in there?")
    check.set_defaults(run=lambda parsed: _on(parsed, lambda read: _verified(read, parsed.head)))
    export = questions.add_parser("export", help="every row with its hash, as JSON lines that anybody can check")
    export.add_argument("--since", type=moment, metavar="WHEN", help="7d, 12h, 30m or a date as 2026-05-31")
    export.add_argument("file", nargs="?", default="-", metavar="FILE", help="a new file; - or nothing: the console")
    export.set_defaults(run=lambda parsed: _on(parsed, lambda read: _exported(read, parsed)))
    for question in (show, check, export):
        question.add_argument("--database", type=Path, metavar="FILE", help="a copy that `evobot backup` made")


def moment(text: str) -> float:
    """Seconds since the epoch of "7d" ago, or of the beginning of a day here."""
    found = re.fullmatch(r"(\d{1,5})([mhdw])", text)
    if found:
        return time.time() - int(found[1]) * SECONDS[found[2]]
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(f"{text!r} is neither as 7d, 12h or 30m nor a date as 2026-05-31") from None


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows")
    return int(text)


def _on(parsed: argparse.Namespace, work: Callable[[Reads], str]) -> int:
    def look(database: Place) -> str:
        with reading(parsed.database or database) as read:
            return work(read)

    try:
        return with_database(look)
    except NotWhole as error:
        return say(EXIT_BROKEN, str(error))
    except Unclear as error:
        return say(EXIT_SETTINGS, str(error))


# Show


def _shown(read: Reads, parsed: argparse.Namespace) -> str:
    records = read.audited()
    if parsed.since is not None:
        records = [record for record in records if record.at >= parsed.since]
    if parsed.session is not None:
        keys = sessions_meant(read, parsed.session)
        records = [record for record in records if record.session in keys]
    if parsed.user is not None:
        records = _by(records, parsed.user)
    if parsed.about is not None:
        subject = read.hashed(_identity(parsed.about))
        records = [record for record in records if subject in record.subject.split()]
    found = rows(records[-parsed.last :], read.session, read.about)
    return table(found) if found else NOTHING


def sessions_meant(read: Reads, meant: str) -> set[SessionKey]:
    """A session by the number that the table shows, by the beginning of its id, or by its name. Raises Unclear."""
    wanted = meant.strip().casefold()
    known = read.newest_sessions(LOOKED_THROUGH)
    exact = {one.key for one in known if wanted in {str(one.key), one.name.casefold(), (one.evo_id or "").casefold()}}
    found = exact or {one.key for one in known if (one.evo_id or "").casefold().startswith(wanted)}
    if not wanted or not found:
        raise Unclear("No session has this number, this id or this name.")
    return found


def _by(records: Sequence[Record], user: str) -> list[Record]:
    """What somebody did, and what came of it."""
    items = {record.item for record in records if record.who == user and record.item is not None}
    return [record for record in records if record.who == user or record.item in items]


def _identity(typed: str) -> str:
    found = read_people(typed, "ZZ").in_order
    who = found[0] if len(found) == 1 else None
    identity = getattr(who, "e164", None) or getattr(who, "address", None)
    if identity is None:
        raise Unclear("Name one number, with its country (+44 …), or one e-mail address.")
    return str(identity)


# Verify


def _verified(read: Reads, noted: str | None) -> str:
    records, start = read.audited(), read.audit_start()
    head = noted.strip().lower() if noted else None
    broken = verify(records, start, last_key=read.audit_keys_given(), head=head)
    if broken is not None:
        raise NotWhole(f"Row {broken.key} {broken.why}")
    last = Anchor(records[-1].key, records[-1].hash) if records else start
    said = [f"{_span(records)} Every row is as it was written.", f"Head: {last.hash} (row {last.key})"]
    if head is not None:
        key = next((record.key for record in records if record.hash == head), start.key)
        said.append(f"The noted head is that of row {key}: up to there, all is as it was then.")
    return "\n".join(said)


def _span(records: Sequence[Record]) -> str:
    if not records:
        return "No rows."
    return f"{len(records)} rows, {moment_here(records[0].at)} to {moment_here(records[-1].at)}."


# Export


def _exported(read: Reads, parsed: argparse.Namespace) -> str:
    records, start = read.audited(), read.audit_start()
    first = next((n for n, each in enumerate(records) if each.at >= (parsed.since or each.at)), len(records))
    if first:
        start = Anchor(records[first - 1].key, records[first - 1].hash)
    text = "\n".join(exported(records[first:], start))
    if parsed.file == "-":
        return text
    _write_new(Path(parsed.file), f"{text}\n")
    return f"{parsed.file}: {_span(records[first:])}"


def exported(records: Sequence[Record], start: Anchor) -> list[str]:
    """JSON lines: what the first row follows, every row with its hash, and the hash of the last."""
    head = records[-1].hash if records else start.hash
    rows = [told(record) | {"hash": record.hash} for record in records]
    return [json.dumps(each, sort_keys=True) for each in ({"start": start.hash}, *rows, {"head": head})]


def _write_new(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Unclear(f"{path} exists already and was left as it is. Choose another name.") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
