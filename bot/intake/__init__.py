"""The first thing that touches what Slack sends, in both modes: nothing is acknowledged before it is on the disk."""

from bot.intake.door import Door
from bot.intake.entrance import Entrance, Front
from bot.intake.guard import Guard
from bot.intake.http import HttpApp
from bot.intake.server import CannotListen, listen, serve

__all__ = ["CannotListen", "Door", "Entrance", "Front", "Guard", "HttpApp", "listen", "serve"]
