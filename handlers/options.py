"""The list under "With": people and teams, from the directory."""

from __future__ import annotations

from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.views import directory, new_session
from handlers.door import Door


def register(app: AsyncApp, door: Door) -> None:
    @app.options(new_session.WITH)
    async def people_and_teams(ack: AsyncAck, body: dict[str, Any]) -> None:
        query = str(body.get("value") or "")
        await ack(**directory.options(await door.directory.search(query), query))
