"""One request, one answer, and what it means when there is none.

Nothing is ever repeated here. GETs share a small keep-alive pool; everything else gets a fresh connection, so that a
connection gone stale shows as a failure to connect (nothing has happened) and not as a lost answer.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import time
import zlib
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import IntEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, cast

import httpx

from bot.evo.errors import NotSent, Unsure

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Callable, Mapping
    from http.cookiejar import CookieJar

    from httpcore import AsyncNetworkStream

POOL: Final = 8  # idle connections: each request looks at all of them, and sixty-four take about twice as long
ROOM: Final = 40  # connections at once, more than callers let through: who hangs must not keep others out
_ERROR_BODY: Final = 64 * 1024  # bytes of an error's body that are looked at
_ERROR_PATIENCE: Final = 2.0  # seconds for an error's body: its status already says what it means
_PIECE: Final = 64 * 1024  # bytes unpacked at a time: zlib needs the room twice
_GZIP_OR_ZLIB: Final = 47  # zlib's wbits for "look at the header"
_BEFORE_THE_REQUEST = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. `path` starts with a slash and holds checked ids only; `scale` widens the cap on the answer's size."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    scale: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, whatever its status. Of an error's body only what came in time, up to 64 KiB."""

    status: int
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)
    cookies: CookieJar = field(repr=False)
    received: float  # seconds since 1970


class Stage(IntEnum):
    """How far a request has come, as far as there is evidence."""

    AT_HOME = 0  # not handed over yet, or already answered
    HANDED_OVER = 1  # the HTTP library has it and has told us nothing
    CONNECTING = 2
    SENDING = 3


class Progress:
    """Follows one request, so that a deadline can tell "not sent" from "may have been sent".

    The evidence is httpcore's trace: its event before the first byte of the request is written. Without evidence the
    request counts as sent.
    """

    def __init__(self) -> None:
        self._stage = Stage.AT_HOME
        self._half_open: AsyncNetworkStream | None = None

    def hand_over(self) -> None:
        self._stage = Stage.HANDED_OVER

    def answered(self) -> None:
        self._stage = Stage.AT_HOME

    @property
    def surely_unsent(self) -> bool:
        return self._stage in {Stage.AT_HOME, Stage.CONNECTING}

    @property
    def surely_begun(self) -> bool:
        return self._stage is Stage.SENDING

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """What httpcore calls at each step of a request."""
        if event == "connection.connect_tcp.started":
            self._stage = Stage.CONNECTING
        elif event == "connection.connect_tcp.complete":
            self._half_open = info["return_value"]
        elif event.endswith(".send_request_headers.started"):
            self._stage = Stage.SENDING
            self._half_open = None

    async def hang_up(self) -> None:
        """Close a connection whose TLS handshake was cancelled; httpcore leaves that one to the garbage collector."""
        if self._half_open:
            await self._half_open.aclose()


def consequence(error: Exception, progress: Progress) -> NotSent | Unsure:
    """What a fault on the way means. Names the fault's type only: texts of libraries may quote URLs."""
    name = type(error).__name__
    unsent = isinstance(error, _BEFORE_THE_REQUEST) and not progress.surely_begun
    if unsent or progress.surely_unsent:
        return NotSent(f"Evo Voice was not reached ({name})")
    return Unsure(f"no answer from Evo Voice after the request may have left ({name})")


def overdue(progress: Progress) -> NotSent | Unsure:
    """What the passing of the total deadline means."""
    if progress.surely_unsent:
        return NotSent("the deadline passed before the request left")
    return Unsure("the deadline passed before Evo Voice had answered")


