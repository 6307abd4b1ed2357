"""The verbs of the product: they decide and record, and never wait for a network."""

from bot.bridge.echo import Own
from bot.bridge.verbs import Bridge, House, NotYet, Wanted

__all__ = ["Bridge", "House", "NotYet", "Own", "Wanted"]
