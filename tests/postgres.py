"""A PostgreSQL for tests: one server a worker, a database a test, made from a template that has the tables."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import psycopg

from bot.place import Postgres
from bot.store import open_store

# Nothing here need outlive a power cut.
FAST = "-c fsync=off -c full_page_writes=off -c shared_buffers=16MB -c max_wal_size=256MB -c autovacuum=off"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('evobot_steps', 'made_as')"
_FIRST_ROWS = """
    INSERT INTO audit_from VALUES (1, 0, md5(random()::text) || md5(random()::text));
    INSERT INTO secret VALUES ('hash', sha256(random()::text::bytea));
    SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'
"""
NOBODY = 65534  # a server refuses to run as root


def programs() -> Path | None:
    """Where the newest installed server is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    beside = shutil.which("initdb")
    return found[-1].parent if found else Path(beside).parent if beside else None


class Server:
    """Listens on a socket in its folder, nowhere else."""

    def __init__(self, folder: Path, bin_: Path, settings: str = FAST) -> None:
        self.folder = folder
        self._bin = bin_
        self._settings = settings
        self._made = 0
        self._run("initdb", "-U", "evobot", "--auth=trust", "-E", "UTF8", "--locale=C", "-N")

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='' {self._settings}"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, how: str = "fast") -> None:
        """`immediate`: as if it were killed."""
        self._run("pg_ctl", "-w", "-m", how, "stop")

    def url(self, database: str) -> str:
        return f"postgresql://evobot@/{database}?host={self.folder}"

    def run(self, program: str, *arguments: str, given: bytes = b"") -> bytes:
        """One of PostgreSQL's own programs."""
        asked = [self._bin / program, *arguments]
        return subprocess.run(asked, check=True, stdout=subprocess.PIPE, input=given).stdout

    def say(self, sql: str, database: str = "postgres") -> str:
        asked = [self._bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, self.url(database)]
        return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()

    def empty(self) -> Postgres:
        """A new database with nothing in it."""
        self._made += 1
        self.say(f"CREATE DATABASE test_{self._made}")
        return Postgres(self.url(f"test_{self._made}"))

    def fresh(self) -> Postgres:
        """A database with our tables as they are at first. It is the same one each time: made anew it takes longer."""
        place, tables = self._used
        with psycopg.connect(place.url, autocommit=True) as there:
            there.execute("SET session_replication_role = replica")  # without triggers
            for table in tables:
                there.execute(f"DELETE FROM {table}")  # type: ignore[call-overload]  # psycopg wants SQL that nobody has put together
            there.execute(_FIRST_ROWS)
        return place

    @contextmanager
    def away(self, place: Postgres) -> Iterator[None]:
        """Nobody is connected to that database, and nobody can be."""
        name = psycopg.conninfo.conninfo_to_dict(place.url)["dbname"]
        self.say(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            self.say(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            yield
        finally:
            self.say(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    @cached_property
    def _used(self) -> tuple[Postgres, list[str]]:
        place = self.empty()
        open_store(place).close()
        with psycopg.connect(place.url) as there:
            return place, [name for (name,) in there.execute(_TABLES)]

    def _run(self, program: str, *arguments: str) -> None:
        user = NOBODY if os.geteuid() == 0 else None
        subprocess.run(
            [self._bin / program, "-D", self.folder / "data", *arguments], check=True, user=user, cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip


@contextmanager
def serving(settings: str = FAST) -> Iterator[Server]:
    bin_ = programs()
    assert bin_ is not None
    with tempfile.TemporaryDirectory(prefix="evobot-pg-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        server = Server(folder, bin_, settings)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
