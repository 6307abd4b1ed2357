"""The session's card: at the head of its thread, and in every other thread that shows the session. Redrawn whenever
something about the session, or about the thread, changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.model import (
    MISSED,
    Answer,
    ChannelId,
    Item,
    Kind,
    Life,
    Member,
    Mode,
    NewSessionRequest,
    Role,
    Session,
    SessionKey,
    SessionType,
    State,
    Stop,
    UserId,
)
from bot.packing import unpack_request
from bot.phones import describe_phone
from bot.text import shorten
from bot.texts import STOP_BANNER
from bot.views import Blocks, Message
from bot.views.blocks import (
    FALLBACK,
    Block,
    actions,
    button,
    confirm,
    context,
    fields,
    header,
    lasting,
    moment,
    name,
    one_line,
    option,
    section,
    select,
    sentence,
    uncoded,
)
from bot.views.menu import More, menu
from bot.views.replies import shown_member
from bot.views.results import (
    ASKING,
    FOLLOW_UP,
    OVER,
    Asking,
    answer_button,
    can_help,
    doubtful,
    question,
    question_buttons,
    shown_invitee,
    went_by,
)
from bot.views.sessions import ICONS, short_id
from bot.views.state import read_key

INVITE = "session_invite"  # action ids; their value is the session's key
END = "session_end"
HOLD = "session_hold"
RESUME = "session_resume"
SWITCH = "session_switch"
MODE = "session_mode"

# What opening a session does to the numbers in it, by type, and what that costs.
DIALS = {
    SessionType.CHAT: ("text", "They get a text message from {account}, which may cost money."),
    SessionType.VOICE: ("call", "They may be called from {account}, which may cost money."),
    SessionType.FAX: ("fax", "A fax may go there from {account}, which may cost money."),
}
ON_HOLD = "On hold"
CALL_STATES = {"ringing": "Ringing", "hold": ON_HOLD}
PEOPLE = 4
LISTED = 5
THREADS = 5
NOTE_HINT = "Start with `note:` or `//` to keep one internal."
TAKES_NO_TEXT = {SessionType.VOICE: "a call", SessionType.FAX: "a fax"}
LOOKED_FOR = "🔗 Session"  # while nobody knows yet what kind it is
EVERYBODY = "everybody in the session"
RELAYED = "Replies here go to {whom}{then}, as you. {hint}"
MENTIONED = "Only replies that begin with {bot} go to {whom}{then}, as you. Everything else stays in Slack."
NOTED = "Replies here stay in Slack. {bot} with `send` and your words sends one."
NO_TEXT = "Replies here stay in Slack: {what} takes no text."
OTHER_SESSION = "Replies here go to another session: {name}."
NO_SESSION = "This thread shows several sessions, and replies here go to none of them until one is chosen."
WENT_ON = "This session went on in {where}. Replies here are not sent."
UNLINKED = "This thread is no longer linked to the session. Replies here stay in Slack."
ALSO = "Also in {where}"
MODES = {
    Mode.RELAY: ("Mode: all replies", "Every reply in this thread is sent."),
    Mode.MENTION: ("Mode: mentions", "Only what begins with a mention of me is sent."),
    Mode.NOTES: ("Mode: notes only", "Nothing that is written here is sent."),
}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a card stands: what its thread is to the session, and what replies in it are.

    `role` is None once they have nothing to do with each other. `others` are where else the session is shown, `home` is
    where it lives now, and `target` to what replies go where the session is only shown.
    """

    role: Role | None = Role.TARGET
    mode: Mode = Mode.RELAY
    others: tuple[ChannelId, ...] = ()
    home: ChannelId | None = None
    target: Session | None = None

    @property
    def alive(self) -> bool:
        """Can anything still be done from here?"""
        return self.role in {Role.TARGET, Role.SHOWN}


@dataclass(frozen=True, slots=True)
class Us:
    """Who the bot is: in Slack, and at Evo Voice, where it may be a member of what it has opened."""

    bot: UserId
    login: str = ""


