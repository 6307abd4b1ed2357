"""`evobot forget` and `evobot export`: all that is kept about one person. Both work whether the bot runs or not."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bot import subjects
from bot.console.audit import Unclear, moment
from bot.console.common import EXIT_BROKEN, EXIT_SETTINGS, Verbs, operating, progress, say, tell, with_database
from bot.console.exporting import EVERYTHING, everything, with_everything, write_new
from bot.model import Deed, ThreadKey
from bot.phones import Unreadable
from bot.place import Place
from bot.settings import BadSettings, PrivacySettings, load_for_privacy
from bot.store.aside import empty_log, reading, write_aside
from bot.subjects import Subject

ROUNDS = 5  # the bot goes on writing meanwhile
NOTHING = "Nothing is kept about {whom}."
FOUND = "Kept about {whom}:\n{counts}"
ASK = "Delete all of this? It cannot be brought back. [y/N] "
LEFT_ALONE = "Nothing was deleted."
DONE = "Deleted, and nothing that was asked for before reaches them any more. Their hash is {hash}."
PARTLY = "Interrupted: part of it is deleted, the rest is not. Say it once more to delete the rest."
NOT_EMPTY = (
    "The log of the database could not be emptied just now, so old words may still be in it. Say this once more."
)
ELSEWHERE = """\
Not here, and not deleted:
{slack}- Evo Voice keeps its own transcripts and members; delete them there.
- Backups made before now still hold them. Let them go after 14 days; after restoring one, say this once more.
- What colleagues wrote to groups with them in it stays until its time is over, without their name and number."""
IN_SLACK = "- Messages in Slack that show words by or to them: {count}. Delete them there:\n{threads}\n"
STILL_THERE = "- Sessions with them that are still open: {count}. What they write from now on is new: end them first.\n"
ONLY_EVERYTHING = "--session, --since, --until and --words go with `evobot export everything`. Nothing was written."
EXISTS = "{file} exists already. Nothing was written."


def add(verbs: Verbs) -> None:
    forget = verbs.add_parser("forget", help="delete all that is kept about one person, also while the bot runs")
    _whom(forget)
    forget.add_argument("--yes", action="store_true", help="do not ask")
    forget.set_defaults(run=_forget)
    export = verbs.add_parser("export", help="write all that is kept about one person, or everything of a time")
    export.add_argument("whom", metavar="WHOM", help=f"a number or an e-mail address; or “{EVERYTHING}”")
    export.add_argument("file", nargs="?", default="-", metavar="FILE", help="where to; must not exist yet; - shows it")
    with_everything(export, moment)
    export.set_defaults(run=_export)


def _whom(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("whom", metavar="WHOM", help="a phone number in any usual spelling, or an e-mail address")


def _forget(parsed: argparse.Namespace) -> int:
    return _about(parsed, lambda who, given: with_database(lambda database: _forgot(database, who, given, parsed.yes)))


def _export(parsed: argparse.Namespace) -> int:
    if parsed.whom != EVERYTHING and (parsed.session or parsed.since or parsed.until or parsed.words):
        return say(EXIT_SETTINGS, ONLY_EVERYTHING)
    try:
        if parsed.whom == EVERYTHING:
            return with_database(lambda database: everything(database, parsed))
        return _about(
            parsed, lambda who, given: with_database(lambda database: _exported(database, who, given, parsed.file))
        )
    except FileExistsError:
        return say(EXIT_BROKEN, EXISTS.format(file=parsed.file))
    except Unclear as error:
        return say(EXIT_SETTINGS, str(error))


def _about(parsed: argparse.Namespace, work: Any) -> int:
    try:
        given = load_for_privacy()
    except BadSettings as error:
        return say(EXIT_SETTINGS, str(error))
    who = subjects.subject(parsed.whom, given.evobot_default_region)
    if isinstance(who, Unreadable):
        return say(EXIT_SETTINGS, f"{who.why} Nothing was done.")
    return int(work(who, given))


# Forgetting


def _forgot(database: Place, who: Subject, given: PrivacySettings, sure: bool) -> str:
    with reading(database) as search:
        parts = subjects.find(search, who, given.evo_username)
        counts = subjects.counted(parts)
        counts["forms that wait for a yes"] = search.forms_speaking()
        counts["people who say that it is them"] = search.settled_speaking()
        in_slack, hashed = subjects.standing(search, parts), search.hashed(who.identity)
        open_still = sum(subjects.is_open(part) for part in parts)
    tell(_shown(who, counts))
    if not sure and not _agreed():
        return LEFT_ALONE
    now = time.time()
    write_aside(database, lambda tx: subjects.begin(tx, who, now))
    try:
        _take_all(database, who, given)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(PARTLY) from None
    detail = ", ".join(f"{what}: {count}" for what, count in counts.items() if count)
    write_aside(database, lambda tx: tx.audit(Deed.FORGOT, now, by=operating(), subject=hashed, detail=detail))
    emptied = "" if empty_log(database) else f"\n{NOT_EMPTY}"
    return f"{DONE.format(hash=hashed)}{emptied}\n{ELSEWHERE.format(slack=_left(in_slack, open_still))}"


def _take_all(database: Place, who: Subject, given: PrivacySettings) -> None:
    """Session by session: each is whole or untouched when it is interrupted."""
    for _ in range(ROUNDS):
        with reading(database) as search:
            keys = [part.session.key for part in subjects.find(search, who, given.evo_username)]
        for n, key in enumerate(keys, 1):
            progress(f"Deleting: session {n} of {len(keys)}")
            write_aside(database, partial(subjects.take, who=who, key=key, login=given.evo_username))
        write_aside(database, lambda tx: subjects.take_the_rest(tx, who))
        progress("")
        if not keys:
            break


def _shown(who: Subject, counts: Mapping[str, int]) -> str:
    lines = [f"  {what}: {count}" for what, count in counts.items() if count]
    return FOUND.format(whom=who.identity, counts="\n".join(lines)) if lines else NOTHING.format(whom=who.identity)


def _agreed() -> bool:
    """Only somebody at a terminal can be asked."""
    return sys.stdin.isatty() and input(ASK).strip().casefold() in {"y", "yes"}


def _left(in_slack: Mapping[ThreadKey, int], open_still: int) -> str:
    threads = "\n".join(f"  {_link(thread)} ({count})" for thread, count in in_slack.items())
    shown = IN_SLACK.format(count=sum(in_slack.values()), threads=threads) if in_slack else ""
    return shown + (STILL_THERE.format(count=open_still) if open_still else "")


def _link(thread: ThreadKey) -> str:
    return f"https://app.slack.com/client/{thread.team}/{thread.channel}/thread/{thread.channel}-{thread.ts}"


# Telling them


def _exported(database: Place, who: Subject, given: PrivacySettings, file: str) -> str:
    with reading(database) as search:
        told = subjects.told(search, who, given.evo_username)
        hashed = search.hashed(who.identity)
    text = json.dumps(told, ensure_ascii=False, indent=2)
    if file != "-":
        write_new(Path(file), lambda target: target.write(f"{text}\n"))
    write_aside(database, lambda tx: tx.audit(Deed.EXPORTED, time.time(), by=operating(), subject=hashed))
    return text if file == "-" else f"Written to {file}. Only you can read it."
