"""Open, invite, relay, end, answer, hear, observe.

door → bridge → store, then courier → far side → store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.bridge import echo
from bot.bridge.entries import Invitation, add_end, add_invitation, add_reply, add_session, people_in
from bot.bridge.rules import Command, Ignore, Note, Relay, TooLate, decide
from bot.clock import Clock
from bot.model import (
    Actor,
    Answer,
    Answered,
    ChannelId,
    EvoName,
    Heard,
    Invitee,
    Item,
    ItemKey,
    Kind,
    Life,
    NewSessionRequest,
    Observed,
    Phone,
    PostKind,
    Said,
    Session,
    SessionKey,
    SlackName,
    State,
    Ts,
    UserId,
)
from bot.people import PhoneRules
from bot.states import become
from bot.store import Store, Tx
from bot.store.restored import MAYBE_SENT
from bot.store.rows import pack_members
from bot.text import Names, to_plain
from bot.views.blocks import name as shown

T = TypeVar("T")

HELP = (
    "In a session's thread, just reply: your words go to everybody in the session. "
    "Start with `note:` or `//` to keep them internal.\n"
    "• `{bot} invite +1 503 555 0123, ana@example.com` – bring people in\n"
    "• `{bot} end` – end the session\n"
    "• `/session` in a channel – open a new session"
)
NOT_LINKED = "This thread is not linked to a session. Type `/session` in a channel to open one."
NOBODY = "Say whom to invite, for example `{bot} invite +1 503 555 0123, ana@example.com`."
UNKNOWN_WORD = "I do not know “{word}”, so nothing was sent. "
ALREADY_OVER = "This session is over already."


AWAY = "I was away when this was written, so it has not been sent."
TOO_LATE = "I was away when a command was written here, so it was not carried out."
IN_DOUBT = (
    "I was restored from an older backup and do not know whether a command that was written here was carried out."
)
AGAIN = "Write it again if it is still wanted."
STALE_SECONDS = 900.0
SKEW_SECONDS = 120.0  # between Slack's clock and ours, at most
NO_NAMES = Names({}, {}, {})
FETCH_SECONDS = 5.0  # in which what was not stored a moment ago is read in its thread: this must not overtake it
CARD_SECONDS = 60.0  # in which a card's place becomes known, or never


class NotYet(Exception):
    """This message may belong to a card whose place is not known yet. Slack must bring it again."""


@dataclass(frozen=True, slots=True)
class House:
    """How this installation wants things."""

    bot: UserId
    phones: PhoneRules
    confirm_phones: bool
    region: str
    straggler_seconds: float = 0.3  # Slack may bring a later message first: an idle lane waits this long


class Bridge:
    """The decisions of the product. Needs the store, the time, and a way to wake who carries things out."""

    def __init__(self, store: Store, clock: Clock, house: House, wake: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._house = house
        self._wake = wake
        self._refusals = store.refusals
        self._hold = 0.0

    async def open(self, request: NewSessionRequest, by: Actor, channel: ChannelId, asked_as: SlackName) -> SessionKey:
        """A session is wanted, its card in `channel`. The same gesture twice is one session.

        Numbers in the request must have been allowed by the phone rules and confirmed by the person.
        """

        def work(tx: Tx) -> SessionKey:
            known = tx.session_asked_as(asked_as)
            return known.key if known else add_session(tx, request, by, channel, asked_as, self._clock.now())

        return await self._do(work)

    async def keep_draft(self, view: str, body: dict[str, object]) -> None:
        """Keeps a filled-in modal while its owner looks at a question."""
        await self._store.write(lambda tx: tx.keep_draft(view, body, self._clock.now()))

    async def invite(
        self,
        session: SessionKey,
        people: Sequence[Invitee],
        by: Actor,
        name: SlackName,
        *,
        caller_id: Phone | None = None,
        confirmed: bool = False,
        position: Ts | None = None,
        doubt: bool = False,
    ) -> None:
        """Each person is an item of their own with a visible result of their own. `name` is the gesture's.

        `position`: when it was asked for by a message, that message's place. In `doubt` it may have happened already.
        """
        sure = confirmed or not self._house.confirm_phones
        now = self._clock.now()

        def work(tx: Tx) -> None:
            there, place = tx.session(session), position or self._position(tx, session)
            for invitee in people:
                invitation = Invitation(invitee, by.user, caller_id, sure, doubt)
                add_invitation(tx, there, invitation, name, place, self._house.phones, now)
            tx.redraw_card(session)

        await self._do(work)

    async def relay(self, said: Said, *, missed: bool = False) -> str | None:
        """A message in a thread. Returns what its author alone should be told, if anything.

        A message that was `missed` when it was written, and is old by now, is not sent without asking. What was written
        in a life that a restore has undone may have been sent: it is looked for.

        When this returns, whatever there is to do is on the disk. Raises Unavailable or NotYet when it is not:
        then Slack must not be acknowledged.
        """
        session = self._store.read.session_in(said.thread)
        if session is None and self._card_on_its_way(said):
            raise NotYet
        decision = decide(said, session, self._house.bot)
        late = missed and self._clock.now() - float(said.ts) > STALE_SECONDS
        doubt = session is not None and self._in_doubt(said, session)
        if isinstance(decision, Command):
            return await self._command(decision.words, said, session, late=late, doubt=doubt)
        if session is None or isinstance(decision, Ignore):
            return None
        if isinstance(decision, Note):
            await self._reply(said, session, State.KEPT)
        elif doubt and isinstance(decision, Relay):
            await self._reply(said, session, State.UNKNOWN, MAYBE_SENT)
        elif late:
            await self._reply(said, session, State.NEEDS_PERSON, AWAY)
        elif isinstance(decision, TooLate):
            await self._reply(said, session, State.REFUSED, decision.reason)
        else:
            await self._reply(said, session, State.PENDING)
        return None

    async def end(self, session: SessionKey, by: Actor, name: SlackName, *, position: Ts | None = None) -> None:
        """The session is to end, after what was said before has been delivered.

        `position`: when it was asked for by a message, that message's place.
        """

        def work(tx: Tx) -> None:
            there = tx.session(session)
            if there.life in {Life.OPENING, Life.ACTIVE} and not _is_ending(tx, session):
                add_end(tx, there, by.user, name, position or self._position(tx, session), self._clock.now())

        await self._do(work)

    async def answer(self, item: ItemKey, answer: Answer, by: Actor) -> Answered:
        """A button under an item. Single use: what has moved on since is left alone."""
        return await self._do(lambda tx: self._answer(tx, tx.item(item), answer, by))

    async def answer_missed(self, first: ItemKey, count: int, answer: Answer, by: Actor) -> Answered:
        """A button under a question about missed replies, known by the first; it showed so many of them."""

        def work(tx: Tx) -> Answered:
            asked = [item for post in tx.posts_of_item(first) for item in tx.items_asked_about(post)][:count]
            took = [self._answer(tx, item, answer, by) for item in asked if item.state is State.NEEDS_PERSON]
            tx.redraw_item(first)
            return Answered.TAKEN if Answered.TAKEN in took else Answered.TOO_LATE

        return await self._do(work)

    async def hear(self, session: Session, lines: Sequence[Heard], own: echo.Own) -> int:
        """The transcript of a session, oldest first and whole. Returns how many lines were new to us.

        Lines that we know are passed over; our own words coming back are recognised, each once; the rest is
        posted to every thread of the session.
        """
        known = self._store.read.known_lines(session.key)
        if all(name in known for name, _ in echo.named(session, lines)):
            return 0
        return await self._do(lambda tx: echo.hear(tx, session, lines, own, self._clock.now()))

    async def observe(self, session: SessionKey, seen: Observed) -> None:
        """What Evo Voice says of a session now: members, state, the end."""
        before = self._store.read.session(session)
        if _differs(before, seen) or self._store.read.is_recovering(session):
            await self._do(lambda tx: self._observe(tx, tx.session(session), seen))

    # How

    async def _do(self, work: Callable[[Tx], T]) -> T:
        result = await self._store.write(work)
        self._wake()
        return result

    def _position(self, tx: Tx, session: SessionKey) -> str:
        """The end of a lane, for what has no Slack time stamp of its own. Our clock may be behind Slack's."""
        return max(f"{self._clock.now():.6f}", tx.last_position(session))

    def _card_on_its_way(self, said: Said) -> bool:
        since = self._clock.now() - CARD_SECONDS
        return self._store.read.card_on_its_way(said.thread.team, said.thread.channel, since)

    def _in_doubt(self, said: Said, session: Session) -> bool:
        """Was this written before a restore, and nobody has compared the thread with the session since?"""
        restored = self._store.read.doubt()
        if restored is None or float(said.ts) > restored + SKEW_SECONDS:
            return False
        return self._store.read.is_recovering(session.key, unread=True)

    async def _too_late(self, said: Said, session: Session, *, doubt: bool) -> None:
        """A command that nobody heard in time is not carried out behind people's backs."""
        if self._store.read.is_asked_under(said.name()):
            return  # it was heard in time, and is only read once more
        text = f"{IN_DOUBT if doubt else TOO_LATE} {AGAIN}"
        await self._do(lambda tx: _notice(tx, session, text, f"late/{said.ts}"))

    async def _reply(self, said: Said, session: Session, state: State, reason: str = "") -> None:
        now, wait = self._clock.now(), self._house.straggler_seconds
        if self._store.refusals != self._refusals:
            self._refusals, self._hold = self._store.refusals, now + FETCH_SECONDS
        await self._do(lambda tx: add_reply(tx, said, session, state, reason, now, wait=wait, hold=self._hold))

    async def _command(self, words: str, said: Said, session: Session | None, *, late: bool, doubt: bool) -> str | None:
        word, _, rest = words.strip().partition(" ")
        bot = f"<@{self._house.bot}>"
        if word.lower() in {"", "help"}:
            return HELP.format(bot=bot)
        if word.lower() not in {"invite", "add", "end", "close"}:
            return UNKNOWN_WORD.format(word=shown(to_plain(word, NO_NAMES), 40)) + HELP.format(bot=bot)
        if session is None:
            return NOT_LINKED
        if session.life in {Life.ENDED, Life.FAILED}:
            return ALREADY_OVER
        by = Actor(said.thread.team, said.user)
        if word.lower() in {"end", "close"}:
            await (
                self._too_late(said, session, doubt=doubt)
                if late
                else self.end(session.key, by, said.name(), position=said.ts)
            )
            return None
        people = people_in(rest, self._house.region)
        if not people:
            return NOBODY.format(bot=bot)
        if late and not doubt:
            await self._too_late(said, session, doubt=False)
            return None
        await self.invite(session.key, people, by, said.name(), position=said.ts, doubt=doubt)
        return None

    def _answer(self, tx: Tx, item: Item, answer: Answer, by: Actor) -> Answered:
        now = self._clock.now()
        if answer in {Answer.YES, Answer.NO}:
            if item.author != by.user:
                return Answered.NOT_YOURS
            if item.state is not State.ASKED:
                return Answered.TOO_LATE
            state = State.PENDING if answer is Answer.YES else State.WITHDRAWN
            become(tx, item, state, position=self._position(tx, item.session), asked_at=now)
            return Answered.TAKEN
        if item.state not in {State.NEEDS_PERSON, State.REFUSED}:
            return Answered.TOO_LATE
        if answer is Answer.AGAIN and item.author != by.user and item.body.get("phone"):
            return Answered.NOT_YOURS
        if answer is Answer.ARRIVED and item.state is State.NEEDS_PERSON and item.kind is not Kind.OPEN:
            become(tx, item, State.DELIVERED, evo_name=EvoName(f"seen:{item.key}"), reason="")
        elif answer is Answer.AGAIN:
            position = item.position if item.kind is Kind.OPEN else self._position(tx, item.session)
            become(tx, item, State.PENDING, position=position, asked_at=now, not_before=0, resent=0, reason="")
        else:
            become(tx, item, State.WITHDRAWN)
        return Answered.TAKEN

    def _observe(self, tx: Tx, before: Session, seen: Observed) -> None:
        if before.life is not Life.ACTIVE:
            return
        now = self._clock.now()
        members = before.members if seen.members is None else seen.members
        tx.change_session(before.key, call_state=seen.call_state, members=pack_members(members))
        # Right after a restore nobody knows which comings and goings have been told: the card shows who is there.
        if before.members and seen.members is not None and not tx.is_recovering(before.key):
            for n, text in enumerate(_changes(before, seen)):
                _notice(tx, before, text, f"{now:.6f}/{n}")
        if seen.ended:
            tx.change_session(before.key, life=Life.ENDED, ended_at=now)
            _notice(tx, before, "This session has ended. Replies here are no longer sent.", "ended")
        if not tx.is_recovering(before.key, unread=True):
            tx.recovered(before.key)
        tx.redraw_card(before.key)


def _differs(before: Session, seen: Observed) -> bool:
    if before.life is not Life.ACTIVE:
        return False
    members = before.members if seen.members is None else seen.members
    return seen.ended or (before.call_state, before.members) != (seen.call_state, members)


def _changes(before: Session, seen: Observed) -> list[str]:
    """A quiet line for each person who came or went."""
    was = {member.identity: member.name or member.identity for member in before.members}
    now = {member.identity: member.name or member.identity for member in seen.members or ()}
    joined = [f"{name} joined." for identity, name in now.items() if identity not in was]
    return joined + [f"{name} left." for identity, name in was.items() if identity not in now]


def _notice(tx: Tx, session: Session, text: str, what: str) -> None:
    for thread in tx.threads_of(session.key):
        tx.add_post(
            name=f"notice/{session.key}/{what}/{thread.channel}/{thread.ts}",
            session=session.key,
            kind=PostKind.NOTICE,
            text=text,
            team=thread.team,
            channel=thread.channel,
            thread_ts=thread.ts,
        )


def _is_ending(tx: Tx, session: SessionKey) -> bool:
    return any(item.state in {State.PENDING, State.SENDING} for item in tx.items_of(session, Kind.END))
