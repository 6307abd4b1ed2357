"""What the doctor tells."""

from __future__ import annotations

from tests.faultlab.mutations.files import DOCTOR, TENANTS
from tests.faultlab.mutations.mutation import Mutation

MUTATIONS = (
    # Several workspaces
    Mutation(
        "the doctor knows one workspace only",
        "of each workspace the doctor names a step that helps there",
        "bot/doctor/several.py",
        "    then = {slack.AGAIN: _install(shared), evo.CHECK: CONNECT.format(ident=who.id)}\n",
        "    then = {WORKSPACE: _install(shared)}\n",
        (f"{TENANTS}::test_the_doctor_looks_at_each_and_says_one_next_step",),
    ),
    # The doctor
    Mutation(
        "whoever does not answer holds the doctor up",
        "monitoring hangs with Slack",
        "bot/doctor/timing.py",
        "        async with asyncio.timeout(seconds):",
        "        async with asyncio.timeout(None):",
        ("tests/bot/test_doctor.py::test_who_does_not_answer_takes_no_longer_than_its_time",),
    ),
    Mutation(
        "a PostgreSQL that takes no changes is called well",
        "a standby in the settings is found when the bot does not start",
        "bot/doctor/server.py",
        "    if server.is_read_only:",
        "    if False:",
        (f"{DOCTOR}::test_one_that_takes_no_changes_or_lets_nobody_in_is_broken_and_the_rest_is_not_asked",),
    ),
)
