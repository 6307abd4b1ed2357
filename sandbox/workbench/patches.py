"""What has changed between two states of the same collections. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Collections = Mapping[str, Mapping[str, Any]]
"""Name of the collection → id → item."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Items that are new or different, and ids that are gone."""

    put: dict[str, dict[str, Any]] = field(default_factory=dict)
    drop: dict[str, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.put or self.drop)


def diff(before: Collections, after: Collections) -> Patch:
    """What turns `before` into `after`. A collection that `after` does not name stays as it is."""
    patch = Patch()
    for name, items in after.items():
        old = before.get(name, {})
        changed = {id_: item for id_, item in items.items() if id_ not in old or old[id_] != item}
        gone = [id_ for id_ in old if id_ not in items]
        if changed or name not in before:
            patch.put[name] = changed
        if gone:
            patch.drop[name] = gone
    return patch


def apply(state: Collections, patch: Patch) -> dict[str, dict[str, Any]]:
    """The state after the patch."""
    after = {name: dict(items) for name, items in state.items()}
    for name, items in patch.put.items():
        after.setdefault(name, {}).update(items)
    for name, ids in patch.drop.items():
        for id_ in ids:
            after.get(name, {}).pop(id_, None)
    return after
