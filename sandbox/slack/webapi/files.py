"""files.*: how an app uploads. Source: docs reference/methods/files.*."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sandbox.slack import files
from sandbox.slack.errors import RefusedError, invalid_arguments
from sandbox.slack.files import SlackFile
from sandbox.slack.world import Channel, Message

if TYPE_CHECKING:
    from sandbox.slack.webapi.call import Call
    from sandbox.slack.world import Json

LENGTH_MOST = 1 << 30
TITLE_MOST = 500
"""Slack does not publish the number; this one is a guess."""


def get_upload_url(call: Call) -> Json:
    """files.getUploadURLExternal: where to send the bytes, and the id that the file will have."""
    name, length = call.need("filename"), _length(call)
    file = files.announced(call.desk, name, length)
    return {"upload_url": f"{call.desk.url}/upload/v1/{file.token}", "file_id": file.id}


def complete_upload(call: Call) -> Json:
    """files.completeUploadExternal: once per upload. The message that shows the file comes a moment after the answer.

    Slack does not say what a second completion is answered; here the file is not found.
    """
    wanted = _wanted(call)
    place = _place(call) if call.text("channel_id") else None
    found = [_uploaded(call, each) for each in wanted]
    for file, each in zip(found, wanted, strict=True):
        file.done = True
        file.body["title"] = str(each.get("title") or file.name)
    if place is not None:
        _share(call, found, *place)
    return {"files": [{"id": file.id, "title": file.body["title"]} for file in found]}


def info(call: Call) -> Json:
    """files.info."""
    file = call.desk.drawer.find(call.need("file"))
    if file is None or not file.done or file.body.get("mode") in files.GONE:
        raise RefusedError("file_not_found")
    return {"file": file.whole(call.desk)}


def _length(call: Call) -> int:
    try:
        length = int(call.need("length"))
    except ValueError:
        raise invalid_arguments("length is not a number") from None
    if not 0 < length <= LENGTH_MOST:
        raise invalid_arguments("length is out of range")
    return length


def _wanted(call: Call) -> list[Json]:
    wanted = call.json("files")
    well_formed = isinstance(wanted, list) and wanted and all(isinstance(each, dict) for each in wanted)
    if not well_formed or not all(isinstance(each.get("id"), str) for each in wanted):
        raise invalid_arguments("files is to be a list of objects with an id")
    if any(len(str(each.get("title") or "")) > TITLE_MOST for each in wanted):
        raise invalid_arguments("a title is too long")
    return list(wanted)


def _uploaded(call: Call, wanted: Json) -> SlackFile:
    file = call.desk.drawer.find(wanted["id"])
    if file is None or file.data is None or file.done:
        raise RefusedError("file_not_found")
    return file


def _place(call: Call) -> tuple[Channel, str | None]:
    channel = call.desk.world.visible(call.need("channel_id"))
    if channel.is_archived:
        raise RefusedError("is_archived")
    if not call.desk.world.has_bot(channel):
        raise RefusedError("not_in_channel")
    thread_ts = call.text("thread_ts") or None
    if thread_ts and call.desk.settings.lost_threads and thread_ts not in channel.messages:
        return channel, None
    if thread_ts:
        call.desk.world.thread(channel, thread_ts)
    return channel, thread_ts


def _share(call: Call, found: list[SlackFile], channel: Channel, thread_ts: str | None) -> None:
    """Slack says that sharing happens afterwards."""
    desk, comment = call.desk, call.text("initial_comment")

    def appear() -> None:
        message = Message(desk.world.new_ts(), channel.id, desk.world.seed.bot_user, comment, thread_ts, "file_share")
        shown = [file.wire(desk) for file in found]
        message.body = {**desk.bot_body(), "files": shown, "upload": False, "display_as_bot": False}
        desk.publish(message)
        desk.changes.bump()

    if desk.settings.share_seconds <= 0:
        appear()
    else:
        asyncio.get_running_loop().call_later(desk.settings.share_seconds, appear)
