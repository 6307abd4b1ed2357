"""The session's card: the root of its thread, redrawn whenever something about the session changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.model import Answer, Item, Life, Session, SessionType, State
from bot.text import shorten
from bot.views import Blocks, Message
from bot.views.blocks import (
    FALLBACK,
    Block,
    actions,
    button,
    confirm,
    context,
    escaped,
    fields,
    header,
    moment,
    name,
    one_line,
    section,
)
from bot.views.replies import shown_member
from bot.views.results import answer_button, doubtful, shown_invitee

INVITE = "session_invite"  # action ids; their value is the session's key
END = "session_end"
ICONS = {SessionType.CHAT: "💬", SessionType.VOICE: "📞", SessionType.FAX: "📠"}
CALL_STATES = {"ringing": "Ringing …", "hold": "On hold"}
PEOPLE = 10
LISTED = 5
NOTE_HINT = "Start with `note:` or `//` to keep it internal."
TAKES_NO_TEXT = {SessionType.VOICE: "a call", SessionType.FAX: "a fax"}


def card(session: Session, opening: Item, invites: Sequence[Item], counts: Mapping[str, int]) -> Message:
    """`invites` are the session's invitations, `counts` its replies by state."""
    title = f"{ICONS[session.type]} {session.type} · {one_line(session.name)}"
    blocks: Blocks = [header(title), fields(_fields(session, opening))]
    blocks += [section(line) for line in _worries(session, invites)]
    blocks += [context(line) for line in (_where_replies_go(session), _trouble(counts)) if line]
    return Message(text=_fallback(session, opening, invites), blocks=[*blocks, *actions(_buttons(session, opening))])


def _fallback(session: Session, opening: Item, invites: Sequence[Item]) -> str:
    """The whole card in words, for notifications and screen readers."""
    parts = [f"{session.type} session {name(session.name, 300)}. State: {_state(session, opening)}."]
    parts += [f"{title}: {text}." for title, text in _fields(session, opening)[1:] if text]
    parts += _worries(session, invites)
    parts.append(_where_replies_go(session).replace("`", ""))
    return _whole(parts, FALLBACK)


def _whole(parts: Sequence[str], limit: int) -> str:
    """Whole sentences only: cutting one could leave half of an escaped sign."""
    made = ""
    for part in parts:
        if len(made) + len(part) < limit:
            made += f" {part}" if made else part
    return made


def _fields(session: Session, opening: Item) -> list[tuple[str, str]]:
    return [
        ("State", _state(session, opening)),
        ("With", name(session.with_label or "", 200)),
        ("People", _people(session)),
        ("Session", name(session.evo_id or "", 60)),
    ]


def _state(session: Session, opening: Item) -> str:
    match session.life:
        case Life.OPENING:
            return "Checking whether it was created…" if opening.state is State.UNKNOWN else "Creating…"
        case Life.ACTIVE:
            return CALL_STATES.get(session.call_state.casefold(), "Active")
        case Life.ENDED:
            return f"Ended {moment(session.ended_at)}" if session.ended_at else "Ended"
        case Life.FAILED:
            return failure(opening)


def failure(opening: Item) -> str:
    """Why a session is not there, escaped."""
    reason = escaped(one_line(opening.reason), 1000)
    match opening.state:
        case State.NEEDS_PERSON if doubtful(opening):
            return f"I cannot tell whether it was created. {reason or 'Please look in Evo Voice.'}"
        case State.WITHDRAWN:
            return "Discarded"
        case _:
            return f"Could not be created: {reason or 'Evo Voice said no.'}"


def _people(session: Session) -> str:
    return _listed([shown_member(member) for member in session.members], PEOPLE)


def _listed(shown: Sequence[str], most: int) -> str:
    more = f" ({len(shown) - most} more)" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def _worries(session: Session, invites: Sequence[Item]) -> list[str]:
    """Who was asked for and is not there, each kind one line."""
    missing = [f"{name(who, 120)} was not added: not an Evo Voice user?" for who in session.missing]
    more = f" ({len(missing) - LISTED} more)" if len(missing) > LISTED else ""
    return [
        line
        for line in (
            "\n".join(missing[:LISTED]) + more,
            _invitations("Waiting for a yes", invites, session, State.ASKED),
            _invitations("Being invited", invites, session, State.PENDING, State.SENDING),
            _invitations("Being checked", invites, session, State.UNKNOWN),
            _invitations("Invited or not? Somebody must look", invites, session, State.NEEDS_PERSON),
            _invitations("Not invited", invites, session, State.REFUSED),
        )
        if line
    ]


def _invitations(title: str, invites: Sequence[Item], session: Session, *states: State) -> str:
    shown = [shown_invitee(item, session) for item in invites if item.state in states]
    return f"{title}: {_listed(shown, LISTED)}." if shown else ""


def _where_replies_go(session: Session) -> str:
    match session.life:
        case Life.OPENING | Life.ACTIVE if session.type is not SessionType.CHAT:
            return f"Replies here stay in Slack: {TAKES_NO_TEXT[session.type]} takes no text."
        case Life.OPENING:
            return f"Replies here go to everybody in the session once it is created, as you. {NOTE_HINT}"
        case Life.ACTIVE:
            return f"Replies here go to everybody in the session, as you. {NOTE_HINT}"
        case Life.ENDED:
            return "Replies here are no longer sent."
        case Life.FAILED:
            return "Replies here are not sent."


def _trouble(counts: Mapping[str, int]) -> str:
    """Only what somebody should look at: a card that counts every message would be redrawn for every message."""
    refused, doubtful = counts.get(State.REFUSED, 0), counts.get(State.NEEDS_PERSON, 0)
    shown = (f"Not sent {refused}" if refused else "", f"Waiting for somebody to decide {doubtful}" if doubtful else "")
    return " · ".join(part for part in shown if part)


def _buttons(session: Session, opening: Item) -> list[Block]:
    if session.life is Life.ACTIVE:
        return [
            button("Invite", INVITE, str(session.key), style="primary"),
            button("End session", END, str(session.key), style="danger", confirm=_sure_to_end(session)),
        ]
    return opening_buttons(opening) if session.life is Life.FAILED else []


def opening_buttons(opening: Item) -> list[Block]:
    """What a person can decide about an opening that came to nothing."""
    if opening.state not in {State.REFUSED, State.NEEDS_PERSON}:
        return []
    return [
        answer_button(opening, Answer.AGAIN, "Try again", confirm=_sure_to_repeat(opening)),
        answer_button(opening, Answer.LEAVE, "Discard"),
    ]


def _sure_to_end(session: Session) -> Block:
    people = len(session.members)
    whom = f" for {people} people" if people > 1 else ""
    text = f"“{shorten(one_line(session.name), 120)}” ends{whom}. Replies in its thread are no longer sent."
    return confirm("End this session?", text, "End session", "Keep it", style="danger")


def _sure_to_repeat(opening: Item) -> Block | None:
    if not doubtful(opening):
        return None
    text = "It may exist already. If it does, there will be two of it. Look in Evo Voice first."
    return confirm("Create it again?", text, "Create again", "Not now")
