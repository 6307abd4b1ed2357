"""May it leave now? Stops, opt-outs, frozen numbers and budgets, judged in the transaction in which it leaves.

What takes something away (an end, a hold, a removal) and what only reads may always leave.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.bridge.phones import phones_in
from bot.model import Answer, ChannelId, Deed, Item, Kind, Phone, PostKind, Session, State, Stop, UserId
from bot.numbers import mask
from bot.packing import unpack_invitee, unpack_request
from bot.policy import Budgets, Policy
from bot.store import Reads, Tx
from bot.texts import (
    AT_ONCE_LIMIT,
    FROZEN,
    FROZEN_NEWS,
    FROZEN_TROUBLE,
    LETTERS_TROUBLE,
    LIMIT_OF_NUMBER,
    LIMIT_OF_USER,
    LIMIT_OF_WORKSPACE,
    NO_PHONE_AT_ALL,
    OPTED_OUT,
    OPTED_OUT_MEMBER,
    PAST_LIMIT,
    STOPPED,
    STOPPED_NOW,
    STOPPED_TROUBLE,
)

LEAVES: Final = (Kind.OPEN, Kind.INVITE, Kind.SAY, Kind.RESUME)  # what brings something to people outside
SENDS: Final = frozenset({Answer.YES, Answer.AGAIN, Answer.SEND})  # what somebody says, and it leaves
REACHES: Final = frozenset({Kind.OPEN, Kind.INVITE})
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
IN_THE_DARK: Final = 3  # digits of a frozen beginning that people are not shown


@dataclass(frozen=True, slots=True)
class Against:
    """It does not leave: what becomes of it instead, why, what stands against it, and what the log should say."""

    state: State
    reason: str
    by: str = ""  # a word of `counts.REFUSALS`; a stop has none
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many within `window` seconds; what was done in it, oldest first, and how many more are wanted."""

    most: int
    window: float
    done: Sequence[float]
    wanted: int
    sentence: str

    @property
    def is_kept(self) -> bool:
        return len(self.done) + self.wanted <= self.most

    @property
    def free_at(self) -> float:
        """When as many as are wanted can be reached."""
        if self.wanted > self.most:
            return math.inf
        return self.done[len(self.done) + self.wanted - self.most - 1] + self.window

    def why(self, now: float) -> str:
        window = _window(self.window)
        if self.most <= 0:
            return NO_PHONE_AT_ALL.format(window=window)
        if self.wanted > self.most:
            return AT_ONCE_LIMIT.format(wanted=self.wanted, limit=self.most, window=window)
        reached = self.sentence.format(n=_times(len(self.done), self.sentence), window=window)
        over = "which is the limit" if len(self.done) >= self.most else PAST_LIMIT.format(
            wanted=self.wanted, limit=self.most
        )  # fmt: skip
        return f"{reached}, {over}. Try again in {_wait(self.free_at - now)}."


