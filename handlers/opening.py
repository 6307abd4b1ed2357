"""Opening a modal within the life of its trigger: three seconds, one use. [Slack docs: surfaces/modals]"""

from __future__ import annotations

import asyncio

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.views import View

OPEN_SECONDS = 1.8  # the rest of the three is for the checks before and the way back
TOO_LATE = frozenset(
    ["expired_trigger_id", "trigger_expired", "exchanged_trigger_id", "trigger_exchanged", "invalid_trigger_id"]
)


async def open_modal(client: AsyncWebClient, trigger: str, view: View) -> bool:
    """False when it was too late. Raises SlackApiError for anything else that Slack objects to."""
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            await client.views_open(trigger_id=trigger, view=view)
    except TimeoutError:
        return False
    except SlackApiError as error:
        if error.response.get("error") not in TOO_LATE:
            raise
        return False
    return True
