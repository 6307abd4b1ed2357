"""What the doctor finds at a PostgreSQL: a real one, and for what is rare, what that would say of itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from bot.doctor import Finding, database, server
from bot.place import Postgres
from bot.store import open_store
from tests.postgres import Server

pytest.importorskip("psycopg")

from bot.store.postgres.looking import Bots, Rights, Room
from bot.store.postgres.looking import Server as Said

OWNER, STRANGER = "evobot_owner", "evobot_stranger"
DEGRADED = "degraded  "


@pytest.fixture
def own(postgres: Server) -> Iterator[Postgres]:
    """Of a user of its own, who may do nothing else."""
    for user in (OWNER, STRANGER):
        postgres.say(f"CREATE ROLE {user} LOGIN")
    postgres.say(f"CREATE DATABASE {OWNER} OWNER {OWNER}")
    yield Postgres(postgres.url(OWNER).replace("evobot@", f"{OWNER}@"))
    postgres.say(f"DROP DATABASE {OWNER} WITH (FORCE)")
    for user in (OWNER, STRANGER):
        postgres.say(f"DROP ROLE {user}")


def looked(place: Postgres) -> dict[str, str]:
    return {each.what: str(each) for each in database.look(place)}


def by(place: Postgres, user: str) -> Postgres:
    return Postgres(place.url.replace(f"{OWNER}@", f"{user}@"))


def test_an_empty_database_beside_a_bot_and_after_it(own: Postgres, postgres: Server) -> None:
    elsewhere = open_store(postgres.fresh())  # in another database
    empty = looked(own)
    elsewhere.close()
    store = open_store(own)

    async def works() -> dict[str, str]:
        term = await store.others.term(store, asyncio.Event())
        assert term is not None
        found = await asyncio.to_thread(looked, own)
        term.end()
        return found

    idle, working = looked(own), asyncio.run(works())
    store.close()
    me = f"evobot {os.getpid()} on {os.uname().nodename}"
    assert empty["Bots"] == "ok        Bots: none is connected"
    assert empty["Database"].endswith(" MB, without tables: the first start makes them")
    assert idle["Bots"] == f"{DEGRADED}Bots: 1 connected, and none carries out what is stored. {server.AGAIN}"
    assert working["Bots"].rpartition(",")[0] == f"ok        Bots: 1 connected; {me} carries out what is stored"
    assert working["Database"].startswith(f"ok        Database: postgresql://{OWNER}@/{OWNER}, PostgreSQL ")
    assert {what: text.partition(" ")[0] for what, text in looked(own).items()} == {
        "Database": "ok",
        "Database rights": "ok",
        "Durability": "degraded",  # the server of the tests has no fsync
        "Bots": "ok",
        "Connections": "ok",
        "Database clock": "ok",
        "Audit": "ok",
        "Queue": "ok",
    }


def test_who_may_not_do_what_a_bot_does_is_told_what_is_missing(own: Postgres, postgres: Server) -> None:
    stranger = by(own, STRANGER)
    nothing_there = looked(stranger)
    open_store(own).close()
    closed = looked(stranger)
    postgres.say(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {STRANGER}", OWNER)
    granted = looked(stranger)
    said = [each["Database rights"] for each in (nothing_there, closed, granted, looked(by(own, "evobot")))]
    tables = "audit, audit_from, carried_out, channel, draft and "
    grant = f"Say there: GRANT CREATE ON SCHEMA public TO {STRANGER}"
    assert [each.partition(" more tables")[0].rstrip("0123456789") for each in said] == [
        f"broken    Database rights: {STRANGER} may not make tables in public. {grant}",
        f"broken    Database rights: {STRANGER} may not read and write {tables}",
        f"{DEGRADED}Database rights: {tables}",
        f"{DEGRADED}Database rights: evobot may do everything on that server. A user of its own is enough, and safer.",
    ]
    assert "Queue" in granted


def test_one_that_takes_no_changes_or_lets_nobody_in_is_broken_and_the_rest_is_not_asked(
    own: Postgres, postgres: Server
) -> None:
    open_store(own).close()
    postgres.say(f"ALTER ROLE {OWNER} SET default_transaction_read_only = on")
    closed = looked(own)
    postgres.say(f"ALTER ROLE {OWNER} SET default_transaction_read_only = off")
    away = looked(Postgres("postgresql:///evobot?host=/nowhere"))
    assert closed["Database"].endswith(f" takes no changes: it is read-only by default. {server.WRITABLE}")
    assert "Queue" not in closed
    assert list(away) == ["Database"]
    assert away["Database"].endswith(f"No such file or directory. {server.NOT_REACHED}")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (server._bots(Bots((), "7-x", -90.0)), "none is connected"),
        (
            server._bots(Bots((), "7-x", 9.0)),
            "none is connected; process 7 ended without a word, and its lease runs for 9 s",
        ),
        (
            server._bots(Bots(("evobot 8 on b",), "7-x", 4.0)),
            "1 connected, none of which has the lease: process 7 has it, last heard of 11 s ago.",
        ),
        (
            server._room(Room(4, 97, "the server", is_shared=False)),
            "4 of 97 of the server are free: a bot takes three, a command one or two.",
        ),
        (server._room(Room(5, 97, "user x", is_shared=False)), "5 of 97 of user x are free"),
        (server._clock(-7.0), "7 s behind this machine's."),
        (server._clock(4.6), "5 s ahead of this machine's"),
        (server._clock(0.4), "right"),
        (
            server._kept(Said("16.1", 0, is_standby=False, is_read_only=False, keeps=True, standbys="s1")),
            "what is committed is on the server's disk, and on a standby's (s1)",
        ),
        (server._rights(Rights("me", False, "public", False, (), ()), missing=False), "me, who owns its tables"),
    ],
)
def test_what_is_rare_is_said_and_what_is_wrong_has_a_next_step(found: Finding, said: str) -> None:
    assert (found.text, bool(found.next)) == (said, said.endswith("."))


def test_a_pooler_that_shares_connections_among_transactions_is_broken() -> None:
    found = server._room(Room(90, 97, "the server", is_shared=True))
    assert (found.health.value, found.next) == ("broken", server.DIRECT)
