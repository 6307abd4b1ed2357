"""Fetches a file from an address that somebody else has written: from known hosts, of bounded size, in bounded time.

The address is hostile. Its host must be listed; every address that the host's name stands for must be a public one, and
the connection goes to exactly those; a login goes to the one origin that it is for; a redirect is an address like any
other. What comes is believed by its bytes.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.evo import EvoError, EvoVoice
from bot.evo.client import USER_AGENT
from bot.filekinds import fits, is_page, name_for, type_of
from bot.model import NotHere

SECONDS = 20.0  # for everything together
CONNECT_SECONDS = 5.0
REDIRECTS = 3
PIECE = 64 * 1024
_NAT64 = ip_network("64:ff9b::/96")
_AGAIN = frozenset({401, 408, 425, 429})  # 401: our session may have ended just now; who polls renews it
_GONE = frozenset({404, 410})
_MOVED = frozenset({301, 302, 303, 307, 308})

_PRINTABLE = re.compile(r"[!-~]+")  # ASCII without spaces

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class NotFetched(Exception):
    """There is no file to be had from there, for the reason `why`."""

    def __init__(self, why: NotHere) -> None:
        super().__init__(why.value)
        self.why = why


class NotNow(NotFetched):
    """Not this time; it may be there later."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file: its bytes, what it is, and what it may be called."""

    data: bytes
    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Door:
    """An origin that lets us in: `headers` go there and nowhere else. `inside`: it may lie in a private network."""

    origin: URL
    headers: Callable[[], Awaitable[Mapping[str, str]]]
    inside: bool = False

    @classmethod
    def at(cls, address: str, headers: Callable[[], Awaitable[Mapping[str, str]]], *, inside: bool = False) -> Door:
        return cls(URL(address).origin(), headers, inside)


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Fetcher:
    """`hosts` are names, `*.suffix` for every name below one, each with `:port` where that is not 443; `most` is in
    bytes. `loopback`: everything is on this machine, so http and loopback addresses are fit for listed hosts.
    """

    def __init__(
        self,
        hosts: frozenset[str],
        doors: Sequence[Door],
        most: int,
        *,
        loopback: bool = False,
        resolve: Resolve = resolve,
        seconds: float = SECONDS,
    ) -> None:
        self._hosts = hosts
        self._doors = {door.origin: door for door in doors}
        self._most = most
        self._loopback = loopback
        self._resolve = resolve
        self._seconds = seconds

    async def fetch(self, address: str, promised: str = "") -> Fetched:
        """The file, which is what was promised as far as that can be told. Raises NotFetched."""
        try:
            async with asyncio.timeout(self._seconds):
                data, declared = await self._follow(self._allowed(address))
        except (TimeoutError, aiohttp.ClientError, OSError, EvoError):
            raise NotNow(NotHere.AWAY) from None
        except ValueError:  # what a library cannot read in somebody's answer
            raise NotFetched(NotHere.ADDRESS) from None
        return _checked(data, declared, promised, address)

    # Where to

    def _allowed(self, address: str) -> URL:
        """Raises NotFetched unless we may go there."""
        url = _read(address)
        if url.origin() in self._doors:
            return url
        if url.scheme != "https" and not (self._loopback and _is_loopback(url.host or "")):
            raise NotFetched(NotHere.ADDRESS)
        if not self._is_listed(url):
            raise NotFetched(NotHere.HOST)
        return url

    def _is_listed(self, url: URL) -> bool:
        host = (url.raw_host or "").lower()
        port = "" if url.is_default_port() else f":{url.port}"
        below = (f"*.{host.split('.', n)[n]}{port}" for n in range(1, host.count(".") + 1))
        return f"{host}{port}" in self._hosts or any(pattern in self._hosts for pattern in below)

    async def _addresses(self, url: URL) -> list[str]:
        """Where its host is. Raises NotFetched when any of it is inside a private network, ours or somebody's."""
        host, door = url.raw_host or "", self._doors.get(url.origin())
        found = [host] if _is_literal(host) else list(await self._resolve(host, url.port or 0))
        if not found:
            raise NotNow(NotHere.AWAY)
        inside = door is not None and door.inside
        if not inside and not all(is_public(each) or (self._loopback and _is_loopback(each)) for each in found):
            raise NotFetched(NotHere.PRIVATE)
        return found

    # There and back

    async def _follow(self, url: URL) -> tuple[bytes, str]:
        for _ in range(REDIRECTS + 1):
            answer = await self._ask(url)
            if not isinstance(answer, str):
                return answer
            try:
                url = self._allowed(answer)
            except NotFetched:
                raise NotFetched(NotHere.ASTRAY) from None
        raise NotFetched(NotHere.ASTRAY)

    async def _ask(self, url: URL) -> tuple[bytes, str] | str:
        """What came and what it is said to be, or where to go on to. One connection, to addresses that were checked."""
        connector = aiohttp.TCPConnector(resolver=_Known(await self._addresses(url)), force_close=True)
        patience = aiohttp.ClientTimeout(total=self._seconds, connect=CONNECT_SECONDS)
        async with aiohttp.ClientSession(
            connector=connector, timeout=patience, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        ) as session:
            headers = await self._headers(url)
            async with session.get(url, headers=headers, allow_redirects=False) as response:
                return await self._answer(response, url)

    async def _headers(self, url: URL) -> dict[str, str]:
        door = self._doors.get(url.origin())
        login = {} if door is None else await door.headers()
        return {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity", **login}

    async def _answer(self, response: aiohttp.ClientResponse, url: URL) -> tuple[bytes, str] | str:
        if response.status in _MOVED and "Location" in response.headers:
            return urljoin(str(url), response.headers["Location"])
        _expect_success(response.status)
        if response.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
            raise NotFetched(NotHere.TYPE)  # packed, although we asked for it as it is
        return await self._body(response), response.headers.get("Content-Type", "")

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        if (response.content_length or 0) > self._most:
            raise NotFetched(NotHere.BIG)
        body = bytearray()
        async for piece in response.content.iter_chunked(PIECE):
            body += piece
            if len(body) > self._most:
                raise NotFetched(NotHere.BIG)
        return bytes(body)


def from_customers(base_url: str, evo: EvoVoice, hosts: frozenset[str], most: int) -> Fetcher:
    """What customers send: from Evo Voice's own host, where we are signed in, and from hosts that are listed."""
    here = _is_loopback(URL(base_url).host or "")
    return Fetcher(hosts, [Door.at(base_url, evo.login_headers, inside=True)], most, loopback=here)


class _Known(AbstractResolver):
    """Connects to the addresses that were checked: asked again, a hostile name server could say something else."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [_result(host, port, address, family) for address in self._addresses]

    async def close(self) -> None:
        """Nothing is open."""


def _result(host: str, port: int, address: str, family: int) -> ResolveResult:
    kind = socket.AF_INET6 if ":" in address else socket.AF_INET
    del family  # whatever was asked for: there are only these
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=flags)


def _read(address: str) -> URL:
    """Raises NotFetched for what is no plain http address with a host."""
    try:
        url = URL(address)
        usable = url.scheme in {"http", "https"} and bool(url.raw_host) and url.port is not None
    except ValueError:
        usable = False
    if not usable or url.user is not None or url.password is not None:
        raise NotFetched(NotHere.ADDRESS)
    return _as_spelt(address, url)


def _as_spelt(address: str, url: URL) -> URL:
    """Path and query letter by letter where they can be sent so: a signed address is good in its own spelling only."""
    spelt = URL(address, encoded=True) if _PRINTABLE.fullmatch(address) else url
    return URL(f"{url.origin()}{spelt.raw_path_qs}", encoded=True)


def _expect_success(status: int) -> None:
    if status == 200:  # noqa: PLR2004 - a whole file
        return
    if status in _AGAIN or status >= 500:  # noqa: PLR2004 - the server's own trouble
        raise NotNow(NotHere.AWAY if status != 401 else NotHere.DENIED)  # noqa: PLR2004 - not signed in
    raise NotFetched(NotHere.GONE if status in _GONE else NotHere.DENIED)


def _checked(data: bytes, declared: str, promised: str, address: str) -> Fetched:
    """Raises NotFetched when it is not what was promised."""
    if not data:
        raise NotFetched(NotHere.EMPTY)
    if is_page(data, declared) and not is_page(b"", promised):
        raise NotFetched(NotHere.PAGE)
    if not fits(promised or declared, data):
        raise NotFetched(NotHere.TYPE)
    kind = type_of(promised or declared, data)
    return Fetched(data, kind, name_for(address, kind))


def is_public(address: str) -> bool:
    """Out in the open internet, whichever way it is written. An address of one family may hold one of the other."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(each.is_global and not each.is_multicast for each in (ip, *_held_by(ip)))


def _held_by(ip: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(ip, IPv4Address):
        return []
    nat64 = IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
    teredo = ip.teredo[1] if ip.teredo else None
    held: tuple[Any, ...] = (ip.ipv4_mapped, ip.sixtofour, teredo, nat64)
    return [each for each in held if each is not None]


def _is_literal(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
