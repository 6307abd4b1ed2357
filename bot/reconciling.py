"""What we believe, beside what both far sides say: of a session, its transcript and its threads. Only reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.bridge.echo import Own, named
from bot.bridge.taking import says
from bot.model import ChannelId, Heard, Item, ItemKey, Kind, LineName, Post, PostKind, PostState, Session, State, Ts
from bot.store.search import Search
from bot.text import fold

YOUNG_SECONDS = 120.0  # what is younger may still be on its way
IN_DOUBT = frozenset({State.SENDING, State.UNKNOWN})
Standing = Mapping[ChannelId, frozenset[Ts]]  # messages of ours that were seen in threads


class Gap(StrEnum):
    """How the sides differ."""

    NOT_AT_EVO = "delivered, as far as the bot knows, and not in the transcript"
    NOT_IN_SLACK = "in the transcript, and not in the thread"
    NOT_TAKEN = "in the transcript, and not known to the bot"
    IN_DOUBT = "nobody knows whether it arrived"
    UNREADABLE = "cannot be read"


@dataclass(frozen=True, slots=True)
class Difference:
    """One of them. `item` or `line` says which; `at`: when it was sent or said; `words`: what."""

    session: Session
    gap: Gap
    at: float
    item: ItemKey | None = None
    line: LineName | None = None
    words: str = ""
    more: str = ""


def compared(
    read: Search, session: Session, lines: Sequence[Heard], there: Standing, own: Own, since: float, now: float
) -> Iterator[Difference]:
    """`lines`: the transcript as it is now, oldest first; `there`: what stands in the session's threads."""
    transcript = dict(named(session, lines))
    ours = _ours(read, session, transcript, own)
    yield from _items(read, session, ours, since)
    yield from _lines(read, session, transcript, ours, there, since, now)


def _ours(read: Search, session: Session, transcript: Mapping[LineName, Heard], own: Own) -> dict[ItemKey, LineName]:
    """Which line is which of our words: as it was recognised, or as it would be next time."""
    items = read.items_of(session.key, Kind.SAY)
    seen = {item.key: name for item in items if (name := read.echo_of(item.key)) and name in transcript}
    known = read.known_lines(session.key)
    waiting = read.awaiting_echo(session.key)
    for name, line in transcript.items():
        if name in known or not own.may_be(line.sender, session):
            continue
        item = next((each for each in waiting if says(read, each, fold(line.text))), None)
        if item is not None:
            waiting.remove(item)
            seen[item.key] = name
    return seen


def _items(read: Search, session: Session, ours: Mapping[ItemKey, LineName], since: float) -> Iterator[Difference]:
    for item in read.items_of(session.key, *Kind):
        at = item.sending_at or item.asked_at
        if at < since:
            continue
        if item.state in IN_DOUBT or (item.state is State.NEEDS_PERSON and item.unknown_at is not None):
            yield Difference(session, Gap.IN_DOUBT, at, item=item.key, words=item.sent_text or "")
        elif item.kind is Kind.SAY and item.state is State.DELIVERED and item.key not in ours and _can_be_known(item):
            yield Difference(session, Gap.NOT_AT_EVO, at, item=item.key, words=item.sent_text or "")


def _can_be_known(item: Item) -> bool:
    """By its words, or a hash of them. What a person has said to have arrived is theirs to know."""
    return bool(item.sent_text) and not (item.evo_name or "").startswith("seen:")


def _lines(
    read: Search,
    session: Session,
    transcript: Mapping[LineName, Heard],
    ours: Mapping[ItemKey, LineName],
    there: Standing,
    since: float,
    now: float,
) -> Iterator[Difference]:
    posts = _by_line(read.posts_of(session.key, PostKind.LINE, PostKind.FILE))
    known = read.known_lines(session.key)
    for name, line in transcript.items():
        at = _moment(line.date)
        if name in ours.values() or not since <= at <= now - YOUNG_SECONDS:
            continue
        if name not in known:
            yield Difference(session, Gap.NOT_TAKEN, at, line=name, words=line.text)
        elif any(not _stands(post, there) for post in posts.get(name, ())):
            waits = all(post.state is not PostState.DONE for post in posts[name])
            more = "it waits to be posted" if waits else "it was posted, and is not there any more"
            yield Difference(session, Gap.NOT_IN_SLACK, at, line=name, words=line.text, more=more)


def _stands(post: Post, there: Standing) -> bool:
    """A channel that could not be read says nothing of what stands in it."""
    return post.channel not in there or (post.ts is not None and post.ts in there[post.channel])


def _by_line(posts: Iterable[Post]) -> dict[LineName, list[Post]]:
    found: dict[LineName, list[Post]] = {}
    for post in posts:
        if post.line is not None:
            found.setdefault(post.line, []).append(post)
    return found


def _moment(date: str) -> float:
    try:
        return datetime.fromisoformat(date).timestamp()
    except ValueError:
        return 0.0