class Safeguards:
    """What stands against something that is about to leave. `region`: in which national numbers are read."""

    def __init__(self, policy: Policy, region: str) -> None:
        self._budgets: Budgets = policy.budgets
        self._admins = sorted(policy.admins.users)
        self._region = region

    def before(self, read: Reads, item: Item, session: Session) -> Against | None:
        """A first look, before anybody is asked anything: whatever does not depend on what is left of a budget."""
        if item.kind not in LEAVES:
            return None
        if stop := read.stop():
            return Against(State.NEEDS_PERSON, held(stop))
        return self._unwanted(read, item, session) or self._frozen(read, reached_by(item))

    def at_last(self, tx: Tx, item: Item, session: Session, now: float) -> Against | None:
        """The judge. Whatever it lets go is counted in the same transaction, all of it or nothing."""
        against = self.before(tx, item, session)
        if against is not None or item.kind not in REACHES:
            return against
        new = [phone for phone in reached_by(item) if not tx.is_spent(item.key, hashed(tx, phone), item.asked_at)]
        if alike := self._alike(tx, new, now):
            return self._freeze(tx, alike, session, now)
        if over := self._over(tx, item.author, new, now):
            return over
        for phone in new:
            tx.spend(item.key, hashed(tx, phone), self._prefix(tx, phone), item.author, item.asked_at, now)
        return None

    def against_phones(self, read: Reads, user: UserId, phones: Sequence[Phone], now: float) -> Against | None:
        """What stands against reaching these, as far as it is known before anything is stored."""
        if stop := read.stop():
            return Against(State.REFUSED, refused(stop))
        phones = list(dict.fromkeys(phones))
        return _opted(read, phones, OPTED_OUT) or self._frozen(read, phones) or self._over(read, user, phones, now)

    # Opt-outs

    def _unwanted(self, read: Reads, item: Item, session: Session) -> Against | None:
        if item.kind in REACHES:
            return _opted(read, reached_by(item), OPTED_OUT)
        return _opted(read, phones_in(read, session, self._region), OPTED_OUT_MEMBER) if item.kind is Kind.SAY else None

    # Numbers that are alike

    def _frozen(self, read: Reads, phones: Sequence[Phone]) -> Against | None:
        frozen = next((phone for phone in phones if read.is_frozen(self._prefix(read, phone))), None)
        return Against(State.REFUSED, FROZEN.format(shown=self._shown(frozen)), "frozen") if frozen else None

    def _alike(self, read: Reads, phones: Sequence[Phone], now: float) -> Phone | None:
        """One of those that would be too many different ones with the same beginning within an hour."""
        for phone in phones:
            prefix = self._prefix(read, phone)
            others = {hashed(read, other) for other in phones if self._prefix(read, other) == prefix}
            if len(read.spent_near(prefix, now - HOUR) | others) >= self._budgets.prefix_hour:
                return phone
        return None

    def _freeze(self, tx: Tx, phone: Phone, session: Session, now: float) -> Against:
        prefix, shown = self._prefix(tx, phone), self._shown(phone)
        tx.freeze(prefix, shown, now)
        tx.audit(Deed.FROZEN, now, session=session.key, subject=prefix)
        for admin in self._admins:
            tx.add_post(
                name=f"direct/frozen/{prefix}/{now:.6f}/{admin}", session=session.key, kind=PostKind.DIRECT,
                text=FROZEN_NEWS.format(shown=shown, n=self._budgets.prefix_hour), team=session.team,
                channel=ChannelId(admin),
            )  # fmt: skip
        told = "the administrators were told" if self._admins else "the policy names no administrator who could be told"
        alarm = f"numbers that are alike are frozen; {told}"
        return Against(State.REFUSED, FROZEN.format(shown=shown), "frozen", alarm)

    def _prefix(self, read: Reads, phone: Phone) -> str:
        return hashed_beginning(read, phone.e164[1 : 1 + self._budgets.prefix_digits])

    def _shown(self, phone: Phone) -> str:
        return f"{phone.e164[: 1 + max(1, self._budgets.prefix_digits - IN_THE_DARK)]}•••"

    # Budgets

    def _over(self, read: Reads, user: UserId, phones: Sequence[Phone], now: float) -> Against | None:
        """The limit that holds longest, of those that this would pass."""
        if not phones:
            return None
        passed = [limit for limit in self.limits(read, user, phones, now) if not limit.is_kept]
        longest = max(passed, key=lambda limit: limit.free_at, default=None)
        return Against(State.REFUSED, longest.why(now), "budget") if longest else None

    def limits(self, read: Reads, user: UserId, phones: Sequence[Phone], now: float) -> Iterator[Limit]:
        """How much of each budget is used: somebody's in a minute and in a day, everybody's, then one a number."""
        most, n = self._budgets, len(phones)
        yield Limit(most.user_minute, MINUTE, read.spent_by(user, now - MINUTE), n, LIMIT_OF_USER)
        yield Limit(most.user_day, DAY, read.spent_by(user, now - DAY), n, LIMIT_OF_USER)
        yield Limit(most.workspace_day, DAY, read.spent_by_all(now - DAY), n, LIMIT_OF_WORKSPACE)
        for phone in phones:
            sentence = LIMIT_OF_NUMBER.replace("{number}", mask(phone.e164))
            yield Limit(most.number_day, DAY, read.spent_on(hashed(read, phone), now - DAY), 1, sentence)


def reached_by(item: Item) -> tuple[Phone, ...]:
    """The outside phones that an item calls, texts or faxes, each once."""
    if item.kind is Kind.OPEN:
        return unpack_request(item.body).dialled
    phone = unpack_invitee(item.body).phone if item.kind is Kind.INVITE else None
    return (phone,) if phone else ()


def held(stop: Stop) -> str:
    """Why something was not sent while everything was stopped."""
    return STOPPED.format(why=_why(stop))


def refused(stop: Stop) -> str:
    """Why nothing can be asked for while everything is stopped."""
    return STOPPED_NOW.format(why=_why(stop))


def blocked(read: Reads) -> list[str]:
    """What is stopped or frozen, in words, for whoever asks how the bot is."""
    stop = read.stop()
    stopped = [STOPPED_TROUBLE.format(why=_why(stop))] if stop else []
    broken = read.letters_aside()
    aside = [LETTERS_TROUBLE.format(n=broken, messages="message" if broken == 1 else "messages")] if broken else []
    return [*stopped, *(FROZEN_TROUBLE.format(shown=shown) for shown in read.frozen()), *aside]


def hashed(read: Reads, phone: Phone) -> str:
    return read.hashed(phone.e164)


def hashed_beginning(read: Reads, digits: str) -> str:
    """No whole number has the same hash."""
    return read.hashed(f"+{digits}…")


def _opted(read: Reads, phones: Sequence[Phone], sentence: str) -> Against | None:
    found = next(filter(None, (read.opted_out(hashed(read, phone)) for phone in phones)), None)
    return Against(State.REFUSED, sentence.format(number=found.shown, word=found.word), "optout") if found else None


def _why(stop: Stop) -> str:
    return f" ({stop.why})" if stop.why else ""


def _window(seconds: float) -> str:
    return "a minute" if seconds == MINUTE else "24 hours"


def _times(n: int, sentence: str) -> str:
    """How many phones, or how often one."""
    if sentence in {LIMIT_OF_USER, LIMIT_OF_WORKSPACE}:
        return f"{n} outside phone{'' if n == 1 else 's'}"
    return "once" if n == 1 else f"{n} times"


def _wait(seconds: float) -> str:
    """As people say it, and never too short."""
    for size, unit in ((HOUR, "hour"), (MINUTE, "minute")):
        if seconds > 1.5 * size:
            return f"{math.ceil(seconds / size)} {unit}s"
    n = max(1, math.ceil(seconds))
    return f"{n} second{'' if n == 1 else 's'}"
