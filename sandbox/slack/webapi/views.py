"""views.*. Source: docs reference/methods/views.*, surfaces/modals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.slack.errors import RefusedError, invalid_arguments

if TYPE_CHECKING:
    from sandbox.slack.views import OpenView, Trigger
    from sandbox.slack.webapi.call import Call
    from sandbox.slack.world import Json


def open_(call: Call) -> Json:
    """views.open."""
    content, trigger = _asked(call)
    return _answer(call, call.desk.board.open(trigger.user, content, trigger.channel))


def push(call: Call) -> Json:
    """views.push: only from an interaction in a view."""
    content, trigger = _asked(call)
    if not call.desk.board.stack(trigger.user):
        raise RefusedError("no_view_to_push_onto")
    return _answer(call, call.desk.board.push(trigger.user, content, trigger.channel))


def update(call: Call) -> Json:
    """views.update, by view_id or external_id; a stale hash is refused."""
    if not call.text("view_id") and not call.text("external_id"):
        raise invalid_arguments("missing required field: view_id or external_id")
    content = _content(call)
    view = call.desk.board.find(call.text("view_id"), call.text("external_id"))
    return _answer(call, call.desk.board.update(view, content, call.text("hash") or None))


def publish(call: Call) -> Json:
    """views.publish. Raises not_enabled for an app without a Home tab."""
    if not call.desk.settings.manifest.home:
        raise RefusedError("not_enabled")
    person = call.desk.world.person(call.need("user_id"))
    content = _content(call)
    return _answer(call, call.desk.board.publish(person.id, content, call.text("hash") or None))


def _asked(call: Call) -> tuple[Json, Trigger]:
    content = _content(call)
    return content, call.desk.triggers.redeem(call.need("trigger_id"))


def _content(call: Call) -> Json:
    content: Any = call.json("view")
    if not isinstance(content, dict):
        raise invalid_arguments("missing required field: view")
    return content


def _answer(call: Call, view: OpenView) -> Json:
    return {"view": call.desk.board.wire(view)}
