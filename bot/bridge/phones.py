"""Is there a phone in the room? Then what is said goes out as text messages, part by part, and each is paid for."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.model import Kind, Member, Phone, Session, SessionType
from bot.packing import unpack_request
from bot.phones import read_phone
from bot.store import Reads

_SCHEME = re.compile(r"[a-z]{2,10}:(?=[+(\d])", re.IGNORECASE)  # tel:, sms:, whatsapp:


def texts_a_phone(read: Reads, session: Session) -> bool:
    """Among the members, or at the other end of a chat that was opened towards a number, which is no member."""
    if session.type is not SessionType.CHAT:
        return False
    if any(member.identity.startswith("+") for member in session.members):
        return True
    return any(unpack_request(opening.body).dialled for opening in read.items_of(session.key, Kind.OPEN))


def phones_in(read: Reads, session: Session, region: str) -> list[Phone]:
    """Those among the members, and those that opening the session reached, each once."""
    members = filter(None, (phone_of(member, region) for member in session.members))
    dialled = (phone for opening in read.items_of(session.key, Kind.OPEN) for phone in _dialled(opening.body))
    return list({phone.e164: phone for phone in (*members, *dialled)}.values())


def phone_of(member: Member, region: str) -> Phone | None:
    """The number of a member who is a phone."""
    return as_phone(member.identity, region)


@lru_cache(maxsize=1000)
def as_phone(text: str, region: str) -> Phone | None:
    """A number in any of the spellings in which Evo Voice may name a phone; None for whatever is no number."""
    bare = _SCHEME.sub("", text.strip())
    found = read_phone(bare, region) if any(char.isdigit() for char in bare) else None
    if not isinstance(found, Phone) and re.fullmatch(r"\d{8,15}", bare):
        found = read_phone(f"+{bare}", region)
    return found if isinstance(found, Phone) else None


def _dialled(body: dict[str, object]) -> tuple[Phone, ...]:
    return unpack_request(body).dialled
