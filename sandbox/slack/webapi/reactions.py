"""reactions.*. Source: docs reference/methods/reactions.*."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import emoji

from sandbox.slack.errors import RefusedError

if TYPE_CHECKING:
    from sandbox.slack.webapi.call import Call
    from sandbox.slack.world import Json, Message

_NAME = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")
_SLACKS_OWN = re.compile(r"large_\w+_(circle|square)|slightly_smiling_face|simple_smile|slack|blob-wave")


def add(call: Call) -> Json:
    """reactions.add. Raises invalid_name, already_reacted."""
    message, name, bot = _target(call)
    if bot in message.reactions.get(name, []):
        raise RefusedError("already_reacted")
    call.desk.react(message, name, bot, added=True)
    return {}


def remove(call: Call) -> Json:
    """reactions.remove. Raises no_reaction."""
    message, name, bot = _target(call)
    if bot not in message.reactions.get(name, []):
        raise RefusedError("no_reaction")
    call.desk.react(message, name, bot, added=False)
    return {}


def get(call: Call) -> Json:
    """reactions.get."""
    channel = call.joined()
    message = call.desk.world.message(channel.id, call.need("timestamp"))
    return {"type": "message", "channel": channel.id, "message": channel.render(message)}


def is_emoji(name: str, custom: tuple[str, ...]) -> bool:
    """Whether Slack would know `name`: a standard emoji, one of Slack's own names, or a custom one."""
    if not _NAME.fullmatch(name):
        return False
    bare = name.partition("::")[0]
    standard = emoji.emojize(f":{bare}:", language="alias") != f":{bare}:"
    return standard or bare in custom or bool(_SLACKS_OWN.fullmatch(bare))


def _target(call: Call) -> tuple[Message, str, str]:
    name = call.need("name").strip(":")
    if not is_emoji(name, call.desk.world.seed.custom_emoji):
        raise RefusedError("invalid_name")
    channel = call.joined()
    if channel.is_archived:
        raise RefusedError("is_archived")
    message = call.desk.world.message(channel.id, call.need("timestamp"))
    return message, name, call.desk.world.seed.bot_user
