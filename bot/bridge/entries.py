"""What the verbs write: sessions, invitations, ends. Functions of an open transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.bridge.safeguards import held as held_back
from bot.bridge.taking import asked_at
from bot.model import (
    Actor,
    ChannelId,
    Invitee,
    ItemKey,
    Kind,
    Life,
    Mark,
    Member,
    NewSessionRequest,
    Phone,
    PostKind,
    Said,
    Session,
    SessionKey,
    SlackName,
    State,
    ThreadKey,
    UserId,
)
from bot.packing import pack_file, pack_invitee, pack_request
from bot.people import read_people
from bot.phones import PhoneRules
from bot.states import IN_TROUBLE, add_mirror, add_result, ask_about
from bot.store import Tx
from bot.texts import ASKED_BEFORE, FORGOTTEN_PERSON, MAYBE_SENT

NOBODY = Invitee(typed=FORGOTTEN_PERSON)
ACTIVE_SECONDS = 1.0  # so exactly it is known when a session was last active
EDITED_AT = "edited_at"  # in the body of a reply: Slack's time of the change that it shows
FIRST = "0"  # the lane position of what belongs to the opening: before anything said in the thread


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who is to be invited by whom, and how sure we are that a person wants it."""

    invitee: Invitee
    by: UserId
    caller_id: Phone | None
    confirmed: bool
    doubt: bool = False  # it may have been sent in a life that a restore has undone


def add_session(
    tx: Tx,
    request: NewSessionRequest,
    by: Actor,
    home: ChannelId | ThreadKey,
    asked_as: SlackName,
    now: float,
    *,
    confirmed: bool = True,
) -> SessionKey:
    """The session, its card, and what follows: an invitation a phone, then the first message.

    With a thread for a home, the card is a reply in it, and replies there go to the new session from now on.
    """
    thread = home if isinstance(home, ThreadKey) else None
    channel = thread.channel if thread else ChannelId(str(home))
    key = tx.add_session(
        asked_as=asked_as, team=by.team, channel=channel, type_=request.type, name=request.name,
        with_label=request.with_label, created_by=by.user, now=now, mode=request.first_mode,
    )  # fmt: skip
    if thread:
        tx.change_session(key, thread_ts=thread.ts)
        tx.add_link(thread, key, request.first_mode)
    ts = thread.ts if thread else None
    tx.add_post(name=f"card/{key}", session=key, kind=PostKind.CARD, team=by.team, channel=channel, thread_ts=ts)
    add = _Adder(tx, tx.session(key), now)
    dials = bool(request.dialled) and not confirmed
    add(Kind.OPEN, State.ASKED if dials else State.PENDING, by.user, FIRST, pack_request(request), f"{asked_as}/open")
    for n, phone in enumerate(request.phones):
        body = pack_invitee(Invitee(phone=phone), request.from_number)
        state = State.PENDING if confirmed else State.ASKED
        invited = add(Kind.INVITE, state, by.user, FIRST, body, f"{asked_as}/invite/{n}")
        show_result(tx, invited)
    if request.first_message:
        waits = bool(request.phones) and not confirmed  # for those whom it is for
        add(
            Kind.SAY,
            State.ASKED if waits else State.PENDING,
            by.user,
            FIRST,
            {"plain": request.first_message},
            f"{asked_as}/say",
        )
    return key


def add_invitation(
    tx: Tx, session: Session, invitation: Invitation, name: SlackName, position: str, rules: PhoneRules, now: float
) -> bool:
    """Refused here and now when a rule forbids it (then True); asked back when it costs money; else on its way.

    `name` is the gesture's; each person has a name under it, so that a changed list sent again invites who is new.
    """
    state, reason = _first_state(invitation, rules)
    by_rule = state is State.REFUSED and not invitation.invitee.why
    name = SlackName(f"{name}/{tx.hashed(_key(invitation.invitee))}")
    if _is_of_before(tx, invitation.invitee, name, now):
        state, reason, invitation, by_rule = State.REFUSED, ASKED_BEFORE, replace(invitation, invitee=NOBODY), False
    item = _Adder(tx, session, now)(
        Kind.INVITE,
        state,
        invitation.by,
        position,
        pack_invitee(invitation.invitee, invitation.caller_id),
        name,
        reason=reason,
    )
    show_result(tx, item)
    return by_rule and item is not None


