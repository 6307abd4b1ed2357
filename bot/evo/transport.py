"""One request, one answer, and what it means when there is none.

Nothing is ever repeated here. GETs share a few connections; everything else gets a fresh one, so that a connection gone
stale shows as a failure to connect (nothing has happened) and not as a lost answer.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from http.cookiejar import CookieJar
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request

from bot.evo.errors import NotSent, Unsure
from bot.evo.wire import ConnectFailed, CutShort, NoRoom, Origin, Progress, Reading, TooBig, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

POOL: Final = 8  # idle connections that are kept for reading
_ERROR_BODY: Final = 64 * 1024  # bytes of an error's body that are looked at
_ERROR_PATIENCE: Final = 2.0  # seconds for an error's body: its status already says what it means
_PIECE: Final = 64 * 1024  # bytes unpacked at a time: zlib needs the room twice
_GZIP_OR_ZLIB: Final = 47  # zlib's wbits for "look at the header"
_BEFORE_THE_REQUEST = (ConnectFailed, NoRoom)
_SUCCESS: Final = range(200, 300)
_PORTS: Final = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_PATH = re.compile(r"[!-~]*")  # what may stand in a request's first line
_VALUE = re.compile(r"[ -~]*")  # and in a header


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. `path` starts with a slash and holds checked ids only; `scale` widens the cap on the answer's size."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    scale: int = 1


class Headers:
    """An answer's headers by name, however it is spelt. What is said twice is joined, as HTTP has it."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            there = self._values.get(name.lower())
            self._values[name.lower()] = value if there is None else f"{there}, {value}"

    def get(self, name: str, default: str = "") -> str:
        return self._values.get(name.lower(), default)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, whatever its status. Of an error's body only what came in time, up to 64 KiB."""

    status: int
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)
    cookies: CookieJar = field(repr=False)
    received: float  # seconds since 1970


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


@dataclass(frozen=True, slots=True)
class Base:
    """The address under which everything is; `path` has no slash at its end."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def netloc(self) -> str:
        """Host and port, as URLs and the header Host have them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.path}"


class Transport:
    """Carries requests to one host.

    `cap` is in bytes of decoded body, for an `Ask` of scale 1; `now` gives seconds since 1970.
    """

    def __init__(
        self,
        base: Base,
        *,
        reads: Wire,
        writes: Wire,
        cap: int,
        user_agent: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.url = str(base)
        self.host = base.netloc
        self._path = base.path
        self._reads = reads
        self._writes = writes
        self._cap = cap
        self._headers = {
            "Host": base.netloc, "User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "gzip",
        }  # fmt: skip
        self._now = now

    async def send(self, ask: Ask, headers: Mapping[str, str], progress: Progress) -> Answer:
        """The answer of whatever status. Raises NotSent or Unsure; the deadline is the caller's."""
        wire = self._reads if ask.method == "GET" else self._writes
        if wire.is_closed:
            raise NotSent("the Evo Voice client is closed")
        request = self._request(ask, headers)
        progress.hand_over()
        try:
            reading = Reading(self._cap * ask.scale, _ERROR_BODY)
            async with wire.sent(request, reading, progress):
                answer = await self._answer(ask, reading)
        except Unsure:
            raise
        except Exception as error:  # whatever goes wrong, the caller must learn whether the request may have left
            raise consequence(error, progress) from error
        progress.answered()
        return answer

    def _request(self, ask: Ask, headers: Mapping[str, str]) -> bytes:
        """As bytes. Raises NotSent for what would be another request than was meant."""
        target = self._path + ask.path + (f"?{urlencode(ask.query, quote_via=quote)}" if ask.query else "")
        said = {**self._headers, **headers}
        if ask.method != "GET":
            said["Connection"] = "close"
        if ask.body is not None:
            said |= {"Content-Type": "application/json", "Content-Length": str(len(ask.body))}
        if not (_PATH.fullmatch(target) and all(map(_VALUE.fullmatch, said.values()))):
            raise NotSent("a request would hold what may not stand in one")
        head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        return f"{ask.method} {target} HTTP/1.1\r\n{head}\r\n".encode("ascii") + (ask.body or b"")

    async def _answer(self, ask: Ask, reading: Reading) -> Answer:
        """The request is out; this waits for what is said to it."""
        await reading.head
        body = await self._body(reading, self._cap * ask.scale)
        return Answer(reading.status, Headers(reading.headers), body, self._cookies(reading), self._now())

    async def _body(self, reading: Reading, cap: int) -> bytes:
        """Of an error what can be had of it: its status is known, so trouble here changes nothing."""
        encoding = Headers(reading.headers).get("Content-Encoding")
        if reading.status in _SUCCESS:
            await _whole(reading)
            return _decoded(bytes(reading.body), encoding, cap, reading.status)
        with suppress(TimeoutError, CutShort, TooBig):
            async with asyncio.timeout(_ERROR_PATIENCE):
                await reading.whole
        with suppress(Unsure):
            return _decoded(bytes(reading.body[:_ERROR_BODY]), encoding, _ERROR_BODY, reading.status)
        return b""

    def _cookies(self, reading: Reading) -> CookieJar:
        """What it sets, as far as it may from where it came."""
        jar, told = CookieJar(), Message()
        for name, value in reading.headers:
            if name == "set-cookie":
                told["Set-Cookie"] = value
        if told:
            jar.extract_cookies(_Told(told), Request(self.url))  # type: ignore[arg-type]  # noqa: S310 - asks nobody
        return jar

    async def aclose(self) -> None:
        await self._reads.aclose()
        await self._writes.aclose()


class _Told:
    """As much of urllib's answer as the cookie jar looks at."""

    def __init__(self, headers: Message) -> None:
        self._headers = headers

    def info(self) -> Message:
        return self._headers


async def _whole(reading: Reading) -> None:
    try:
        await reading.whole
    except TooBig:
        raise Unsure("Evo Voice's answer is too big", status=reading.status) from None


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


def checked_base(base_url: str) -> Base:
    """The base URL in parts. Raises ValueError unless it is https, or http on loopback."""
    try:
        url = urlsplit(base_url.strip())
        port = url.port
        host = (url.hostname or "").encode("idna").decode("ascii")
    except ValueError:
        raise ValueError("the Evo Voice base URL cannot be read") from None
    if url.scheme not in _PORTS or not _HOST.fullmatch(host) or not _PATH.fullmatch(url.path):
        raise ValueError("the Evo Voice base URL must look like https://host")
    if "@" in url.netloc or url.query or url.fragment:
        raise ValueError("the Evo Voice base URL may not hold a login, a query or a fragment")
    if url.scheme == "http" and not _is_loopback(host):
        raise ValueError("the Evo Voice base URL must be https: the password travels over it")
    return Base(url.scheme, host, port or _PORTS[url.scheme], url.path.rstrip("/"))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def wire_to(base: Base, *, keep: int, deadline: float) -> Wire:
    """Connections to that host, with certificates that this system trusts. Nothing of the environment's proxies.

    A third of the deadline for a free place, two for TCP and TLS: with the whole, a deadline could pass in the queue.
    """
    return Wire(Origin(base.host, base.port, _trust(base)), keep=keep, seconds=deadline / 3)


def _trust(base: Base) -> ssl.SSLContext | None:
    if base.scheme == "http":
        return None
    trust = ssl.create_default_context()
    trust.set_alpn_protocols(["http/1.1"])
    return trust
