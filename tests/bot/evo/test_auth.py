"""Signing in: once for many, at most twice in five minutes, and never a secret in sight."""

from __future__ import annotations

import asyncio
import base64
import logging
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from bot.evo import EvoError, NotSent, Refused, Throttled, Unauthorized, Unsure
from bot.evo.transport import POOL
from tests.bot.evo.conftest import PASSWORD, Seen, Server, by_request, http, running, signed_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.evo import EvoVoice
    from tests.bot.evo.conftest import Reply

LOGIN = "POST /auth/credentials"
SESSION = "GET /sessions/s1"
SEND = "POST /sessions/s1/messages"
FOUND = http(200, {"id": "s1"})
SENT = http(200, {"id": "m1"})


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def for_cookie(cookie: str, reply: bytes) -> Callable[[Seen], Reply]:
    """`reply` for the holder of a session, ServiceStack's empty 401 for others."""
    unauthorized = http(401, WWW_Authenticate='basic realm="/auth/basic"')
    return by_request(lambda seen: reply if cookie in seen.headers.get("cookie", "") else unauthorized)


async def test_the_first_call_signs_in_and_the_next_ones_do_not(server: Server, evo: EvoVoice) -> None:
    server.routes[SESSION] = for_cookie("session-one", FOUND)
    await evo.get_session("s1")
    await evo.get_session("s1")
    assert [seen.path for seen in server.journal] == ["/auth/credentials", "/sessions/s1", "/sessions/s1"]
    assert server.journal[0].json == {
        "provider": "credentials",
        "userName": "bot@example.test",
        "password": PASSWORD,
        "rememberMe": True,
    }


async def test_all_cookies_of_the_login_are_sent_on(server: Server, evo: EvoVoice) -> None:
    three = b"Set-Cookie: ss-pid=b; Path=/; HttpOnly; Secure\r\nSet-Cookie: ss-opt=perm; Path=/\r\n\r\n"
    server.routes |= {LOGIN: signed_in("a").replace(b"\r\n\r\n", b"\r\n" + three, 1), SEND: SENT, SESSION: FOUND}
    await evo.send_message("s1", "hello")
    await evo.get_session("s1")
    assert [sorted(seen.headers["cookie"].split("; ")) for seen in server.asked] == [
        ["ss-id=a", "ss-opt=perm", "ss-pid=b"]
    ] * 2


@pytest.mark.parametrize(
    "gone",
    [
        http(401),
        http(401, {"responseStatus": {"errorCode": "Unauthorized"}}),
        http(302, Location="/login?redirect=%2fsessions"),
        http(302, Location="https://evovoice.io/auth/login"),
        http(303, Location="/SignIn.aspx"),
    ],
    ids=["empty 401", "401", "login page", "login page elsewhere", "old login page"],
)
async def test_an_ended_session_is_renewed_and_the_request_repeated_once(
    gone: bytes, server: Server, evo: EvoVoice
) -> None:
    """A 401 says that a request was not processed, so even a POST may follow it."""
    server.routes |= {LOGIN: [signed_in("old"), signed_in("new")], SEND: [gone, SENT]}
    assert (await evo.send_message("s1", "hello")).id == "m1"
    assert [(seen.headers["cookie"], seen.json) for seen in server.asked] == [
        ("ss-id=old", {"body": "hello"}),
        ("ss-id=new", {"body": "hello"}),
    ]


CONFIG = "GET /app/config"
MOVED = "the login works in another account of Evo Voice than before"
SAYS_NOTHING = "Evo Voice does not say in which account the new login works: "


