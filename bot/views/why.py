"""Why? What became of something, from the moment it was asked for, with times and reasons: for a console and in Slack.

Told from what the file keeps of it: the item itself, the record of what happened, and the transcript.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.audit import Record, operator_in
from bot.model import Deed, Item, ItemKey, Kind, Life, Session, State
from bot.numbers import masked
from bot.store import Reads
from bot.text import shorten
from bot.views import Message
from bot.views.blocks import FALLBACK, FIELD, SECTION, Block, context, moment, one_line, section, sentence
from bot.views.gone import words_gone
from bot.views.results import doubtful, excerpt, reference

LONGEST = 600  # characters of how it stands, a reason of Evo Voice's among them
MOST = 5  # things that are explained in one message
STEPS = 15  # of the life of one, the newest
NOTHING_WAITS = "Nothing waits here and nothing has failed."

WHAT: Final = {
    Kind.OPEN: "the opening of a session",
    Kind.LINK: "the link to a session",
    Kind.INVITE: "an invitation",
    Kind.SAY: "a message",
    Kind.KICK: "a removal",
    Kind.HOLD: "a hold",
    Kind.RESUME: "the end of a hold",
    Kind.END: "the end of a session",
}
# What the record tells of, in words; "{who}" is who did it.
_DEEDS: Final[Mapping[str, str]] = {
    Deed.ASKED: "asked for by {who}",
    Deed.CONFIRMED: "confirmed by {who}",
    Deed.APPROVED: "approved by {who}",
    Deed.DECLINED: "declined by {who}",
    Deed.EXPIRED: "nobody said yes in time",
    Deed.DONE: "Evo Voice took it",
    Deed.REFUSED: "refused",
    Deed.IN_DOUBT: "no answer came: it may have arrived, so the bot began to look",
    Deed.ASKED_BACK: "left to a person",
    Deed.REPEATED: "surely not there, so it was sent once more",
    Deed.WITHDRAWN: "withdrawn",
    Deed.SETTLED: "decided by {who}",
    Deed.UNDONE: "taken back by {who}",
}
NOBODY = "the console"
_BY_SOMEBODY: Final = frozenset({Deed.ASKED, Deed.CONFIRMED, Deed.APPROVED, Deed.DECLINED, Deed.SETTLED, Deed.UNDONE})

WAITS_FOR_YES = "It waits for a yes, because it reaches an outside phone and may cost money. Nothing has been sent."
WAITS_FOR_PEOPLE = "It waits until it is settled whether the people it is for are invited. Nothing has been sent."
WAITS_FOR_OPENING = "It waits until Evo Voice has opened the session. Nothing has been sent."
NEVER_OPENED = "Its session was not opened. It stays unsent until somebody decides about the opening, on the card."
WAITS_FOR_READING = "The bot was restored from a backup and first reads the thread anew. Nothing is sent before."
WAITS_BEHIND = "It waits its turn: ref {key} comes first, and {state}."
AHEAD = {
    State.ASKED: "waits for a yes",
    State.PENDING: "has not left yet",
    State.SENDING: "is on its way",
    State.UNKNOWN: "may have arrived, which is looked for",
}
TRIED = "Evo Voice could not be reached, or asked for patience: {n} so far, and it surely did not arrive. {next}"
TRIED_NEXT = "It is tried again by itself."
HELD = "It is held back for a moment, so that it can be taken back or an earlier message can come first."
NEXT = "Nothing stands against it: it is sent as soon as Evo Voice can be reached."
SENDING = "It is on its way right now. Evo Voice has not answered yet."
UNKNOWN = "No answer came, so it may have arrived. The bot looks for it at Evo Voice and sends nothing twice."
DELIVERED = "Evo Voice took it."
SEEN = "Evo Voice took it, and it stands in the transcript."
NOT_SEEN = "Evo Voice took it. It has not been seen in the transcript yet."
TAKEN_AS_DONE = "Somebody has said that it arrived."
REFUSED = "It was not done. {reason}"
SAID_NO = "Evo Voice said no."
WITHDRAWN = "It was taken back and is not sent. {reason}"
WITHDRAWN_IN_DOUBT = "Nobody knows whether it arrived, and it is not sent again: somebody has decided so."
DECIDE = "It waits for a person. {reason}"
IN_DOUBT = "It may have arrived, and the bot could not find out."
NOT_SENT = "It has not been sent."
KEPT = "It is a note: it stays in Slack."
# One next step, where there is one.
STEP_CONFIRM = "Decide with the buttons of the question in Slack."
STEP_DECIDE = "Decide with the buttons in its thread."
STEP_CARD = "Decide with the buttons on the card."
STEP_WAIT = "Nothing need be done yet."


@dataclass(frozen=True, slots=True)
class Account:
    """All that the file knows of one item. `ahead`: what must be finished before it."""

    item: Item
    session: Session
    records: tuple[Record, ...]
    seen_at: float | None  # in the transcript
    ahead: Item | None
    comparing: bool  # its session is still to be read after a restore
    now: float


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to it. `who`: the user of Slack that "{who}" in it stands for; `more`: plain text."""

    at: float
    what: str
    who: str = ""
    more: str = ""

    def said(self, called: Callable[[str], str]) -> str:
        """`called`: how somebody in Slack is named there."""
        who = self.who and (f"{NOBODY} ({login})" if (login := operator_in(self.who)) else called(self.who))
        said = self.what.format(who=who or NOBODY)
        return f"{said}: {self.more}" if self.more else said


