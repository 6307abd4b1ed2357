"""Programs beside the bot, on PostgreSQL. What `bot/store/aside.py` promises."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

from bot.place import Postgres
from bot.store.errors import Unusable
from bot.store.postgres.link import WORK_SECONDS, Link, connected
from bot.store.postgres.opening import explaining
from bot.store.postgres.schema import WRITE_LOCK, taken
from bot.store.search import Search
from bot.store.steps import STEPS
from bot.store.tx import Tx

T = TypeVar("T")
# Where words stand of which something may have been deleted.
WORDED = ("session", "item", "line", "post", "letter", "draft", "person")


@contextlib.contextmanager
def reading(place: Postgres) -> Iterator[Search]:
    with _there(place) as link:
        link.say("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", prepare=False)
        link.say("SET LOCAL idle_in_transaction_session_timeout = 0", prepare=False)
        yield Search(link)  # type: ignore[arg-type]  # it speaks as sqlite3 does


def write_aside(place: Postgres, work: Callable[[Tx], T]) -> T:
    with _there(place) as link:
        link.say("BEGIN", prepare=False)
        link.say("SET LOCAL lock_timeout = '10s'", prepare=False)
        link.say(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})", prepare=False)
        result = work(Tx(link))  # type: ignore[arg-type]  # it speaks as sqlite3 does
        if link.say("COMMIT", prepare=False).status != "COMMIT":
            raise Unusable(f"{place} has rolled this back. Nothing has changed.")
        return result


def vacuum(place: Postgres) -> None:
    """What was deleted is in no table any more, once nobody reads what was there before."""
    with explaining(place), contextlib.closing(connected(place, "evobot, tidying")) as there:
        there.execute("SET lock_timeout = 0")
        there.execute(f"VACUUM {', '.join(WORDED)}")


@contextlib.contextmanager
def _there(place: Postgres) -> Iterator[Link]:
    """Leaving it without a COMMIT changes nothing."""
    link = Link(place, "evobot, console", patience=WORK_SECONDS)
    with explaining(place), contextlib.closing(link):
        link.connect()
        if set(taken(link)) != set(STEPS):
            raise Unusable(f"{place} has never been used by this version of evobot. Start it once.")
        yield link
