"""A transcript's lines have no ids. Here they get names, and our own words among them are recognised.

Two facts bend the rule of two names: a line is known only by what it says, and SendMessage answers with an id
that the transcript does not show (API operations GetChatTranscript and SendMessage).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from bot.bridge.taking import came_back, is_of_somebody_forgotten, says
from bot.model import (
    ChannelId,
    EvoName,
    Gone,
    Heard,
    Item,
    Line,
    LineName,
    Member,
    News,
    PostKind,
    Session,
    State,
    ThreadKey,
    Ts,
)
from bot.states import become
from bot.store import Tx
from bot.text import fold, foreign_parts

SILENCE_SECONDS = 600.0  # after which words are news to whoever wants to be told
WROTE = "Somebody wrote in your session “{name}” after a silence."
SKEW_SECONDS = 120.0  # between Evo Voice's clock and ours, at most
AUTHORED = re.compile(r"[^:\n]{1,100}: ")  # "Ana Ruiz: hello"
MAY_STILL_ARRIVE = frozenset({State.UNKNOWN, State.NEEDS_PERSON, State.PENDING})


Heed = Callable[[Heard], None]  # what somebody else's words may ask of us


@dataclass(frozen=True, slots=True)
class Own:
    """The names under which Evo Voice may show our own login in a transcript, in lower case, whose account it is (its
    name and its id, "" where Evo Voice does not tell), and in which roles it works there (none: it does not tell).
    """

    names: frozenset[str]
    account: tuple[str, str] = ("", "")
    roles: tuple[str, ...] = ()

    def may_be(self, sender: str, session: Session) -> bool:
        """Could this line be ours? Its form is not documented, so only a known other member is ruled out."""
        shown = sender.casefold()
        return shown in self.names or not any(shown in names for names in map(_names_of, self.others(session)))

    def said_before(self, moment: float, line: Heard) -> bool:
        """Is this surely ours, in the form that our words have, and from before `moment`?

        After a restore the words of a life that is forgotten come back, and nobody knows them any more.
        """
        certain = line.sender.casefold() in self.names and bool(AUTHORED.match(line.text))
        return certain and _date(line.date) < moment + SKEW_SECONDS

    def others(self, session: Session) -> list[Member]:
        """Who is in the session besides us."""
        return [member for member in session.members if not _names_of(member) & self.names]


def named(session: Session, lines: Sequence[Heard]) -> list[tuple[LineName, Heard]]:
    """Each line with its name: session, date, sender, words, media, and the how-many-eth of its equals it is."""
    seen: Counter[tuple[str | None, ...]] = Counter()
    result = []
    for line in lines:
        says = (line.date, line.sender, line.text, _lasting(line.media_uri))
        seen[says] += 1
        result.append((_name(session, says, seen[says]), line))
    return result


def hear(tx: Tx, session: Session, lines: Sequence[Heard], own: Own, now: float, heed: Heed) -> News:
    """Records the lines that are new; posts those of other people to every thread of the session, and heeds them."""
    known = tx.known_lines(session.key)
    waiting = tx.awaiting_echo(session.key)
    fresh = [(name, line) for name, line in named(session, lines) if name not in known]
    doubt = tx.doubt()
    others = []
    for name, line in fresh:
        item = _own_item(tx, line, waiting, session, own)
        tx.add_line(name, session.key, line, item.key if item else None, now)
        if item is None and line.sender.casefold() not in own.names:
            others.append(line)
        if item is not None:
            waiting.remove(item)
            _came_back(tx, item, name)
            if item.gone:
                came_back(tx, item)
        elif is_of_somebody_forgotten(tx, session, line, _date(line.date)):
            tx.blank_line(name, Gone.FORGOTTEN)
        elif doubt is None or not own.said_before(doubt, line):
            post(tx, session, name, line)
            heed(line)
            _tell_owner(tx, session, now)
    if fresh:
        tx.change_session(session.key, active_at=now)
    return News(len(fresh), tuple(others))


def file_behind(post: str) -> str:
    """The name of the file that stands behind the last part of a line, by that part's name; empty for other posts."""
    kind, _, rest = post.partition("/")
    return f"{PostKind.FILE}/{rest.rpartition('/')[0]}" if kind == PostKind.LINE else ""


def _date(spelt: str) -> float:
    """Of a line; what cannot be read is long ago."""
    try:
        return datetime.fromisoformat(spelt).timestamp()
    except ValueError:
        return 0.0


def _lasting(address: str | None) -> str | None:
    """Of a file's address what stays: a signature in it may be another one each time it is told."""
    return address and address.partition("?")[0]


def _names_of(member: Member) -> set[str]:
    return {part.casefold() for part in (member.identity, member.name) if part}


def _name(session: Session, says: tuple[str | None, ...], nth: int) -> LineName:
    parts = (session.evo_id, *says, nth)
    return LineName(hashlib.sha256(repr(parts).encode()).hexdigest()[:32])


def _own_item(tx: Tx, line: Heard, waiting: Sequence[Item], session: Session, own: Own) -> Item | None:
    """The oldest of our words that this line can be. Lanes are serial, so equals come back in order."""
    if not own.may_be(line.sender, session):
        return None
    words = fold(line.text)
    return next((item for item in waiting if says(tx, item, words)), None)


def _came_back(tx: Tx, item: Item, name: LineName) -> None:
    """An answer that never came is not needed any more: there it stands."""
    if item.state in MAY_STILL_ARRIVE:
        become(tx, item, State.DELIVERED, evo_name=EvoName(f"line:{name}"), reason="")


def _tell_owner(tx: Tx, session: Session, now: float) -> None:
    """Who wants to be told when somebody writes after a silence, is told once a silence."""
    if now - session.active_at < SILENCE_SECONDS or not tx.person(session.team, session.created_by).notify:
        return
    tx.add_post(
        name=f"direct/wrote/{session.key}/{session.active_at:.6f}",
        session=session.key,
        kind=PostKind.DIRECT,
        text=WROTE.format(name=session.name),
        team=session.team,
        channel=ChannelId(session.created_by),
    )


def post(tx: Tx, session: Session, name: LineName, line: Heard | Line) -> None:
    """To every thread, a long line in parts, its file behind it; while there is no thread yet, under the card."""
    places: list[tuple[ChannelId, Ts | None]] = [(thread.channel, thread.ts) for thread in tx.threads_of(session.key)]
    _post_to(tx, session, name, line, places or [(session.channel, None)])


def post_in(tx: Tx, session: Session, line: Line, thread: ThreadKey) -> None:
    """To one thread only, which has just been linked."""
    _post_to(tx, session, line.name, line, [(thread.channel, thread.ts)])


def _post_to(
    tx: Tx, session: Session, name: LineName, line: Heard | Line, places: Sequence[tuple[ChannelId, Ts | None]]
) -> None:
    parts = [(f"/{part}", PostKind.LINE, str(part)) for part in range(len(foreign_parts(line.text)))]
    file = [("", PostKind.FILE, "")] if line.media_uri else []
    for (channel, ts), (number, kind, text) in product(places, [*parts, *file]):
        # Under the card it is the same place before the card stands and after: its name must be the same, too.
        place = "home" if ts in {None, session.thread_ts} and channel == session.channel else f"{channel}/{ts}"
        tx.add_post(
            name=f"{kind}/{name}/{place}{number}",
            session=session.key,
            kind=kind,
            line=name,
            text=text,
            team=session.team,
            channel=channel,
            thread_ts=ts,
        )
