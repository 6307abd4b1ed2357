"""The record of what happened: what a row of it says, and the chain that binds each row to all before it.

A row's hash is SHA-256 over the hash of the row before it and all that the row says. Whoever can write the file can
compute it, too, and could write the whole record anew; but not so that a hash noted elsewhere (in the log, on paper,
in an export) is still in it. So the chain finds what was changed by accident or by halves, and a noted hash the rest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from bot.model import Actor, Deed, Kind, SlackName, State, TeamId, ThreadKey, UserId

# What is told of an item that comes to stand somewhere.
_ENDS = {
    State.DELIVERED: Deed.DONE,
    State.REFUSED: Deed.REFUSED,
    State.UNKNOWN: Deed.IN_DOUBT,
    State.NEEDS_PERSON: Deed.ASKED_BACK,
    State.WITHDRAWN: Deed.WITHDRAWN,
}
_REACHED = ("with_address", "to", "to_address", "destination", "from_address")  # in a request to open a session
_UP_TO = "up to row "
_AT_CONSOLE = "console:"  # begins who acted there; behind it, whom the operating system knows them as


@dataclass(frozen=True, slots=True)
class Record:
    """One row. Times in seconds since the epoch, `session` and `item` are our keys, "" is nobody or nothing."""

    key: int
    at: float
    team: str
    who: str
    what: str
    session: int | None
    item: int | None
    subject: str  # whom it was about: keyed hashes, or a user of Slack
    message: str  # what asked for it in Slack: team/channel/ts, or team/view/… and the like
    detail: str
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a row is bound to: the key and the hash of the one before it."""

    key: int
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that is not as it was written; `why` says what is wrong with it, as a sentence."""

    key: int
    why: str


# The chain

_TOLD = tuple(each.name for each in fields(Record) if each.name != "hash")
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))  # ASCII; floats as short as they can be read back


def told(record: Record) -> dict[str, Any]:
    """All that a row says, its hash apart."""
    return {name: getattr(record, name) for name in _TOLD}


def hash_of(before: str, record: Record) -> str:
    """The hash of a row that follows a row of the hash `before`; its own `hash` is not looked at."""
    text = before + _CANONICAL.encode(told(record))
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def verify(
    records: Sequence[Record], start: Anchor, *, last_key: int | None = None, head: str | None = None
) -> Broken | None:
    """The first row that is wrong, or None when every one is as it was written.

    `start`: what the first row follows. `last_key`: the highest key that was ever given out, if that is known.
    `head`: a hash that was noted once; it must still be in the chain.
    """
    before = start
    for number, record in enumerate(records):
        if record.key != before.key + 1 or hash_of(before.hash, record) != record.hash:
            return _explained(records, number, start, before)
        before = Anchor(record.key, record.hash)
    return (
        _at_the_beginning(records, start)
        or _at_the_end(before.key, last_key)
        or _noted(records, start, before.key, head)
    )


def _explained(records: Sequence[Record], number: int, start: Anchor, before: Anchor) -> Broken:
    record = records[number]
    if record.key <= start.key:
        return Broken(record.key, "was added before the beginning of the record.")
    was = _was_at(records, record, start)
    if was is not None:
        return Broken(record.key, f"is what row {was} was: rows have changed places.")
    if record.key > before.key + 1:
        return Broken(before.key + 1, _missing(before.key + 1, record.key - 1))
    follows = number + 1 < len(records) and hash_of(record.hash, records[number + 1]) == records[number + 1].hash
    if follows:
        return Broken(record.key, "was changed: the row after it is still bound to what it said.")
    if number + 1 == len(records):
        return Broken(record.key, "was changed, or was added by somebody else: its hash is not that of what it says.")
    return Broken(record.key, "was changed, or put in, or its hash was: it does not follow from the row before it.")


def _was_at(records: Sequence[Record], record: Record, start: Anchor) -> int | None:
    """Whose hash is it? It may stand in the place of another row, whose words and hash it has."""
    by_key = {each.key: each.hash for each in records}
    for key, now_there in by_key.items():
        befores = (by_key.get(key - 1, start.hash), now_there)
        moved = replace(record, key=key)
        if key != record.key and any(hash_of(before, moved) == record.hash for before in befores):
            return key
    return None


def _at_the_beginning(records: Sequence[Record], start: Anchor) -> Broken | None:
    """Whoever deletes what is old writes down up to where: a beginning that nobody has told of is a gap."""
    told_of = [record.detail for record in records if record.what == Deed.PRUNED]
    expected = int(told_of[-1].removeprefix(_UP_TO)) if told_of else 0
    if start.key == expected:
        return None
    first, last = sorted((start.key, expected))
    return Broken(first + 1, _missing(first + 1, last))


def _at_the_end(last: int, last_key: int | None) -> Broken | None:
    if last_key is None or last_key <= last:
        return None
    return Broken(last + 1, _missing(last + 1, last_key))


def _noted(records: Sequence[Record], start: Anchor, last: int, head: str | None) -> Broken | None:
    if head is None or head == start.hash or any(record.hash == head for record in records):
        return None
    restored = [record.key for record in records if record.what == Deed.RESTORED]
    why = "is the last one, and the noted hash is of none: rows were cut off, or were written anew, since it was noted."
    if restored:
        why += f" A backup was put back (row {restored[-1]}): what had been noted between the two is not in it."
    return Broken(last, why)


def _missing(first: int, last: int) -> str:
    return "is missing." if first == last else f"and those up to row {last} are missing."


def up_to(key: int) -> str:
    """What the row says that tells of the deletion of old ones."""
    return f"{_UP_TO}{key}"


# Who acts at the console


def operator(login: str) -> Actor:
    """Nobody in Slack: somebody at the console, by the name that the operating system has for them."""
    return Actor(TeamId(""), UserId(f"{_AT_CONSOLE}{login}"))


def operator_in(who: str) -> str | None:
    """Their name there; None for everybody else. Rows of earlier versions name nobody at all."""
    return who.removeprefix(_AT_CONSOLE) if who.startswith(_AT_CONSOLE) else None


# What is told


def of_asking(kind: Kind, state: State) -> tuple[Deed, ...]:
    """What is told of an item when it comes to be. Of a reply only its end is, for the message is where it was."""
    asked = () if kind is Kind.SAY else (Deed.ASKED,)
    return (*asked, _ENDS[state]) if state in _ENDS else asked


def of_move(before: State, after: State) -> Deed | None:
    """What is told of an item that goes from one state to another by itself."""
    return Deed.REPEATED if (before, after) == (State.UNKNOWN, State.PENDING) else _ENDS.get(after)


def unlinked_from(thread: ThreadKey) -> str:
    """What a row says of a thread that a person has unlinked; it is looked for in these words."""
    return f"from {thread.channel}/{thread.ts}"


def detail_of(kind: Kind, body: Mapping[str, Any], more: str = "") -> str:
    """Which kind of item it was: "invite", "open Voice", "say, again"."""
    type_ = f" {body['type']}" if kind is Kind.OPEN and "type" in body else ""
    return f"{kind}{type_}, {more}" if more else f"{kind}{type_}"


def reached(kind: Kind, body: Mapping[str, Any]) -> list[str]:
    """Whom an item reaches: numbers, addresses, or a user of Slack. Each once; nobody where its body is gone."""
    match kind:
        case Kind.OPEN:
            ends = [*(body.get(name) for name in _REACHED), *(body.get("emails") or ())]
        case Kind.INVITE:
            ends = [body.get("phone") or body.get("email") or body.get("slack_user")]
        case Kind.KICK:
            ends = [body.get("member")]
        case _:
            ends = []
    return list(dict.fromkeys(_address(end) for end in ends if end))


def subject_of(kind: Kind, body: Mapping[str, Any], hashed: Callable[[str], str]) -> str:
    """The same without a number or an address: hashes, or a user of Slack, with spaces between them."""
    return " ".join(hashed(each) if each != body.get("slack_user") else each for each in reached(kind, body))


def _address(packed: Any) -> str:
    """A number is kept as a pair with its region."""
    return str(packed) if isinstance(packed, str) else str(packed[0])


def gesture_of(name: SlackName) -> str:
    """The gesture that an item's name begins with. What follows may be a number."""
    parts = name.split("/")
    length = 4 if parts[1:2] == ["forgotten"] or parts[2:3] == ["click"] else 3
    return "/".join(parts[:length])
