"""Opening a modal within the life of its trigger, and changing it later. [Slack docs: surfaces/modals]

A trigger lives three seconds and is good for one use. A change names the version of the form that it was made for;
Slack refuses it when the form has become another one meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Self

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slackweb import consequence
from bot.views import View
from bot.workspace import SlackError, SlackRefused

log = logging.getLogger(__name__)

OPEN_SECONDS = 1.8  # the rest of the three is for the checks before and the way back
TOO_LATE = frozenset(
    ["expired_trigger_id", "trigger_expired", "exchanged_trigger_id", "trigger_exchanged", "invalid_trigger_id"]
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A modal that somebody has before them: its id, and the version of it."""

    id: str
    hash: str

    @classmethod
    def of(cls, view: Mapping[str, Any]) -> Self:
        return cls(str(view.get("id") or ""), str(view.get("hash") or ""))


class Changed(Enum):
    """What came of a change."""

    DONE = auto()
    STALE = auto()  # the form has changed since
    GONE = auto()  # closed or submitted, or Slack never will
    LOST = auto()  # nobody knows; once more does no harm


@dataclass(frozen=True, slots=True)
class Opener:
    """What one gesture allows: to open one modal."""

    client: AsyncWebClient
    trigger: str

    async def __call__(self, view: View) -> Shown | None:
        """See `open_modal`."""
        return await open_modal(self.client, self.trigger, view)


async def open_modal(client: AsyncWebClient, trigger: str, view: View) -> Shown | None:
    """None when it was too late. Raises SlackApiError for anything else that Slack objects to."""
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            answer = await client.views_open(trigger_id=trigger, view=view)
    except TimeoutError:
        return None
    except SlackApiError as error:
        wrong = consequence(error)
        if not isinstance(wrong, SlackRefused) or wrong.code not in TOO_LATE:
            raise
        return None
    return Shown.of(answer.get("view") or {})


async def change_modal(client: AsyncWebClient, shown: Shown, view: View) -> tuple[Changed, Shown]:
    """Shows something else in its place, and says what is there then. Without a hash in `shown`: in any case."""
    guard = {"hash": shown.hash} if shown.hash else {}
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            answer = await client.views_update(view_id=shown.id, view=view, **guard)
    except (SlackApiError, TimeoutError, OSError, aiohttp.ClientError) as error:
        return _outcome(consequence(error)), shown
    return Changed.DONE, Shown.of(answer.get("view") or {})


def _outcome(wrong: SlackError) -> Changed:
    if not isinstance(wrong, SlackRefused):
        return Changed.LOST
    if wrong.code == "hash_conflict":
        return Changed.STALE
    if wrong.code != "not_found":
        log.warning("Slack does not change a form: %s", wrong.code)
    return Changed.GONE
