"""Safeguards, each with the change that takes it away and the tests that must notice; a file for each room.

What stands in no room of `bot` is in `hearing`, `people`, `record`, `tenants` and `starting`.
"""

from __future__ import annotations

from tests.faultlab.mutations import (
    bridge,
    console,
    courier,
    deploy,
    doctor,
    evo,
    handlers,
    hearing,
    intake,
    people,
    policy,
    postgres,
    record,
    starting,
    store,
    tenants,
    views,
)
from tests.faultlab.mutations.mutation import Mutation

__all__ = ["MUTATIONS", "Mutation"]

MUTATIONS: tuple[Mutation, ...] = (
    *bridge.MUTATIONS,
    *courier.MUTATIONS,
    *hearing.MUTATIONS,
    *store.MUTATIONS,
    *postgres.MUTATIONS,
    *intake.MUTATIONS,
    *evo.MUTATIONS,
    *policy.MUTATIONS,
    *people.MUTATIONS,
    *handlers.MUTATIONS,
    *views.MUTATIONS,
    *record.MUTATIONS,
    *tenants.MUTATIONS,
    *starting.MUTATIONS,
    *console.MUTATIONS,
    *doctor.MUTATIONS,
    *deploy.MUTATIONS,
)