@pytest.mark.parametrize(
    ("whose", "error", "message"),
    [
        (http(200, {"accountId": "acme"}), None, ""),
        (http(200, {"accountId": "globex"}), Unauthorized, MOVED),
        (http(200, {}), Unauthorized, MOVED),
        (http(403), NotSent, SAYS_NOTHING + "HTTP 403, no message given"),
        (http(503), NotSent, SAYS_NOTHING + "Evo Voice answered HTTP 503; the request may have had its effect"),
    ],
    ids=["the same account", "another account", "no account", "it may not ask", "it is told later"],
)
async def test_a_login_that_is_renewed_is_used_in_the_account_of_before_only(
    whose: bytes, error: type[EvoError] | None, message: str, server: Server, evo: EvoVoice
) -> None:
    here = http(200, {"accountId": "acme"})
    server.routes |= {LOGIN: [signed_in("old"), signed_in("new")], SEND: [http(401), SENT], CONFIG: [here, whose]}
    evo.stay("acme")
    said = await said_by(evo.send_message("s1", "hello"))
    assert said == (error, message)
    assert [seen.headers["cookie"] for seen in server.asked if seen.path.endswith("/messages")] == (
        ["ss-id=old", "ss-id=new"] if error is None else ["ss-id=old"]
    )


async def said_by(call: Awaitable[object]) -> tuple[type[EvoError] | None, str]:
    try:
        await call
    except EvoError as error:
        return type(error), str(error)
    return None, ""


async def test_a_repeat_after_a_login_is_the_last_one(server: Server, evo: EvoVoice) -> None:
    server.routes[SEND] = http(401)
    with pytest.raises(Unauthorized):
        await evo.send_message("s1", "hello")
    assert (server.logins, len(server.asked)) == (2, 2)


async def test_ten_calls_with_an_ended_session_cause_one_login(server: Server, evo: EvoVoice) -> None:
    """The 401s are held back until every connection of the pool waits; the last two come while the login runs."""
    unauthorized: list[asyncio.StreamWriter] = []
    all_here = asyncio.Event()

    async def unauthorized_together(writer: asyncio.StreamWriter) -> None:
        unauthorized.append(writer)
        if len(unauthorized) == POOL:
            all_here.set()
        await all_here.wait()
        writer.write(http(401))
        await writer.drain()

    def session(seen: Seen) -> Reply:
        return unauthorized_together if "old" in seen.headers["cookie"] else SENT

    server.routes |= {LOGIN: [signed_in("old"), signed_in("new")], SEND: by_request(session)}
    server.routes[SESSION] = FOUND
    await evo.get_session("s1")

    sent = await asyncio.gather(*(evo.send_message("s1", "hello") for _ in range(10)))

    assert [message.id for message in sent] == ["m1"] * 10
    assert (len(unauthorized), server.logins) == (10, 2)


async def test_first_calls_together_cause_one_login(server: Server, evo: EvoVoice) -> None:
    server.routes[SESSION] = for_cookie("session-one", FOUND)
    await asyncio.gather(*(evo.get_session("s1") for _ in range(10)))
    assert server.logins == 1


