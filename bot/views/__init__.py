"""What people see: model → Block Kit, and modal state → model, in the same file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Blocks = list[dict[str, Any]]
View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as Slack takes it. `text` is complete by itself: notifications and screen readers get only that."""

    text: str
    blocks: Blocks
