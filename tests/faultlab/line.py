"""The line from the bot to Evo Voice: every attempt at a connection is counted, and it can be cut in several ways."""

from __future__ import annotations

import asyncio
import socket
from typing import Any
from urllib.parse import urlsplit

from sandbox.evo import EvoStandIn

NOBODY, DEAF = "127.0.0.2", "127.0.0.3"  # loopback addresses at which the stand-in does not listen
REFUSED, UNNAMED, SILENT = "refused", "no such name", "connect timeout"


class Line:
    """Takes the place of the loop's `create_connection`, the outermost seam; everything above it is the real thing.

    `trouble` is REFUSED (a real refusal), UNNAMED (as a name that is not found), SILENT (a listener that takes nobody),
    or None.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, evo: EvoStandIn) -> None:
        self.trouble: str | None = None
        self.attempts: list[float] = []  # when, on the loop's clock
        self._evo = evo
        self._port = urlsplit(evo.url).port or 0
        self._loop = loop
        self._connect = loop.create_connection
        self._deaf: list[socket.socket] = []
        loop.create_connection = self._create_connection  # type: ignore[method-assign]  # on its way through here

    def cut(self, trouble: str) -> None:
        """From now on nobody gets through, and nobody who is through stays."""
        if trouble == SILENT and not self._deaf:
            self._deaf = _listener_that_takes_nobody(self._port)
        self.trouble = trouble
        self._evo.drop_connections()

    def mend(self) -> None:
        self.trouble = None
        for each in self._deaf:
            each.close()
        self._deaf = []

    async def _create_connection(self, make: Any, host: Any = None, port: Any = None, **given: Any) -> Any:
        if port != self._port:
            return await self._connect(make, host, port, **given)
        self.attempts.append(self._loop.time())
        if self.trouble == UNNAMED:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        host = {REFUSED: NOBODY, SILENT: DEAF}.get(self.trouble or "", host)
        return await self._connect(make, host, port, **given)


def _listener_that_takes_nobody(port: int) -> list[socket.socket]:
    """Its queue is full: the system drops whoever else knocks, as a host does that has gone silent."""
    deaf = socket.create_server((DEAF, port), backlog=0)
    waiting = [deaf]
    for _ in range(3):
        caller = socket.socket()
        caller.setblocking(False)
        caller.connect_ex((DEAF, port))
        waiting.append(caller)
    return waiting
