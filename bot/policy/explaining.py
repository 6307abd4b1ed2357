"""What the policy says of somebody, in a few lines for whoever asks: who that is, which rule decides, what else stands
between them and it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.model import ChannelId, Phone
from bot.policy.deciding import DOING, is_admin, is_ordinary
from bot.policy.model import CREATE, Action, Place, PlaceKind, Policy, Subject, Verdict, Wish
from bot.policy.words import OF_A_SESSION, is_group_id

PLACES: Final = {
    PlaceKind.PUBLIC: "a public channel",
    PlaceKind.PRIVATE: "a private channel",
    PlaceKind.DIRECT: "direct messages",
    PlaceKind.GROUP: "a conversation of several people",
    PlaceKind.SHARED: "shared with another organization",
}
KIND_UNKNOWN: Final = "a channel of which Slack does not say what kind it is"
TO_A_PHONE: Final = frozenset({*CREATE, Action.INVITE, Action.PHONE})


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody would do. `phone`: whom they would reach, or which number of ours they would use."""

    action: Action
    phone: Phone | None = None
    channel: ChannelId | None = None
    own: bool = True  # with a session that they opened

    @property
    def reaches(self) -> Phone | None:
        """The outside phone, if it is about one."""
        return self.phone if self.action in TO_A_PHONE else None

    @property
    def wishes(self) -> list[Wish]:
        """What must be allowed for it, as the bot asks when it happens: to invite a phone is to reach one."""
        if self.action is Action.NUMBER:
            return [Wish(Action.NUMBER, number=self.phone.e164 if self.phone else "")]
        mine = Wish(self.action, own=self.own or self.action not in OF_A_SESSION)
        if self.reaches is None:
            return [mine]
        also = [] if self.action in {Action.INVITE, Action.PHONE} else [mine]
        return [*also, Wish(Action.PHONE, region=self.reaches.region)]


@dataclass(frozen=True, slots=True)
class Hurdles:
    """What stands before an outside phone besides rights; each is words for people."""

    against: tuple[str, ...] = ()  # what forbids it now
    left: tuple[str, ...] = ()  # of budgets; empty where nobody can tell
    confirms: bool = True  # somebody is asked first
    second: bool = False  # and that must be somebody else
    minutes: float = 5.0


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer, and its lines: plain text."""

    allowed: bool
    lines: tuple[str, ...]


def explain(
    policy: Policy, subject: Subject, asked: Asked, verdicts: Sequence[tuple[Wish, Verdict]], hurdles: Hurdles | None
) -> Explanation:
    """`verdicts`: one a wish. `hurdles`: when it is about an outside phone."""
    against = hurdles.against if hurdles else ()
    allowed = all(verdict.allowed for _, verdict in verdicts) and not against
    place = next((wish.place for wish, _ in verdicts), None)
    return Explanation(
        allowed,
        (
            _who(policy, subject),
            *_where(asked, place),
            *(_decided(policy, wish, verdict) for wish, verdict in verdicts),
            *(_about_phone(asked.reaches, hurdles, allowed=allowed) if hurdles and asked.reaches else ()),
            "So: allowed." if allowed else "So: refused.",
        ),
    )


def _who(policy: Policy, subject: Subject) -> str:
    about = [_kind(subject)]
    about += ["owner or administrator of this Slack workspace"] if subject.profile.owner else []
    about += ["administrator of the policy"] if is_admin(policy, subject) else []
    about += [_in_group(group, found) for group, found in sorted(subject.groups.items())]
    return f"{subject.profile.name} ({subject.user}): {', '.join(about)}"


def _kind(subject: Subject) -> str:
    profile = subject.profile
    if profile.deleted:
        return "deactivated"
    if profile.bot:
        return "a bot"
    if not subject.home:
        return "somebody of another organization"
    return "a full member" if is_ordinary(subject) else "a guest"


def _in_group(group: str, found: bool | None) -> str:
    shown = group if is_group_id(group) else f"@{group}"
    if found is None:
        return f"nobody knows whether in {shown}"
    return f"{'in' if found else 'not in'} {shown}"


def _where(asked: Asked, place: Place | None) -> Iterator[str]:
    if place is not None:
        yield f"Where: {place.channel}, {PLACES[place.kind] if place.kind else KIND_UNKNOWN}"
    if asked.action in OF_A_SESSION:
        yield f"A session that {'they' if asked.own else 'somebody else'} opened"


def _decided(policy: Policy, wish: Wish, verdict: Verdict) -> str:
    answer = "allowed" if verdict.allowed else "refused"
    by = f"{verdict.by} ({_origin(policy, verdict)})" if verdict.rule else verdict.by
    told = "" if verdict.allowed else f". They are told: {verdict.why}"
    return f"To {DOING[wish.action]}: {answer}{' ' if verdict.rule else ', '}{by}{told}"


def _origin(policy: Policy, verdict: Verdict) -> str:
    return f"{policy.source or 'policy'}, line {verdict.line}" if verdict.line else "one of the defaults"


def _about_phone(phone: Phone, hurdles: Hurdles, *, allowed: bool) -> Iterator[str]:
    yield from (f"{phone.e164}: refused. {why}" for why in hurdles.against)
    if not hurdles.against:
        yield f"{phone.e164}: nothing stands against this number"
    if hurdles.left:
        yield f"Budgets left: {', '.join(hurdles.left)}"
    if allowed and hurdles.second:
        yield f"Before it leaves, somebody else must say yes, within {hurdles.minutes:g} minutes"
    elif allowed and hurdles.confirms:
        yield f"Before it leaves, they must say yes to number, country and cost, within {hurdles.minutes:g} minutes"
