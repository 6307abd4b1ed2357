"""`evobot panic` and `evobot lift`: for whoever cannot wait for Slack. Both work whether the bot runs or not."""

from __future__ import annotations

import argparse
import re
import time

from bot.bridge import optout, stopping
from bot.console.common import EXIT_SETTINGS, Verbs, operating, say, with_database
from bot.place import Place
from bot.store.aside import write_aside
from bot.texts import NOT_LIFTED, NOT_STOPPED, STOPPED_ALREADY

STOPPED = (
    "Nothing leaves to Evo Voice any more, from now on and after a restart. What was on its way at this moment cannot "
    "be taken back. `evobot panic --off` ends this."
)
GOES_ON = "Everything goes on. What was held back is not sent by itself: each waits in Slack for somebody to decide."
LEAST = 4  # digits of the beginning of a number


def add(verbs: Verbs) -> None:
    panic = verbs.add_parser("panic", help="stop everything that leaves to Evo Voice at once, also while the bot runs")
    panic.add_argument("why", nargs="*", metavar="WHY", help="shown to everybody in Slack")
    panic.add_argument("--off", action="store_true", help="go on; what was held back is not sent by itself")
    panic.set_defaults(run=_panic)
    lift = verbs.add_parser("lift", help="a number that wrote STOP, or that was frozen, may be reached again")
    lift.add_argument("number", metavar="+NUMBER", help="with its country code, or the beginning that was frozen")
    lift.set_defaults(run=_lift)


def _panic(parsed: argparse.Namespace) -> int:
    why = " ".join(parsed.why)
    return with_database(_go_on if parsed.off else lambda database: _stop(database, why))


def _stop(database: Place, why: str) -> str:
    now = time.time()
    begun = write_aside(database, lambda tx: stopping.stop_everything(tx, operating(), why, now))
    return STOPPED if begun else STOPPED_ALREADY


def _go_on(database: Place) -> str:
    now = time.time()
    return GOES_ON if write_aside(database, lambda tx: stopping.go_on(tx, operating(), now)) else NOT_STOPPED


def _lift(parsed: argparse.Namespace) -> int:
    digits = re.sub(r"[ ().-]", "", parsed.number)
    if not re.fullmatch(rf"\+[0-9]{{{LEAST},15}}", digits):
        return say(EXIT_SETTINGS, "Give the whole number with its country code, as +15035550123. Nothing was changed.")
    return with_database(lambda database: _lifted(database, digits.removeprefix("+")))


def _lifted(database: Place, digits: str) -> str:
    now = time.time()
    lifted = write_aside(database, lambda tx: optout.lift(tx, digits, operating(), now))
    return f"Lifted: {' and '.join(lifted)}." if lifted else NOT_LIFTED
