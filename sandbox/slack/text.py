"""What Slack does to text typed by a person, and how to read mentions in it."""

from __future__ import annotations

import html
import re
from typing import Any

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


class Raw(str):
    """Text that is already mrkdwn, such as a mention picked from the client's menu; it is not escaped again."""

    __slots__ = ()


def escape(text: str) -> str:
    """The three characters Slack turns into entities. Source: docs messaging/formatting-message-text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str) -> str:
    """What Slack stores when a person types `text`: escaped, unless it is Raw."""
    return str(text) if isinstance(text, Raw) else escape(text)


def mention(user: str) -> Raw:
    """A mention of `user`, as the client writes it."""
    return Raw(f"<@{user}>")


def mentions(text: str) -> set[str]:
    """The ids of the people mentioned in `text`."""
    return set(_MENTION.findall(text))


def rich_text(text: str) -> list[dict[str, Any]]:
    """The rich_text block Slack's clients send beside the text of a message: words and mentions, one section."""
    parts = [_part(part) for part in re.split(r"(<@[UW][A-Z0-9]+(?:\|[^>]*)?>)", text) if part]
    if not parts:
        return []
    section = {"type": "rich_text_section", "elements": parts}
    return [{"type": "rich_text", "block_id": "typed", "elements": [section]}]


def _part(part: str) -> dict[str, Any]:
    named = _MENTION.fullmatch(part)
    if named:
        return {"type": "user", "user_id": named.group(1)}
    return {"type": "text", "text": html.unescape(part)}
