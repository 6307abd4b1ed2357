"""What comes from others: few packages, each for a reason, pinned by hash, and looked up among the known bad ones."""

from __future__ import annotations

import ast
import asyncio
import json
import re
import sys
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests import advisories

ROOT = Path(__file__).parent.parent
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
LOCKS = ("requirements.txt", "requirements-dev.txt")
MOST = 12
# How a package is imported where that is not its own name, and what comes with one that was chosen.
IMPORTED_AS = {
    "dotenv": "python-dotenv",
    "httpcore": "httpx",
    "pydantic-core": "pydantic",
    "yaml": "pyyaml",
    "yarl": "aiohttp",
}
USED_BY_ANOTHER = {"httptools"}  # by uvicorn, for the class that the HTTP door builds on


def direct() -> set[str]:
    wanted = tomllib.loads(PYPROJECT)["project"]["dependencies"]
    return {re.split(r"[>=;\[ ]", each)[0] for each in wanted}


def extra(name: str) -> set[str]:
    wanted = tomllib.loads(PYPROJECT)["project"]["optional-dependencies"][name]
    return {re.split(r"[>=;\[ ]", each)[0] for each in wanted}


# Few, and each for a reason


def test_there_are_few() -> None:
    assert len(direct()) <= MOST


def test_each_says_why_it_is_there() -> None:
    block = re.search(r"^dependencies = \[\n(.*?)^\]", PYPROJECT, re.MULTILINE | re.DOTALL)
    assert block
    assert [line for line in block[1].splitlines() if not re.search(r'",\s+# \w', line)] == []


