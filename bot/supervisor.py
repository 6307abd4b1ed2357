"""What systemd is told where it asks for it (sd_notify): that the bot listens, that it lives, that it ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from dataclasses import dataclass

from bot.clock import Clock

log = logging.getLogger(__name__)

RARELY = 3600.0


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Who started us. `address`: a socket, abstract with @ before it; empty: nobody asks. `seconds`: how often it wants
    to hear from us before it starts us anew; 0: it does not.
    """

    address: str = ""
    seconds: float = 0.0

    async def told(self, clock: Clock, stopping: asyncio.Event) -> None:
        """Until stopped. A loop that hangs says nothing any more."""
        self._tell("READY=1")
        while not stopping.is_set():
            self._tell("WATCHDOG=1")
            await clock.wait(stopping, self.seconds / 3 or RARELY)
        self._tell("STOPPING=1")

    def _way(self) -> str:
        """An abstract one begins with @; in a path it is a letter like any other."""
        return f"\0{self.address[1:]}" if self.address.startswith("@") else self.address

    def _tell(self, what: str) -> None:
        """Never waits. Who does not listen any more does not keep the bot from working."""
        if not self.address:
            return
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as way:
            way.setblocking(False)
            try:
                way.sendto(what.encode(), self._way())
            except OSError as error:
                log.warning("systemd could not be told %s: %s", what, type(error).__name__)
