"""What people see."""

from __future__ import annotations

from tests.faultlab.mutations.mutation import Mutation

MUTATIONS = (
    # Typed sessions
    Mutation(
        "what a field cannot hold is passed over",
        "nothing that was typed is left out in silence",
        "bot/views/new_session/drawing.py",
        "if field_ not in standing or not _same(held[field_], standing[field_])]",
        "if False]",
        ("tests/bot/views/test_new_session.py::test_what_a_field_cannot_hold_is_named",),
    ),
)
