"""What docs/OPERATING.md says of PostgreSQL works, with a real server and its own programs."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

from tests.machine import SYSTEM, machine
from tests.postgres import Server, programs
from tests.test_operating import commands_of


async def test_a_file_is_moved_dumped_and_put_back(tmp_path: Path, postgres: Server) -> None:
    async with machine(tmp_path) as there:
        there.environment.update({
            "PGHOST": str(postgres.folder),
            "PGUSER": "evobot",
            "PATH": os.pathsep.join([there.environment["PATH"], str(programs())]),
        })  # fmt: skip
        played = {"/bin/apt-get": "", "/bin/createuser": "", "/usr/local/lib/evobot/.venv/bin/pip": ""}
        for name, lines in (played | {"/bin/runuser": SYSTEM["runuser"]}).items():
            there._write(there.path(name), lines)
        code, words = await there.types("systemctl start evobot\n" + commands_of("More than one machine"))
        assert code == 0, words
        assert "each compared" in words
    with closing(sqlite3.connect(there.path("/var/lib/evobot/evobot.db"))) as file:
        (made,) = file.execute("SELECT value FROM secret").fetchone()
    with closing(psycopg.connect(postgres.url("evobot_again"))) as database:
        row = database.execute("SELECT value, (SELECT count(*) FROM restored) FROM secret").fetchone()
    assert row == (made, 1)
