"""The whole phone numbers of a session, for one person's eyes."""

from __future__ import annotations

from collections.abc import Iterator

from bot.model import Email, Item, NewSessionRequest, Phone, Session
from bot.numbers import masked
from bot.packing import unpack_request
from bot.views import Message
from bot.views.blocks import context, name, section

TITLE = "Numbers of “{name}”"
NONE = "This session has no phone numbers that I know of."
NOTED = "Only you see this. It has been noted that you looked."
MOST = 100  # of them; a section takes 3,000 characters


def revealed(session: Session, opening: Item | None) -> Message:
    """`opening`: what the session was opened with, when it was opened here."""
    request = unpack_request(opening.body) if opening and "type" in opening.body else None
    lines = list(dict.fromkeys([*_members(session), *(_ends(request) if request else ())]))
    title = TITLE.format(name=name(session.name, 120) or "–")
    shown = "\n".join(f"• {line}" for line in _fitting(lines)) or NONE
    return Message(text=f"{title}\n{shown}\n{NOTED}", blocks=[section(f"*{title}*"), section(shown), context(NOTED)])


def _members(session: Session) -> Iterator[str]:
    for member in session.members:
        numbers = [text for text in dict.fromkeys([member.identity, member.name]) if masked(text) != text]
        called = member.name if member.name not in numbers else ""
        yield from (f"{name(called, 60) or 'Member'}: {name(number, 120)}" for number in numbers)


def _ends(request: NewSessionRequest) -> Iterator[str]:
    ends: dict[str, Phone | Email | None] = {
        "From": request.from_number,
        "From address": request.from_address,
        "To": request.to,
        "To address": request.to_address,
        "Destination": request.destination,
    }
    yield from (f"{what}: {end.e164}" for what, end in ends.items() if isinstance(end, Phone))


def _fitting(lines: list[str]) -> list[str]:
    """Whole lines only, as many as one section takes."""
    kept, size = [], 0
    for line in lines[:MOST]:
        size += len(line) + 3
        if size > 2900:  # noqa: PLR2004 - of the 3,000 characters
            break
        kept.append(line)
    return kept
