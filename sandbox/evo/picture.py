"""Everything that can be seen of the host at one moment, for whoever watches it."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from sandbox.evo.faults import FaultBoard
from sandbox.evo.routes import Routes
from sandbox.evo.seeds import Seeds
from sandbox.evo.world import World

MOST_SESSIONS = 200
MOST_MESSAGES = 1000

Collection = dict[str, dict[str, Any]]


def collections(world: World, routes: Routes, board: FaultBoard) -> dict[str, Collection]:
    """Name → id → item. What can be long is cut to its newest part."""
    return {
        "sessions": {item.id: asdict(item) for item in routes.sessions.records(MOST_SESSIONS)},
        "messages": {str(item.number): asdict(item) for item in routes.messages.records(newest=MOST_MESSAGES)},
        "people": {f"{item['kind']}:{item.get('number') or item['id']}": item for item in _people(world.people.seeds)},
        "faults": {str(index): asdict(fault) for index, fault in enumerate(board.live())},
    }


def _people(seeds: Seeds) -> Iterator[dict[str, Any]]:
    """A number is `ours`, or that of somebody outside; what is ours wins."""
    for user in seeds.users:
        yield {"kind": "user", "id": user.id, "name": user.name, "email": user.email}
    for team in seeds.teams:
        yield {"kind": "team", "id": team.id, "name": team.name}
    for contact in seeds.contacts:
        yield {"kind": "number", "id": contact.id, "name": contact.name, "number": contact.phone, "ours": False}
    for line in seeds.phone_numbers:
        yield {"kind": "number", "id": line.id, "name": line.name, "number": line.number, "ours": True}
    for login in seeds.logins:
        yield {"kind": "login", "id": login.email, "name": login.name, "email": login.email}
