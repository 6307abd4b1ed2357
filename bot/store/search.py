"""All that speaks of one person. It goes through the whole file: for programs beside the bot, never on its loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bot.model import ItemKey, Letter, Line, Link, Post, PostKind, SessionKey, State
from bot.store.reads import Reads
from bot.store.reads.audit import BEFORE_ALL
from bot.store.rows import LINE_COLUMNS, LINK_COLUMNS, POST_COLUMNS, to_line, to_link, to_post

# Where words stand: a table, its key, the session that they belong to, the texts.
_WORDS = (
    ("session", "key", "key", "members, missing, with_label, name"),
    ("item", "key", "session", "body, sent_text, reason"),
    ("line", "name", "session", "sender, text"),
    ("post", "key", "session", "text"),
)
PAGE = 1000  # rows that are in memory at a time


def _of_nobody(_: str) -> bool:
    raise AssertionError("nobody has said whom to look for")


class Search(Reads):
    """Questions that nobody asks while somebody waits."""

    _speaks: Callable[[str], bool] = staticmethod(_of_nobody)

    def look_for(self, speaks: Callable[[str], bool]) -> None:
        """What the others search for from now on: texts of which this is true."""
        self._speaks = speaks

    def sessions_speaking(self) -> list[SessionKey]:
        found = {SessionKey(row[1]) for words in _WORDS for row in self._rows(*words) if self._speak(row[2:])}
        return sorted(found)

    def forms_speaking(self) -> int:
        return len(self._forms())

    def settled_speaking(self) -> int:
        return len(self._settled())

    def _forms(self) -> list[str]:
        """By their names: drafts that speak of the person."""
        rows = self._connection.execute("SELECT token, body FROM draft")
        return [str(row[0]) for row in rows if self._speak(row[1:])]

    def _settled(self) -> list[tuple[str, str]]:
        """Team and user of people whose settings speak of the person."""
        rows = self._connection.execute("SELECT team, user, evo_address, evo_name FROM person")
        return [(str(row[0]), str(row[1])) for row in rows if self._speak(row[2:])]

    def _speak(self, texts: Iterable[Any]) -> bool:
        return any(text is not None and self._speaks(str(text)) for text in texts)

    def _rows(self, table: str, key: str, session: str, texts: str) -> Iterator[tuple[Any, ...]]:
        """Every row, some at a time: its key, its session, its texts."""
        after: Any = BEFORE_ALL if key == "key" else ""
        sql = f"SELECT {key}, {session}, {texts} FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT {PAGE}"
        while rows := self._connection.execute(sql, (after,)).fetchall():
            yield from rows
            after = rows[-1][0]

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

    def all_links(self) -> list[Link]:
        """Every thread that shows a session or has shown one."""
        return self._all(to_link, f"SELECT {LINK_COLUMNS} FROM link ORDER BY session, channel, thread_ts")

    def unnamed_posts(self, session: SessionKey) -> list[Post]:
        """What is not known to stand in Slack."""
        sql = f"SELECT {POST_COLUMNS} FROM post WHERE session = ? AND ts IS NULL ORDER BY key"
        return self._all(to_post, sql, session)

    def audited_about(self, identity: str) -> list[tuple[float, str, str, str]]:
        """What the audit tells of somebody (a hash): when, what, what of it, who."""
        return self._all(
            lambda row: (float(row[0]), str(row[1]), str(row[2]), str(row[3])),
            "SELECT at, what, detail, who FROM audit WHERE instr(subject, ?) > 0 ORDER BY key",
            identity,
        )

    def unsettled(self, limit: int) -> list[ItemKey]:
        """The newest of what waits, needs a person or has failed, oldest first."""
        sql = "SELECT key FROM item WHERE state NOT IN ('delivered', 'withdrawn', 'kept') ORDER BY key DESC LIMIT ?"
        return self._all(lambda row: ItemKey(row[0]), sql, limit)[::-1]

    def waiting_by_state(self) -> dict[State, tuple[int, float]]:
        """How many are in each state that is not the end of it, and since when the oldest was asked for."""
        found = self._all(
            lambda row: (State(row[0]), (int(row[1]), float(row[2]))),
            "SELECT state, count(*), min(asked_at) FROM item WHERE state NOT IN ('delivered', 'withdrawn', 'kept') "
            "GROUP BY state",
        )
        return dict(found)

    def letters_waiting(self) -> tuple[int, int]:
        """How many came in a rush and wait, and how many were set aside."""
        found = dict(
            self._all(lambda row: (bool(row[0]), int(row[1])), "SELECT aside, count(*) FROM letter GROUP BY 1")
        )
        return found.get(False, 0), found.get(True, 0)

    def all_letters(self, limit: int) -> list[tuple[Letter, bool]]:
        """What came in a rush, oldest first, and whether it is set aside."""
        sql = "SELECT key, body, came_at, aside FROM letter ORDER BY key LIMIT ?"
        return self._all(lambda row: (Letter(*row[:3]), bool(row[3])), sql, limit)
