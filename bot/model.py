"""Our nouns and ids. Standard library only; everything else may import it.

Everything bridged has two names, a Slack one and an Evo one. A row with one name is work still to do;
a row with both is done. `Item` is such a row on its way to Evo Voice, `Post` one on its way to Slack.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, NewType

TeamId = NewType("TeamId", str)  # T… or E…; unique in Slack
ChannelId = NewType("ChannelId", str)  # C…, G… or D…; unique within a team
UserId = NewType("UserId", str)  # U… or W…; unique in Slack
FileId = NewType("FileId", str)  # F…; unique in Slack
Ts = NewType("Ts", str)  # Slack's message time stamp; unique within a channel only, never a float

EvoSessionId = NewType("EvoSessionId", str)  # Evo Voice's id of a session; opaque
SessionKey = NewType("SessionKey", int)  # our row of a session; known before Evo Voice has named it
ItemKey = NewType("ItemKey", int)
PostKey = NewType("PostKey", int)
SlackName = NewType("SlackName", str)  # what a gesture is called on Slack's side; unique in the store
EvoName = NewType("EvoName", str)  # what came of it on Evo Voice's side; unique in the store
LineName = NewType("LineName", str)  # our name for a transcript line, which has no id of its own


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number: E.164 text, and the ISO 3166 region that it really belongs to (never guessed from "+1")."""

    e164: str
    region: str


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address, ASCII, domain in lower case."""

    address: str


@dataclass(frozen=True, slots=True)
class ThreadKey:
    """A Slack thread. `ts` alone is unique within one channel only, so the three always travel together."""

    team: TeamId
    channel: ChannelId
    ts: Ts


@dataclass(frozen=True, slots=True)
class Actor:
    """The person in Slack who asks for something."""

    team: TeamId
    user: UserId


def name_of_message(team: TeamId, channel: ChannelId, ts: Ts) -> SlackName:
    """The name of what a message asked for."""
    return SlackName(f"{team}/{channel}/{ts}")


def name_of_view(team: TeamId, view: str) -> SlackName:
    """The name of what a submitted modal asked for: a second click on its button has the same name."""
    return SlackName(f"{team}/view/{view}")


class Kind(StrEnum):
    """What an item asks of Evo Voice."""

    OPEN = "open"
    LINK = "link"  # a session that exists already gets a thread: only read, so it has no doubt
    INVITE = "invite"
    SAY = "say"
    KICK = "kick"
    HOLD = "hold"
    RESUME = "resume"
    END = "end"


class State(StrEnum):
    """Where an item stands. The last five are ends, each of them visible in Slack."""

    ASKED = "asked"  # waits for a person's yes; nothing has left the house
    PENDING = "pending"
    SENDING = "sending"  # committed before the request leaves: whoever finds it after a crash has a doubt
    UNKNOWN = "unknown"  # may have had its effect; being read back
    DELIVERED = "delivered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    NEEDS_PERSON = "needs_person"
    KEPT = "kept"  # a note: it stays inside


# The one table of what may follow what. Buttons and the courier both go through it.
MAY_BECOME: dict[State, frozenset[State]] = {
    State.ASKED: frozenset({State.PENDING, State.WITHDRAWN, State.REFUSED}),
    State.PENDING: frozenset(
        {State.SENDING, State.REFUSED, State.WITHDRAWN, State.NEEDS_PERSON, State.DELIVERED, State.KEPT}
    ),
    State.SENDING: frozenset({State.DELIVERED, State.REFUSED, State.PENDING, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.DELIVERED, State.PENDING, State.NEEDS_PERSON}),
    State.NEEDS_PERSON: frozenset({State.DELIVERED, State.PENDING, State.WITHDRAWN, State.KEPT, State.ASKED}),
    State.REFUSED: frozenset({State.PENDING, State.WITHDRAWN, State.KEPT, State.ASKED}),
    State.DELIVERED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.KEPT: frozenset({State.PENDING}),  # "Send it" under a note that was one by a rule
}


class Mark(StrEnum):
    """The reaction that a message in a thread carries for the state of its item."""

    NONE = ""
    WAITING = "hourglass_flowing_sand"
    DELIVERED = "white_check_mark"
    REFUSED = "x"
    UNKNOWN = "question"
    NOTE = "lock"
    EDITED = "pencil2"  # beside the others: what was sent is not what stands here now


def mark_of(state: State, attempts: int) -> Mark:
    """What people should see on the message: nothing at all while all goes well and quickly."""
    match state:
        case State.PENDING | State.SENDING | State.ASKED:
            return Mark.WAITING if attempts > 1 or (attempts and state is State.PENDING) else Mark.NONE
        case State.UNKNOWN | State.NEEDS_PERSON:
            return Mark.UNKNOWN
        case State.DELIVERED:
            return Mark.DELIVERED
        case State.KEPT:
            return Mark.NOTE
        case State.REFUSED | State.WITHDRAWN:
            return Mark.REFUSED


class SessionType(StrEnum):
    """Evo Voice's FlowChannels, spelt as the API spells them."""

    CHAT = "Chat"
    VOICE = "Voice"
    FAX = "Fax"


