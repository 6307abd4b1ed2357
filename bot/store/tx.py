"""Changes to the store, to be put together into one transaction by whoever decides."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from typing import Any

from bot.audit import Record, detail_of, gesture_of, hash_of, of_asking, subject_of, up_to
from bot.clock import Clock, SystemClock
from bot.model import (
    Actor,
    ChannelId,
    Deed,
    Evidence,
    Heard,
    Item,
    ItemKey,
    Kind,
    LineName,
    Mode,
    Post,
    PostKind,
    PostState,
    SessionKey,
    SessionType,
    SlackName,
    State,
    TeamId,
    ThreadKey,
    Ts,
    UserId,
    Voice,
    mark_of,
)
from bot.store.erasing import Erasing
from bot.store.register import RegisterChanges
from bot.store.rows import pack, pack_members, to_anchor, unpack_members
from bot.store.safeguards import SafeguardChanges

DRAFT_SECONDS = 24 * 3600


class Tx(SafeguardChanges, RegisterChanges, Erasing):
    """The writing half. Lives only inside `Store.write`."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock | None = None) -> None:
        super().__init__(connection)
        self.clock = clock or SystemClock()
        self.came: list[tuple[Kind, State]] | None = None  # what has come into which state; None: nobody wants to know

    def add_session(
        self,
        *,
        asked_as: SlackName,
        team: TeamId,
        channel: ChannelId,
        type_: SessionType,
        name: str,
        with_label: str | None,
        created_by: UserId,
        now: float,
        mode: Mode = Mode.RELAY,
        key: SessionKey | None = None,
    ) -> SessionKey:
        """`key`: that under which a life that is forgotten knew it."""
        named, mark, known = ("", "", ()) if key is None else ("key, ", "?, ", (key,))
        row = self._connection.execute(
            f"INSERT INTO session ({named}asked_as, team, channel, type, name, with_label, created_by, created_at, "
            f"life, active_at, mode) VALUES ({mark}?, ?, ?, ?, ?, ?, ?, ?, 'opening', ?, ?) RETURNING key",
            (*known, asked_as, team, channel, type_, name, with_label, created_by, now, now, mode),
        ).fetchone()
        return SessionKey(row[0])

    def change_session(self, key: SessionKey, **changes: Any) -> None:
        """Whoever is forgotten stays so, although Evo Voice still names them among the members."""
        if "members" in changes:
            changes["members"] = pack_members(self.without_forgotten(key, unpack_members(changes["members"])))
        self._change("session", key, changes)

    def add_link(self, thread: ThreadKey, session: SessionKey, mode: Mode = Mode.RELAY) -> None:
        """The thread shows this session from now on, and replies go to it. Doing it again changes nothing but that.

        What the thread had been read to stays known: it is the same thread.
        """
        read_to = self.read_to(thread)
        self._connection.execute(
            "UPDATE link SET role = 'shown' WHERE team = ? AND channel = ? AND thread_ts = ? AND role = 'target' "
            "AND session <> ?",
            (thread.team, thread.channel, thread.ts, session),
        )
        self._connection.execute(
            "INSERT INTO link (team, channel, thread_ts, session, role, mode, read_to) "
            "VALUES (?, ?, ?, ?, 'target', ?, ?) "
            "ON CONFLICT (team, channel, thread_ts, session) DO UPDATE SET role = 'target'",
            (thread.team, thread.channel, thread.ts, session, mode, read_to),
        )
        self.redraw_cards_in(thread)

    def change_link(self, thread: ThreadKey, session: SessionKey, **changes: Any) -> None:
        names = ", ".join(f"{name} = ?" for name in changes)
        self._connection.execute(
            f"UPDATE link SET {names} WHERE team = ? AND channel = ? AND thread_ts = ? AND session = ?",
            (*changes.values(), thread.team, thread.channel, thread.ts, session),
        )

    def drop_link(self, thread: ThreadKey, session: SessionKey) -> None:
        """The thread shows this session no longer. Replies in it go nowhere, whatever else it shows: nobody guesses."""
        where = (thread.team, thread.channel, thread.ts)
        self._connection.execute(
            "DELETE FROM link WHERE team = ? AND channel = ? AND thread_ts = ? AND session = ?", (*where, session)
        )

    def change_person(self, team: TeamId, user: UserId, **changes: Any) -> None:
        self._connection.execute("INSERT INTO person (team, user) VALUES (?, ?) ON CONFLICT DO NOTHING", (team, user))
        names = ", ".join(f"{name} = ?" for name in changes)
        self._connection.execute(
            f"UPDATE person SET {names} WHERE team = ? AND user = ?", (*changes.values(), team, user)
        )

    def thread_read(self, thread: ThreadKey, ts: Ts) -> None:
        """Whatever was written in a thread up to there is known."""
        self._connection.execute(
            "UPDATE link SET read_to = ? WHERE team = ? AND channel = ? AND thread_ts = ? "
            "AND coalesce(read_to, '') < ?",
            (ts, thread.team, thread.channel, thread.ts, ts),
        )

    def add_item(
        self,
        *,
        session: SessionKey,
        kind: Kind,
        state: State,
        slack_name: SlackName,
        channel: ChannelId,
        author: UserId,
        position: str,
        body: Mapping[str, object],
        now: float,
        ts: Ts | None = None,
        thread_ts: Ts | None = None,
        not_before: float = 0,
        reason: str = "",
        active: bool = False,
    ) -> ItemKey | None:
        """None when this gesture is known already: a second delivery, a second click.

        What begins as unknown may have left in a life that is forgotten: it is looked for, and never repeated.
        That it was asked for stands in the audit. `active`: the session is, so none of its words have been deleted.
        """
        left = self.doubt() if state is State.UNKNOWN else None
        row = self._connection.execute(
            "INSERT INTO item (session, kind, state, slack_name, channel, ts, thread_ts, author, position, "
            "body, not_before, reason, mark, asked_at, sending_at, unknown_at, resent) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING key",
            (session, kind, state, slack_name, channel, ts, thread_ts, author, position, pack(body), not_before,
             reason, mark_of(state, 0) if ts else "", now, left, left and now, int(left is not None)),
        ).fetchone()  # fmt: skip
        if row is None:
            return None
        if self.came is not None:
            self.came.append((kind, state))
        if not active:
            self.has_words_again(session)
        key = ItemKey(row[0])
        for deed in of_asking(kind, state):
            self.audit_item(deed, self.item(key), now)
        return key

    def change_item(self, key: ItemKey, **changes: Any) -> None:
        self._change("item", key, changes)

    def files_settled(self, item: Item, files: Sequence[Mapping[str, object]]) -> None:
        """What became of the files of a reply, as it was last asked for."""
        body = {**self.item(item.key).body, "files": files, "settled": item.asked_at}
        self.change_item(item.key, body=pack(body))

    def reword(self, item: Item, body: Mapping[str, object]) -> None:
        """It says something else from now on, here and wherever it is shown."""
        self.change_item(item.key, body=pack(body))
        self.redraw_item(item.key)

    def newest_key(self) -> int:
        """The key of the newest post: a name for what comes after it."""
        row = self._connection.execute("SELECT coalesce(max(key), 0) FROM post").fetchone()
        return int(row[0])

    def move_item(self, item: Item, state: State, **changes: Any) -> Item | None:
        """Compare and set: None when the item is not where it was when the caller looked."""
        names = "".join(f", {name} = ?" for name in changes)
        cursor = self._connection.execute(
            f"UPDATE item SET state = ?{names} WHERE key = ? AND state = ?",
            (state, *changes.values(), item.key, item.state),
        )
        if not cursor.rowcount:
            return None
        if self.came is not None:
            self.came.append((item.kind, state))
        return self.item(item.key)

    def add_line(self, name: LineName, session: SessionKey, heard: Heard, item: ItemKey | None, now: float) -> bool:
        """False when the line is known."""
        cursor = self._connection.execute(
            "INSERT INTO line (name, session, item, sender, text, media_uri, media_type, date, heard_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                name,
                session,
                item,
                heard.sender,
                heard.text,
                heard.media_uri,
                heard.media_type,
                heard.date,
                now,
            ),
        )
        if cursor.rowcount:
            self.has_words_again(session)
        return bool(cursor.rowcount)

    def add_post(
        self,
        *,
        name: str,
        session: SessionKey,
        kind: PostKind,
        team: TeamId,
        channel: ChannelId,
        thread_ts: Ts | None = None,
        item: ItemKey | None = None,
        line: LineName | None = None,
        text: str = "",
    ) -> None:
        """Asking for the same post twice gives one. What a forgotten life has posted already is only drawn anew."""
        ts = self.standing(name)
        state = PostState.PENDING if ts is None else PostState.DONE
        self._connection.execute(
            "INSERT INTO post (name, session, kind, item, line, text, team, channel, thread_ts, ts, state) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (name, session, kind, item, line, text, team, channel, thread_ts, ts, state),
        )
        if kind in {PostKind.NOTICE, PostKind.DIRECT}:
            self.has_words_again(session)

    def change_post(self, post: Post, **changes: Any) -> None:
        self._change("post", post.key, changes)

    def keep_letter(self, body: str, now: float) -> None:
        """A message as it came, to be looked at in a moment."""
        self._connection.execute("INSERT INTO letter (body, came_at) VALUES (?, ?)", (body, now))

    def letters_taken(self, done: Sequence[int], broken: Sequence[int]) -> None:
        """Some have gone their way; others have broken something each time and are set aside."""
        self._connection.executemany("DELETE FROM letter WHERE key = ?", [(key,) for key in done])
        self._connection.executemany("UPDATE letter SET aside = 1 WHERE key = ?", [(key,) for key in broken])

    def try_letters_again(self) -> int:
        """Whoever starts may be a newer version. Returns how many there are."""
        return self._connection.execute("UPDATE letter SET aside = 0 WHERE aside = 1").rowcount

    def carried_out(self, name: SlackName, now: float) -> None:
        """Remembered for as long as hashes are kept."""
        self._connection.execute("INSERT INTO carried_out (name, at) VALUES (?, ?) ON CONFLICT DO NOTHING", (name, now))

    def keep_draft(self, token: str, user: UserId, body: Mapping[str, object], now: float) -> None:
        self._connection.execute(
            "INSERT INTO draft (token, user, body, kept_at) VALUES (?, ?, ?, ?)", (token, user, pack(body), now)
        )

    def use_draft(self, token: str) -> None:
        """Its owner has said yes. That they did stays known as long as it would have been kept."""
        self._connection.execute("UPDATE draft SET used = 1, body = '{}' WHERE token = ?", (token,))

    def ask_about_more(self, question: Post, asked: Sequence[Item], item: ItemKey) -> None:
        """One more reply in a question that has not been answered."""
        keys = pack([*(each.key for each in asked), item])
        self.change_post(question, text=keys, wanted=question.wanted + 1)

    def redraw_item(self, item: ItemKey) -> None:
        """What stands in Slack about this item is out of date."""
        self._connection.execute("UPDATE post SET wanted = wanted + 1 WHERE item = ?", (item,))

    def redraw_card(self, session: SessionKey) -> None:
        self._connection.execute("UPDATE post SET wanted = wanted + 1 WHERE session = ? AND kind = 'card'", (session,))

    def channel_is(self, team: TeamId, channel: ChannelId, private: bool, now: float, *, shared: bool = False) -> bool:
        """What Slack says of a channel. True when it is news to us: then what can be drawn anew there, is.

        What waited because it was shared with another organization goes on when it is not any more.
        """
        before, was_shared = self.is_private(team, channel), self.is_shared(team, channel)
        self._connection.execute(
            "INSERT INTO channel (team, channel, private, shared, checked_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (team, channel) DO UPDATE SET private = excluded.private, shared = excluded.shared, "
            "checked_at = excluded.checked_at",
            (team, channel, int(private), int(shared), now),
        )
        if was_shared and not shared:
            self._connection.execute(
                "UPDATE post SET not_before = 0 WHERE channel = ? AND state = 'pending' AND not_before > ?",
                (channel, now),
            )
        if before != private:
            self._connection.execute(
                "UPDATE post SET wanted = wanted + 1 WHERE kind IN ('card', 'result') AND channel = ?2 AND session IN "
                "(SELECT session FROM link WHERE team = ?1 AND channel = ?2)",
                (team, channel),
            )
        return (before, was_shared) != (private, shared)

    def audit(
        self,
        what: Deed,
        now: float,
        *,
        by: Actor | None = None,
        session: SessionKey | None = None,
        item: ItemKey | None = None,
        subject: str = "",
        message: str = "",
        detail: str = "",
    ) -> None:
        """Something happened that is to be known later. Without `by`, nobody in Slack did it.

        `subject`: whom it was about, hashed; `message`: the name of the gesture that asked for it, and no more of it
        than that. `detail` says no number and nobody's words.
        """
        before = self.audit_head()
        team, who = (by.team, by.user) if by else ("", "")
        asked_in = gesture_of(SlackName(message))
        row = Record(before.key + 1, float(now), team, who, what, session, item, subject, asked_in, detail)
        row = replace(row, hash=hash_of(before.hash, row))
        self._connection.execute(
            "INSERT INTO audit (key, at, team, who, what, session, item, subject, message, detail, hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            astuple(row),
        )

    def audit_item(self, what: Deed, item: Item, now: float, *, by: Actor | None = None, more: str = "") -> None:
        """Something about an item: who asked for it is told when that is what happened, and of every reply."""
        if by is None and (what is Deed.ASKED or item.kind is Kind.SAY):
            by = Actor(self.session(item.session).team, item.author)
        self.audit(
            what,
            now,
            by=by,
            session=item.session,
            item=item.key,
            subject=subject_of(item.kind, item.body, self.hashed),
            message=item.slack_name,
            detail=detail_of(item.kind, item.body, more),
        )

    def prune_audit(self, before: float) -> int:
        """Deletes the rows that are older, from the first up to the first that is not. How many; that is told, too.

        Rows that only tell of deletions go along with others.
        """
        stays = "(SELECT key FROM audit WHERE at >= ? ORDER BY key LIMIT 1)"
        sql = f"SELECT key, hash FROM audit WHERE key < coalesce({stays}, key + 1) ORDER BY key DESC LIMIT 1"
        last = self._one(to_anchor, sql, before)
        others = "SELECT 1 FROM audit WHERE key <= ? AND what <> ?"
        if last is None or not self._exists(others, last.key, Deed.PRUNED):
            return 0
        self._connection.execute("UPDATE audit_from SET key = ?, hash = ?", (last.key, last.hash))
        gone = self._connection.execute("DELETE FROM audit WHERE key <= ?", (last.key,)).rowcount
        self.audit(Deed.PRUNED, self.clock.now(), detail=up_to(last.key))
        return gone

    def redraw_cards_in(self, thread: ThreadKey) -> None:
        """Where replies in a thread go, every card in it says."""
        self._connection.execute(
            "UPDATE post SET wanted = wanted + 1 WHERE kind = 'card' AND session IN "
            "(SELECT session FROM link WHERE team = ? AND channel = ? AND thread_ts = ?)",
            (thread.team, thread.channel, thread.ts),
        )

    def home_found(self, session: SessionKey, thread_ts: Ts) -> None:
        """The card stands: everything that waited for its thread may go there."""
        self._connection.execute(
            "UPDATE post SET thread_ts = ? WHERE session = ? AND thread_ts IS NULL AND kind NOT IN ('card', 'direct')",
            (thread_ts, session),
        )
        self._connection.execute(
            "UPDATE item SET thread_ts = ? WHERE session = ? AND thread_ts IS NULL", (thread_ts, session)
        )

    def keep_evidence(self, evidence: Mapping[Voice, Evidence]) -> None:
        """What was found out about the dates of sessions, in place of what was known of the same voices."""
        for voice, found in evidence.items():
            self._connection.execute(
                "INSERT INTO evidence (voice, proofs, refuted_at) VALUES (?, ?, ?) "
                "ON CONFLICT (voice) DO UPDATE SET proofs = excluded.proofs, refuted_at = excluded.refuted_at",
                (voice, found.proofs, found.refuted_at),
            )

    # After a restore

    def stand(self, names: Sequence[str], ts: Ts) -> None:
        """Posts of these names have been seen in Slack, in one message."""
        for name in names:
            self._connection.execute(
                "INSERT INTO standing (name, ts) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET ts = excluded.ts",
                (name, ts),
            )
            self._connection.execute(
                "UPDATE post SET state = 'done', ts = ?, shown = 0, drawn = '' WHERE name = ? AND kind <> 'card' "
                "AND state IN ('pending', 'sending')",
                (ts, name),
            )

    def to_be_compared(self, session: SessionKey) -> None:
        """Its thread is to be read before anything is done about it."""
        self._connection.execute(
            "INSERT INTO recovery (session) VALUES (?) ON CONFLICT (session) DO UPDATE SET thread_read = 0", (session,)
        )

    def thread_was_read(self, session: SessionKey) -> None:
        self._connection.execute("UPDATE recovery SET thread_read = 1 WHERE session = ?", (session,))

    def recovered(self, session: SessionKey) -> None:
        self._connection.execute("DELETE FROM recovery WHERE session = ?", (session,))

    def looked_through(self) -> None:
        """Everything in Slack that a restore has undone is known."""
        self._connection.execute("UPDATE restored SET looked = 1 WHERE looked = 0")

    def _change(self, table: str, key: int, changes: Mapping[str, Any]) -> None:
        names = ", ".join(f"{name} = ?" for name in changes)
        self._connection.execute(f"UPDATE {table} SET {names} WHERE key = ?", (*changes.values(), key))
