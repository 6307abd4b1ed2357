"""The tables there: the same steps as in a file, one after the other, in the same words."""

from __future__ import annotations

import time
from typing import Any

from bot.store.errors import Foreign
from bot.store.postgres.dialect import FIRST, LAST, ddl
from bot.store.postgres.link import Link
from bot.store.steps import STEPS

CHANNEL = "evobot"  # on which bots hear each other
WRITE_LOCK = 0x45564F42  # "EVOB": whoever writes has it until its transaction ends
_THERE = "SELECT to_regclass('evobot_steps') IS NOT NULL, to_regclass('session') IS NOT NULL"


class Steps:
    """As much of sqlite-utils' database as a step may use."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def execute(self, sql: str, values: Any = ()) -> None:
        if text := ddl(sql):
            self._link.say(text, values, prepare=False)


def take_missing(link: Link) -> None:
    """In one transaction, one program at a time. Raises Foreign, and whatever SQLite would."""
    if is_complete(link):
        return
    from bot.store.migrations import migrations  # noqa: PLC0415 - only now is sqlite-utils needed

    link.say("BEGIN", prepare=False)
    try:
        link.say("SET LOCAL lock_timeout = 0", prepare=False)
        link.say(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})", prepare=False)
        known = taken(link)
        if not known:
            link.say("CREATE TABLE IF NOT EXISTS evobot_steps (name text PRIMARY KEY, taken_at double precision)")
            for statement in FIRST:
                link.say(statement, prepare=False)
        for step in migrations._migrations:  # noqa: SLF001 - it tells them to nobody, save with a file
            if step.name not in known:
                step.fn(Steps(link))  # type: ignore[arg-type]  # as much of a Database as steps use
                link.say("INSERT INTO evobot_steps VALUES ($1, $2)", (step.name, time.time()))
        if not known:
            for statement in LAST:
                link.say(statement, prepare=False)
        link.say("COMMIT", prepare=False)
    except BaseException:
        if link.is_connected:
            link.say("ROLLBACK", prepare=False)
        raise


def is_complete(link: Link) -> bool:
    """Are the tables those of this program? Raises Foreign."""
    return set(STEPS) == set(taken(link))


def taken(link: Link) -> list[str]:
    """The steps that have been taken. Raises Foreign when somebody else, or a newer evobot, has."""
    noted, used = link.say(_THERE, prepare=False)[0]
    if not noted:
        if used:
            raise Foreign(f"{link.place} has a table `session` that is not evobot's. Use an empty database.")
        return []
    found = [row[0] for row in link.say("SELECT name FROM evobot_steps", prepare=False)]
    if newer := [name for name in found if name not in STEPS]:
        raise Foreign(f"{link.place} was written by a newer evobot ({newer[0]}). Use that one.")
    return found
