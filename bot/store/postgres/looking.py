"""What a server says of itself, of our tables and of the bots on it, for whoever looks whether all is well.

It only reads.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from dataclasses import dataclass

from bot.place import Postgres
from bot.store.errors import Unusable
from bot.store.others import LEASE_SECONDS
from bot.store.postgres.link import Link
from bot.store.postgres.opening import OWNERS, check_server, explaining
from bot.store.postgres.others import WORKS
from bot.store.postgres.schema import taken
from bot.store.steps import STEPS

SECONDS = 5.0  # for an answer
NAME = "evobot, doctor"
_SERVER = """
    SELECT current_setting('server_version'), pg_database_size(current_database()), pg_is_in_recovery(),
        current_setting('default_transaction_read_only') = 'on', current_setting('fsync') = 'on',
        current_setting('full_page_writes') = 'on', current_setting('synchronous_standby_names')
"""
_USER = """
    SELECT current_user, rolsuper, coalesce(current_schema, ''),
        current_schema IS NOT NULL AND has_schema_privilege(current_schema, 'CREATE')
    FROM pg_roles WHERE rolname = current_user
"""
_TABLES = """
    SELECT relname, pg_has_role(relowner, 'USAGE'), (
        SELECT bool_and(has_table_privilege(oid, each)) FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS each
    ) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema::regnamespace ORDER BY relname
"""
_LEASE = "SELECT holder, extract(epoch FROM until - clock_timestamp())::float8 FROM evobot_lease WHERE name = $1"
# Whoever is no superuser is let in until one of these is reached. -1: as many as there are.
_ROOM = """
    WITH there AS (SELECT datid, usesysid FROM pg_stat_activity WHERE backend_type = 'client backend')
    SELECT 'the server', current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true), '0')::int, count(*) FROM there
    UNION ALL SELECT 'user ' || rolname, rolconnlimit, (SELECT count(*) FROM there WHERE usesysid = r.oid)
        FROM pg_roles AS r WHERE rolname = current_user AND rolconnlimit >= 0
    UNION ALL SELECT 'database ' || datname, datconnlimit, (SELECT count(*) FROM there WHERE datid = d.oid)
        FROM pg_database AS d WHERE datname = current_database() AND datconnlimit >= 0
"""


class Unreached(Unusable):
    """No server of that address lets us in."""


@dataclass(frozen=True, slots=True)
class Server:
    """`keeps`: what is committed outlives a power cut. `standbys`: which of them must have it, too."""

    version: str
    size: int  # bytes of this database
    is_standby: bool
    is_read_only: bool
    keeps: bool
    standbys: str


@dataclass(frozen=True, slots=True)
class Rights:
    """`closed`: tables that may not be read and written; `others`: those that an upgrade could not change."""

    user: str
    is_superuser: bool
    schema: str
    may_make: bool
    closed: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bots:
    """Who is connected, by name; who has the lease ("" nobody), and for how many seconds it still holds."""

    connected: tuple[str, ...]
    holder: str
    left: float

    @property
    def silent(self) -> float:
        """Seconds since the holder was last heard of."""
        return LEASE_SECONDS - self.left


@dataclass(frozen=True, slots=True)
class Room:
    """Connections that are left, of how many, and who says so. `is_shared`: among transactions, by a pooler."""

    free: int
    of: int
    whose: str
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """`missing`: steps that the next start takes; all of them where nothing is there yet, None where we may not know.

    `ahead`: seconds of its clock before this machine's.
    """

    server: Server
    rights: Rights
    missing: tuple[str, ...] | None
    bots: Bots
    room: Room
    ahead: float


def seen(place: Postgres) -> Seen:
    """Of a standby, too, where no other host takes changes. Raises Unusable (Foreign, Unreached)."""
    with contextlib.closing(_connected(place)) as link, explaining(place):
        check_server(link)
        rights = _rights(link)
        steps = None if rights.closed else taken(link)
        return Seen(
            server=_server(link),
            rights=rights,
            missing=None if steps is None else tuple(step for step in STEPS if step not in steps),
            bots=_bots(link, made=bool(steps)),
            room=_room(link, place),
            ahead=_ahead(link),
        )


def _connected(place: Postgres) -> Link:
    """To one that takes changes, else to any."""
    failed: list[sqlite3.Error] = []
    for needs in ("read-write", "any"):
        link = Link(place, NAME, patience=SECONDS, needs=needs)
        try:
            link.connect()
        except sqlite3.Error as error:
            failed.append(error)
        else:
            return link
    raise Unreached(f"{place} cannot be reached: {failed[0]}.") from None


def _server(link: Link) -> Server:
    version, size, standby, read_only, fsync, pages, standbys = link.say(_SERVER, prepare=False)[0]
    return Server(version.split()[0], size, standby, read_only, fsync and pages, standbys)


def _rights(link: Link) -> Rights:
    user, is_superuser, schema, may_make = link.say(_USER, prepare=False)[0]
    tables = link.say(_TABLES, prepare=False)
    closed = tuple(name for name, _, may_write in tables if not may_write)
    return Rights(user, is_superuser, schema, may_make, closed, tuple(name for name, owned, _ in tables if not owned))


def _bots(link: Link, *, made: bool) -> Bots:
    there = tuple(name for (name,) in link.say(OWNERS, prepare=False))
    row = next(iter(link.say(_LEASE, (WORKS,), prepare=False)), None) if made else None
    return Bots(there, *(row or ("", 0.0)))


def _room(link: Link, place: Postgres) -> Room:
    free, of, whose = min((most - used, most, whose) for whose, most, used in link.say(_ROOM, prepare=False))
    return Room(max(0, free), of, whose, free > 0 and _is_shared(link, place))


def _is_shared(link: Link, place: Postgres) -> bool:
    """Does another process answer us, once somebody else has the one that did?"""
    ask = "SELECT pg_backend_pid()"
    before = link.say(ask, prepare=False)[0]
    other = Link(place, NAME, patience=SECONDS, needs="any")
    with contextlib.closing(other):
        other.connect()
        other.say("BEGIN", prepare=False)
        other.say(ask, prepare=False)
        return bool(link.say(ask, prepare=False)[0] != before)


def _ahead(link: Link) -> float:
    began = time.time()
    theirs: float = link.say("SELECT extract(epoch FROM clock_timestamp())::float8", prepare=False)[0][0]
    return theirs - (began + time.time()) / 2
