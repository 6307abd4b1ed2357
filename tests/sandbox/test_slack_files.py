"""Files as Slack keeps them: three steps up, one with a token down, and pages where nobody is signed in."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.slack import SlackStandIn
from sandbox.slack.errors import GestureError
from sandbox.slack.manifest import Manifest
from sandbox.slack.seeds import ANNA, ARCHIVED, RANDOM, SUPPORT
from tests.helpers import until

DATA = b"\x89PNG\r\n\x1a\n picture"
HTML = "text/html"


class App:
    """An app at Slack's door."""

    def __init__(self, slack: SlackStandIn, http: aiohttp.ClientSession) -> None:
        self.slack = slack
        self.http = http
        self.login = {"Authorization": f"Bearer {slack.settings.bot_token}"}

    async def call(self, method: str, **args: Any) -> dict[str, Any]:
        async with self.http.post(f"{self.slack.api_url}{method}", data=args, headers=self.login) as answer:
            return dict(await answer.json())

    async def place(self, data: bytes = DATA) -> dict[str, Any]:
        return await self.call("files.getUploadURLExternal", filename="a.png", length=str(len(data)))

    async def put(self, url: str, data: Any = DATA) -> int:
        async with self.http.post(url, data=data) as answer:
            return answer.status

    async def complete(self, file_id: str, **more: str) -> dict[str, Any]:
        files = json.dumps([{"id": file_id, "title": "A picture"}])
        return await self.call("files.completeUploadExternal", files=files, **more)

    async def get(self, url: str, **headers: str) -> tuple[int, str, bytes]:
        async with self.http.get(url, headers=headers or self.login) as answer:
            return answer.status, answer.content_type, await answer.read()


@pytest.fixture
async def app() -> AsyncIterator[App]:
    async with SlackStandIn() as slack, aiohttp.ClientSession() as http:
        yield App(slack, http)


async def test_a_file_goes_up_in_three_steps_and_stands_in_its_thread(app: App) -> None:
    root = await app.slack.say(ANNA, SUPPORT, "a card")
    place = await app.place()
    assert await app.put(place["upload_url"]) == 200
    done = await app.complete(place["file_id"], channel_id=SUPPORT, thread_ts=root)
    assert done == {"ok": True, "files": [{"id": place["file_id"], "title": "A picture"}]}
    await until(lambda: len(app.slack.messages(SUPPORT, root)) == 2, "the message, a moment later")
    message = app.slack.messages(SUPPORT, root)[1]
    (file,) = message["files"]
    assert (message["subtype"], message["text"], message["user"]) == ("file_share", "", app.slack.world.seed.bot_user)
    assert "metadata" not in message
    assert (file["title"], file["name"], file["mimetype"], file["size"]) == ("A picture", "a.png", "image/png", 16)
    assert await app.get(file["url_private"]) == (200, "image/png", DATA)


async def test_a_form_is_taken_as_well(app: App) -> None:
    place = await app.place()
    form = aiohttp.FormData()
    form.add_field("file", DATA, filename="a.png")
    assert await app.put(place["upload_url"], form) == 200
    assert (await app.complete(place["file_id"]))["ok"]


async def test_an_upload_is_completed_once_and_only_when_it_is_there(app: App) -> None:
    place = await app.place()
    assert (await app.complete(place["file_id"]))["error"] == "file_not_found"
    assert await app.put(place["upload_url"], DATA + b"more than was said") == 400
    assert await app.put(place["upload_url"]) == 200
    assert (await app.complete(place["file_id"]))["ok"]
    assert (await app.complete(place["file_id"]))["error"] == "file_not_found"
    assert await app.put(app.slack.url + "/upload/v1/nobody") == 404


@pytest.mark.parametrize(
    ("method", "args", "error"),
    [
        ("files.getUploadURLExternal", {"filename": "a.png"}, "invalid_arguments"),
        ("files.getUploadURLExternal", {"length": "3"}, "invalid_arguments"),
        ("files.getUploadURLExternal", {"filename": "a.png", "length": "0"}, "invalid_arguments"),
        ("files.getUploadURLExternal", {"filename": "a.png", "length": "many"}, "invalid_arguments"),
        ("files.completeUploadExternal", {}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": "[]"}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": '["F1"]'}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": '[{"id":"F1"}]'}, "file_not_found"),
        ("files.completeUploadExternal", {"files": '[{"id":"F1"}]', "channel_id": "C0"}, "channel_not_found"),
        ("files.completeUploadExternal", {"files": '[{"id":"F1"}]', "channel_id": RANDOM}, "not_in_channel"),
        ("files.completeUploadExternal", {"files": '[{"id":"F1"}]', "channel_id": ARCHIVED}, "is_archived"),
        ("files.completeUploadExternal", {"files": '[{"id":"F1"}]', "channel_id": SUPPORT, "thread_ts": "1.000000"},
         "thread_not_found"),
        ("files.info", {"file": "F1"}, "file_not_found"),
    ],
)  # fmt: skip
async def test_refusals_have_slacks_codes(app: App, method: str, args: dict[str, str], error: str) -> None:
    assert (await app.call(method, **args))["error"] == error