class Mode(StrEnum):
    """What replies in a thread are."""

    RELAY = "relay"  # everything that is no note and no command goes to the session
    MENTION = "mention"  # only what begins with a mention of the bot
    NOTES = "notes"  # nothing


class Role(StrEnum):
    """What a thread is to a session."""

    TARGET = "target"  # replies go to it; a thread has at most one
    SHOWN = "shown"  # what is said in it stands there, replies go to another one
    MOVED = "moved"  # it went on somewhere else


class History(StrEnum):
    """How much of what was said before stands in a newly linked thread."""

    NONE = "none"
    DAY = "24h"
    ALL = "all"


MISSED = "Missed"  # how a call stood that ended before anybody took it; not one of Evo Voice's own words


class Life(StrEnum):
    """A session as people see it."""

    OPENING = "opening"
    ACTIVE = "active"
    ENDED = "ended"
    FAILED = "failed"  # Evo Voice refused to open it, or nobody can tell


class Direction(StrEnum):
    """Evo Voice's SessionDirections; it assumes Outgoing."""

    OUTGOING = "Outgoing"
    INCOMING = "Incoming"


class CallState(StrEnum):
    """Evo Voice's SessionCallState; it assumes Connected."""

    RINGING = "Ringing"
    CONNECTED = "Connected"
    HOLD = "Hold"
    PASSIVE = "Passive"
    DISCONNECTED = "Disconnected"


@dataclass(frozen=True, slots=True)
class NewSessionRequest:
    """What a person asked for in the New session modal. Becomes NewSession, then one InviteChatMember a phone.

    None is left to Evo Voice, save for three: without `start` the call flow runs for Voice only, without `from_name`
    the author's name is sent, and `to` stands for both `to_address` and `destination` unless they are given.
    """

    type: SessionType
    name: str
    with_address: str | None = None
    with_label: str | None = None
    emails: tuple[Email, ...] = ()
    phones: tuple[Phone, ...] = ()
    from_number: Phone | None = None  # one of our own: the caller id
    to: Phone | None = None
    first_message: str = ""
    start: bool | None = None
    customer_id: str | None = None
    parent_id: EvoSessionId | None = None
    direction: Direction | None = None
    call_state: CallState | None = None
    from_address: Phone | Email | None = None
    from_name: str | None = None
    to_address: Phone | Email | None = None
    destination: Phone | Email | None = None
    customer_label: str | None = None
    mode: Mode | None = None  # of the thread under the card; None: what belongs to the type

    @property
    def first_mode(self) -> Mode:
        """What replies under the card are at first: a call or a fax takes no text."""
        return self.mode or (Mode.RELAY if self.type is SessionType.CHAT else Mode.NOTES)

    @property
    def dialled(self) -> tuple[Phone, ...]:
        """Every number that opening the session may call, text or fax, each once.

        The number it comes from is among them: in a session that is said to be incoming, that is the other side.
        """
        ends = (self.to_address or self.to, self.destination or self.to, self.from_address)
        return tuple(dict.fromkeys(end for end in ends if isinstance(end, Phone)))


