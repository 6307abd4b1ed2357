"""Who we are at Evo Voice, and whether we may work there. Nothing is sent before this is known."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.bridge import Own
from bot.clock import Clock
from bot.evo import AppConfig, EvoError, EvoVoice, Refused, Unauthorized, Unsure, UserInfo

T = TypeVar("T")
log = logging.getLogger(__name__)

NEEDED_ROLE = "User"  # Customer besides lets people choose among numbers and customers
MORE_THAN_NEEDED = "Manager"  # the same, and may change the account
EVERY_ACCOUNT = frozenset({"SystemAdministrator", "Admin"})
FORBIDDEN = 403
NO_SESSIONS = (
    "EVO_USERNAME may not see its own sessions (HTTP {status}): use the e-mail and password of a User endpoint."
)
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
TRIES = 3


class WrongAccount(Exception):
    """The login is good but must not be used. The message is for the operator."""


async def sign_in(evo: EvoVoice, account: str | None, username: str = "") -> Own:
    """Signs in and checks role and account, as far as Evo Voice tells them.

    Raises EvoError when it cannot sign in, WrongAccount when it must not go on.
    """
    refused = await _knock(evo)
    user = await _status(evo)
    _check_role(user)
    if refused is not None and refused.status == FORBIDDEN:
        raise WrongAccount(NO_SESSIONS.format(status=refused.status))
    _check_account(user, account)
    config = await _config(evo)
    if account is not None and config.account_id not in {None, account}:
        raise WrongAccount(f"EVO_USERNAME works in the account {config.account_id}, EVO_ACCOUNT_ID says {account}.")
    if config.account_id is not None:
        evo.stay(config.account_id)
    names = frozenset(name.casefold() for name in [username, *_names(user, config)] if name)
    return Own(names, _account(user, config, account), tuple(user.roles))


async def sign_in_patiently(
    evo: EvoVoice, account: str | None, username: str, clock: Clock, stopping: asyncio.Event
) -> Own | None:
    """Tries until it is known who we are; None when the program is to stop first. Raises WrongAccount."""
    wait = FIRST_WAIT
    while not stopping.is_set():
        try:
            return await sign_in(evo, account, username)
        except Unauthorized:
            log.error("Evo Voice does not accept EVO_USERNAME and EVO_PASSWORD; messages are kept until it does")
            wait = LONGEST_WAIT  # guessing on would lock the account
        except EvoError as error:
            log.warning("cannot sign in to Evo Voice: %s (%s); trying again", type(error).__name__, error)
        await clock.wait(stopping, wait)
        wait = min(wait * 2, LONGEST_WAIT)
    return None


def _check_role(user: UserInfo) -> None:
    if user.roles and NEEDED_ROLE not in user.roles:
        raise WrongAccount(
            f"EVO_USERNAME has the roles {', '.join(user.roles)} but needs {NEEDED_ROLE}: "
            "use the e-mail and password of a User endpoint."
        )
    if above := EVERY_ACCOUNT.intersection(user.roles):
        raise WrongAccount(
            f"EVO_USERNAME has the role {', '.join(sorted(above))} and may do anything in every account: "
            "use the e-mail and password of a User endpoint."
        )
    if MORE_THAN_NEEDED in user.roles:
        log.warning("EVO_USERNAME is a %s, which is more than the bot needs", MORE_THAN_NEEDED)


def _check_account(user: UserInfo, account: str | None) -> None:
    known = dict(zip(user.account_ids, user.account_names or user.account_ids, strict=False))
    if account is None and len(known) > 1:
        listed = ", ".join(f"{key} ({name})" for key, name in known.items())
        raise WrongAccount(f"EVO_USERNAME sees several accounts. Set EVO_ACCOUNT_ID to one of: {listed}.")
    if account is not None and known and account not in known:
        raise WrongAccount(f"EVO_USERNAME does not see the account {account} of EVO_ACCOUNT_ID.")


def _account(user: UserInfo, config: AppConfig, account: str | None) -> tuple[str, str]:
    """Name and id of the account that we work in, as far as Evo Voice tells them."""
    known = dict(zip(user.account_ids, user.account_names, strict=False))
    ident = account or config.account_id or (user.account_ids[0] if len(user.account_ids) == 1 else "")
    return known.get(ident, ""), ident


async def _knock(evo: EvoVoice) -> Refused | None:
    """A call that needs the role User: it signs in, and it tells whether the login may do our work.

    Raises NotSent, Throttled or Unauthorized when there is no login; any other answer came to somebody signed in.
    """
    try:
        await evo.get_my_sessions()
    except Refused as error:
        return error
    except Unsure as error:
        log.warning("Evo Voice does not show our own sessions (%s)", error)
    return None


async def _status(evo: EvoVoice) -> UserInfo:
    """Who is signed in; empty where Evo Voice does not tell. Raises Unauthorized when it says: nobody."""
    user = await _asked_again(evo.auth_status)
    if user is not None and user.is_authenticated is False:
        raise Unauthorized
    return user or UserInfo()


async def _config(evo: EvoVoice) -> AppConfig:
    """Where this login's sessions open; empty where Evo Voice does not tell."""
    try:
        return await _asked_again(evo.get_app_config) or AppConfig()
    except Refused:
        return AppConfig()


async def _asked_again(question: Callable[[], Awaitable[T | None]]) -> T | None:
    """None when it cannot be answered: what only makes us surer must not keep a good login out for ever."""
    for _ in range(TRIES):
        try:
            return await question()
        except Unsure as error:
            log.warning("Evo Voice does not say who we are (%s)", error)
    return None


def _names(user: UserInfo, config: AppConfig) -> list[str | None]:
    """Every name under which a transcript might show us; its form is not documented."""
    names = [user.email_address, user.name, user.id, f"{user.first_name or ''} {user.last_name or ''}".strip()]
    endpoint = [config.endpoint_id, f"user:{config.endpoint_id}"] if config.endpoint_id else []
    return [*names, config.identity, config.email_address, *endpoint]
