"""Everything that can be seen of the workspace at one moment, for whoever watches it."""

from __future__ import annotations

import dataclasses
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.slack.desk import Desk
    from sandbox.slack.seeds import Person
    from sandbox.slack.views import OpenView
    from sandbox.slack.world import Channel, Ephemeral, Json, Message

MOST_MESSAGES = 500
"""Of one room; the parents of the threads they belong to come on top."""
MOST_EPHEMERALS = 100
"""Of one person."""

Collection = dict[str, "Json"]


def collections(desk: Desk) -> dict[str, Collection]:
    """Name → id → item. What can be long is cut to its newest part."""
    return {
        "people": _people(desk),
        "rooms": {room.id: _room(room) for room in desk.world.channels.values()},
        "messages": _messages(desk),
        "ephemerals": _ephemerals(desk),
        "views": _views(desk),
        "homes": {view.user: desk.board.wire(view) for view in desk.board.homes()},
        "app": {"app": _app(desk)},
        "state": {"state": _state(desk)},
    }


def _people(desk: Desk) -> Collection:
    return {person.id: _person(desk, person) for person in desk.world.people.values()}


def _person(desk: Desk, person: Person) -> Json:
    """`shown` is the name that Slack's clients write: the display name, else the real one."""
    own = desk.bot_name if person.id == desk.world.seed.bot_user else ""
    shown = own or person.shown or person.real_name
    return dataclasses.asdict(person) | {"is_bot": person.bot_id is not None, "shown": shown}


def _room(room: Channel) -> Json:
    facts = {"id": room.id, "name": room.name, "kind": str(room.kind), "members": list(room.members)}
    return facts | {"is_archived": room.is_archived, "is_ext_shared": room.is_ext_shared}


def _messages(desk: Desk) -> Collection:
    found: Collection = {}
    for room in desk.world.channels.values():
        threads = room.threads()
        for message in _newest(room):
            shown = room.render(message, replies=threads.get(message.ts, []))
            found[f"{room.id}/{message.ts}"] = shown | {"channel": room.id}
    return found


def _newest(room: Channel) -> Iterator[Message]:
    """Parents that are older than the rest come first."""
    newest = list(islice(reversed(room.messages.values()), MOST_MESSAGES))[::-1]
    known = {message.ts for message in newest}
    parents = dict.fromkeys(message.thread_ts for message in newest if message.thread_ts)
    yield from (room.messages[ts] for ts in parents if ts not in known and ts in room.messages)
    yield from newest


def _ephemerals(desk: Desk) -> Collection:
    count: dict[str, int] = {}
    newest: list[Ephemeral] = []
    for note in reversed(desk.world.ephemerals):
        count[note.user] = count.get(note.user, 0) + 1
        if count[note.user] <= MOST_EPHEMERALS:
            newest.append(note)
    return {f"{note.user}/{note.ts}": note.wire() | {"user": note.user} for note in reversed(newest)}


def _views(desk: Desk) -> Collection:
    return {user: {"stack": [_view(desk, view) for view in stack]} for user, stack in desk.board.stacks().items()}


def _view(desk: Desk, view: OpenView) -> Json:
    return desk.board.wire(view) | {"offered": dict(view.offered), "errors": dict(view.errors)}


def _app(desk: Desk) -> Json:
    seed, manifest = desk.world.seed, desk.settings.manifest
    return {
        "name": manifest.name or desk.bot_name,
        "home": manifest.home,
        "writable": manifest.writable,
        "bot_user": seed.bot_user,
        "bot_id": seed.bot_id,
        "team_name": seed.team_name,
        "commands": [dict(command) for command in manifest.command_details],
        "shortcuts": [dict(shortcut) for shortcut in manifest.shortcut_details],
    }


def _state(desk: Desk) -> Json:
    return {
        "pending": desk.deliveries.pending(),
        "connections": desk.sockets.connections,
        "mode": str(desk.settings.mode),
        "delivery": dataclasses.asdict(desk.faults.delivery),
        "faults": [dataclasses.asdict(fault) for fault in desk.faults.api if fault.times != 0],
    }
