"""Files: what is kept of each, the address that takes one up and the one that gives it out.

Source: docs reference/objects/file-object, messaging/working-with-files.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aiohttp import web

from sandbox.slack.faults import AFTER, ApiFault, Fault
from sandbox.slack.journal import Kind

if TYPE_CHECKING:
    from sandbox.slack.desk import Desk
    from sandbox.slack.world import Json

UPLOAD, DOWNLOAD = "files.upload", "files.download"
"""What faults and the journal call the two addresses; no methods of the Web API."""
OK, WRONG, UNKNOWN = 200, 400, 404
BROKEN = {Fault.HTTP_500: 500, Fault.HTTP_503: 503, Fault.HTTP_503_AFTER: 503}
GONE = frozenset({"tombstone", "hidden_by_limit"})
SIGN_IN_PAGE = b"<!DOCTYPE html><html><head><title>Slack</title></head><body>Sign in to your workspace</body></html>"
TYPES = {
    "csv": "text/csv", "gif": "image/gif", "html": "text/html", "jpeg": "image/jpeg", "jpg": "image/jpeg",
    "mp3": "audio/mpeg", "mp4": "video/mp4", "pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml",
    "txt": "text/plain", "wav": "audio/wav", "webp": "image/webp", "zip": "application/zip",
}  # fmt: skip
BEGINNINGS = {
    "application/pdf": b"%PDF-1.7\n",
    "image/gif": b"GIF89a",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/png": b"\x89PNG\r\n\x1a\n",
}


@dataclass(slots=True)
class SlackFile:
    """One file. `data` is None until it has been uploaded; `body` holds what the file object says beside that.

    `length` is what was announced; `token` opens the address it is uploaded to; `done` once its upload is completed.
    """

    id: str
    name: str
    user: str
    created: int
    data: bytes | None = None
    length: int = 0
    token: str = ""
    done: bool = False
    body: Json = field(default_factory=dict)

    def wire(self, desk: Desk) -> Json:
        """As messages carry it. Of one whose `file_access` is check_file_info only files.info tells more."""
        if self.body.get("mode") in GONE:
            return {"id": self.id, "mode": self.body["mode"]}
        if self.body.get("file_access") == "check_file_info":
            return {"id": self.id, "created": self.created, "file_access": "check_file_info"}
        return self.whole(desk)

    def whole(self, desk: Desk) -> Json:
        """Everything there is to tell."""
        ending = PurePosixPath(self.name).suffix[1:].lower()
        address = f"{desk.url}/files-pri/{desk.world.seed.team_id}-{self.id}"
        return {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.name,
            "mimetype": TYPES.get(ending, "application/octet-stream"),
            "filetype": ending,
            "pretty_type": ending.upper(),
            "user": self.user,
            "user_team": desk.world.seed.team_id,
            "editable": False,
            "size": self.length if self.data is None else len(self.data),
            "mode": "hosted",
            "is_external": False,
            "external_type": "",
            "is_public": True,
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "url_private": f"{address}/{quote(self.name)}",
            "url_private_download": f"{address}/download/{quote(self.name)}",
            **self.body,
            "file_access": "visible",
        }


class Drawer:
    """Every file of the workspace, by id."""

    def __init__(self) -> None:
        self._files: dict[str, SlackFile] = {}

    def put(self, file: SlackFile) -> SlackFile:
        """Keep one."""
        self._files[file.id] = file
        return file

    def find(self, file_id: str) -> SlackFile | None:
        """The file of this id."""
        return self._files.get(file_id)

    def by_token(self, token: str) -> SlackFile | None:
        """The file that is to be uploaded there."""
        return next((file for file in self._files.values() if token and file.token == token), None)


def announced(desk: Desk, name: str, length: int) -> SlackFile:
    """A place for a file that the app is going to upload."""
    number, token = desk.world.serial(), secrets.token_urlsafe(24)
    user, now = desk.world.seed.bot_user, int(desk.clock.now())
    return desk.drawer.put(SlackFile(f"F0UPLOAD{number:04d}", name, user, now, length=length, token=token))


def brought(desk: Desk, user: str, told: Json, content: bytes | None) -> SlackFile:
    """A file that a person puts into a message, with what is `told` about it; without content it is made up."""
    name = str(told.get("name") or "file")
    body = {key: value for key, value in told.items() if key not in {"id", "name", "created", "timestamp", "content"}}
    file_id = str(told.get("id") or f"F0PERSON{desk.world.serial():04d}")
    file = SlackFile(file_id, name, user, int(desk.clock.now()), done=True, body=body)
    file.data = _made_up(file.whole(desk)) if content is None else content
    return desk.drawer.put(file)


def _made_up(wire: Json) -> bytes:
    """As long as it is said to be, and beginning as its type does."""
    start = BEGINNINGS.get(str(wire.get("mimetype")), b"")
    return start.ljust(int(wire.get("size") or 0), b"\n" if start.startswith(b"%PDF") else b"\0") or b"a file\n"


# Over HTTP


async def take_up(desk: Desk, request: web.Request) -> web.StreamResponse:
    """POST to an upload address: the bytes as they are, or the first file of a form. Needs no token of the app."""
    fault = await _met(desk, UPLOAD)
    data = await _bytes_of(request)
    file = desk.drawer.by_token(request.match_info["token"])
    status = UNKNOWN if file is None else OK if len(data) == file.length and data else WRONG
    spoiled = _spoiled(fault)
    effect = file is not None and status == OK and (spoiled is None or (fault is not None and fault.fault in AFTER))
    if file is not None and effect:
        file.data = data
    said = {"id": file.id if file else None, "size": len(data)}
    _note(desk, UPLOAD, said, status if spoiled is None else spoiled, fault, effect=effect)
    return _answer(request, spoiled, web.Response(status=status, text=f"OK - {len(data)}" if status == OK else "no"))


async def give_out(desk: Desk, request: web.Request) -> web.StreamResponse:
    """GET of url_private. Who shows no good token, or may not read files, gets a page to sign in, with status 200."""
    fault = await _met(desk, DOWNLOAD)
    file = desk.drawer.find(request.match_info["file"].rpartition("-")[2])
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    welcome = token == desk.settings.bot_token and "files:read" in desk.settings.manifest.scopes
    page = not welcome or (fault is not None and fault.fault is Fault.SIGN_IN_PAGE)
    response = _content(file, page=page)
    spoiled = _spoiled(fault)
    _note(desk, DOWNLOAD, {"id": file.id if file else None, "signed_in": welcome},
          response.status if spoiled is None else spoiled, fault, effect=False)  # fmt: skip
    return _answer(request, spoiled, response)


def _content(file: SlackFile | None, *, page: bool) -> web.Response:
    if page:
        return web.Response(body=SIGN_IN_PAGE, content_type="text/html")
    if file is None or file.data is None or file.body.get("mode") in GONE:
        return web.Response(status=UNKNOWN, body=b"<html>404</html>", content_type="text/html")
    ending = PurePosixPath(file.name).suffix[1:].lower()
    kind = str(file.body.get("mimetype") or TYPES.get(ending, "application/octet-stream"))
    return web.Response(body=file.data, headers={"Content-Type": kind})


async def _bytes_of(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    form: Any = await request.post()
    files = [part for part in form.values() if isinstance(part, web.FileField)]
    return files[0].file.read() if files else b""


async def _met(desk: Desk, name: str) -> ApiFault | None:
    fault = desk.faults.take(name)
    if fault is not None and fault.fault is Fault.SLOW:
        await asyncio.sleep(fault.seconds)
    return fault


def _spoiled(fault: ApiFault | None) -> int | None:
    """The status to be answered instead, 0 for a cut; None when the fault leaves the answer as it is."""
    if fault is None or fault.fault in {Fault.SLOW, Fault.SIGN_IN_PAGE}:
        return None
    if fault.fault is Fault.RATELIMITED:
        return 429
    return 0 if fault.fault in {Fault.CUT_BEFORE, Fault.CUT_AFTER} else BROKEN.get(fault.fault, 500)


def _answer(request: web.Request, spoiled: int | None, response: web.Response) -> web.Response:
    if spoiled == 0 and request.transport is not None:
        request.transport.abort()
        return web.Response()
    return response if spoiled is None else web.Response(status=spoiled, text="upstream trouble")


def _note(desk: Desk, method: str, said: Json, status: int, fault: ApiFault | None, *, effect: bool) -> None:
    desk.journal.note(
        Kind.API,
        method=method,
        args=said,
        status=status,
        answer={"ok": status == OK},
        fault=str(fault.fault) if fault else None,
        effect=effect,
        retry_after=None,
    )