FORGOTTEN = "forgotten/"  # begins the identity of a member of whom everything was deleted; behind it, their hash


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a session, as Evo Voice names them: `identity` is an e-mail, a number or an opaque id."""

    identity: str
    name: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A session and its home in Slack. `evo_id` and `thread_ts` are its two names."""

    key: SessionKey
    evo_id: EvoSessionId | None
    team: TeamId
    channel: ChannelId
    thread_ts: Ts | None
    type: SessionType
    name: str
    with_label: str | None
    created_by: UserId
    created_at: float
    life: Life
    call_state: str
    members: tuple[Member, ...]
    missing: tuple[str, ...]  # people who were asked for and did not come back in the answer
    ended_at: float | None
    active_at: float  # when something was last said
    mode: Mode = Mode.RELAY  # of the thread under its card, when that comes to stand

    @property
    def thread(self) -> ThreadKey | None:
        """The thread under the card, once the card is there."""
        return None if self.thread_ts is None else ThreadKey(self.team, self.channel, self.thread_ts)


@dataclass(frozen=True, slots=True)
class Link:
    """A thread that shows a session."""

    thread: ThreadKey
    session: SessionKey
    role: Role
    mode: Mode


@dataclass(frozen=True, slots=True)
class Shows:
    """What a card says of itself in its metadata: whoever has forgotten the session can find it by that."""

    session: EvoSessionId | None = None
    mode: Mode | None = None  # of the thread it stands in


@dataclass(frozen=True, slots=True)
class Person:
    """What somebody has settled about themselves."""

    team: TeamId
    user: UserId
    evo_address: str | None = None  # the user of Evo Voice that they say they are
    evo_name: str | None = None  # under whose name what they write is sent
    notify: bool = False  # a message of their own when somebody writes after a silence
    tips_seen: bool = False


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A filled-in form whose owner looks at the question about it. `used`: they have said yes; it is empty then."""

    user: UserId
    body: dict[str, Any]
    kept_at: float
    used: bool


@dataclass(frozen=True, slots=True)
class Invitee:
    """Who is to be invited: a phone, an e-mail, or a Slack user, who becomes an e-mail when the invitation leaves.

    When what was typed is none of these, `why` says so to the person who typed it.
    """

    phone: Phone | None = None
    email: Email | None = None
    slack_user: UserId | None = None
    typed: str = ""
    why: str = ""

    @classmethod
    def of(cls, person: Phone | Email | UserId) -> Invitee:
        """As somebody who could be read is invited."""
        match person:
            case Phone():
                return cls(phone=person)
            case Email():
                return cls(email=person)
            case _:
                return cls(slack_user=person)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do at Evo Voice, or done there."""

    key: ItemKey
    session: SessionKey
    kind: Kind
    state: State
    slack_name: SlackName
    evo_name: EvoName | None
    channel: ChannelId  # where it was asked for, so that the answer can be shown there
    ts: Ts | None  # the message that asked for it, when it was a message
    thread_ts: Ts | None
    author: UserId
    position: str  # its place in the session's lane: Slack's message order
    body: dict[str, object]
    sent_text: str | None  # exactly what left the house, to know it again in the transcript
    attempts: int
    resent: bool  # the one automatic repeat has been used
    not_before: float
    sending_at: float | None
    unknown_at: float | None
    reason: str
    mark: Mark
    shown: tuple[Mark, ...]  # what may stand on the message; several when it is not known which
    asked_at: float  # when a person last asked for it: what is too old is not sent without asking again
    edited: bool = False  # the message was changed after its words had left
    edited_shown: bool = False
    approved_by: UserId | None = None  # who said yes to what costs money, when that was somebody else than its author
    gone: str = ""  # why its words are not here any more: `Gone`, with days where it has some


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript, under the name we gave it."""

    name: LineName
    session: SessionKey
    sender: str
    text: str
    media_uri: str | None
    media_type: str | None
    date: str
    gone: str = ""


class Gone(StrEnum):
    """Why somebody's words are not here any more."""

    AGED = "aged"  # their time was over; behind it stands after how many days
    REMOVED = "removed"  # whoever wrote them has deleted them in Slack
    FORGOTTEN = "forgotten"  # whoever they were of, or for, has asked for it


