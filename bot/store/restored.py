"""What a database that was put back from a backup may not believe any more.

Between the backup and the restore another life of the bot went on, of which the file knows nothing: whatever was not
settled may have been sent since, and whatever is to be posted may stand in Slack. So nothing of it is repeated: it is
looked for, and what cannot be found is asked about.
"""

from __future__ import annotations

import sqlite3

from bot.model import Actor, Deed
from bot.store.tx import Tx
from bot.texts import MAYBE_SENT

COPY = 1  # user_version of a backup: whoever starts on it starts on the past
IN_PLACE = 0


# Keys of the lost life stand in buttons and in names of posts. Milliseconds run ahead of any number of rows.
_NEVER_AGAIN = """
    INSERT INTO sqlite_sequence (name, seq)
    SELECT name, :milliseconds FROM sqlite_master WHERE type = 'table' AND name IN ('session', 'item', 'post')
"""
_NEWEST = """
    SELECT max(coalesce(t, 0)) FROM (
        SELECT max(created_at) AS t FROM session UNION ALL
        SELECT max(active_at) FROM session UNION ALL
        SELECT max(asked_at) FROM item UNION ALL
        SELECT max(sending_at) FROM item UNION ALL
        SELECT max(heard_at) FROM line UNION ALL
        SELECT max(sending_at) FROM post
    ) AS times
"""
_NOT_OVER = "(SELECT key FROM session WHERE life <> 'ended')"
# An end can simply be said again; what was refused without an attempt was against a rule, and nobody can repeat it.
_DOUBTFUL = (
    "kind IN ('open', 'invite', 'say') AND (state IN ('asked', 'pending', 'sending', 'unknown', 'needs_person') "
    f"OR (state = 'refused' AND (attempts > 0 OR kind = 'open'))) AND session IN {_NOT_OVER}"
)
_STEPS = (
    "INSERT INTO restored (at, known_until) VALUES (:now, :newest) ON CONFLICT (at) DO UPDATE SET looked = 0",
    "DELETE FROM standing",
    # Results first: they are drawn anew when what they tell of is in doubt again.
    f"UPDATE post SET wanted = wanted + 1 WHERE state = 'done' AND item IN (SELECT key FROM item WHERE {_DOUBTFUL})",
    f"UPDATE post SET wanted = wanted + 1 WHERE state = 'done' AND kind = 'card' AND session IN {_NOT_OVER}",
    "UPDATE post SET drawn = ''",
    "UPDATE channel SET checked_at = 0",
    "DELETE FROM evidence",
    # What was on its way may stand there by now: the poster looks before it posts. Only into a person's own messages
    # nobody can look.
    """
    UPDATE post SET state = 'sending', not_before = 0,
        sending_at = CASE WHEN sending_at < :newest THEN sending_at ELSE :newest END
    WHERE state IN ('pending', 'sending') AND kind <> 'direct'
    """,
    f"""
    UPDATE session SET life = 'opening' WHERE life = 'failed' AND evo_id IS NULL AND EXISTS (
        SELECT 1 FROM item WHERE item.session = session.key AND item.kind = 'open' AND {_DOUBTFUL})
    """,
    # Of equal words those that had surely left come first, then those that were leaving, then the rest in its order.
    f"""
    UPDATE item SET
        sending_at = CASE WHEN kind = 'say' AND state NOT IN ('sending', 'unknown') THEN :now ELSE sending_at END,
        state = 'unknown', resent = 1, unknown_at = :now, not_before = 0, asked_at = :now, reason = :reason,
        mark = CASE WHEN ts IS NULL THEN '' ELSE 'question' END
    WHERE {_DOUBTFUL}
    """,
    # What was to happen at that moment is not to happen at another one.
    """
    UPDATE item SET state = 'withdrawn', reason = :reason, unknown_at = :now
    WHERE kind IN ('kick', 'hold', 'resume') AND state IN ('pending', 'sending', 'unknown')
    """,
    # The threads of what has just ended are read, too: what stands there need not be posted again.
    """
    INSERT INTO recovery (session)
    SELECT key FROM session WHERE life <> 'ended' OR ended_at > :newest - 90000
    ON CONFLICT (session) DO UPDATE SET thread_read = 0
    """,
)


def newest(connection: sqlite3.Connection) -> float:
    """When the file last learned something; 0 when it never did."""
    return float(connection.execute(_NEWEST).fetchone()[0] or 0.0)


def mark_restored(connection: sqlite3.Connection, now: float, by: Actor | None = None) -> None:
    """All or nothing. Doing it again later moves the doubt on to `now`. `by`: who put it back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        doubt_all(connection, now)
        _skip_keys(connection, now)
        Tx(connection).audit(Deed.RESTORED, now, by=by)  # what follows has other hashes than the lost life had
        connection.execute(f"PRAGMA user_version = {IN_PLACE}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise


def doubt_all(connection: sqlite3.Connection, now: float) -> None:
    """Within a transaction: nothing is believed that a forgotten life may have changed."""
    values = {"now": now, "newest": newest(connection), "reason": MAYBE_SENT}
    for step in _STEPS:
        connection.execute(step, values)


def _skip_keys(connection: sqlite3.Connection, now: float) -> None:
    highest = connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence").fetchone()[0]
    connection.execute("DELETE FROM sqlite_sequence")
    connection.execute(_NEVER_AGAIN, {"milliseconds": max(highest + 1, int(now * 1000))})
