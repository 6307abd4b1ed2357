"""How a stand-in is served: its address is its first line, SIGTERM ends it."""

from __future__ import annotations

import asyncio
import signal
import sys

import uvloop
from aiohttp import web

from benchmarks.names import HOST


def serve(app: web.Application) -> None:
    """Until SIGTERM."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app))


async def _serve(app: web.Application) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    sys.stdout.write(f"on http://{host}:{port}\n")
    sys.stdout.flush()
    await stopping.wait()
    await runner.cleanup()
