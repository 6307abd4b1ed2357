"""The page's server: who may ask, what may be asked for, and what is handed on to the stand-ins."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.evo import EvoDriver, EvoStandIn
from sandbox.slack import Settings, SlackStandIn
from sandbox.slack.driver import SlackDriver
from sandbox.slack.seeds import ANNA, SUPPORT
from sandbox.workbench import Feed, watch, wire
from sandbox.workbench.doors import EVO_VERBS, SLACK_VERBS, Door, PlayDoor, Surface
from sandbox.workbench.server import Server
from tests.helpers import until
from tests.sandbox.feedreader import Page, reading

JSON = {"Content-Type": "application/json"}
SAY = {"user": ANNA, "channel": SUPPORT, "text": "hello"}


class Notes:
    """A play that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def __getattr__(self, verb: str) -> Callable[[], None]:
        return lambda: self.told.append(verb)


@dataclass
class Bench:
    url: str
    port: int
    feed: Feed
    server: Server
    slack: SlackStandIn
    evo: EvoStandIn
    play: Notes
    http: aiohttp.ClientSession

    async def do(self, what: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        given = {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = body if isinstance(body, str) else aiohttp.JsonPayload(body or {})
        async with self.http.post(f"{self.url}do/{what}", data=data, headers=given) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str, **headers: str) -> tuple[int, str, Any]:
        async with self.http.get(f"http://127.0.0.1:{self.port}{path}", headers=headers) as answer:
            return answer.status, await answer.text(), answer.headers


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("secret")
    page = tmp_path / "page"
    (page / "evo").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>Workbench</title>")
    (page / "preview.html").write_text("<!doctype html><title>Preview</title>")
    (page / "evo" / "pane.js").write_text("export {}")
    (page / "link.txt").symlink_to(tmp_path / "secret.txt")
    return page


@pytest.fixture
async def bench(folder: Path) -> AsyncIterator[Bench]:
    feed, play = Feed(), Notes()
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackStandIn(settings=Settings(time_scale=0.01)))
        evo = await stack.enter_async_context(EvoStandIn(control=True))
        doors: dict[str, Door] = {
            "slack": await stack.enter_async_context(Surface("Slack", slack.url, SLACK_VERBS)),
            "evo": await stack.enter_async_context(Surface("Evo Voice", evo.url, EVO_VERBS)),
            "play": PlayDoor(play),
        }
        slack_driver = await stack.enter_async_context(SlackDriver(slack.url))
        evo_driver = await stack.enter_async_context(EvoDriver(evo.url))
        tasks = [
            asyncio.create_task(watch.stand_in("slack", slack_driver.watch, wire.from_slack, feed)),
            asyncio.create_task(watch.stand_in("evo", evo_driver.watch, wire.from_evo, feed)),
        ]
        server = await stack.enter_async_context(Server(feed, doors, folder))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        port = int(server.url.rsplit(":", 1)[1].strip("/"))
        yield Bench(server.url, port, feed, server, slack, evo, play, http)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# Who may


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil:{port}"]
)
@pytest.mark.parametrize("path", ["/", "/feed", "/page/evo/pane.js"])
async def test_under_a_foreign_name_there_is_nothing_to_see(bench: Bench, host: str, path: str) -> None:
    status, text, _ = await bench.get(path, Host=host.format(port=bench.port))
    assert (status, "Workbench" in text) == (403, False)


async def test_under_a_foreign_name_nothing_is_done(bench: Bench) -> None:
    assert (await bench.do("slack/say", SAY, Host="evil.example"))[0] == 403
    assert bench.slack.messages(SUPPORT) == []


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
async def test_under_its_own_names_it_answers(bench: Bench, name: str) -> None:
    host = f"{name}:{bench.port}"
    assert (await bench.get("/", Host=host))[0] == 200
    assert (await bench.do("slack/say", SAY, Host=host, Origin=f"http://{host}"))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Content_Type": "multipart/form-data; boundary=x"},
    ],
)
async def test_what_another_site_can_send_is_refused(bench: Bench, headers: dict[str, str]) -> None:
    given = {name: value.format(port=bench.port) for name, value in headers.items()}
    assert (await bench.do("slack/say", SAY, **given))[0] == 403
    assert bench.slack.messages(SUPPORT) == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 200), ("GET", "/nothing", 404), ("PUT", "/", 403), ("POST", "/do/slack/say", 403)],
)
async def test_every_answer_forbids_everything_foreign(bench: Bench, method: str, path: str, status: int) -> None:
    async with bench.http.request(method, f"http://127.0.0.1:{bench.port}{path}") as answer:
        assert answer.status == status
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


