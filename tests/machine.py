"""A machine on which the bot is installed: a folder in the place of /, systemd and its like played by lines of shell.

What is typed there is what an operator types. The bot, the console program and the files are the real ones, and so are
the stand-ins on the other side.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.evo import EvoStandIn
from sandbox.slack import SlackStandIn
from sandbox.stage import free_port

ROOT = Path(__file__).parent.parent
MAPPED = re.compile(r"(?<![\w.}])/(?=(?:etc|var|usr/local|run|srv)/)")

# A program of the system → what it does here. $ROOT is the folder in the place of /.
SYSTEM = {
    "systemctl": """
        case "$1 $*" in
        start*|restart*|enable*--now*)
            case "$*" in
            *.timer) test -e "$ROOT/etc/systemd/system/${3:-$2}"; exit;;
            *-backup.service)
                mkdir -p "$ROOT/var/lib/evobot/backups"
                cd "$ROOT/etc/evobot"
                sed -n 's/^ExecStart[a-zA-Z]*=//p' "$ROOT/etc/systemd/system/$2" \\
                    | sed "s|/var/lib|$ROOT/var/lib|g; s|/usr/local|$ROOT/usr/local|g; s|%%|%|g" | bash -eu
                exit;;
            esac
            [ "$1" = restart ] && "$0" stop evobot
            cd "$ROOT/etc/evobot"
            setsid "$ROOT/usr/local/lib/evobot/.venv/bin/evobot" run >>"$ROOT/log" 2>&1 </dev/null &
            echo $! >"$ROOT/pid"
            until curl -s -o "$ROOT/ready" -w '%{http_code}' "$URL/readyz" | grep -q 200; do
                kill -0 "$(cat "$ROOT/pid")" || { cat "$ROOT/log"; exit 1; }
                sleep 0.05
            done;;
        stop*)
            pid=$(cat "$ROOT/pid" 2>/dev/null) && kill "$pid" 2>/dev/null && tail -s 0.05 --pid="$pid" -f /dev/null
            rm -f "$ROOT/pid";;
        daemon-reload*|reload*|status*) ;;
        *) echo "systemctl $* is not known here"; exit 1;;
        esac
    """,
    "nginx": 'test -e "$ROOT/etc/nginx/conf.d/evobot.conf"',
    "docker": 'for word; do case "$word" in deploy/*) test -e "$word" || exit 1;; esac; done',
    "journalctl": 'cat "$ROOT/log"',
    "runuser": 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    "useradd": "",
    "git": 'case "$1" in clone) mkdir -p "$3"; for each in "$REPOSITORY"/*; do ln -sfn "$each" "$3/"; done;; esac',
    "make": "",
    "install": """
        words=""
        for word; do case "$last" in -g|-o) last=""; continue;; esac
            case "$word" in -g|-o) last="$word";; *) words="$words $word"; last="";; esac; done
        exec /usr/bin/install $words
    """,
    "editor": 'cp "$ROOT/filled-in" "$1"',
}


@dataclass(frozen=True)
class Machine:
    root: Path
    evo: EvoStandIn
    slack: SlackStandIn
    environment: dict[str, str]

    def path(self, name: str) -> Path:
        """Where a file of this machine is."""
        return self.root / name.removeprefix("/")

    async def types(self, lines: str) -> tuple[int, str]:
        """Exit code and everything said. Stops at the first command that fails."""
        shell = await asyncio.create_subprocess_exec(
            "bash", "-euo", "pipefail", "-c", self._mapped(lines), cwd=self.root, env=self.environment,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await shell.communicate()
        assert shell.returncode is not None
        return shell.returncode, said.decode()

    def _mapped(self, text: str) -> str:
        text = text.replace("http://127.0.0.1:3000", self.environment["URL"])
        return MAPPED.sub(f"{self.root}/", text)

    def furnish(self) -> None:
        """As after the installation, but for the bot's start."""
        console = self.path("/usr/local/lib/evobot/.venv/bin/evobot")
        folders = (
            "/etc/evobot",
            "/etc/nginx/conf.d",
            "/etc/systemd/system",
            "/var/lib/evobot",
            "/usr/local/bin",
            "/bin",
        )
        for folder in folders:
            self.path(folder).mkdir(parents=True, exist_ok=True)
        console.parent.mkdir(parents=True)
        self.path("/usr/local/lib/evobot/deploy").symlink_to(ROOT / "deploy")
        self._write(console, f'exec {sys.executable} -m bot "$@"')
        self._write(self.path("/bin/evobot"), self._mapped((ROOT / "deploy/evobot").read_text(encoding="utf-8")))
        for name, lines in SYSTEM.items():
            self._write(self.path(f"/bin/{name}"), lines)
        settings = self._mapped((ROOT / "deploy/evobot.env").read_text(encoding="utf-8"))
        given = {
            "SLACK_BOT_TOKEN": "xoxb-standin-bot",
            "SLACK_APP_TOKEN": "xapp-standin-app",
            "SLACK_API_URL": self.slack.api_url,
            "EVO_BASE_URL": self.evo.url,
            "EVO_USERNAME": "bot@example.com",
            "EVO_PASSWORD": "correct-horse",
            "EVOBOT_PORT": self.environment["URL"].rpartition(":")[2],
            "EVOBOT_POLL_SECONDS": "0.1",
            "EVOBOT_SETTLE_SECONDS": "0.5",
        }
        rest = [line for line in settings.splitlines() if line.partition("=")[0] not in given]
        filled = "\n".join([*rest, *(f"{name}={value}" for name, value in given.items())])
        for place in (self.path("/filled-in"), self.path("/etc/evobot/.env")):
            place.write_text(filled, encoding="utf-8")
            place.chmod(0o600)

    def _write(self, path: Path, lines: str) -> None:
        path.write_text(lines if lines.startswith("#!") else f"#!/bin/bash\n{lines}\n", encoding="utf-8")
        path.chmod(0o755)


@asynccontextmanager
async def machine(root: Path) -> AsyncIterator[Machine]:
    async with EvoStandIn() as evo, SlackStandIn() as slack:
        slack.limits.set("off")
        environment = {
            "PATH": os.pathsep.join([str(root / "bin"), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], str(ROOT)]),
            "ROOT": str(root),
            "REPOSITORY": str(ROOT),
            "EDITOR": "editor",
            "PREVIOUS": "v0.1.0",
            "URL": f"http://127.0.0.1:{free_port()}",
        }
        there = Machine(root, evo, slack, environment)
        there.furnish()
        try:
            yield there
        finally:
            if (root / "pid").exists():
                os.kill(int((root / "pid").read_text(encoding="utf-8")), signal.SIGKILL)
