"""What an operator installs is sound: units, proxies and container, looked at by the programs that use them."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest

from bot.console.common import EXIT_REFUSED, EXIT_SETTINGS, EXIT_STORE
from bot.intake.server import IDLE_SECONDS
from bot.intake.wire import MAX_BODY
from sandbox.evo import EvoStandIn
from sandbox.slack import SlackStandIn
from sandbox.slack.seeds import ANNA, SUPPORT
from sandbox.stage import free_port
from tests.bot.test_main import Sides, running
from tests.helpers import until

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted(path.name for path in DEPLOY.iterdir() if path.suffix in {".service", ".timer"})
SERVICES = [name for name in UNITS if name.endswith(".service")]
EXPOSED = 2.0  # of 10, by systemd's own count

systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


# systemd


@systemd
def test_the_units_are_understood_by_systemd(tmp_path: Path) -> None:
    console = tmp_path / "lib/.venv/bin/evobot"
    console.parent.mkdir(parents=True)
    shutil.copy(DEPLOY / "evobot", console)
    for name in UNITS:
        (tmp_path / name).write_text(text(name).replace("/usr/local/lib/evobot", f"{tmp_path}/lib"), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", *(str(tmp_path / name) for name in UNITS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (
        done.returncode,
        [line for line in done.stderr.splitlines() if str(tmp_path) in line or "evobot" in line],
    ) == (0, [])


@systemd
@pytest.mark.parametrize("name", SERVICES)
def test_the_services_may_do_little(name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSED * 10:.0f}", str(DEPLOY / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def settings_of(name: str) -> dict[str, str]:
    """Of one that is given several times, the last."""
    return dict(re.findall(r"^([A-Z]\w+)=(.*)$", text(name), re.MULTILINE))


@pytest.mark.parametrize("name", SERVICES)
def test_the_services_are_not_root_and_write_to_their_own_folder_only(name: str) -> None:
    needed = {"User": "evobot", "ProtectSystem": "strict", "ProtectHome": "yes", "UMask": "0077"}
    needed |= {"StateDirectoryMode": "0700", "NoNewPrivileges": "yes", "CapabilityBoundingSet": ""}
    found = settings_of(name)
    assert {each: found.get(each) for each in needed} == needed
    assert [each for each in found if each in {"ReadWritePaths", "BindPaths", "ExecStartPre"}] == []


def test_a_bot_that_hangs_is_started_again_and_one_that_cannot_be_helped_so_is_not() -> None:
    found = settings_of("evobot.service")
    needed = {"Type": "notify", "NotifyAccess": "main", "WatchdogSec": "60", "Restart": "always"}
    assert {each: found.get(each) for each in needed} == needed
    assert found["RestartPreventExitStatus"] == f"{EXIT_SETTINGS} {EXIT_STORE} {EXIT_REFUSED}"


def test_the_nightly_copy_lets_old_ones_go_and_nothing_else(tmp_path: Path) -> None:
    """`find` itself, on copies of each age."""
    for name, days in {"today.db": 0, "two-weeks.db": 13.5, "older.db": 14.5, "older.txt": 20}.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - days * 86400,) * 2)
    command = settings_of("evobot-backup.service")["ExecStartPost"].replace("/var/lib/evobot/backups", str(tmp_path))
    subprocess.run(shlex.split(command), check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["older.txt", "today.db", "two-weeks.db"]


# The console program for root


def typed(folder: Path, *, at_a_terminal: bool) -> str:
    """What the shipped line of shell runs, with a system that only repeats it."""
    (folder / "runuser").write_text('#!/bin/sh\necho "$@"\n')
    (folder / "evobot").write_text(text("evobot").replace("cd /etc/evobot", f"cd {folder}"))
    for each in ("runuser", "evobot"):
        (folder / each).chmod(0o755)
    near, far = os.openpty()
    end = far if at_a_terminal else subprocess.PIPE
    environment = {"PATH": f"{folder}:{os.environ['PATH']}"}
    with subprocess.Popen(
        [folder / "evobot", "forget", "x y"], stdin=far, stdout=end, stderr=far, env=environment
    ) as shell:  # fmt: skip
        said = os.read(near, 1000) if at_a_terminal else shell.communicate()[0]
    os.close(near)
    os.close(far)
    return said.decode().strip()


@pytest.mark.parametrize(("at_a_terminal", "own"), [(True, " --pty"), (False, "")])
def test_who_asks_and_answers_at_roots_terminal_cannot_type_there(
    tmp_path: Path, at_a_terminal: bool, own: str
) -> None:
    """The bot's user may be somebody else's by then; and what goes into a file must stay as it is."""
    said = typed(tmp_path, at_a_terminal=at_a_terminal)
    assert said == f"{own} -u evobot -- /usr/local/lib/evobot/.venv/bin/evobot forget x y".strip()


# Proxies


def nginx_for(bot: str, front: str, folder: Path) -> list[str]:
    """The shipped server on this machine, without its certificates."""
    server = text("nginx.conf").replace("127.0.0.1:3000", bot)
    server = re.sub(r"listen .*;", f"listen {front};", re.sub(r"\n +ssl_.*", "", server))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
        f"fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n{server}}}\n"
    )
    return ["nginx", "-e", f"{folder}/error.log", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy_for(bot: str, front: str, folder: Path) -> list[str]:
    """Likewise."""
    server = text("Caddyfile").replace("127.0.0.1:3000", bot).replace("evobot.example.com {", f"http://{front} {{")
    (folder / "Caddyfile").write_text(f"{{\n admin off\n auto_https off\n}}\n{server}")
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


# What each answers by itself, and how it refuses what it does not let through.
PROXIES = {"nginx": (nginx_for, 403), "caddy": (caddy_for, 404)}


@asynccontextmanager
async def proxy_before(bot: str, name: str, folder: Path) -> AsyncIterator[str]:
    front = f"127.0.0.1:{free_port()}"
    process = await asyncio.create_subprocess_exec(
        *PROXIES[name][0](bot.removeprefix("http://"), front, folder),
        env={**os.environ, "HOME": str(folder)}, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"http://{front}"
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize("name", PROXIES)
async def test_a_proxy_lets_events_and_the_pages_of_an_installation_through_and_nothing_else(
    name: str, tmp_path: Path
) -> None:
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    async with (
        EvoStandIn() as evo,
        SlackStandIn() as slack,
        running(tmp_path, Sides(evo, slack).environment()) as bot,
        proxy_before(bot.url, name, tmp_path) as front,
        aiohttp.ClientSession() as client,
    ):

        async def answered(method: str, path: str, body: bytes = b"") -> int:
            async with client.request(method, front + path, data=BytesIO(body)) as answer:
                return answer.status

        await bot.says("/readyz", (200, "ready\n"))
        await until(lambda: _listens(front), name)
        slack.configure(events_url=f"{front}/slack/events")
        assert (await slack.slash(ANNA, SUPPORT, "/session", "help")).outcome == "acked"
        too_much = await answered("POST", "/slack/events", b"x" * (MAX_BODY + 1))
        assert too_much in {413, 502}  # Caddy may still be reading when the bot hangs up
        assert [
            await answered("POST", "/slack/events"),
            await answered("GET", "/slack/events"),
            await answered("POST", "/slack/events/../../readyz"),
            *[await answered("GET", path) for path in ("/", "/healthz", "/readyz", "/metrics")],
        ] == [401, PROXIES[name][1], 404, 404, 404, 404, 404]
        for page in ("/slack/install", "/slack/oauth_redirect?code=1"):  # of several workspaces: of one it has none
            async with client.get(front + page) as answer:
                assert (answer.status, await answer.text()) == (404, "")
            assert await answered("POST", page) == PROXIES[name][1]


async def _listens(front: str) -> bool:
    host, port = front.removeprefix("http://").split(":")
    try:
        _, way = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    way.close()
    return True


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_proxies_let_go_of_a_connection_sooner_than_the_bot(name: str) -> None:
    found = {int(seconds) for seconds in re.findall(r"\bkeepalive(?:_timeout)? (\d+)s", text(name))}
    assert max(found) < IDLE_SECONDS  # and there is one


# The container


def steps() -> Iterator[tuple[str, str]]:
    for line in re.sub(r"\\\n", " ", text("Containerfile")).splitlines():
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, rest


def test_what_the_container_copies_is_there_and_none_of_it_is_secret() -> None:
    copied = [
        source for word, rest in steps() if word == "COPY" and "--from" not in rest for source in rest.split()[:-1]
    ]
    assert sorted(copied) == ["README.md", "bot", "handlers", "pyproject.toml", "requirements.txt", "sandbox"]
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert re.findall(r"TOKEN|SECRET|PASSWORD", text("Containerfile")) == []


def test_the_container_runs_programs_and_no_shell_and_not_as_root() -> None:
    run = [rest for word, rest in steps() if word in {"RUN", "CMD", "ENTRYPOINT"}]
    assert [rest for rest in run if not rest.startswith("[")] == []
    after_build = list(steps())[[word for word, _ in steps()].index("USER") :]
    assert after_build[0] == ("USER", "evobot")
    assert [word for word, _ in after_build if word in {"RUN", "COPY"}] == []


def test_the_container_installs_what_is_pinned_by_hash() -> None:
    (install,) = [rest for word, rest in steps() if word == "RUN" and "requirements.txt" in rest]
    assert '"--require-hashes"' in install
