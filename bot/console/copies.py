"""`evobot backup` and `evobot restore`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from bot.console.common import EXIT_SETTINGS, Verbs, operating, progress, say, tell, with_database
from bot.place import Place
from bot.settings import chosen_workspace, workspace_file
from bot.store import Unavailable, Unusable
from bot.store.aside import reading
from bot.store.backup import Copy, Exists, backup, restore

UNITS = (("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1))


def add(verbs: Verbs) -> None:
    copy = verbs.add_parser("backup", help="copy the database, of several workspaces each, also while the bot runs")
    copy.add_argument("file", type=Path, metavar="FILE", help="where to; must not exist yet")
    copy.set_defaults(run=_backup)
    back = verbs.add_parser("restore", help="put a backup in the place of the database; the bot must not be running")
    back.add_argument("file", type=Path, metavar="FILE", help="a file that `evobot backup` made")
    back.set_defaults(run=_restore)


def _backup(parsed: argparse.Namespace) -> int:
    return _with_exists(lambda database: _backed_up(database, parsed.file))


def _restore(parsed: argparse.Namespace) -> int:
    return _with_exists(lambda database: _put_back(database, parsed.file))


def _with_exists(work: Callable[[Place], str]) -> int:
    try:
        return with_database(work, or_register=True)
    except Exists as error:
        return say(EXIT_SETTINGS, str(error))


def _backed_up(database: Place, target: Path) -> str:
    """Of several workspaces one that cannot be copied keeps no other from it."""
    *others, main = _all(database, target)
    wrong: list[Unusable] = []
    for place, copy in others:
        try:
            tell(f"{copy}: {_shown(backup(place, copy, _copying))}")
        except Unusable as error:
            wrong.append(error)
    said = f"{main[1]}: {_shown(backup(*main, _copying))}"
    if wrong:
        tell(said)
        raise Unusable(" ".join(str(error) for error in wrong))
    return said


def _all(database: Place, target: Path) -> list[tuple[Place, Path]]:
    """What is copied, and where to. Where one bot serves several workspaces: theirs as well, unless one is chosen.

    The register is the last one, and so the newest.
    """
    main: tuple[Place, Path] = (database, target)
    try:
        with reading(database) as read:
            known = [] if chosen_workspace() else [who.id for who in read.installations()]
    except (Unusable, Unavailable):
        known = []  # whoever copies it says why
    files = [(workspace_file(database, ident), target.with_suffix(f".{ident}{target.suffix}")) for ident in known]
    return [*((file, copy) for file, copy in files if file.exists()), main]


def _put_back(database: Place, source: Path) -> str:
    copy, kept = restore(database, source, time.time(), operating(), _copying)
    before = f"What was there before is kept as {kept}." if kept else "There was none before."
    return (
        f"{database} is now {source}: {_shown(copy)}. {before}\n"
        "At the next start the bot looks for what happened since the backup. It sends nothing of it again, and asks "
        "where it cannot tell."
    )


def _copying(done: int, size: int) -> None:
    progress(f"Copying: {done / 1e6:.0f} of {size / 1e6:.0f} MB")


def _shown(copy: Copy) -> str:
    age = max(time.time() - copy.newest, 0)
    unit, seconds = next((name, size) for name, size in UNITS if age >= size or size == 1)
    newest = f"the newest {age / seconds:.0f} {unit} old" if copy.newest else "still empty"
    return f"{copy.size / 1e6:.1f} MB, {copy.sessions} sessions, {copy.messages} messages, {newest}"
