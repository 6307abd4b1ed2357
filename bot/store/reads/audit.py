"""The record of what happened."""

from __future__ import annotations

from bot.audit import Anchor, Record, reached, unlinked_from
from bot.model import Deed, Item, SessionKey, ThreadKey
from bot.store.reads.people import PeopleReads
from bot.store.rows import AUDIT_COLUMNS, ITEM_COLUMNS, to_anchor, to_item, to_record

BEFORE_ALL = -(1 << 63)  # what was put in by somebody else may have any key


class AuditReads(PeopleReads):
    """Each method is one statement."""

    def audited(self, after: int = BEFORE_ALL) -> list[Record]:
        """Every row behind this one, oldest first."""
        return self._all(to_record, f"SELECT {AUDIT_COLUMNS} FROM audit WHERE key > ? ORDER BY key", after)

    def last_audit(self, limit: int) -> list[Record]:
        """The newest rows, oldest first."""
        sql = f"SELECT {AUDIT_COLUMNS} FROM audit ORDER BY key DESC LIMIT ?"
        return self._all(to_record, sql, limit)[::-1]

    def last_audit_of(self, session: SessionKey, limit: int) -> list[Record]:
        """A session's newest rows, oldest first."""
        sql = f"SELECT {AUDIT_COLUMNS} FROM audit WHERE session = ? ORDER BY key DESC LIMIT ?"
        return self._all(to_record, sql, session, limit)[::-1]

    def was_unlinked(self, session: SessionKey, thread: ThreadKey) -> bool:
        """Has a person said that replies in this thread shall stay in Slack? As long as that is recorded."""
        return self._exists(
            "SELECT 1 FROM audit WHERE session = ? AND what = ? AND detail = ?",
            session,
            Deed.UNLINKED,
            unlinked_from(thread),
        )

    def audited_of(self, item: Item) -> list[Record]:
        """What happened to one item, oldest first."""
        sql = f"SELECT {AUDIT_COLUMNS} FROM audit WHERE session = ? AND item = ? ORDER BY key"
        return self._all(to_record, sql, item.session, item.key)

    def about(self, record: Record) -> list[str]:
        """Whom a row is about, as far as the file still knows them; else the hashes and the users that it names."""
        subjects = record.subject.split()
        item = None
        if subjects and record.item is not None:
            item = self._one(to_item, f"SELECT {ITEM_COLUMNS} FROM item WHERE key = ?", record.item)
        known = {self.hashed(each): each for each in reached(item.kind, item.body)} if item else {}
        return [known.get(subject, subject) for subject in subjects]

    def audit_start(self) -> Anchor:
        """What the first row follows."""
        sql = "SELECT key, CAST(hash AS BLOB) FROM audit_from WHERE one = 1"
        return self._one(to_anchor, sql) or Anchor(0, "")

    def audit_head(self) -> Anchor:
        """The last row: whoever notes its hash can tell later that nothing up to there was changed."""
        sql = "SELECT key, CAST(hash AS BLOB) FROM audit WHERE key = (SELECT max(key) FROM audit)"
        return self._one(to_anchor, sql) or self.audit_start()

    def audit_keys_given(self) -> int:
        """The highest key that a row of the audit was ever given."""
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
        return int(row[0]) if row else 0