def card(
    session: Session,
    opening: Item,
    invites: Sequence[Item],
    counts: Mapping[str, int],
    spot: Spot,
    us: Us,
    stop: Stop | None = None,
    asking: Asking = ASKING,
) -> Message:
    """`opening` is what the session began with, `invites` are its invitations, `counts` its replies by state.

    `stop`: everything is stopped, and a session that lives says so.
    """
    shown = _fields(session, opening)
    worries = [*_banner(session, stop), *_question(session, opening, asking), *_worries(session, invites)]
    small = [line for line in (_where_replies_go(session, opening, spot, us), _also(spot), _trouble(counts)) if line]
    blocks: Blocks = [header(_title(session, opening)), fields(shown)]
    blocks += [section(line) for line in worries]
    blocks += [context(line) for line in small]
    text = _fallback(session, opening, [*_told(shown), *worries, *small])
    return Message(text=text, blocks=[*blocks, *actions(_buttons(session, opening, spot, asking))])


def _banner(session: Session, stop: Stop | None) -> list[str]:
    if stop is None or session.life in OVER:
        return []
    return [STOP_BANNER.format(why=f" ({name(stop.why, 300)})" if stop.why else "")]


def _title(session: Session, opening: Item) -> str:
    called = one_line(session.name) or short_id(session) or "…"
    kind = LOOKED_FOR if _is_looked_for(session, opening) else f"{ICONS[session.type]} {session.type}"
    return f"{kind} · {called}"


def _is_looked_for(session: Session, opening: Item) -> bool:
    """Does nobody know yet what kind of session this is?"""
    return opening.kind is Kind.LINK and session.life in {Life.OPENING, Life.FAILED}


def _fallback(session: Session, opening: Item, told: Sequence[str]) -> str:
    """The whole card in words, for notifications and screen readers."""
    called = name(session.name, 300) or name(short_id(session)) or "…"
    kind = "Session" if _is_looked_for(session, opening) else f"{session.type} session"
    return _whole([f"{kind} {called}.", *map(uncoded, told)], FALLBACK)


