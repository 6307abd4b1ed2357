"""How much there is of what is not done; what is done is not counted."""

from __future__ import annotations

from bot.model import State
from bot.store.reads.asking import IN_LANE, POST_WAITS, Asking


class FigureReads(Asking):
    """For whoever looks at it from outside. Each method is one statement."""

    def unfinished(self) -> dict[State, tuple[int, float]]:
        """How many items wait for what, and when the oldest of them was asked for."""
        found = self._all(
            lambda row: (State(row[0]), (int(row[1]), float(row[2]))),
            f"SELECT state, count(*), min(asked_at) FROM item WHERE {IN_LANE} GROUP BY state UNION ALL "
            "SELECT state, count(*), min(asked_at) FROM item WHERE state = 'asked' GROUP BY state UNION ALL "
            "SELECT state, count(*), min(asked_at) FROM item WHERE state = 'needs_person' GROUP BY state",
        )
        return dict(found)

    def waits_since(self) -> float | None:
        """When the oldest was asked for that waits for us alone: not for somebody who must open its session first."""
        row = self._connection.execute(
            "SELECT min(item.asked_at) FROM item JOIN session ON session.key = item.session "
            f"WHERE item.{IN_LANE} AND (session.evo_id IS NOT NULL OR item.kind = 'open')"
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def posts_waiting(self) -> int:
        """How many are not in Slack yet."""
        return int(self._connection.execute(f"SELECT count(*) FROM post WHERE {POST_WAITS}").fetchone()[0])

    def sessions_active(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM session WHERE life = 'active'").fetchone()[0])
