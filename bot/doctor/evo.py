"""Evo Voice: does it let us in, as whom, into which account, and what is there to choose from?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from bot.doctor.finding import Finding, broken, degraded, ok
from bot.evo import EvoError, EvoVoice, Throttled, Unauthorized, connect
from bot.evoside import MORE_THAN_NEEDED, NEEDED_ROLE, WrongAccount, sign_in
from bot.settings import Settings

NAMES = "EVO_USERNAME and EVO_PASSWORD"
CHECK = "Check both before the next try: each look signs in once, and wrong tries may lock the login."
URL = "Check EVO_BASE_URL, and what the line “Network to Evo Voice” says."
EVO, ROLE, ACCOUNT, DIRECTORY = "Evo Voice", "Evo role", "Evo account", "Directory"


async def look(settings: Settings) -> AsyncIterator[Finding]:
    password, basic = settings.evo_password.get_secret_value(), settings.evobot_evo_login == "basic"
    evo = connect(settings.evo_base_url, settings.evo_username, password, basic=basic, deadline=8.0)
    try:
        own = await sign_in(evo, settings.evo_account_id)
        yield ok(EVO, f"signed in at {settings.evo_base_url}")
        yield _role(own.roles)
        yield _account(own.account, settings.evo_account_id)
        yield await _contacts(evo)
    except WrongAccount as error:
        yield broken(EVO, str(error))
    except Unauthorized as error:
        yield broken(EVO, f"does not accept {NAMES}. {error}.", CHECK)
    except Throttled as error:
        yield broken(EVO, f"{error}.", "Try again in some minutes.")
    except EvoError as error:
        yield broken(EVO, f"{error}.", URL)
    finally:
        await evo.aclose()


def _role(roles: Sequence[str]) -> Finding:
    if MORE_THAN_NEEDED in roles:
        then = "A User endpoint of its own is enough, and safer."
        return degraded(ROLE, f"{MORE_THAN_NEEDED}, which may change the account.", then)
    return ok(ROLE, ", ".join(roles) or f"not told; it does what a {NEEDED_ROLE} may")


def _account(account: tuple[str, str], wanted: str | None) -> Finding:
    """Its name may be a customer's of Evo Voice, and is the operator's to see."""
    name, ident = account
    ident = ident or wanted or ""
    told = [name] if name else []
    told += [f"account {ident}"] if ident else []
    return ok(ACCOUNT, ", ".join(told) or "not told")


async def _contacts(evo: EvoVoice) -> Finding:
    try:
        found = len(await evo.get_my_contacts())
    except EvoError as error:
        then = "Try again later."
        return degraded(DIRECTORY, f"not read ({type(error).__name__}): “With” offers nobody meanwhile.", then)
    if not found:
        return degraded(DIRECTORY, "empty: the field “With” will offer nobody.", "Add people or teams in Evo Voice.")
    return ok(DIRECTORY, f"{found} people and teams")