# Files


async def test_files_come_with_their_type_and_are_asked_for_anew(bench: Bench) -> None:
    for path, title in (("/", "Workbench"), ("/preview", "Preview")):
        status, text, headers = await bench.get(path)
        assert (status, title in text, headers["Content-Type"]) == (200, True, "text/html; charset=utf-8")
    status, text, headers = await bench.get("/page/evo/pane.js")
    assert (status, text, headers["Content-Type"]) == (200, "export {}", "text/javascript; charset=utf-8")
    assert headers["Cache-Control"] == "no-cache"


async def test_the_page_learns_the_pictures_behind_slacks_names(bench: Bench) -> None:
    status, text, _ = await bench.get("/emoji.json")
    assert (status, json.loads(text)["wave"]) == (200, "👋")


OUTSIDE = ("../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "link.txt", "//etc/passwd", "%2fetc%2fpasswd")


@pytest.mark.parametrize("path", ["", "/", "evo", "evo/", *OUTSIDE, "evo/pane.js%00", "x" * 5000])
async def test_nothing_outside_the_folder_and_no_list_of_it(bench: Bench, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.port)
    writer.write(f"GET /page/{path} HTTP/1.1\r\nHost: 127.0.0.1:{bench.port}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    assert answer.split()[1] in {b"404", b"400"}
    assert b"secret" not in answer.partition(b"\r\n\r\n")[2]
    assert b"pane.js" not in answer.partition(b"\r\n\r\n")[2]


async def test_a_port_that_is_taken_is_replaced_by_a_free_one(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with Server(Feed(), {}, folder, port) as server:
            assert server.url.startswith("http://127.0.0.1:")
            assert str(port) not in server.url


# Gestures


async def test_a_gesture_is_done_and_its_result_handed_back(bench: Bench) -> None:
    status, body = await bench.do("slack/say", SAY)
    (message,) = bench.slack.messages(SUPPORT)
    assert (status, body) == (200, {"ok": True, "result": message["ts"]})
    assert (await bench.do("evo/fault", {"kind": "503", "operation": "SendMessage"}))[0] == 200
    assert [fault.operation for fault in bench.evo.faults()] == ["SendMessage"]


@pytest.mark.parametrize(
    ("what", "body", "status", "words"),
    [
        ("slack/submit", {"user": ANNA}, 409, "no view is open"),
        ("slack/say", {"user": ANNA}, 400, "channel"),
        ("slack/say", "[1]", 400, "one JSON object"),
        ("slack/say", "{nothing", 400, "one JSON object"),
        ("slack/configure", {"events_url": "http://127.0.0.1:1"}, 404, "configure"),
        ("slack/journal", {}, 404, "journal"),
        ("slack/watch", {}, 404, "watch"),
        ("evo/hear", {"session_id": "x", "sender": "ana@example.com", "body": "y"}, 404, "no session"),
        ("evo/fault", {"kind": "nothing"}, 400, "nothing"),
        ("evo/reset", {}, 404, "reset"),
        ("evo/seeds", {}, 404, "seeds"),
        ("play/explode", {}, 404, "explode"),
        ("play/told", {}, 404, "told"),
        ("nobody/say", {}, 404, "nobody"),
    ],
)
async def test_what_cannot_be_done_is_told_in_a_sentence(
    bench: Bench, what: str, body: Any, status: int, words: str
) -> None:
    found, answer = await bench.do(what, body)
    assert (found, answer["ok"]) == (status, False)
    assert words in answer["error"]
    assert "Error:" not in answer["error"]


async def test_a_stand_in_that_is_gone_is_told_so(bench: Bench) -> None:
    await bench.slack.stop()
    assert await bench.do("slack/say", SAY) == (502, {"ok": False, "error": "The stand-in of Slack does not answer."})


async def test_the_play_hears_what_the_page_wants(bench: Bench) -> None:
    for verb in ("start", "pause", "next", "resume", "skip"):
        assert (await bench.do(f"play/{verb}"))[0] == 200
    assert bench.play.told == ["start", "pause", "next", "resume", "skip"]


# The feed


async def test_the_page_sees_what_happens_on_both_sides_and_a_fresh_one_sees_the_same(bench: Bench) -> None:
    def both(page: Page) -> bool:
        return bool(page.collections.get("slack.messages") and page.collections.get("evo.faults"))

    async with reading(bench.url) as page:
        await bench.do("slack/say", SAY)
        await bench.do("evo/fault", {"kind": "503"})
        await until(lambda: both(page), "both changes")
        async with reading(bench.url) as fresh:
            await until(lambda: fresh.collections == page.collections, "the same in both")
        (message,) = page.collections["slack.messages"].values()
        assert (message["text"], message["channel"]) == ("hello", SUPPORT)
        await bench.do("evo/clear_faults")
        await until(lambda: page.collections["evo.faults"] == {}, "the fault is gone")
        assert page.resets == 1


async def test_requests_appear_on_the_wire_and_change_when_they_are_answered(bench: Bench) -> None:
    bench.evo.fault("slow", "ListMessages", seconds=3600)
    sign_in = {"Authorization": aiohttp.encode_basic_auth("bot@example.com", "correct-horse")}
    async with reading(bench.url) as page:
        asked = asyncio.create_task(bench.http.get(f"{bench.evo.url}/messages", headers=sign_in))

        def entries() -> list[Any]:
            return [entry for entry in page.wire.values() if entry["title"] == "GET /messages"]

        await until(lambda: [entry["open"] for entry in entries()] == [True], "the open request")
        bench.evo.advance(3601)
        await until(lambda: [entry["open"] for entry in entries()] == [False], "its answer")
        assert (entries()[0]["status"], entries()[0]["note"]) == ("200", "fault: slow")
        (await asked).close()


async def test_a_page_that_never_reads_does_not_keep_the_server_from_ending(bench: Bench) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", bench.port)
    writer.write(f"GET /feed HTTP/1.1\r\nHost: 127.0.0.1:{bench.port}\r\n\r\n".encode())
    await until(bench.feed.watched.is_set, "the reader")
    for number in range(200):
        bench.feed.update({"big": {"a": f"{number}" + "x" * 100_000}})
        await asyncio.sleep(0)
    async with reading(bench.url) as page:
        async with asyncio.timeout(30):
            await bench.server.__aexit__(None, None, None)
        await until(lambda: page.ended, "the end of the other page's stream")
    writer.close()


async def test_a_stand_in_that_comes_back_is_followed_again() -> None:
    answers: list[Any] = [
        {"revision": 1, "collections": {"rooms": {"a": 1}}, "journal": []},
        RuntimeError("gone"),
        {"revision": 1, "collections": {"rooms": {"b": 1}}, "journal": []},
    ]
    asked: list[int] = []

    async def slow(*, revision: int, journal: int, seconds: float) -> Any:
        asked.append(revision)
        if not answers:
            await asyncio.Event().wait()
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    feed = Feed()
    task = asyncio.create_task(watch.stand_in("slack", slow, wire.from_slack, feed))
    await until(lambda: '"b"' in feed.whole(), "what there is when it is back")
    assert asked[:3] == [-1, 1, -1]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


# Pictures that stand in threads


async def test_a_picture_of_a_message_is_shown_and_nothing_else_is(bench: Bench) -> None:
    """What somebody has put there as a page would be one of our own pages here."""
    content = base64.b64encode(b"<html>evil</html>").decode()
    files = [
        {"name": "a.png", "size": 20},
        {"name": "a.html", "content": content},
        {"name": "a.svg", "content": content},
    ]
    ts = await bench.slack.say(ANNA, SUPPORT, "", files=files)
    picture, page, drawing = bench.slack.message(SUPPORT, ts)["files"]
    async with bench.http.get(f"{bench.url}slack-file/{picture['id']}") as answer:
        assert (answer.status, answer.content_type, len(await answer.read())) == (200, "image/png", 20)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for other in (page["id"], drawing["id"], "F0NONE"):
        assert (await bench.get(f"/slack-file/{other}"))[0] == 404
    assert (await bench.get(f"/slack-file/{picture['id']}", Host="evil.example"))[0] == 403
