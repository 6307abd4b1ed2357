"""A faithful local stand-in of the Evo Voice REST API. See README.md."""

from sandbox.evo.driver import EvoDriver
from sandbox.evo.faults import Fault, FaultBody, FaultKind, RetryAfter
from sandbox.evo.quirks import Quirks
from sandbox.evo.records import Effect, EffectKind, JournalEntry, Message, Session
from sandbox.evo.seeds import Seeds, default_seeds
from sandbox.evo.server import EvoStandIn

__all__ = [
    "Effect",
    "EffectKind",
    "EvoDriver",
    "EvoStandIn",
    "Fault",
    "FaultBody",
    "FaultKind",
    "JournalEntry",
    "Message",
    "Quirks",
    "RetryAfter",
    "Seeds",
    "Session",
    "default_seeds",
]
