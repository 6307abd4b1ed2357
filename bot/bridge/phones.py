"""Is there a phone in the room? Then what is said goes out as text messages, part by part, and each is paid for."""

from __future__ import annotations

from bot.model import Kind, Session, SessionType
from bot.packing import unpack_request
from bot.store import Reads


def texts_a_phone(read: Reads, session: Session) -> bool:
    """Among the members, or at the other end of a chat that was opened towards a number, which is no member."""
    if session.type is not SessionType.CHAT:
        return False
    if any(member.identity.startswith("+") for member in session.members):
        return True
    return any(unpack_request(opening.body).dialled for opening in read.items_of(session.key, Kind.OPEN))
