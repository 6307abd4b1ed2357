"""All that speaks of one person. It goes through the whole file: for programs beside the bot, never on its loop."""

from __future__ import annotations

from collections.abc import Callable

from bot.model import ItemKey, Letter, Line, Post, PostKind, SessionKey
from bot.store.reads import Reads
from bot.store.rows import LINE_COLUMNS, POST_COLUMNS, to_line, to_post

_SESSIONS = """
    SELECT key FROM session WHERE speaks(members) OR speaks(missing) OR speaks(with_label) OR speaks(name) UNION
    SELECT session FROM item WHERE speaks(body) OR speaks(sent_text) OR speaks(reason) UNION
    SELECT session FROM line WHERE speaks(sender) OR speaks(text) UNION
    SELECT session FROM post WHERE speaks(text)
"""


class Search(Reads):
    """Questions that nobody asks while somebody waits."""

    def look_for(self, speaks: Callable[[str], bool]) -> None:
        """What the others search for from now on: texts of which this is true."""
        self._connection.create_function(
            "speaks", 1, lambda text: text is not None and speaks(str(text)), deterministic=True
        )

    def sessions_speaking(self) -> list[SessionKey]:
        return self._all(lambda row: SessionKey(row[0]), f"SELECT key FROM ({_SESSIONS}) ORDER BY key")

    def forms_speaking(self) -> int:
        return self._count("SELECT count(*) FROM draft WHERE speaks(body)")

    def settled_speaking(self) -> int:
        return self._count("SELECT count(*) FROM person WHERE speaks(evo_address) OR speaks(evo_name)")

    def lines_of(self, session: SessionKey) -> list[Line]:
        """Everything that was said in a session, our own words among it."""
        return self._all(to_line, f"SELECT {LINE_COLUMNS} FROM line WHERE session = ? ORDER BY date", session)

    def own_lines(self, session: SessionKey) -> set[str]:
        """The names of those that were ours."""
        sql = "SELECT name FROM line WHERE session = ? AND item IS NOT NULL"
        return set(self._all(lambda row: str(row[0]), sql, session))

    def own_senders(self) -> set[str]:
        """Under which names transcripts have shown us."""
        return set(self._all(lambda row: str(row[0]), "SELECT DISTINCT sender FROM line WHERE item IS NOT NULL"))

    def posts_of(self, session: SessionKey, *kinds: PostKind) -> list[Post]:
        marks = ", ".join("?" for _ in kinds)
        sql = f"SELECT {POST_COLUMNS} FROM post WHERE session = ? AND kind IN ({marks}) ORDER BY key"
        return self._all(to_post, sql, session, *kinds)

    def audited_about(self, identity: str) -> list[tuple[float, str, str, str]]:
        """What the audit tells of somebody (a hash): when, what, what of it, who."""
        return self._all(
            lambda row: (float(row[0]), str(row[1]), str(row[2]), str(row[3])),
            "SELECT at, what, detail, who FROM audit WHERE instr(subject, ?) ORDER BY key",
            identity,
        )

    def unsettled(self, limit: int) -> list[ItemKey]:
        """The newest of what waits, needs a person or has failed, oldest first."""
        sql = "SELECT key FROM item WHERE state NOT IN ('delivered', 'withdrawn', 'kept') ORDER BY key DESC LIMIT ?"
        return self._all(lambda row: ItemKey(row[0]), sql, limit)[::-1]

    def all_letters(self, limit: int) -> list[tuple[Letter, bool]]:
        """What came in a rush, oldest first, and whether it is set aside. `limit`: -1 for all of it."""
        sql = "SELECT key, body, came_at, aside FROM letter ORDER BY key LIMIT ?"
        return self._all(lambda row: (Letter(*row[:3]), bool(row[3])), sql, limit)

    def _count(self, sql: str) -> int:
        return int(self._connection.execute(sql).fetchone()[0])
