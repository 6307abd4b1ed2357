"""The app's Home: drawn from the store when somebody looks, and again when something of theirs changes meanwhile."""

from __future__ import annotations

from slack_bolt.app.async_app import AsyncApp

from handlers.door import Door
from handlers.home import forms, office, pressing
from handlers.home.keeping import EVENTS, Homes

__all__ = ["EVENTS", "Homes", "register"]


def register(app: AsyncApp, door: Door, homes: Homes) -> None:
    pressing.register(app, door, homes)
    forms.register(app, door)
    office.register(app, door)
