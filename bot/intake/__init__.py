"""The first thing that touches what Slack sends, in both modes: nothing is acknowledged before it is on the disk."""

from bot.intake.door import Door
from bot.intake.guard import Guard
from bot.intake.http import HttpApp
from bot.intake.server import CannotListen, listen, serve
from bot.intake.socket import BadAppToken, SocketDoor

__all__ = ["BadAppToken", "CannotListen", "Door", "Guard", "HttpApp", "SocketDoor", "listen", "serve"]
