from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Heard:
    """How the app took an interaction.

    `outcome` is acked, http_timeout, http_error or connection_failed; `body` its answer; `trouble` says what
    Slack would complain about, empty when nothing.
    """

    outcome: str
    body: Any = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submission came to.

    `outcome`: closed, errors, updated, pushed, cleared; incomplete (required inputs are empty, nothing was sent);
    trouble (no proper answer: the client says "We had some trouble connecting. Try again?", the view stays).
    `errors` by block_id.
    """

    outcome: str
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str = ""
