"""What a submitted modal holds (`view.state.values`), read in one place. Blocks and elements share their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.model import UserId

Values = Mapping[str, Any]
Errors = dict[str, str]  # by block id; Slack shows each under its field
_KEY = re.compile(r"[0-9]{1,18}")  # what SQLite's integers surely hold


@dataclass(frozen=True, slots=True)
class Fields:
    """The values of a form. A field that was left empty, or is not there, reads as empty."""

    values: Values

    def text(self, block: str) -> str:
        return str(self._of(block).get("value") or "").strip()

    def option(self, block: str) -> tuple[str, str] | None:
        """The chosen option's value and label."""
        chosen = self._of(block).get("selected_option")
        return (str(chosen["value"]), str(chosen["text"]["text"])) if chosen else None

    def checked(self, block: str) -> bool | None:
        """Whether anything is ticked, whatever the element is called; None when the field is not there."""
        elements: Mapping[str, Any] | None = self.values.get(block)
        if elements is None:
            return None
        return any(element.get("selected_options") for element in elements.values())

    def has_list(self, block: str) -> bool:
        """Is this field there, and one to choose from?"""
        return "selected_option" in self._of(block)

    def users(self, block: str) -> tuple[UserId, ...]:
        return tuple(UserId(user) for user in self._of(block).get("selected_users") or ())

    def conversation(self, block: str) -> str:
        return str(self._of(block).get("selected_conversation") or "")

    def _of(self, block: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = (self.values.get(block) or {}).get(block) or {}
        return found


def read_key(text: str) -> int:
    """A key of the store, as it stands in a button's value or a modal's metadata. Raises ValueError for rubbish."""
    if not _KEY.fullmatch(text):
        raise ValueError("not a key of the store")
    return int(text)
