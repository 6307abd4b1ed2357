"""Changes to the store that take away what is not to be kept. Each is small, and repeated until it says 0.

What people may still have to decide about, and what has not been carried out or shown yet, stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from bot.model import ItemKey, LineName, PostKey, SessionKey
from bot.store.reads.people import FINISHED
from bot.store.rows import pack
from bot.store.search import Search

_WORDED = (
    f"gone = '' AND state IN {FINISHED} "
    "AND NOT EXISTS (SELECT 1 FROM post WHERE post.item = item.key AND post.state IN ('pending', 'sending'))"
)
_ITEM_WORDS = (
    "UPDATE item SET body = '{}', sent_text = NULL, reason = '', gone = ?2 WHERE key IN ("
    f"SELECT key FROM item WHERE session = ?1 AND kind = 'say' AND {_WORDED} LIMIT ?3)"
)
_OPENINGS = f"SELECT key, body FROM item WHERE session = ? AND kind = 'open' AND {_WORDED} LIMIT ?"
_LINE_WORDS = (
    "UPDATE line SET text = '', sender = '', media_uri = NULL, media_type = NULL, gone = ?2 WHERE name IN ("
    "SELECT name FROM line WHERE session = ?1 AND gone = '' "
    "AND NOT EXISTS (SELECT 1 FROM post WHERE post.line = line.name AND post.state IN ('pending', 'sending')) LIMIT ?3)"
)
# A hash of what stands in Slack is of words, too; without it a post is merely drawn once more.
_POST_WORDS = (
    "UPDATE post SET text = CASE WHEN kind IN ('notice', 'direct') THEN '' ELSE text END, drawn = '' WHERE key IN ("
    "SELECT key FROM post WHERE session = ?1 AND kind <> 'card' AND state IN ('done', 'stuck') "
    "AND (drawn <> '' OR (kind IN ('notice', 'direct') AND text <> '')) LIMIT ?2)"
)
_SPENT = "SELECT item, number, asked_at FROM spent WHERE at < ? LIMIT ?"
_HASHES = (
    f"DELETE FROM spent WHERE (item, number, asked_at) IN ({_SPENT})",
    "DELETE FROM carried_out WHERE name IN (SELECT name FROM carried_out WHERE at < ? LIMIT ?)",
)
# Whatever speaks of a session, in an order in which nothing speaks of what is gone already.
_OF_A_SESSION = ("post", "line", "item")


class Erasing(Search):
    """What `Tx` can take away."""

    def blank_words(self, session: SessionKey, why: str, limit: int) -> int:
        """Words that were said in a session: at most `limit` rows of each kind. Returns how many; 0: no more are left.

        Names, times and states stay, so that nothing is sent or shown twice.
        """
        count = self._blank_openings(session, why, limit) + sum(
            self._connection.execute(sql, values).rowcount
            for sql, values in (
                (_ITEM_WORDS, (session, why, limit)),
                (_LINE_WORDS, (session, why, limit)),
                (_POST_WORDS, (session, limit)),
            )
        )
        if not count and not self.has_unfinished(session):
            self._connection.execute("UPDATE session SET wordless = 1 WHERE key = ?", (session,))
        return count

    def _blank_openings(self, session: SessionKey, why: str, limit: int) -> int:
        """Of an opening only the first message is somebody's words; what else it says is who and what it was."""
        openings = self._connection.execute(_OPENINGS, (session, limit)).fetchall()
        for key, body in openings:
            self._connection.execute(
                "UPDATE item SET body = ?, sent_text = NULL, gone = ? WHERE key = ?",
                (pack({**json.loads(body), "first_message": ""}), why, key),
            )
        return len(openings)

    def blank_item(self, item: ItemKey, why: str, known_by: str | None) -> None:
        """The words of a reply. `known_by`: a hash by which it is recognised when the transcript brings it back."""
        self._connection.execute(
            "UPDATE item SET body = '{}', sent_text = ?, reason = CASE state WHEN 'refused' THEN '' ELSE reason END, "
            "gone = ? WHERE key = ?",
            (known_by, why, item),
        )
        self._connection.execute(
            "DELETE FROM post WHERE item = ? AND kind = 'mirror' AND state = 'pending'", (item,)
        )  # what does not stand elsewhere yet need not

    def blank_line(self, name: LineName, why: str) -> None:
        """It keeps its name, so that it is not taken for news when the transcript is read again."""
        self._connection.execute(
            "UPDATE line SET text = '', sender = '', media_uri = NULL, media_type = NULL, gone = ? WHERE name = ?",
            (why, name),
        )

    def redraw_questions(self, session: SessionKey, item: ItemKey) -> None:
        """Questions about several replies, this one among them, are out of date."""
        self._connection.execute(
            "UPDATE post SET wanted = wanted + 1 WHERE session = ? AND kind = 'result' AND text <> '' "
            "AND ',' || trim(text, '[]') || ',' LIKE ?",
            (session, f"%,{item},%"),
        )

    def part_with(self, session: SessionKey) -> None:
        """Its threads show it no longer: replies there go nowhere, and their authors are told why."""
        self._connection.execute(
            "INSERT INTO past (team, channel, thread_ts) "
            "SELECT team, channel, thread_ts FROM link WHERE session = ? ON CONFLICT DO NOTHING",
            (session,),
        )
        self._connection.execute("DELETE FROM link WHERE session = ?", (session,))
        self._connection.execute("DELETE FROM recovery WHERE session = ?", (session,))

    def delete_session(self, session: SessionKey, limit: int) -> int:
        """At most `limit` rows of what belongs to it, at last itself. Returns how many; 0: it is gone."""
        for table in _OF_A_SESSION:
            key = "name" if table == "line" else "key"
            count = self._connection.execute(
                f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE session = ? LIMIT ?)",
                (session, limit),
            ).rowcount
            if count:
                return count
        return self._connection.execute("DELETE FROM session WHERE key = ?", (session,)).rowcount

    def delete_hashes(self, before: float, limit: int) -> int:
        """Of whom was reached, and of which commands were carried out, before that moment."""
        return sum(self._connection.execute(sql, (before, limit)).rowcount for sql in _HASHES)

    def delete_drafts(self, before: float) -> int:
        """Filled-in forms about which nobody has decided since then."""
        return self._connection.execute("DELETE FROM draft WHERE kept_at < ?", (before,)).rowcount

    def delete_letters(self, before: float) -> int:
        """Messages that came in a rush before that, and have broken our own code each time."""
        return self._connection.execute("DELETE FROM letter WHERE aside = 1 AND came_at < ?", (before,)).rowcount

    def has_words_again(self, session: SessionKey) -> None:
        """Something was said in a session whose words had been deleted."""
        self._connection.execute("UPDATE session SET wordless = 0 WHERE key = ? AND wordless = 1", (session,))

    # One person

    def forget(self, identity: str, now: float) -> None:
        """Nothing that was asked or said before brings them back. Who opted out stays so, without a trace of who."""
        self._connection.execute(
            "INSERT INTO forgotten (identity, at) VALUES (?, ?) ON CONFLICT (identity) DO UPDATE SET at = excluded.at",
            (identity, now),
        )
        self._connection.execute("UPDATE opted_out SET shown = '' WHERE number = ?", (identity,))

    def reword_line(self, name: LineName, text: str, sender: str) -> None:
        self._connection.execute("UPDATE line SET text = ?, sender = ? WHERE name = ?", (text, sender, name))

    def reword_post(self, key: PostKey, text: str) -> None:
        self._connection.execute("UPDATE post SET text = ? WHERE key = ?", (text, key))

    def draw_all_anew(self, session: SessionKey) -> None:
        """Nobody knows any more what stands in Slack of a session; what can be drawn anew, is."""
        self._connection.execute(
            "UPDATE post SET drawn = '', wanted = wanted + CASE WHEN kind IN ('card', 'result') THEN 1 ELSE 0 END "
            "WHERE session = ?",
            (session,),
        )

    def delete_forms(self) -> int:
        """Forms about which nobody has decided, and that speak of the person who is searched for."""
        forms = self._forms()
        self._connection.executemany("DELETE FROM draft WHERE token = ?", [(token,) for token in forms])
        return len(forms)

    def delete_letters_speaking(self) -> int:
        """The same, where they speak of the person who is searched for. In JSON a letter may be spelt in many ways."""
        rows = self._connection.execute("SELECT key, body FROM letter WHERE aside = 1").fetchall()
        spoken = [(key,) for key, body in rows if self._speak(_texts_in(body))]
        self._connection.executemany("DELETE FROM letter WHERE key = ?", spoken)
        return len(spoken)

    def unsettle(self) -> int:
        """What people have settled about themselves, where it speaks of the person who is searched for."""
        settled = self._settled()
        self._connection.executemany(
            "UPDATE person SET evo_address = NULL, evo_name = NULL WHERE team = ? AND user = ?", settled
        )
        return len(settled)


def _texts_in(body: str) -> Iterator[str]:
    """Every text in what JSON said, save for the names of fields. What is not JSON is one text."""
    try:
        parts = [json.loads(body)]
    except ValueError:
        parts = [body]
    while parts:
        part = parts.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            parts.extend(part.values())
        elif isinstance(part, list):
            parts.extend(part)
