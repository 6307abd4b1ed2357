"""The verbs of the product: they decide and record, and never wait for a network."""

from bot.bridge.echo import Own
from bot.bridge.house import Account, House
from bot.bridge.verbs import Bridge, NotYet, Wanted

__all__ = ["Account", "Bridge", "House", "NotYet", "Own", "Wanted"]
