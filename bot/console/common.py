"""What verbs of the console share: exit codes, settings, the database, and how something is said."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot import logs
from bot.place import Place
from bot.policy import BadPolicy
from bot.settings import OPEN_SECRETS, BadSettings, Settings, load, load_database, readable_by_others
from bot.store import Unusable

if TYPE_CHECKING:
    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no other name
else:
    Verbs = object

log = logging.getLogger(__name__)

EXIT_BROKEN, EXIT_SETTINGS, EXIT_STORE, EXIT_REFUSED = 1, 2, 3, 4

POLICY_HELP = "See the README, section Who may do what. `evobot policy check` says when it is well."
SETTINGS_HELP = "See the README, section Settings. A file .env in this folder is read, too."


def settings_or_why() -> Settings | str:
    """The settings, with logging set up by them; else what is wrong with them."""
    os.umask(0o077)  # whatever is written holds customers' messages
    try:
        settings = load()
    except BadSettings as error:
        return unusable(error)
    logs.configure(settings.evobot_log_level, settings.evobot_log_format)
    if readable_by_others():
        log.warning(OPEN_SECRETS)
    return settings


def with_database(work: Callable[[Place], str]) -> int:
    """For the verbs that need nothing but the file. `work` returns what there is to say."""
    os.umask(0o077)
    try:
        tell(work(load_database()))
    except BadSettings as error:
        return say(EXIT_SETTINGS, unusable(error))
    except Unusable as error:
        return say(EXIT_STORE, f"The database cannot be used: {error}")
    except OSError as error:
        return say(EXIT_BROKEN, f"The disk did not take it: {error}. Nothing was changed.")
    return 0


def unusable(error: BadSettings) -> str:
    return f"The settings cannot be used:\n{error}\n{SETTINGS_HELP}"


def unusable_policy(error: BadPolicy) -> str:
    return f"The policy cannot be used:\n{error}\n{POLICY_HELP}"


def tell(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a console program talks to its console


def say(code: int, text: str) -> int:
    """Says what went wrong, and returns the code."""
    with contextlib.suppress(OSError):  # the console may be a file on a full disk; the code says it, too
        print(text, file=sys.stderr)  # noqa: T201 - a console program talks to its console
    return code
