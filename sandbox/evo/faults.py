"""Faults by switch: what may go wrong between a client and the real server, at a chosen operation and time."""

import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import StrEnum
from typing import Any, Protocol, Self

from sandbox.changes import Changes
from sandbox.evo.wire import JSON, Answer, Headers, error_body


class FaultKind(StrEnum):
    """See the table in the README. Numbers are statuses."""

    TOO_MANY = "429"
    BROKEN = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    GATEWAY_TIMEOUT = "504"
    REQUEST_TIMEOUT = "408"
    SIGNED_OUT = "401"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"
    CLOSE = "close"
    HANG = "hang"
    LATE = "late"
    SLOW = "slow"
    DRIP = "drip"
    GARBAGE = "garbage"
    TRUNCATE = "truncate"
    DOWN = "down"
    REDIRECT = "redirect"
    PAGE = "page"


class FaultBody(StrEnum):
    """What a 429 or 5xx carries."""

    JSON = "json"
    NONE = "none"
    HTML = "html"


class Effect(StrEnum):
    """Whether the operation is carried out: as the kind has it, not at all, at once, or `effect_seconds` later."""

    OWN = "own"
    NONE = "none"
    NOW = "now"
    LATE = "late"


class RetryAfter(StrEnum):
    """How a 429 or 503 says when to come back: whole seconds, an HTTP date, or not at all."""

    SECONDS = "seconds"
    DATE = "date"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One switch.

    `operation`: its name, or `*` for every request. `times`: how often it fires, None for always; `skip`: how many
    requests it lets pass first. `probability` of firing at each request it could. `seconds`: delay of `slow` and
    `late`, how long `hang` hangs, pause between two bytes of `drip`, Retry-After of 429 and 503. `after`: 408 and 5xx
    come after the effect. `hang`: `late` keeps the client waiting and cuts when the effect has happened, rather than
    cutting at once. `effect` overrules whether and when the operation is carried out. `header`: Retry-After, word for
    word; of `redirect`, where to.
    """

    kind: FaultKind
    operation: str = "*"
    times: int | None = 1
    skip: int = 0
    probability: float = 1.0
    seconds: float = 1.0
    after: bool = False
    hang: bool = False
    body: FaultBody = FaultBody.JSON
    retry_after: RetryAfter = RetryAfter.SECONDS
    effect: Effect = Effect.OWN
    effect_seconds: float = 1.0
    header: str | None = None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Raises ValueError or TypeError for what does not fit."""
        kinds: dict[str, type[StrEnum]] = {
            "kind": FaultKind,
            "body": FaultBody,
            "retry_after": RetryAfter,
            "effect": Effect,
        }
        fields: dict[str, Any] = {name: kinds.get(name, _same)(value) for name, value in data.items()}
        return cls(**fields)


def _same(value: Any) -> Any:
    return value


@dataclass(slots=True)
class _Switch:
    fault: Fault
    left: int | None = field(init=False)
    skip: int = field(init=False)

    def __post_init__(self) -> None:
        self.left, self.skip = self.fault.times, self.fault.skip

    def fits(self, operation: str | None) -> bool:
        """`down` is for everybody, whatever it says."""
        everyone = self.fault.operation == "*" or self.fault.kind is FaultKind.DOWN
        return self.left != 0 and (everyone or self.fault.operation.lower() == (operation or "").lower())

    def fires(self, rng: random.Random) -> bool:
        """Whether it is this request's turn; counts."""
        if self.skip:
            self.skip -= 1
            return False
        if self.fault.probability < 1 and rng.random() >= self.fault.probability:
            return False
        if self.left is not None:
            self.left -= 1
        return True


class FaultBoard:
    """All switches in the order they were set. At most one fires per request: the first whose turn it is."""

    def __init__(self, seed: int, changes: Changes) -> None:
        self._seed = seed
        self._changes = changes
        self.reset()

    def reset(self) -> None:
        """No switches, and chance from its beginning."""
        self._rng = random.Random(self._seed)  # noqa: S311  repeatable chance, no secret
        self._switches: list[_Switch] = []
        self._changes.bump()

    def set(self, fault: Fault) -> None:
        """Add a switch."""
        self._switches.append(_Switch(fault))
        self._changes.bump()

    def clear(self, operation: str | None = None) -> None:
        """Take away those of one operation, or all."""
        self._switches = [] if operation is None else [s for s in self._switches if s.fault.operation != operation]
        self._changes.bump()

    def live(self) -> list[Fault]:
        """Those that may still fire."""
        return [switch.fault for switch in self._switches if switch.left != 0]

    def take(self, operation: str | None) -> Fault | None:
        """The fault this request meets."""
        for switch in self._switches:
            if switch.fits(operation) and switch.fires(self._rng):
                return switch.fault
        return None


