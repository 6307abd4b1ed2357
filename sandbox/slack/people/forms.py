"""Filling in and submitting modals; the Home tab's elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.slack.blocks import check_options
from sandbox.slack.delivery import Outcome, What
from sandbox.slack.errors import GestureError, RefusedError
from sandbox.slack.inputs import Room, hold, is_empty
from sandbox.slack.people.hands import Gestures, heard
from sandbox.slack.people.outcomes import Heard, Submitted
from sandbox.slack.people.press import act, find_element

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.slack.delivery import Receipt
    from sandbox.slack.views import OpenView
    from sandbox.slack.world import Json

REQUIRED = "Please complete this required field."
LONGEST_QUERY_BEFORE = 3


class Forms(Gestures):
    """Every gesture raises GestureError when a client would not allow it. A key is a block_id or block_id/action_id."""

    def view(self, user: str) -> Json | None:
        """The modal a person sees, None without one."""
        stack = self.desk.board.stack(user)
        return self.desk.board.wire(stack[-1]) if stack else None

    def views(self, user: str) -> list[Json]:
        """Their whole stack of modals, the visible one last."""
        return [self.desk.board.wire(view) for view in self.desk.board.stack(user)]

    def home(self, user: str) -> Json | None:
        """What their Home tab shows."""
        view = self.desk.board.home(user)
        return self.desk.board.wire(view) if view else None

    async def fill(self, user: str, values: Mapping[str, Any]) -> list[Heard]:
        """Put values into the visible modal; what the app made of those that send block_actions."""
        answers = []
        for key, value in values.items():
            view = self._top(user)
            block, element = _find(view, key)
            self._put(view, block, element, value)
            if block["type"] != "input" or block.get("dispatch_action"):
                answers.append(await self._dispatch(view, block, element, value))
        return answers

    async def press(self, user: str, key: str, value: Any = None, home: bool = False) -> Heard:
        """Use a button or menu of the visible modal, or of the Home tab."""
        view = self.desk.board.home(user) if home else self._top(user)
        if view is None:
            raise GestureError(f"{user}'s Home tab is empty")
        block, element = _find(view, key)
        if block["type"] == "input":
            raise GestureError("an input is filled, not pressed")
        if block["block_id"] in view.values and element["action_id"] in view.values[block["block_id"]]:
            self._put(view, block, element, value)
        return await self._dispatch(view, block, element, value)

    async def suggest(self, user: str, key: str, query: str = "") -> list[Json]:
        """Type into an external menu; the options the app offers, groups flattened."""
        view = self._top(user)
        block, element = _find(view, key)
        if "external" not in element["type"]:
            raise GestureError(f"{element['type']} has its options already")
        if len(query) < int(element.get("min_query_length", LONGEST_QUERY_BEFORE)):
            raise GestureError("type more before the app is asked")
        payload = self._suggestion(view, block, element, query)
        receipt = await self.desk.deliveries.ask(What.INTERACTIVE, payload)
        view.offered[element["action_id"]] = options = _offered(receipt)
        return options

    async def submit(self, user: str) -> Submitted:
        """Press the modal's submit button."""
        view = self._top(user)
        if not view.content.get("submit") or view.content.get("submit_disabled"):
            raise GestureError("this view has no submit button to press")
        outcome = await self._submitted(view)
        view.errors = dict(outcome.errors)
        return outcome

    async def close(self, user: str) -> Heard | None:
        """Close the visible modal; what the app said, if it wanted to know."""
        view = self._top(user)
        stack = self.desk.board.stack(user)
        gone = list(stack) if view.content.get("clear_on_close") else [view]
        del stack[-len(gone) :]
        if not view.content.get("notify_on_close"):
            return None
        payload = self._payload("view_closed", user) | {
            "view": self.desk.board.wire(view),
            "is_cleared": len(gone) > 1,
        }
        return heard(await self.desk.deliveries.ask(What.INTERACTIVE, payload))

    async def _submitted(self, view: OpenView) -> Submitted:
        missing = _missing(view)
        if missing:
            return Submitted("incomplete", dict.fromkeys(missing, REQUIRED))
        receipt = await self.desk.deliveries.ask(What.INTERACTIVE, self._submission(view))
        return self._conclude(view, receipt)

    def _top(self, user: str) -> OpenView:
        self._person(user)
        stack = self.desk.board.stack(user)
        if not stack:
            raise GestureError(f"no view is open for {user}")
        return stack[-1]

    def _put(self, view: OpenView, block: Json, element: Json, value: Any) -> None:
        room = Room(self.desk.world, view.offered.get(element["action_id"], []))
        view.values[block["block_id"]][element["action_id"]] = hold(element, value, room)
        view.errors.pop(block["block_id"], None)

    async def _dispatch(self, view: OpenView, block: Json, element: Json, value: Any) -> Heard:
        room = Room(self.desk.world, view.offered.get(element["action_id"], []))
        action = act(block, element, value, room, self.desk.world.new_ts())
        payload = self._payload("block_actions", view.user) | {
            "container": {"type": "view", "view_id": view.id},
            "trigger_id": self.desk.triggers.new(view.user),
            "view": self.desk.board.wire(view),
            "actions": [action],
        }
        return heard(await self.desk.deliveries.ask(What.INTERACTIVE, payload))

    def _suggestion(self, view: OpenView, block: Json, element: Json, query: str) -> Json:
        return self._payload("block_suggestion", view.user) | {
            "container": {"type": "view", "view_id": view.id},
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "value": query,
            "view": self.desk.board.wire(view),
        }

    def _submission(self, view: OpenView) -> Json:
        return self._payload("view_submission", view.user) | {
            "trigger_id": self.desk.triggers.new(view.user),
            "view": self.desk.board.wire(view),
            "response_urls": self._where_to_answer(view),
        }

    def _where_to_answer(self, view: OpenView) -> list[Json]:
        urls = []
        for block in view.blocks:
            element = block.get("element", {})
            if block["type"] == "input" and element.get("response_url_enabled"):
                held = view.values[block["block_id"]][element["action_id"]]
                channel = held.get("selected_conversation") or held.get("selected_channel")
                names = {"block_id": block["block_id"], "action_id": element["action_id"], "channel_id": channel}
                urls.append({**names, "response_url": self._response_url(view.user, str(channel))})
        return urls

    def _conclude(self, view: OpenView, receipt: Receipt) -> Submitted:
        if receipt.outcome is not Outcome.ACKED:
            return Submitted("trouble", trouble=str(receipt.outcome))
        if not receipt.body:
            return self._closed(view)
        if not isinstance(receipt.body, dict):
            return Submitted("trouble", trouble="the answer is not JSON")
        try:
            return self._act(view, receipt.body)
        except RefusedError as refusal:
            return Submitted("trouble", trouble=f"{refusal.code} {refusal.extra}")

    def _act(self, view: OpenView, body: Json) -> Submitted:
        action = body.get("response_action")
        if action == "errors":
            return _errors(view, body.get("errors"))
        if action == "clear":
            self.desk.board.stack(view.user).clear()
            return Submitted("cleared")
        if action == "update":
            self.desk.board.update(view, body.get("view"))
            return Submitted("updated")
        if action == "push":
            self.desk.board.push(view.user, body.get("view"))
            return Submitted("pushed")
        return Submitted("trouble", trouble=f"unknown response_action {action!r}")

    def _closed(self, view: OpenView) -> Submitted:
        """Only this view closes; meanwhile the app may have changed the stack."""
        stack = self.desk.board.stack(view.user)
        if view in stack:
            stack.remove(view)
        return Submitted("closed")


