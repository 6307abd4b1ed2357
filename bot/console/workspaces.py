"""`evobot workspaces`: who has installed the app, and which login at Evo Voice works for them."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import getpass
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bot.console.common import EXIT_BROKEN, EXIT_REFUSED, EXIT_SETTINGS, EXIT_STORE, Verbs, say, tell, unusable
from bot.model import EvoLogin, Installation, TeamId
from bot.settings import BadSettings, RegisterSettings, load_for_register, secret_in
from bot.store import InUse, Unusable
from bot.store.aside import reading, write_aside

NOBODY = "No workspace has installed the app yet. Its page is {url}/slack/install."
UNKNOWN = "{ident} has not installed the app; `evobot workspaces list` shows who has. Nothing was changed."
TAKEN_UP = "{ident} is connected as {username}. A running bot serves it within seconds."
SHARED = (
    "But {others} works in the same account at Evo Voice: people of either can find and link the other's sessions. "
    "Where they must not, give each an account of its own."
)
LEFT = "{ident} is not connected any more. Nothing is sent or taken for it; what it has is kept."
PURGED = "Everything of {ident} has been deleted: database, login, tokens; {app}."
PURGING = "Everything of {ident} is being deleted by the running bot. `evobot workspaces list` shows when it is gone."
NOBODY_SITS = "There is no terminal to ask for the password. Name its file with --password-file. Nothing was changed."
ASK_YES = "This deletes every word that {ident} has here, and cannot be undone. Say so with --yes. Nothing was changed."


def add(verbs: Verbs) -> None:
    group = verbs.add_parser("workspaces", help="where one bot serves several: who has installed it, and their logins")
    ours = group.add_subparsers(title="commands", required=True, metavar="COMMAND")
    ours.add_parser("list", help="all of them, a line each").set_defaults(run=_list)
    for name, run, what in (
        ("show", _show, "what is known of one"),
        ("connect", _connect, "give one its login at Evo Voice; it is tried before anything changes"),
        ("disconnect", _disconnect, "take its login away; nothing is sent or taken for it any more"),
        ("purge", _purge, "delete all that one has, at once"),
    ):
        verb = ours.add_parser(name, help=what)
        verb.add_argument("workspace", metavar="T…", help="its id, or the organization's, E…")
        verb.set_defaults(run=run)
        if name == "connect":
            verb.add_argument(
                "--user", required=True, metavar="EMAIL", help="e-mail of the Evo Voice user (a User endpoint)"
            )
            verb.add_argument(
                "--password-file", type=Path, metavar="FILE", help="where the password is; else it is asked"
            )
            verb.add_argument("--url", help="its Evo Voice host, if it is not EVO_BASE_URL")
            verb.add_argument("--account", help="the account that the user must work in; needed when it sees several")
        if name == "purge":
            verb.add_argument("--yes", action="store_true", help="nothing is deleted without it")


def _list(_: argparse.Namespace) -> int:
    return _with_register(lambda given: _told(given, _installations(given)))


def _told(given: RegisterSettings, found: list[Installation]) -> int:
    tell("\n".join(_line(each) for each in found) or NOBODY.format(url=(given.evobot_public_url or "").rstrip("/")))
    return 0


def _show(parsed: argparse.Namespace) -> int:
    def shown(_: RegisterSettings, who: Installation) -> int:
        login = who.login
        told = {
            "id": who.id,
            "name": who.name,
            "organization": who.enterprise or "none",
            "state": _state(who),
            "installed": f"{_day(who.installed_at)} by {who.installed_by}",
            "token": f"good until {_day(who.expires_at)}"
            if who.expires_at
            else "does not end"
            if who.token
            else "none",
            "Evo Voice": f"{login.username} at {login.url or 'EVO_BASE_URL'}" if login else "not connected",
        }
        tell("\n".join(f"{name}: {value}" for name, value in told.items()))
        return 0

    return _with_one(parsed, shown)


def _connect(parsed: argparse.Namespace) -> int:
    def connected(given: RegisterSettings, who: Installation) -> int:
        if not parsed.password_file and not sys.stdin.isatty():
            return say(EXIT_SETTINGS, NOBODY_SITS)
        password = secret_in(parsed.password_file) if parsed.password_file else getpass.getpass("Password: ")
        login = EvoLogin(parsed.url, parsed.user.strip(), password, parsed.account)
        if (why := asyncio.run(_tried(given, login))) is not None:
            return say(EXIT_REFUSED, f"{why} Nothing was changed.")
        write_aside(given.evobot_database, lambda tx: tx.connect_evo(who.id, login))
        tell(TAKEN_UP.format(ident=who.id, username=login.username))
        if shared := [each.id for each in _installations(given) if each.id != who.id and _meets(given, each, login)]:
            tell(SHARED.format(others=", ".join(shared)))
        return 0

    return _with_one(parsed, connected)


def _disconnect(parsed: argparse.Namespace) -> int:
    def disconnected(given: RegisterSettings, who: Installation) -> int:
        write_aside(given.evobot_database, lambda tx: tx.connect_evo(who.id, None))
        tell(LEFT.format(ident=who.id))
        return 0

    return _with_one(parsed, disconnected)


def _purge(parsed: argparse.Namespace) -> int:
    def purged(given: RegisterSettings, who: Installation) -> int:
        if not parsed.yes:
            return say(EXIT_SETTINGS, ASK_YES.format(ident=who.id))
        write_aside(given.evobot_database, lambda tx: tx.purge_from(who.id, time.time()))
        try:
            app = asyncio.run(_purged(given, who.id))
        except InUse:
            tell(PURGING.format(ident=who.id))
        else:
            tell(PURGED.format(ident=who.id, app=app))
        return 0

    return _with_one(parsed, purged)


async def _purged(given: RegisterSettings, ident: TeamId) -> str:
    """What became of the app in Slack. Raises InUse when a running bot does it."""
    from bot.installing import Tokens  # noqa: PLC0415 - the other verbs ask Slack nothing
    from bot.store import open_store  # noqa: PLC0415 - they need no store
    from bot.tenants import purge  # noqa: PLC0415 - likewise

    tokens = Tokens(given)
    async with contextlib.aclosing(tokens):
        with contextlib.closing(open_store(given.evobot_database)) as register:
            return await purge(given.evobot_database, register, tokens, ident)


async def _tried(given: RegisterSettings, login: EvoLogin) -> str | None:
    """Why it will not do; None when it does."""
    from bot.evo import EvoError, Unauthorized, connect  # noqa: PLC0415 - the other verbs do not ask Evo Voice
    from bot.evoside import WrongAccount, sign_in  # noqa: PLC0415 - likewise

    basic = given.evobot_evo_login == "basic"
    try:
        evo = connect(login.url or given.evo_base_url, login.username, login.password, basic=basic)
    except ValueError as error:
        return f"This address will not do: {error}."
    try:
        await sign_in(evo, login.account, login.username)
    except WrongAccount as error:
        return str(error)
    except Unauthorized:
        return "Evo Voice does not accept this user name and password."
    except EvoError as error:
        return f"Evo Voice was not reached ({type(error).__name__})."
    finally:
        await evo.aclose()
    return None


def _meets(given: RegisterSettings, other: Installation, login: EvoLogin) -> bool:
    """Do both see the same sessions, as far as we can tell?"""
    there = other.login
    if there is None or (there.url or given.evo_base_url) != (login.url or given.evo_base_url):
        return False
    same_user = there.username.casefold() == login.username.casefold()
    accounts = {there.account, login.account}
    return same_user if None in accounts else len(accounts) == 1


def _with_one(parsed: argparse.Namespace, work: Callable[[RegisterSettings, Installation], int]) -> int:
    def found(given: RegisterSettings) -> int:
        who = next((each for each in _installations(given) if each.id == parsed.workspace), None)
        return say(EXIT_SETTINGS, UNKNOWN.format(ident=parsed.workspace)) if who is None else work(given, who)

    return _with_register(found)


def _with_register(work: Callable[[RegisterSettings], int]) -> int:
    os.umask(0o077)
    try:
        return work(load_for_register())
    except BadSettings as error:
        return say(EXIT_SETTINGS, unusable(error))
    except Unusable as error:
        return say(EXIT_STORE, f"The register cannot be used: {error}")
    except OSError as error:
        return say(EXIT_BROKEN, f"The disk did not take it: {error}. Nothing was changed.")


def _installations(given: RegisterSettings) -> list[Installation]:
    with reading(given.evobot_database) as read:
        return read.installations()


def _line(who: Installation) -> str:
    login = f", {who.login.username}" if who.login else ""
    return f"{who.id:<12} {who.name}: {_state(who)}{login}"


def _state(who: Installation) -> str:
    if who.purge_at is not None:
        when = f"to be deleted on {_day(who.purge_at)}" if who.purge_at > time.time() else "being deleted"
        return f"uninstalled, {when}" if who.removed_at is not None else when
    return "served" if who.is_served else "installed, not connected"


def _token(who: Installation) -> str:
    if who.token is None:
        return "none"
    return "does not end" if who.expires_at is None else f"good until {_day(who.expires_at)}, renewed before"


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(moment))
