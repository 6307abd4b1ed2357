"""Slack names every block and element that came without an id, and finds them again."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from sandbox.slack.blocks.surfaces import elements_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.slack.world import Json


def named(blocks: list[Json], serial: Callable[[], int]) -> list[Json]:
    """A copy of `blocks` in which each block has a block_id and each element an action_id."""
    copied = copy.deepcopy(blocks)
    for block in copied:
        if not block.get("block_id"):
            block["block_id"] = f"b{serial()}"
        for element in elements_of(block):
            if not element.get("action_id"):
                element["action_id"] = f"a{serial()}"
    return copied


def interactive(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every element with its block."""
    for block in blocks:
        for element in elements_of(block):
            yield block, element
