"""What Slack is answered when a modal was submitted. Nothing is acknowledged before it is stored."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from bot import texts
from bot.store import Unavailable
from bot.views import View, notices
from bot.views.state import Errors

Answer = dict[str, Any]

CLOSE: Answer = {}
CLOSE_ALL: Answer = {"response_action": "clear"}


def wrong(errors: Errors) -> Answer:
    """The modal stays open, with what is wrong under its fields."""
    return {"response_action": "errors", "errors": errors}


def push(view: View) -> Answer:
    """Another modal on top of it."""
    return {"response_action": "push", "view": view}


def only(text: str) -> Answer:
    """In its place a modal that says one thing."""
    return {"response_action": "update", "view": notices.notice_view(text)}


async def stored(first_field: str, work: Awaitable[Answer]) -> Answer:
    """A store that refuses leaves the modal as it is: nothing that was filled in is lost."""
    try:
        return await work
    except Unavailable:
        return wrong({first_field: texts.NOT_STORED})


async def stored_or_over(work: Awaitable[Answer]) -> Answer:
    """The same for a question, which has no field to put it under."""
    try:
        return await work
    except Unavailable:
        return push(notices.notice_view(texts.NOT_STORED))
