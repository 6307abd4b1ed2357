"""Bolt's App with one empty listener, on the server that it brings itself: `python -m … PORT`."""

from __future__ import annotations

import os
import socket
import sys

from slack_bolt import App
from slack_sdk import WebClient

from benchmarks.names import BOT_TOKEN, SECRET


def nothing() -> None:
    """What the handler of an empty program does."""


def main() -> None:
    socket.getfqdn = lambda name="": name  # else http.server asks other machines what this one is called
    app = App(client=WebClient(BOT_TOKEN, base_url=os.environ["SLACK_API_URL"]), signing_secret=SECRET)
    app.event("message")(nothing)
    app.start(int(sys.argv[1]), http_server_logger_enabled=False)


if __name__ == "__main__":
    main()
