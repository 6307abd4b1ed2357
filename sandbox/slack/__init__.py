"""A stand-in of Slack on loopback; see README.md beside this file."""

from sandbox.slack.clock import Clock
from sandbox.slack.driver import SlackDriver
from sandbox.slack.errors import GestureError
from sandbox.slack.faults import Fault
from sandbox.slack.people.outcomes import Heard, Submitted
from sandbox.slack.seeds import Seed
from sandbox.slack.settings import Mode, Settings
from sandbox.slack.standin import SlackStandIn
from sandbox.slack.text import Raw, mention

__all__ = [
    "Clock",
    "Fault",
    "GestureError",
    "Heard",
    "Mode",
    "Raw",
    "Seed",
    "Settings",
    "SlackDriver",
    "SlackStandIn",
    "Submitted",
    "mention",
]
