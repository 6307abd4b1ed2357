"""What happens to a message in a thread: the first rule that matches. Pure, and one table of tests long."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.grammar import first_verb
from bot.model import Addressed, ChannelId, Life, Mode, Said, Session, SessionType, UserId
from bot.text import addressee_of, command_of, note_of
from bot.texts import ENDED, NEVER_OPENED


@dataclass(frozen=True, slots=True)
class Place:
    """What a thread shows: the session that replies go to, and how; where it shows several, each by its words."""

    session: Session | None = None
    mode: Mode = Mode.RELAY
    named: Mapping[str, Session] = field(default_factory=dict)
    moved_to: ChannelId | None = None  # where a session went on that was here
    past: bool = False  # it showed one that ended so long ago that nothing is kept of it


NOWHERE, PAST = Place(), Place(past=True)


@dataclass(frozen=True, slots=True)
class Ignore:
    """Nothing to do with us."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The session went on somewhere else; the author is told."""

    to: ChannelId


@dataclass(frozen=True, slots=True)
class LongOver:
    """Nothing is kept of the session that was here; the author is told."""


@dataclass(frozen=True, slots=True)
class Untold:
    """The thread shows sessions, and nobody has said which one replies go to; the author is told."""


@dataclass(frozen=True, slots=True)
class Command:
    """Words for the bot. The line itself never leaves Slack."""

    words: str


@dataclass(frozen=True, slots=True)
class Note:
    """It stays inside. When the author did not ask for a note: `addressed`, because of whom, or because nobody can tell
    which session is meant by the word in `unclear`.
    """

    addressed: Addressed | None = None
    unclear: str = ""


@dataclass(frozen=True, slots=True)
class TooLate:
    """The session is over; the author is told."""

    reason: str
    session: Session


@dataclass(frozen=True, slots=True)
class Relay:
    """It goes to everybody in the session: these words, which are Slack's text, still escaped."""

    text: str
    session: Session


Decision = Ignore | Moved | LongOver | Untold | Command | Note | TooLate | Relay


# `to:fax …`, where a thread shows several sessions: which of them, and what is for it.
_TO = re.compile(r"\s*to:(?P<who>[A-Za-z0-9_-]{3,64})\s+(?P<text>\S.*)", re.DOTALL | re.IGNORECASE)


def decide(said: Said, place: Place, bot: UserId) -> Decision:
    """Which rule holds for a message. The order of the rules is that of the paragraphs below."""
    words = command_of(said.text, bot)
    if words is not None and not _is_for_the_session(words, place):
        return Command(words)

    session = place.session
    if session is None:
        return _without_session(place)

    if note_of(said.text) is not None:
        return Note()

    addressed = _addressed(said.text if words is None else words, session, place)
    if isinstance(addressed, Note):
        return addressed
    session, text = addressed

    if session.type is not SessionType.CHAT or place.mode is Mode.NOTES:
        return Note()  # a call or a fax takes no text

    if place.mode is Mode.MENTION and words is None:
        return Note()

    if session.life in _OVER:
        return TooLate(_OVER[session.life], session)

    if words is None and (colleague := _colleague(text, said, session)) is not None:
        return Note(addressed=colleague)

    return Relay(text, session)


_OVER = {Life.ENDED: ENDED, Life.FAILED: NEVER_OPENED}


def _addressed(text: str, session: Session, place: Place) -> tuple[Session, str] | Note:
    """For which session a text is, and what of it; a note when it names one and nobody can tell which."""
    found = _TO.fullmatch(text) if place.named else None
    if found is None:
        return session, text
    other = place.named.get(found["who"].lower())
    return Note(unclear=found["who"]) if other is None else (other, found["text"])


def _without_session(place: Place) -> Decision:
    if place.past:
        return LongOver()
    if place.named:
        return Untold()
    return Ignore() if place.moved_to is None else Moved(place.moved_to)


def _is_for_the_session(words: str, place: Place) -> bool:
    """Where only mentions are sent, whatever follows one is, unless it begins with a command."""
    if place.session is None or place.mode is not Mode.MENTION or not words:
        return False
    return first_verb(words) is None


def _colleague(text: str, said: Said, session: Session) -> Addressed | None:
    """Whom a message begins by addressing, when that is somebody in Slack who is not in the session."""
    user = addressee_of(text)
    if not user:
        return None if user is None else Addressed(None)
    known = said.addressed if said.addressed and said.addressed.user == user else Addressed(user)
    email = (known.email or "").casefold()
    there = {name.casefold() for member in session.members for name in (member.identity, member.name)}
    return None if email and email in there else known
