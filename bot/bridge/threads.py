"""Which threads show a session: links, their modes, moving. Functions of an open transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from bot.bridge import echo
from bot.bridge.rules import NOWHERE, PAST, Place
from bot.bridge.taking import is_of_somebody_forgotten
from bot.model import (
    Actor,
    ChannelId,
    EvoSessionId,
    Gone,
    Heard,
    History,
    Item,
    Kind,
    Life,
    Line,
    Mode,
    Post,
    PostKind,
    PostState,
    Role,
    Session,
    SessionKey,
    SessionType,
    SlackName,
    State,
    ThreadKey,
    Ts,
)
from bot.states import add_mirror
from bot.store import Reads, Tx
from bot.views.gone import words_gone

DAY = 86400.0
PREFIX = 6  # characters of an id by which people name a session


def place_of(read: Reads, thread: ThreadKey) -> Place:
    """What a thread shows, and where replies in it go."""
    shown = read.shown_in(thread)
    if not shown:
        return PAST if read.is_past(thread) else NOWHERE
    (role, mode, first), *more = shown
    is_target = role is Role.TARGET  # there is one at most, and it comes first
    if is_target and not more:
        return Place(first, mode)
    others = [session for role, _, session in shown if role is Role.SHOWN]
    moved = next((session for role, _, session in shown if role is Role.MOVED), None)
    return Place(
        session=first if is_target else None,
        mode=mode if is_target else Mode.RELAY,
        named=by_word([first, *others] if is_target else others) if others else {},
        moved_to=moved.channel if moved and not is_target else None,
    )


def by_word(sessions: Sequence[Session]) -> dict[str, Session]:
    """How `to:…` names the sessions of a thread: by id, its beginning, or type. A word for two of them names none."""
    named = [(word, session) for session in sessions for word in _words_for(session)]
    count = Counter(word for word, _ in named)
    return {word: session for word, session in named if count[word] == 1}


def _words_for(session: Session) -> set[str]:
    evo_id = (session.evo_id or "").lower()
    return {str(session.type).lower(), *filter(None, [evo_id, evo_id[:PREFIX]])}


def add_known(tx: Tx, session: Session, thread: ThreadKey, mode: Mode | None, history: History, now: float) -> bool:
    """A thread more for a session that we know: with a card in it, and what was said before as far as that is wanted.

    False when it shows it already: then replies go to it from now on.
    """
    known = any(link.thread == thread and link.role is not Role.MOVED for link in tx.links_of(session.key))
    tx.add_link(thread, session.key, mode or _usual(session.type))
    if mode is not None:
        tx.change_link(thread, session.key, mode=mode)
    if known:
        return False
    add_card(tx, session, thread)
    _show_history(tx, session, thread, _since(history, now))
    tx.redraw_card(session.key)
    return True


def add_unknown(
    tx: Tx, evo_id: EvoSessionId, thread: ThreadKey, by: Actor, mode: Mode | None, history: History,
    asked_as: SlackName, now: float,
) -> SessionKey:  # fmt: skip
    """A session that was opened elsewhere: it is read before anything else happens in the thread."""
    again = tx.session_of(evo_id)
    key = again.key if again else tx.add_session(
        asked_as=asked_as, team=thread.team, channel=thread.channel, type_=SessionType.CHAT, name="",
        with_label=None, created_by=by.user, now=now, mode=mode or Mode.RELAY,
    )  # fmt: skip
    tx.change_session(key, evo_id=evo_id, thread_ts=thread.ts, channel=thread.channel, life=Life.OPENING)
    tx.add_link(thread, key, mode or Mode.RELAY)
    add_card(tx, tx.session(key), thread)
    tx.add_item(
        session=key, kind=Kind.LINK, state=State.PENDING, slack_name=SlackName(f"{asked_as}/link"),
        channel=thread.channel, thread_ts=thread.ts, author=by.user, position="0",
        body={"history": history, "mode": mode}, now=now,
    )  # fmt: skip
    return key


def read_for_the_first_time(
    tx: Tx, session: Session, lines: Sequence[Heard], history: History, now: float, heed: echo.Heed
) -> None:
    """What was said in a session before it was linked: known from now on, and shown as far as that is wanted."""
    since = _since(history, now)
    for name, line in echo.named(session, lines):
        if not tx.add_line(name, session.key, line, None, now):
            continue
        said_at = _moment(line.date)
        if is_of_somebody_forgotten(tx, session, line, said_at):
            tx.blank_line(name, Gone.FORGOTTEN)
            continue
        if said_at >= since:
            echo.post(tx, session, name, line)
        heed(line)


def add_card(tx: Tx, session: Session, thread: ThreadKey) -> None:
    """A card inside a thread that stands already. Asked for again after it went, it is another one."""
    cards = tx.cards_of(session.key)
    home = f"card/{session.key}"
    name = f"{home}/{thread.channel}/{thread.ts}"
    again = sum(1 for card in cards if card.name.startswith(name))
    tx.add_post(
        name=f"{name}/{again}" if again else name,
        session=session.key,
        kind=PostKind.CARD,
        team=thread.team,
        channel=thread.channel,
        thread_ts=thread.ts,
    )


def unlink(tx: Tx, thread: ThreadKey, session: Session) -> None:
    """Replies in the thread go nowhere any more, and nothing that is said comes into it."""
    tx.drop_link(thread, session.key)
    notice(tx, session, thread, "This thread is no longer linked to the session. Replies here stay in Slack.")
    tx.redraw_card(session.key)
    tx.redraw_cards_in(thread)


def move_to_channel(tx: Tx, session: Session, thread: ThreadKey, to: ChannelId, by: str) -> None:
    """A new card in another channel is the session's home; the thread that it leaves says so."""
    mode = next((link.mode for link in tx.links_of(session.key) if link.thread == thread), session.mode)
    tx.change_session(session.key, channel=to, thread_ts=None, mode=mode)
    number = sum(1 for card in tx.cards_of(session.key) if card.name.startswith(f"card/{session.key}/to/"))
    tx.add_post(
        name=f"card/{session.key}/to/{number}", session=session.key, kind=PostKind.CARD, team=thread.team, channel=to
    )
    _leave(tx, session, thread, f"{by} moved this session to another channel. Replies here are no longer sent.")


