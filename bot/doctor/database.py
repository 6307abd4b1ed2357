"""The database and what waits in it, read beside a running bot: no lock is taken and nothing is changed."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from bot.audit import verify
from bot.bridge.safeguards import blocked
from bot.doctor.finding import Finding, Health, broken, degraded, ok
from bot.model import State
from bot.place import Place, Postgres
from bot.store import Corrupt, Unavailable, Unusable
from bot.store.aside import examined, reading
from bot.store.disk import check_companions
from bot.store.file import real_path
from bot.store.search import Search

MEGABYTE = 1 << 20
LITTLE, TOO_LITTLE = 500 * MEGABYTE, 20 * MEGABYTE  # of free disk
LATE_SECONDS = 600.0  # what is to be sent by itself has left by then, or something is wrong
BY_ITSELF = (State.PENDING, State.SENDING, State.UNKNOWN)
LIST = "`evobot queue list` says which, and why."


def look(place: Place) -> list[Finding]:
    """Takes as long as reading a file through once."""
    found = list(_file(place)) if isinstance(place, Path) else _server(place)
    if found[0].health is Health.BROKEN:
        return found
    try:
        with reading(place) as read:
            found += [_audit(read), *(degraded("Blocked", what) for what in blocked(read)), _queue(read, time.time())]
    except (Unusable, Unavailable):
        pass  # there is none yet, or it has just gone
    return found


def _server(place: Postgres) -> list[Finding]:
    from bot.doctor import server  # noqa: PLC0415 - only where there is one

    return server.look(place)


def _file(path: Path) -> Iterator[Finding]:
    real = real_path(path)
    if not path.exists():
        yield _not_there(path, real)
        return
    try:
        missing = examined(path)
    except (Unusable, Unavailable) as error:
        yield broken("Database", str(error))
        return
    size = f"{path}, whole, {real.stat().st_size / MEGABYTE:.1f} MB"
    step = f"; the next start brings it up to this version, in {len(missing)} steps" if missing else ", of this version"
    yield ok("Database", f"{size}{step}")
    yield from (_owned(real), _room(real.parent))


def _not_there(path: Path, real: Path) -> Finding:
    try:
        check_companions(real)
    except Corrupt as error:
        return broken("Database", str(error))
    folder = real.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        then = "Make the folder, or name another file with EVOBOT_DATABASE."
        return broken("Database", f"{path} is not there, and cannot be made in {folder}.", then)
    return ok("Database", f"{path} will be made at the first start")


def _owned(path: Path) -> Finding:
    """Messages of customers are in it: they are for its owner alone, who is whoever runs the bot."""
    status = path.stat()
    if stat.S_IMODE(status.st_mode) & 0o077:
        return degraded("Database rights", "Others on this machine may read it.", f"Say: chmod 600 {path}")
    if status.st_uid != os.geteuid():
        then = "Run the bot and this as the same user."
        return degraded("Database rights", f"It belongs to {_user(status.st_uid)}, not to {_user(os.geteuid())}.", then)
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK | os.X_OK):
        return broken("Database rights", "It, or its folder, cannot be written to.", f"Say: chmod u+w {path.parent}")
    return ok("Database rights", f"for {_user(status.st_uid)} alone")


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    said = f"{free / MEGABYTE:,.0f} MB free"
    if free < TOO_LITTLE:
        return broken("Disk", f"{said}: soon nothing can be stored any more.", "Make room.")
    if free < LITTLE:
        return degraded("Disk", f"{said}.", "Make room, or move the database.")
    return ok("Disk", said)


def _audit(read: Search) -> Finding:
    """Is the record of what happened as it was written?"""
    records = read.audited()
    wrong = verify(records, read.audit_start(), last_key=read.audit_keys_given())
    if wrong is not None:
        return broken("Audit", f"Row {wrong.key} {wrong.why}", "Keep a copy, and ask who had the file in their hands.")
    return ok("Audit", f"{len(records)} rows, as they were written")


def _queue(read: Search, now: float) -> Finding:
    """What waits, how old the oldest is, what needs a person, and what was set aside."""
    waits = read.waiting_by_state()
    letters, aside = read.letters_waiting()
    leaving = [waits[state] for state in BY_ITSELF if state in waits]
    count = sum(n for n, _ in leaving) + letters
    age = max([now - since for _, since in leaving], default=0.0)
    people, questions = (waits.get(state, (0, now))[0] for state in (State.NEEDS_PERSON, State.ASKED))
    told = [f"{count} to be sent" + (f", the oldest for {age / 60:.0f} min" if count else "")]
    told += [f"{people} need a person"] if people else []
    told += [f"{questions} wait for a yes"] if questions else []
    told += [f"{aside} set aside, because they broke the bot's own code"] if aside else []
    if people or aside or age > LATE_SECONDS:
        return degraded("Queue", "; ".join(told) + ".", LIST)
    return ok("Queue", "; ".join(told))
