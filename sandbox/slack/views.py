"""Modals and Home tabs: what is open for whom, and the trigger ids that allow to open one."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.slack.blocks import VIEW_BYTES, check_view
from sandbox.slack.errors import RefusedError, invalid_arguments
from sandbox.slack.inputs import Values, first_state, kept_state
from sandbox.slack.naming import named

if TYPE_CHECKING:
    from sandbox.slack.world import Json, World

MOST_VIEWS = 3
TRIGGER_SECONDS = 3.0


@dataclass(slots=True)
class Trigger:
    """Permission to open one view; `channel` is where the person was."""

    user: str
    expires: float
    channel: str | None
    used: bool = False


class Triggers:
    """Trigger ids: 3 seconds, one use. Source: docs interactivity/handling-user-interaction."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[str, Trigger] = {}

    def new(self, user: str, channel: str | None = None) -> str:
        """An id that goes with the payload about to be sent."""
        trigger_id = f"{self._world.serial()}.{secrets.randbelow(10**9)}.{secrets.token_hex(16)}"
        self._known[trigger_id] = Trigger(user, self._world.clock.now() + TRIGGER_SECONDS, channel)
        return trigger_id

    def redeem(self, trigger_id: Any) -> Trigger:
        """Use it up. Raises invalid_, expired_ or exchanged_trigger_id."""
        trigger = self._known.get(str(trigger_id))
        if trigger is None:
            raise RefusedError("invalid_trigger_id")
        if trigger.used:
            raise RefusedError("exchanged_trigger_id")
        if self._world.clock.now() > trigger.expires:
            raise RefusedError("expired_trigger_id")
        trigger.used = True
        return trigger


@dataclass(slots=True)
class OpenView:
    """A view somebody has before them; `offered` are the options their external menus have shown, by action_id.

    `errors` are what stands under its inputs, by block_id: as with what they hold, a client's own knowledge.
    """

    id: str
    user: str
    content: Json
    values: Values
    root_id: str
    previous_id: str | None
    hash: str
    offered: dict[str, list[Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        """The blocks, all named."""
        blocks: list[Json] = self.content["blocks"]
        return blocks


class Board:
    """Everybody's stack of modals and Home tab. Raises RefusedError for content Slack would refuse."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stacks: dict[str, list[OpenView]] = {}
        self._homes: dict[str, OpenView] = {}

    def stack(self, user: str) -> list[OpenView]:
        """The modals of a person, the visible one last."""
        return self._stacks.setdefault(user, [])

    def stacks(self) -> dict[str, list[OpenView]]:
        """The modals of everybody who has one open."""
        return {user: stack for user, stack in self._stacks.items() if stack}

    def home(self, user: str) -> OpenView | None:
        """What their Home tab shows."""
        return self._homes.get(user)

    def homes(self) -> list[OpenView]:
        """Every Home tab that shows something."""
        return list(self._homes.values())

    def open(self, user: str, content: Any, channel: str | None) -> OpenView:
        """Show a first modal, instead of any that are open."""
        self._check(content, "modal")
        self.stack(user).clear()
        return self._show(user, content, channel)

    def push(self, user: str, content: Any, channel: str | None = None) -> OpenView:
        """Show a modal on top. Raises push_limit_reached."""
        self._check(content, "modal")
        if len(self.stack(user)) >= MOST_VIEWS:
            raise RefusedError("push_limit_reached")
        return self._show(user, content, channel)

    def publish(self, user: str, content: Any, expected_hash: str | None) -> OpenView:
        """Replace a Home tab. Raises hash_conflict."""
        self._check(content, "home")
        current = self._homes.get(user)
        if current is None:
            current = self._make(user, content, None, None)
            self._homes[user] = current
        else:
            self._replace(current, content, expected_hash)
        return current

    def update(self, view: OpenView, content: Any, expected_hash: str | None = None) -> OpenView:
        """Replace a modal's content in its place. Raises hash_conflict."""
        self._check(content, view.content["type"], but=view)
        self._replace(view, content, expected_hash)
        return view

    def find(self, view_id: str | None, external_id: str | None) -> OpenView:
        """Raises not_found."""
        for view in self._all():
            if view.id == view_id or (external_id and view.content.get("external_id") == external_id):
                return view
        raise RefusedError("not_found")

    def wire(self, view: OpenView) -> Json:
        """As it goes over the wire, state and all: what is put in later does not change it."""
        seed = self._world.seed
        optional = {name: view.content.get(name) for name in ("title", "submit", "close")}
        return {
            "id": view.id,
            "team_id": seed.team_id,
            "type": view.content["type"],
            "blocks": view.blocks,
            "private_metadata": view.content.get("private_metadata") or "",
            "callback_id": view.content.get("callback_id") or "",
            "state": {"values": {block_id: dict(held) for block_id, held in view.values.items()}},
            "hash": view.hash,
            **optional,
            "clear_on_close": bool(view.content.get("clear_on_close")),
            "notify_on_close": bool(view.content.get("notify_on_close")),
            "previous_view_id": view.previous_id,
            "root_view_id": view.root_id,
            "app_id": seed.app_id,
            "external_id": view.content.get("external_id") or "",
            "app_installed_team_id": seed.team_id,
            "bot_id": seed.bot_id,
        }

    def _all(self) -> list[OpenView]:
        return [*(view for stack in self._stacks.values() for view in stack), *self._homes.values()]

    def _check(self, content: Any, kind: str, but: OpenView | None = None) -> None:
        faults = check_view(content)
        if faults:
            raise invalid_arguments(*faults)
        if content["type"] != kind:
            raise invalid_arguments(f"the view must be of type {kind} [json-pointer:/view/type]")
        if len(json.dumps(content)) > VIEW_BYTES:
            raise RefusedError("view_too_large")
        name = content.get("external_id")
        if name and any(view.content.get("external_id") == name for view in self._all() if view is not but):
            raise RefusedError("duplicate_external_id")

    def _show(self, user: str, content: Json, channel: str | None) -> OpenView:
        stack = self.stack(user)
        view = self._make(user, content, channel, stack[-1] if stack else None)
        stack.append(view)
        return view

    def _make(self, user: str, content: Json, channel: str | None, below: OpenView | None) -> OpenView:
        view_id = f"V0{self._world.serial():07d}"
        blocks = named(content["blocks"], self._world.serial)
        return OpenView(
            view_id,
            user,
            {**content, "blocks": blocks},
            first_state(blocks, channel),
            below.root_id if below else view_id,
            below.id if below else None,
            self._new_hash(),
        )

    def _replace(self, view: OpenView, content: Json, expected_hash: str | None) -> None:
        if expected_hash and expected_hash != view.hash:
            raise RefusedError("hash_conflict")
        blocks = named(content["blocks"], self._world.serial)
        view.content = {**content, "blocks": blocks}
        view.values = kept_state(blocks, view.values)
        view.errors = {}
        view.hash = self._new_hash()

    def _new_hash(self) -> str:
        return f"{int(self._world.clock.now())}.{secrets.token_hex(4)}"
