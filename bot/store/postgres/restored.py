"""A database that was put back from a dump must not believe what it says: see `bot/store/restored.py`.

It is known by its tables: those that a dump makes are others than those that we made.
"""

from __future__ import annotations

from bot.model import Deed
from bot.store.postgres.link import Link
from bot.store.postgres.schema import WRITE_LOCK
from bot.store.restored import doubt_all
from bot.store.tx import Tx

_OTHER = "SELECT session <> 'session'::regclass::oid FROM made_as WHERE one = 1"
_SAME_NOW = "UPDATE made_as SET session = 'session'::regclass::oid WHERE one = 1"
# Keys of the lost life stand in buttons and in names of posts. Milliseconds run ahead of any number of rows.
_NEVER_AGAIN = "SELECT setval(pg_get_serial_sequence($1, 'key'), greatest($2, 1 + (SELECT max(key) FROM {})))"
_NAMED = ("session", "item", "post")


def mark_if_put_back(link: Link, now: float) -> None:
    """All or nothing, and once."""
    if not link.say(_OTHER, prepare=False)[0][0]:
        return
    link.say("BEGIN", prepare=False)
    try:
        link.say(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})", prepare=False)
        if link.say(_OTHER, prepare=False)[0][0]:
            doubt_all(link, now)  # type: ignore[arg-type]  # it speaks as sqlite3 does
            for table in _NAMED:
                link.say(_NEVER_AGAIN.format(table), (table, int(now * 1000)), prepare=False)
            Tx(link).audit(Deed.RESTORED, now)  # type: ignore[arg-type]  # it speaks as sqlite3 does
            link.say(_SAME_NOW, prepare=False)
        link.say("COMMIT", prepare=False)
    except BaseException:
        if link.is_connected:
            link.say("ROLLBACK", prepare=False)
        raise
