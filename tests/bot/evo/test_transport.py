"""Faults on the wire × what they mean. Every fault is made by a real socket on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import struct
import sys
import time
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import SecretStr

from bot.evo import BadId, EvoVoice, NotSent, Refused, Unsure, connect
from bot.evo.auth import BasicAuth, Credentials
from bot.evo.transport import ROOM, Ask, Progress, Transport, consequence, http_client
from tests.bot.evo.conftest import Server, http, running, signed_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.bot.evo.conftest import Fault

SEND = "POST /sessions/s1/messages"
MESSAGE = {"id": "m1", "text": "hello"}
PAGE = b"<!DOCTYPE html><html><body>Welcome to the hotel network</body></html>"
BOMB = gzip.compress(b'{"id":"m1","text":"' + b"x" * 5_000_000 + b'"}')


async def close_silently(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset(writer: asyncio.StreamWriter) -> None:
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def hang(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drip_head(writer: asyncio.StreamWriter) -> None:
    await drip(writer, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000)


async def drip_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
    await drip(writer, b" " * 10_000)


async def drip(writer: asyncio.StreamWriter, raw: bytes) -> None:
    """A byte now and then: no pause is ever as long as a read timeout."""
    for byte in raw:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.01)


def says(raw: bytes) -> Fault:
    async def fault(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()
        writer.close()

    return fault


WHOLE = http(200, MESSAGE)
AFTER_THE_REQUEST: dict[str, Any] = {
    "closed without a word": close_silently,
    "reset": reset,
    "never answered": hang,
    "head drips": drip_head,
    "body drips": drip_body,
    "cut inside the head": says(WHOLE[:20]),
    "cut inside the body": says(WHOLE[:-5]),
    "cut inside a chunk": says(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{"id":"m1"'),
    "body without length, cut": says(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"id":"m'),
    "not HTTP": says(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "endless head": says(b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 20_000),
    "answer too big": http(200, {**MESSAGE, "text": "x" * 20_000}),
    "gzip bomb": http(200, BOMB, Content_Encoding="gzip"),
    "gzip cut short": http(200, gzip.compress(b'{"id":"m1"}')[:-9], Content_Encoding="gzip"),
    "not gzip at all": http(200, MESSAGE, Content_Encoding="gzip"),
    "200 with a web page": http(200, PAGE, kind="text/html"),
    "200 with a web page called JSON": http(200, PAGE),
    "200 with garbage": http(200, b"\x00\xff{"),
    "200 with half a JSON": http(200, b'{"id": "m1"'),
    "200 with nothing": http(200),
    "200 with null": http(200, b"null"),
    "200 with a list": http(200, []),
    "200 without the id": http(200, {"text": "hello"}),
    "200 with an empty id": http(200, {"id": ""}),
    "200 nested too deep": http(200, b"[" * 9_000),
    "200 nested too deep with half an emoji": http(200, b'["\\ud83d",' + b"[" * 9_000),
    "204": http(204),
    "101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "408": http(408),
    "500": http(500, {"responseStatus": {"errorCode": "NullReferenceException", "message": "oops"}}),
    "502": http(502, PAGE, kind="text/html"),
    "503": http(503, Retry_After="1"),
    "504": http(504),
    "599": http(599),
}


@pytest.mark.parametrize("fault", AFTER_THE_REQUEST)
async def test_once_the_request_has_left_every_fault_is_unsure_and_nothing_is_repeated(
    fault: str, server: Server, client_for: Callable[..., EvoVoice]
) -> None:
    server.routes[SEND] = AFTER_THE_REQUEST[fault]
    evo = client_for(server.url, deadline=0.5 if "drip" in fault or "never" in fault else 10.0, max_body=10_000)

    async with asyncio.timeout(20):  # whatever trickles in, the deadline is a whole one
        with pytest.raises(Unsure) as caught:
            await evo.send_message("s1", "hello")

    assert [seen.json for seen in server.asked] == [{"body": "hello"}]
    assert "hello" not in str(caught.value)


async def test_no_request_searches_for_a_module(server: Server, evo: EvoVoice, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that finds nothing is made anew each time, and dearer than the rest of the request."""
    server.routes[SEND] = http(200, MESSAGE)
    server.routes["GET /sessions/my"] = http(200, {"sessions": []})
    await evo.send_message("s1", "the first may still be finding its way")
    await evo.get_my_sessions()
    searched: list[str] = []
    monkeypatch.setattr(sys, "meta_path", [Searched(searched), *sys.meta_path])
    await evo.send_message("s1", "hello")
    await evo.get_my_sessions()
    assert searched == []


