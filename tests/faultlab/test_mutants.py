"""The list of mutations cannot rot: each still applies, and the tests it names are there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faultlab.mutants import ROOT, Stale, check
from tests.faultlab.mutations import MUTATIONS, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_applies_and_its_tests_are_there(mutation: Mutation) -> None:
    check(mutation, ROOT)


def test_names_are_unique() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)


@pytest.mark.parametrize(
    "changes",
    [
        {"old": "what stands nowhere"},
        {"old": "self"},
        {"red": ("tests/bot/no_such_file.py",)},
        {"red": ("tests/bot/test_text.py::test_that_nobody_wrote",)},
    ],
)
def test_one_that_does_not_fit_any_more_is_noticed(changes: dict[str, object]) -> None:
    with pytest.raises(Stale):
        check(replace(MUTATIONS[0], **changes), ROOT)  # type: ignore[arg-type]  # two of its fields
