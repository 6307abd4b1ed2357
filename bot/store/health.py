"""What is wrong with the file while the program runs."""

from __future__ import annotations

import logging
import sqlite3

from bot.store.errors import Corrupt, StoreError, Unavailable, Unusable

log = logging.getLogger(__name__)

DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
DAMAGED = "The database has been damaged while I ran ({}). Nothing is written to it any more; restore a backup."


class Health:
    """`trouble` passes. `damage` does not: from then on nothing is written, and the program must end."""

    def __init__(self) -> None:
        self.trouble: str | None = None
        self.refusals = 0
        self.commits = 0
        self.changes = 0  # that were committed; several share a commit
        self.damage: Unusable | None = None

    def judge(self, error: sqlite3.Error) -> StoreError:
        """The same in the store's words; remembers damage."""
        if primary_code(error) in DAMAGE:
            self.damage = Corrupt(DAMAGED.format(error))
        return self.damage or Unavailable(f"The database did not take or give this: {error}")

    def lost(self, why: Unusable) -> None:
        """The file is not where it was: what is written from now on is gone when the program ends."""
        log.error("the database is lost: %s", why)
        self.damage, self.trouble = why, str(why)

    def refused(self, error: Exception) -> None:
        """A write failed, because of this. Said once, however often it fails: a log fills the disk, too."""
        if self.trouble is None:
            log.error("the database does not take anything: %s", error)
        self.trouble = str(error)
        self.refusals += 1

    def committed(self, changes: int) -> None:
        """So many changes are on the disk, all in one commit."""
        self.commits += 1
        self.changes += changes
        self.took()

    def took(self) -> None:
        """A write succeeded."""
        if self.trouble is not None:
            log.warning("the database takes changes again")
        self.trouble = None


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without its details; 0 when the error is not SQLite's own."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_busy(error: sqlite3.Error) -> bool:
    """Does another program hold the file?"""
    return primary_code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
