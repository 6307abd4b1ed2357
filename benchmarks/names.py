"""Who and what there is in the world that is measured."""

from __future__ import annotations

from typing import Final

TEAM: Final = "T0BENCH"
CHANNEL: Final = "C0BENCH"
USER: Final = "U0WRITER"
BOT: Final = "U0BOT"
BOT_ID: Final = "B0BOT"
APP: Final = "A0BENCH"
SECRET: Final = "0123456789abcdef0123456789abcdef"  # noqa: S105 - opens nothing
BOT_TOKEN: Final = "xoxb-bench"  # noqa: S105 - opens nothing
APP_TOKEN: Final = "xapp-bench"  # noqa: S105 - opens nothing
LOGIN: Final = "bot@example.com"
EVENTS: Final = "/slack/events"
HOST: Final = "127.0.0.1"

FIRST_THREAD: Final = 1_700_000_000
PER_SECOND: Final = 1_000_000


def thread_ts(number: int) -> str:
    """Under which message the thread of this number stands."""
    return f"{FIRST_THREAD + number // PER_SECOND}.{number % PER_SECOND:06d}"


def session_id(number: int) -> str:
    """How Evo Voice calls the session of this number."""
    return f"session{number:08d}"
