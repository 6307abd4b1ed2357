"""What verbs of the console share: exit codes, settings, the database, and how something is said."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import pwd
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot import logs
from bot.audit import operator
from bot.model import Actor
from bot.place import Place
from bot.policy import BadPolicy
from bot.settings import (
    OPEN_SECRETS,
    WHICH,
    BadSettings,
    Settings,
    SharedSettings,
    chosen_workspace,
    doubtful,
    load,
    load_database,
    misspelt,
    readable_by_others,
)
from bot.store import Unusable

if TYPE_CHECKING:
    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no other name
else:
    Verbs = object

log = logging.getLogger(__name__)

EXIT_BROKEN, EXIT_SETTINGS, EXIT_STORE, EXIT_REFUSED = 1, 2, 3, 4
EXIT_INTERRUPTED, EXIT_UNREAD = 130, 141  # as shells say of who was ended by SIGINT or SIGPIPE
LOGIN = 32  # characters of a name
_MOVES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

POLICY_HELP = "See docs/REFERENCE.md, section Who may do what. `evobot policy check` says when it is well."
SETTINGS_HELP = "See docs/REFERENCE.md, section Settings. A file .env in this folder is read, too."


def settings_or_why(*, of_all: bool = False, for_run: bool = False) -> Settings | str:
    """The settings, with logging set up by them; else what is wrong with them.

    Where one bot serves several workspaces: those of the one that is chosen, unless `of_all` are wanted. Only the bot,
    `for_run`, tells everything that it does.
    """
    os.umask(0o077)  # whatever is written holds customers' messages
    try:
        settings = load()
        if isinstance(settings, SharedSettings) and not of_all:
            settings = _of_one(settings, chosen_workspace())
    except BadSettings as error:
        return unusable(error)
    except Unusable as error:
        return f"The register cannot be used: {error}"
    quiet = settings.evobot_log_level == "INFO" and not for_run  # it would stand between a verb's own lines
    logs.configure("WARNING" if quiet else settings.evobot_log_level, settings.evobot_log_format)
    if readable_by_others():
        log.warning(OPEN_SECRETS)
    for line in (*misspelt(), *doubtful(settings)):
        log.warning(line)
    return settings


def _of_one(settings: SharedSettings, ident: str) -> Settings:
    """As if there were this workspace alone. Raises BadSettings, Unusable."""
    from bot.store.aside import reading  # noqa: PLC0415 - only where there are several
    from bot.tenants import settings_for  # noqa: PLC0415 - likewise

    with reading(settings.evobot_database) as read:
        found = next((each for each in read.installations() if each.id == ident), None)
    if found is None:
        raise BadSettings(WHICH)
    return settings_for(settings, found)


def with_database(work: Callable[[Place], str], *, or_register: bool = False) -> int:
    """For the verbs that need nothing but the file. `work` returns what there is to say.

    `or_register`: where there are several workspaces and none is named, it is about their register.
    """
    os.umask(0o077)
    try:
        tell(work(load_database(or_register=or_register)))
    except BadSettings as error:
        return say(EXIT_SETTINGS, unusable(error))
    except Unusable as error:
        return say(EXIT_STORE, f"The database cannot be used: {error}")
    except BrokenPipeError:
        raise  # whoever reads what is said has gone: that is no trouble of ours
    except FileExistsError:
        raise  # whoever writes a file says which
    except OSError as error:
        return say(EXIT_BROKEN, f"The disk did not take it: {error}. Nothing was changed.")
    return 0


def operating() -> Actor:
    """Who sits here, as the operating system knows them; by sudo, who they were before as well."""
    try:
        login = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container a number may have no name
        login = str(os.getuid())
    before = os.environ.get("SUDO_USER", "")
    names = [login, *([before] if before not in {"", login} else [])]
    return operator(", by sudo from ".join(re.sub(r"[^\w.@-]", "_", each)[:LOGIN] for each in names))


def unusable(error: BadSettings) -> str:
    return f"The settings cannot be used:\n{error}\n{SETTINGS_HELP}"


def unusable_policy(error: BadPolicy) -> str:
    return f"The policy cannot be used:\n{error}\n{POLICY_HELP}"


def tell(text: str) -> None:
    progress("")
    print(harmless(text), flush=True)  # noqa: T201 - a console program talks to its console


def harmless(text: str) -> str:
    """What others have written must not move the cursor, write elsewhere, or turn a line round. As JSON spells it."""
    return _MOVES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def progress(text: str) -> None:
    """How far it is, on one line that the next one replaces; "" takes it away. Only for somebody who looks.

    A line on stderr is enough for that: rich would be a dependency more.
    """
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)  # noqa: T201 - to whoever waits


def say(code: int, text: str) -> int:
    """Says what went wrong, and returns the code."""
    with contextlib.suppress(OSError):  # the console may be a file on a full disk; the code says it, too
        progress("")
        print(harmless(text), file=sys.stderr)  # noqa: T201 - a console program talks to its console
    return code