class Manner(StrEnum):
    """How an answer goes out."""

    WHOLE = "whole"
    DRIP = "drip"
    HALF = "half"
    CUT = "cut"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An answer and how it is to go out; a cut has no answer."""

    answer: Answer | None
    manner: Manner = Manner.WHOLE
    pause: float = 0.0


class Stage(Protocol):
    """What a fault may do to the request it meets."""

    def act(self) -> Answer:
        """Carry the operation out, now."""

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""

    def later(self, seconds: float) -> Awaitable[object]:
        """Carry it out in `seconds`, whether or not anybody waits."""

    def sign_out(self) -> None:
        """End the sign-in it came with."""


CUT = Delivery(None, Manner.CUT)
ANSWER = Answer(200, b'{"id": "5f0000000000000000000000", "members": [], "messages": []}', JSON)  # of somebody else


class _Decided:
    """A stage on which it has been decided already whether the operation is carried out."""

    def __init__(self, stage: Stage, answer: Answer) -> None:
        self._stage = stage
        self._answer = answer

    def act(self) -> Answer:
        return self._answer

    async def sleep(self, seconds: float) -> None:
        await self._stage.sleep(seconds)

    def later(self, seconds: float) -> Awaitable[object]:
        return self._stage.sleep(seconds)

    def sign_out(self) -> None:
        self._stage.sign_out()


async def play(fault: Fault | None, stage: Stage) -> Delivery:
    """Carry the operation out, or not, as the fault has it; what is to be sent."""
    if fault is None:
        return Delivery(stage.act())
    return await _PLAYS.get(fault.kind, _status)(fault, _decided(fault, stage))


def _decided(fault: Fault, stage: Stage) -> Stage:
    if fault.effect is Effect.OWN:
        return stage
    if fault.effect is Effect.NOW:
        return _Decided(stage, stage.act())
    if fault.effect is Effect.LATE:
        stage.later(fault.effect_seconds)
    return _Decided(stage, ANSWER)


async def _status(fault: Fault, stage: Stage) -> Delivery:
    if fault.after and fault.kind is not FaultKind.TOO_MANY:
        stage.act()
    return Delivery(_error(fault))


async def _signed_out(_fault: Fault, stage: Stage) -> Delivery:
    stage.sign_out()
    return Delivery(Answer(401, headers=(("WWW-Authenticate", 'basic realm="/auth/basic"'),)))


async def _cut(_fault: Fault, _stage: Stage) -> Delivery:
    return CUT


async def _close(_fault: Fault, _stage: Stage) -> Delivery:
    return Delivery(None, Manner.CLOSE)


async def _hang(fault: Fault, stage: Stage) -> Delivery:
    await stage.sleep(fault.seconds)
    return CUT


async def _cut_after(_fault: Fault, stage: Stage) -> Delivery:
    stage.act()
    return CUT


async def _late(fault: Fault, stage: Stage) -> Delivery:
    effect = stage.later(fault.seconds)
    if fault.hang:
        await effect
    return CUT


async def _slow(fault: Fault, stage: Stage) -> Delivery:
    answer = stage.act()
    await stage.sleep(fault.seconds)
    return Delivery(answer)


async def _drip(fault: Fault, stage: Stage) -> Delivery:
    return Delivery(stage.act(), Manner.DRIP, fault.seconds)


async def _truncate(_fault: Fault, stage: Stage) -> Delivery:
    return Delivery(stage.act(), Manner.HALF)


async def _redirect(fault: Fault, _stage: Stage) -> Delivery:
    return Delivery(Answer(302, headers=(("Location", fault.header or "/login"),)))


async def _page(_fault: Fault, _stage: Stage) -> Delivery:
    page = b"<!DOCTYPE html><html><body><form>Sign in to Evo Voice</form></body></html>"
    return Delivery(Answer(200, page, "text/html; charset=utf-8"))


async def _garbage(_fault: Fault, stage: Stage) -> Delivery:
    stage.act()
    return Delivery(Answer(200, b'{"id": "unreadab\xff\x00', JSON))


_PLAYS: dict[FaultKind, Callable[[Fault, Stage], Awaitable[Delivery]]] = {
    FaultKind.SIGNED_OUT: _signed_out,
    FaultKind.CUT_BEFORE: _cut,
    FaultKind.DOWN: _cut,
    FaultKind.CUT_AFTER: _cut_after,
    FaultKind.CLOSE: _close,
    FaultKind.HANG: _hang,
    FaultKind.LATE: _late,
    FaultKind.SLOW: _slow,
    FaultKind.DRIP: _drip,
    FaultKind.TRUNCATE: _truncate,
    FaultKind.GARBAGE: _garbage,
    FaultKind.REDIRECT: _redirect,
    FaultKind.PAGE: _page,
}

_CODES = {
    "429": "TooManyRequests",
    "500": "NullReferenceException",
    "502": "BadGateway",
    "503": "ServiceUnavailable",
    "504": "GatewayTimeout",
    "408": "RequestTimeout",
}


def _error(fault: Fault) -> Answer:
    status, headers = int(fault.kind), _retry_after(fault)
    match fault.body:
        case FaultBody.NONE:
            return Answer(status, headers=headers)
        case FaultBody.HTML:
            page = f"<!DOCTYPE html><html><body><h1>{status} Error</h1></body></html>".encode()
            return Answer(status, page, "text/html; charset=utf-8", headers=headers)
        case FaultBody.JSON:
            code = _CODES[fault.kind]
            return Answer(status, error_body(code, "Injected by the stand-in"), JSON, headers=headers)


def _retry_after(fault: Fault) -> Headers:
    if fault.header is not None:
        return (("Retry-After", fault.header),)
    if fault.kind not in (FaultKind.TOO_MANY, FaultKind.UNAVAILABLE) or fault.retry_after is RetryAfter.NONE:
        return ()
    if fault.retry_after is RetryAfter.DATE:
        return (("Retry-After", formatdate(math.ceil(time.time() + fault.seconds), usegmt=True)),)
    return (("Retry-After", str(math.ceil(fault.seconds))),)
