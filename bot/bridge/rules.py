"""What happens to a message in a thread: the first rule that matches. Pure, and one table of tests long."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model import Life, Said, Session, SessionType, UserId
from bot.text import command_of, note_of


@dataclass(frozen=True, slots=True)
class Ignore:
    """Nothing to do with us."""


@dataclass(frozen=True, slots=True)
class Command:
    """Words for the bot. The line itself never leaves Slack."""

    words: str


@dataclass(frozen=True, slots=True)
class Note:
    """It stays inside."""


@dataclass(frozen=True, slots=True)
class TooLate:
    """The session is over; the author is told."""

    reason: str


@dataclass(frozen=True, slots=True)
class Relay:
    """It goes to everybody in the session."""


Decision = Ignore | Command | Note | TooLate | Relay

ENDED = "This session has ended."
NEVER_OPENED = "This session was never opened."


def decide(said: Said, session: Session | None, bot: UserId) -> Decision:
    """The session is the active one of the message's thread, or None."""
    words = command_of(said.text, bot)
    if words is not None:
        return Command(words)
    if session is None:
        return Ignore()
    if note_of(said.text) is not None or session.type is not SessionType.CHAT:
        return Note()  # a call or a fax takes no text
    if session.life is Life.ENDED:
        return TooLate(ENDED)
    if session.life is Life.FAILED:
        return TooLate(NEVER_OPENED)
    return Relay()
