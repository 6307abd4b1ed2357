"""One call of a Web API method: its arguments, whatever way they came, and the questions a method asks first."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.slack.blocks import check_message
from sandbox.slack.errors import RefusedError, invalid_arguments
from sandbox.slack.naming import named
from sandbox.slack.seeds import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.slack.desk import Desk
    from sandbox.slack.world import Channel, Json

FALSE_WORDS = frozenset({"", "0", "false", "False"})
SCOPE_PREFIX = {Kind.PUBLIC: "channels", Kind.PRIVATE: "groups", Kind.IM: "im", Kind.MPIM: "mpim"}


@dataclass(frozen=True, slots=True)
class Call:
    """Arguments as sent: strings from a query or a form, JSON values from a JSON body."""

    desk: Desk
    args: Json

    def text(self, name: str, default: str = "") -> str:
        """An argument as text; absent and null are the default."""
        value = self.args.get(name)
        return default if value is None else str(value)

    def need(self, name: str) -> str:
        """A required argument. Raises invalid_arguments."""
        if not self.text(name):
            raise invalid_arguments(f"missing required field: {name}")
        return self.text(name)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """An argument as yes or no; forms say 1/0 or true/false."""
        value = self.args.get(name)
        return default if value is None else str(value) not in FALSE_WORDS

    def number(self, name: str, default: int, most: int) -> int:
        """A positive number, capped as Slack does. Raises invalid_limit."""
        try:
            value = int(self.text(name) or default)
        except ValueError as error:
            raise RefusedError("invalid_limit") from error
        if value < 1:
            raise RefusedError("invalid_limit")
        return min(value, most)

    def json(self, name: str) -> Any:
        """A structure, sent as such or as a JSON string; None when absent. Raises invalid_arguments."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError as error:
            raise invalid_arguments(f"{name} is not JSON") from error

    def need_scope(self, scope: str) -> None:
        """Raises missing_scope unless `scope` was granted."""
        granted = self.desk.settings.manifest.scopes
        if scope not in granted:
            raise RefusedError("missing_scope", needed=scope, provided=",".join(sorted(granted)))

    def channel(self, suffix: str | None = None) -> Channel:
        """The conversation meant; `suffix` names the scope family a read needs: history or read.

        Raises channel_not_found, missing_scope.
        """
        found = self.desk.world.visible(self.need("channel"))
        if suffix:
            self.need_scope(f"{SCOPE_PREFIX[found.kind]}:{suffix}")
        return found

    def joined(self, suffix: str | None = None) -> Channel:
        """A conversation the bot is in. Raises not_in_channel besides."""
        found = self.channel(suffix)
        if not self.desk.world.has_bot(found):
            raise RefusedError("not_in_channel")
        return found

    def blocks(self) -> list[Json]:
        """Valid blocks, all named. Raises invalid_blocks, invalid_blocks_format."""
        blocks = self.json("blocks") or []
        if not isinstance(blocks, list):
            raise RefusedError("invalid_blocks_format")
        faults = check_message(blocks)
        if faults:
            messages = [f"[ERROR] {fault}" for fault in faults]
            raise RefusedError("invalid_blocks", errors=faults, response_metadata={"messages": messages})
        return named(blocks, self.desk.world.serial)


def page(call: Call, items: Sequence[Any], default: int, most: int = 1000) -> tuple[list[Any], str]:
    """One page of `items` and the cursor of the next, empty on the last. Raises invalid_cursor."""
    start = _position(call.text("cursor"))
    limit = call.number("limit", default, most)
    following = start + limit
    cursor = base64.b64encode(f"next:{following}".encode()).decode() if following < len(items) else ""
    return list(items[start:following]), cursor


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        word, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
        start = int(number)
    except ValueError as error:
        raise RefusedError("invalid_cursor") from error
    if word != "next" or start < 0:
        raise RefusedError("invalid_cursor")
    return start
