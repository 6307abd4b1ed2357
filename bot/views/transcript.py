"""What both sides have said, as one reads it: a modal of a page, and a few lines for a preview.

Senders' numbers are masked: who wants to see them whole asks for that, and it is noted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.model import Heard, Item, Line, Session, SessionKey
from bot.numbers import masked
from bot.text import shorten
from bot.views import Blocks, View
from bot.views.blocks import Block, actions, button, context, modal, name, one_line, paragraph
from bot.views.gone import words_gone
from bot.views.replies import author_and_words, shown_sender
from bot.views.state import read_key

EARLIER = "transcript_earlier"  # action ids; their value is the session's key and where the page ends
LATEST = "transcript_latest"
LINES = 100  # on a page
CHARACTERS = 12_000  # of words on a page; about as much as Slack takes in one view
LONGEST = 1500  # characters of one line
WHO = 60

NOTHING = "Nothing has been said in this session yet."
FORMAT = "{date_short_pretty} {time}"


@dataclass(frozen=True, slots=True)
class Saying:
    """One line, by whomever. `at`: when it was said, 0 when nobody knows."""

    at: float
    who: str
    words: str


def heard(line: Line | Heard, session: Session | None) -> Saying:
    """What somebody outside Slack said."""
    who = shown_sender(line.sender, session) if session else line.sender
    return Saying(_moment(line.date), who, line.text or _instead(line))


def _instead(line: Line | Heard) -> str:
    gone = words_gone(line.gone) if isinstance(line, Line) else ""
    return gone or ("(a file)" if line.media_uri else "(empty)")


def delivered(item: Item) -> Saying:
    """What somebody in Slack said."""
    who, words = author_and_words(item)
    return Saying(item.sending_at or item.asked_at, who, words)


def page(session: Session, sayings: Sequence[Saying], end: int | None = None) -> View:
    """The last lines before number `end`, oldest first: as many as fit."""
    last = len(sayings) if end is None else min(end, len(sayings))
    first = _first(sayings, last)
    shown = sayings[first:last]
    blocks: Blocks = [context(f"*{name(session.name)}* · {_which(first, last, len(sayings))}")]
    blocks += actions(_buttons(session.key, first, last, len(sayings)))  # above: there one begins to read
    return modal("Transcript", [*blocks, as_lines(shown) if shown else paragraph(NOTHING)])


def as_lines(sayings: Sequence[Saying], longest: int = LONGEST) -> Block:
    """In text elements, where nothing can mention, link or format."""
    return {"type": "rich_text", "elements": [_section(saying, longest) for saying in sayings]}


def unpack_page(value: str) -> tuple[SessionKey, int | None]:
    """Raises ValueError when this was no button of ours."""
    key, _, end = value.partition("/")
    return SessionKey(read_key(key)), read_key(end) if end else None


def _first(sayings: Sequence[Saying], last: int) -> int:
    room, first = CHARACTERS, last
    while first > 0 and last - first < LINES:
        room -= min(LONGEST, len(sayings[first - 1].words)) + WHO
        if room < 0 and first < last:
            break
        first -= 1
    return first


def _which(first: int, last: int, total: int) -> str:
    if total == 0:
        return "no lines"
    return f"lines {first + 1:,} to {last:,} of {total:,}" if last - first < total else f"{total:,} lines"


def _buttons(key: SessionKey, first: int, last: int, total: int) -> list[Block]:
    earlier = [button("Earlier", EARLIER, f"{key}/{first}")] if first > 0 else []
    return [*earlier, button("Latest", LATEST, f"{key}/")] if last < total else earlier


def _section(saying: Saying, longest: int) -> Block:
    who = shorten(masked(one_line(saying.who)), WHO) or "Somebody"
    words: list[dict[str, Any]] = [{"type": "text", "text": who, "style": {"bold": True}}]
    if saying.at:
        words += [{"type": "text", "text": " · "}, _time(saying.at)]
    words.append({"type": "text", "text": f"\n{shorten(saying.words, longest)}\n"})
    return {"type": "rich_text_section", "elements": words}


def _time(at: float) -> Block:
    """Slack shows it in each reader's own time zone."""
    fallback = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return {"type": "date", "timestamp": int(at), "format": FORMAT, "fallback": fallback}


def _moment(date: str) -> float:
    """0 when Evo Voice wrote a date that cannot be read."""
    try:
        return max(0.0, datetime.fromisoformat(date).timestamp())
    except (ValueError, OverflowError, OSError):
        return 0.0
