"""The Slack door: listeners translate, call one verb, answer."""

from __future__ import annotations

from slack_bolt.app.async_app import AsyncApp

from handlers import errors, options, session_card, session_command, session_modals, shortcuts
from handlers.door import Door
from handlers.thread import ThreadDoor

__all__ = ["Door", "ThreadDoor", "register"]


def register(app: AsyncApp, door: Door) -> None:
    """Attaches every listener. `app` must process before it responds: an ack here means stored."""
    for room in (session_command, session_modals, session_card, shortcuts, options, errors):
        room.register(app, door)
