"""What a failed attempt means for an item. Decides only; the lane acts on it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.evo import BadId, EvoError, NotSent, Refused, Throttled, Unauthorized, Unsure
from bot.model import Kind

NOT_FOUND = 404
# Ending twice ends once, a state that is set twice is set once, and reading does nothing.
SIMPLY_AGAIN = frozenset({Kind.END, Kind.HOLD, Kind.RESUME, Kind.LINK})
FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Later:
    """It certainly had no effect: the same again when Evo Voice can be reached."""


@dataclass(frozen=True, slots=True)
class Maybe:
    """It may have had its effect: read back before anything else."""


@dataclass(frozen=True, slots=True)
class No:
    """It had no effect and never will."""

    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """It had had its effect already: ending what has ended."""


Outcome = Later | Maybe | No | Done


def outcome_of(error: EvoError, kind: Kind) -> Outcome:
    match error:
        case Refused(status=404) if kind is Kind.END:
            return Done()
        case Unsure() if kind in SIMPLY_AGAIN:
            return Later()
        case NotSent() | Throttled() | Unauthorized():
            return Later()
        case Refused():
            return No(_reason(error))
        case BadId():
            return No("Evo Voice gave this session an id that cannot be used safely.")
        case _:
            return Maybe()


def _reason(error: Refused) -> str:
    if error.status == NOT_FOUND:
        return "Evo Voice does not know this session any more. It may have been archived."
    if error.status == FORBIDDEN and not error.reason:
        return "Evo Voice does not allow this to the bot's account."
    return f"Evo Voice said “{error.reason or f'HTTP {error.status}'}”."
