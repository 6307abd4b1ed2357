"""Socket Mode: the same sorting as over HTTP; an envelope is acknowledged only after what it brought is on the disk."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.clock import Clock
from bot.intake.entrance import Front
from bot.outline import outline
from bot.slackweb import consequence
from bot.workspace import SlackError, SlackSignedOut

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
DEAD_SECONDS = 60.0  # slack-sdk reconnects by itself; after so long it needs a push
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0


class BadAppToken(Exception):
    """Slack does not accept the app-level token."""


class SocketDoor:
    """Keeps the connection to Slack. slack-sdk's aiohttp client: the built-in one loses bursts.

    `reconnected` is called whenever a new connection has taken the place of an old one.
    """

    def __init__(
        self,
        client: SocketModeClient,
        front: Front,
        reconnected: Callable[[], None],
        clock: Clock,
        stopping: asyncio.Event,
    ) -> None:
        self._client = client
        self._front = front
        self._reconnected = reconnected
        self._clock = clock
        self._stopping = stopping
        self.connected = False
        client.socket_mode_request_listeners.append(self._take)

    async def run(self) -> None:
        """Until told to stop. Raises BadAppToken."""
        working = asyncio.create_task(self._keep())
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        finally:
            working.cancel()
            stopped.cancel()
            await asyncio.gather(working, stopped, return_exceptions=True)
            self.connected = False
            await self._client.close()

    async def _keep(self) -> None:
        await self._first_address()
        await self._client.connect()
        seen, connection = self._clock.now(), await self._client.session_id()
        while not self._stopping.is_set():
            up = await self._client.is_connected()
            if up != self.connected:
                log.info("connected to Slack by Socket Mode" if up else "lost the connection to Slack")
            self.connected = up
            if up and (now := await self._client.session_id()) != connection:
                connection = now
                self._reconnected()  # Slack may have given up on what it could not deliver in between
            seen = self._clock.now() if up else seen
            if self._clock.now() - seen > DEAD_SECONDS:
                seen = self._clock.now()
                await self._client.connect_to_new_endpoint(force=True)
            await self._clock.wait(self._stopping, LOOK_SECONDS)

    async def _first_address(self) -> None:
        """Asked for here and not by slack-sdk, which would go on asking with a token that is not accepted."""
        wait = FIRST_WAIT
        while not self._stopping.is_set():
            try:
                self._client.wss_uri = await self._client.issue_new_wss_url()
            except Exception as error:
                trouble = consequence(error)
                if isinstance(trouble, SlackSignedOut):
                    raise BadAppToken(str(trouble)) from error
                _complain(trouble)
            else:
                return
            await self._clock.wait(self._stopping, wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        if request.type == "events_api":
            if await self._front.event(request.payload):
                await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
            return
        started = time.time()
        bolt = await self._front.bolt_for(request.payload)
        if bolt is None:
            return
        if isinstance(bolt, str):
            said = {"text": bolt} if "command" in request.payload else None
            await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id, payload=said))
            return
        try:
            response = await run_async_bolt_app(bolt, request)
        except Exception as error:  # noqa: BLE001 - Bolt trusts the shape of a payload before it catches anything
            log.error("a payload broke Bolt: %s", outline(error))
            return
        await send_async_response(client, request, response, started)


def _complain(trouble: SlackError) -> None:
    log.warning("Slack gives no address for Socket Mode: %s; trying again", trouble)
