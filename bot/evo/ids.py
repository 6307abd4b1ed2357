"""Which texts may enter a URL.

Percent-encoding does not stop `..`: URL libraries resolve it, and `DELETE /sessions` without an id is the vendor's bulk
delete. So ids are checked against an allow-list before any path is put together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.evo.errors import BadId

if TYPE_CHECKING:
    from collections.abc import Iterable

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MEMBER = re.compile(r"[^\s/\\?#%,\x00-\x1f\x7f]{1,254}")
_ROUTES = frozenset({"my", "active", "outgoing"})  # GET /sessions/my is another operation, not a session


def safe_id(text: str) -> str:
    """The id itself, fit for a path or a comma list. Raises BadId."""
    if not is_safe_id(text):
        raise BadId
    return text


def is_safe_id(text: str) -> bool:
    """May this id enter a path?"""
    return bool(_ID.fullmatch(text)) and text.lower() not in _ROUTES


def member_segment(member: str) -> str:
    """An e-mail address or phone number as one percent-encoded path segment. Raises BadId."""
    if not _MEMBER.fullmatch(member) or not member.strip("."):
        raise BadId("this is not a member that may be put into a path")
    return quote(member, safe="")


def id_list(ids: Iterable[str]) -> str:
    """Comma-joined ids, as list members travel in a query. Raises BadId on any bad one."""
    return ",".join(safe_id(one) for one in ids)
