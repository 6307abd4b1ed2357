"""Words that are taken away from what was said, wherever they are kept. Functions of an open transaction."""

from __future__ import annotations

from bot.model import Gone, Item
from bot.store import Reads, Tx
from bot.text import fold

HASHED = "hash "  # before what is kept of words that left and have not come back in the transcript yet


def take_words(tx: Tx, item: Item, why: Gone) -> None:
    """Of a reply, and of the line in which it came back. What stands elsewhere because of it is drawn anew."""
    line = tx.echo_of(item.key)
    tx.blank_item(item.key, why, known_by(tx, item.sent_text) if item.sent_text and line is None else None)
    if line is not None:
        tx.blank_line(line, why)
    tx.redraw_item(item.key)
    tx.redraw_questions(item.session, item.key)


def came_back(tx: Tx, item: Item) -> None:
    """Nothing is needed any more to know it by."""
    line = tx.echo_of(item.key)
    tx.blank_item(item.key, item.gone, None)
    if line is not None:
        tx.blank_line(line, item.gone)


def known_by(read: Reads, words: str) -> str:
    """What is kept of words that may still come back in the transcript: by this they are known, and cannot be read."""
    return words if words.startswith(HASHED) else f"{HASHED}{read.hashed(fold(words))}"


def says(read: Reads, item: Item, words: str) -> bool:
    """Did this leave the house in these words? `words` are folded."""
    sent = item.sent_text or ""
    return sent == f"{HASHED}{read.hashed(words)}" if item.gone else fold(sent) == words
