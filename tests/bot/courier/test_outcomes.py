"""What a failed attempt means, for each kind of item."""

from __future__ import annotations

import pytest

from bot.courier.outcomes import Done, Later, Maybe, No, outcome_of
from bot.evo import BadId, EvoError, NotSent, Refused, Throttled, Unauthorized, Unsure
from bot.model import Kind

COSTLY = [Kind.OPEN, Kind.INVITE, Kind.SAY]


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("error", [NotSent(), Throttled(retry_after=3.0), Unauthorized()])
def test_what_certainly_had_no_effect_may_be_said_again(kind: Kind, error: EvoError) -> None:
    assert outcome_of(error, kind) == Later()


@pytest.mark.parametrize("kind", COSTLY)
@pytest.mark.parametrize("error", [Unsure(), Unsure(status=500), Unsure(status=200), EvoError()])
def test_whatever_is_not_certain_is_a_doubt(kind: Kind, error: EvoError) -> None:
    assert outcome_of(error, kind) == Maybe()


def test_ending_is_said_again_and_is_done_when_there_is_nothing_to_end() -> None:
    assert outcome_of(Unsure(), Kind.END) == Later()
    assert outcome_of(Refused(status=404, reason=""), Kind.END) == Done()


@pytest.mark.parametrize("kind", COSTLY)
@pytest.mark.parametrize(
    "error", [Refused(status=400, reason=""), Refused(status=403, reason=""), Refused(status=404, reason=""), BadId()]
)
def test_a_definite_no_is_an_end_with_a_reason(kind: Kind, error: EvoError) -> None:
    outcome = outcome_of(error, kind)
    assert isinstance(outcome, No)
    assert outcome.reason
