"""Words that are taken away from what was said, wherever they are kept. Functions of an open transaction."""

from __future__ import annotations

import re

from bot.audit import subject_of
from bot.model import FORGOTTEN, Gone, Heard, Item, Member, Said, Session, SlackName
from bot.numbers import identity_of
from bot.store import Reads, Tx
from bot.text import fold

_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")
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


def asked_at(name: SlackName, now: float) -> float:
    """When a person asked for it: when they wrote the message that did, however late that came; else now."""
    ts = [*name.split("/"), "", "", ""][2]
    return min(now, float(ts)) if _TS.fullmatch(ts) else now


def is_of_before(read: Reads, item: Item, *more: str) -> bool:
    """Was everything about whom it reaches deleted after it was asked for? Then it must not leave.

    `more`: addresses that it turned out to reach.
    """
    reached = [*subject_of(item.kind, item.body, read.hashed).split(), *map(read.hashed, more)]
    return any(read.is_forgotten(identity, asked_at(item.slack_name, item.asked_at)) for identity in reached)


def is_of_somebody_forgotten(read: Reads, session: Session, line: Heard, said_at: float) -> bool:
    """Was it said by somebody before everything about them was deleted? Evo Voice still has it.

    Whom a transcript names by nothing but a name can only be known by there being nobody else.
    """
    if read.is_forgotten(read.hashed(identity_of(line.sender)), said_at):
        return True
    sender = line.sender.casefold()
    named = any(sender in {member.identity.casefold(), member.name.casefold()} for member in session.members)
    gone = [member.identity.removeprefix(FORGOTTEN) for member in session.members if is_forgotten(member)]
    return not named and any(read.is_forgotten(identity, said_at) for identity in gone)


def written_before_forgetting(read: Reads, session: Session, said: Said, login: str) -> bool:
    """Was this for somebody alone of whom everything was deleted after it was written? Then it must not stay.

    `login`: ours, which is in every session.
    """
    others = [member for member in session.members if member.identity.casefold() != login.casefold()]
    gone = [member.identity.removeprefix(FORGOTTEN) for member in others if is_forgotten(member)]
    return len(gone) == len(others) and any(read.is_forgotten(identity, float(said.ts)) for identity in gone)


def is_forgotten(member: Member) -> bool:
    return member.identity.startswith(FORGOTTEN)


def says(read: Reads, item: Item, words: str) -> bool:
    """Did this leave the house in these words? `words` are folded."""
    sent = item.sent_text or ""
    return sent == f"{HASHED}{read.hashed(words)}" if item.gone else fold(sent) == words
