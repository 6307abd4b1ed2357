"""`evobot migrate --to`: from the file to PostgreSQL."""

from __future__ import annotations

import argparse
from urllib.parse import parse_qs, urlsplit

from bot.console.common import EXIT_SETTINGS, Verbs, progress, say, with_database
from bot.place import Place, Postgres, read_place
from bot.settings import chosen_workspace
from bot.store import Unusable
from bot.texts import NEEDS_FILES

NO_URL = "Name a PostgreSQL: evobot migrate --to postgresql://user@host/database"
ON_SHOW = (
    "Everybody on this machine can read what stands on a command line. Put the password into a file that PGPASSFILE "
    "names, and say this without it. Nothing was moved."
)
ALREADY = "EVOBOT_DATABASE names {} already: there is no file to be moved."
DONE = (
    "{path} is on {target}: {rows:,} rows of {tables} tables, each compared. The file is left as it was, and no bot "
    "starts on it any more.\nNow set EVOBOT_DATABASE to that PostgreSQL, and start the bot."
)
DONE_BEFORE = "{path} had been moved to {target} already, and arrived. Set EVOBOT_DATABASE to it, and start the bot."


def add(verbs: Verbs) -> None:
    move = verbs.add_parser(
        "migrate",
        help="move the database from its file to PostgreSQL; the bot must not be running",
        description="Moves the database from its file to an empty PostgreSQL, compares every row, and marks the file "
        "as moved. It may be interrupted and said again.",
    )
    move.add_argument(
        "--to", required=True, metavar="URL", help="postgresql://user@host/database; password in PGPASSFILE"
    )
    move.set_defaults(run=_migrate)


def _migrate(parsed: argparse.Namespace) -> int:
    target = read_place(parsed.to)
    if not isinstance(target, Postgres):
        return say(EXIT_SETTINGS, NO_URL)
    if _has_password(target):
        return say(EXIT_SETTINGS, ON_SHOW)
    return with_database(lambda source: _moved(source, target))


def _has_password(place: Postgres) -> bool:
    parts = urlsplit(place.url)
    return bool(parts.password) or "password" in parse_qs(parts.query)


def _moved(source: Place, target: Postgres) -> str:
    from bot.store.postgres import needed  # noqa: PLC0415 - only now is psycopg needed

    if isinstance(source, Postgres):
        raise Unusable(ALREADY.format(source))
    with needed():
        from bot.store.postgres.moving import move  # noqa: PLC0415 - likewise
    if chosen_workspace():
        raise Unusable(NEEDS_FILES.format(source))
    moved = move(source, target, progress)
    return (DONE_BEFORE if moved.before else DONE).format(
        path=source, target=target, rows=moved.rows, tables=moved.tables
    )
