"""Socket Mode: the same sorting as over HTTP; an envelope is acknowledged only after what it brought is on the disk."""

from __future__ import annotations

import logging
import time

from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.intake.door import Door

log = logging.getLogger(__name__)


class SocketDoor:
    """Keeps the connection to Slack. slack-sdk's aiohttp client: the built-in one loses bursts."""

    def __init__(self, client: SocketModeClient, door: Door, bolt: AsyncApp) -> None:
        self._client = client
        self._door = door
        self._bolt = bolt
        client.socket_mode_request_listeners.append(self._take)

    async def open(self) -> None:
        await self._client.connect()

    async def close(self) -> None:
        await self._client.close()

    async def connected(self) -> bool:
        return await self._client.is_connected()

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        if request.type == "events_api":
            if await self._door.event(request.payload):
                await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
            return
        started = time.time()
        response = await run_async_bolt_app(self._bolt, request)
        await send_async_response(client, request, response, started)
