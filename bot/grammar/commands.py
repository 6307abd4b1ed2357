"""What can be typed, as values: a class a command, and what a text is when it is no command.

Nothing here is looked up: a session, a thread or a person is named as it was typed, and whoever carries the command
out finds it. Text is plain, with one exception: what `Send`, `NoteTo` and `Admin` carry on is Slack's text, still
escaped, because it is read by what reads messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.model import (
    CallState,
    ChannelId,
    Direction,
    Email,
    History,
    ItemKey,
    Life,
    Mode,
    Phone,
    SessionType,
    Ts,
    UserId,
)
from bot.phones import Unreadable
from bot.text import shorten

MOST_CHARACTERS: Final = 3000
MOST_WORDS: Final = 40  # what stands in quotes is one
SHOWN: Final = 60  # characters of what was typed that a sentence repeats

# --- what commands name -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EvoAddress:
    """`user:ID` or `team:ID`, as Evo Voice's withAddress takes it. The id is passed on untouched."""

    kind: str  # "user" or "team"
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Handle:
    """`@name` typed by hand, which Slack did not turn into a person: the name, without the @."""

    name: str


Who = Email | Phone | UserId | EvoAddress | Handle
Address = Phone | Email


class How(StrEnum):
    """In which way a session is named."""

    ID = "id"  # a full id, or its beginning of 6 characters and more
    NAME = "name"  # it was in quotes
    LINK = "link"  # https; a Slack one can be read by `read_permalink`
    THIS = "this"  # the active session of this thread
    LAST = "last"  # the one that the person used last


@dataclass(frozen=True, slots=True)
class SessionRef:
    """A session as it was typed."""

    how: How
    text: str = ""


THIS = SessionRef(How.THIS)
LAST = SessionRef(How.LAST)


@dataclass(frozen=True, slots=True)
class Permalink:
    """A link to a Slack message. Whether `host` is our own workspace is for the caller to check."""

    host: str
    channel: ChannelId
    ts: Ts
    thread_ts: Ts | None = None

    @property
    def root(self) -> Ts:
        """The thread that the message is in, or begins."""
        return self.thread_ts or self.ts


@dataclass(frozen=True, slots=True)
class Here:
    """This thread; for a card, this channel."""


HERE = Here()


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, as Slack names it."""

    id: ChannelId


@dataclass(frozen=True, slots=True)
class ChannelName:
    """`#name` typed by hand, which Slack did not turn into a channel: the name, without the #."""

    name: str


Thread = Permalink | Here
Place = Channel | ChannelName | Here


class Scope(StrEnum):
    """Whose sessions are listed."""

    MINE = "mine"
    CHANNEL = "channel"
    ALL = "all"


class Notify(StrEnum):
    """What a person wants to be told."""

    ALL = "all"
    NONE = "none"


class AdminTopic(StrEnum):
    """What administrators can ask for."""

    POLICY = "policy"  # the rules, and what they say of somebody
    AUDIT = "audit"
    PANIC = "panic"  # stop everything that leaves
    RESUME = "resume"
    LIFT = "lift"  # an opt-out or a freeze of a number


# --- commands ---------------------------------------------------------------------------------------------------------
# A None or "" was not typed. What must be there is there in a command that stands for itself; inside an `Incomplete`
# anything may be missing.