class NotHere(StrEnum):
    """Why a file does not stand where people look for it."""

    HOST = "host"  # it lies at a host that we may not fetch from
    ADDRESS = "address"  # its address cannot be used: unreadable, not https, or with a login in it
    PRIVATE = "private"  # its host is inside some private network
    ASTRAY = "astray"  # its address leads on to where we may not go
    GONE = "gone"
    DENIED = "denied"  # its host does not let us have it
    PAGE = "page"  # a web page came instead, such as asks for a sign-in
    TYPE = "type"  # it is not what it is said to be, or a program
    EMPTY = "empty"
    BIG = "big"
    AWAY = "away"  # nobody answered, time and again
    SCOPE = "scope"  # Slack has not granted us to carry files
    UNREAD = "unread"  # Slack has not granted us to read the thread that they belong into
    ROOM = "room"  # the message would be too long with its address
    REFUSED = "refused"  # the far side does not take it
    OFF = "off"  # this house does not carry files that way


class PostKind(StrEnum):
    """What stands in Slack because of us."""

    CARD = "card"
    LINE = "line"  # somebody in the session said something
    FILE = "file"  # what they sent with it: the file itself, or in words why it is not here
    RESULT = "result"  # what became of an item that people wait for: an invitation, a reply in trouble
    NOTICE = "notice"  # a quiet line: ended, joined, left
    MIRROR = "mirror"  # what somebody wrote in another thread of the session, or from nowhere
    DIRECT = "direct"  # to a person's own messages, when the channel cannot be reached


class PostState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    DONE = "done"
    STUCK = "stuck"  # Slack will not take it: archived channel, bot removed


@dataclass(frozen=True, slots=True)
class Post:
    """One message of ours in Slack. `name` says what it shows; `ts` is its Slack name once it stands there."""

    key: PostKey
    name: str
    session: SessionKey
    kind: PostKind
    item: ItemKey | None
    line: LineName | None
    text: str
    team: TeamId
    channel: ChannelId
    thread_ts: Ts | None
    ts: Ts | None
    state: PostState
    wanted: int  # version that people should see
    shown: int  # version that stands there
    attempts: int
    not_before: float
    sending_at: float | None
    file: FileId | None = None  # what was uploaded for it: by this it is found again in its thread
    drawn: str = ""  # a hash of what stands there; "" when nobody knows


