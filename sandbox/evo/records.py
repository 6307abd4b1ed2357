"""What the stand-in remembers, in the shape checkers read it. Moments are microseconds since 1970 (UTC)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class EffectKind(StrEnum):
    """Everything that changes the world. Invites and messages count exactly once per effect."""

    OPENED = "opened"
    INVITED = "invited"
    INVITE_IGNORED = "invite_ignored"
    REMOVED = "removed"
    SENT = "sent"
    PATCHED = "patched"
    ENDED = "ended"
    HEARD = "heard"
    JOINED = "joined"
    LEFT = "left"
    UPLOADED = "uploaded"


@dataclass(frozen=True, slots=True)
class Effect:
    """One change, in order of `number`. `request` is the journal number of its cause, None for the control surface."""

    number: int
    at: int
    kind: EffectKind
    session_id: str | None
    request: int | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One request, written on arrival.

    `status` is what went on the wire (None: cut, or not yet answered); `did` what the operation itself came to
    (None: it was never carried out). `body` is the text received, with passwords hidden and at most 64 KiB; `answer`,
    likewise, what the operation answered, or the fault in its place (None: nothing was, or it is long ago).
    `seconds`: from arrival until the answer was on the wire, or the connection cut (None: not yet).
    """

    number: int
    at: int
    method: str
    path: str
    query: str
    operation: str | None
    login: str | None
    body: str
    agent: str
    status: int | None
    did: int | None
    fault: str | None
    note: str | None
    answer: str | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Message:
    """One message, in order of `number`; `sender` is an e-mail or an E.164 number."""

    number: int
    id: str
    session_id: str | None
    at: int
    direction: str
    sender: str
    body: str
    media_uri: str | None
    media_type: str | None


@dataclass(frozen=True, slots=True)
class Session:
    """One session: `info` as the wire spells it (without dates, log and members), `hidden` what cannot be read back."""

    id: str
    created: int
    modified: int
    completed: int | None
    info: dict[str, Any]
    hidden: dict[str, Any]
    members: list[dict[str, Any]]
    log: list[str]