def account(read: Reads, key: ItemKey, now: float) -> Account:
    """Raises Forgotten for a key that was never given out."""
    item = read.item(key)
    head = read.head_of_lane(item.session)
    return Account(
        item=item,
        session=read.session(item.session),
        records=tuple(read.audited_of(item)),
        seen_at=read.seen_at(key),
        ahead=head if head and head.key != key and item.state is State.PENDING else None,
        comparing=read.is_recovering(item.session, unread=True),
        now=now,
    )


# Its life


def life(told: Account) -> list[Step]:
    """What happened, oldest first."""
    return sorted(_steps(told), key=lambda step: step.at)


def _steps(told: Account) -> Iterator[Step]:
    item = told.item
    if item.ts is not None:
        yield Step(float(item.ts), "written in Slack by {who}", item.author)
    if not any(abs(record.at - item.asked_at) < 1 and record.what in _BY_SOMEBODY for record in told.records):
        yield Step(item.asked_at, "stored by the bot")
    if item.attempts and item.sending_at is not None:
        yield Step(item.sending_at, f"left for Evo Voice, {_attempts(item.attempts)}")
    yield from map(_of, told.records)
    if told.seen_at is not None:
        yield Step(told.seen_at, "seen in the transcript")


def _of(record: Record) -> Step:
    """A row says the kind of the item first; what stands behind it is more than that."""
    return Step(record.at, _DEEDS.get(record.what, "something happened"), record.who, record.detail.partition(", ")[2])


def _attempts(n: int) -> str:
    return "first try" if n == 1 else f"try {n}"


# How it stands, and why


def why(told: Account) -> str:
    """How it stands now and why, in a sentence or two. Plain text, on one line, numbers in it masked."""
    return masked(shorten(one_line(_why(told)), LONGEST))


def _why(told: Account) -> str:
    item = told.item
    reason = f"{item.reason} {words_gone(item.gone)}".strip()
    match item.state:
        case State.ASKED:
            return WAITS_FOR_PEOPLE if item.kind is Kind.SAY else WAITS_FOR_YES
        case State.PENDING:
            return _waits(told)
        case State.SENDING:
            return SENDING
        case State.UNKNOWN:
            return f"{UNKNOWN} {reason}"
        case State.DELIVERED:
            return f"{_arrived(told)} {reason}"
        case State.REFUSED:
            return REFUSED.format(reason=reason or SAID_NO)
        case State.WITHDRAWN:
            return WITHDRAWN_IN_DOUBT if doubtful(item) else WITHDRAWN.format(reason=reason)
        case State.NEEDS_PERSON:
            return DECIDE.format(reason=f"{IN_DOUBT if doubtful(item) else NOT_SENT} {reason}")
        case State.KEPT:
            return KEPT


