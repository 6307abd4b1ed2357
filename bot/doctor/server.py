"""A PostgreSQL, and who works with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.doctor.finding import Finding, broken, degraded, ok
from bot.place import Postgres
from bot.store import Unavailable, Unusable
from bot.store.postgres import needed
from bot.store.steps import STEPS

if TYPE_CHECKING:
    from bot.store.postgres.looking import Bots, Rights, Room, Seen, Server

MEGABYTE = 1 << 20
FEW = 5  # connections: a bot takes three, a command one or two
SKEW = 5.0  # seconds
CLOSE = 1.0
SHOWN = 5  # tables that are named

DATABASE, RIGHTS, KEPT, BOTS, ROOM, CLOCK = (
    "Database", "Database rights", "Durability", "Bots", "Connections", "Database clock",
)  # fmt: skip
NOT_REACHED = "Is it up, has it room, and are address, user and password right?"
PRIMARY = "Let EVOBOT_DATABASE name the primary, or all hosts: then the one that takes changes is used."
WRITABLE = "Say there: ALTER DATABASE … RESET default_transaction_read_only (or ALTER ROLE)."
DIRECT = "Let EVOBOT_DATABASE name the server itself, or have the pooler share sessions."
AGAIN = "Look again in a minute; if it is still so, into the log of each."


def look(place: Postgres) -> list[Finding]:
    """Takes some milliseconds; three seconds a host where nobody answers."""
    try:
        with needed():
            from bot.store.postgres import looking  # noqa: PLC0415 - psycopg may not be installed
    except Unusable as error:
        return [broken(DATABASE, str(error))]
    try:
        there = looking.seen(place)
    except (Unusable, Unavailable) as error:
        return [broken(DATABASE, str(error), NOT_REACHED if isinstance(error, looking.Unreached) else "")]
    return [_database(place, there), *_more(there)]


def _database(place: Postgres, seen: Seen) -> Finding:
    server, told = seen.server, f"{place}, PostgreSQL {seen.server.version}"
    if server.is_standby:
        return broken(DATABASE, f"{told}, is a standby, which takes no changes.", PRIMARY)
    if server.is_read_only:
        return broken(DATABASE, f"{told}, takes no changes: it is read-only by default.", WRITABLE)
    told += f", {server.size / MEGABYTE:.1f} MB"
    if seen.missing is None:
        return ok(DATABASE, told)
    if len(seen.missing) == len(STEPS):
        return ok(DATABASE, f"{told}, without tables: the first start makes them")
    if seen.missing:
        return ok(DATABASE, f"{told}; the next start brings it up to this version, in {len(seen.missing)} steps")
    return ok(DATABASE, f"{told}, of this version")


def _more(seen: Seen) -> Iterator[Finding]:
    yield _rights(seen.rights, missing=bool(seen.missing))
    yield _kept(seen.server)
    yield _bots(seen.bots)
    yield _room(seen.room)
    yield _clock(seen.ahead)


def _rights(rights: Rights, *, missing: bool) -> Finding:
    user = rights.user
    if rights.closed:
        then = f"Make its user their owner: REASSIGN OWNED BY … TO {user}"
        return broken(RIGHTS, f"{user} may not read and write {_named(rights.closed)}.", then)
    if missing and not rights.may_make:
        where = rights.schema or "any schema"
        then = f"Say there: GRANT CREATE ON SCHEMA {rights.schema or 'public'} TO {user}"
        return broken(RIGHTS, f"{user} may not make tables in {where}.", then)
    if rights.others:
        then = f"Make its user their owner: REASSIGN OWNED BY … TO {user}"
        return degraded(RIGHTS, f"{_named(rights.others)} are somebody else's: no upgrade can change them.", then)
    if rights.is_superuser:
        return degraded(RIGHTS, f"{user} may do everything on that server.", "A user of its own is enough, and safer.")
    return ok(RIGHTS, f"{user}, who owns its tables")


def _named(tables: tuple[str, ...]) -> str:
    more = len(tables) - SHOWN
    return ", ".join(tables[:SHOWN]) + (f" and {more} more tables" if more > 0 else "")


def _kept(server: Server) -> Finding:
    """What was acknowledged to Slack must outlive a power cut."""
    if not server.keeps:
        then = "Switch both on in postgresql.conf."
        return degraded(KEPT, "fsync or full_page_writes is off: a power cut may take everything.", then)
    also = f", and on a standby's ({server.standbys})" if server.standbys else ""
    return ok(KEPT, f"what is committed is on the server's disk{also}")


def _bots(bots: Bots) -> Finding:
    """Of several one carries out what is stored, and has the lease."""
    works = _who(bots)
    if not bots.connected:
        still = f"; {works} ended without a word, and its lease runs for {bots.left:.0f} s" if works else ""
        return ok(BOTS, f"none is connected{still}")
    count = f"{len(bots.connected)} connected"
    if not works:
        return degraded(BOTS, f"{count}, and none carries out what is stored.", AGAIN)
    heard = f"last heard of {bots.silent:.0f} s ago"
    if works not in bots.connected:
        text = f"{count}, none of which has the lease: {works} has it, {heard}."
        return degraded(BOTS, text, "Another one takes over when it ends. " + AGAIN)
    return ok(BOTS, f"{count}; {works} carries out what is stored, {heard}")


def _who(bots: Bots) -> str:
    """Who has a lease that still runs, by the name of its connection where that is clear. "": nobody."""
    if not bots.holder or bots.left <= 0:
        return ""
    process = bots.holder.partition("-")[0]
    named = [each for each in bots.connected if each.startswith(f"evobot {process} on ")]
    return named[0] if named else f"process {process}"


def _room(room: Room) -> Finding:
    told = f"{room.free} of {room.of} of {room.whose} are free"
    if room.is_shared:
        text = "Something between here and the server shares connections among transactions: no bot works through it."
        return broken(ROOM, text, DIRECT)
    if room.free < FEW:
        then = "Raise that limit (max_connections, or CONNECTION LIMIT), or end what holds them."
        return degraded(ROOM, f"{told}: a bot takes three, a command one or two.", then)
    return ok(ROOM, told)


def _clock(ahead: float) -> Finding:
    told = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
    if abs(ahead) >= SKEW:
        return degraded(CLOCK, f"{told}.", "Let the system keep the time, on both machines (NTP).")
    return ok(CLOCK, "right" if abs(ahead) < CLOSE else told)
