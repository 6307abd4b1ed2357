"""Does a session's date at Evo Voice move when something is said in it? Nobody documents it, so it is found out.

Transcripts that are read anyway are compared with the dates that stood before and after. Once enough lines have come
each with a date of its own, a session whose date stands still need not be read. One line without a date ends that. What
holds for people in the app need not hold for text messages, so each voice is believed by itself.

Dates are only ever compared with other dates of Evo Voice's: whose clock is right does not matter.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from bot.evo import parse_date
from bot.model import Evidence, Member, News, SessionKey, Voice
from bot.numbers import identity_of

log = logging.getLogger(__name__)

ENOUGH = 20  # lines that came with a date, until dates are believed
CLOSE = 2.0  # seconds, at most, between a line and the date that it has moved
DISBELIEF = 30 * 86400.0  # seconds that one line without a date is remembered
HOUR = 3600.0
GOLDEN = 0.618033988749895  # multiples of it, without their whole part, lie evenly between 0 and 1

Dated = Mapping[SessionKey, str]  # what Evo Voice calls the time of a session's last change, word for word


@dataclass(frozen=True, slots=True)
class Claim:
    """A line that came after `before` had been the session's date."""

    voice: Voice
    said: str  # its own date
    before: str
    alone: bool  # nothing else came with it that could have moved the date

    def judged(self, after: str) -> bool | None:
        """True: the line moved the date. False: it did not. None: it cannot be told, as within one second."""
        moved, close = after != self.before, _distance(after, self.said) <= CLOSE
        if moved is not close:
            return None
        return None if moved and not self.alone else moved


@dataclass(slots=True)
class Sight:
    """What is known of one session's date."""

    date: str  # at the last look
    read: str | None = None  # at a look before the last reading of the transcript began
    read_before: str | None = None  # and before the reading before that
    claim: Claim | None = None

    @property
    def has_moved(self) -> bool:
        """A transcript is read twice for each date: dates may be whole seconds, and a line may come after its date."""
        return not self.date == self.read == self.read_before


class Dates:
    """The dates of the open sessions, and whether they are believed.

    `evidence` is what was found out in earlier lives. Methods that find out more return what has changed of it, for the
    caller to keep.
    """

    def __init__(self, evidence: Mapping[Voice, Evidence]) -> None:
        self._evidence = {voice: evidence.get(voice, Evidence()) for voice in Voice}
        self._sights: dict[SessionKey, Sight] = {}

    def believed(self, voices: Collection[Voice], now: float) -> bool:
        """Would the date move, whichever of these spoke? Of a session in which nobody is known, anybody may."""
        return all(_is_believed(self._evidence[voice], now) for voice in voices or Voice)

    def keep(self, keys: Collection[SessionKey]) -> None:
        """The others are over."""
        self._sights = {key: sight for key, sight in self._sights.items() if key in keys}

    def knows(self, key: SessionKey) -> bool:
        """Did the last look find a date?"""
        return key in self._sights

    def has_moved(self, key: SessionKey) -> bool:
        """Since before the transcript was last read; also where that is not known."""
        sight = self._sights.get(key)
        return sight is None or sight.has_moved

    def known(self, key: SessionKey) -> str | None:
        """The date at the last look, to be told to `has_read` by who begins to read now."""
        sight = self._sights.get(key)
        return sight.date if sight else None

    def claims(self) -> dict[SessionKey, Claim]:
        """What a look that begins now can judge: it is answered after those lines have come."""
        return {key: sight.claim for key, sight in self._sights.items() if sight.claim}

    def seen(
        self, asked: Iterable[SessionKey], dates: Dated, claims: Mapping[SessionKey, Claim], now: float
    ) -> dict[Voice, Evidence]:
        """A look that began when there were these `claims` has found `dates`. Returns the evidence that has changed."""
        changed: dict[Voice, Evidence] = {}
        for key in asked:
            if key not in dates:
                self._sights.pop(key, None)
                continue
            sight = self._sights.setdefault(key, Sight(dates[key]))
            sight.date = dates[key]
            if claim := claims.get(key):
                sight.claim = None if sight.claim is claim else sight.claim
                changed |= self._weigh(claim.voice, claim.judged(sight.date), now)
        return changed

    def has_read(self, key: SessionKey, known: str | None, news: News) -> None:
        """The transcript was read whole, and begun when this date was `known`."""
        sight = self._sights.get(key)
        if sight is None:
            return
        if news.others and sight.read is not None:
            last = news.others[-1]
            sight.claim = Claim(voice_of(last.sender), last.date, sight.read, alone=news.lines == 1)
        sight.read_before, sight.read = sight.read, known

    def _weigh(self, voice: Voice, moved: bool | None, now: float) -> dict[Voice, Evidence]:
        before = self._evidence[voice]
        after = _weighed(before, moved, now)
        if after == before:
            return {}
        self._evidence[voice] = after
        _tell(voice, _is_believed(before, now), _is_believed(after, now))
        return {voice: after}


def voices(members: Iterable[Member]) -> set[Voice]:
    """Who speaks, when these do."""
    return {voice_of(member.identity, member.name) for member in members}


def voice_of(*names: str) -> Voice:
    """Whoever is named by a number, writes text messages."""
    return Voice.PHONE if any(identity_of(name).startswith("+") for name in names) else Voice.APP


def its_turn(key: SessionKey, last: float, now: float, within: float) -> bool:
    """Is something to be done that is done once `within` seconds, at a moment of its own for each session?

    The moments of many lie evenly in that time.
    """
    moment = key * GOLDEN % 1.0 * within
    return now - last >= within or (now - moment) // within > (last - moment) // within


def _is_believed(evidence: Evidence, now: float) -> bool:
    at = evidence.refuted_at
    return evidence.proofs >= ENOUGH and (at is None or now - at >= DISBELIEF)


def _weighed(evidence: Evidence, moved: bool | None, now: float) -> Evidence:
    """The same where nothing is learned: who is believed is not counted on, who is not is not doubted all the time."""
    if moved is None:
        return evidence
    if moved:
        return replace(evidence, proofs=min(evidence.proofs + 1, ENOUGH))
    at = evidence.refuted_at
    fresh = at is not None and now - at < HOUR and not evidence.proofs
    return evidence if fresh else Evidence(0, now)


def _tell(voice: Voice, before: bool, after: bool) -> None:
    if after and not before:
        log.info("dates of sessions move with each line (%s): those that stand still are read now and then", voice)
    elif before and not after:
        log.warning("a line came without a date (%s): every transcript is read again", voice)


def _distance(one: str, other: str) -> float:
    """In seconds; endless where one of the dates cannot be read."""
    first, second = parse_date(one), parse_date(other)
    if first is None or second is None:
        return float("inf")
    return abs((first - second).total_seconds())