def _waits(told: Account) -> str:
    """Of several reasons the one that holds longest."""
    item, session = told.item, told.session
    if session.life is Life.FAILED and item.kind is not Kind.OPEN:
        return NEVER_OPENED
    if told.comparing:
        return WAITS_FOR_READING
    if session.evo_id is None and item.kind is not Kind.OPEN:
        return WAITS_FOR_OPENING
    if told.ahead is not None:
        return WAITS_BEHIND.format(key=told.ahead.key, state=AHEAD.get(told.ahead.state, "is not done"))
    if item.attempts:
        tries = "one try" if item.attempts == 1 else f"{item.attempts} tries"
        return TRIED.format(n=tries, next=TRIED_NEXT)
    return HELD if item.not_before > told.now else NEXT


def _arrived(told: Account) -> str:
    if (told.item.evo_name or "").startswith("seen:"):
        return TAKEN_AS_DONE
    if told.item.kind is not Kind.SAY:
        return DELIVERED
    return NOT_SEEN if told.seen_at is None else SEEN


def step(told: Account) -> str:
    """The one next step; empty where there is none."""
    item = told.item
    match item.state:
        case State.ASKED:
            return STEP_CONFIRM
        case State.REFUSED if item.kind in {Kind.INVITE, Kind.KICK} and not item.attempts:
            return ""  # a rule has said no: nobody is asked
        case State.NEEDS_PERSON | State.REFUSED:
            return STEP_CARD if item.kind in {Kind.OPEN, Kind.LINK} else STEP_DECIDE
        case State.PENDING | State.SENDING | State.UNKNOWN:
            return STEP_WAIT
        case _:
            return ""


def is_open(item: Item) -> bool:
    """Does it wait, or has it failed?"""
    return item.state not in {State.DELIVERED, State.WITHDRAWN, State.KEPT}


# In Slack


def message(accounts: Sequence[Account]) -> Message:
    """For the eyes of who asked. Numbers in the words are not masked yet: see `bot/views/privacy.py`."""
    if not accounts:
        return Message(text=NOTHING_WAITS, blocks=[])
    shown = accounts[:MOST]
    blocks = [block for told in shown for block in _blocks(told)]
    whole, short = ("\n\n".join(map(each, shown)) for each in (_with_life, _paragraph))
    text = next((each for each in (whole, short) if len(each) <= FALLBACK), _paragraph(shown[0]))
    return Message(text=text, blocks=blocks)


def _with_life(told: Account) -> str:
    """All that the blocks say: for whoever has it read aloud."""
    return f"{_paragraph(told)}\n{_steps_of(told)}"


def _paragraph(told: Account) -> str:
    item = told.item
    said = f": “{excerpt(item)}”" if item.kind is Kind.SAY and not item.gone else ""
    head = f"*{WHAT[item.kind].capitalize()}*{said} · {reference(item)}"
    return f"{head}\n{sentence(why(told), SECTION - len(head) - 100)} {step(told)}".rstrip()


def _blocks(told: Account) -> list[Block]:
    return [section(_paragraph(told)), context(_steps_of(told))]


def _steps_of(told: Account) -> str:
    return "\n".join(f"{moment(each.at)} · {_with_people(each)}" for each in life(told)[-STEPS:])


def _with_people(each: Step) -> str:
    """Users become mentions, which tell nobody where only one person reads them."""
    return Step(each.at, sentence(each.what, FIELD), each.who, sentence(each.more, FIELD)).said(
        lambda user: f"<@{user}>"
    )
