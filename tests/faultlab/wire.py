"""A client that sends exactly the bytes it is given, as no HTTP library would."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sandbox.stage import SIGNING_SECRET

JSON, FORM = b"application/json", b"application/x-www-form-urlencoded"
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
PATIENCE = 20.0
GONE = (ConnectionError, asyncio.IncompleteReadError)

Headers = Sequence[tuple[bytes, bytes]]


def signature(body: bytes, stamp: bytes, secret: str = SIGNING_SECRET) -> bytes:
    """Slack's v0 signature. [Slack docs: verifying requests]"""
    return b"v0=" + hmac.new(secret.encode(), b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest().encode()


def signed(
    body: bytes, kind: bytes = JSON, *, secret: str = SIGNING_SECRET, late: int = 0
) -> list[tuple[bytes, bytes]]:
    """The headers that go with a body; `late` is by how many seconds the stamp lies in the past."""
    stamp = b"%d" % (int(time.time()) - late)
    return [
        (b"Content-Type", kind),
        (b"X-Slack-Request-Timestamp", stamp),
        (b"X-Slack-Signature", signature(body, stamp, secret)),
    ]


def request(body: bytes = b"", headers: Headers = (), line: bytes = b"POST /slack/events HTTP/1.1") -> bytes:
    """A whole request, with a true Content-Length."""
    given = [(b"Host", b"bot"), *headers, (b"Content-Length", b"%d" % len(body))]
    return line + b"\r\n" + b"".join(name + b": " + value + b"\r\n" for name, value in given) + b"\r\n" + body


def event_request(body: bytes) -> bytes:
    return request(body, signed(body))


def form_request(**fields: Any) -> bytes:
    """A slash command, or an interaction under `payload`."""
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    body = urlencode(texts).encode()
    return request(body, signed(body, FORM))


@dataclass
class Wire:
    """One client that keeps its connection as long as the server does."""

    port: int
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None, init=False)

    async def ask(self, sent: bytes) -> int | None:
        """The status of the answer to a whole request; None when the server hung up instead."""
        for attempt in range(2):
            fresh = self._streams is None
            reader, writer = self._streams or await self._open()
            try:
                async with asyncio.timeout(PATIENCE):
                    writer.write(sent)
                    status, stays = await _answer(reader)
            except GONE:
                await self.close()
                if fresh or attempt:
                    return None
                continue  # the server had given up on the idle connection
            if not stays:
                await self.close()
            return status
        return None

    async def throw(self, sent: bytes, quiet: float = 0.05) -> list[int]:
        """Sends whatever it is on a connection of its own; every status that comes back until it falls silent."""
        await self.close()
        reader, writer = await self._open()
        got = b""
        with suppress(*GONE, TimeoutError):
            writer.write(sent)
            while True:
                async with asyncio.timeout(quiet):
                    part = await reader.read(1 << 16)
                if not part:
                    break
                got += part
        await self.close()
        return [int(status) for status in STATUS.findall(got)]

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        return self._streams

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            with suppress(*GONE):
                await self._streams[1].wait_closed()
        self._streams = None


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Reads one answer whole. Its status, and whether the connection stays."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    elif found := re.search(rb"content-length: (\d+)", lower):
        await reader.readexactly(int(found[1]))
    return status, b"connection: close" not in lower


def resident(pid: int | str = "self", what: str = "VmRSS") -> int:
    """Bytes of memory that a process holds; with VmHWM, the most since `forget_peak`."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"{what}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def forget_peak(pid: int | str = "self") -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")
