"""Nobody outside can make the bot go where it should not, or take in what it should not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
from aiohttp import web

from bot.evo import NotSent
from bot.fetching import Door, Fetched, Fetcher, NotFetched, NotNow, is_public
from bot.model import NotHere

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
PAGE = b"<!DOCTYPE html><html><body>Please sign in</body></html>"
MOST = 1000
PUBLIC = "93.184.215.14"
SECRET = {"Authorization": "Bearer s3cret-pass"}


class Host:
    """A web server on loopback that answers what it is told, and remembers who asked."""

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.slow: set[str] = set()
        self.pieces: dict[str, Sequence[bytes]] = {}
        self.url = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path_qs, request.headers.get("Authorization")))
        if request.path in self.slow:
            await asyncio.sleep(30)
        if request.path in self.pieces:
            return await self._in_pieces(request)
        return web.Response(**self.answers[request.path])

    async def _in_pieces(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "image/png"})
        await response.prepare(request)
        for piece in self.pieces[request.path]:
            await response.write(piece)
        return response

    def put(self, path: str, body: bytes = PNG, kind: str = "image/png", status: int = 200, **headers: str) -> str:
        self.answers[path] = {"status": status, "body": body, "headers": {"Content-Type": kind, **headers}}
        return self.url + path


@pytest.fixture
async def hosts() -> AsyncIterator[tuple[Host, Host]]:
    """Our own, and another."""
    made, runners = [Host(), Host()], []
    for host in made:
        app = web.Application()
        app.router.add_get("/{tail:.*}", host.serve)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        runners.append(runner)
    yield made[0], made[1]
    for runner in runners:
        await runner.cleanup()


async def signed_in() -> Mapping[str, str]:
    return SECRET


async def nobody_asks(host: str, port: int) -> Sequence[str]:
    raise AssertionError(f"asked where {host} is")


def fetcher(own: Host, *hosts: str, **wishes: Any) -> Fetcher:
    wishes = {"loopback": True, "resolve": nobody_asks, **wishes}
    return Fetcher(frozenset(hosts), [Door.at(own.url, signed_in, inside=True)], MOST, **wishes)


def netloc(host: Host) -> str:
    return host.url.removeprefix("http://")


async def refused(fetch: Fetcher, address: str, promised: str = "image/png") -> tuple[NotHere, bool]:
    """Why not, and whether it may be tried again."""
    with pytest.raises(NotFetched) as failure:
        await fetch.fetch(address, promised)
    return failure.value.why, isinstance(failure.value, NotNow)


# Where to


async def test_a_file_of_our_own_host_comes_with_our_login(hosts: tuple[Host, Host]) -> None:
    own, _ = hosts
    address = own.put("/media/hills.png")
    assert await fetcher(own).fetch(address, "image/png") == Fetched(PNG, "image/png", "hills.png")
    assert own.asked == [("/media/hills.png", "Bearer s3cret-pass")]


async def test_a_listed_host_is_asked_without_our_login(hosts: tuple[Host, Host]) -> None:
    own, other = hosts
    address = other.put("/a.png")
    await fetcher(own, netloc(other)).fetch(address, "image/png")
    assert other.asked == [("/a.png", None)]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/a.png",
        "https://media.example.evil.example/a.png",
        "https://xmedia.example/a.png",
        "https://media.example:8443/a.png",
        "https://media.example./a.png",
        "https://a.b.media.example.org/a.png",
        "https://evil.example/media.example",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/a.png",
        "https://2130706433/a.png",
        "https://127.1/a.png",
    ],
)
async def test_no_other_host_is_asked_or_looked_up(hosts: tuple[Host, Host], address: str) -> None:
    assert await refused(fetcher(hosts[0], "media.example", "*.example.org:8443"), address) == (NotHere.HOST, False)


@pytest.mark.parametrize(
    "address",
    [
        "http://media.example/a.png",
        "ftp://media.example/a.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "https://user@media.example/a.png",
        "https://media.example:pass@evil.example/a.png",
        "https://media.example\\@evil.example/a.png",
        "//media.example/a.png",
        "media.example/a.png",
        "https:///a.png",
        "https://media.example:99999/",
        "",
        "x" * 3000,
    ],
)
async def test_what_is_no_plain_address_is_not_tried(hosts: tuple[Host, Host], address: str) -> None:
    assert await refused(fetcher(hosts[0], "media.example"), address) == (NotHere.ADDRESS, False)


async def test_http_is_for_this_machine_only_and_then_only_when_everything_is_here(hosts: tuple[Host, Host]) -> None:
    own, other = hosts
    address = other.put("/a.png")
    assert await refused(fetcher(own, netloc(other), loopback=False), address) == (NotHere.ADDRESS, False)
    assert other.asked == []


async def test_another_port_of_our_own_host_is_another_host(hosts: tuple[Host, Host]) -> None:
    own, other = hosts
    assert await refused(fetcher(own), other.put("/a.png")) == (NotHere.HOST, False)
    assert other.asked == []


@pytest.mark.parametrize(
    ("patterns", "host", "listed"),
    [
        (("*.example.org",), "cdn.example.org", True),
        (("*.example.org",), "a.cdn.example.org", True),
        (("*.example.org",), "CDN.Example.ORG", True),
        (("*.example.org",), "example.org", False),
        (("*.example.org",), "badexample.org", False),
        (("example.org",), "cdn.example.org", False),
        (("example.org:8443",), "example.org:8443", True),
        (("example.org:8443",), "example.org", False),
        (("xn--mnchen-3ya.de",), "münchen.de", True),
    ],
)
async def test_hosts_are_listed_by_name_or_suffix(
    hosts: tuple[Host, Host], patterns: tuple[str, ...], host: str, listed: bool
) -> None:
    async def nowhere(name: str, port: int) -> Sequence[str]:
        raise OSError

    why, _ = await refused(fetcher(hosts[0], *patterns, resolve=nowhere), f"https://{host}/a.png")
    assert why is (NotHere.AWAY if listed else NotHere.HOST)


@pytest.mark.parametrize(
    "inside",
    [
        "127.0.0.1", "10.0.0.5", "172.16.9.9", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:10.0.0.5",
        "64:ff9b::a00:5", "2002:a00:5::1", "no address",
    ],
)  # fmt: skip
async def test_a_listed_name_that_leads_into_a_private_network_is_not_followed(
    hosts: tuple[Host, Host], inside: str
) -> None:
    """Also when a public address stands beside it."""
    assert not is_public(inside)

    async def both(host: str, port: int) -> Sequence[str]:
        return [PUBLIC, inside]

    fetch = fetcher(hosts[0], "media.example", resolve=both, loopback=False)
    assert await refused(fetch, "https://media.example/a.png") == (NotHere.PRIVATE, False)


async def test_the_name_is_asked_once_and_what_was_checked_is_what_is_connected_to(hosts: tuple[Host, Host]) -> None:
    """Else a name server could say something else the second time (DNS rebinding)."""
    own, other = hosts
    answers = iter([["127.0.0.1"]])

    async def once(host: str, port: int) -> Sequence[str]:
        return next(answers)

    address = other.put("/a.png").replace("127.0.0.1", "localhost")
    fetch = fetcher(own, netloc(other).replace("127.0.0.1", "localhost"), resolve=once)
    assert (await fetch.fetch(address, "image/png")).data == PNG


async def test_public_addresses_are_public() -> None:
    assert all(map(is_public, [PUBLIC, "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"]))


# Redirects


async def test_a_redirect_is_followed_to_a_listed_host_and_takes_no_login_along(hosts: tuple[Host, Host]) -> None:
    own, other = hosts
    there = other.put("/b.png")
    address = own.put("/a", b"", status=302, Location=there)
    assert (await fetcher(own, netloc(other)).fetch(address, "image/png")).data == PNG
    assert (own.asked, other.asked) == ([("/a", "Bearer s3cret-pass")], [("/b.png", None)])


async def test_a_relative_redirect_stays_at_its_host(hosts: tuple[Host, Host]) -> None:
    own, _ = hosts
    own.put("/real.png")
    assert (await fetcher(own).fetch(own.put("/a/b", b"", status=307, Location="../real.png"), "image/png")).data == PNG


@pytest.mark.parametrize(
    "there", ["{other}/b.png", "http://169.254.169.254/x", "file:///etc/passwd", "https://u@h/", ""]
)
async def test_a_redirect_to_elsewhere_is_not_followed(hosts: tuple[Host, Host], there: str) -> None:
    own, other = hosts
    other.put("/b.png")
    address = own.put("/a", b"", status=301, Location=there.format(other=other.url) or "http://x y/")
    assert await refused(fetcher(own), address) == (NotHere.ASTRAY, False)
    assert other.asked == []


async def test_redirects_end(hosts: tuple[Host, Host]) -> None:
    own, _ = hosts
    address = own.put("/a", b"", status=302, Location="/a")
    assert await refused(fetcher(own), address) == (NotHere.ASTRAY, False)
    assert len(own.asked) == 4


# How much, how long


async def test_what_says_that_it_is_too_big_is_not_read(hosts: tuple[Host, Host]) -> None:
    own, _ = hosts
    assert await refused(fetcher(own), own.put("/a", PNG + b"\0" * MOST)) == (NotHere.BIG, False)


async def test_what_does_not_say_how_big_it_is_is_counted(hosts: tuple[Host, Host]) -> None:
    own, _ = hosts
    own.pieces["/a"] = [PNG] * 40
    assert await refused(fetcher(own), f"{own.url}/a") == (NotHere.BIG, False)


async def test_as_much_as_is_allowed_is_allowed(hosts: tuple[Host, Host]) -> None:
    own, _ = hosts
    exactly = PNG + b"\0" * (MOST - len(PNG))
    assert (await fetcher(own).fetch(own.put("/a", exactly), "image/png")).data == exactly


async def test_who_takes_too_long_may_be_asked_again(hosts: tuple[Host, Host]) -> None:
    own, _ = hosts
    own.slow.add("/a")
    assert await refused(fetcher(own, seconds=0.1), f"{own.url}/a") == (NotHere.AWAY, True)


async def test_nobody_there_may_be_asked_again(hosts: tuple[Host, Host]) -> None:
    fetch = Fetcher(frozenset(), [Door.at("http://127.0.0.1:1", signed_in, inside=True)], MOST)
    assert await refused(fetch, "http://127.0.0.1:1/a") == (NotHere.AWAY, True)


async def test_without_a_login_it_is_tried_later(hosts: tuple[Host, Host]) -> None:
    async def away() -> Mapping[str, str]:
        raise NotSent

    own, _ = hosts
    fetch = Fetcher(frozenset(), [Door.at(own.url, away, inside=True)], MOST)
    assert await refused(fetch, own.put("/a")) == (NotHere.AWAY, True)
    assert own.asked == []


# What came


@pytest.mark.parametrize(
    ("status", "came"),
    [
        (404, (NotHere.GONE, False)),
        (410, (NotHere.GONE, False)),
        (403, (NotHere.DENIED, False)),
        (400, (NotHere.DENIED, False)),
        (204, (NotHere.DENIED, False)),
        (206, (NotHere.DENIED, False)),
        (304, (NotHere.DENIED, False)),
        (401, (NotHere.DENIED, True)),
        (408, (NotHere.AWAY, True)),
        (429, (NotHere.AWAY, True)),
        (500, (NotHere.AWAY, True)),
        (503, (NotHere.AWAY, True)),
    ],
)
async def test_what_a_status_means(hosts: tuple[Host, Host], status: int, came: tuple[NotHere, bool]) -> None:
    own, _ = hosts
    assert await refused(fetcher(own), own.put("/a", b"", status=status)) == came


@pytest.mark.parametrize(
    ("body", "kind", "promised", "why"),
    [
        (PAGE, "text/html", "image/png", NotHere.PAGE),
        (PAGE, "image/png", "image/png", NotHere.PAGE),
        (b"\n <!-- x --> <HTML>", "application/octet-stream", "", NotHere.PAGE),
        (PNG, "text/html; charset=utf-8", "image/png", NotHere.PAGE),
        (b"", "image/png", "image/png", NotHere.EMPTY),
        (b"MZ\x90\0" + b"\0" * 80, "image/png", "image/png", NotHere.TYPE),
        (b"MZ\x90\0" + b"\0" * 80, "application/octet-stream", "", NotHere.TYPE),
        (b"\x7fELF\2", "text/plain", "text/plain", NotHere.TYPE),
        (b"just words", "image/png", "image/png", NotHere.TYPE),
        (PNG, "application/pdf", "application/pdf", NotHere.TYPE),
        (b"%PDF-1.7", "audio/mpeg", "audio/mpeg", NotHere.TYPE),
    ],
)
async def test_what_is_not_what_was_promised_is_not_taken(
    hosts: tuple[Host, Host], body: bytes, kind: str, promised: str, why: NotHere
) -> None:
    own, _ = hosts
    assert await refused(fetcher(own), own.put("/a", body, kind), promised) == (why, False)


async def test_what_is_packed_is_not_unpacked(hosts: tuple[Host, Host]) -> None:
    """A small gzip can hold gigabytes."""
    own, _ = hosts
    address = own.put("/a", PNG, **{"Content-Encoding": "gzip"})
    assert await refused(fetcher(own), address) == (NotHere.TYPE, False)


async def test_a_signed_address_is_asked_for_in_its_own_spelling(hosts: tuple[Host, Host]) -> None:
    own, _ = hosts
    own.put("/a b.png")
    await fetcher(own).fetch(f"{own.url}/a%20b.png?sig=a%2Fb%2Bc%3d&x=1+2#top", "image/png")
    assert own.asked == [("/a%20b.png?sig=a%2Fb%2Bc%3d&x=1+2", "Bearer s3cret-pass")]
