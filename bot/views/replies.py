"""What somebody outside Slack said, and quiet lines about a session.

Their words stand in text elements of `rich_text`, where nothing can mention, link, format or unfurl, under a line of
fixed form, so that a customer who calls himself "Evo" does not look like us.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.model import Line, Member, Session
from bot.text import clean, shorten
from bot.views import Blocks, Message
from bot.views.blocks import FALLBACK, Block, context, escaped, name, one_line, quiet

WORDS = 40_000  # Slack cuts a message there
PIECE = 3000
SENDER = 80
REST = "This is only the beginning; the rest can be read in Evo Voice."


def said(line: Line, session: Session) -> Message:
    """A line of the transcript, said by somebody who is not us."""
    sender = one_line(shown_sender(line.sender, session)) or "Somebody"
    words = clean(line.text).strip()
    file = _file(line)
    blocks: Blocks = [quiet(f"Outside Slack · {shorten(sender, SENDER)}")]
    blocks += [_rich(piece) for piece in _pieces(shorten(words, WORDS))]
    if len(words) > WORDS:
        blocks.append(quiet(REST))
    if file or not words:
        blocks.append(quiet(file or "Sent an empty message."))
    return Message(text=escaped(f"{sender}: {words or file or '(empty)'}", FALLBACK), blocks=blocks)


def notice(text: str) -> Message:
    """A quiet line: somebody came or went, the session ended."""
    shown = escaped(text, FALLBACK)
    return Message(text=shown, blocks=[context(escaped(text, 2000))])


def shown_sender(sender: str, session: Session) -> str:
    """The display name of who a transcript names by e-mail, number or name; else what the transcript says."""
    found = next((member for member in session.members if _is(member, sender)), None)
    return (found.name or found.identity) if found else sender


def shown_member(member: Member) -> str:
    """A member as people know them, on one line, escaped: the name, and the number behind it."""
    if member.name and member.identity.startswith("+") and _digits(member.name) != _digits(member.identity):
        return f"{name(member.name, 40)} ({name(member.identity, 40)})"
    return name(member.name or member.identity, 60)


def _is(member: Member, sender: str) -> bool:
    shown = sender.strip().casefold()
    if not shown:
        return False
    if shown in {member.identity.casefold(), member.name.casefold()}:
        return True
    digits = _digits(sender)
    return bool(digits) and digits == _digits(member.identity)


def _digits(text: str) -> str:
    """The digits of what is written like a whole number, else nothing."""
    kept = "".join(char for char in text if char in "0123456789")
    return kept if len(kept) >= 7 and not any(char.isalpha() or char == "@" for char in text) else ""  # noqa: PLR2004 - the shortest subscriber numbers


def _file(line: Line) -> str:
    """The address is not shown: who can open it, and where it leads, is not ours to promise."""
    if not line.media_uri:
        return ""
    kind = shorten(one_line(line.media_type or ""), 60)
    return f"Sent a file{f' ({kind})' if kind else ''}. Open it in Evo Voice."


def _rich(text: str) -> Block:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}],
    }


def _pieces(text: str) -> Iterator[str]:
    """The text in parts of at most PIECE characters, parted at a new line or a space when there is one."""
    while len(text) > PIECE:
        at = _cut(text)
        yield text[:at]
        text = text[at:].removeprefix("\n") if text[at] == "\n" else text[at:]
    if text:
        yield text


def _cut(text: str) -> int:
    half = PIECE // 2
    at = max(text.rfind("\n", half, PIECE), 0) or text.rfind(" ", half, PIECE) + 1
    return at or len(shorten(text, PIECE + 1)) - 1  # never inside what reads as one character
