"""The first thing that touches what Slack sends, in both modes: nothing is acknowledged before it is on the disk."""

from bot.intake.door import Door
from bot.intake.guard import Guard
from bot.intake.http import HttpApp
from bot.intake.server import CannotListen, listen, serve

__all__ = ["CannotListen", "Door", "Guard", "HttpApp", "listen", "serve"]
