"""`evobot run`: runs the bot, and says in a sentence why it does not."""

from __future__ import annotations

import uvloop

from bot import service
from bot.console.common import (
    EXIT_BROKEN,
    EXIT_REFUSED,
    EXIT_SETTINGS,
    EXIT_STORE,
    say,
    settings_or_why,
    unusable_policy,
)
from bot.intake import CannotListen
from bot.policy import BadPolicy
from bot.store import Away, Unusable
from bot.workspace import SlackSignedOut


def run() -> int:
    """Until it is told to stop. Returns the exit code."""
    settings = settings_or_why(of_all=True, for_run=True)
    if isinstance(settings, str):
        return say(EXIT_SETTINGS, settings)
    try:
        uvloop.run(service.run(settings))
    except BadPolicy as error:
        return say(EXIT_SETTINGS, unusable_policy(error))
    except Away as error:
        return say(EXIT_BROKEN, f"The database cannot be used: {error} Starting again may help.")
    except Unusable as error:
        return say(EXIT_STORE, f"The database cannot be used: {error}")
    except CannotListen as error:
        return say(EXIT_REFUSED, str(error))
    except SlackSignedOut as error:
        return say(EXIT_REFUSED, f"Slack does not accept SLACK_BOT_TOKEN ({error}). Install the app again and copy it.")
    except Exception as error:  # noqa: BLE001 - what is not known there is raised again
        return _refused(error)
    return 0


def _refused(error: Exception) -> int:
    """Raises what is not known. Their modules are not imported before the door is open."""
    from bot.evoside import WrongAccount  # noqa: PLC0415 - see above
    from bot.intake.socket import BadAppToken  # noqa: PLC0415 - see above

    if isinstance(error, WrongAccount):
        return say(EXIT_REFUSED, str(error))
    if isinstance(error, BadAppToken):
        return say(
            EXIT_REFUSED, f"Slack does not accept SLACK_APP_TOKEN ({error}). It needs the scope connections:write."
        )
    raise error