class Searched:
    """Finds no module, and notes which ones were looked for."""

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        self._names.append(name)


@pytest.mark.parametrize(
    ("answer", "status"),
    [(http(200), 200), (http(204), 204), (http(408), 408), (http(502), 502), (close_silently, None)],
)
async def test_unsure_keeps_the_status_when_there_was_one(
    answer: Any, status: int | None, server: Server, evo: EvoVoice
) -> None:
    server.routes[SEND] = answer
    with pytest.raises(Unsure) as caught:
        await evo.send_message("s1", "hello")
    assert caught.value.status == status


READS = {
    "transcript": ("GET /sessions/s1/transcript", lambda evo: evo.get_chat_transcript("s1")),
    "session": ("GET /sessions/s1", lambda evo: evo.get_session("s1")),
    "contacts": ("GET /app/contacts", lambda evo: evo.get_my_contacts()),
    "end": ("DELETE /sessions/s1", lambda evo: evo.end_session("s1")),
}


@pytest.mark.parametrize("fault", ["closed without a word", "cut inside the body", "200 with a web page", "502"])
@pytest.mark.parametrize("call", READS)
async def test_reads_and_deletes_are_not_repeated_either(call: str, fault: str, server: Server, evo: EvoVoice) -> None:
    route, ask = READS[call]
    server.routes[route] = AFTER_THE_REQUEST[fault]
    with pytest.raises(Unsure):
        await ask(evo)
    assert len(server.asked) == 1


@pytest.mark.parametrize("call", ["transcript", "session", "contacts"])
async def test_nothing_is_not_an_empty_list(call: str, server: Server, evo: EvoVoice) -> None:
    """204 to a list must not look like "all sessions have ended"."""
    route, ask = READS[call]
    server.routes[route] = http(204)
    with pytest.raises(Unsure):
        await ask(evo)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_refused_connection_is_not_sent(client_for: Callable[..., EvoVoice]) -> None:
    evo = client_for(f"http://127.0.0.1:{free_port()}", basic=True)
    with pytest.raises(NotSent):
        await evo.send_message("s1", "hello")


async def test_a_name_that_nobody_knows_is_not_sent(client_for: Callable[..., EvoVoice]) -> None:
    """Names that end in .invalid fail before anybody asks the network."""
    evo = client_for("https://no-such-host.invalid", basic=True)
    with pytest.raises(NotSent):
        await evo.send_message("s1", "hello")


@contextlib.asynccontextmanager
async def behind_https(fault: Any) -> AsyncIterator[str]:
    """An https address where a plain server waits for the handshake's first byte and then does as it likes."""
    server = Server()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def serve() -> None:
            await reader.read(1)
            await fault(writer)

        with contextlib.suppress(ConnectionError):
            await server.watched(serve(), writer)

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    listener.close()
    await server.stop()


@pytest.mark.parametrize("fault", [close_silently, reset, says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), hang])
async def test_a_failed_tls_handshake_is_not_sent(fault: Any, client_for: Callable[..., EvoVoice]) -> None:
    async with behind_https(fault) as url:
        with pytest.raises(NotSent, match="Connect"):
            await client_for(url, basic=True, deadline=0.6).send_message("s1", "hello")