async def test_those_who_wait_for_a_refused_login_do_not_try_again(server: Server, evo: EvoVoice) -> None:
    server.routes[LOGIN] = http(401)
    outcomes = await asyncio.gather(*(evo.get_session("s1") for _ in range(10)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Unauthorized}
    assert server.logins == 1


async def test_a_cancelled_login_does_not_hold_up_the_others(server: Server, evo: EvoVoice) -> None:
    arrived = asyncio.Event()

    async def stall(writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await asyncio.Event().wait()

    server.routes |= {LOGIN: [stall, signed_in()], SESSION: FOUND}
    first = asyncio.create_task(evo.get_session("s1"))
    await asyncio.wait_for(arrived.wait(), 10)
    second = asyncio.create_task(evo.get_session("s1"))
    first.cancel()
    assert (await second).id == "s1"
    with pytest.raises(asyncio.CancelledError):
        await first


@pytest.mark.parametrize("basic", [False, True])
async def test_a_wrong_password_is_tried_twice_in_five_minutes(
    basic: bool, server: Server, client_for: Callable[..., EvoVoice], clock: Clock
) -> None:
    """More could lock the account. After that, nothing is sent at all until the first attempt is five minutes old."""
    server.routes |= {LOGIN: http(401), SESSION: http(401)}
    evo = client_for(server.url, clock=clock, basic=basic)

    async def attempt() -> int:
        with pytest.raises(Unauthorized):
            await evo.get_session("s1")
        return len(server.journal)

    counts = []
    for passed in (0, 10, 10, 279, 2):
        clock.now += passed
        counts.append(await attempt())

    assert counts == [1, 2, 2, 2, 3]


async def test_logins_that_do_not_last_stop_too(
    server: Server, client_for: Callable[..., EvoVoice], clock: Clock
) -> None:
    server.routes[SESSION] = http(401)
    evo = client_for(server.url, clock=clock)
    for _ in range(4):
        with pytest.raises(Unauthorized):
            await evo.get_session("s1")
    assert server.logins == 2


async def test_after_five_minutes_the_bot_comes_back_by_itself(
    server: Server, client_for: Callable[..., EvoVoice], clock: Clock
) -> None:
    server.routes |= {LOGIN: [http(401), http(401), signed_in()], SESSION: FOUND}
    evo = client_for(server.url, clock=clock)
    for _ in range(3):
        with pytest.raises(Unauthorized):
            await evo.get_session("s1")
    clock.now += 300
    assert (await evo.get_session("s1")).id == "s1"


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        (http(401, {"responseStatus": {"errorCode": "Unauthorized", "message": f"no {PASSWORD}"}}), Unauthorized),
        (http(400), Unauthorized),
        (http(403, b"<html>blocked</html>", kind="text/html"), Unauthorized),
        (http(404), Unauthorized),
        (http(302, Location="/login"), Unauthorized),
        (http(200, {"userId": "u1"}), Unauthorized),
        (http(429, Retry_After="7"), Throttled),
        (http(500), NotSent),
        (http(502, b"<html>", kind="text/html"), NotSent),
        (http(408), NotSent),
        (hang_up, NotSent),
    ],
)
async def test_what_a_failed_login_means_for_the_request_behind_it(
    answer: Any, means: type[EvoError], server: Server, evo: EvoVoice
) -> None:
    """Whatever happens to the login, the message has not left: never Unsure, never Refused."""
    server.routes[LOGIN] = answer
    with pytest.raises(means) as caught:
        await evo.send_message("s1", "hello")
    assert type(caught.value) is means
    assert getattr(caught.value, "retry_after", 7.0) == 7.0
    assert PASSWORD not in str(caught.value)
    assert server.asked == []


async def test_a_server_that_is_down_is_no_proof_of_a_wrong_password(
    server: Server, client_for: Callable[..., EvoVoice], clock: Clock
) -> None:
    """It is said as NotSent, so that the caller waits, and it does not use up the two attempts of a password."""
    server.routes[LOGIN] = http(502)
    evo = client_for(server.url, clock=clock)
    for _ in range(4):
        with pytest.raises(NotSent):
            await evo.get_session("s1")
    assert server.logins == 4


async def test_logins_that_never_reached_the_server_do_not_count(
    client_for: Callable[..., EvoVoice], clock: Clock, unused_tcp_port: int
) -> None:
    evo = client_for(f"http://127.0.0.1:{unused_tcp_port}", clock=clock)
    for _ in range(4):
        with pytest.raises(NotSent, match="ConnectError"):
            await evo.get_session("s1")
    async with running(Server(), unused_tcp_port) as server:
        server.routes[SESSION] = FOUND
        assert (await evo.get_session("s1")).id == "s1"


@pytest.mark.parametrize("basic", [False, True])
async def test_cookies_of_other_answers_are_never_sent(
    basic: bool, server: Server, client_for: Callable[..., EvoVoice]
) -> None:
    """Only a login's count: a late answer to an old request may not put an ended session back."""
    server.routes |= {
        LOGIN: [signed_in("one"), signed_in("two")],
        SESSION: http(200, {"id": "s1"}, Set_Cookie="ss-id=intruder; Path=/"),
        SEND: [http(200, {"id": "m1"}, Set_Cookie="ss-id=intruder; Path=/"), SENT if basic else http(401), SENT],
    }
    evo = client_for(server.url, basic=basic)
    await evo.get_session("s1")
    await evo.get_session("s1")
    await evo.send_message("s1", WORDS)
    await evo.send_message("s1", WORDS)
    sent = [seen.headers.get("cookie") for seen in server.journal]
    one, two = "ss-id=one", "ss-id=two"
    assert sent == ([None] * 4 if basic else [None, one, one, one, one, None, two])


