"""The tables, as a list of small steps. A step that has been released is never edited; the next one changes it.
Their names stand in `bot/store/steps.py`, too.

Both names of a thing are unique, so that doing something twice is caught by the file and not by a check in code.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

from bot.store.steps import APPLICATION_ID

migrations = Migrations("evobot")


def take_missing(connection: sqlite3.Connection) -> None:
    """The steps that this file has not been through."""
    migrations.apply(Database(connection))


@migrations()
def m001_sessions_items_posts(db: Database) -> None:
    for statement in _FIRST:
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


# Keys are never given out twice (AUTOINCREMENT): they stand in buttons and in names of posts, and outlive a restore.
_FIRST = (
    # A session and its home thread. evo_id and thread_ts are its two names.
    """
    CREATE TABLE session (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        asked_as TEXT NOT NULL UNIQUE,
        evo_id TEXT UNIQUE,
        team TEXT NOT NULL,
        channel TEXT NOT NULL,
        thread_ts TEXT,
        type TEXT NOT NULL CHECK (type IN ('Chat', 'Voice', 'Fax')),
        name TEXT NOT NULL,
        with_label TEXT,
        created_by TEXT NOT NULL,
        created_at REAL NOT NULL,
        life TEXT NOT NULL CHECK (life IN ('opening', 'active', 'ended', 'failed')),
        call_state TEXT NOT NULL DEFAULT '',
        members TEXT NOT NULL DEFAULT '[]',
        missing TEXT NOT NULL DEFAULT '[]',
        ended_at REAL,
        active_at REAL NOT NULL,
        mode TEXT NOT NULL DEFAULT 'relay' CHECK (mode IN ('relay', 'mention', 'notes')),
        wordless INTEGER NOT NULL DEFAULT 0 CHECK (wordless IN (0, 1)),
        CHECK (life <> 'active' OR evo_id IS NOT NULL)
    ) STRICT
    """,
    # What is deleted when its time is over: first the words of a session, then all of it.
    "CREATE INDEX session_worded ON session (key) WHERE life IN ('ended', 'failed') AND wordless = 0",
    "CREATE INDEX session_over ON session (coalesce(ended_at, active_at)) WHERE life IN ('ended', 'failed')",
    "CREATE INDEX session_open ON session (key) WHERE life = 'active'",
    "CREATE INDEX session_ended ON session (ended_at) WHERE ended_at IS NOT NULL",
    "CREATE INDEX session_home ON session (channel)",
    "CREATE INDEX session_by_creator ON session (created_by, key)",
    "CREATE INDEX session_by_creator_and_life ON session (created_by, life)",
    # Which thread is which session. Several threads may show one session, and one thread several; replies go to one.
    # Nothing that was written in it up to read_to is unknown to us.
    """
    CREATE TABLE link (
        team TEXT NOT NULL,
        channel TEXT NOT NULL,
        thread_ts TEXT NOT NULL,
        session INTEGER NOT NULL REFERENCES session (key),
        role TEXT NOT NULL CHECK (role IN ('target', 'shown', 'moved')),
        mode TEXT NOT NULL CHECK (mode IN ('relay', 'mention', 'notes')),
        read_to TEXT,
        PRIMARY KEY (team, channel, thread_ts, session)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE UNIQUE INDEX link_one_target ON link (team, channel, thread_ts) WHERE role = 'target'",
    "CREATE INDEX link_of_session ON link (session)",
    "CREATE INDEX link_in_channel ON link (channel, team)",
    # Threads of sessions that were deleted in their time: replies there go nowhere, and their authors are told.
    """
    CREATE TABLE past (
        team TEXT NOT NULL,
        channel TEXT NOT NULL,
        thread_ts TEXT NOT NULL,
        PRIMARY KEY (team, channel, thread_ts)
    ) STRICT, WITHOUT ROWID
    """,
    # What is to be done at Evo Voice. slack_name says what asked for it, evo_name what came of it.
    # gone: why its words are not here any more.
    """
    CREATE TABLE item (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        session INTEGER NOT NULL REFERENCES session (key),
        kind TEXT NOT NULL CHECK (kind IN ('open', 'link', 'invite', 'say', 'kick', 'hold', 'resume', 'end')),
        state TEXT NOT NULL CHECK (state IN ('asked', 'pending', 'sending', 'unknown', 'delivered', 'refused',
                                             'withdrawn', 'needs_person', 'kept')),
        slack_name TEXT NOT NULL UNIQUE,
        evo_name TEXT,
        channel TEXT NOT NULL,
        ts TEXT,
        thread_ts TEXT,
        author TEXT NOT NULL,
        position TEXT NOT NULL,
        body TEXT NOT NULL,
        sent_text TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        resent INTEGER NOT NULL DEFAULT 0,
        not_before REAL NOT NULL DEFAULT 0,
        sending_at REAL,
        unknown_at REAL,
        reason TEXT NOT NULL DEFAULT '',
        mark TEXT NOT NULL DEFAULT '',
        shown TEXT NOT NULL DEFAULT '',
        asked_at REAL NOT NULL,
        edited INTEGER NOT NULL DEFAULT 0 CHECK (edited IN (0, 1)),
        edited_shown INTEGER NOT NULL DEFAULT 0 CHECK (edited_shown IN (0, 1)),
        approved_by TEXT,
        gone TEXT NOT NULL DEFAULT '',
        CHECK (state <> 'delivered' OR evo_name IS NOT NULL)
    ) STRICT
    """,
    "CREATE UNIQUE INDEX item_evo_name ON item (evo_name) WHERE evo_name IS NOT NULL",
    "CREATE INDEX item_lane ON item (session, position, key) WHERE state IN ('pending', 'sending', 'unknown')",
    "CREATE INDEX item_left ON item (session, position, key) WHERE state IN ('sending', 'unknown')",
    "CREATE INDEX item_of_session ON item (session, kind, position, key)",
    "CREATE INDEX item_unmarked ON item (key) WHERE mark <> shown OR edited <> edited_shown",
    "CREATE INDEX item_by_author ON item (author, key)",
    "CREATE INDEX item_waiting_for ON item (author, key) WHERE state IN ('asked', 'needs_person', 'refused')",
    "CREATE INDEX item_asked ON item (asked_at) WHERE state = 'asked'",
    "CREATE INDEX item_needs_person ON item (asked_at) WHERE state = 'needs_person'",
    "CREATE INDEX item_sent ON item (session, key) WHERE sent_text IS NOT NULL",
    # What was said in a session, under the name we gave it. item is set when it was our own line coming back.
    """
    CREATE TABLE line (
        name TEXT PRIMARY KEY,
        session INTEGER NOT NULL REFERENCES session (key),
        item INTEGER UNIQUE REFERENCES item (key),
        sender TEXT NOT NULL,
        text TEXT NOT NULL,
        media_uri TEXT,
        media_type TEXT,
        date TEXT NOT NULL,
        heard_at REAL NOT NULL,
        gone TEXT NOT NULL DEFAULT ''
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX line_of_session ON line (session, gone)",
    # What is to stand in Slack. name says what it shows, ts is where it stands, drawn what stands there, as a hash.
    """
    CREATE TABLE post (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        session INTEGER NOT NULL REFERENCES session (key),
        kind TEXT NOT NULL CHECK (kind IN ('card', 'line', 'file', 'result', 'notice', 'mirror', 'direct')),
        item INTEGER REFERENCES item (key),
        line TEXT REFERENCES line (name),
        text TEXT NOT NULL DEFAULT '',
        team TEXT NOT NULL,
        channel TEXT NOT NULL,
        thread_ts TEXT,
        ts TEXT,
        state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'done', 'stuck')),
        wanted INTEGER NOT NULL DEFAULT 1,
        shown INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        not_before REAL NOT NULL DEFAULT 0,
        sending_at REAL,
        file TEXT,
        drawn TEXT NOT NULL DEFAULT '',
        CHECK (state <> 'done' OR ts IS NOT NULL)
    ) STRICT
    """,
    "CREATE INDEX post_unfinished ON post (channel, key) WHERE state IN ('pending', 'sending')",
    "CREATE INDEX post_stale ON post (channel, key) WHERE state = 'done' AND wanted <> shown",
    "CREATE INDEX post_of_item ON post (item) WHERE item IS NOT NULL",
    "CREATE INDEX post_of_session ON post (session, kind)",
    "CREATE INDEX post_of_line ON post (line) WHERE line IS NOT NULL",
    # Messages that came in a rush, as Slack sent them: acknowledged, and not looked at yet. What breaks our own code
    # each time is set aside until the next start.
    """
    CREATE TABLE letter (
        key INTEGER PRIMARY KEY,
        body TEXT NOT NULL,
        came_at REAL NOT NULL,
        aside INTEGER NOT NULL DEFAULT 0 CHECK (aside IN (0, 1))
    ) STRICT
    """,
    # Commands that have been carried out and left no item: a thread that is read again must not repeat them.
    "CREATE TABLE carried_out (name TEXT PRIMARY KEY, at REAL NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE INDEX carried_out_at ON carried_out (at)",
    # Whose eyes a channel is for, as Slack said at last: in one that is not private, numbers are masked.
    """
    CREATE TABLE channel (
        team TEXT NOT NULL,
        channel TEXT NOT NULL,
        private INTEGER NOT NULL CHECK (private IN (0, 1)),
        shared INTEGER NOT NULL DEFAULT 0 CHECK (shared IN (0, 1)),
        checked_at REAL NOT NULL,
        PRIMARY KEY (team, channel)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX channel_checked ON channel (checked_at)",
    # What happened, who wanted it, and where it was asked for. Only added to, each row bound to the one before it by
    # its hash; no numbers and no words of anybody in it. Old rows go from its beginning, up to where audit_from says:
    # that is the last one that is not there, and its hash. The first row follows a hash that no other file has.
    """
    CREATE TABLE audit (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        team TEXT NOT NULL,
        who TEXT NOT NULL,
        what TEXT NOT NULL,
        session INTEGER,
        item INTEGER,
        subject TEXT NOT NULL DEFAULT '',
        message TEXT NOT NULL DEFAULT '',
        detail TEXT NOT NULL DEFAULT '',
        hash TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX audit_of_session ON audit (session, key) WHERE session IS NOT NULL",
    "CREATE INDEX audit_by ON audit (who, key)",
    """
    CREATE TABLE audit_from (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        key INTEGER NOT NULL,
        hash TEXT NOT NULL
    ) STRICT
    """,
    "INSERT INTO audit_from VALUES (1, 0, lower(hex(randomblob(32))))",
    "CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit is only added to'); END",
    """
    CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
    WHEN old.key > coalesce((SELECT key FROM audit_from), 0)
    BEGIN SELECT raise(ABORT, 'the audit is only added to'); END
    """,
    # With this key numbers and addresses are hashed where they need only be known again.
    "CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "INSERT INTO secret VALUES ('hash', randomblob(32))",
    # Outside phones as they were reached: number and prefix are keyed hashes. One row an attempt that a person wanted.
    """
    CREATE TABLE spent (
        item INTEGER NOT NULL,
        number TEXT NOT NULL,
        asked_at REAL NOT NULL,
        at REAL NOT NULL,
        user TEXT NOT NULL,
        prefix TEXT NOT NULL,
        PRIMARY KEY (item, number, asked_at)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX spent_at ON spent (at)",
    "CREATE INDEX spent_by ON spent (user, at)",
    "CREATE INDEX spent_on ON spent (number, at)",
    "CREATE INDEX spent_near ON spent (prefix, at)",
    # Beginnings of numbers to which nothing goes until somebody has looked. shown: the digits, masked.
    "CREATE TABLE frozen (prefix TEXT PRIMARY KEY, shown TEXT NOT NULL, at REAL NOT NULL) STRICT, WITHOUT ROWID",
    # When everything was stopped last. Nothing leaves until over_at, and what had left before is not repeated after.
    """
    CREATE TABLE stopped (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        at REAL NOT NULL,
        who TEXT NOT NULL,
        why TEXT NOT NULL,
        over_at REAL
    ) STRICT
    """,
    # Numbers whose owners want nothing more: keyed hashes. shown: masked, for people.
    """
    CREATE TABLE opted_out (
        number TEXT PRIMARY KEY,
        shown TEXT NOT NULL,
        word TEXT NOT NULL,
        session INTEGER,
        at REAL NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    # Numbers and addresses (keyed hashes) of which everything was deleted: nothing asked before brings it back.
    "CREATE TABLE forgotten (identity TEXT PRIMARY KEY, at REAL NOT NULL) STRICT, WITHOUT ROWID",
    # Does the date of a session at Evo Voice move when something is said in it? Found out, for each way of saying it.
    """
    CREATE TABLE evidence (
        voice TEXT PRIMARY KEY CHECK (voice IN ('app', 'phone')),
        proofs INTEGER NOT NULL,
        refuted_at REAL
    ) STRICT, WITHOUT ROWID
    """,
    # What people have settled about themselves.
    """
    CREATE TABLE person (
        team TEXT NOT NULL,
        user TEXT NOT NULL,
        evo_address TEXT,
        evo_name TEXT,
        notify INTEGER NOT NULL DEFAULT 0 CHECK (notify IN (0, 1)),
        tips_seen INTEGER NOT NULL DEFAULT 0 CHECK (tips_seen IN (0, 1)),
        PRIMARY KEY (team, user)
    ) STRICT, WITHOUT ROWID
    """,
    # What a person filled in, kept while they look at the question "invite this number?", under a name by chance.
    """
    CREATE TABLE draft (
        token TEXT PRIMARY KEY,
        body TEXT NOT NULL,
        user TEXT NOT NULL,
        kept_at REAL NOT NULL,
        used INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1))
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX draft_kept ON draft (kept_at)",
    # This file was put back from a backup `at`, and knows nothing of what happened between `known_until` and then.
    """
    CREATE TABLE restored (
        at REAL PRIMARY KEY,
        known_until REAL NOT NULL,
        looked INTEGER NOT NULL DEFAULT 0 CHECK (looked IN (0, 1))
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX restored_unlooked ON restored (known_until) WHERE looked = 0",
    # Sessions to be compared with both sides since then: first what stands in their threads, then who is in them.
    """
    CREATE TABLE recovery (
        session INTEGER PRIMARY KEY REFERENCES session (key),
        thread_read INTEGER NOT NULL DEFAULT 0 CHECK (thread_read IN (0, 1))
    ) STRICT
    """,
    "CREATE INDEX recovery_unread ON recovery (session) WHERE thread_read = 0",
    # What we had put into Slack meanwhile, by its name: it need not be put there again.
    "CREATE TABLE standing (name TEXT PRIMARY KEY, ts TEXT NOT NULL) STRICT, WITHOUT ROWID",
)


@migrations()
def m002_installations(db: Database) -> None:
    for statement in _SECOND:
        db.execute(statement)


_SECOND = (
    # Where one bot serves several workspaces: which of them, or which organizations, have installed it. The login at
    # Evo Voice is there once somebody has connected it; the tokens are while it is installed.
    """
    CREATE TABLE installation (
        id TEXT PRIMARY KEY,
        enterprise TEXT NOT NULL,
        name TEXT NOT NULL,
        bot_user TEXT NOT NULL,
        token TEXT,
        refresh_token TEXT,
        expires_at REAL,
        installed_by TEXT NOT NULL,
        installed_at REAL NOT NULL,
        removed_at REAL,
        purge_at REAL,
        evo_url TEXT,
        evo_username TEXT,
        evo_password TEXT,
        evo_account TEXT
    ) STRICT, WITHOUT ROWID
    """,
    # With which somebody has come back from Slack's page: each is good for once.
    "CREATE TABLE oauth_spent (state TEXT PRIMARY KEY, until REAL NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE INDEX oauth_spent_until ON oauth_spent (until)",
)
