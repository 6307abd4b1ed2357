"""python -m sandbox.slack: the stand-in as a program of its own."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from sandbox.slack.settings import Mode, Settings
from sandbox.slack.standin import SlackStandIn
from sandbox.steady import run


def _arguments() -> argparse.Namespace:
    usual = Settings()
    parser = argparse.ArgumentParser(prog="python -m sandbox.slack", description="A stand-in of Slack on loopback.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--events-url", help="where the app listens in HTTP mode; can be set later")
    parser.add_argument("--signing-secret", default=usual.signing_secret)
    parser.add_argument("--bot-token", default=usual.bot_token)
    parser.add_argument("--app-token", default=usual.app_token)
    parser.add_argument("--mode", type=Mode, choices=list(Mode), default=Mode.AUTO)
    parser.add_argument(
        "--time-scale", type=float, default=1.0, help="shortens Slack's waits: 0.01 is 100 times faster"
    )
    parser.add_argument(
        "--ack-seconds", type=float, help="the app's time to acknowledge (default 3 s, scaled, at least 2)"
    )
    parser.add_argument("--manifest", type=Path, help="grant only what this manifest asks for")
    return parser.parse_args()


def _settings(given: argparse.Namespace) -> Settings:
    settings = Settings(
        given.bot_token,
        given.app_token,
        given.signing_secret,
        given.events_url,
        given.mode,
        given.time_scale,
        given.ack_seconds,
    )
    if given.manifest:
        settings.use_manifest(given.manifest)
    return settings


async def _serve(given: argparse.Namespace) -> None:
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop.set)
    async with SlackStandIn(settings=_settings(given), host=given.host, port=given.port) as slack:
        sys.stdout.write(f"slack stand-in on {slack.url}\n")
        sys.stdout.flush()
        await asked_to_stop.wait()


def main() -> None:
    """Serve until SIGTERM or Ctrl-C. What the app does not acknowledge while the machine stands still is not late."""
    run(_serve(_arguments()))


if __name__ == "__main__":
    main()
