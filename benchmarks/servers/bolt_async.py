"""Bolt's AsyncApp with one empty listener: an ASGI app for uvicorn, or `python -m … ` for Socket Mode."""

from __future__ import annotations

import asyncio
import os

from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks.names import APP_TOKEN, BOT_TOKEN, SECRET


async def nothing() -> None:
    """What the handler of an empty program does."""


def _app() -> AsyncApp:
    client = AsyncWebClient(BOT_TOKEN, base_url=os.environ["SLACK_API_URL"])
    app = AsyncApp(client=client, signing_secret=SECRET)
    app.event("message")(nothing)
    return app


def make() -> AsyncSlackRequestHandler:
    """For uvicorn: an ASGI app."""
    return AsyncSlackRequestHandler(_app())


async def _socket_mode() -> None:
    await AsyncSocketModeHandler(_app(), APP_TOKEN).start_async()


if __name__ == "__main__":
    asyncio.run(_socket_mode())
