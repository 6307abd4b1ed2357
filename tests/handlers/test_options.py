from __future__ import annotations

from sandbox.slack.blocks import check_options
from tests.handlers.world import World, body, suggestion

PEOPLE = [
    {"displayName": "Ana", "address": "user:1", "type": "User", "canChat": True},
    {"displayName": "Support", "address": "team:9", "type": "Team", "canChat": True},
    {"displayName": "Silent", "address": "user:3", "type": "User", "canChat": False},
]


def labels(answer: dict) -> list[str]:
    assert check_options(answer) == []
    return [option["text"]["text"] for group in answer.get("option_groups", []) for option in group["options"]]


async def test_the_list_holds_who_can_chat(world: World) -> None:
    world.contacts.extend(PEOPLE)
    assert labels(body(await world.interact(suggestion("")))) == ["Ana", "Support"]


async def test_the_list_is_searched(world: World) -> None:
    world.contacts.extend(PEOPLE)
    assert labels(body(await world.interact(suggestion("sup")))) == ["Support"]


async def test_nobody_is_an_empty_list(world: World) -> None:
    assert body(await world.interact(suggestion(""))) == {"options": []}


async def test_an_address_can_be_typed(world: World) -> None:
    assert labels(body(await world.interact(suggestion("user:77")))) == ["user:77"]
