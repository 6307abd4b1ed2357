"""Open, invite, relay, end, answer, hear, observe.

door → bridge → store, then courier → far side → store.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from bot.audit import unlinked_from
from bot.bridge import again, answers, changes, echo, optout, questions, stopping, threads
from bot.bridge.arrivals import Arrivals
from bot.bridge.drafts import Draft, InviteDraft, NewDraft, unpack_draft
from bot.bridge.entries import (
    Invitation,
    add_invitation,
    add_removal,
    add_reply,
    add_session,
    add_step,
    add_words,
)
from bot.bridge.house import House
from bot.bridge.rules import NOWHERE, Command, LongOver, Moved, Note, Place, Relay, TooLate, Untold, decide
from bot.bridge.safeguards import Safeguards
from bot.bridge.taking import written_before_forgetting
from bot.bridge.threads import place_of
from bot.clock import Clock
from bot.counts import PHONE
from bot.model import (
    MISSED,
    Actor,
    Answer,
    Answered,
    CallState,
    ChannelId,
    Deed,
    EvoSessionId,
    Heard,
    History,
    Invitee,
    Item,
    ItemKey,
    Kind,
    Life,
    Member,
    Mode,
    News,
    NewSessionRequest,
    Observed,
    Phone,
    Said,
    Session,
    SessionKey,
    SlackName,
    State,
    ThreadKey,
    Ts,
    UserId,
    name_of_message,
)
from bot.store import Store, Tx
from bot.store.rows import pack_members
from bot.texts import ASKED_BEFORE, AWAY, COMMAND_IN_DOUBT, COMMAND_TOO_LATE, MAYBE_SENT, SESSION_DELETED, WRITE_AGAIN
from bot.views import Message, hints
from bot.views.blocks import lasting

T = TypeVar("T")

OVER_NOW = "This session has ended. Replies here are no longer sent."
LASTED = "It lasted {lasting}."
MISSED_NOW = "This call was missed. Nobody took it."
CONNECTED = "The call is connected."
STALE_SECONDS = 900.0
TOKEN_BYTES = 16
SKEW_SECONDS = 120.0  # between Slack's clock and ours, at most
FETCH_SECONDS = 5.0  # in which what was not stored a moment ago is read in its thread: this must not overtake it
CARD_SECONDS = 60.0  # in which a card's place becomes known, or never


@dataclass(frozen=True, slots=True)
class Wanted:
    """A command in a thread, for somebody to carry out who can look things up."""

    words: str  # Slack's text, still escaped
    said: Said
    session: Session | None  # that the thread shows
    doubt: bool = False  # it may have been carried out in a life that a restore has undone


class NotYet(Exception):
    """This message may belong to a card whose place is not known yet. Slack must bring it again."""


class Bridge:
    """The decisions of the product. Needs the store, the time, and a way to wake who carries things out."""

    def __init__(self, store: Store, clock: Clock, house: House, wake: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._house = house
        self._wake = wake
        self.safeguards = Safeguards(house.policy, house.region)
        self._arrivals = Arrivals(house.straggler_seconds, sees_all=not store.others.possible)
        self._refusals = store.refusals
        self._restored = store.read.doubt()  # only ever changes while nobody runs
        self._hold = 0.0

    def now(self) -> float:
        """As everything here counts it."""
        return self._clock.now()

    async def open(
        self,
        request: NewSessionRequest,
        by: Actor,
        home: ChannelId | ThreadKey,
        asked_as: SlackName,
        *,
        confirmed: bool = True,
    ) -> SessionKey:
        """A session is wanted, its card in a channel or in a thread. The same gesture twice is one session.

        Numbers in the request must have been allowed by the phone rules. They are asked about unless they have been
        `confirmed`.
        """
        sure = self._is_sure(confirmed=confirmed)
        return await self._do(lambda tx: self._open(tx, NewDraft(request, home, asked_as), by, sure=sure))

    async def open_new(self, draft: NewDraft, by: Actor, *, confirmed: bool = True) -> Session | None:
        """The same, unless this person has asked for the same a moment ago: then that session, and nothing is opened.

        For gestures that Slack does not repeat: it tells people that they failed when our answer was late or lost.
        """
        sure = self._is_sure(confirmed=confirmed)

        def work(tx: Tx) -> Session | None:
            already = again.asked_before(tx, draft, by, self._clock.now())
            if already is None:
                self._open(tx, draft, by, sure=sure)
            return already

        return await self._do(work)

    def asked_before(self, draft: NewDraft, by: Actor) -> Session | None:
        """A first look at that, for what is asked about anyway."""
        return again.asked_before(self._store.read, draft, by, self._clock.now())

    async def ask(self, draft: Draft, by: Actor) -> str:
        """Keeps a filled-in form while its owner looks at the question about it. Returns what it is kept under."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        await self._store.write(lambda tx: tx.keep_draft(token, by.user, draft.pack(), self._clock.now()))
        return token

    async def confirm(self, token: str, by: Actor) -> Answered:
        """A yes to such a question: what was kept is carried out, once, for who filled it in, while it is fresh."""
        refused = 0

        def work(tx: Tx) -> Answered:
            nonlocal refused
            kept, now = tx.draft(token), self._clock.now()
            if kept is None:
                return Answered.EXPIRED
            if kept.user != by.user:
                return Answered.NOT_YOURS
            if kept.used:
                return Answered.TOO_LATE
            if questions.is_stale(kept.kept_at, self._house, now):
                return Answered.EXPIRED
            tx.use_draft(token)
            refused = self._carry_out(tx, unpack_draft(kept.body), by)
            return Answered.TAKEN

        said = await self._do(work)
        self._count_phones(refused)
        return said

    async def expire(self, limit: int = 100) -> bool:
        """Questions that nobody has answered in time are over, and their threads say so. True when there were any."""
        before = self._clock.now() - self._house.policy.phones.confirm_seconds
        if not (self._store.read.has_drafts(before) or self._store.read.asked_before(before, 1)):
            return False

        def work(tx: Tx) -> bool:
            late = tx.asked_before(before, limit)
            for key in late:
                questions.expire(tx, tx.item(key), self._clock.now())
            tx.delete_drafts(before)
            return bool(late)

        return await self._do(work)

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
        greeting: str = "",
    ) -> None:
        """Each person is an item of their own with a visible result of their own. `name` is the gesture's.

        `position`: when it was asked for by a message, that message's place. In `doubt` it may have happened already.
        `greeting`: plain words for everybody in the session, after the invitations.
        """
        sure = self._is_sure(confirmed=confirmed)
        draft = InviteDraft(session, people, caller_id, name, greeting)
        refused = await self._do(lambda tx: self._invite(tx, draft, by, sure=sure, position=position, doubt=doubt))
        self._count_phones(refused)

    async def relay(self, said: Said, *, missed: bool = False) -> Message | Wanted | None:
        """A message in a thread. Returns what its author alone should be told, or a command for somebody to carry out.

        A message that was `missed` when it was written, and is old by now, is not sent without asking. What was written
        in a life that a restore has undone may have been sent: it is looked for.

        When this returns, whatever there is to send is on the disk. Raises Unavailable or NotYet when it is not:
        then Slack must not be acknowledged.
        """
        if not missed:
            self._arrivals.came(float(said.ts), self._clock.now())
        place = place_of(self._store.read, said.thread)
        if place == NOWHERE and self._card_on_its_way(said):
            raise NotYet
        decision = decide(said, place, self._house.bot)
        late = missed and self._clock.now() - float(said.ts) > STALE_SECONDS
        doubt = place.session is not None and self._in_doubt(said, place.session)
        match decision:
            case Command(words):
                return await self._command(Wanted(words, said, place.session, doubt), late=late)
            case Moved(to):
                return None if late else hints.moved(to)
            case LongOver():
                return None if late else hints.said(SESSION_DELETED)
            case Untold():
                return None if late else hints.no_target(self._house.called)
            case Note():
                return await self._note(said, place, decision, late=late)
            case TooLate(reason, session):
                await self._reply(said, session, State.REFUSED, reason)
            case Relay():
                return await self._relay(said, decision, late=late, doubt=doubt)
        return None

    async def edited(self, said: Said) -> Message | None:
        """A message in a thread says something else now. Returns what its author alone should be told."""
        item = self._store.read.item_named(said.name())
        if item is None:
            return None
        place = place_of(self._store.read, said.thread)
        bot = self._house.bot
        came = await self._do(lambda tx: changes.edit(tx, tx.item(item.key), said, place, bot))
        match came:
            case changes.Edited.SENT_BEFORE:
                return hints.sent_before(item, self._store.read.session(item.session))
            case changes.Edited.STILL_A_NOTE:
                return hints.still_a_note(item)
            case changes.Edited.NOW_A_NOTE:
                return hints.now_a_note(item)
            case changes.Edited.WITHDRAWN:
                return hints.withdrawn()
        return None

    async def deleted(self, thread: ThreadKey, ts: Ts) -> None:
        """A message is gone from a thread; of a card, the thread goes on without it."""
        read = self._store.read
        item = read.item_named(name_of_message(thread.team, thread.channel, ts))
        card = None if item else read.card_at(thread, ts)
        if item is not None:
            await self._do(lambda tx: changes.delete(tx, tx.item(item.key), thread))
        elif card is not None:
            await self._do(lambda tx: changes.card_deleted(tx, tx.post(card.key)))

    async def say(
        self, session: SessionKey, text: str, by: Actor, name: SlackName, at: Ts | None = None, *, plain: bool = False
    ) -> None:
        """Words for a session from nowhere in particular. Every thread shows them.

        `text` is Slack's, still escaped; `plain`: it is as whoever reads it sees it.
        """
        words = _words(text, plain=plain)
        await self._do(lambda tx: self._say(tx, session, words, by, name, at))

    async def say_new(
        self, session: SessionKey, text: str, by: Actor, name: SlackName, *, plain: bool = False
    ) -> Item | None:
        """The same, unless this person has said so a moment ago: then that, and nothing is said. See `open_new`."""
        words = _words(text, plain=plain)

        def work(tx: Tx) -> Item | None:
            already = again.said_before(tx, session, words, by, name, self._clock.now())
            if already is None:
                self._say(tx, session, words, by, name)
            return already

        return await self._do(work)

    async def note(self, session: SessionKey, text: str, by: Actor, name: SlackName, at: Ts | None = None) -> None:
        """The same, and it stays inside."""

        def work(tx: Tx) -> None:
            place = at or self._position(tx, session)
            add_words(tx, tx.session(session), {"text": text}, State.KEPT, by.user, name, place, self._clock.now())

        await self._do(work)

    async def remove(
        self, session: SessionKey, member: Member, by: Actor, name: SlackName, *, position: Ts | None = None
    ) -> None:
        """Somebody is to be taken out of a session."""

        def work(tx: Tx) -> None:
            place = position or self._position(tx, session)
            add_removal(tx, tx.session(session), member, by.user, name, place, self._clock.now())

        await self._do(work)

    async def hold(
        self, session: SessionKey, by: Actor, name: SlackName, *, resume: bool = False, position: Ts | None = None
    ) -> None:
        """A call is to wait, or to go on."""
        kind = Kind.RESUME if resume else Kind.HOLD

        def work(tx: Tx) -> None:
            place = position or self._position(tx, session)
            add_step(tx, tx.session(session), kind, by.user, name, place, self._clock.now())

        await self._do(work)

    async def end(self, session: SessionKey, by: Actor, name: SlackName, *, position: Ts | None = None) -> None:
        """The session is to end, after what was said before has been delivered.

        `position`: when it was asked for by a message, that message's place.
        """

        def work(tx: Tx) -> None:
            there = tx.session(session)
            if there.life in {Life.OPENING, Life.ACTIVE} and not _is_ending(tx, session):
                place = position or self._position(tx, session)
                add_step(tx, there, Kind.END, by.user, name, place, self._clock.now())

        await self._do(work)

    # Threads

    async def link(
        self,
        session: SessionKey | EvoSessionId,
        thread: ThreadKey,
        by: Actor,
        asked_as: SlackName,
        *,
        mode: Mode | None = None,
        history: History = History.NONE,
        moved_by: str = "",
    ) -> None:
        """The thread shows a session from now on, and replies in it go there.

        One that only Evo Voice knows is read first; the card in the thread says what came of that. `moved_by`, the name
        of who moves it: it leaves every other thread, and they say so.
        """

        def work(tx: Tx) -> None:
            now = self._clock.now()
            known = tx.session(session) if isinstance(session, int) else tx.session_of(session)
            evo_id = known.evo_id if known is not None else EvoSessionId(str(session))
            if known is not None and known.life is not Life.FAILED:
                threads.add_known(tx, known, thread, mode, history, now)
                what, to = Deed.MOVED if moved_by else Deed.LINKED, f"to {_where(thread)}"
                tx.audit(what, now, by=by, session=known.key, message=asked_as, detail=to)
                if moved_by:
                    threads.leave_others(tx, known, thread, moved_by)
            elif evo_id is not None:
                threads.add_unknown(tx, evo_id, thread, by, mode, history, asked_as, now)

        await self._do(work)

    async def linked(self, session: SessionKey, lines: Sequence[Heard], history: History) -> None:
        """The transcript of a session that was opened elsewhere, read for the first time."""
        now, us = self._clock.now(), frozenset({self._house.login.casefold()})

        def work(tx: Tx) -> None:
            there = tx.session(session)
            threads.read_for_the_first_time(tx, there, lines, history, now, self._heed(tx, there, us))

        await self._do(work)

    async def unlink(self, thread: ThreadKey, by: Actor | None = None) -> bool:
        """Replies in the thread go nowhere any more. False when they did not go anywhere."""

        def work(tx: Tx) -> bool:
            session = tx.session_in(thread)
            if session is not None:
                threads.unlink(tx, thread, session)
                tx.audit(Deed.UNLINKED, self._clock.now(), by=by, session=session.key, detail=unlinked_from(thread))
            return session is not None

        return await self._do(work)

    async def move(
        self, session: SessionKey, to: ChannelId | ThreadKey, by_name: str, leaving: ThreadKey, by: Actor | None = None
    ) -> None:
        """The session goes on elsewhere. The thread that it leaves says so, and replies there are not sent.

        A thread that it has left already stays as it is.
        """

        def work(tx: Tx) -> None:
            there = tx.session(session)
            if leaving not in tx.threads_of(session):
                return
            if isinstance(to, ThreadKey):
                threads.move_to_thread(tx, there, leaving, to, by_name, self._clock.now())
            else:
                threads.move_to_channel(tx, there, leaving, ChannelId(to), by_name)
            where = f"from {_where(leaving)} to {_where(to)}"
            tx.audit(Deed.MOVED, self._clock.now(), by=by, session=session, detail=where)

        await self._do(work)

    async def set_mode(self, thread: ThreadKey, mode: Mode, by: Actor | None = None) -> bool:
        """What replies in the thread are from now on. False when the thread shows no session."""

        def work(tx: Tx) -> bool:
            session = tx.session_in(thread)
            if session is not None:
                tx.change_link(thread, session.key, mode=mode)
                detail = f"{mode} in {_where(thread)}"
                tx.audit(Deed.MODE, self._clock.now(), by=by, session=session.key, detail=detail)
                tx.redraw_card(session.key)
            return session is not None

        return await self._do(work)

    async def reveal(self, session: SessionKey, by: Actor) -> Session:
        """Somebody wants to see the whole numbers of a session. That they did is on the disk before they do."""

        def work(tx: Tx) -> Session:
            there = tx.session(session)
            tx.audit(Deed.REVEALED, self._clock.now(), by=by, session=session)
            return there

        return await self._do(work)

    async def settle(self, by: Actor, **settings: Any) -> None:
        """What somebody wants for themselves: columns of `Person`."""
        await self._do(lambda tx: tx.change_person(by.team, by.user, **settings))

    async def is_first(self, name: SlackName) -> bool:
        """Is a command carried out here, and by no other bot that was given it, too, or its app_mention twin?"""
        return await self._store.others.first(self._store, f"command {name}")

    async def not_done(self, name: SlackName) -> None:
        """Whoever was the first has failed: who comes next may try."""
        await self._store.others.not_done(self._store, f"command {name}")

    async def carried_out(self, name: SlackName) -> None:
        """A command that leaves no item has been carried out, and is not to be when its thread is read again."""
        await self._do(lambda tx: tx.carried_out(name, self._clock.now()))

    async def was_away(self, wanted: Wanted) -> None:
        """A command that nobody heard in time is not carried out behind people's backs."""
        said, session = wanted.said, wanted.session
        if session is None or self._store.read.is_asked_under(said.name()):
            return  # it was heard in time, and is only read once more
        text = f"{COMMAND_IN_DOUBT if wanted.doubt else COMMAND_TOO_LATE} {WRITE_AGAIN}"
        await self._do(lambda tx: threads.notice_everywhere(tx, session, text, f"late/{said.ts}"))

    # Answers

    async def answer(self, item: ItemKey, answer: Answer, by: Actor) -> Answered:
        """A button under an item. Single use: what has moved on since is left alone."""
        return await self._do(lambda tx: self._answer(tx, tx.item(item), answer, by))

    async def answer_missed(self, first: ItemKey, count: int, answer: Answer, by: Actor) -> Answered:
        """A button under a question about missed replies, known by the first; it showed so many of them."""

        def work(tx: Tx) -> Answered:
            asked = [item for post in tx.posts_of_item(first) for item in tx.items_asked_about(post)][:count]
            took = [self._answer(tx, item, answer, by) for item in asked if item.state is State.NEEDS_PERSON]
            tx.redraw_item(first)
            return next((each for each in (Answered.TAKEN, Answered.STOPPED) if each in took), Answered.TOO_LATE)

        return await self._do(work)

    async def hear(self, session: Session, lines: Sequence[Heard], own: echo.Own) -> News:
        """The transcript of a session, oldest first and whole. Returns what was new to us.

        Lines that we know are passed over; our own words coming back are recognised, each once; the rest is
        posted to every thread of the session.
        """
        known = self._store.read.known_lines(session.key)
        if all(name in known for name, _ in echo.named(session, lines)):
            return News()
        now = self._clock.now()
        return await self._do(
            lambda tx: echo.hear(tx, session, lines, own, now, self._heed(tx, tx.session(session.key), own.names))
        )

    async def observe(self, session: SessionKey, seen: Observed) -> None:
        """What Evo Voice says of a session now: members, state, the end."""
        before = self._store.read.session(session)
        if seen.members is not None:
            seen = replace(seen, members=self._store.read.without_forgotten(session, seen.members))
        if _differs(before, seen) or self._store.read.is_recovering(session):
            await self._do(lambda tx: self._observe(tx, tx.session(session), seen))

    # Safeguards

    async def stop_everything(self, by: Actor, why: str) -> bool:
        """From now on nothing leaves to Evo Voice. False when that is so already."""
        return await self._do(lambda tx: stopping.stop_everything(tx, by, why, self._clock.now()))

    async def go_on(self, by: Actor) -> bool:
        """False when nothing was stopped. What was held back does not leave by itself."""
        return await self._do(lambda tx: stopping.go_on(tx, by, self._clock.now()))

    async def lift(self, digits: str, by: Actor) -> list[str]:
        """Nothing stands against a number any more. Returns what was lifted, in words."""
        return await self._do(lambda tx: optout.lift(tx, digits, by, self._clock.now()))

    def against_phones(self, user: UserId, phones: Sequence[Phone]) -> str | None:
        """What stands against reaching these now, or against asking for anything at all; None when nothing does.

        A first look: whether they may be reached is decided when they are.
        """
        against = self.safeguards.against_phones(self._store.read, user, phones, self._clock.now())
        if against is None:
            return None
        self._house.counts.refused(against.by)
        return against.reason

    # How

    def _heed(self, tx: Tx, session: Session, us: frozenset[str]) -> echo.Heed:
        now = self._clock.now()
        return lambda line: optout.listen(tx, session, line, us, self._house.region, now)

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
        if self._restored is None or float(said.ts) > self._restored + SKEW_SECONDS:
            return False
        return self._store.read.is_recovering(session.key, unread=True)

    async def _relay(self, said: Said, relay: Relay, *, late: bool, doubt: bool) -> Message | None:
        if doubt:
            await self._reply(said, relay.session, State.UNKNOWN, MAYBE_SENT, text=relay.text)
        elif late:
            await self._reply(said, relay.session, State.NEEDS_PERSON, AWAY, text=relay.text)
        else:
            stored_as = await self._reply(said, relay.session, State.PENDING, text=relay.text)
            return hints.stopped() if stored_as is State.NEEDS_PERSON else self._undo(said)
        return None

    def _undo(self, said: Said) -> Message | None:
        """Whoever wants a moment to think gets a button as long as that lasts."""
        item = self._store.read.item_named(said.name()) if self._house.hold_seconds else None
        return hints.held(item, self._house.hold_seconds) if item else None

    async def _note(self, said: Said, place: Place, note: Note, *, late: bool) -> Message | None:
        await self._reply(said, _there(place), State.KEPT)
        if note.unclear and not late:
            return hints.unclear(note.unclear)
        item = self._store.read.item_named(said.name()) if note.addressed and not late else None
        return hints.kept(item, note.addressed) if item and note.addressed else None

    async def _reply(
        self, said: Said, session: Session, state: State, reason: str = "", text: str | None = None
    ) -> State:
        """Returns what has become of it first."""
        if written_before_forgetting(self._store.read, session, said, self._house.login):
            said, state, reason, text = replace(said, text="", files=()), State.WITHDRAWN, ASKED_BEFORE, None
        now = self._clock.now()
        wait = self._arrivals.wait(now)
        if self._store.refusals != self._refusals:
            self._refusals, self._hold = self._store.refusals, now + FETCH_SECONDS
        hold = max(self._hold, now + self._house.hold_seconds if self._house.hold_seconds else 0)
        held = bool(self._house.hold_seconds)
        return await self._do(
            lambda tx: add_reply(
                tx, said, session, state, now, reason=reason, text=text, wait=wait, hold=hold, held=held
            )
        )

    async def _command(self, wanted: Wanted, *, late: bool) -> Wanted | None:
        """What is old by now is not carried out, save for an invitation in doubt: that is looked for."""
        if self._store.read.is_carried_out(wanted.said.name()):
            return None
        if wanted.doubt or not late:
            return wanted
        await self.was_away(wanted)
        return None

    def _is_sure(self, *, confirmed: bool) -> bool:
        """May what costs money leave without another question?"""
        return not self._house.second_person and (confirmed or not self._house.asks_first)

    def _count_phones(self, refused: int) -> None:
        for _ in range(refused):
            self._house.counts.refused(PHONE)

    def _carry_out(self, tx: Tx, draft: Draft, by: Actor) -> int:
        """What was asked about in a form, and said yes to. Where a second person must say so too, that is asked now.

        Returns how many phones are refused all the same.
        """
        sure, now, refused = self._is_sure(confirmed=True), self._clock.now(), 0
        if isinstance(draft, NewDraft):
            session = self._open(tx, draft, by, sure=sure)
        else:
            session = draft.session
            refused = self._invite(tx, draft, by, sure=sure)
        for phone in draft.phones:
            subject = tx.hashed(phone.e164)
            tx.audit(Deed.CONFIRMED, now, by=by, session=session, subject=subject, message=draft.name)
        return refused

    def _open(self, tx: Tx, draft: NewDraft, by: Actor, *, sure: bool) -> SessionKey:
        known = tx.session_asked_as(draft.name)
        if known is not None:
            return known.key
        return add_session(tx, draft.request, by, draft.home, draft.name, self._clock.now(), confirmed=sure)

    def _invite(
        self, tx: Tx, draft: InviteDraft, by: Actor, *, sure: bool, position: Ts | None = None, doubt: bool = False
    ) -> int:
        """Returns how many phones a rule refuses, of those that are wanted for the first time."""
        now, there, refused = self._clock.now(), tx.session(draft.session), 0
        place = position or self._position(tx, draft.session)
        for invitee in draft.people:
            invitation = Invitation(invitee, by.user, draft.caller_id, sure, doubt)
            refused += add_invitation(tx, there, invitation, draft.name, place, self._house.phones, now)
        if draft.greeting:
            said, words = SlackName(f"{draft.name}/greeting"), {"plain": draft.greeting}
            state = State.PENDING if sure or not draft.phones else State.ASKED
            add_words(tx, there, words, state, by.user, said, place, now)
        tx.redraw_card(draft.session)
        return refused

    def _say(
        self, tx: Tx, session: SessionKey, words: Mapping[str, object], by: Actor, name: SlackName, at: Ts | None = None
    ) -> None:
        place = at or self._position(tx, session)
        add_words(tx, tx.session(session), words, State.PENDING, by.user, name, place, self._clock.now())

    def _answer(self, tx: Tx, item: Item, answer: Answer, by: Actor) -> Answered:
        return answers.answer(tx, item, answer, by, self._house, self._clock.now(), self._position(tx, item.session))

    def _observe(self, tx: Tx, before: Session, seen: Observed) -> None:
        if before.life is not Life.ACTIVE:
            return
        now = self._clock.now()
        members = before.members if seen.members is None else seen.members
        tx.change_session(before.key, call_state=seen.call_state, members=pack_members(members))
        # Right after a restore nobody knows which comings and goings have been told: the card shows who is there.
        if before.members and seen.members is not None and not tx.is_recovering(before.key):
            for n, text in enumerate(_changes(before, seen)):
                threads.notice_everywhere(tx, before, text, f"{now:.6f}/{n}")
        if seen.ended:
            tx.change_session(before.key, life=Life.ENDED, ended_at=now)
            threads.notice_everywhere(tx, before, _ending(tx, before, seen, now), "ended")
        elif _was_taken(before, seen):
            threads.notice_everywhere(tx, before, CONNECTED, f"{now:.6f}/connected")
        if not tx.is_recovering(before.key, unread=True):
            tx.recovered(before.key)
        tx.redraw_card(before.key)


def _words(text: str, *, plain: bool) -> dict[str, object]:
    return {"plain" if plain else "text": text}


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


def _ending(tx: Tx, before: Session, seen: Observed, now: float) -> str:
    """Of what was opened elsewhere nobody knows how long it took."""
    if seen.call_state == MISSED:
        return MISSED_NOW
    opened_here = bool(tx.items_of(before.key, Kind.OPEN))
    lasted = LASTED.format(lasting=lasting(now - before.created_at))
    return f"{OVER_NOW} {lasted}" if opened_here else OVER_NOW


def _was_taken(before: Session, seen: Observed) -> bool:
    return (before.call_state, seen.call_state) == (CallState.RINGING, CallState.CONNECTED)


def _where(place: ChannelId | ThreadKey) -> str:
    return f"{place.channel}/{place.ts}" if isinstance(place, ThreadKey) else place


def _there(place: Place) -> Session:
    if place.session is None:
        raise AssertionError("a rule let something through to no session")
    return place.session


def _is_ending(tx: Tx, session: SessionKey) -> bool:
    return any(item.state in {State.PENDING, State.SENDING} for item in tx.items_of(session, Kind.END))