class Transport:
    """Carries requests to one host.

    `cap` is in bytes of decoded body, for an `Ask` of scale 1; `now` gives seconds since 1970.
    """

    def __init__(
        self,
        base_url: httpx.URL,
        *,
        reads: httpx.AsyncClient,
        writes: httpx.AsyncClient,
        cap: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.url = str(base_url).rstrip("/")
        self.host = base_url.netloc.decode("ascii")
        self._reads = reads
        self._writes = writes
        self._cap = cap
        self._now = now

    async def send(self, ask: Ask, headers: Mapping[str, str], progress: Progress) -> Answer:
        """The answer of whatever status. Raises NotSent or Unsure; the deadline is the caller's."""
        client = self._reads if ask.method == "GET" else self._writes
        if client.is_closed:
            raise NotSent("the Evo Voice client is closed")
        progress.hand_over()
        try:
            answer = await self._exchange(client, ask, headers, progress)
        except asyncio.CancelledError:
            await progress.hang_up()
            raise
        except Unsure:
            raise
        except Exception as error:  # whatever a library raises, the caller must learn whether the request may have left
            raise consequence(error, progress) from error
        progress.answered()
        return answer

    async def _exchange(
        self, client: httpx.AsyncClient, ask: Ask, headers: Mapping[str, str], progress: Progress
    ) -> Answer:
        typed = {"Content-Type": "application/json"} if ask.body is not None else {}
        async with client.stream(
            ask.method,
            self.url + ask.path,
            params=ask.query,
            content=ask.body,
            headers={**headers, **typed},
            extensions={"trace": progress.trace},
        ) as response:
            body = await self._body(response, self._cap * ask.scale)
            return Answer(response.status_code, response.headers, body, response.cookies.jar, self._now())

    async def _body(self, response: httpx.Response, cap: int) -> bytes:
        if not response.is_success:
            return await _start_of_body(response)
        raw = await _raw_body(response, cap)
        return _decoded(raw, response.headers.get("Content-Encoding", ""), cap, response.status_code)

    async def aclose(self) -> None:
        await self._reads.aclose()
        await self._writes.aclose()


async def _raw_body(response: httpx.Response, cap: int) -> bytes:
    parts, size = [], 0
    async with _chunks(response) as chunks:
        async for chunk in chunks:
            parts.append(chunk)
            size += len(chunk)
            if size > cap:
                raise Unsure("Evo Voice's answer is too big", status=response.status_code)
    return b"".join(parts)


def _chunks(response: httpx.Response) -> aclosing[AsyncGenerator[bytes]]:
    """The body as it comes. Leaving early closes the generator here and now, not whenever it is collected."""
    return aclosing(cast("AsyncGenerator[bytes]", response.aiter_raw()))


async def _start_of_body(response: httpx.Response) -> bytes:
    """What can be had of an error's body. The status is known, so trouble here changes nothing."""
    body = bytearray()
    try:
        async with asyncio.timeout(_ERROR_PATIENCE), _chunks(response) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) >= _ERROR_BODY:
                    break
    except (httpx.HTTPError, OSError):  # a TimeoutError is an OSError
        pass
    encoding = response.headers.get("Content-Encoding", "")
    try:
        return _decoded(bytes(body[:_ERROR_BODY]), encoding, _ERROR_BODY, response.status_code)
    except Unsure:
        return b""


def _decoded(raw: bytes, encoding: str, cap: int, status: int) -> bytes:
    """The body unpacked, never beyond `cap`: a small gzip can hold gigabytes."""
    if not raw or encoding.strip().lower() in {"", "identity"}:
        return raw
    unpacker, parts, size = zlib.decompressobj(_GZIP_OR_ZLIB), [], 0
    try:
        while size <= cap and (part := unpacker.decompress(raw, _PIECE)):
            parts.append(part)
            size += len(part)
            raw = unpacker.unconsumed_tail
    except zlib.error:
        raise Unsure("Evo Voice's answer cannot be unpacked", status=status) from None
    if size > cap or not unpacker.eof:
        raise Unsure("Evo Voice's answer is cut short or too big", status=status)
    return b"".join(parts)


def checked_base(base_url: str) -> httpx.URL:
    """The base URL without a trailing slash. Raises ValueError unless it is https, or http on loopback."""
    try:
        url = httpx.URL(base_url.strip())
    except httpx.InvalidURL:
        raise ValueError("the Evo Voice base URL cannot be read") from None
    if not url.host or url.scheme not in {"http", "https"}:
        raise ValueError("the Evo Voice base URL must look like https://host")
    if url.userinfo or url.query or url.fragment:
        raise ValueError("the Evo Voice base URL may not hold a login, a query or a fragment")
    if url.scheme == "http" and not _is_loopback(url.host):
        raise ValueError("the Evo Voice base URL must be https: the password travels over it")
    return url.copy_with(path=url.path.rstrip("/"))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def http_client(
    *, user_agent: str, deadline: float, keep_alive: int, trust: ssl.SSLContext, jar: CookieJar
) -> httpx.AsyncClient:
    """An httpx client as this package needs it: no redirects, nothing from the environment, no retries.

    A third of the deadline each for a free slot, TCP and TLS: with the whole, a deadline could pass in the queue.
    """
    _say_once_what_is_not_there()
    leaving = {} if keep_alive else {"Connection": "close"}
    return httpx.AsyncClient(
        headers={"User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "gzip", **leaving},
        timeout=httpx.Timeout(deadline, connect=deadline / 3, pool=deadline / 3),
        limits=httpx.Limits(max_connections=ROOM, max_keepalive_connections=keep_alive),
        verify=trust,
        cookies=jar,
        follow_redirects=False,
        trust_env=False,
    )


def _say_once_what_is_not_there() -> None:
    """On every request httpcore imports sniffio; a search that finds nothing makes each 1.4 to 1.6 times as dear.

    Python keeps no note of a failed import, save this one. Where sniffio is installed, nothing changes.
    """
    if importlib.util.find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # as the import system documents it