def add_reply(
    tx: Tx,
    said: Said,
    session: Session,
    state: State,
    now: float,
    *,
    reason: str = "",
    text: str | None = None,
    wait: float = 0,
    hold: float = 0,
    held: bool = False,
) -> State:
    """A message from the thread, as it was typed: it becomes plain text when it leaves.

    `text`: what is for the session of it, when that is not all. What is `held` for its author's sake shows that. While
    everything is stopped, it is asked about instead: that is returned.
    """
    if state is State.PENDING and (stop := tx.stop()):
        state, reason = State.NEEDS_PERSON, held_back(stop)
    typed = {} if text is None or text == said.text else {"typed": said.text}
    typed |= {EDITED_AT: said.edited} if said.edited else {}
    wait = wait if wait and not tx.is_under_way(session.key) else 0
    item = tx.add_item(
        session=session.key,
        kind=Kind.SAY,
        state=state,
        slack_name=said.name(),
        channel=said.thread.channel,
        ts=said.ts,
        thread_ts=said.thread.ts,
        author=said.user,
        position=said.ts,
        body={"text": said.text if text is None else text, "files": [pack_file(file) for file in said.files], **typed},
        not_before=max(now + wait if wait else 0, hold),
        reason=reason,
        now=now,
        active=session.life is Life.ACTIVE,
    )
    if state is State.NEEDS_PERSON and item is not None:
        ask_about(tx, tx.item(item))
    elif state in IN_TROUBLE:
        show_result(tx, item)
    if item is not None and state is State.PENDING:
        if now - session.active_at >= ACTIVE_SECONDS:
            tx.change_session(session.key, active_at=now)
        if held:
            tx.change_item(item, mark=Mark.WAITING)
    return state


def add_step(tx: Tx, session: Session, kind: Kind, by: UserId, name: SlackName, position: str, now: float) -> None:
    """An end, a hold, a resume: after everything that was said before."""
    _Adder(tx, session, now)(kind, State.PENDING, by, position, {}, name)
    tx.redraw_card(session.key)


def add_removal(
    tx: Tx, session: Session, member: Member, by: UserId, name: SlackName, position: str, now: float
) -> None:
    """Somebody is to be taken out; the result says who."""
    body: dict[str, object] = {"member": member.identity, "name": member.name}
    show_result(tx, _Adder(tx, session, now)(Kind.KICK, State.PENDING, by, position, body, name))


def add_words(
    tx: Tx, session: Session, words: Mapping[str, object], state: State, by: UserId, name: SlackName, position: str,
    now: float,
) -> None:  # fmt: skip
    """Words from nowhere: every thread of the session shows them."""
    key = _Adder(tx, session, now)(Kind.SAY, state, by, position, dict(words), name)
    if key is not None and state is State.KEPT:
        for thread in tx.threads_of(session.key):
            add_mirror(tx, tx.item(key), thread)


def show_result(tx: Tx, item: ItemKey | None) -> None:
    """None: a second delivery, whose result is shown already."""
    if item is not None:
        add_result(tx, tx.item(item))


def people_in(words: str, region: str) -> list[Invitee]:
    """The people named in a line of text, in the order in which they were typed, the unreadable ones too."""
    found = read_people(words, region)
    good = [Invitee.of(person) for person in found.in_order]
    return good + [Invitee(typed=bad.text, why=bad.why) for bad in found.unreadable]


def _is_of_before(tx: Tx, who: Invitee, name: SlackName, now: float) -> bool:
    """Was everything about this person deleted after they were to be invited?"""
    return bool(who.phone or who.email) and tx.is_forgotten(tx.hashed(_key(who)), asked_at(name, now))


def _key(who: Invitee) -> str:
    if who.phone is not None:
        return who.phone.e164
    return who.email.address if who.email is not None else who.slack_user or who.typed


def _first_state(invitation: Invitation, rules: PhoneRules) -> tuple[State, str]:
    who = invitation.invitee
    if who.why:
        return State.REFUSED, who.why
    refusal = rules.refusal(who.phone) if who.phone else None
    if refusal:
        return State.REFUSED, refusal
    if who.phone is None and not invitation.doubt:
        return State.PENDING, ""
    if invitation.doubt:
        return State.UNKNOWN, MAYBE_SENT
    return (State.PENDING if invitation.confirmed else State.ASKED), ""


@dataclass(frozen=True, slots=True)
class _Adder:
    """Adds items that were asked for in the session's own home."""

    tx: Tx
    session: Session
    now: float

    def __call__(
        self,
        kind: Kind,
        state: State,
        author: UserId,
        position: str,
        body: dict[str, object],
        name: str,
        reason: str = "",
    ) -> ItemKey | None:
        return self.tx.add_item(
            session=self.session.key,
            kind=kind,
            state=state,
            slack_name=SlackName(name),
            channel=self.session.channel,
            thread_ts=self.session.thread_ts,
            author=author,
            position=position,
            body=body,
            reason=reason,
            now=self.now,
        )