async def test_a_deadline_within_the_tls_handshake_is_not_sent() -> None:
    """The connection's own time limit is far away: what had left at the deadline decides."""
    async with behind_https(hang) as url:
        options: Any = {"user_agent": "x", "deadline": 60.0, "trust": ssl.create_default_context(), "jar": CookieJar()}
        reads, writes = http_client(keep_alive=1, **options), http_client(keep_alive=0, **options)
        transport = Transport(httpx.URL(url), reads=reads, writes=writes, cap=1000)
        auth = BasicAuth(Credentials("bot", SecretStr("x")), time.monotonic)
        with pytest.raises(NotSent, match="deadline"):
            await EvoVoice(transport, auth, deadline=0.6).send_message("s1", "hello")
        await transport.aclose()


async def test_deadlines_leave_no_connection_occupied(server: Server, client_for: Callable[..., EvoVoice]) -> None:
    server.routes |= {SEND: hang, "POST /sessions/s2/messages": http(200, MESSAGE)}
    evo = client_for(server.url, basic=True, deadline=3.0)
    calls = [evo.send_message("s1", "hello") for _ in range(ROOM)]
    assert {type(lost) for lost in await asyncio.gather(*calls, return_exceptions=True)} == {Unsure}
    assert (await evo.send_message("s2", "hello")).id == "m1"


async def test_a_connection_that_never_comes_about_is_not_sent(client_for: Callable[..., EvoVoice]) -> None:
    """The listening queue is full: the kernel leaves further connections waiting."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        evo = client_for(f"http://127.0.0.1:{listener.getsockname()[1]}", basic=True, deadline=0.6)
        with pytest.raises(NotSent):
            await evo.send_message("s1", "hello")
        for one in waiting:
            one.close()


async def test_a_place_in_the_queue_for_a_connection_is_not_sent(
    server: Server, client_for: Callable[..., EvoVoice]
) -> None:
    server.routes[SEND] = hang
    evo = client_for(server.url, basic=True, deadline=1.5)
    calls = [evo.send_message("s1", "hello") for _ in range(ROOM + 1)]

    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotSent", *["Unsure"] * ROOM]
    assert len(server.asked) == ROOM


async def test_a_deadline_while_signing_in_is_not_sent(server: Server, client_for: Callable[..., EvoVoice]) -> None:
    server.routes["POST /auth/credentials"] = hang
    evo = client_for(server.url, deadline=0.6)
    with pytest.raises(NotSent):
        await evo.send_message("s1", "hello")
    assert server.asked == []


async def test_a_deadline_while_signing_in_again_is_not_sent(
    server: Server, client_for: Callable[..., EvoVoice]
) -> None:
    server.routes |= {SEND: http(401), "POST /auth/credentials": [signed_in(), hang]}
    evo = client_for(server.url, deadline=0.6)
    with pytest.raises(NotSent):
        await evo.send_message("s1", "hello")
    assert len(server.asked) == 1


async def test_after_closing_nothing_is_sent(server: Server, evo: EvoVoice) -> None:
    server.routes[SEND] = http(200, MESSAGE)
    await evo.send_message("s1", "hello")
    await evo.aclose()
    with pytest.raises(NotSent):
        await evo.send_message("s1", "again")
    assert len(server.asked) == 1


async def test_cancelling_is_never_swallowed(server: Server, evo: EvoVoice) -> None:
    arrived = asyncio.Event()

    async def stall(writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await asyncio.Event().wait()

    server.routes[SEND] = stall
    call = asyncio.create_task(evo.send_message("s1", "hello"))
    await asyncio.wait_for(arrived.wait(), 10)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_a_definite_no_stays_one_when_its_body_is_lost(status: int, server: Server, evo: EvoVoice) -> None:
    server.routes[SEND] = says(f"HTTP/1.1 {status} No\r\nContent-Length: 500\r\n\r\n{{".encode())
    with pytest.raises(Refused) as caught:
        await evo.send_message("s1", "hello")
    assert caught.value.status == status


async def test_a_definite_no_with_an_endless_body_is_one(server: Server, evo: EvoVoice) -> None:
    server.routes[SEND] = says(b"HTTP/1.1 400 No\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 200_000)
    with pytest.raises(Refused):
        await evo.send_message("s1", "hello")


async def test_every_post_has_a_connection_of_its_own_and_reads_share_one(server: Server, evo: EvoVoice) -> None:
    server.routes |= {SEND: http(200, MESSAGE), "GET /sessions/s1": http(200, {"id": "s1"})}
    for _ in range(3):
        await evo.send_message("s1", "hello")
        await evo.get_session("s1")

    posts = [seen for seen in server.journal if seen.method == "POST"]
    assert len({seen.connection for seen in posts}) == len(posts) == 4
    assert {seen.headers["connection"] for seen in posts} == {"close"}
    assert len({seen.connection for seen in server.journal if seen.method == "GET"}) == 1


async def test_a_stale_connection_never_costs_a_post(server: Server, evo: EvoVoice) -> None:
    """Each answer is followed by a silent hang-up, as a proxy's idle timeout would."""
    server.routes[SEND] = says(http(200, MESSAGE))
    for _ in range(5):
        assert (await evo.send_message("s1", "hello")).id == "m1"


