"""Every listener, in the order in which Bolt asks them."""

from __future__ import annotations

import re

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from handlers import (
    card_menu,
    errors,
    home,
    modals,
    options,
    order_buttons,
    reveal,
    session_card,
    session_command,
    session_form,
    session_modals,
    session_openings,
    shortcuts,
)
from handlers.door import Door
from handlers.home import Homes

ANYTHING_ELSE = re.compile(".*")


def register(app: AsyncApp, door: Door, homes: Homes) -> None:
    """Attaches every listener. `app` must process before it responds: an ack here means stored."""
    for room in (
        session_command,
        session_form,
        session_modals,
        modals,
        session_card,
        reveal,
        card_menu,
        session_openings,
        order_buttons,
        shortcuts,
        options,
        errors,
    ):
        room.register(app, door)
    home.register(app, door, homes)
    app.action(ANYTHING_ELSE)(_leave_it)  # last: the first that matches is taken


async def _leave_it(ack: AsyncAck) -> None:
    """A choice in a form means nothing until it is submitted; unanswered, Slack would show an error beside it."""
    await ack()
