"""chat.*: what the app says. Source: docs reference/methods/chat.*."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.slack.errors import RefusedError
from sandbox.slack.seeds import Kind
from sandbox.slack.world import Channel, Ephemeral, Message

if TYPE_CHECKING:
    from sandbox.slack.webapi.call import Call
    from sandbox.slack.world import Json

TEXT_MOST = 40_000
UPDATE_MOST = 4_000
MARKDOWN_MOST = 12_000
ATTACHMENTS_MOST = 100
METADATA_BYTES = 16_000
"""Slack does not publish the number; this one is a guess."""


def post_message(call: Call) -> Json:
    """chat.postMessage."""
    channel = _writable(call)
    message = _compose(call, channel)
    call.desk.publish(message)
    shown = channel.render(message)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def update(call: Call) -> Json:
    """chat.update: text without blocks removes the blocks."""
    channel = _writable(call)
    message = _own(call, channel, "cant_update_message")
    content = _content(call)
    if len(content["text"]) > UPDATE_MOST:
        raise RefusedError("msg_too_long")
    before = channel.render(message)
    _apply(call, message, content)
    call.desk.change(message, before)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": channel.render(message)}


def delete(call: Call) -> Json:
    """chat.delete."""
    channel = call.channel()
    message = _own(call, channel, "cant_delete_message")
    call.desk.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(call: Call) -> Json:
    """chat.postEphemeral."""
    channel = _writable(call)
    user = call.need("user")
    if user not in channel.members:
        raise RefusedError("user_not_in_channel")
    content = _content(call)
    note = Ephemeral(call.desk.world.new_ts(), channel.id, user, content["text"], call.text("thread_ts") or None)
    note.body = {**call.desk.bot_body(), **_structures(content)}
    call.desk.whisper(note)
    return {"message_ts": note.ts}


def get_permalink(call: Call) -> Json:
    """chat.getPermalink."""
    channel = call.channel()
    message = call.desk.world.message(channel.id, call.need("message_ts"))
    link = f"https://{call.desk.world.seed.team_domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.is_reply else ""
    return {"channel": channel.id, "permalink": link + thread}


def _writable(call: Call) -> Channel:
    channel = _addressed(call)
    if channel.is_archived:
        raise RefusedError("is_archived")
    if not call.desk.world.has_bot(channel) and not _public_writer(call, channel):
        raise RefusedError("not_in_channel")
    return channel


def _addressed(call: Call) -> Channel:
    """A user's id stands for the direct messages with them."""
    target = call.need("channel")
    person = call.desk.world.people.get(target)
    if person is None or person.deleted:
        return call.channel()
    return call.desk.world.open_direct([target])[0]


def _public_writer(call: Call, channel: Channel) -> bool:
    return channel.kind is Kind.PUBLIC and "chat:write.public" in call.desk.settings.manifest.scopes


def _own(call: Call, channel: Channel, code: str) -> Message:
    message = call.desk.world.message(channel.id, call.need("ts"))
    if message.body.get("bot_id") != call.desk.world.seed.bot_id:
        raise RefusedError(code)
    return message


def _content(call: Call) -> Json:
    """Text, blocks and attachments, checked. Raises no_text, too_many_attachments, msg_too_long and others."""
    text = call.text("text")
    content = {"text": text[:TEXT_MOST], "blocks": call.blocks(), "attachments": call.json("attachments") or []}
    if len(content["attachments"]) > ATTACHMENTS_MOST:
        raise RefusedError("too_many_attachments")
    markdown = call.text("markdown_text")
    if markdown:
        content["text"] = _markdown(markdown, content)
    if not any(content.values()):
        raise RefusedError("no_text")
    return content


def _markdown(markdown: str, content: Json) -> str:
    if content["text"] or content["blocks"]:
        raise RefusedError("markdown_text_conflict")
    if len(markdown) > MARKDOWN_MOST:
        raise RefusedError("msg_too_long")
    return markdown


def _structures(content: Json) -> Json:
    return {name: content[name] for name in ("blocks", "attachments") if content[name]}


def _compose(call: Call, channel: Channel) -> Message:
    world = call.desk.world
    content = _content(call)
    thread_ts = _thread(call, channel)
    message = Message(world.new_ts(), channel.id, world.seed.bot_user, content["text"], thread_ts)
    message.body = {**call.desk.bot_body(), **_structures(content)}
    message.metadata = _metadata(call)
    _customize(call, message)
    if thread_ts and call.flag("reply_broadcast"):
        message.subtype = "thread_broadcast"
    return message


def _thread(call: Call, channel: Channel) -> str | None:
    """The thread to post into. Raises thread_not_found, cannot_reply_to_message."""
    thread_ts = call.text("thread_ts") or None
    if thread_ts and call.desk.settings.lost_threads and thread_ts not in channel.messages:
        return None
    if thread_ts:
        call.desk.world.thread(channel, thread_ts)
    return thread_ts


def _apply(call: Call, message: Message, content: Json) -> None:
    kept = {name: value for name, value in message.body.items() if name not in ("blocks", "attachments")}
    stamp = {"user": call.desk.world.seed.bot_user, "ts": call.desk.world.new_ts()}
    message.text = content["text"]
    message.body = {**kept, **_structures(content), "edited": stamp}
    if call.args.get("metadata") is not None:
        message.metadata = _metadata(call)


def _metadata(call: Call) -> Json | None:
    """Raises invalid_metadata_format, metadata_too_large."""
    metadata: Any = call.json("metadata")
    if not metadata:
        return None
    if not _is_metadata(metadata):
        raise RefusedError("invalid_metadata_format")
    if len(json.dumps(metadata)) > METADATA_BYTES:
        raise RefusedError("metadata_too_large")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}


def _is_metadata(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return bool(value.get("event_type")) and isinstance(value.get("event_payload"), dict)


def _customize(call: Call, message: Message) -> None:
    """A borrowed name makes it a bot_message without user. Raises missing_scope."""
    dress = {name: call.text(name) for name in ("username", "icon_url", "icon_emoji") if call.text(name)}
    if not dress:
        return
    call.need_scope("chat:write.customize")
    icons = {name.removeprefix("icon_"): value for name, value in dress.items() if name != "username"}
    message.subtype, message.user = "bot_message", None
    message.body |= {"username": dress.get("username", call.desk.bot_name)} | ({"icons": icons} if icons else {})
