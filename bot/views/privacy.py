"""A message as it may stand where anybody can read it: without a whole phone number.

It is done to the finished message, so that no number in it is forgotten: not in a name, not in a reason that Evo Voice
gave, not in the fallback text. What customers say is not among it: their words are theirs, and stand as they came.
"""

from __future__ import annotations

from typing import Any

from bot.numbers import masked
from bot.text import shorten
from bot.views import Message

# Slack's limits of plain text: a masked number is a little longer than a whole one, and must not break one of them.
_LIMITS = (30, 75, 100, 150, 300, 2000, 3000)


def for_everybody(message: Message) -> Message:
    """The same message, its numbers masked."""
    return Message(text=masked(message.text, markup=True), blocks=[_masked(block) for block in message.blocks])


def _masked(part: Any) -> Any:
    if isinstance(part, list):
        return [_masked(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {name: _text(part, value) if _is_shown(name, value) else _masked(value) for name, value in part.items()}


def _is_shown(name: str, value: Any) -> bool:
    return name in {"text", "accessibility_label"} and isinstance(value, str)


def _text(part: dict[str, Any], text: str) -> str:
    if part.get("type") == "mrkdwn":
        return masked(text, markup=True)
    limit = next((limit for limit in _LIMITS if len(text) <= limit), len(text))
    return shorten(masked(text), limit)