def _told(shown: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{title}: {text.rstrip('.')}." for title, text in shown if text]


def _whole(parts: Sequence[str], limit: int) -> str:
    """Whole sentences only: cutting one could leave half of an escaped sign."""
    made = ""
    for part in parts:
        if len(made) + len(part) < limit:
            made += f" {part}" if made else part
    return made


def _fields(session: Session, opening: Item) -> list[tuple[str, str]]:
    request = unpack_request(opening.body) if "type" in opening.body else None
    return [
        ("State", _state(session, opening)),
        ("With", name(session.with_label or "", 200)),
        ("People", _people(session)),
        ("From", _from(request) if request else ""),
        ("Customer", name(request.customer_label or request.customer_id or "", 200) if request else ""),
        ("Session", name(short_id(session), 60)),
    ]


def _from(request: NewSessionRequest) -> str:
    """The number of ours that it comes from; else the name that the other side sees."""
    number = request.from_number.e164 if request.from_number else ""
    return name(number or request.from_name or "", 120)


def _state(session: Session, opening: Item) -> str:
    if session.life is Life.FAILED:
        return failure(opening)
    if opening.kind is Kind.LINK:
        return _state_of_linked(session)
    match session.life:
        case Life.OPENING if opening.state is State.ASKED:
            return "Waiting for a yes"
        case Life.OPENING:
            return "Checking whether it was created…" if opening.state is State.UNKNOWN else "Creating…"
        case Life.ENDED if session.ended_at:
            took = "" if session.call_state == MISSED else f" after {lasting(session.ended_at - session.created_at)}"
            return f"{_over(session)} {moment(session.ended_at)}{took}"
        case Life.ENDED:
            return _over(session)
        case _:
            return _since(session)


def _state_of_linked(session: Session) -> str:
    """Nobody knows since when it was there before it was linked."""
    match session.life:
        case Life.OPENING:
            return "Looking for it at Evo Voice…"
        case Life.ENDED:
            return f"{_over(session)} {moment(session.ended_at)}" if session.ended_at else _over(session)
        case _:
            return f"{_alive(session)}, linked {moment(session.created_at)}"


def _since(session: Session) -> str:
    """Since when a call waits nobody says."""
    state = _alive(session)
    return f"{state}{', active' if state == ON_HOLD else ''} since {moment(session.created_at)}"


def _over(session: Session) -> str:
    return MISSED if session.call_state == MISSED else "Ended"


def _alive(session: Session) -> str:
    return CALL_STATES.get(session.call_state.casefold(), "Active")


def failure(opening: Item) -> str:
    """Why a session is not there, escaped."""
    reason = sentence(opening.reason, 1000)
    match opening.state:
        case State.NEEDS_PERSON if doubtful(opening):
            return f"I cannot tell whether it was created. {reason or 'Please look in Evo Voice.'}"
        case State.WITHDRAWN:
            return "Discarded"
        case _:
            done = "linked" if opening.kind is Kind.LINK else "created"
            return f"Could not be {done}: {reason or 'Evo Voice said no.'}"


def _people(session: Session) -> str:
    """By name first: a number says least about who somebody is."""
    known = sorted(session.members, key=lambda member: not _has_name(member))
    return _listed([shown_member(member) for member in known], PEOPLE)


def _has_name(member: Member) -> bool:
    return any(char.isalpha() for char in member.name)


def _listed(shown: Sequence[str], most: int) -> str:
    more = f" ({len(shown) - most} more)" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def _worries(session: Session, invites: Sequence[Item]) -> list[str]:
    """Who was asked for and is not there, each kind one line.

    Not who is just being invited: the thread says that. A card that said it would be redrawn for it, and could show
    only some seconds later (`CARD_SECONDS` of the poster) that they have come.
    """
    missing = [f"{name(who, 120)} was not added: not an Evo Voice user?" for who in session.missing]
    more = f" ({len(missing) - LISTED} more)" if len(missing) > LISTED else ""
    return [
        line
        for line in (
            "\n".join(missing[:LISTED]) + more,
            _invitations("Waiting for a yes", invites, session, State.ASKED),
            _invitations("Being checked", invites, session, State.UNKNOWN),
            _invitations("Invited or not? Somebody must look", invites, session, State.NEEDS_PERSON),
            _invitations("Not invited", invites, session, State.REFUSED),
        )
        if line
    ]


def _invitations(title: str, invites: Sequence[Item], session: Session, *states: State) -> str:
    shown = [shown_invitee(item, session) for item in invites if item.state in states]
    return f"{title}: {_listed(shown, LISTED)}." if shown else ""


# What replies are


def _where_replies_go(session: Session, opening: Item, spot: Spot, us: Us) -> str:
    match spot.role:
        case None:
            return UNLINKED
        case Role.MOVED:
            return WENT_ON.format(where=f"<#{spot.home}>" if spot.home else "another thread")
        case Role.SHOWN if spot.target:
            return OTHER_SESSION.format(name=name(spot.target.name, 120) or name(short_id(spot.target)))
        case Role.SHOWN:
            return NO_SESSION
    if session.life in OVER:
        return "Replies here are no longer sent." if session.life is Life.ENDED else "Replies here are not sent."
    if session.type is not SessionType.CHAT:
        return NO_TEXT.format(what=TAKES_NO_TEXT[session.type])
    return _replies_to(session, opening, spot.mode, us)


def _replies_to(session: Session, opening: Item, mode: Mode, us: Us) -> str:
    done = "found" if opening.kind is Kind.LINK else "created"
    then = f" once it is {done}" if session.life is Life.OPENING else ""
    bot, whom = f"<@{us.bot}>", _whom(session, us)
    return {
        Mode.RELAY: RELAYED.format(whom=whom, then=then, hint=NOTE_HINT),
        Mode.MENTION: MENTIONED.format(bot=bot, whom=whom, then=then),
        Mode.NOTES: NOTED.format(bot=bot),
    }[mode]


def _whom(session: Session, us: Us) -> str:
    """Who reads it: somebody outside first, for whom people are careful with their words."""
    people = [member for member in session.members if member.identity.casefold() != us.login.casefold()]
    if not people:
        return EVERYBODY
    first = min(people, key=lambda member: not member.identity.startswith("+"))
    shown = name(first.name or first.identity, 60)
    more = len(people) - 1
    return f"{shown} and {more} other{'s' if more > 1 else ''}" if more else shown


def _also(spot: Spot) -> str:
    if not spot.others or not spot.alive:
        return ""
    channels = [f"<#{channel}>" for channel in dict.fromkeys(spot.others)]
    return ALSO.format(where=_listed(channels, THREADS))


def _trouble(counts: Mapping[str, int]) -> str:
    """Only what somebody should look at: a card that counts every message would be redrawn for every message."""
    refused, doubtful = counts.get(State.REFUSED, 0), counts.get(State.NEEDS_PERSON, 0)
    shown = {"Not sent": refused, "Waiting for somebody to decide": doubtful}
    return " · ".join(f"{what}: {n}" for what, n in shown.items() if n)


def _question(session: Session, opening: Item, asking: Asking) -> list[str]:
    """A number that opening the session would reach, and nobody has said yes to yet."""
    if opening.state is not State.ASKED:
        return []
    phones = ", ".join(name(describe_phone(phone), 120) for phone in unpack_request(opening.body).dialled)
    doing, costs = DIALS[session.type]
    return [question(opening, f"{doing} {phones}", costs, session, asking)]


# What can be pressed


def _buttons(session: Session, opening: Item, spot: Spot, asking: Asking) -> list[Block]:
    if not spot.alive:
        return []
    match session.life:
        case Life.ACTIVE:
            return [*_switch(session, spot), *_while_alive(session, spot)]
        case Life.ENDED:
            follow = button(
                "New follow-up", FOLLOW_UP, str(session.key), style="primary", aloud=_aloud("New follow-up of", session)
            )
            return [follow, menu(session.key, [More.TRANSCRIPT, More.LINK, More.MOVE, More.REVEAL])]
        case Life.OPENING | Life.FAILED:
            return opening_buttons(opening, asking)


def opening_buttons(opening: Item, asking: Asking = ASKING) -> list[Block]:
    """What a person can decide about an opening that waits for a yes, or came to nothing."""
    if opening.state is State.ASKED:
        return question_buttons(opening, asking, "Do not open it")
    if went_by(opening):
        return [answer_button(opening, Answer.AGAIN, "Ask again"), answer_button(opening, Answer.LEAVE, "Discard")]
    if opening.state not in {State.REFUSED, State.NEEDS_PERSON}:
        return []
    retry = [answer_button(opening, Answer.AGAIN, "Try again", confirm=_sure_to_repeat(opening))]
    return [*(retry if can_help(opening) else []), answer_button(opening, Answer.LEAVE, "Discard")]


def _switch(session: Session, spot: Spot) -> list[Block]:
    if spot.role is not Role.SHOWN:
        return []
    aloud = _aloud("Switch replies to this:", session)
    return [button("Switch replies to this", SWITCH, str(session.key), style="primary", aloud=aloud)]


def _while_alive(session: Session, spot: Spot) -> list[Block]:
    key = str(session.key)
    invite = button(
        "Invite",
        INVITE,
        key,
        style="" if spot.role is Role.SHOWN else "primary",
        aloud=_aloud("Invite people to", session),
    )
    end = button(
        "End session", END, key, style="danger", confirm=sure_to_end(session), aloud=_aloud("End session", session)
    )
    offered = [More.TRANSCRIPT, More.REMOVE, More.LINK, More.MOVE, More.REVEAL]
    return [invite, *_mode_menu(session, spot), *_hold(session), end, menu(session.key, offered)]


def _mode_menu(session: Session, spot: Spot) -> list[Block]:
    """A call or a fax takes no text in any mode; and the mode is that of the session to which replies go."""
    if session.type is not SessionType.CHAT or spot.role is not Role.TARGET:
        return []
    offered = [option(label, pack_mode(mode, session.key), about) for mode, (label, about) in MODES.items()]
    return [select(MODE, "Message mode", offered, pack_mode(spot.mode, session.key))]


def _hold(session: Session) -> list[Block]:
    if session.type is not SessionType.VOICE or session.call_state.casefold() == "ringing":
        return []
    if session.call_state.casefold() == "hold":
        return [button("Resume", RESUME, str(session.key), aloud=_aloud("Resume the call", session))]
    return [button("Hold", HOLD, str(session.key), aloud=_aloud("Hold the call", session))]


def _aloud(what: str, session: Session) -> str:
    return f"{what} {short_id(session) or session.name}"


def pack_mode(mode: Mode, session: SessionKey) -> str:
    """The value of an option of the mode menu."""
    return f"{mode}/{session}"


def unpack_mode(value: str) -> tuple[Mode, SessionKey]:
    """Raises ValueError when this was no option of ours."""
    mode, _, session = value.partition("/")
    return Mode(mode), SessionKey(read_key(session))


def sure_to_end(session: Session) -> Block:
    """The question before a session ends."""
    whom = " for everybody in it" if len(session.members) > 1 else ""  # a number would count the bot among them
    text = f"“{shorten(one_line(session.name), 120)}” ends{whom}. Replies in its thread are no longer sent."
    return confirm("End this session?", text, "End session", "Keep it", style="danger")


def _sure_to_repeat(opening: Item) -> Block | None:
    if not doubtful(opening):
        return None
    text = "It may exist already. If it does, there will be two of it. Look in Evo Voice first."
    return confirm("Create it again?", text, "Create again", "Not now")