def move_to_thread(tx: Tx, session: Session, thread: ThreadKey, to: ThreadKey, by: str, now: float) -> None:
    """Another thread is the session's home; the thread that it leaves says so."""
    mode = next((link.mode for link in tx.links_of(session.key) if link.thread == thread), session.mode)
    tx.change_session(session.key, channel=to.channel, thread_ts=to.ts)
    add_known(tx, tx.session(session.key), to, mode, History.NONE, now)
    _leave(tx, session, thread, f"{by} moved this session to another thread. Replies here are no longer sent.")


def leave_others(tx: Tx, session: Session, home: ThreadKey, by: str) -> None:
    """This thread is the session's only one from now on; those that it leaves say so."""
    tx.change_session(session.key, channel=home.channel, thread_ts=home.ts)
    for thread in tx.threads_of(session.key):
        if thread != home:
            _leave(tx, session, thread, f"{by} moved this session to another thread. Replies here are no longer sent.")


def stands(tx: Tx, post: Post, ts: Ts, *, shown: int, drawn: str = "") -> None:
    """A post is in Slack. `shown`: which version of it. A card of its own is the head of the session's thread."""
    tx.change_post(post, state=PostState.DONE, ts=ts, shown=shown, drawn=drawn, attempts=0)
    if post.kind is PostKind.CARD and post.thread_ts is None:
        tx.change_session(post.session, thread_ts=ts)
        mode = tx.session(post.session).mode
        tx.add_link(ThreadKey(post.team, post.channel, ts), post.session, mode)
        tx.home_found(post.session, ts)


def notice(tx: Tx, session: Session, thread: ThreadKey, text: str, what: str = "") -> None:
    """A quiet line in one thread; `what` makes it the same line when it is asked for again."""
    what = what or f"{thread.ts}/{tx.newest_key()}"
    tx.add_post(
        name=f"notice/{session.key}/{what}/{thread.channel}/{thread.ts}",
        session=session.key,
        kind=PostKind.NOTICE,
        text=text,
        team=thread.team,
        channel=thread.channel,
        thread_ts=thread.ts,
    )


def notice_everywhere(tx: Tx, session: Session, text: str, what: str) -> None:
    for thread in tx.threads_of(session.key):
        notice(tx, session, thread, text, what)


def _leave(tx: Tx, session: Session, thread: ThreadKey, text: str) -> None:
    tx.change_link(thread, session.key, role=Role.MOVED)
    notice(tx, session, thread, text)
    tx.redraw_card(session.key)
    tx.redraw_cards_in(thread)


def _usual(type_: SessionType) -> Mode:
    return Mode.RELAY if type_ is SessionType.CHAT else Mode.NOTES


def _show_history(tx: Tx, session: Session, thread: ThreadKey, since: float) -> None:
    """What both sides have said, in the order in which it was said; what is not kept any more is told once."""
    theirs: list[tuple[float, Line | Item]] = [(_moment(line.date), line) for line in tx.foreign_lines(session.key)]
    ours = [(item.sending_at or item.asked_at, item) for item in tx.delivered(session.key)]
    said = [each for moment, each in sorted([*theirs, *ours], key=lambda pair: pair[0]) if moment >= since]
    for why in sorted({each.gone for each in said if each.gone}):
        notice(tx, session, thread, words_gone(why))
    for each in said:
        if each.gone:
            continue
        if isinstance(each, Line):
            echo.post_in(tx, session, each, thread)
        else:
            add_mirror(tx, each, thread)


def _since(history: History, now: float) -> float:
    return {History.NONE: float("inf"), History.DAY: now - DAY, History.ALL: float("-inf")}[history]


def _moment(date: str) -> float:
    try:
        return datetime.fromisoformat(date).timestamp()
    except ValueError:
        return 0.0
