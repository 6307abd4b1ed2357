"""What somebody who has pressed something is told, and nobody else."""

from __future__ import annotations

from slack_sdk.web.async_client import AsyncWebClient

from bot.views.notices import notice_view
from handlers.door import Door
from handlers.opening import open_modal
from handlers.payloads import Click


async def tell_presser(door: Door, client: AsyncWebClient, pressed: Click, text: str | None) -> None:
    """Beside the message that bears the button. The Home has no such place, so there a modal says it, where they look;
    when that comes too late, their own messages with the app do.
    """
    if not text:
        return
    if not pressed.view:
        door.tell(pressed.channel, pressed.by.user, text, pressed.thread)
    elif not await open_modal(client, pressed.trigger, notice_view(text)):
        door.write_to(pressed.by.user, text)