async def test_long_reads_may_be_longer_than_other_answers(server: Server, client_for: Callable[..., EvoVoice]) -> None:
    lines = {"messages": [{"body": "x" * 1000}] * 4}
    server.routes |= {
        "GET /sessions/s1/transcript": http(200, lines),
        "GET /sessions/s1": http(200, {"id": "x" * 5000}),
    }
    evo = client_for(server.url, max_body=1000)
    assert len(await evo.get_chat_transcript("s1")) == 4
    with pytest.raises(Unsure):
        await evo.get_session("s1")


async def test_gzip_is_understood(server: Server, evo: EvoVoice) -> None:
    packed = gzip.compress(b'{"messages":[{"body":"hello"}]}')
    server.routes["GET /sessions/s1/transcript"] = http(200, packed, Content_Encoding="gzip")
    assert [line.body for line in await evo.get_chat_transcript("s1")] == ["hello"]


async def test_what_every_request_carries(server: Server, client_for: Callable[..., EvoVoice]) -> None:
    server.routes[SEND] = http(200, MESSAGE)
    await client_for(server.url, user_agent="evobot/9").send_message("s1", "hello")
    (seen,) = server.asked
    assert seen.headers == {
        "host": f"127.0.0.1:{server.port}",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "connection": "close",
        "content-type": "application/json",
        "content-length": "17",
        "cookie": "ss-id=session-one",
        "user-agent": "evobot/9",
    }


