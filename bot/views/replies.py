"""What somebody outside Slack said, and quiet lines about a session.

Their words stand in text elements of `rich_text`, where nothing can mention, link, format or unfurl, under a line of
fixed form, so that a customer who calls himself "Evo" does not look like us.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.filekinds import media_type
from bot.model import Item, Line, Member, Session, State
from bot.numbers import masked
from bot.text import Names, foreign_parts, shorten, to_plain
from bot.views import Blocks, Message
from bot.views.blocks import (
    BLOCKS,
    FALLBACK,
    FIELD,
    Block,
    announced,
    context,
    escaped,
    moment,
    mrkdwn,
    name,
    one_line,
    paragraph,
    quiet,
)
from bot.views.gone import words_gone

SENDER = 80
EMPTY = "Sent an empty message."
MIRRORED = 3  # parts of a long text; over all its blocks Slack refuses some 12,000 characters
NO_NAMES = Names({}, {}, {})


def said(
    line: Line, session: Session, part: int = 0, *, late: bool = False, whole: bool = False, one_of: bool = False
) -> Message:
    """A line of the transcript, said by somebody who is not us; of a long one, the part with this number.

    `late`: it comes to Slack long after it was said, so it shows when that was. `whole`: who reads it may read who said
    it by their whole number. `one_of`: the thread shows other sessions, too, so it says in which one. The words stay as
    they came, numbers too: they are the customer's.
    """
    at = _said_at(line) if late else ""
    sender = one_line(shown_sender(line.sender, session)) or "Somebody"
    called = one_line(session.name)
    sender, called = (sender, called) if whole else (masked(sender), masked(called))
    parts = foreign_parts(line.text)
    words, last = ("", True) if line.gone else (parts[part], part == len(parts) - 1)
    file, instead = _file(line) if last else "", words_gone(line.gone) or EMPTY
    number = f" ({part + 1} of {len(parts)})" if len(parts) > 1 else ""
    where = f" · {session.type} “{shorten(called, SENDER)}”" if one_of else ""
    head = quiet(f"Outside Slack · {shorten(sender, SENDER)}{where}{number}")
    head["elements"] += [mrkdwn(at)] if at else []
    blocks: Blocks = [head]
    blocks += [_rich(words)] if words else []
    if file or not words:
        blocks.append(quiet(file or instead))
    told = " ".join(filter(None, [words, file])) or instead
    text = announced(f"{sender}{where}{number}: {told}", FALLBACK - len(at) - 1)
    return Message(text=f"{at} {text}" if at else text, blocks=blocks)


def joined(messages: Sequence[Message]) -> tuple[Message, int]:
    """As many of these messages, from the first, as fit into one that Slack takes; and how many they are."""
    text, blocks, count = messages[0].text, list(messages[0].blocks), 1
    for message in messages[1:]:
        if len(text) + 1 + len(message.text) > FALLBACK or len(blocks) + len(message.blocks) > BLOCKS:
            break
        text, blocks, count = f"{text}\n{message.text}", [*blocks, *message.blocks], count + 1
    return Message(text=text, blocks=blocks), count


def mirror(item: Item) -> Message:
    """What a colleague wrote in another thread of the session, or from nowhere; or noted from there."""
    if item.state is State.KEPT:
        noted, by = _typed(item), f"🔒 Note by <@{item.author}>"
        return Message(
            text=f"{by}: {announced(noted, FALLBACK - len(by) - 2)}", blocks=[context(by), *_paragraphs(noted)]
        )
    who, words = author_and_words(item)
    where = f" · from <#{item.channel}>" if item.ts else ""
    text = announced(f"{who}: {words}", FALLBACK - len(where))
    return Message(text=f"{text}{where}", blocks=[context(f"{name(who, SENDER)}{where}"), *_paragraphs(words)])


def author_and_words(item: Item) -> tuple[str, str]:
    """What left the house, taken apart where the author's name was put before it; or why it is not kept."""
    if item.gone:
        return "Somebody", words_gone(item.gone)
    who, found, words = (item.sent_text or "").partition(": ")
    return (who, words) if found else ("Somebody", item.sent_text or "")


def _typed(item: Item) -> str:
    return words_gone(item.gone) or to_plain(str(item.body.get("text", "")), NO_NAMES)


def _paragraphs(words: str) -> Blocks:
    """A colleague's words look other than a customer's."""
    return [paragraph(part) for part in foreign_parts(words)[:MIRRORED] if part]


def notice(text: str) -> Message:
    """A quiet line: somebody came or went, the session ended."""
    return Message(text=escaped(text, FALLBACK, code=True), blocks=[context(escaped(text, FIELD, code=True))])


def shown_sender(sender: str, session: Session) -> str:
    """The display name of who a transcript names by e-mail, number or name; else what the transcript says."""
    found = next((member for member in session.members if _is(member, sender)), None)
    return (found.name or found.identity) if found else sender


def shown_member(member: Member) -> str:
    """A member as people know them, on one line, escaped: the name, and the number behind it."""
    if member.name and member.identity.startswith("+") and _digits(member.name) != _digits(member.identity):
        return f"{name(member.name, 40)} ({name(member.identity, 40)})"
    return name(member.name or member.identity, 60)


def _said_at(line: Line) -> str:
    """Nothing when Evo Voice wrote a date that cannot be read."""
    try:
        return moment(datetime.fromisoformat(line.date).timestamp())
    except (ValueError, OverflowError, OSError):
        return ""


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
    """The file itself stands in the next message, or in words why not. Its address is not shown: who can open it, and
    where it leads, is not ours to promise.
    """
    if not line.media_uri:
        return ""
    kind = media_type(line.media_type or "")
    return f"Sent a file{f' ({kind})' if kind else ''}."


def _rich(text: str) -> Block:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}],
    }