def _find(view: OpenView, key: str) -> tuple[Json, Json]:
    block_id, _, action_id = key.partition("/")
    return find_element(view.blocks, action_id or None, block_id, None)


def _missing(view: OpenView) -> list[str]:
    required = [block for block in view.blocks if block["type"] == "input" and not block.get("optional")]
    return [
        block["block_id"]
        for block in required
        if is_empty(view.values[block["block_id"]][block["element"]["action_id"]])
    ]


def _errors(view: OpenView, errors: Any) -> Submitted:
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        return Submitted("trouble", trouble="errors must be an object with an entry")
    strange = sorted(set(errors) - inputs)
    if strange:
        return Submitted("trouble", trouble=f"no input block has the block_id {', '.join(strange)}")
    if not all(isinstance(text, str) and text for text in errors.values()):
        return Submitted("trouble", trouble="errors must be texts")
    return Submitted("errors", dict(errors))


def _offered(receipt: Receipt) -> list[Json]:
    if receipt.outcome is not Outcome.ACKED:
        raise GestureError(f"no options came: {receipt.outcome}")
    faults = check_options(receipt.body)
    if faults:
        raise GestureError(f"the client shows no such options: {faults}")
    groups = receipt.body.get("option_groups", [])
    grouped = [option for group in groups for option in group["options"]]
    return [*receipt.body.get("options", []), *grouped]
