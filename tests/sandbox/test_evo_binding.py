"""How requests become arguments: paths, queries, bodies, verbs, formats."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.evo import EvoStandIn

BOT = ("bot@example.com", "correct-horse")


@pytest.fixture
async def evo() -> AsyncIterator[EvoStandIn]:
    async with EvoStandIn() as host:
        yield host


@pytest.fixture
async def http(evo: EvoStandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=evo.url, auth=BOT, trust_env=False) as client:
        yield client


async def new_session(http: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    return dict((await http.post("/sessions", json={"channel": "Chat"} | members)).json())


@pytest.mark.parametrize(
    "path", ["/nothing", "/sessions/x/nothing", "/json/reply/Nothing", "/sessions/outgoing/x/y", "/__standin/journal"]
)
async def test_an_unknown_path_is_404_in_plain_text(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(path)
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"channel":', b"\xff\xfe{}"])
async def test_malformed_json_is_a_serialization_exception(http: httpx.AsyncClient, body: bytes) -> None:
    response = await http.post("/sessions", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["responseStatus"]["errorCode"]) == (400, "SerializationException")


async def test_malformed_json_is_noticed_before_the_stranger(evo: EvoStandIn) -> None:
    async with httpx.AsyncClient(base_url=evo.url, trust_env=False) as stranger:
        response = await stranger.post("/sessions", content=b"{", headers={"Content-Type": "application/json"})
    assert response.status_code == 400


async def test_keys_match_in_any_case_and_unknown_ones_and_nulls_are_ignored(http: httpx.AsyncClient) -> None:
    body = {"CHANNEL": "chat", "DisplayName": "Lobby", "nonsense": {"a": [1]}, "fromName": None}
    session = (await http.post("/sessions", json=body)).json()
    assert (session["channel"], session["displayName"], "fromName" in session) == ("Chat", "Lobby", False)


@pytest.mark.parametrize("channel", ["Fax", "fax", "FAX", 2, "2"])
async def test_enums_are_names_in_any_case_or_numbers(http: httpx.AsyncClient, channel: object) -> None:
    assert (await new_session(http, channel=channel))["channel"] == "Fax"


async def test_lenient_binding_turns_a_misspelt_channel_into_voice(http: httpx.AsyncClient) -> None:
    assert (await new_session(http, channel="Chatt"))["channel"] == "Voice"


async def test_quirk_strict_binding_refuses_it(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    evo.change_quirks(strict_binding=True)
    response = await http.post("/sessions", json={"channel": "Chatt"})
    assert (response.status_code, response.json()["responseStatus"]["errorCode"]) == (400, "SerializationException")
    assert evo.sessions() == []


async def test_a_query_value_that_does_not_parse_is_400_even_when_lenient(http: httpx.AsyncClient) -> None:
    assert (await http.get("/sessions?page=first")).status_code == 400


@pytest.mark.parametrize("joiner", ["%2C", ",", "&specificIds="])
async def test_lists_are_comma_joined_or_repeated(http: httpx.AsyncClient, joiner: str) -> None:
    ids = [(await new_session(http))["id"] for _ in range(3)]
    listed = (await http.get(f"/sessions?specificIds={joiner.join(ids[:2])}")).json()
    assert [item["id"] for item in listed["items"]] == [ids[1], ids[0]]


async def test_an_empty_query_value_is_absent(http: httpx.AsyncClient) -> None:
    session = await new_session(http)
    listed = (await http.get("/sessions?specificIds=&accountIds=&from=&page=&startDate=")).json()
    assert [item["id"] for item in listed["items"]] == [session["id"]]


async def test_path_beats_query_beats_body(http: httpx.AsyncClient) -> None:
    session = await new_session(http)
    await http.patch(
        f"/sessions/{session['id']}?sessionId=wrong&consoleData=query",
        json={"sessionId": "wrong", "consoleData": "body", "queueState": "Queued"},
    )
    after = (await http.get(f"/sessions/{session['id']}")).json()
    assert (after["consoleData"], after["queueState"]) == ("query", "Queued")


@pytest.mark.parametrize("where", ["header", "query"])
async def test_the_method_can_be_overridden(http: httpx.AsyncClient, where: str) -> None:
    session = await new_session(http)
    path = f"/sessions/{session['id']}"
    if where == "header":
        response = await http.post(path, headers={"X-Http-Method-Override": "DELETE"})
    else:
        response = await http.post(f"{path}?X-Http-Method-Override=DELETE")
    assert response.status_code == 204
    assert (await http.get(path)).json()["ended"] is True


@pytest.mark.parametrize(
    ("method", "name", "status"),
    [
        ("GET", "GetSession", 200),
        ("get", "getsession", 200),
        ("PATCH", "PatchSession", 200),
        ("POST", "SendMessage", 200),
        ("DELETE", "EndSession", 204),
        ("POST", "EndSession", 405),
        ("GET", "NewSession", 405),
    ],
)
async def test_every_operation_answers_at_json_reply_with_its_own_verbs(
    http: httpx.AsyncClient, method: str, name: str, status: int
) -> None:
    args = {"sessionId": (await new_session(http))["id"], "body": "hi"}
    plain = method.upper() in ("GET", "DELETE")
    response = await http.request(
        method, f"/json/reply/{name}", params=args if plain else None, json=None if plain else args
    )
    assert response.status_code == status


async def test_json_reply_takes_no_query_for_a_post(http: httpx.AsyncClient) -> None:
    session = await new_session(http)
    response = await http.post("/json/reply/SendMessage", params={"sessionId": session["id"]}, json={"body": "x"})
    assert response.status_code == 400


async def test_a_json_suffix_and_odd_slashes_and_case_find_the_same_route(http: httpx.AsyncClient) -> None:
    session = await new_session(http)
    for path in (f"/sessions/{session['id']}.json", f"/Sessions//{session['id']}/", f"/SESSIONS/{session['id']}"):
        assert (await http.get(path)).json()["id"] == session["id"]


async def test_a_browser_gets_a_page(http: httpx.AsyncClient) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml"}
    assert (await http.get("/sessions", headers=browser)).headers["Content-Type"].startswith("text/html")
    assert (await http.get("/sessions?format=json", headers=browser)).json()["items"] == []


@pytest.mark.parametrize("path", ["/sessions", "/sessions/", "/json/reply/DeleteSessions", "/sessions?accountId=a"])
async def test_a_bulk_delete_fails_loudly_and_is_on_record(evo: EvoStandIn, http: httpx.AsyncClient, path: str) -> None:
    await new_session(http)
    assert (await http.delete(path)).status_code == 500
    assert [entry.note for entry in evo.journal(operation="DeleteSessions")] == ["bulk delete attempted"]
    assert len(evo.sessions()) == 1


async def test_nulls_are_left_out_and_defaults_written(http: httpx.AsyncClient) -> None:
    session = await new_session(http)
    assert {"dateCompleted", "outcome", "toAddress", "customerId"} & set(session) == set()
    assert (session["ended"], session["wasMissed"], session["holdReason"]) == (False, False, "None")


@pytest.mark.parametrize(
    ("style", "pattern"),
    [
        ("zulu", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z"),
        ("offset", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}-05:00"),
        ("epoch", r"/Date\(\d{13}\)/"),
    ],
)
async def test_quirk_date_format(evo: EvoStandIn, http: httpx.AsyncClient, style: str, pattern: str) -> None:
    evo.change_quirks(date_format=style)
    session = await new_session(http)
    assert re.fullmatch(pattern, session["dateCreated"])
    assert re.fullmatch(pattern, session["dateLastModified"])


async def test_quirk_refused_agent(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    evo.change_quirks(refused_agent="curl/")
    assert (await http.get("/sessions", headers={"User-Agent": "curl/8.5"})).status_code == 403
    assert (await http.get("/sessions", headers={"User-Agent": "bot/1"})).status_code == 200
