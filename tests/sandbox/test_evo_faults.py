"""Faults: what each does to the client, and what it leaves behind."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest

from sandbox.evo import EffectKind, EvoStandIn, Fault, FaultKind

BOT = ("bot@example.com", "correct-horse")


@pytest.fixture
async def evo() -> AsyncIterator[EvoStandIn]:
    async with EvoStandIn() as host:
        yield host


@pytest.fixture
async def http(evo: EvoStandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=evo.url, auth=BOT, trust_env=False, timeout=10) as client:
        yield client


@pytest.fixture
async def session_id(http: httpx.AsyncClient) -> str:
    return str((await http.post("/sessions", json={"channel": "Chat"})).json()["id"])


async def send(http: httpx.AsyncClient, session_id: str, body: str = "hi") -> httpx.Response:
    return await http.post(f"/sessions/{session_id}/messages", json={"body": body})


def sent(evo: EvoStandIn) -> list[str]:
    return [effect.detail["body"] for effect in evo.effects(kind=EffectKind.SENT)]


async def until(happened: Callable[[], Any]) -> None:
    async with asyncio.timeout(30):
        while not happened():  # noqa: ASYNC110  what is waited for is a row in a file, not an event
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "408"])
@pytest.mark.parametrize(("after", "effects"), [(False, []), (True, ["hi"])])
async def test_5xx_before_and_after_the_effect(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str, kind: str, after: bool, effects: list[str]
) -> None:
    evo.fault(kind, "SendMessage", after=after)
    response = await send(http, session_id)
    entry = evo.journal(operation="SendMessage")[0]
    assert (response.status_code, sent(evo)) == (int(kind), effects)
    assert (entry.status, entry.did, entry.fault) == (int(kind), 200 if after else None, kind)
    assert (await send(http, session_id)).status_code == 200


@pytest.mark.parametrize(
    ("body", "content_type", "part"),
    [("json", "application/json; charset=utf-8", b"responseStatus"), ("html", "text/html; charset=utf-8", b"<html>")],
)
async def test_error_bodies(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str, body: str, content_type: str, part: bytes
) -> None:
    evo.fault("500", body=body)
    response = await send(http, session_id)
    assert response.headers["Content-Type"] == content_type
    assert part in response.content


async def test_an_error_without_a_body(evo: EvoStandIn, http: httpx.AsyncClient, session_id: str) -> None:
    evo.fault("500", body="none")
    assert (await send(http, session_id)).content == b""


@pytest.mark.parametrize(
    ("style", "pattern"),
    [("seconds", r"7"), ("date", r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"), ("none", r"")],
)
async def test_429_with_retry_after_in_each_form(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str, style: str, pattern: str
) -> None:
    evo.fault("429", retry_after=style, seconds=6.5)
    response = await send(http, session_id)
    assert response.status_code == 429
    assert re.fullmatch(pattern, response.headers.get("Retry-After", ""))
    assert sent(evo) == []


@pytest.mark.parametrize(("kind", "effects"), [("cut_before", []), ("cut_after", ["hi"])])
async def test_a_cut_before_leaves_nothing_and_a_cut_after_has_committed(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str, kind: str, effects: list[str]
) -> None:
    evo.fault(kind, "SendMessage")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await send(http, session_id)
    entry = evo.journal(operation="SendMessage")[0]
    assert sent(evo) == effects
    assert (entry.status, entry.did, entry.fault) == (None, 200 if effects else None, kind)
    transcript = (await http.get(f"/sessions/{session_id}/transcript")).json()["messages"]
    assert [line["body"] for line in transcript] == effects


async def test_an_orderly_close_without_an_answer_leaves_nothing(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str
) -> None:
    evo.fault("close", "SendMessage")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await send(http, session_id)
    assert (sent(evo), evo.journal(operation="SendMessage")[0].status) == ([], None)


async def test_a_request_that_hangs_is_reset_in_the_end_and_leaves_nothing(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str
) -> None:
    evo.fault("hang", "SendMessage", seconds=3600)
    request = asyncio.create_task(send(http, session_id))
    await until(lambda: evo.journal(operation="SendMessage"))
    assert not request.done()
    evo.advance(3601)
    with pytest.raises(httpx.ReadError):
        await request
    assert sent(evo) == []


@pytest.mark.parametrize("kind", ["504", "cut_before", "close", "hang", "truncate", "garbage", "drip", "slow"])
@pytest.mark.parametrize(("effect", "at_once", "in_the_end"), [("none", 0, 0), ("now", 1, 1), ("late", 0, 1)])
async def test_whatever_the_client_sees_the_effect_is_as_wanted(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str, kind: str, effect: str, at_once: int, in_the_end: int
) -> None:
    evo.fault(kind, "SendMessage", seconds=0.001, effect=effect, effect_seconds=3600)
    with suppress(httpx.TransportError):
        await send(http, session_id)
    assert len(sent(evo)) == at_once
    evo.advance(3601)
    await until(lambda: len(sent(evo)) == in_the_end)
    assert [entry.did for entry in evo.journal(operation="SendMessage")] == [200 if in_the_end else None]


async def test_a_retry_after_can_be_any_words(evo: EvoStandIn, http: httpx.AsyncClient, session_id: str) -> None:
    evo.fault("429", header="soon, perhaps")
    assert (await send(http, session_id)).headers["Retry-After"] == "soon, perhaps"


@pytest.mark.parametrize("hang", [False, True])
async def test_a_late_effect_happens_after_the_request(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str, hang: bool
) -> None:
    evo.fault("late", "SendMessage", seconds=3600, hang=hang)
    request = asyncio.create_task(send(http, session_id))
    await until(lambda: evo.journal(operation="SendMessage"))
    if not hang:
        await asyncio.wait([request])
    assert (sent(evo), request.done()) == ([], not hang)
    evo.advance(3601)
    await until(lambda: sent(evo))
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await request
    entry = evo.journal(operation="SendMessage")[0]
    assert (sent(evo), entry.status, entry.did) == (["hi"], None, 200)


async def test_late_and_slow_also_pass_without_help(evo: EvoStandIn, http: httpx.AsyncClient, session_id: str) -> None:
    evo.fault("late", "SendMessage", seconds=0.02)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await send(http, session_id)
    await until(lambda: sent(evo))
    evo.fault("slow", "SendMessage", seconds=0.02)
    assert (await send(http, session_id)).status_code == 200


async def test_a_slow_answer_comes_after_its_effect(evo: EvoStandIn, http: httpx.AsyncClient, session_id: str) -> None:
    evo.fault("slow", "SendMessage", seconds=3600)
    request = asyncio.create_task(send(http, session_id))
    await until(lambda: sent(evo))
    assert not request.done()
    evo.advance(3600)
    assert (await request).status_code == 200


async def test_a_client_that_gives_up_on_a_slow_answer_has_sent_all_the_same(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str
) -> None:
    evo.fault("slow", "SendMessage", seconds=3600)
    with pytest.raises(httpx.ReadTimeout):
        await http.post(f"/sessions/{session_id}/messages", json={"body": "hi"}, timeout=0.1)
    assert sent(evo) == ["hi"]


async def test_a_drip_brings_the_whole_answer_byte_by_byte(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str
) -> None:
    evo.fault("drip", "GetSession", seconds=0.002)  # else they may come together
    async with http.stream("GET", f"/sessions/{session_id}") as response:
        parts = [part async for part in response.aiter_raw()]
    assert httpx.Response(200, content=b"".join(parts)).json()["id"] == session_id
    assert len(parts) > 1


async def test_garbage_is_a_200_nobody_can_read_and_has_committed(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str
) -> None:
    evo.fault("garbage", "SendMessage")
    response = await send(http, session_id)
    assert (response.status_code, sent(evo)) == (200, ["hi"])
    with pytest.raises(UnicodeDecodeError):
        response.json()


async def test_a_truncated_answer_ends_early_and_has_committed(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str
) -> None:
    evo.fault("truncate", "SendMessage")
    with pytest.raises(httpx.RemoteProtocolError):
        await send(http, session_id)
    assert sent(evo) == ["hi"]


async def test_401_expires_the_sign_in_it_meets(evo: EvoStandIn, session_id: str) -> None:
    async with httpx.AsyncClient(base_url=evo.url, trust_env=False) as cookies:
        credentials = {"userName": BOT[0], "password": BOT[1]}
        await cookies.post("/auth/credentials", json=credentials)
        evo.fault("401", "SendMessage")
        first, second = await send(cookies, session_id), await send(cookies, session_id)
        assert [(r.status_code, r.content, "WWW-Authenticate" in r.headers) for r in (first, second)] == [
            (401, b"", True),
            (401, b"", True),
        ]
        await cookies.post("/auth/credentials", json=credentials)
        assert (await send(cookies, session_id)).status_code == 200
    assert sent(evo) == ["hi"]


async def test_down_aborts_every_connection_until_cleared(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str
) -> None:
    evo.fault("down")
    for path in ("/sessions", "/auth/status", "/nothing"):
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await http.get(path)
    evo.clear_faults()
    assert (await http.get("/sessions")).status_code == 200


async def test_down_also_cuts_requests_already_under_way(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str
) -> None:
    evo.fault("slow", "SendMessage", seconds=3600)
    request = asyncio.create_task(send(http, session_id))
    await until(lambda: sent(evo))
    evo.fault("down")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await request


async def test_a_fault_counts_skips_and_keeps_to_its_operation(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str
) -> None:
    evo.fault("500", "sendmessage", times=2, skip=1)
    statuses = [(await send(http, session_id, str(number))).status_code for number in range(5)]
    others = (await http.get("/sessions")).status_code
    assert (statuses, others, sent(evo), evo.faults()) == ([200, 500, 500, 200, 200], 200, ["0", "3", "4"], [])


async def test_chance_repeats_with_its_seed(session_id: str) -> None:
    async def statuses(seed: int) -> list[int]:
        async with (
            EvoStandIn(seed=seed) as host,
            httpx.AsyncClient(base_url=host.url, auth=BOT, trust_env=False) as client,
        ):
            host.fault(FaultKind.UNAVAILABLE, "ListSessions", times=None, probability=0.5)
            return [(await client.get("/sessions")).status_code for _ in range(30)]

    first, again, other = await statuses(1), await statuses(1), await statuses(2)
    assert first == again != other
    assert set(first) == {200, 503}


async def test_clearing_one_operation_leaves_the_others(evo: EvoStandIn) -> None:
    evo.fault("500", "SendMessage")
    kept = evo.fault("503", "NewSession", times=None)
    evo.clear_faults("SendMessage")
    assert evo.faults() == [kept] == [Fault(kind=FaultKind.UNAVAILABLE, operation="NewSession", times=None)]


async def test_effects_keep_their_order_and_their_cause(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str
) -> None:
    await send(http, session_id, "one")
    evo.fault("cut_after", "InviteChatMember")
    with pytest.raises(httpx.TransportError):
        await http.post(f"/sessions/{session_id}/members", json={"memberToAdd": "ana@example.com"})
    evo.hear(session_id, "ana@example.com", "two")
    await http.delete(f"/sessions/{session_id}")
    requests = {entry.number: entry.operation for entry in evo.journal()}
    assert [(effect.kind, requests.get(effect.request or 0)) for effect in evo.effects(session_id)] == [
        (EffectKind.OPENED, "NewSession"),
        (EffectKind.SENT, "SendMessage"),
        (EffectKind.INVITED, "InviteChatMember"),
        (EffectKind.HEARD, None),
        (EffectKind.ENDED, "EndSession"),
    ]
