"""Questions to the store, named by what is asked. Usable on the loop and inside a transaction alike."""

from __future__ import annotations

import sqlite3

from bot.store.reads.asking import Forgotten
from bot.store.reads.audit import AuditReads
from bot.store.reads.figures import FigureReads
from bot.store.reads.posts import PostReads
from bot.store.reads.recovery import RecoveryReads
from bot.store.register import RegisterReads
from bot.store.safeguards import SafeguardReads

__all__ = ["Forgotten", "Reads"]


class Reads(AuditReads, PostReads, RecoveryReads, FigureReads, SafeguardReads, RegisterReads):
    """Each method is one statement. Rows in, `bot.model` objects out."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
