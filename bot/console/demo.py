"""`evobot demo`."""

from __future__ import annotations

import argparse
import asyncio

from bot.console.common import EXIT_BROKEN, Verbs, say

HIGHEST_PORT = 65535


def add(verbs: Verbs) -> None:
    demo = verbs.add_parser("demo", help="show the whole product on stand-ins of Slack and Evo Voice, no accounts")
    demo.add_argument("--script", action="store_true", help="end by itself after the conversation; exit code 0 or 1")
    demo.add_argument("--mode", choices=["socket", "http"], default="socket", help="how Slack reaches the bot")
    demo.add_argument("--port", type=_port, metavar="N", help="where the page is; 8765 or, when taken, any free one")
    demo.set_defaults(run=_demo)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def _demo(parsed: argparse.Namespace) -> int:
    try:
        from sandbox.demo import play  # noqa: PLC0415 - the stand-ins are no part of the running bot
    except ModuleNotFoundError as error:
        return say(EXIT_BROKEN, f"The demo needs {error.name}, which the extra `demo` brings: pip install evobot[demo]")
    code: int = asyncio.run(play(script=parsed.script, mode=parsed.mode, port=parsed.port))
    return code