def test_the_table_in_the_architecture_names_them_all_and_no_other() -> None:
    section = (
        (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("\n## Dependencies\n")[2].partition("\n## ")[0]
    )
    rows = re.findall(r"^\| `([\w-]+)` \| (.+) \|$", section, re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(direct())
    assert [name for name, why in rows if len(why) < 10] == []


def test_what_is_imported_was_chosen_and_what_was_chosen_is_imported() -> None:
    """What comes with another package may go with it. What only the stand-ins use is not for the bot to carry, nor is
    PostgreSQL where the database is a file.
    """
    bots, all_ = imported("bot", "handlers"), imported("bot", "handlers", "sandbox")
    assert sorted(bots - direct()) == sorted(extra("postgres"))
    assert sorted(all_ - direct() - extra("postgres")) == sorted(extra("demo"))
    assert sorted(direct() - bots - USED_BY_ANOTHER) == []


def imported(*folders: str) -> set[str]:
    found = set()
    for folder in folders:
        for file in (ROOT / folder).rglob("*.py"):
            found |= {name.partition(".")[0] for name in _imports(ast.parse(file.read_text(encoding="utf-8")))}
    others = found - sys.stdlib_module_names - {"bot", "handlers", "sandbox"}
    return {IMPORTED_AS.get(name, name) for name in (each.replace("_", "-") for each in others)}


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


# Pinned


def pins(lock: str) -> dict[str, str]:
    """Each package's version; a line that is no pin fails."""
    found = {}
    for entry in re.split(r"\n(?! )", _without_comments(lock)):
        name, _, rest = entry.partition("==")
        assert re.fullmatch(r"\S+(?: ; [^\\\n]+)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+", rest.strip()), entry[:80]
        found[name] = rest.split()[0]
    return found


def _without_comments(lock: str) -> str:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_is_pinned_by_hash_and_no_place_is_named(lock: str) -> None:
    found = pins(lock)
    assert direct() <= set(found)
    assert re.findall(r"https?:|file:|--(?!hash=)\S*|@", _without_comments(lock)) == []


def test_what_is_tested_is_what_runs() -> None:
    run, dev = map(pins, LOCKS)
    assert run.items() <= dev.items()


def test_a_pin_without_a_hash_would_be_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("idna==3.20\n")
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    with pytest.raises(AssertionError, match="idna"):
        pins("lock")


# Looked up among what is known to be vulnerable

LOCK = f"idna==3.20 \\\n    --hash=sha256:{'0' * 64}\nyarl==1.25.1 \\\n    --hash=sha256:{'1' * 64}\n"
ADVISORY = {
    "id": "PYSEC-2026-1",
    "aliases": ["CVE-2026-1"],
    "summary": "anybody may read anything",
    "affected": [
        {
            "package": {"name": "idna", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.21"}]}],
        }
    ],
}
Answer = Callable[[dict[str, Any]], Awaitable[web.Response]]


@asynccontextmanager
async def osv(answer: Answer) -> AsyncIterator[str]:
    """A stand-in for the service."""

    async def handle(request: web.Request) -> web.Response:
        return await answer(json.loads(await request.text()))

    app = web.Application()
    app.router.add_post("/v1/query", handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1/query"
    finally:
        await runner.cleanup()


def answering(*, idna: Any, others: Any = None) -> Answer:
    async def answer(asked: dict[str, Any]) -> web.Response:
        body = idna if asked["package"]["name"] == "idna" else others or {}
        return body if isinstance(body, web.Response) else web.json_response(body)

    return answer


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    path = tmp_path / "requirements.txt"
    path.write_text(LOCK, encoding="utf-8")
    return path


async def judged(lock: Path, answer: Answer, seconds: float = 60.0) -> int:
    async with osv(answer) as url:
        return await asyncio.to_thread(advisories.main, lock, url, seconds)


NONE = "Known vulnerabilities: none in 2 pinned packages."
SKIPPED = "Known vulnerabilities: not looked up ("


@pytest.mark.parametrize("known", [{}, {"vulns": []}, {"vulns": [{**ADVISORY, "withdrawn": "2026-01-01T00:00:00Z"}]}])
async def test_nothing_is_known(lock: Path, capsys: pytest.CaptureFixture[str], known: dict[str, Any]) -> None:
    assert (await judged(lock, answering(idna=known)), capsys.readouterr().out.strip()) == (0, NONE)


async def test_a_vulnerable_version_fails_the_check(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = await judged(lock, answering(idna={"vulns": [ADVISORY]}))
    said = capsys.readouterr().out.strip()
    assert (code, said) == (1, "idna 3.20 is vulnerable: PYSEC-2026-1, CVE-2026-1. Mended in 3.21.")


@pytest.mark.parametrize(
    "nonsense",
    [
        lambda: web.Response(text="<html>Welcome to the hotel network</html>"),
        lambda: web.Response(status=503),
        lambda: web.Response(status=204),
        lambda: {"vulns": 5},
        lambda: {"vulns": [{"id": None}]},
        lambda: ["vulns"],
    ],
)
async def test_nonsense_is_no_finding(
    lock: Path, capsys: pytest.CaptureFixture[str], nonsense: Callable[[], Any]
) -> None:
    code = await judged(lock, answering(idna=nonsense()))
    said = capsys.readouterr().out.strip()
    assert (code, said.startswith((SKIPPED, NONE)), said.count("\n")) == (0, True, 0), said


async def test_who_does_not_answer_is_not_waited_for(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    over = asyncio.Event()

    async def silent(asked: dict[str, Any]) -> web.Response:
        await over.wait()
        return web.Response()

    async with osv(silent) as url:
        code = await asyncio.to_thread(advisories.main, lock, url, 3.0)
        over.set()
    assert (code, capsys.readouterr().out.startswith(SKIPPED), advisories.SECONDS <= 20) == (0, True, True)


def test_without_a_network_one_line_says_so(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = advisories.main(lock, "http://127.0.0.1:9/v1/query")
    said = capsys.readouterr().out.strip()
    assert (code, said.startswith(f"{SKIPPED}ConnectionError)"), said.count("\n")) == (0, True, 0), said


async def test_every_package_that_runs_is_looked_up(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked: dict[str, str] = {}

    async def noted(question: dict[str, Any]) -> web.Response:
        asked[question["package"]["name"]] = question["version"]
        return web.json_response({})

    assert await judged(advisories.LOCK, noted) == 0
    assert asked == pins("requirements.txt")
    assert capsys.readouterr().out.strip() == f"Known vulnerabilities: none in {len(asked)} pinned packages."


def test_a_pin_without_a_hash_is_no_matter_of_the_network(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock.write_text("idna==3.20\n", encoding="utf-8")
    assert advisories.main(lock, "http://127.0.0.1:9/v1/query") == advisories.MISUSED
    assert "idna==3.20 does not contain a hash" in capsys.readouterr().out
