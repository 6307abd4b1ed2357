"""`python -m sandbox.evo`: the stand-in as a process of its own, until SIGTERM or SIGINT."""

import argparse
import asyncio
import json
import signal
from pathlib import Path

from sandbox.evo.quirks import Quirks
from sandbox.evo.seeds import Seeds
from sandbox.evo.server import EvoStandIn


def main() -> None:
    """Read the command line and serve."""
    asyncio.run(_serve(_parser().parse_args()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.evo", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--database", default=":memory:", help="SQLite file; in memory by default")
    parser.add_argument("--control", action="store_true", help="open /__standin")
    parser.add_argument("--quirks", type=_quirks, default=Quirks(), help="JSON object, see quirks.py")
    parser.add_argument("--seeds", type=_seeds, help="JSON file, see seeds.py")
    parser.add_argument("--seed", type=int, default=0, help="of chance")
    return parser


def _quirks(text: str) -> Quirks:
    return Quirks().changed(json.loads(text))


def _seeds(path: str) -> Seeds:
    return Seeds.from_json(json.loads(Path(path).read_text("utf-8")))


async def _serve(options: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with EvoStandIn(**vars(options)) as host:
        print(f"evo stand-in on {host.url}", flush=True)  # noqa: T201  the line whoever started us waits for
        await stopped.wait()


if __name__ == "__main__":
    main()