async def test_a_locked_account_is_named(server: Server, evo: EvoVoice) -> None:
    server.routes[LOGIN] = http(401, {"responseStatus": {"message": "This account has been locked"}})
    with pytest.raises(Unauthorized, match=r"^Evo Voice refused the login: HTTP 401, the account is locked$"):
        await evo.get_session("s1")


async def test_basic_sends_the_login_along_and_never_signs_in(
    server: Server, client_for: Callable[..., EvoVoice]
) -> None:
    server.routes[SESSION] = FOUND
    await client_for(server.url, basic=True).get_session("s1")
    (seen,) = server.journal
    expected = base64.b64encode(f"bot@example.test:{PASSWORD}".encode()).decode()
    assert seen.headers["authorization"] == f"Basic {expected}"


async def test_basic_does_not_repeat_after_a_401(server: Server, client_for: Callable[..., EvoVoice]) -> None:
    server.routes[SEND] = http(401)
    with pytest.raises(Unauthorized):
        await client_for(server.url, basic=True).send_message("s1", "hello")
    assert len(server.journal) == 1


WORDS = "between us"
SECRETS = (PASSWORD, "session-one", base64.b64encode(f"bot@example.test:{PASSWORD}".encode()).decode(), WORDS)


@pytest.mark.parametrize("basic", [False, True])
@pytest.mark.parametrize(
    "answer",
    [SENT, http(401), http(400, {WORDS: 1}), http(200, {"text": WORDS}), hang_up],
    ids=lambda answer: getattr(answer, "__name__", repr(answer)),
)
async def test_no_secret_and_nobodys_words_in_logs_reprs_and_tracebacks(
    basic: bool, answer: Any, server: Server, client_for: Callable[..., EvoVoice], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for noisy in ("httpx", "httpcore"):  # quieted by who composes the program
        caplog.set_level(logging.WARNING, noisy)
    server.routes[SEND] = answer
    evo = client_for(server.url, basic=basic)
    shown = [repr(evo), str(evo), repr(vars(evo)), repr(vars(evo._auth))]
    try:
        shown.append(repr(await evo.send_message("s1", WORDS)))
    except EvoError as error:
        shown += [repr(error), str(error), *traceback.format_exception(error)]
    told = "\n".join([*shown, caplog.text])
    assert [secret for secret in SECRETS if secret in told] == []


def test_the_repr_shows_the_host_only(client_for: Callable[..., EvoVoice]) -> None:
    assert repr(client_for("https://evovoice.io/base")) == "<EvoVoice evovoice.io>"


async def test_unsure_at_login_is_not_unsure_of_the_message(server: Server, evo: EvoVoice) -> None:
    server.routes[LOGIN] = hang_up
    with pytest.raises(NotSent) as caught:
        await evo.send_message("s1", "hello")
    assert not isinstance(caught.value, Unsure)


@pytest.mark.parametrize("basic", [False, True])
@pytest.mark.parametrize("told", [PASSWORD, "session-one", "Authorization: Basic {basic}"])
async def test_a_refusal_that_quotes_the_login_is_not_repeated(
    basic: bool, told: str, server: Server, client_for: Callable[..., EvoVoice]
) -> None:
    """Its words are for people to read, in a channel."""
    pair = base64.b64encode(f"bot@example.test:{PASSWORD}".encode()).decode()
    quoted = told.format(basic=pair)
    server.routes[SEND] = http(400, {"responseStatus": {"errorCode": "Bad", "message": f"no: {quoted}"}})
    with pytest.raises(Refused) as caught:
        await client_for(server.url, basic=basic).send_message("s1", "hello")
    ours = told == PASSWORD or basic == ("Basic" in told)
    assert (quoted in str(caught.value), caught.value.status) == (not ours, 400)


async def test_files_of_this_host_are_asked_for_with_the_session_of_everything_else(
    server: Server, evo: EvoVoice
) -> None:
    server.routes[SESSION] = for_cookie("session-one", FOUND)
    await evo.get_session("s1")
    assert "session-one" in (await evo.login_headers())["Cookie"]
    assert [seen.path for seen in server.journal] == ["/auth/credentials", "/sessions/s1"]
    assert evo.url == server.url
