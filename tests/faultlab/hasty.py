"""The unmodified program, whose lease is so many seconds long: `python -m tests.faultlab.hasty 2`."""

from __future__ import annotations

import sys


def main() -> int:
    from bot.store import others  # noqa: PLC0415 - before anybody takes these by name

    others.LEASE_SECONDS = float(sys.argv[1])
    others.BEAT_SECONDS = others.LEASE_SECONDS / 4
    others.REQUEST_SECONDS = others.LEASE_SECONDS
    from bot.__main__ import main as run_bot  # noqa: PLC0415 - likewise

    return run_bot(["run"])


if __name__ == "__main__":
    sys.exit(main())
