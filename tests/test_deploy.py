"""What an operator installs is sound: units, proxies and container, looked at by the programs that use them."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest

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
nginx = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")


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


# Proxies


@asynccontextmanager
async def nginx_before(bot: str, folder: Path) -> AsyncIterator[str]:
    """The shipped server on this machine, without its certificates."""
    port = free_port()
    server = text("nginx.conf").replace("127.0.0.1:3000", bot.removeprefix("http://"))
    server = re.sub(r"listen .*;", f"listen 127.0.0.1:{port};", re.sub(r"\n +ssl_.*", "", server))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
        f"fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n{server}}}\n"
    )
    process = await asyncio.create_subprocess_exec(
        "nginx", "-e", f"{folder}/error.log", "-p", str(folder), "-c", str(folder / "nginx.conf")
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


@nginx
async def test_nginx_lets_events_and_the_pages_of_an_installation_through_and_nothing_else(tmp_path: Path) -> None:
    async with (
        EvoStandIn() as evo,
        SlackStandIn() as slack,
        running(tmp_path, Sides(evo, slack).environment()) as bot,
        nginx_before(bot.url, tmp_path) as front,
        aiohttp.ClientSession() as client,
    ):

        async def answered(method: str, path: str, body: bytes = b"") -> int:
            async with client.request(method, front + path, data=BytesIO(body)) as answer:
                return answer.status

        await bot.says("/readyz", (200, "ready\n"))
        await until(lambda: _listens(front), "nginx")
        slack.configure(events_url=f"{front}/slack/events")
        assert (await slack.slash(ANNA, SUPPORT, "/session", "help")).outcome == "acked"
        assert [
            await answered("POST", "/slack/events"),
            await answered("POST", "/slack/events", b"x" * (MAX_BODY + 1)),
            await answered("GET", "/slack/events"),
            await answered("POST", "/slack/events/../../readyz"),
            *[await answered("GET", path) for path in ("/", "/healthz", "/readyz", "/metrics")],
        ] == [401, 413, 403, 404, 404, 404, 404, 404]
        for page in ("/slack/install", "/slack/oauth_redirect?code=1"):  # of several workspaces: of one it has none
            async with client.get(front + page) as answer:
                assert (answer.status, await answer.text()) == (404, "")
            assert await answered("POST", page) == 403


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