async def test_uploads_read_forms_only(app: App) -> None:
    where = f"{app.slack.api_url}files.getUploadURLExternal"
    async with app.http.post(where, json={"filename": "a", "length": 1}, headers=app.login) as answer:
        assert (await answer.json())["error"] == "invalid_arguments"


async def test_scopes_are_asked_for(app: App) -> None:
    (file,) = app.slack.message(SUPPORT, await app.slack.say(ANNA, SUPPORT, "", files=[{"name": "a.pdf"}]))["files"]
    app.slack.settings.manifest = Manifest.of({"oauth_config": {"scopes": {"bot": ["chat:write"]}}})
    assert (await app.place())["error"] == "missing_scope"
    assert (await app.call("files.info", file=file["id"]))["error"] == "missing_scope"
    assert (await app.get(file["url_private"]))[:2] == (200, HTML)


async def test_what_people_bring_can_be_read_with_the_token_only(app: App) -> None:
    content = base64.b64encode(b"%PDF-1.7 mine").decode()
    ts = await app.slack.say(
        ANNA, SUPPORT, "see", files=[{"name": "a.pdf", "content": content}, {"name": "b.png", "size": 99}]
    )
    mine, made_up = app.slack.message(SUPPORT, ts)["files"]
    assert "content" not in mine
    assert await app.get(mine["url_private_download"]) == (200, "application/pdf", b"%PDF-1.7 mine")
    status, kind, data = await app.get(made_up["url_private"])
    assert (status, kind, len(data), data[:4]) == (200, "image/png", 99, b"\x89PNG")
    assert (await app.get(mine["url_private"], Authorization="Bearer xoxb-other"))[:2] == (200, HTML)
    assert (await app.get(f"{app.slack.url}/files-pri/T0-F0NONE/x"))[:2] == (404, HTML)
    assert app.slack.file_content(mine["id"]) == {"name": "a.pdf", "type": "application/pdf", "content": content}
    with pytest.raises(GestureError):
        app.slack.file_content("F0NONE")


async def test_what_is_gone_or_only_hinted_at_says_little(app: App) -> None:
    gone = {"id": "F1", "name": "a.pdf", "mode": "tombstone"}
    hinted = {"id": "F2", "name": "b.pdf", "file_access": "check_file_info"}
    message = app.slack.message(SUPPORT, await app.slack.say(ANNA, SUPPORT, "", files=[gone, hinted]))
    created = int(app.slack.clock.now())
    assert message["files"][0] == {"id": "F1", "mode": "tombstone"}
    assert set(message["files"][1]) == {"id", "created", "file_access"}
    assert abs(message["files"][1]["created"] - created) < 60
    told = (await app.call("files.info", file="F2"))["file"]
    assert (told["name"], told["file_access"]) == ("b.pdf", "visible")
    assert (await app.get(told["url_private"]))[0] == 200


@pytest.mark.parametrize(("fault", "kept"), [("http_500", False), ("http_503_after", True), ("slow", True)])
async def test_uploads_go_wrong_on_purpose(app: App, fault: str, kept: bool) -> None:
    place = await app.place()
    app.slack.faults.order("files.upload", fault, seconds=0.01)
    await app.put(place["upload_url"])
    assert (await app.complete(place["file_id"]))["ok"] is kept
    assert app.slack.journal.calls("files.upload")[0]["fault"] == fault


@pytest.mark.parametrize(("fault", "kept"), [("cut_before", False), ("cut_after", True)])
async def test_uploads_can_be_cut(app: App, fault: str, kept: bool) -> None:
    place = await app.place()
    app.slack.faults.order("files.upload", fault)
    with pytest.raises(aiohttp.ClientError):
        await app.put(place["upload_url"])
    assert (await app.complete(place["file_id"]))["ok"] is kept


async def test_downloads_go_wrong_on_purpose(app: App) -> None:
    (file,) = app.slack.message(SUPPORT, await app.slack.say(ANNA, SUPPORT, "", files=[{"name": "a.pdf"}]))["files"]
    app.slack.faults.order("files.download", "http_503")
    app.slack.faults.order("files.download", "sign_in_page")
    assert (await app.get(file["url_private"]))[0] == 503
    assert (await app.get(file["url_private"]))[:2] == (200, HTML)
    assert (await app.get(file["url_private"]))[:2] == (200, "application/pdf")


async def test_a_program_takes_the_manifests_scopes(app: App) -> None:
    app.slack.settings.use_manifest(Path("manifest.yml"))
    assert (await app.place())["ok"]