async def test_a_proxy_of_the_environment_is_not_used(
    server: Server, client_for: Callable[..., EvoVoice], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    server.routes[SEND] = http(200, MESSAGE)
    assert (await client_for(server.url).send_message("s1", "hello")).id == "m1"


async def test_redirects_are_not_followed(server: Server, evo: EvoVoice) -> None:
    async with running(Server()) as elsewhere:
        server.routes[SEND] = http(307, Location=f"{elsewhere.url}/sessions/s1/messages")
        with pytest.raises(Refused) as caught:
            await evo.send_message("s1", "hello")
        assert elsewhere.journal == []
    assert str(caught.value) == "HTTP 307, an unexpected redirect"


HTTPX_FAULTS = [
    (httpx.ConnectError("x"), NotSent),
    (httpx.ConnectTimeout("x"), NotSent),
    (httpx.PoolTimeout("x"), NotSent),
    (httpx.UnsupportedProtocol("x"), NotSent),
    (httpx.ReadTimeout("x"), Unsure),
    (httpx.WriteTimeout("x"), Unsure),
    (httpx.ReadError("x"), Unsure),
    (httpx.WriteError("x"), Unsure),
    (httpx.CloseError("x"), Unsure),
    (httpx.RemoteProtocolError("x"), Unsure),
    (httpx.LocalProtocolError("x"), Unsure),
    (httpx.DecodingError("x"), Unsure),
    (httpx.ProxyError("x"), Unsure),
    (OSError("x"), Unsure),
    (RuntimeError("x"), Unsure),
]


@pytest.mark.parametrize(("error", "means"), HTTPX_FAULTS, ids=lambda value: getattr(value, "__name__", repr(value)))
async def test_without_evidence_a_fault_counts_as_sent_unless_its_kind_excludes_it(
    error: Exception, means: type[Exception]
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    async with httpx.AsyncClient(transport=httpx.MockTransport(fail)) as client:
        transport = Transport(httpx.URL("http://localhost"), reads=client, writes=client, cap=1000)
        with pytest.raises(means) as caught:
            await transport.send(Ask("POST", "/sessions"), {}, Progress())
    assert type(error).__name__ in str(caught.value)


def test_every_httpx_transport_error_is_in_the_table() -> None:
    def leaves(kind: type[Exception]) -> set[type[Exception]]:
        return {leaf for sub in kind.__subclasses__() for leaf in leaves(sub)} or {kind}

    assert leaves(httpx.TransportError) <= {type(error) for error, _ in HTTPX_FAULTS}


async def test_what_a_library_says_is_not_repeated() -> None:
    """It may quote an address with a login in it."""
    progress = Progress()
    progress.hand_over()
    errors = [consequence(error("https://bot:pw@host/"), progress) for error in (httpx.ConnectError, httpx.ReadError)]
    assert [(type(error), "pw" in str(error)) for error in errors] == [(NotSent, False), (Unsure, False)]


async def test_a_fault_of_connecting_after_sending_is_unsure() -> None:
    progress = Progress()
    await progress.trace("http11.send_request_headers.started", {})
    assert isinstance(consequence(httpx.ConnectError("x"), progress), Unsure)


@pytest.mark.parametrize(
    "url",
    [
        "https://evovoice.io",
        "https://evovoice.io/",
        "https://h/evo/",
        "http://localhost:1",
        "http://127.9.9.9",
        "http://[::1]:8",
    ],
)
async def test_addresses_that_are_taken(url: str) -> None:
    await connect(url, "a", "b").aclose()


@pytest.mark.parametrize(
    "url",
    [
        "http://evovoice.io",
        "http://127.0.0.1.evil.test",
        "http://localhost.evil.test",
        "http://0.0.0.0",
        "ftp://localhost",
        "evovoice.io",
        "",
        "https://",
        "https://user:topsecret@evovoice.io",
        "https://evovoice.io/?token=topsecret",
        "https://evovoice.io/#topsecret",
        "https://topsecret:port",
    ],
)
def test_addresses_that_are_not_taken(url: str) -> None:
    with pytest.raises(ValueError, match="base URL") as caught:
        connect(url, "a", "b")
    assert "topsecret" not in str(caught.value)


async def test_a_path_of_the_base_url_stays_in_front(server: Server, client_for: Callable[..., EvoVoice]) -> None:
    server.routes = {"POST /evo/auth/credentials": signed_in(), "GET /evo/sessions/s1": http(200, {"id": "s1"})}
    assert (await client_for(server.url + "/evo/").get_session("s1")).id == "s1"


async def test_a_bad_id_makes_no_request(server: Server, evo: EvoVoice) -> None:
    for call in (
        evo.end_session(""),
        evo.end_session(".."),
        evo.send_message("active", "hello"),
        evo.get_session("a/b"),
    ):
        with pytest.raises(BadId):
            await call
    assert server.journal == []
