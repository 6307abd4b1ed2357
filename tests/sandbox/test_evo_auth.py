"""Signing in, being turned away, and what the refusals look like."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

import httpx
import pytest

from sandbox.evo import EvoStandIn

BOT = ("bot@example.com", "correct-horse")
ADMIN = ("admin@example.com", "admin-pass")
NOBODY = ("nobody@example.com", "nobody-pass")
DAY = 86_400


@pytest.fixture
async def evo() -> AsyncIterator[EvoStandIn]:
    async with EvoStandIn() as host:
        yield host


@pytest.fixture
async def http(evo: EvoStandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=evo.url, trust_env=False) as client:
        yield client


async def sign_in(http: httpx.AsyncClient, *, remember: bool = True, login: tuple[str, str] = BOT) -> httpx.Response:
    body = {"provider": "credentials", "userName": login[0], "password": login[1], "rememberMe": remember}
    return await http.post("/auth/credentials", json=body)


def cookie_line(http: httpx.AsyncClient) -> str:
    return "; ".join(f"{name}={value}" for name, value in http.cookies.items())


async def test_a_stranger_gets_an_empty_401_with_a_challenge(http: httpx.AsyncClient) -> None:
    response = await http.get("/sessions/my")
    assert (response.status_code, response.content) == (401, b"")
    assert response.headers["WWW-Authenticate"] == 'basic realm="/auth/basic"'


async def test_a_missing_role_is_an_empty_403_invalid_role(http: httpx.AsyncClient) -> None:
    response = await http.get("/sessions/my", auth=NOBODY)
    assert (response.status_code, response.reason_phrase, response.content) == (403, "Invalid Role", b"")


@pytest.mark.parametrize(
    ("login", "path", "status"),
    [
        (BOT, "/app/contacts", 200),
        (BOT, "/endpoints", 403),
        (BOT, "/customers", 403),
        (ADMIN, "/endpoints", 200),
        (ADMIN, "/customers", 200),
        (ADMIN, "/app/contacts", 200),
        (NOBODY, "/sessions", 200),
        (NOBODY, "/messages", 200),
        (NOBODY, "/app/config", 403),
    ],
)
async def test_each_operation_asks_for_its_role(
    http: httpx.AsyncClient, login: tuple[str, str], path: str, status: int
) -> None:
    assert (await http.get(path, auth=login)).status_code == status


@pytest.mark.parametrize("way", ["basic", "credentials"])
async def test_a_wrong_password_is_a_401_with_a_response_status(http: httpx.AsyncClient, way: str) -> None:
    wrong = (BOT[0], "wrong")
    response = await (http.get("/sessions", auth=wrong) if way == "basic" else sign_in(http, login=wrong))
    assert response.status_code == 401
    assert response.json() == {
        "responseStatus": {"errorCode": "Unauthorized", "message": "Invalid Username or Password", "errors": []}
    }


async def test_basic_without_a_password_counts_for_nothing(http: httpx.AsyncClient) -> None:
    response = await http.get("/sessions", auth=(BOT[0], ""))
    assert (response.status_code, response.content) == (401, b"")


async def test_credentials_give_three_cookies_that_sign_in(http: httpx.AsyncClient) -> None:
    response = await sign_in(http)
    cookies = {line.split("=")[0] for line in response.headers.get_list("Set-Cookie")}
    assert cookies == {"ss-id", "ss-pid", "ss-opt"}
    assert all("path=/" in line and "httponly" in line for line in response.headers.get_list("Set-Cookie"))
    assert response.json() | {"sessionId": ""} == {
        "userId": "e00000000000000000000001",
        "sessionId": "",
        "userName": BOT[0],
        "displayName": "Acme Support",
        "roles": ["User"],
        "permissions": [],
    }
    assert (await http.get("/sessions/my")).json() == {"sessions": []}


@pytest.mark.parametrize(("remember", "option", "name"), [(True, "perm", "ss-pid"), (False, "temp", "ss-id")])
async def test_remember_me_decides_which_cookie_names_the_session(
    evo: EvoStandIn, http: httpx.AsyncClient, remember: bool, option: str, name: str
) -> None:
    await sign_in(http, remember=remember)
    assert http.cookies["ss-opt"] == option
    enough = {name: http.cookies[name], "ss-opt": option}
    async with httpx.AsyncClient(base_url=evo.url, cookies=enough, trust_env=False) as other:
        assert (await other.get("/sessions/my")).status_code == 200


@pytest.mark.parametrize(("remember", "days"), [(False, 14), (True, 28)])
async def test_a_sign_in_lasts_14_or_28_days(
    evo: EvoStandIn, http: httpx.AsyncClient, remember: bool, days: int
) -> None:
    await sign_in(http, remember=remember)
    signed_in = {"Cookie": cookie_line(http)}
    evo.advance(days * DAY - 60)
    assert (await http.get("/sessions/my", headers=signed_in)).status_code == 200
    evo.advance(120)
    assert (await http.get("/sessions/my", headers=signed_in)).status_code == 401


async def test_ids_in_headers_come_before_cookies(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    await sign_in(http, remember=False)
    headers = {"X-ss-id": http.cookies["ss-id"], "X-ss-opt": "temp"}
    async with httpx.AsyncClient(base_url=evo.url, headers=headers, trust_env=False) as other:
        other.cookies.set("ss-id", "stale")
        assert (await other.get("/sessions/my")).status_code == 200


async def test_expiring_sign_ins_ends_cookies_but_not_basic(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    await sign_in(http)
    assert evo.expire_sign_ins("admin@example.com") == 0
    assert evo.expire_sign_ins(BOT[0]) == 1
    assert (await http.get("/sessions/my")).status_code == 401
    assert (await http.get("/sessions/my", auth=BOT)).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("POST", "/auth/logout"), ("GET", "/auth/logout"), ("DELETE", "/auth")])
async def test_logging_out_ends_it(http: httpx.AsyncClient, method: str, path: str) -> None:
    await sign_in(http)
    signed_in = {"Cookie": cookie_line(http)}
    assert (await http.request(method, path)).status_code == 200
    assert (await http.get("/sessions/my", headers=signed_in)).status_code == 401


async def test_missing_credentials_are_named(http: httpx.AsyncClient) -> None:
    response = await http.post("/auth", json={"provider": "credentials"})
    assert response.status_code == 400
    status = response.json()["responseStatus"]
    assert [(item["fieldName"], item["errorCode"]) for item in status["errors"]] == [
        ("UserName", "NotEmpty"),
        ("Password", "NotEmpty"),
    ]


async def test_status_tells_who_one_is(http: httpx.AsyncClient) -> None:
    assert (await http.get("/auth/status", auth=ADMIN)).json() == {
        "id": "e00000000000000000000002",
        "isAuthenticated": True,
        "firstName": "Ada",
        "lastName": "Admin",
        "name": "Ada Admin",
        "emailAddress": "admin@example.com",
        "roles": ["Manager", "User"],
        "accountIds": ["a00000000000000000000001", "a00000000000000000000002"],
        "accountNames": ["Acme", "Globex"],
        "dashboardPermissions": [],
    }


@pytest.mark.parametrize(
    ("quirk", "status", "body"),
    [("object", 200, b'{"isAuthenticated":false}'), ("empty", 200, b""), ("no_content", 204, b"")],
)
async def test_quirk_signed_out_status(
    evo: EvoStandIn, http: httpx.AsyncClient, quirk: str, status: int, body: bytes
) -> None:
    evo.change_quirks(signed_out_status=quirk)
    response = await http.get("/auth/status")
    assert (response.status_code, response.content) == (status, body)


@pytest.mark.parametrize(("quirk", "given"), [(True, 3), (False, 0)])
async def test_quirk_basic_sets_cookies(evo: EvoStandIn, http: httpx.AsyncClient, quirk: bool, given: int) -> None:
    evo.change_quirks(basic_sets_cookies=quirk)
    first = await http.get("/sessions/my", auth=BOT)
    again = await http.get("/sessions/my", auth=BOT)
    assert [len(r.headers.get_list("Set-Cookie")) for r in (first, again)] == [given, 0]


async def test_another_accounts_session_is_a_403_with_a_body(http: httpx.AsyncClient, evo: EvoStandIn) -> None:
    gia = {"email": "gia@example.org", "password": "gia-pass", "name": "Gia", "account_ids": ["a" + "0" * 22 + "2"]}
    seeds: dict[str, Any] = asdict(evo.seeds())
    seeds["logins"] += (gia | {"roles": ["User"], "endpoint_id": "e" + "0" * 22 + "7"},)
    evo.reseed(seeds)
    session = (await http.post("/sessions", json={"channel": "Chat"}, auth=BOT)).json()
    async with httpx.AsyncClient(base_url=evo.url, auth=("gia@example.org", "gia-pass"), trust_env=False) as other:
        response = await other.get(f"/sessions/{session['id']}")
        assert (response.status_code, response.json()["responseStatus"]["errorCode"]) == (403, "Forbidden")
        assert (await other.get("/sessions")).json()["items"] == []


async def test_passwords_stay_out_of_the_journal(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    await sign_in(http)
    await http.post("/auth/credentials", data={"userName": BOT[0], "password": BOT[1]})
    assert [BOT[1] in repr(entry) for entry in evo.journal()] == [False, False]