@dataclass(frozen=True, slots=True)
class New:
    """Open a session. Without anything but a type it only asks for the form."""

    type: SessionType | None = None
    name: str = ""
    with_address: EvoAddress | None = None
    people: tuple[Who, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    from_number: Phone | None = None
    to: Phone | None = None
    destination: Address | None = None
    to_address: Address | None = None
    from_address: Address | None = None
    customer: str = ""
    parent: SessionRef | None = None
    direction: Direction | None = None
    call_state: CallState | None = None
    start: bool | None = None
    caller_id: Phone | None = None
    message: str = ""
    mode: Mode | None = None
    card: Place | None = None
    dry: bool = False
    from_name: str = ""

    @property
    def opens_form(self) -> bool:
        """Nothing was said but, perhaps, the type: there is nothing to carry out yet."""
        return self == New(type=self.type)


@dataclass(frozen=True, slots=True)
class Invite:
    people: tuple[Who, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    session: SessionRef | None = None
    caller_id: Phone | None = None


@dataclass(frozen=True, slots=True)
class Kick:
    who: Who | None = None
    session: SessionRef | None = None


@dataclass(frozen=True, slots=True)
class List:
    scope: Scope | None = None
    life: Life | None = None  # ACTIVE or ENDED
    type: SessionType | None = None


@dataclass(frozen=True, slots=True)
class Find:
    query: str | Phone = ""


@dataclass(frozen=True, slots=True)
class Show:
    session: SessionRef | None = None


@dataclass(frozen=True, slots=True)
class Link:
    session: SessionRef | None = None
    thread: Thread | None = None
    history: History | None = None


@dataclass(frozen=True, slots=True)
class Unlink:
    thread: Thread | None = None


@dataclass(frozen=True, slots=True)
class Move:
    session: SessionRef | None = None
    to: Channel | ChannelName | Permalink | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    session: SessionRef | None = None
    thread: Thread | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """`text` is Slack's text, still escaped, word for word."""

    session: SessionRef | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class NoteTo:
    """`text` is Slack's text, still escaped, word for word."""

    session: SessionRef | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    session: SessionRef | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    session: SessionRef | None = None


@dataclass(frozen=True, slots=True)
class End:
    session: SessionRef | None = None


@dataclass(frozen=True, slots=True)
class FollowUp:
    session: SessionRef | None = None


@dataclass(frozen=True, slots=True)
class SetMode:
    mode: Mode | None = None
    thread: Thread | None = None


@dataclass(frozen=True, slots=True)
class Me:
    """Show my settings, or change one of them."""

    link: EvoAddress | Email | None = None
    unlink: bool = False
    notify: Notify | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """What became of something and why: of a message, of what bears a reference, or of what was asked for last."""

    about: Permalink | ItemKey | None = None


@dataclass(frozen=True, slots=True)
class Status:
    pass


@dataclass(frozen=True, slots=True)
class Admin:
    """`text` is what followed, Slack's text, still escaped, word for word."""

    topic: AdminTopic | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Help:
    """`topic` is one of `help.TOPICS`, or "" for the overview."""

    topic: str = ""


Command = (
    New
    | Invite
    | Kick
    | List
    | Find
    | Show
    | Link
    | Unlink
    | Move
    | Switch
    | Send
    | NoteTo
    | Hold
    | Resume
    | End
    | FollowUp
    | SetMode
    | Me
    | Why
    | Status
    | Admin
)


# --- what is no command -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """What stands against a command. All three are plain text: escape it for Slack."""

    field: str  # the command's attribute; "" for words that belong to none
    why: str  # a sentence for the person
    typed: str = ""  # what was typed for that field, so that it is not lost


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A command as far as it was understood. Nothing may be carried out."""

    command: Command
    problems: tuple[Problem, ...]

    @property
    def by_field(self) -> dict[str, str]:
        """The sentences, by the command's attributes, in the order they were found."""
        said: dict[str, str] = {}
        for problem in self.problems:
            before = said.get(problem.field)
            said[problem.field] = f"{before} {problem.why}" if before else problem.why
        return said


@dataclass(frozen=True, slots=True)
class Unknown:
    """The first word is no command. `guess` is the nearest one, when one is near."""

    word: str
    guess: str | None = None

    @property
    def why(self) -> str:
        return f"I do not know “{shorten(self.word, SHOWN)}”." + (
            f" Did you mean `{self.guess}`?" if self.guess else ""
        )


@dataclass(frozen=True, slots=True)
class TooLong:
    """More than anybody types. Nothing of it was read."""

    characters: int
    words: int | None = None  # None: there were too many characters to count words

    @property
    def why(self) -> str:
        if self.words is None:
            return f"That is too long: {self.characters} characters, and {MOST_CHARACTERS} can be read at once."
        return f"That is too long: more than {MOST_WORDS} words. Put names and messages in quotes."


Parsed = Command | Incomplete | Help | Unknown | TooLong
