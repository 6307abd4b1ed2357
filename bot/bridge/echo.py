"""A transcript's lines have no ids. Here they get names, and our own words among them are recognised.

Two facts bend the rule of two names: a line is known only by what it says, and SendMessage answers with an id
that the transcript does not show (evo-api: GetChatTranscript, SendMessage).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import EvoName, Heard, Item, LineName, PostKind, Session, State
from bot.states import become
from bot.store import Tx
from bot.text import fold

MAY_STILL_ARRIVE = frozenset({State.UNKNOWN, State.NEEDS_PERSON, State.PENDING})


@dataclass(frozen=True, slots=True)
class Own:
    """The names under which Evo Voice may show our own login in a transcript, in lower case."""

    names: frozenset[str]

    def may_be(self, sender: str, session: Session) -> bool:
        """Could this line be ours? Its form is not documented, so only a known other member is ruled out."""
        shown = sender.casefold()
        if shown in self.names:
            return True
        others = {part.casefold() for member in session.members for part in (member.identity, member.name) if part}
        return shown not in others


def named(session: Session, lines: Sequence[Heard]) -> list[tuple[LineName, Heard]]:
    """Each line with its name: session, date, sender, words, media, and the how-many-eth of its equals it is."""
    seen: Counter[Heard] = Counter()
    result = []
    for line in lines:
        seen[line] += 1
        result.append((_name(session, line, seen[line]), line))
    return result


def hear(tx: Tx, session: Session, lines: Sequence[Heard], own: Own, now: float) -> int:
    """Records the lines that are new; posts those of other people to every thread of the session."""
    known = tx.known_lines(session.key)
    waiting = tx.awaiting_echo(session.key)
    fresh = [(name, line) for name, line in named(session, lines) if name not in known]
    for name, line in fresh:
        item = _own_item(line, waiting, session, own)
        tx.add_line(name, session.key, line, item.key if item else None, now)
        if item is not None:
            waiting.remove(item)
            _came_back(tx, item, name)
        else:
            _post(tx, session, name)
    if fresh:
        tx.change_session(session.key, active_at=now)
    return len(fresh)


def _name(session: Session, line: Heard, nth: int) -> LineName:
    parts = (session.evo_id, line.date, line.sender, line.text, line.media_uri, nth)
    return LineName(hashlib.sha256(repr(parts).encode()).hexdigest()[:32])


def _own_item(line: Heard, waiting: Sequence[Item], session: Session, own: Own) -> Item | None:
    """The oldest of our words that this line can be. Lanes are serial, so equals come back in order."""
    if not own.may_be(line.sender, session):
        return None
    words = fold(line.text)
    return next((item for item in waiting if fold(item.sent_text or "") == words), None)


def _came_back(tx: Tx, item: Item, name: LineName) -> None:
    """An answer that never came is not needed any more: there it stands."""
    if item.state in MAY_STILL_ARRIVE:
        become(tx, item, State.DELIVERED, evo_name=EvoName(f"line:{name}"), reason="")


def _post(tx: Tx, session: Session, name: LineName) -> None:
    for thread in tx.threads_of(session.key):
        tx.add_post(
            name=f"line/{name}/{thread.channel}/{thread.ts}",
            session=session.key,
            kind=PostKind.LINE,
            line=name,
            team=thread.team,
            channel=thread.channel,
            thread_ts=thread.ts,
        )