@dataclass(frozen=True, slots=True)
class File:
    """A file somebody put into a thread, and what became of it: its `address` at Evo Voice, or `why` it has none."""

    name: str
    id: FileId = FileId("")
    size: int = 0  # bytes, as Slack says
    type: str = ""
    url: str = ""  # where Slack keeps it
    there: bool = True  # not deleted, nor hidden by a limit of the workspace
    outside: bool = False  # Slack only shows it; its address is anybody's
    address: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Addressed:
    """Whom a message begins by addressing: a colleague, with what is known of their address, or a group (None)."""

    user: UserId | None
    email: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as Slack sent it, as JSON, and when."""

    key: int
    body: str
    came_at: float


@dataclass(frozen=True, slots=True)
class Said:
    """A message somebody wrote in a Slack thread, as the event tells it. `edited`: when it was changed last, or ""."""

    thread: ThreadKey
    ts: Ts
    user: UserId
    text: str
    files: tuple[File, ...] = ()
    addressed: Addressed | None = None
    edited: str = ""

    def name(self) -> SlackName:
        """Its name in the store: the same for each delivery and for the app_mention twin."""
        return name_of_message(self.thread.team, self.thread.channel, self.ts)


@dataclass(frozen=True, slots=True)
class Profile:
    """What Slack says about a person (users.info)."""

    user: UserId
    team: TeamId | None
    name: str
    email: str | None
    bot: bool = False
    guest: bool = False
    stranger: bool = False
    deleted: bool = False
    owner: bool = False  # or administrator, of the workspace
    organization: TeamId | None = None  # E…, of an Enterprise Grid


class Deed(StrEnum):
    """What the audit tells of."""

    ASKED = "asked"  # of an item, beside its kind: "asked: invite"
    CONFIRMED = "confirmed"
    APPROVED = "approved"  # by a second person
    DECLINED = "declined"
    EXPIRED = "expired"
    DONE = "done"
    REFUSED = "refused"
    IN_DOUBT = "in doubt"
    ASKED_BACK = "asked back"
    REPEATED = "sent once more"  # by the machine, its absence proven
    WITHDRAWN = "withdrawn"
    SETTLED = "settled"  # a person has said what becomes of it
    UNDONE = "undone"
    REVEALED = "numbers revealed"
    LINKED = "linked"
    UNLINKED = "unlinked"
    MOVED = "moved"
    MODE = "mode changed"
    STOPPED = "everything stopped"
    RESUMED = "everything resumed"
    OPTED_OUT = "opted out"
    OPTED_IN = "opted in"
    FROZEN = "numbers frozen"
    THAWED = "numbers released"
    FORGOT = "forgot"
    EXPORTED = "exported"
    RESTORED = "put back from a backup"
    PRUNED = "old records deleted"
    MENDED = "mended"  # at the console, something between a session and its threads


@dataclass(frozen=True, slots=True)
class Stop:
    """Nothing leaves to Evo Voice since `at`. `who`: empty when it was said at the console."""

    at: float
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class OptOut:
    """The owner of a number wants nothing more. `shown`: the number, masked."""

    shown: str
    word: str
    session: SessionKey | None  # in which they said so
    at: float


class Answer(StrEnum):
    """What a person may answer to an item that waits for one."""

    YES = "yes"  # invite this number
    NO = "no"  # do not
    AGAIN = "again"  # send it (again)
    ARRIVED = "arrived"  # a person has seen that it had its effect
    LEAVE = "leave"  # neither send it again nor ask again
    KEEP = "keep"  # it becomes a note
    UNDO = "undo"  # do not send what has not left yet
    SEND = "send"  # a note that was one by a rule only goes out after all


class Answered(StrEnum):
    """What came of an answer."""

    TAKEN = "taken"
    TOO_LATE = "too_late"  # somebody was quicker, or the machine found out by itself
    NOT_YOURS = "not_yours"  # only who asked may say yes to what costs money
    STOPPED = "stopped"  # nothing leaves just now
    EXPIRED = "expired"  # nobody said yes while that was possible
    COLLEAGUE = "colleague"  # somebody else than who asked must say yes
    CHANGED = "changed"  # it is not what the question showed


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody a chat can start with (GetMyContacts): `address` is what withAddress takes."""

    address: str
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """A number of ours that a session can come from (ListEndpoints). Not every one can text."""

    phone: Phone
    label: str
    texts: bool


@dataclass(frozen=True, slots=True)
class Customer:
    """Under whom a session can be booked (ListCustomers)."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Listed:
    """What can be chosen, by the value that is sent. None: nobody can say what there is, so nothing is ruled out."""

    contacts: frozenset[str] | None = None
    numbers: frozenset[str] | None = None
    customers: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A transcript line as it came, before it has a name."""

    sender: str
    text: str
    media_uri: str | None
    media_type: str | None
    date: str


class News(NamedTuple):
    """What a transcript brought that was not known."""

    lines: int = 0
    others: tuple[Heard, ...] = ()  # those among them that are surely not ours


class Voice(StrEnum):
    """By which way somebody speaks in a session."""

    APP = "app"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Does the date of a session move with what one voice says? `refuted_at`: when it last did not."""

    proofs: int = 0  # lines since then that moved it
    refuted_at: float | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What Evo Voice says of a session right now."""

    evo_id: EvoSessionId
    ended: bool
    call_state: str
    members: tuple[Member, ...] | None = field(default=None)  # None: the answer did not say


@dataclass(frozen=True, slots=True)
class EvoLogin:
    """A login at Evo Voice. `url`: the host, None for that of the settings; `account`: that it must work in."""

    url: str | None
    username: str
    password: str = field(repr=False)
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """A workspace, or an organization, that has installed the app. Nothing is done for it without a login."""

    id: TeamId
    enterprise: str  # the organization that it belongs to or is; "" for none
    name: str
    bot_user: UserId
    token: str | None = field(repr=False)  # None: no longer installed
    refresh_token: str | None = field(repr=False)  # None: its token does not end
    expires_at: float | None  # of the token
    installed_by: str
    installed_at: float
    removed_at: float | None = None
    purge_at: float | None = None  # when all that it has goes
    login: EvoLogin | None = None

    @property
    def is_served(self) -> bool:
        """Is there anything to be done for it?"""
        return self.token is not None and self.login is not None and self.purge_at is None
