"""The words of the command language, as tables: commands and their aliases, options, choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

from bot.grammar.commands import AdminTopic, Notify, Scope
from bot.model import CallState, Direction, History, Life, Mode, SessionType


class Verb(StrEnum):
    """The commands, as they are spelt."""

    NEW = "new"
    INVITE = "invite"
    KICK = "kick"
    LIST = "list"
    FIND = "find"
    SHOW = "show"
    LINK = "link"
    UNLINK = "unlink"
    MOVE = "move"
    SWITCH = "switch"
    SEND = "send"
    NOTE = "note"
    HOLD = "hold"
    RESUME = "resume"
    END = "end"
    FOLLOWUP = "followup"
    MODE = "mode"
    ME = "me"
    WHY = "why"
    STATUS = "status"
    ADMIN = "admin"
    HELP = "help"


# The first that means a type is its own spelling.
TYPES: Final[Mapping[str, SessionType]] = {
    "chat": SessionType.CHAT,
    "voice": SessionType.VOICE,
    "fax": SessionType.FAX,
    "text": SessionType.CHAT,
    "sms": SessionType.CHAT,
    "call": SessionType.VOICE,
}
VERBS: Final[Mapping[str, Verb]] = {
    **{str(verb): verb for verb in Verb},
    **dict.fromkeys(TYPES, Verb.NEW),
    "add": Verb.INVITE,
    "remove": Verb.KICK,
    "close": Verb.END,
    "ls": Verb.LIST,
    "search": Verb.FIND,
    "attach": Verb.LINK,
    "reopen": Verb.FOLLOWUP,
}


class Reads(Enum):
    """What a value is read as. The ones before the blank line take following words, too."""

    PHONE = auto()
    ADDRESS = auto()  # a phone number or an e-mail address
    PEOPLE = auto()
    MESSAGE = auto()

    NAME = auto()
    TEXT = auto()
    EVO = auto()
    SESSION = auto()
    PLACE = auto()
    TARGET = auto()  # a channel or a message: where a session can be moved
    THREAD = auto()
    TYPE = auto()
    DIRECTION = auto()
    CALL_STATE = auto()
    YES_NO = auto()
    MODE = auto()
    HISTORY = auto()
    SCOPE = auto()
    LIFE = auto()
    NOTIFY = auto()
    ADMIN = auto()


@dataclass(frozen=True, slots=True)
class Option:
    """Which attribute of the command a key fills, and what it takes."""

    field: str
    reads: Reads


_IN: Final = {"in": Option("session", Reads.SESSION)}
_CALLER: Final = {"callerid": Option("caller_id", Reads.PHONE)}
_THREAD: Final = {"thread": Option("thread", Reads.THREAD)}

# By command, then by key. Of two keys for one field the first is its own spelling. The order is that of `render`.
OPTIONS: Final[Mapping[Verb, Mapping[str, Option]]] = {
    Verb.NEW: {
        "name": Option("name", Reads.NAME),
        "with": Option("with_address", Reads.EVO),
        "member": Option("people", Reads.PEOPLE),
        "members": Option("people", Reads.PEOPLE),
        "from": Option("from_number", Reads.PHONE),
        "to": Option("to", Reads.PHONE),
        "dest": Option("destination", Reads.ADDRESS),
        "toaddr": Option("to_address", Reads.ADDRESS),
        "fromaddr": Option("from_address", Reads.ADDRESS),
        "fromname": Option("from_name", Reads.TEXT),
        "customer": Option("customer", Reads.TEXT),
        "parent": Option("parent", Reads.SESSION),
        "direction": Option("direction", Reads.DIRECTION),
        "state": Option("call_state", Reads.CALL_STATE),
        "callstate": Option("call_state", Reads.CALL_STATE),
        "start": Option("start", Reads.YES_NO),
        **_CALLER,
        "mode": Option("mode", Reads.MODE),
        "card": Option("card", Reads.PLACE),
        "dry": Option("dry", Reads.YES_NO),
        "message": Option("message", Reads.MESSAGE),
    },
    Verb.INVITE: {**_IN, **_CALLER},
    Verb.KICK: _IN,
    Verb.LINK: {**_THREAD, "history": Option("history", Reads.HISTORY)},
    Verb.UNLINK: _THREAD,
    Verb.MOVE: {"to": Option("to", Reads.TARGET)},
    Verb.SWITCH: _THREAD,
    Verb.MODE: _THREAD,
    Verb.SEND: _IN,
    Verb.NOTE: _IN,
}
NO_OPTIONS: Final[Mapping[str, Option]] = {}

# By word; the first word for a value is its own spelling.
CHOICES: Final[Mapping[Reads, Mapping[str, object]]] = {
    Reads.TYPE: TYPES,
    Reads.DIRECTION: {
        "in": Direction.INCOMING,
        "out": Direction.OUTGOING,
        "incoming": Direction.INCOMING,
        "outgoing": Direction.OUTGOING,
    },
    Reads.CALL_STATE: {state.lower(): state for state in CallState},
    Reads.YES_NO: {"yes": True, "no": False, "on": True, "off": False, "true": True, "false": False},
    Reads.MODE: {str(mode): mode for mode in Mode},
    Reads.HISTORY: {str(history): history for history in History},
    Reads.SCOPE: {str(scope): scope for scope in Scope},
    Reads.LIFE: {"active": Life.ACTIVE, "ended": Life.ENDED},
    Reads.NOTIFY: {str(notify): notify for notify in Notify},
    Reads.ADMIN: {str(topic): topic for topic in AdminTopic},
}

# What a word after `list` may be.
FILTERS: Final[Mapping[str, Reads]] = {"scope": Reads.SCOPE, "life": Reads.LIFE, "type": Reads.TYPE}
ME: Final = ("link", "unlink", "notify")


def spelling(reads: Reads, value: object) -> str:
    """The word for a choice."""
    return next(word for word, choice in CHOICES[reads].items() if choice is value)


def keys_of(verb: Verb) -> Mapping[str, Option]:
    """The options that a command knows."""
    return OPTIONS.get(verb, NO_OPTIONS)


def key_for(verb: Verb, field: str) -> str:
    """The key that fills a field."""
    return next(key for key, option in OPTIONS[verb].items() if option.field == field)
